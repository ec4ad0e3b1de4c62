"""An operation written in assembly, read as access notation.

The code is run with a value, and with memory, that nothing is known of. What it does must be what
the operation does: each byte of the value arrives at its place, or each byte that was read in its
place of the value; the solver says so. What the access notation cannot say is refused: accesses on
some ways only, and rounds of a loop that store and begin anew.

Of a loop the last round alone is an access: those before it stored nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Literal

import z3

from checker import expression as ex
from checker import litmus as ast
from checker.arch import Target
from checker.diagnostic import Diagnostic, Position
from checker.expression import Const, Expression, Free, ReadValue
from checker.inline.code import code as instructions
from checker.inline.operands import HIGH, LOW, POINTER, REGISTERS, VALUE, Operands
from checker.lowering.asm import flow
from checker.lowering.asm.machine import Machine, Path, Trace, Tracked, join, part
from checker.lowering.asm.memory import Memory
from checker.lowering.asm.sketch import MODULES
from checker.lowering.draft import Draft
from checker.model.values import Terms
from checker.program import Access, Fence, Footprint
from checker.value import value

Kind = Literal["load", "store"]
"""What the operation does to the memory."""


LANGUAGES = {
    "arm": "ARM", "arm64": "AArch64", "powerpc32": "PPC", "powerpc64": "PPC", "riscv32": "RISCV",
    "riscv64": "RISCV", "x86-32": "X86_64", "x86-64": "X86_64",
}  # fmt: skip
"""The dialect of each architecture whose assembly is read; that of x86 is AT&T's."""


@value
class Read:
    """Assembly as it was read."""

    notation: str
    instructions: int
    retried: bool
    """Whether it is repeated until it succeeds."""


def dialect_of(target: Target) -> str | None:
    """Return the assembly language of an architecture, or None where none is read."""
    return LANGUAGES.get(target.arch.name)


def read(text: str, start: Position, kind: Kind, size: int, target: Target) -> Read:
    """Return what assembly of an operation of `size` bytes does; raises Diagnostic.

    `start` is where the text begins in its file.
    """
    dialect = dialect_of(target)
    if dialect is None:
        raise Diagnostic(
            f"the assembly of {target.arch.name} is not read", start,
            f"write `code` in access notation; assembly is read of {', '.join(LANGUAGES)}",
        )  # fmt: skip
    if size > 2 * target.arch.word:
        raise Diagnostic(f"{size} bytes are more than two registers of {target.arch.name}", start)
    operands = Operands(dialect, size, target.arch.word)
    code = list(instructions(dialect, text, start, operands))
    run = _Run(code, operands, dialect, size, target, start)
    pieces = run.stored() if kind == "store" else run.loaded()
    count = sum(isinstance(one, ast.Instruction) for one in code)
    return Read("; ".join(pieces), count, bool(run.trace.assumed))


# --- what it does ---------------------------------------------------------------------------------


class _Operation(Memory):
    """The memory of one operation: there is nothing beside it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def footprint(self, number: int, size: int, at: Position) -> Footprint:
        """Return the bytes at an address; raises Diagnostic where they are not the operation's."""
        try:
            return super().footprint(number, size, at)
        except Diagnostic as problem:
            raise Diagnostic(
                f"this accesses {size} bytes that are not all of the operation's {self._size}", at,
                "a letter says what is printed of a register: %w[val] on arm64, %k[val] on x86",
            ) from problem  # fmt: skip

    def candidates(
        self, address: Expression, size: int, at: Position
    ) -> Iterable[tuple[int, Footprint]]:
        """Refuse an address that is not known: it need not be the operation's."""
        del address  # whatever it depends on
        raise Diagnostic(
            f"the address of these {size} bytes is not that of the operation", at,
            "%[ptr] is the address, %[mem] the memory there",
        )  # fmt: skip


class _Unknown(Machine):
    """A machine of whose registers nothing is known but what was put into them."""

    def reg(self, name: str, bits: int = 64) -> Tracked:
        """Return a register; one that was never set, a flag too, may hold anything."""
        return self.here.registers.get(name) or Tracked(Free(f"{name} before", bits))


