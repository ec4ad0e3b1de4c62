"""A test on one architecture before it is lowered: values and places, no accesses yet."""

from __future__ import annotations

from typing import Literal

from checker.diagnostic import Position
from checker.expression import TRUE, Expression
from checker.lowering.select import NOTHING, Known
from checker.program import Access, Fence, Footprint, Place, Question, Shown, Thread
from checker.value import value


@value
class Draft:
    """An operation of a thread, and the place it touches; a fence touches none."""

    number: int
    thread: int
    name: str
    """The operation whose lowering it takes."""
    kind: Literal["load", "store", "rmw", "fence"]
    at: Position
    place: Footprint | None = None
    known: Known = NOTHING
    value: Expression | None = None
    guard: Expression = TRUE
    stores_if: Expression = TRUE
    spelled: str = ""
    """The call as the test has it."""
    faults: bool = False
    """Whether a page fault may end it before its last access."""
    addr: frozenset[int] = frozenset()
    data: frozenset[int] = frozenset()
    ctrl: frozenset[int] = frozenset()
    pair: int | None = None
    """Dependencies and reservations, as `Operation` has them."""
    steps: tuple[Access | Fence, ...] | None = None
    """Its accesses, where the test itself says them."""
    dies: bool = False
    """Whether the kernel dies where another access than the first faults."""


@value
class Sketch:
    """A whole test on one architecture: the same for every layer and every alternative."""

    places: tuple[Place, ...]
    threads: tuple[Thread, ...]
    drafts: tuple[Draft, ...]
    question: Question
    shown: tuple[Shown, ...]
    assumed: tuple[Expression, ...]
    keep: Question | None
    environment: tuple[Expression, ...] = ()
    """What holds of every execution."""
    beyond: tuple[str, ...] = ()
    """Locations with arrays of which an index may be outside."""

    @property
    def cut(self) -> bool:
        """Whether a loop was cut at the bound."""
        return bool(self.assumed)
