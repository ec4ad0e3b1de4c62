"""What is reviewed, and what comes out: the overrides of a file, and what is said of each."""

from __future__ import annotations

from typing import Literal

from checker.diagnostic import Position
from checker.prove.answer import LayerAnswer, Reasons, Seen
from checker.value import value
from checker.verdict import Problem

ATOMIC = "atomic"
"""The claim of a single-copy atomic access of the whole operation."""


@value
class Entry:
    """One override: an operation of one size, on one architecture with some features."""

    arch: str
    operation: str
    size: int
    """In bytes."""
    needs: tuple[str, ...]
    """Features without which it is not used."""
    code: str
    """Its accesses, in access notation."""
    assembly: str
    """What these were read from; empty where the file has access notation."""
    instructions: int
    """Of the assembly."""
    retried: bool
    """Whether the assembly is a loop that is repeated until it succeeds."""
    claim: str
    """`atomic`, or the accesses that it is held against."""
    align: int
    """What the address is claimed to be a multiple of, in bytes."""
    at: Position

    @property
    def target(self) -> str:
        """The architecture with what is needed."""
        return "+".join((self.arch, *self.needs))

    @property
    def override(self) -> str:
        """The override as tests and `litmus prove` have it."""
        return f"{self.target}: {self.operation} {self.size} = {self.code}"


@value
class Section:
    """What a file says of one operation on one architecture."""

    arch: str
    operation: str
    source: str
    entries: tuple[Entry, ...]
    """Of those whose features a machine has, the first of a size holds."""
    refused: tuple[tuple[int, tuple[str, ...]], ...]
    """Sizes in bytes that are not to build, where a machine has all of some features."""
    at: Position


@value
class File:
    """An override file."""

    path: str
    title: str
    kernel: str
    """Empty where it names none."""
    sections: tuple[Section, ...]


Standing = Literal["as claimed", "by practice", "FAILS", "unknown", "no code"]
"""How code stands to a claim: an override's to the file's, today's to that of being atomic."""


@value
class Span:
    """A number that depends on the address, or on what code is chosen."""

    least: int
    most: int


@value
class Cost:
    """What an operation does, once, wherever its address is what is claimed."""

    loads: Span
    stores: Span
    updates: Span
    """Atomic read-modify-writes."""
    locked: bool
    """Whether these lock the location, rather than watch it."""
    retried: bool
    """Whether they are tried again until they succeed."""
    emulated: bool
    """Whether they are made under a lock of the kernel's own."""
    fences: tuple[str, ...]
    beside: bool
    """Whether it writes bytes beside the operation's own."""
    instructions: int = 0
    """Of assembly; 0 where there is none."""


@value
class Remedy:
    """Other accesses that would be single-copy atomic as claimed; the solver says so."""

    target: str
    code: str
    practice: bool
    """Whether established practice says so, and no manual."""
    rests: Reasons
    """The rules it rests on."""


@value
class Away:
    """What code is at the addresses that its claim does not speak of, with some features."""

    features: str
    """The condition in words; empty where it is all of those of its part."""
    answer: LayerAnswer


@value
class Part:
    """Some sets of features of one architecture, of which the same is said of one size."""

    features: str
    """The condition in words; empty where it is all of them."""
    targets: tuple[str, ...]
    """The sets as architectures are named, the smallest first."""
    entry: Entry | None
    """None of today's code, where no override is for these features."""
    refused: bool
    """Whether the file says that it is not to build: then today's code is looked at."""
    code: str
    """The accesses in access notation; empty where there are none."""
    standing: Standing
    claimed: LayerAnswer | None
    """At the addresses that the claim speaks of, and as far as it does."""
    away: tuple[Away, ...]
    reasons: Reasons
    """What the claim is kept by."""
    cost: Cost | None
    seen: Seen | None
    """A torn read, where the claim is not kept."""
    crowded: bool = False
    """Whether other writers can tear it, as they can any access there."""
    needless: tuple[str, ...] = ()
    """Features that the override asks for, and would be as claimed without."""
    limit: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is single-copy atomic, by practice at least, where it is claimed to be."""
        claims = self.entry is None or self.entry.claim == ATOMIC
        return claims and self.standing in ("as claimed", "by practice")


@value
class Reviewed:
    """One operation of one size on one architecture."""

    arch: str
    operation: str
    size: int
    align: int
    source: str
    overridden: bool
    parts: tuple[Part, ...]
    today: Cost | None
    """What today's code costs; None where there is none."""
    remedies: tuple[Remedy, ...]
    """For what fails, and for what is refused: what would do instead."""
    limit: str = ""

    @property
    def refused(self) -> bool:
        """Whether the file says, for some features, that it is not to build."""
        return any(part.refused for part in self.parts)

    @property
    def builds(self) -> bool:
        """Whether there is any code."""
        return any(part.standing != "no code" for part in self.parts)

    @property
    def fails(self) -> bool:
        """Whether an override of the file is not what it is claimed to be."""
        return any(part.entry and part.standing == "FAILS" for part in self.parts)

    @property
    def unkept(self) -> tuple[Part, ...]:
        """The sets of features with which there is no single-copy atomic code: not to build."""
        return tuple(part for part in self.parts if not part.whole and part.standing != "unknown")


@value
class Review:
    """What a whole file came to."""

    file: File
    kernel: str
    sizes: tuple[Reviewed, ...]
    problems: tuple[Problem, ...] = ()
