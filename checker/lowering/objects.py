"""Objects: the bytes of local variables, and the operations that read and write shared memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import gcd
from typing import Literal

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import TRUE, Const, Expression, ReadValue
from checker.lowering import pointers, select
from checker.lowering import values as c
from checker.lowering.asm import fold
from checker.lowering.draft import Draft
from checker.lowering.exits import Left
from checker.lowering.layout import Layout, spell
from checker.lowering.pointers import Case, Target
from checker.lowering.select import NOTHING, Known
from checker.lowering.values import Address, Integer, Value
from checker.program import Footprint, Place
from checker.value import value

Kind = Literal["load", "store", "rmw"]

MAX_OPERATIONS = 100
MAX_TERMS = 2000
"""Operators in the value of one variable."""


@dataclass
class Local:
    """A local variable: its bytes in memory order, or the address it holds."""

    type: ast.Type
    value: Expression | Address


@dataclass
class State:
    """Everything that changes while a test is run."""

    drafts: list[Draft] = field(default_factory=list)
    environment: list[Expression] = field(default_factory=list)
    """What holds of every execution: nobody who waits for a lock goes on without it."""
    cuts: list[Expression] = field(default_factory=list)
    """Where a loop goes on after as many rounds as are run."""
    stored: set[Target] = field(default_factory=set)
    """The addresses that were made numbers of, and so may be in memory."""
    split: set[Expression] = field(default_factory=set)
    """Choices that are no part of a value: between the cases of a read by a pointer, by what the
    pointer holds; and between what two branches have left, by what they test."""
    followed: Position | None = None
    """Where a pointer that was read from memory was followed first."""
    beyond: set[str] = field(default_factory=set)
    """Locations with arrays of which an index may be outside, as far as its range is known."""
    nowhere: Diagnostic | None = None
    """What to say if no address turns up for a pointer that was followed."""


@value
class World:
    """What all threads of a test share: its locations, and what their names mean."""

    shared: dict[str, Address]
    places: dict[str, Place]
    addresses: dict[str, int]
    """A number for each location, of which only equality means anything."""
    unroll: int
    """How many rounds of a loop are run."""
    faults: bool = False
    """Whether user copies may fault."""
    awaits: Callable[[], bool] = bool
    """Whether of a loop that waits the last round alone may be run: `loops`."""
    functions: Mapping[str, ast.Function] = field(default_factory=dict)
    """The test's own functions."""
    overrides: tuple[ast.Override, ...] = ()
    targets: frozenset[Target] = frozenset()
    """What pointers that are read from memory may hold, as far as is known."""


