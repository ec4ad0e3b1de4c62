"""What came out: verdicts, the reasons they rest on, and the executions that witness them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from checker.value import value

Answer = Literal["forbidden", "fragile", "allowed", "unknown"]


@dataclass(frozen=True)
class Reason:
    """A rule, axiom or contract that a verdict rests on."""

    rule: str
    says: str
    cite: str
    evidence: str = "manual"


@value
class ByteSeen:
    """One byte of a row: where it is, its value, and for a load the write it was taken from."""

    offset: int
    value: int
    source: int | None = None
    """Number of the write operation; None for a store, and for the initial value."""


@value
class Row:
    """One line of a witness: bytes of one access that moved together."""

    thread: int
    operation: int
    name: str
    """The operation as the test has it."""
    step: int
    """Which access of the operation, in program order."""
    access: str
    """The access in the access notation."""
    location: str
    reads: bool
    bytes: tuple[ByteSeen, ...]


@value
class TornRead:
    """A read operation that is torn: which register it set, and where each byte came from."""

    label: str
    operation: int
    location: str
    bytes: tuple[ByteSeen, ...]


@value
class FaultSeen:
    """A page fault inside a user copy."""

    thread: int
    name: str
    """The operation as the test has it."""
    access: str
    location: str
    offset: int
    """The first byte that the access would have touched, in its location."""
    moved: int
    """How many bytes the call had moved when it returned."""
    size: int


@value
class Execution:
    """A candidate execution that satisfies the proposition; rows are oldest first."""

    layer: str
    placement: tuple[tuple[str, int, int], ...]
    """Location, residue and modulus: where the locations lie."""
    before: tuple[tuple[str, tuple[int, ...]], ...]
    """Initial bytes of each location."""
    rows: tuple[Row, ...]
    state: tuple[tuple[str, int | str], ...]
    """Final values of the registers and locations that the condition speaks of."""
    torn: tuple[TornRead, ...]
    threads: tuple[tuple[int, int], ...]
    """Number and thread of each operation."""
    lowerings: tuple[tuple[int, str], ...] = ()
    """Number and access notation of each operation in the rows."""
    faults: tuple[FaultSeen, ...] = ()


@value
class Reachable:
    """The residues of a location's address at which a proposition can be reached."""

    location: str
    modulus: int
    residues: tuple[int, ...]
    everywhere: bool
    """Whether these are all that the declaration leaves possible."""


State = tuple[tuple[str, int | str], ...]
"""A final state: the places it shows, and their values."""


@value
class Observed:
    """In how many final states the condition's proposition holds, and in how many it does not."""

    positive: int
    negative: int
    hash: str = ""
    """What the test's `Hash` line says."""

    def reaches(self, quantifier: str) -> bool:
        """Return whether some state reaches what the condition is about: for `forall P`, not P."""
        return bool(self.negative if quantifier == "forall" else self.positive)

    @property
    def observation(self) -> Literal["Never", "Sometimes", "Always"]:
        """The word that herd7 has for it."""
        if not self.positive:
            return "Never"
        return "Sometimes" if self.negative else "Always"


@value
class Verdict:
    """The answer for one test on one architecture."""

    file: str
    test: str
    arch: str
    condition: str
    answer: Answer
    reasons: tuple[Reason, ...] = ()
    witness: Execution | None = None
    placements: tuple[Reachable, ...] = ()
    """Where each location must lie for the proposition to be reached."""
    states: tuple[State, ...] | None = None
    observed: Observed | None = None
    """Of these states, where they decide the condition."""
    expected: str | None = None
    holds: bool | None = None
    """Whether the condition as quantified holds of today's code; None when unknown."""
    ok: bool | None = None
    """Whether the result is as wanted; None when unknown."""
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0
    limit: str = ""
    """For `unknown`: the limit that was hit."""
    bounded: Literal["", "forbidden", "fragile"] = ""
    """For `unknown`: the answer for executions in which no loop goes on for more than `rounds`."""
    rounds: int = 0

    @property
    def spelled(self) -> str:
        """The answer as it is printed."""
        return bounded(self.bounded, self.rounds) if self.bounded else self.answer


def bounded(answer: str, rounds: int) -> str:
    """Return how an answer is spelled that holds for so many rounds of a loop."""
    return f"{answer} up to {rounds} round{'s' * (rounds != 1)}"


@value
class Problem:
    """Why a file, or a part of it, could not be used; line and column are 0 where none is known."""

    file: str
    line: int
    column: int
    message: str
    hint: str
    shown: str
    """The message as a person reads it: with the source line, a caret and the hint."""
