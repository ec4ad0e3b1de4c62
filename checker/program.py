"""What the hardware is asked to do: operations, their accesses, and the question about them.

Values are in memory order: byte k of an operation is bits 8k to 8k+7 of its value, whatever the
architecture's endianness. Sizes and offsets are in bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd
from typing import TYPE_CHECKING, Literal

from checker.expression import TRUE, Expression, Free
from checker.value import value

if TYPE_CHECKING:
    from checker.arch import Target
    from checker.diagnostic import Position

Layer = Literal["contract", "code"]

BYTES = "bytes"
"""The class of an access of which nothing is promised above a byte."""


@dataclass(frozen=True)
class Footprint:
    """The bytes an access touches."""

    location: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The offset after the last byte."""
        return self.offset + self.size


@dataclass(frozen=True)
class Access:
    """One memory read or write that the hardware is asked for."""

    kind: Literal["load", "store"]
    cls: str
    """The instruction class that the architecture's rules speak of."""
    footprint: Footprint
    element: int
    """The size of one register or element of the instruction, in bytes."""
    start: int
    """The byte of the operation's value that the access's first byte carries."""
    order: str = ""
    """Words for the ordering axioms: `acquire`, `release`, `acquire-pc`, `exclusive`,
    `no-return`; `ascending` or `descending`, by address, where its elements are ordered."""
    promised: str = ""
    """What promises that the access is whole where it is aligned: a contract, or nothing."""
    cite: str = ""
    """The source of that promise."""
    atomic: bool = False
    """Whether this is half of a read-modify-write: one load and one store of the operation."""
    around: bool = False
    """Whether it may touch bytes beside the operation's; a store puts back there what the load
    before it returned. Its footprint may leave the location."""
    zeros: bool = False
    """Whether it stores zeros and not the operation's value."""
    stored: bool = False
    """Whether it is ordered as a part of an update only where its operation's store happens."""
    when: Expression = TRUE
    """When it happens, of the times that its operation does."""

    def __str__(self) -> str:
        """Return the access in the access notation, without its place."""
        if self.cls == BYTES:
            return f"{self.kind} {self.footprint.size} by bytes"
        name = self.kind if self.cls == "gpr" else f"{self.kind}.{self.cls}"
        by = "" if self.element == self.footprint.size else f" by {self.element}"
        rest = " around" if self.around else " of zeros" if self.zeros else ""
        return f"{name} {self.footprint.size}{by}{rest}"


@value
class Fence:
    """A barrier, by the name its author gave it: recorded for the ordering axioms."""

    name: str
    stored: bool = False
    """Whether it is passed only where its operation's store happens."""


_SOURCE, _TARGET = 16, 24


def dependency(operation: int, source: int | None = None, target: int | None = None) -> int:
    """Return a dependency on an operation's result, as a number.

    Of an instruction on several registers it may come from one of them, its `source`, and go to
    one, its `target`: elements of the access, counted from 0.
    """
    found = operation
    for element, shift in ((source, _SOURCE), (target, _TARGET)):
        found |= 0 if element is None else element + 1 << shift
    return found


def depends(number: int) -> tuple[int, int | None, int | None]:
    """Return the operation of a dependency, its source and its target."""
    source, target = (number >> shift & 0xFF for shift in (_SOURCE, _TARGET))
    return (
        number & (1 << _SOURCE) - 1,
        source - 1 if source else None,
        target - 1 if target else None,
    )


@value
class Chance:
    """A number that the environment chooses, and which it may be, the likeliest first."""

    free: Free
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One thing the test's author wrote, as the accesses it becomes, in program order."""

    number: int
    thread: int
    name: str
    steps: tuple[Access | Fence, ...]
    size: int = 0
    value: Expression | None = None
    """What its stores write."""
    guard: Expression = TRUE
    """When it is executed at all."""
    stores_if: Expression = TRUE
    """When its stores happen (a compare-and-exchange that fails has none)."""
    at: Position = field(default=(0, 0), compare=False)
    lowering: str = ""
    """The access notation it was lowered by."""
    addr: frozenset[int] = frozenset()
    """Operations on whose results its address depends, by the registers that carry them: each as
    `dependency` has it."""
    data: frozenset[int] = frozenset()
    """Operations on whose results the value that it stores depends."""
    ctrl: frozenset[int] = frozenset()
    """Operations on whose results it depends whether it is reached."""
    pair: int | None = None
    """For a store-conditional: the load whose reservation it needs."""
    chances: tuple[Chance, ...] = ()
    """For one that may fault: the access that does, from 1, or 0; and the bytes that were moved."""

    @property
    def accesses(self) -> Iterator[Access]:
        """The accesses, without fences."""
        return (step for step in self.steps if isinstance(step, Access))


