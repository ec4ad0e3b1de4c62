"""The values that events carry, as bit-vectors; made only where the question depends on them."""

from __future__ import annotations

from typing import Any

import z3

from checker.expression import Apply, Const, Expression, Free, ReadValue, computed, swap
from checker.model.events import Structure
from checker.model.happening import Happening
from checker.model.logic import Term, conj, disj, equal, implies, negate, require

Bits = Any
"""A Z3 bit-vector."""

_TERMS: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "shl": lambda a, b: a << b,
    "lshr": z3.LShR,
    "ashr": lambda a, b: a >> b,
    "udiv": z3.UDiv,
    "urem": z3.URem,
    "sdiv": lambda a, b: z3.If(b == 0, z3.BitVecVal(0, b.size()), a / b),
    "srem": z3.SRem,
}

_PREDICATES: dict[str, Any] = {
    "eq": lambda a, b: a == b,
    "ult": z3.ULT,
    "ule": z3.ULE,
    "slt": lambda a, b: a < b,
    "sle": lambda a, b: a <= b,
}


class Terms:
    """Expressions as terms; what a read operation returned is any number."""

    # --- conditions

    def holds(self, condition: Expression) -> Term:
        """Return a one-bit expression as a boolean."""
        match condition:
            case Const(value):
                return bool(value)
            case Apply("not", (inner,)):
                return negate(self.holds(inner))
            case Apply("and", args, 1):
                return conj(self.holds(arg) for arg in args)
            case Apply("or", args, 1):
                return disj(self.holds(arg) for arg in args)
            case Apply("eq", (a, Const(value))):
                return self.equals(a, value)
            case Apply(op, (a, b)) if op in _PREDICATES:
                return _PREDICATES[op](self.bits(a), self.bits(b))
        return self.bits(condition) == 1

    def equals(self, value: Expression, constant: int) -> Term:
        """Return whether an expression has a value (modulo its width)."""
        constant &= (1 << value.bits) - 1
        match value:
            case Const(known):
                return known == constant
            case Apply("zext", (inner,)):
                return False if constant >> inner.bits else self.equals(inner, constant)
            case Apply("not", (inner,)):
                return self.equals(inner, ~constant)
            case Apply("swap", (inner,)):
                return self.equals(inner, computed(swap(Const(constant, value.bits))))
            case Apply("ite", (condition, yes, no)):
                holds = self.holds(condition)
                return conj(
                    (
                        implies(holds, self.equals(yes, constant)),
                        disj((holds, self.equals(no, constant))),
                    )
                )
        return equal(self.bits(value), z3.BitVecVal(constant, value.bits))

    # --- bit-vectors

    def bits(self, value: Expression) -> Bits:
        """Return an expression as a bit-vector of its width."""
        if isinstance(value, Const):
            return z3.BitVecVal(value.value, value.bits)
        if isinstance(value, ReadValue):
            return self.returned(value)
        if isinstance(value, Free):
            return z3.BitVec(value.name, value.bits)
        if value.op == "ite":
            condition, yes, no = value.args
            holds = self.holds(condition)
            if isinstance(holds, bool):
                return self.bits(yes if holds else no)
            return z3.If(holds, self.bits(yes), self.bits(no))
        if value.op in _PREDICATES:
            holds = self.holds(value)
            if isinstance(holds, bool):
                return z3.BitVecVal(int(holds), 1)
            return z3.If(holds, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))
        args = [self.bits(arg) for arg in value.args]
        match value.op:
            case "not":
                return ~args[0]
            case "zext":
                return z3.ZeroExt(value.bits - args[0].size(), args[0])
            case "sext":
                return z3.SignExt(value.bits - args[0].size(), args[0])
            case "trunc":
                return z3.Extract(value.bits - 1, 0, args[0])
            case "swap":
                lanes = range(0, value.bits, 8)
                return z3.Concat(*(z3.Extract(low + 7, low, args[0]) for low in lanes))
            case op:
                return _TERMS[op](*args)

    def returned(self, value: ReadValue) -> Bits:
        """Return what a read operation returned."""
        return z3.BitVec(f"read {value.operation}", value.bits)


