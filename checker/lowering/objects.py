"""Objects: the bytes of local variables, and the operations that read and write shared memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import gcd
from typing import Literal

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import TRUE, Const, Expression, ReadValue, reads_of
from checker.lowering import select
from checker.lowering import values as c
from checker.lowering.draft import Draft
from checker.lowering.layout import Layout, spell
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
    assumed: list[Expression] = field(default_factory=list)
    cut: bool = False


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
        self.alive: Expression = TRUE
        """When the thread has not ended before: no fault has taken it out."""
        self.locals: dict[str, Local] = {}
        self.spelled = ""
        """The call that is being run, as the test has it."""
        self.side = NOTHING
        """What is known of that call's size and of the other side, if it is a copy."""
        self.user_side: Kind | None = None
        """Which of that call's accesses are on user memory."""

    def local(self, name: str) -> Address:
        """Return the place of a local variable."""
        return Address(name, local=True, offset=0, type=self.locals[name].type)

    def footprint(self, address: Address, size: int, at: Position) -> Footprint:
        """Return bytes of shared memory; raises Diagnostic where they leave the location."""
        place = self.world.places[address.base]
        if address.offset < 0 or address.offset + size > place.size:
            raise Diagnostic(
                f"{size} bytes at offset {address.offset} leave `{place.name}`, "
                f"which has {place.size}", at,
            )  # fmt: skip
        return Footprint(address.base, address.offset, size)

    def load(self, address: Address, at: Position) -> Value:
        """Return the value of a place: an object in a local, or a plain read of shared memory."""
        type_ = address.type
        if isinstance(type_, ast.Array):
            return replace(address, type=type_.of)
        if address.local:
            held = self.locals[address.base].value
            if isinstance(held, Address):
                return held
            return self.number(self.bytes_of(address, at), type_)
        if not self.layout.is_integer(type_) and not isinstance(type_, ast.Pointer):
            raise Diagnostic(f"`{spell(type_)}` cannot be read as a whole", at, "name a field")
        return self.number(self.read("plain-read", address, at), type_)

    def number(self, raw: Expression, type_: ast.Type) -> Integer:
        """Return bytes in memory order as the number they are on this architecture."""
        value = c.swap(raw) if self.layout.big_endian else raw
        return Integer(value, self.layout.is_signed(type_))

    def raw(self, value: Integer, size: int) -> Expression:
        """Return a number as the bytes that are stored for it."""
        sized = value.convert(8 * size, value.signed).value
        return c.swap(sized) if self.layout.big_endian else sized

    def bytes_of(self, address: Address, at: Position, size: int | None = None) -> Expression:
        """Return bytes of a local variable."""
        held = self.locals[address.base].value
        wanted = self.layout.size(address.type) if size is None else size
        if isinstance(held, Address):
            raise Diagnostic(f"`{address.base}` holds an address", at)
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
            self.emit(operation, "store", target, size, at, value=raw)
            return
        self.bytes_of(target, at, size)
        local = self.locals[target.base]
        if isinstance(local.value, Address):
            local.value = Const(0, 8 * self.layout.size(local.type))
        kept = c.part(local.value, target.offset, size)
        written = ex.choose(self.alive, raw, kept)
        local.value = c.replace(local.value, target.offset, written)
        if ex.larger(local.value, MAX_TERMS):
            raise Diagnostic(
                f"the value of `{target.base}` depends on more than {MAX_TERMS} terms", at,
                "ask a smaller question",
            )  # fmt: skip

    def read(self, operation: str, address: Address, at: Position, size: int = 0) -> Expression:
        """Add a read operation, and return its bytes in memory order."""
        size = size or self.layout.size(address.type)
        number = self.emit(operation, "load", address, size, at)
        return ReadValue(number, 8 * size)

    def alignment(self, address: Address) -> int:
        """Return what an address is known to be a multiple of, in bytes."""
        if address.local:
            return gcd(self.layout.alignment(self.locals[address.base].type), address.offset)
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
        self, operation: str, kind: Kind, address: Address, size: int, at: Position,
        value: Expression | None = None, stores_if: Expression = TRUE,
    ) -> int:  # fmt: skip
        """Add an operation on shared memory, and return its number."""
        number, faults = self.next_number(at), self._may_fault(kind)
        known = replace(self.side, align=self.alignment(address))
        self.state.drafts.append(
            Draft(
                number, self.thread, operation, kind, at, self.footprint(address, size, at), known,
                value, self.executed, stores_if, self.spelled, faults,
                dies=faults and self._dies(operation, size, known),
                data=frozenset(reads_of(value)) if value is not None else frozenset(),
                ctrl=frozenset(reads_of(self.guard)),
            )
        )  # fmt: skip
        return number

    @property
    def executed(self) -> Expression:
        """When an operation that stands here is executed."""
        return ex.binary("and", self.guard, self.alive)

    def ends(self, when: Expression) -> None:
        """End the thread where a condition holds: what follows is not executed there."""
        self.alive = ex.binary("and", self.alive, ex.invert(when))

    def _dies(self, operation: str, size: int, known: Known) -> bool:
        found = select.select(operation, size, self.layout.target, "code", known)
        return found is not None and found.fault == "oops"

    def _may_fault(self, kind: Kind) -> bool:
        """Whether the access being made is on the side of a user copy that can fault."""
        return self.world.faults and kind == self.user_side