class _Run:
    """Code that was run once, and the questions that are asked about it."""

    def __init__(
        self, code: list[ast.Instruction | ast.Label], operands: Operands, dialect: str,
        size: int, target: Target, start: Position,
    ) -> None:  # fmt: skip
        isa: Any = import_module(f"checker.lowering.asm.{MODULES[dialect]}")
        self._size, self._target, self._start = size, target, start
        self._operands, self._isa = operands, isa
        self.trace = Trace()
        memory = _Operation(size)
        memory.add("x", ast.Array(ast.Scalar("u8"), size), size, 1, start)
        held = self._held(Const(memory.address("x", start), 64))
        unknown = {
            name: Tracked(Free(f"{name} before", 64))
            for name in (isa.register(one).register for one in REGISTERS[dialect])
        }
        machine = _Unknown(0, target, memory, self.trace, Path(unknown | held))
        thread = ast.Thread(0, (), (), None, start, tuple(code))
        self._left = flow.run(machine, thread, isa.execute, 1)
        self._terms = Terms()
        known = [*self.trace.assumed, *self.trace.environment]
        self._known = [self._terms.holds(one) for one in known]
        if not self._possible():
            raise Diagnostic(
                "a loop of more rounds than one", start,
                "a loop is read where it is repeated until it succeeds; write the others out",
            )  # fmt: skip

    def _held(self, address: Expression) -> dict[str, Tracked]:
        """Return what the registers hold at first: the operands, and what nothing is known of."""
        bits, half = 8 * self._size, 4 * self._size
        whole = Tracked(Free("value", bits))
        given = {POINTER: Tracked(address)}
        if self._size > 1:
            given |= {LOW: part(whole, 0, half), HIGH: part(whole, half, half)}
        if self._size <= self._target.arch.word:
            given[VALUE] = whole
        return {self._canonical(name): _filled(one, name) for name, one in given.items()}

    def _canonical(self, name: str) -> str:
        register: str = self._isa.register(self._operands.plain(name)).register
        return register

    # --- the solver

    def _possible(self, *more: Any) -> bool:
        solver = z3.Solver()
        for one in (*self._known, *more):
            solver.add(one if not isinstance(one, bool) else z3.BoolVal(one))
        return bool(solver.check() != z3.unsat)

    def _always(self, condition: Expression) -> bool:
        return not self._possible(self._terms.holds(ex.invert(condition)))

    def _same(self, one: Expression, low: int, other: Expression, at: int) -> bool:
        """Whether a byte of a number is always a byte of another; `low` and `at` count bytes."""
        a, b = self._terms.bits(one), self._terms.bits(other)
        first, second = (z3.Extract(8 * n + 7, 8 * n, x) for n, x in ((low, a), (at, b)))
        return not self._possible(first != second)

    def _in_memory(self, byte: int) -> int:
        """Return which byte of the value, counted from the least, lies at an offset."""
        return self._size - 1 - byte if self._target.endian == "big" else byte

    # --- pieces

    def stored(self) -> list[str]:
        """Return the accesses of an operation that stores the value; raises Diagnostic."""
        found, covered = [], set[int]()
        for draft in self._drafts():
            if draft.kind == "fence":
                found.append(_fence(draft))
            elif draft.kind != "load":
                covered |= self._check_stored(draft)
                found.append(self._piece(draft))
        self._check_covered(covered, "stored")
        return found

    def _check_stored(self, draft: Draft) -> set[int]:
        """Return the bytes that a store writes, which must be the value's own."""
        assert draft.place is not None
        assert draft.value is not None
        if not self._always(draft.stores_if):
            raise Diagnostic("whether this is stored depends on what is read", draft.at, _REFUSED)
        self._check_rounds(draft)
        for byte in range(draft.place.size):
            offset = draft.place.offset + byte
            of_value = self._in_memory(offset)
            if not self._same(draft.value, byte, Free("value", 8 * self._size), of_value):
                raise Diagnostic(
                    f"what this stores at byte {offset} is not byte {of_value} of the value",
                    draft.at, "val is the value, lo and hi are its halves",
                )  # fmt: skip
        return set(range(draft.place.offset, draft.place.offset + draft.place.size))

    def _check_rounds(self, draft: Draft) -> None:
        """Refuse a store in a round that begins anew."""
        for again in self.trace.assumed:
            happens = (draft.guard, draft.stores_if, ex.invert(again))
            solver = z3.Solver()
            for one in happens:
                term = self._terms.holds(one)
                solver.add(z3.BoolVal(term) if isinstance(term, bool) else term)
            if solver.check() != z3.unsat:
                raise Diagnostic(
                    "this is stored in rounds that begin anew as well", draft.at, _REFUSED
                )

    def loaded(self) -> list[str]:
        """Return the accesses of an operation that loads a value; raises Diagnostic."""
        for one in self.trace.assumed:
            if any(True for _ in ex.reads_of(one)):
                raise Diagnostic(
                    "what is read decides whether the loop goes on", self._start,
                    "such a read is a protocol: write it as a litmus test",
                )  # fmt: skip
        found, covered = [], set[int]()
        for draft in self._drafts():
            if draft.kind == "fence":
                found.append(_fence(draft))
                continue
            if draft.kind != "load":
                self._check_put_back(draft)
            if draft.kind != "load" or not self._paired(draft):
                found.append(self._piece(draft))
            if draft.kind in ("load", "rmw"):
                covered |= self._check_loaded(draft, covered)
        self._check_covered(covered, "loaded")
        return found

    def _check_put_back(self, draft: Draft) -> None:
        """Refuse a read that changes what it reads."""
        assert draft.place is not None
        assert draft.value is not None
        number = draft.number if draft.kind == "rmw" else draft.pair
        self._check_rounds(draft)
        happens = self._terms.holds(draft.stores_if)
        for byte in range(draft.place.size if number is not None else 0):
            assert number is not None
            old = self._terms.bits(ReadValue(number, 8 * draft.place.size))
            new = self._terms.bits(draft.value)
            part = (z3.Extract(8 * byte + 7, 8 * byte, one) for one in (old, new))
            if self._possible(happens, next(part) != next(part)):
                raise Diagnostic("this changes what the operation reads", draft.at)
        if number is None:
            raise Diagnostic("an operation that reads stores nothing", draft.at)

    def _check_loaded(self, draft: Draft, covered: set[int]) -> set[int]:
        """Return the bytes that a load reads, which must be the result's own."""
        assert draft.place is not None
        size = draft.place.size
        for byte in range(size):
            offset = draft.place.offset + byte
            result, at = self._result(self._in_memory(offset))
            if offset in covered or not self._same(
                ReadValue(draft.number, 8 * size), byte, result, at
            ):
                raise Diagnostic(
                    f"what this reads at byte {offset} is not byte {self._in_memory(offset)} of "
                    "the value", draft.at, "the value is left in val, or in lo and hi",
                )  # fmt: skip
        return set(range(draft.place.offset, draft.place.offset + size))

    def _result(self, byte: int) -> tuple[Expression, int]:
        """Return the register that has a byte of the result, and which of its bytes that is."""
        name, half = VALUE, self._size // 2
        if self._size > self._target.arch.word:
            name, byte = (HIGH, byte - half) if byte >= half else (LOW, byte)
        left = self._left.get(self._canonical(name))
        return (left.value if left else Const(0, 64)), byte

    def _drafts(self) -> Iterator[Draft]:
        for draft in self.trace.drafts:
            if not self._always(draft.guard):
                raise Diagnostic("this is done on some ways only", draft.at, _REFUSED)
            yield draft

    def _paired(self, load: Draft) -> bool:
        """Whether a load is the first half of an update."""
        return any(one.pair == load.number for one in self.trace.drafts)

    def _check_covered(self, covered: set[int], done: str) -> None:
        lacking = sorted(set(range(self._size)) - covered)
        if lacking:
            listed = ", ".join(map(str, lacking))
            raise Diagnostic(
                f"of its {self._size} bytes these are not {done}: {listed}", self._start
            )

    def _piece(self, draft: Draft) -> str:
        """Return one access, or one update, as access notation."""
        assert draft.steps is not None
        last = draft.steps[-1]
        assert isinstance(last, Access)
        first: Access = last
        if draft.kind == "rmw":
            assert isinstance(draft.steps[0], Access)
            first = draft.steps[0]
        elif draft.pair is not None:
            load = self.trace.drafts[draft.pair].steps
            assert load is not None
            assert isinstance(load[0], Access)
            first = load[0]
        verb = "rmw" if draft.kind == "rmw" or draft.pair is not None else draft.kind
        name = verb if last.cls == "gpr" else f"{verb}.{last.cls}"
        size, at = last.footprint.size, last.footprint.offset
        words = [f"{name} {size}"]
        if last.element != size:
            words.append(f"by {last.element}")
        if at or size != self._size:
            words.append(f"at {at}")
        orders = (("acquire", first.order), ("release", last.order))
        words += [word for word, said in orders if word in said.split()]
        return " ".join(words)


_REFUSED = "access notation cannot say this; write it as a litmus test in assembly"


def _fence(draft: Draft) -> str:
    assert draft.steps is not None
    (fence,) = draft.steps
    assert isinstance(fence, Fence)
    return f"fence {fence.name.removeprefix('fence ').replace(' ', '.')}"


def _filled(low: Tracked, name: str) -> Tracked:
    """Return a register of 64 bits whose upper bits are whatever was there before."""
    if low.bits >= 64:
        return low
    return join(low, Tracked(Free(f"above {name}", 64 - low.bits)))