class Values(Terms, Happening):
    """Terms for what loads return and stores write."""

    def __init__(self, made: Structure, solver: z3.Solver) -> None:
        """Keep the program's events; the reads-from terms are filled in later."""
        super().__init__(made)
        self.takes: list[dict[int, Term]] = [{} for _ in made.events]
        """For each load event: the stores it may take from, and whether it happens and does."""
        self._solver = solver
        self._loaded: dict[int, Bits] = {}
        self._waiting: list[int] = []
        self.on_value: list[int] = []
        """Load events whose value matters, in the order in which that was found."""

    def settle(self) -> None:
        """Assert what every load returns whose value has been asked for, until none is left."""
        while self._waiting:
            load = self._waiting.pop()
            value = self._loaded[load]
            idle = negate(self.runs(self._made.events[load]))
            require(self._solver, implies(idle, equal(value, z3.BitVecVal(0, value.size()))))
            for source, term in self.takes[load].items():
                require(self._solver, implies(term, equal(value, self.of_store(source, load))))

    # --- what is read and written

    def returned(self, value: ReadValue) -> Bits:
        """Return what a read operation returned, byte by byte from the last load of each."""
        pieces: dict[int, Bits] = {}
        sizes: dict[int, int] = {}
        for index in self._made.of_operation[value.operation]:
            event = self._made.events[index]
            if event.is_load:
                value_here, before = self.loaded(index), pieces.get(event.byte)
                runs = self.runs(event)
                if before is not None and not isinstance(runs, bool):
                    value_here = z3.If(runs, value_here, before)
                pieces[event.byte] = value_here
                sizes[event.byte] = self._made.cells[event.cell].size
        parts, byte = [], 0
        while 8 * byte < value.bits:
            parts.append(pieces[byte] if byte in pieces else z3.BitVecVal(0, 8))
            byte += sizes.get(byte, 1)
        return z3.Concat(*reversed(parts)) if len(parts) > 1 else parts[0]

    def loaded(self, load: int) -> Bits:
        """Return what a load event returned."""
        if load not in self._loaded:
            cell = self._made.cells[self._made.events[load].cell]
            self._loaded[load] = z3.BitVec(f"value {load}", 8 * cell.size)
            self._waiting.append(load)
            self.on_value.append(load)
        return self._loaded[load]

    def of_store(self, store: int, at: int) -> Bits:
        """Return what a store event writes, or the initial value of the cell of event `at`."""
        if store < 0:
            return self.initial(self._made.events[at].cell)
        event = self._made.events[store]
        operation = self._made.program.operations[event.operation]
        size = self._made.cells[event.cell].size
        if self._made.access(event).zeros:
            return z3.BitVecVal(0, 8 * size)
        kept = self._made.put_back(event)
        if kept is not None:
            return self.loaded(kept)
        low, high = 8 * event.byte, 8 * (event.byte + size)
        assert operation.value is not None
        if isinstance(operation.value, Const):
            return z3.BitVecVal(operation.value.value >> low & (1 << high - low) - 1, high - low)
        return z3.Extract(high - 1, low, self.bits(operation.value))

    def initial(self, cell: int) -> Bits:
        """Return the initial value of a cell."""
        found = self._made.cells[cell]
        content = self._made.program.place(found.location).initial[found.start : found.end]
        return z3.BitVecVal(int.from_bytes(content, "little"), 8 * found.size)

    # --- what a question makes of values

    def join(self, parts: list[Bits], sizes: list[int]) -> Bits:
        """Return values of these sizes, in bytes, one after another, the first lowest."""
        del sizes  # the parts know theirs
        return z3.Concat(*reversed(parts)) if len(parts) > 1 else parts[0]

    def select(self, condition: Term, yes: Bits, no: Bits) -> Bits:
        """Return one value where a term holds, and another where it does not."""
        if isinstance(condition, bool):
            return yes if condition else no
        return z3.If(condition, yes, no)

    def same(self, value: Bits, constant: int, bits: int) -> Term:
        """Return whether a value is a constant of so many bits."""
        return equal(value, z3.BitVecVal(constant, bits))