class Objects:
    """The memory a thread sees, and the operations it has made so far."""

    def __init__(self, thread: int, layout: Layout, world: World, state: State) -> None:
        """Keep the thread's number, its architecture's layout, and where its operations go."""
        self.thread = thread
        self.layout = layout
        self.world = world
        self.state = state
        self.guard: Expression = TRUE
        """When the statement that is being run is reached."""
        self.left = Left()
        """When it is not reached though its guard holds."""
        self.waited: frozenset[int] = frozenset()
        """Updates of locks: a branch on their success comes before anything else."""
        self.locals: dict[str, Local] = {}
        """By the keys that `key()` gives."""
        self.frames: tuple[tuple[str, int], ...] = ()
        """The functions that are being run, each with the number of its call."""
        self.calls = 0
        self.spelled = ""
        """The call that is being run, as the test has it."""
        self.side = NOTHING
        """What is known of that call's size and of the other side, if it is a copy."""
        self.user_side: Kind | None = None
        """Which of that call's accesses are on user memory."""

    def key(self, name: str) -> str:
        """Return what tells a variable of the function that is being run from all others."""
        if not self.frames:
            return name
        function, call = self.frames[-1]
        return f"{name} in {function}() #{call}"

    def local(self, name: str) -> Address:
        """Return the place of a local variable."""
        key = self.key(name)
        return Address(key, local=True, offset=0, type=self.locals[key].type)

    def copied(self) -> dict[str, Local]:
        """Return the local variables as they are, to be kept while they change."""
        return {key: replace(local) for key, local in self.locals.items()}

    def declare(self, name: str, type_: ast.Type) -> None:
        """Add a local variable whose bytes are zero."""
        self.locals[self.key(name)] = Local(type_, Const(0, 8 * self.layout.size(type_)))

    def address_value(self, address: Address, at: Position) -> Integer:
        """Return an address as a number, of which only equality with others means anything."""
        bits = 8 * self.layout.word
        if address.local:
            raise Diagnostic("the address of a local variable has no value here", at)
        if address.number is not None:
            whole = address.exact or address.type == ast.Scalar("void")
            step = 1 if whole else self.layout.size(address.type)
            self.state.stored.update(pointers.moved(self.world, address, step))
            offset = Const(address.offset % (1 << bits), bits)
            return Integer(fold.binary("add", address.number, offset), False)
        self.state.stored.add((address.base, address.offset))
        return Integer(Const(self.world.addresses[address.base] + address.offset, bits), False)

    def footprint(self, address: Address, size: int, at: Position) -> Footprint:
        """Return bytes of shared memory; raises Diagnostic where they leave the location."""
        if address.number is not None:
            raise Diagnostic("no pointer is followed here", at, "name the location it points to")
        place = self.world.places[address.base]
        if address.offset < 0 or address.offset + size > place.size:
            raise Diagnostic(
                f"{size} bytes at offset {address.offset} leave `{place.name}`, "
                f"which has {place.size}", at,
            )  # fmt: skip
        return Footprint(address.base, address.offset, size)

    def held(self, address: Address, at: Position) -> Local:
        """Return the variable that an address is of; raises Diagnostic where it is gone."""
        local = self.locals.get(address.base)
        if local is None:
            raise Diagnostic("this points to a variable that is gone", at)
        return local

    def load(self, address: Address, at: Position) -> Value:
        """Return the value of a place: an object in a local, or a plain read of shared memory."""
        type_ = address.type
        if isinstance(type_, ast.Array):
            return replace(address, type=type_.of)
        if address.local:
            held = self.held(address, at).value
            if isinstance(held, Address):
                return held
            return self.valued(self.bytes_of(address, at), type_)
        if not self.layout.is_integer(type_) and not isinstance(type_, ast.Pointer):
            raise Diagnostic(f"`{spell(type_)}` cannot be read as a whole", at, "name a field")
        self.no_lock(type_, at)
        return self.valued(self.read("plain-read", address, at), type_)

    def valued(self, raw: Expression, type_: ast.Type) -> Value:
        """Return bytes in memory order as a value of a type."""
        number = self.number(raw, type_)
        if not isinstance(type_, ast.Pointer):
            return number
        return Address("", local=False, offset=0, type=type_.to, number=number.value)

    def no_lock(self, type_: ast.Type, at: Position) -> None:
        """Refuse a lock where a number is wanted."""
        if type_ == ast.Scalar("spinlock_t"):
            raise Diagnostic("a spinlock_t has no value", at, "spin_lock(s), spin_is_locked(s)")

    def number(self, raw: Expression, type_: ast.Type) -> Integer:
        """Return bytes in memory order as the number they are on this architecture."""
        value = ex.swap(raw) if self.layout.big_endian else raw
        return Integer(value, self.layout.is_signed(type_))

    def raw(self, value: Integer, size: int) -> Expression:
        """Return a number as the bytes that are stored for it."""
        sized = value.convert(8 * size, value.signed).value
        return ex.swap(sized) if self.layout.big_endian else sized

    def bytes_of(self, address: Address, at: Position, size: int | None = None) -> Expression:
        """Return bytes of a local variable."""
        held = self.held(address, at).value
        wanted = self.layout.size(address.type) if size is None else size
        if isinstance(held, Address):
            held = self.raw(self.address_value(held, at), self.layout.word)
        if address.offset < 0 or 8 * (address.offset + wanted) > held.bits:
            raise Diagnostic(
                f"{wanted} bytes at offset {address.offset} leave `{address.base}`, "
                f"which has {held.bits // 8}", at,
            )  # fmt: skip
        return c.part(held, address.offset, wanted)

    def put(self, target: Address, raw: Expression, operation: str, at: Position) -> None:
        """Store bytes: into a local variable, or by an operation into shared memory."""
        size = raw.bits // 8
        if not target.local:
            for case in self.cases(target, size, at):
                self.emit(operation, "store", case, size, at, value=raw)
            return
        local = self.held(target, at)
        if isinstance(local.value, Address):
            local.value = self.raw(self.address_value(local.value, at), self.layout.word)
        self.bytes_of(target, at, size)
        kept = c.part(local.value, target.offset, size)
        here = self.left.nothing
        if here != TRUE:
            kept = ex.given(kept, frozenset(ex.conjuncts(ex.invert(here))))
        written = self.decided(here, raw, kept)
        local.value = c.replace(local.value, target.offset, written)
        if ex.larger(local.value, MAX_TERMS):
            raise Diagnostic(
                f"the value of `{target.base}` depends on more than {MAX_TERMS} terms", at,
                "ask a smaller question",
            )  # fmt: skip

    def read(self, operation: str, address: Address, at: Position, size: int = 0) -> Expression:
        """Add a read operation, and return its bytes in memory order."""
        size = size or self.layout.size(address.type)
        found = []
        for case in self.cases(address, size, at):
            number = self.emit(operation, "load", case, size, at)
            found.append((case.when, ReadValue(number, 8 * size)))
        return self.result(found, 8 * size)

    def cases(self, address: Address, size: int, at: Position) -> list[Case]:
        """Return the places that an access by an address is made at, and when."""
        deps = frozenset[int]() if address.number is None else self.depends(address.number)
        found = pointers.cases(self.world, address, size, deps)
        if address.element and pointers.may_leave(self.world, address.element):
            self.state.beyond.add(address.element.location)
        if address.number is not None:
            self.state.followed = self.state.followed or at
        if not found and self.state.nowhere is None:
            self.state.nowhere = pointers.nowhere(self.world, size, at)
        if address.number is not None and self.world.faults and self.user_side:
            raise Diagnostic(
                "this pointer was read from memory, and its access may fault", at,
                "name the location it points to",
            )  # fmt: skip
        return found

    def result(self, found: list[tuple[Expression, ReadValue]], bits: int) -> Expression:
        """Return what a read returned that was made in cases; zero where there is none."""
        chosen: Expression = Const(0, bits)
        for when, one in reversed(found):
            chosen = self.decided(when, one, chosen)
        return chosen

    def decided(self, condition: Expression, yes: Expression, no: Expression) -> Expression:
        """Return what a branch leaves; on what it tests, the value does not depend.

        The instruction that stores the value waits for one of the two, and for the test only as
        far as a control dependency goes: tools/memory-model/Documentation/explanation.txt,
        "Dependency relations: data, addr, and ctrl", v6.12.
        """
        chosen = ex.choose(condition, yes, no)
        if chosen not in (yes, no):
            self.state.split.add(chosen)
        return chosen

    def depends(self, value: Expression) -> frozenset[int]:
        """Return the operations whose results a value is made of."""
        return frozenset(pointers.reads(value, self.state.split))

    def alignment(self, address: Address) -> int:
        """Return what an address is known to be a multiple of, in bytes."""
        if address.number is not None:
            places = (case.address for case in pointers.cases(self.world, address, 1, frozenset()))
            return gcd(*(self.alignment(place) for place in places)) or 1
        if address.local:
            local = self.locals.get(address.base)
            return gcd(self.layout.alignment(local.type), address.offset) if local else 1
        place = self.world.places[address.base]
        return gcd(place.modulus, place.residue + address.offset)

    def next_number(self, at: Position) -> int:
        """Return the number of the next operation; raises Diagnostic where there are too many."""
        if len(self.state.drafts) >= MAX_OPERATIONS:
            raise Diagnostic(
                f"the test has more than {MAX_OPERATIONS} operations", at,
                "ask a smaller question, or lower --unroll",
            )  # fmt: skip
        return len(self.state.drafts)

    def emit(
        self, operation: str, kind: Kind, case: Case, size: int, at: Position,
        value: Expression | None = None, stores_if: Expression = TRUE,
    ) -> int:  # fmt: skip
        """Add an operation on shared memory, and return its number."""
        number, faults = self.next_number(at), self._may_fault(kind)
        known = replace(self.side, align=self.alignment(case.address))
        place = self.footprint(case.address, size, at)
        self.state.drafts.append(
            Draft(
                number, self.thread, operation, kind, at, place, known, value,
                ex.binary("and", self.executed, case.when), stores_if, self.spelled, faults,
                dies=faults and self._dies(operation, size, known),
                addr=case.deps,
                data=self.depends(value) if value is not None else frozenset(),
                ctrl=self.depends(self.executed) | self.waited,
            )
        )  # fmt: skip
        return number

    @property
    def executed(self) -> Expression:
        """When an operation that stands here is executed."""
        return ex.binary("and", self.guard, self.left.nothing)

    def holds(self, when: Expression, what: Expression) -> None:
        """Note what holds of every execution in which something is reached."""
        self.state.environment.append(ex.binary("or", ex.invert(when), what))

    def ends(self, when: Expression) -> None:
        """End the thread where a condition holds: what follows is not executed there."""
        self.left = self.left.leave("thread", when)

    def _dies(self, operation: str, size: int, known: Known) -> bool:
        found = select.select(operation, size, self.layout.target, "code", known)
        return found is not None and found.fault == "oops"

    def _may_fault(self, kind: Kind) -> bool:
        """Whether the access being made is on the side of a user copy that can fault."""
        return self.world.faults and kind == self.user_side
