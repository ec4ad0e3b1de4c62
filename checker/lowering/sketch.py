"""A test on one architecture: locations laid out, threads run, the condition resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import arch as archs
from checker import expression as ex
from checker import litmus as ast
from checker.arch import Target
from checker.arch.schema import NORMAL
from checker.diagnostic import Diagnostic, Position, nearest
from checker.expression import Apply, Const, Expression, ReadValue
from checker.language.condition import show_place
from checker.lowering import faults as page_faults
from checker.lowering import values as c
from checker.lowering.c import ThreadRunner
from checker.lowering.draft import Sketch
from checker.lowering.layout import Layout
from checker.lowering.objects import State, World
from checker.lowering.values import Address
from checker.program import (
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Place,
    Question,
    Shown,
    Thread,
    ValueIs,
)

PAGE = 4096
MAX_LOCATION = 1 << 16
"""Bytes of one location."""


def sketch(test: ast.Test, target: Target, unroll: int, *, faults: bool = False) -> Sketch:
    """Return a test as `target` sees it; loops are run at most `unroll` rounds.

    Raises Diagnostic where the test has no meaning on the architecture.
    """
    if test.dialect != "C":
        from checker.lowering.asm.sketch import sketch as sketch_assembly

        return sketch_assembly(test, target, unroll)
    layout = Layout(target, test.structs)
    types = _location_types(test)
    places = {location.name: _place(location, types, layout) for location in _locations(test)}
    world = World(
        shared={n: Address(n, local=False, offset=0, type=types[n]) for n in places},
        places=places,
        addresses={name: (index + 1) << 20 for index, name in enumerate(places)},
        unroll=unroll,
        faults=faults,
    )
    state = State()
    threads, runners = [], []
    for thread in test.threads:
        own = _thread_target(thread, target)
        runner = ThreadRunner(thread, Layout(own, test.structs), own.arch.word, world, state)
        runner.run()
        runners.append(runner)
        threads.append(Thread(thread.number, own, tuple(_registers(runner))))
    resolver = _Resolver(runners, world, layout)
    for place in resolver.initial(test.initial):
        places[place.name] = place
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
    )


def _thread_target(thread: ast.Thread, target: Target) -> Target:
    if thread.arch is None:
        return target
    try:
        return archs.guest(thread.arch, target)
    except Diagnostic as problem:
        problem.at = thread.at
        raise


# --- locations ------------------------------------------------------------------------------------


def _locations(test: ast.Test) -> Iterator[ast.Location]:
    """Yield the declared locations, then those that only an initial value or a parameter names."""
    seen = set()
    for location in test.locations:
        if location.name in seen:
            raise Diagnostic(f"`{location.name}` is declared twice", location.at)
        seen.add(location.name)
        yield location
    for initial in test.initial:
        name = _base(initial.place)
        if name not in seen:
            seen.add(name)
            yield ast.Location(name, None, ast.Attributes(), initial.at)
    if not test.locations or seen:
        for thread in test.threads:
            for parameter in thread.parameters:
                if parameter.name not in seen:
                    seen.add(parameter.name)
                    yield ast.Location(parameter.name, None, ast.Attributes(), parameter.at)


def _base(place: ast.Expr) -> str:
    while isinstance(place, (ast.Member, ast.Index)):
        place = place.of
    assert isinstance(place, ast.Name)
    return place.name


def _location_types(test: ast.Test) -> dict[str, ast.Type]:
    """Return each location's type: as declared, else as a thread's parameter has it, else `int`."""
    types: dict[str, ast.Type] = {}
    for thread in test.threads:
        for parameter in thread.parameters:
            types.setdefault(parameter.name, parameter.type)
    for location in _locations(test):
        if location.type is not None:
            types[location.name] = location.type
        types.setdefault(location.name, ast.Scalar("int"))
    return types


def _place(location: ast.Location, types: dict[str, ast.Type], layout: Layout) -> Place:
    type_, attributes = types[location.name], location.attributes
    try:
        size, natural = layout.size(type_), layout.alignment(type_)
    except Diagnostic as problem:
        problem.at = problem.at or location.at
        raise
    if size > MAX_LOCATION:
        raise Diagnostic(f"`{location.name}` has {size:,} bytes", location.at, "at most 65,536")
    aligned = attributes.aligned or (1 if attributes.packed else natural)
    modulus, residue = aligned, 0
    if attributes.offset is not None:
        modulus, residue = PAGE, attributes.offset
        if attributes.aligned and residue % attributes.aligned:
            raise Diagnostic(
                f"__at({residue}) is not a multiple of __aligned({attributes.aligned})", location.at
            )
    memory = attributes.memory or NORMAL
    return Place(location.name, size, (0,) * size, modulus, residue, memory)


# --- registers and the condition ------------------------------------------------------------------


def _registers(runner: ThreadRunner) -> Iterator[tuple[str, Expression]]:
    for name, local in runner.locals.items():
        if not isinstance(local.value, Address):
            yield name, runner.number(local.value, local.type).value


class _Resolver:
    """Gives the names in a condition, and in the init block, their meaning."""

    def __init__(self, runners: list[ThreadRunner], world: World, layout: Layout) -> None:
        self._runners = runners
        self._world = world
        self._layout = layout
        outside = ast.Thread(-1, (), (), None, (0, 0))
        word = layout.size(ast.Pointer(ast.Scalar("void")))
        self._outside = ThreadRunner(outside, layout, word, world, State())

    def initial(self, initials: tuple[ast.Initial, ...]) -> Iterator[Place]:
        """Yield the places that the init block gives a value."""
        images: dict[str, Expression] = {}
        for one in initials:
            address = self._outside.lvalue(one.place)
            for place, expr in self._leaves(address, one.value):
                size = self._layout.size(place.type)
                raw = self._outside.raw(self._constant(expr), size)
                before = images.get(place.base) or Const(0, 8 * self._world.places[place.base].size)
                images[place.base] = c.replace(before, place.offset, raw)
        for name, image in images.items():
            old = self._world.places[name]
            assert isinstance(image, Const)
            content = tuple(image.value.to_bytes(old.size, "little"))
            yield replace(old, initial=content)

    def _leaves(self, address: Address, value: ast.Expr) -> Iterator[tuple[Address, ast.Expr]]:
        if isinstance(value, ast.Braces):
            for place, item in self._outside.elements(address, value):
                yield from self._leaves(place, item)
        else:
            yield address, value

    def _constant(self, expr: ast.Expr) -> c.Integer:
        if isinstance(expr, ast.Name) and expr.name in self._world.shared:
            return self._outside.address_value(self._world.shared[expr.name], expr.at)
        value = self._outside.integer(expr)
        if not isinstance(value.value, Const):
            raise Diagnostic("an initial value must be a number", expr.at)
        return value

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
                yield Shown(text, value, value.bits, self._layout.is_signed(local.type))
            else:
                footprint = self._footprint(place.path)
                type_ = self._outside.lvalue(place.path).type
                yield Shown(
                    text, footprint, 8 * footprint.size, self._layout.is_signed(type_),
                    self._swapped(place.path),
                )  # fmt: skip

    def _swapped(self, path: ast.Expr) -> bool:
        return self._layout.big_endian and self._layout.is_integer(self._outside.lvalue(path).type)

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
