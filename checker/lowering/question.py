"""A condition's meaning: the registers and locations that it names, as questions on executions."""

from __future__ import annotations

from collections.abc import Iterator

from checker import arch as archs
from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position, nearest
from checker.expression import Apply, Const, Expression, ReadValue
from checker.language.condition import show_place
from checker.lowering import faults as page_faults
from checker.lowering import values as c
from checker.lowering.c import ThreadRunner
from checker.lowering.objects import World
from checker.lowering.outside import Outside
from checker.lowering.values import Address
from checker.program import (
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Question,
    Shown,
    ValueIs,
)


class Resolver:
    """Gives the names in a condition their meaning."""

    def __init__(self, runners: list[ThreadRunner], world: World, outside: Outside) -> None:
        """Keep the threads, which have been run, and the world outside them."""
        self._runners = runners
        self._world = world
        self._layout = outside.layout
        self._outside = outside

    def question(self, proposition: ast.Proposition) -> Question:
        """Return what a proposition asks; raises Diagnostic where a name has no meaning."""
        match proposition:
            case ast.Torn(None):
                return IsTorn(self._every_read())
            case ast.Torn(register):
                assert register is not None
                reads = tuple(sources(self._register(register)))
                if not reads:
                    raise Diagnostic(
                        f"{show_place(register)} is not set by a read", register.at,
                        "torn(…) speaks of the read operation that set the register",
                    )  # fmt: skip
                return IsTorn(tuple((n, self._succeeded(n, guard)) for n, guard in reads))
            case ast.Faulted(thread, at):
                return ValueIs(self._faulted(thread, at), 1)
            case ast.Accepted(thread, at):
                self._check_thread(thread, at)
                return ValueIs(self._runners[thread].left.nothing, 1)
            case ast.Dirty(name, at):
                return ValueIs(self._dirtied(name, at), 1)
            case ast.Equal() | ast.Byte():
                return self._equal(proposition)
            case ast.Connective("true"):
                return Logic("and", ())
            case ast.Connective("false"):
                return Logic("or", ())
            case ast.Connective("not" | "and" | "or" | "implies" as op, args):
                return Logic(op, tuple(self.question(arg) for arg in args))
        raise AssertionError(proposition)

    def _equal(self, proposition: ast.Equal | ast.Byte) -> Question:
        match proposition:
            case ast.Equal(ast.Register() as register, ast.Register() as other, at):
                first, second = self._register(register), self._register(other)
                if first.bits != second.bits:
                    raise Diagnostic("registers of two sizes are compared", at)
                return ValueIs(ex.binary("eq", first, second), 1)
            case ast.Equal(ast.Register() as register, value):
                expression = self._register(register)
                return ValueIs(expression, self._number(value, proposition, expression.bits))
            case ast.Byte(ast.Register() as register, index, value, at):
                local = self._local(register)
                _inside(index, local.bits // 8, at)
                return ValueIs(c.part(local, index, 1), self._number(value, proposition, 8))
            case ast.Byte(ast.Memory(path), index, value, at):
                whole = self._footprint(path)
                _inside(index, whole.size, at)
                one = Footprint(whole.location, whole.offset + index, 1)
                return MemoryIs(one, self._number(value, proposition, 8))
            case ast.Equal(ast.Memory(path), value):
                footprint = self._footprint(path)
                number = self._number(value, proposition, 8 * footprint.size)
                raw = ex.swap(Const(number, 8 * footprint.size)) if self._swapped(path) else None
                return MemoryIs(footprint, raw.value if isinstance(raw, Const) else number)
        raise AssertionError(proposition)

    def shown(self, test: ast.Test) -> Iterator[Shown]:
        """Yield the columns of a final state: what the condition and `locations` speak of."""
        places = {show_place(p): p for p in (*places_of(test.condition.proposition), *test.shown)}
        for text, place in places.items():
            if isinstance(place, ast.Register):
                value = self._register(place)
                local = self._runners[place.thread].locals[place.name]
                signed = self._layout.is_signed(local.type)
                yield Shown(text, value, value.bits, signed, names=self._names(local.type))
            else:
                footprint = self._footprint(place.path)
                type_ = self._outside.lvalue(place.path).type
                yield Shown(
                    text, footprint, 8 * footprint.size, self._layout.is_signed(type_),
                    self._swapped(place.path), names=self._names(type_),
                )  # fmt: skip

    def _names(self, type_: ast.Type) -> tuple[tuple[int, str], ...]:
        """Return the addresses that a pointer is shown as the names of."""
        if not isinstance(type_, ast.Pointer):
            return ()
        return tuple((number, name) for name, number in self._world.addresses.items())

    def _swapped(self, path: ast.Expr) -> bool:
        type_ = self._outside.lvalue(path).type
        number = self._layout.is_integer(type_) or isinstance(type_, ast.Pointer)
        return self._layout.big_endian and number

    def _number(
        self,
        value: int | str | ast.Register | tuple[int, ...],
        equal: ast.Equal | ast.Byte,
        bits: int,
    ) -> int:
        if isinstance(value, (ast.Register, tuple)):
            raise Diagnostic("this is compared with a number or an address", equal.at)
        if isinstance(value, str):
            if value not in self._world.addresses:
                raise Diagnostic(
                    f"`{value}` is not a location", equal.at,
                    nearest(value, self._world.addresses),
                )  # fmt: skip
            value = self._world.addresses[value]
        if not -(1 << (bits - 1)) <= value < 1 << bits:
            raise Diagnostic(
                f"{value} does not fit into {_of(equal, bits)}",
                equal.at,
            )
        return value & ((1 << bits) - 1)

    def _register(self, register: ast.Register) -> Expression:
        local, runner = self._local(register), self._runners[register.thread]
        type_ = runner.locals[register.name].type
        return runner.number(local, type_).value

    def _local(self, register: ast.Register) -> Expression:
        """Return the bytes of a register in memory order."""
        self._check_thread(register.thread, register.at)
        runner = self._runners[register.thread]
        local = runner.locals.get(register.name)
        if local is None:
            known = list(runner.locals)
            hint = nearest(register.name, known) or (
                f"P{register.thread} has {', '.join(known)}" if known else ""
            )
            raise Diagnostic(
                f"P{register.thread} has no register `{register.name}`", register.at, hint
            )
        if isinstance(local.value, Address):
            address = runner.address_value(local.value, register.at)
            return runner.raw(address, runner.layout.word)
        return local.value

    def _footprint(self, path: ast.Expr) -> Footprint:
        address = self._outside.lvalue(path)
        size = self._layout.size(address.type)
        return self._outside.footprint(address, size, path.at)

    def _every_read(self) -> tuple[tuple[int, Expression], ...]:
        drafts = self._runners[0].state.drafts
        reads = (d for d in drafts if d.kind in ("load", "rmw"))
        return tuple((d.number, self._succeeded(d.number, d.guard)) for d in reads)

    # --- faults

    def _succeeded(self, number: int, guard: Expression) -> Expression:
        """Return the guard of a read that counts only when its call succeeded."""
        draft = self._runners[0].state.drafts[number]
        if not draft.faults or draft.place is None:
            return guard
        return ex.binary("and", guard, page_faults.complete(number, draft.place.size))

    def _faulted(self, thread: int, at: Position) -> Expression:
        self._check_thread(thread, at)
        found: Expression = ex.FALSE
        for draft in self._runners[0].state.drafts:
            if draft.thread == thread and draft.faults:
                one = ex.binary("and", draft.guard, page_faults.happened(draft.number))
                found = ex.binary("or", found, one)
        return found

    def _dirtied(self, name: str, at: Position) -> Expression:
        """Return whether KVM marked a location's page dirty: it does where all bytes arrived."""
        if name not in self._world.places:
            hint = nearest(name, self._world.places)
            raise Diagnostic(f"`{name}` is not a location", at, hint)
        found: Expression = ex.FALSE
        for draft in self._runners[0].state.drafts:
            dirties = archs.operations()[draft.name].get("dirties") if draft.place else False
            if dirties and draft.place and draft.place.location == name and draft.kind == "store":
                found = ex.binary("or", found, self._succeeded(draft.number, draft.guard))
        return found

    def _check_thread(self, thread: int, at: Position) -> None:
        if thread >= len(self._runners):
            raise Diagnostic(
                f"there is no thread P{thread}", at,
                f"the test has P0 to P{len(self._runners) - 1}",
            )  # fmt: skip


def _of(equal: ast.Equal | ast.Byte, bits: int) -> str:
    if isinstance(equal, ast.Byte):
        return "one byte"
    return f"the {bits // 8} byte{'s' * (bits > 8)} of {show_place(equal.place)}"


def _inside(index: int, size: int, at: Position) -> None:
    if index >= size:
        raise Diagnostic(f"there is no byte {index}", at, f"bytes are numbered 0 to {size - 1}")


def places_of(proposition: ast.Proposition) -> Iterator[ast.Register | ast.Memory]:
    """Yield the registers and locations that a proposition speaks of."""
    match proposition:
        case ast.Equal(place, other):
            yield place
            if isinstance(other, ast.Register):
                yield other
        case ast.Byte(place):
            yield place
        case ast.Torn(register):
            if register:
                yield register
        case ast.Connective(_, args):
            for arg in args:
                yield from places_of(arg)


def sources(value: Expression, guard: Expression = ex.TRUE) -> Iterator[tuple[int, Expression]]:
    """Yield the read operations whose bytes make up a value, and when they do.

    What only decides between values is no part of them.
    """
    if isinstance(value, ReadValue):
        yield value.operation, guard
    elif isinstance(value, Apply) and value.op == "ite":
        condition, yes, no = value.args
        yield from sources(yes, ex.binary("and", guard, condition))
        yield from sources(no, ex.binary("and", guard, ex.invert(condition)))
    elif isinstance(value, Apply):
        for argument in value.args:
            yield from sources(argument, guard)


def speaks_of_any_read(proposition: ast.Proposition | None) -> bool:
    """Whether a proposition speaks of reads that set no register."""
    if isinstance(proposition, ast.Connective):
        return any(map(speaks_of_any_read, proposition.args))
    return isinstance(proposition, ast.Torn) and proposition.register is None
