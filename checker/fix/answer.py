"""What is wanted of a fix, and what comes of a test."""

from __future__ import annotations

from checker.fix.change import Kind, Plan
from checker.fix.decide import RANKS
from checker.value import value
from checker.verdict import Problem, Verdict

BUDGET = 600
"""Programs that the solver is given for one test, before the search ends."""


@value
class Options:
    """What is wanted."""

    fragile: bool = False
    """Whether what today's code forbids is enough."""
    forbid: bool = False
    """Whether what an `exists` asks about is not to happen."""
    each: bool = False
    """Whether each architecture is asked about alone too."""
    budget: int = BUDGET
    seconds: float = 0
    """How long the search may take; 0 is no limit."""


@value
class Fix:
    """Changes that together are enough on all architectures, and what comes of them."""

    changes: Plan
    text: str
    """The whole file with them."""
    diff: str
    verdicts: tuple[Verdict, ...]


@value
class Fixes:
    """What comes of one test."""

    file: str
    source: str
    before: tuple[Verdict, ...]
    """On each architecture, the test as it is."""
    wanted: str
    """`forbidden`, or `fragile` where that is enough."""
    fixes: tuple[Fix, ...] = ()
    """The cheapest first."""
    none: tuple[tuple[Kind, str], ...] = ()
    """The kinds of which no change is part of a fix, and why."""
    nothing: str = ""
    """Why there is nothing to fix."""
    hopeless: str = ""
    """The architectures on which all changes at once are not enough."""
    more: int = 0
    """How many others there are of the same number of changes."""
    limits: tuple[str, ...] = ()
    each: tuple[Fixes, ...] = ()
    """The same of each architecture alone, where the test does not hold."""
    milliseconds: float = 0.0

    @property
    def broken(self) -> tuple[str, ...]:
        """The architectures on which the test does not hold."""
        enough = RANKS[self.wanted]
        return tuple(one.arch for one in self.before if RANKS[one.answer] > enough)


@value
class Outcome:
    """What came out of one file, and what kept it from being more."""

    fixes: Fixes | None
    problems: tuple[Problem, ...]
