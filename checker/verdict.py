"""What came out: verdicts, the reasons they rest on, and the executions that witness them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from checker.diagnostic import Position

Answer = Literal["forbidden", "fragile", "allowed", "unknown"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule, axiom or contract that a verdict rests on."""

    rule: str
    says: str
    cite: str
    evidence: str = "manual"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a witness: bytes that moved together, oldest row first."""

    thread: int
    """-1 for the memory before and after."""
    label: str
    operation: int
    values: tuple[tuple[int, int], ...]
    """Offset in the location and value of each byte touched."""
    location: str
    reads: bool
    sources: tuple[tuple[int, int], ...] = ()
    """For a load: offset, and the number of the write operation the byte was taken from (-1: initial)."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A candidate execution that satisfies the proposition."""

    layer: str
    placement: tuple[tuple[str, int, int], ...]
    """Location, residue, modulus: where the locations lie."""
    before: tuple[tuple[str, tuple[int, ...]], ...]
    """Initial bytes of each location."""
    rows: tuple[Row, ...]
    state: tuple[tuple[str, int], ...]
    """Final values of the registers and locations that the condition speaks of."""
    torn: tuple[tuple[str, int], ...]
    """Register (or operation) and number of each torn read."""
    operations: tuple[tuple[int, str, str, Position], ...] = ()
    """Number, name, lowering and position in the file of the operations in the rows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one test on one architecture."""

    file: str
    test: str
    arch: str
    condition: str
    answer: Answer
    reasons: tuple[Reason, ...] = ()
    witness: Execution | None = None
    placements: tuple[tuple[str, int, tuple[int, ...]], ...] = ()
    """Location, modulus, and the residues at which the proposition can be reached."""
    states: tuple[tuple[tuple[str, int], ...], ...] | None = None
    expected: str | None = None
    holds: bool | None = None
    """Whether the condition as quantified holds of today's code; None when unknown."""
    ok: bool | None = None
    """Whether the result is as wanted; None when unknown."""
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0
    limit: str = ""
    """For `unknown`: the limit that was hit."""
    reachable: tuple[str, ...] = field(default=(), compare=False)
    """The alternatives of today's code (in access notation) by which the witness was reached."""
