"""When the events of a program happen, for any way to say when a condition holds."""

from __future__ import annotations

from abc import ABC, abstractmethod

from checker.expression import TRUE, Expression
from checker.model.events import Event, Structure
from checker.model.logic import Term, conj


class Happening(ABC):
    """Knows of each event when it happens."""

    def __init__(self, made: Structure) -> None:
        """Keep the program's events."""
        self._made = made
        self._runs: dict[tuple[int, bool, Expression], Term] = {}

    @abstractmethod
    def holds(self, condition: Expression) -> Term:
        """Return a one-bit expression as a term."""

    def runs(self, event: Event) -> Term:
        """Return whether an event happens."""
        if self._made.always[event.index]:
            return True
        operation = self._made.program.operations[event.operation]
        when = self._made.access(event).when if self._made.conditional else TRUE
        key = (event.operation, event.is_load, when)
        if key not in self._runs:
            guards = [operation.guard, when] + [operation.stores_if] * (not event.is_load)
            self._runs[key] = conj(self.holds(guard) for guard in guards)
        return self._runs[key]