@value
class Place:
    """A location: its size, its initial bytes, and what is known of its address."""

    name: str
    size: int
    initial: tuple[int, ...]
    modulus: int = 1
    residue: int = 0
    """The address is `residue` modulo `modulus`, and nothing else is known of it."""
    memory: str = "normal"
    """Its memory type: one of `checker.arch.schema.MEMORY`."""
    told_apart: int = 1
    """Addresses are told apart modulo this at least, because the accesses depend on it."""
    said: tuple[int, int] | None = None
    """Modulus and residue of the address by its declaration, where that is more than what is
    taken to be known: a proof may then rest on it or not."""

    def is_said(self, residue: int, modulus: int) -> bool:
        """Whether some address with this residue is as the declaration has it."""
        if self.said is None:
            return True
        common = gcd(self.said[0], modulus)
        return residue % common == self.said[1] % common

    def residues(self, modulus: int) -> list[int]:
        """Return every residue modulo `modulus` that what is known of the address leaves."""
        if self.modulus >= modulus:
            return [self.residue % modulus]
        known = range(self.residue, self.residue + modulus, self.modulus)
        return sorted({residue % modulus for residue in known})


@value
class Thread:
    """A thread's architecture and its registers when it has ended."""

    number: int
    target: Target
    registers: tuple[tuple[str, Expression], ...] = ()

    def register(self, name: str) -> Expression:
        """Return a register's final value; raises KeyError."""
        return dict(self.registers)[name]


# --- the question ---------------------------------------------------------------------------------


@value
class ValueIs:
    """An expression over what was read has this value, modulo its width."""

    value: Expression
    constant: int


@value
class MemoryIs:
    """A piece of memory has this value in the final state, in memory order."""

    footprint: Footprint
    constant: int


@value
class IsTorn:
    """One of these read operations is torn; each counts only when its guard holds."""

    reads: tuple[tuple[int, Expression], ...]


@value
class Logic:
    """`not`, `and`, `or` or `implies` over questions; `and` of nothing is true."""

    op: Literal["not", "and", "or", "implies"]
    args: tuple[Question, ...]


Question = ValueIs | MemoryIs | IsTorn | Logic


@value
class Shown:
    """One column of a final state: how it is called, what it is, and how it is printed."""

    text: str
    what: Expression | Footprint
    bits: int
    signed: bool
    swapped: bool = False
    """Whether its bytes in memory order are those of a big-endian number."""
    element: int = 0
    """Bits of each element of an array; 0 for what is no array."""
    names: tuple[tuple[int, str], ...] = ()
    """Numbers that are printed as names: the addresses of locations."""


@value
class Program:
    """One choice of accesses for every operation of a test, on one architecture and layer."""

    name: str
    target: Target
    layer: Layer
    places: tuple[Place, ...]
    threads: tuple[Thread, ...]
    operations: tuple[Operation, ...]
    question: Question
    """The proposition of the condition; for `forall P`, not P."""
    shown: tuple[Shown, ...] = ()
    assumed: tuple[Expression, ...] = ()
    """Executions in which one of these fails are cut off: loops that would need more rounds."""
    environment: tuple[Expression, ...] = ()
    """What holds of the numbers that the environment chooses."""
    keep: Question | None = None
    """A `filter` clause: final states in which it fails are not counted."""
    inexact: tuple[str, ...] = ()
    """Operations of which nothing is recorded for the kernel asked about: they are as in 6.12."""

    def place(self, name: str) -> Place:
        """Return the location called `name`; raises StopIteration."""
        return next(place for place in self.places if place.name == name)
