"""A test on one architecture: locations laid out, threads run, the condition resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import arch as archs
from checker import expression as ex
from checker import litmus as ast
from checker.arch import Target
from checker.diagnostic import Diagnostic, Position, nearest
from checker.expression import Apply, Const, Expression, ReadValue
from checker.language.condition import show_place
from checker.lowering import faults as page_faults
from checker.lowering import values as c
from checker.lowering.c import ThreadRunner
from checker.lowering.draft import Sketch
from checker.lowering.layout import Layout
from checker.lowering.locations import locations, place_of, types_of
from checker.lowering.objects import State, World
from checker.lowering.outside import Outside
from checker.lowering.pointers import MAX_ROUNDS, MAX_TARGETS
from checker.lowering.values import Address
from checker.program import (
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Question,
    Shown,
    Thread,
    ValueIs,
)


def sketch(test: ast.Test, target: Target, unroll: int, *, faults: bool = False) -> Sketch:
    """Return a test as `target` sees it; loops are run at most `unroll` rounds.

    Raises Diagnostic where the test has no meaning on the architecture.
    """
    if test.dialect != "C":
        from checker.lowering.asm.sketch import sketch as sketch_assembly

        return sketch_assembly(test, target, unroll)
    layout = Layout(target, test.structs)
    types = types_of(test)
    places = {location.name: place_of(location, types, layout) for location in locations(test)}
    world = World(
        shared={n: Address(n, local=False, offset=0, type=types[n]) for n in places},
        places=places,
        addresses={name: (index + 1) << 20 for index, name in enumerate(places)},
        unroll=unroll,
        faults=faults,
    )
    outside = Outside(world, layout)
    for place in list(outside.initial(test.initial)):
        places[place.name] = place
    runners, state = _run(test, target, replace(world, targets=outside.targets))
    threads = [
        Thread(runner.thread, runner.layout.target, tuple(_registers(runner))) for runner in runners
    ]
    resolver = _Resolver(runners, world, outside)
    proposition = test.condition.proposition
    question = resolver.question(proposition)
    return Sketch(
        places=tuple(places.values()),
        threads=tuple(threads),
        drafts=tuple(state.drafts),
        question=Logic("not", (question,)) if test.condition.quantifier == "forall" else question,
        shown=tuple(resolver.shown(test)),
        assumed=tuple(state.assumed),
        keep=resolver.question(test.filter) if test.filter else None,
        cut=state.cut,
        environment=tuple(state.environment),
    )


def _run(test: ast.Test, target: Target, world: World) -> tuple[list[ThreadRunner], State]:
    """Run the threads, until all that their pointers may hold is known."""
    for _ in range(MAX_ROUNDS):
        runners, state = [], State()
        for thread in test.threads:
            own = _thread_target(thread, target)
            runner = ThreadRunner(thread, Layout(own, test.structs), own.arch.word, world, state)
            runner.run()
            runners.append(runner)
        if not state.followed or state.stored <= world.targets:
            if state.nowhere:
                raise state.nowhere
            return runners, state
        world = replace(world, targets=world.targets | state.stored)
        if len(world.targets) > MAX_TARGETS:
            break
    raise Diagnostic(
        f"the pointers of this test may hold more than {MAX_TARGETS} addresses", state.followed,
        "ask a smaller question",
    )  # fmt: skip


def _thread_target(thread: ast.Thread, target: Target) -> Target:
    if thread.arch is None:
        return target
    try:
        return archs.guest(thread.arch, target)
    except Diagnostic as problem:
        problem.at = thread.at
        raise


# --- registers and the condition ------------------------------------------------------------------


def _registers(runner: ThreadRunner) -> Iterator[tuple[str, Expression]]:
    for name, local in runner.locals.items():
        if not isinstance(local.value, Address):
            yield name, runner.number(local.value, local.type).value
        elif local.value.number is not None:
            yield name, runner.address_value(local.value, (0, 0)).value


class _Resolver:
    """Gives the names in a condition their meaning."""

    def __init__(self, runners: list[ThreadRunner], world: World, outside: Outside) -> None:
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
            case ast.Dirty(name, at):
                return ValueIs(self._dirtied(name, at), 1)
            case ast.Equal(ast.Register() as register, ast.Register() as other, at):
                first, second = self._register(register), self._register(other)
                if first.bits != second.bits:
                    raise Diagnostic("registers of two sizes are compared", at)
                return ValueIs(ex.binary("eq", first, second), 1)
            case ast.Equal(ast.Register() as register, value):
                expression = self._register(register)
                return ValueIs(expression, self._number(value, proposition, expression.bits))
            case ast.Equal(ast.Memory(path), value):
                footprint = self._footprint(path)
                number = self._number(value, proposition, 8 * footprint.size)
                raw = c.swap(Const(number, 8 * footprint.size)) if self._swapped(path) else None
                return MemoryIs(footprint, raw.value if isinstance(raw, Const) else number)
            case ast.Connective("true"):
                return Logic("and", ())
            case ast.Connective("false"):
                return Logic("or", ())
            case ast.Connective("not" | "and" | "or" | "implies" as op, args):
                return Logic(op, tuple(self.question(arg) for arg in args))
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
        self, value: int | str | ast.Register | tuple[int, ...], equal: ast.Equal, bits: int
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
                f"{value} does not fit into the {bits // 8} bytes of {show_place(equal.place)}",
                equal.at,
            )
        return value & ((1 << bits) - 1)

    def _register(self, register: ast.Register) -> Expression:
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
            return runner.address_value(local.value, register.at).value
        return runner.number(local.value, local.type).value

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


def places_of(proposition: ast.Proposition) -> Iterator[ast.Register | ast.Memory]:
    """Yield the registers and locations that a proposition speaks of."""
    match proposition:
        case ast.Equal(place, other):
            yield place
            if isinstance(other, ast.Register):
                yield other
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
