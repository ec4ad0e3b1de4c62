"""What the threads of an assembly test have done so far, and the ways through one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from checker.expression import TRUE, Expression
from checker.lowering.asm.tracked import NOTHING, Tracked
from checker.lowering.draft import Draft
from checker.program import Footprint


@dataclass
class Trace:
    """What all threads of a test have done so far."""

    drafts: list[Draft] = field(default_factory=list)
    assumed: list[Expression] = field(default_factory=list)
    """Executions in which one of these fails go on where a loop was cut."""
    environment: list[Expression] = field(default_factory=list)
    """What holds of every execution: that addresses are those of locations."""


class Reservation(NamedTuple):
    """What a load-reserve holds, and when: its address may depend on what was read."""

    operation: int
    footprint: Footprint
    when: Expression


@dataclass
class Path:
    """A way through the thread: when it is taken, and what is true at its end."""

    registers: dict[str, Tracked]
    guard: Expression = TRUE
    ctrl: frozenset[int] = NOTHING
    """Operations that decided how it came here."""
    done: frozenset[int] = NOTHING
    """Operations on it."""
    reserved: tuple[Reservation, ...] = ()

    def copy(self, guard: Expression) -> Path:
        """Return the same way under another guard."""
        return Path(dict(self.registers), guard, self.ctrl, self.done, self.reserved)
