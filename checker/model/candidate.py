"""One candidate execution, read out of the solver's model: concrete choices, concrete values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import z3

from checker.expression import Expression, Free, evaluate
from checker.model import Model
from checker.model.events import INITIAL
from checker.model.placement import PlacementClass
from checker.program import Footprint, Operation


@dataclass
class Candidate:
    """Reads-from, coherence and placement of one execution; values follow from them."""

    model: Model
    found: Any
    """The solver's model."""
    _values: dict[int, int] = field(default_factory=dict)

    def true(self, term: Any) -> bool:
        """Return whether a term holds in the execution."""
        if isinstance(term, bool):
            return term
        return bool(z3.is_true(self.found.eval(term, model_completion=True)))

    @cached_property
    def source(self) -> dict[int, int]:
        """For each load event that happens: the store event it takes from, or INITIAL."""
        relations = self.model.relations
        return {
            event.index: next(
                store for store, term in relations.takes[event.index].items() if self.true(term)
            )
            for event in self.model.structure.events
            if event.is_load and self.true(relations.runs[event.index])
        }

    @cached_property
    def coherence(self) -> list[list[int]]:
        """For each cell: the store events that happen, coherence-first first."""
        relations = self.model.relations
        order = []
        for stores in self.model.structure.stores:
            happen = [s for s in stores if self.true(relations.runs[s])]
            earlier = {
                s: sum(self.true(relations.before(other, s)) for other in happen) for s in happen
            }
            order.append(sorted(happen, key=lambda s: earlier[s]))
        return order

    @cached_property
    def placement(self) -> dict[str, PlacementClass]:
        """The placement class of each location."""
        chosen = {}
        for name, classes in self.model.placements.items():
            held = [
                found
                for number, found in enumerate(classes)
                if self.true(self.model.promises.placed(name, frozenset({number})))
            ]
            chosen[name] = held[0]
        return chosen

    def operation(self, event: int) -> Operation:
        """Return the operation of an event."""
        return self.model.program.operations[self.model.structure.events[event].operation]

    # --- values

    def value(self, event: int) -> int:
        """Return what a load event returned or a store event wrote, in memory order."""
        if event not in self._values:
            made = self.model.structure.events[event]
            cell = self.model.structure.cells[made.cell]
            if made.is_load:
                store = self.source.get(event, INITIAL)
                value = self.initial(made.cell) if store == INITIAL else self.value(store)
            else:
                value = self._stored(event) >> 8 * max(made.byte, 0)
            self._values[event] = value & (1 << 8 * cell.size) - 1
        return self._values[event]

    def _stored(self, event: int) -> int:
        """Return the value whose bytes from the event's on a store event writes."""
        made, structure = self.model.structure.events[event], self.model.structure
        if structure.access(made).zeros:
            return 0
        kept = structure.put_back(made)
        if kept is not None:
            return self.value(kept) << 8 * max(made.byte, 0)
        written = self.operation(event).value
        assert written is not None
        return evaluate(written, self.returned, self.chosen)

    def returned(self, operation: int) -> int:
        """Return what a read operation returned, in memory order."""
        value = 0
        for index in self.model.structure.of_operation[operation]:
            event = self.model.structure.events[index]
            if event.is_load and index in self.source:
                size = 8 * self.model.structure.cells[event.cell].size
                mask = (1 << size) - 1 << 8 * event.byte
                value = value & ~mask | self.value(index) << 8 * event.byte
        return value

    def chosen(self, free: Free) -> int:
        """Return the number that the environment chose."""
        found = self.found.eval(self.model.relations.values.bits(free), model_completion=True)
        return int(found.as_long())

    def initial(self, cell: int) -> int:
        """Return the initial value of a cell, in memory order."""
        found = self.model.structure.cells[cell]
        content = self.model.program.place(found.location).initial
        return int.from_bytes(bytes(content[found.start : found.end]), "little")

    def final(self, footprint: Footprint) -> int:
        """Return the final value of a piece of memory, in memory order."""
        content = bytearray(self.model.program.place(footprint.location).initial)
        for number, cell in enumerate(self.model.structure.cells):
            if cell.location == footprint.location and self.coherence[number]:
                last = self.value(self.coherence[number][-1])
                content[cell.start : cell.end] = last.to_bytes(cell.size, "little")
        return int.from_bytes(content[footprint.offset : footprint.end], "little")

    def column(self, what: Expression | Footprint) -> int:
        """Return the value of a column of the final state."""
        if isinstance(what, Footprint):
            return self.final(what)
        return evaluate(what, self.returned, self.chosen)
