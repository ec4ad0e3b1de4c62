"""A program's events as a cat model numbers them, and what is known of them before it is solved.

The events are those of `events`, and one for each fence, and one for the initial write of each
cell. What no execution chooses is here: program order, threads, cells, dependencies.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from checker.model.events import Structure
from checker.program import Fence, Operation, depends

WAYS = ("ascending", "descending")
"""Words of an access's order: its elements are read or written one by one, by address."""


class Numbering:
    """The events of one program: those of memory, then fences, then initial writes."""

    def __init__(self, made: Structure) -> None:
        """Number them."""
        self._made = made
        self.fences = [
            (operation, step, fence.name)
            for operation in made.program.operations
            for step, fence in enumerate(operation.steps)
            if isinstance(fence, Fence)
        ]
        """Of each fence its operation, the step there, and its name."""
        self.memory = len(made.events)
        """The number of the first fence."""
        self.first_initial = self.memory + len(self.fences)
        """The number of the first initial write."""
        self.count = self.first_initial + len(made.cells)

    def _place(self, event: int) -> tuple[int, int, int] | None:
        """Return thread, operation and step of an event; None for an initial write."""
        if event < self.memory:
            found = self._made.events[event]
            return found.thread, found.operation, found.step
        if event < self.first_initial:
            operation, step, _ = self.fences[event - self.memory]
            return operation.thread, operation.number, step
        return None

    @cached_property
    def _threads(self) -> dict[int, list[tuple[tuple[int, int], int]]]:
        """The events of each thread, by operation and step."""
        threads: dict[int, list[tuple[tuple[int, int], int]]] = {}
        for event in range(self.first_initial):
            place = self._place(event)
            assert place is not None
            threads.setdefault(place[0], []).append((place[1:], event))
        for events in threads.values():
            events.sort()
        return threads

    def program_order(self) -> Iterator[tuple[int, int]]:
        """Yield program order: between operations, between an operation's accesses, and within one.

        An access whose elements are ordered is as several accesses, one after the other. Where a
        unit holds them together that they are in order adds nothing: they are at once to others.
        Those of one operation of a class that the architecture lists as unordered are in none.
        """
        for events in self._threads.values():
            for index, (place, a) in enumerate(events):
                for later, b in events[index + 1 :]:
                    if place != later:
                        if place[0] != later[0] or not self._unordered(a, b):
                            yield a, b
                    elif (earlier := self._earlier(a, b)) is not None:
                        yield earlier, a + b - earlier

    def _unordered(self, *events: int) -> bool:
        """Whether events of one operation are accesses of a class that orders none of them."""
        made = self._made
        if any(event >= self.memory for event in events):
            return False
        thread = made.events[events[0]].thread
        unordered = made.program.threads[thread].target.arch.unordered
        return all(made.access(made.events[event]).cls in unordered for event in events)

    def _earlier(self, a: int, b: int) -> int | None:
        """Return which of two events of one access is before the other, if either is."""
        access = self._made.access(self._made.events[a])
        way = next((word for word in access.order.split() if word in WAYS), None)
        of_a, of_b = (
            (self._made.events[event].byte - access.start) // access.element for event in (a, b)
        )
        if way is None or of_a == of_b:
            return None
        return a if (of_a < of_b) == (way == "ascending") else b

    def same_thread(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs of events of one thread; an initial write is a thread by itself."""
        for events in self._threads.values():
            for _, a in events:
                for _, b in events:
                    yield a, b
        for event in range(self.first_initial, self.count):
            yield event, event

    def _cell(self, event: int) -> int | None:
        if event < self.memory:
            return self._made.events[event].cell
        return event - self.first_initial if event >= self.first_initial else None

    def same_cell(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs of events of the same bytes."""
        cells: dict[int, list[int]] = {}
        for event in range(self.count):
            cell = self._cell(event)
            if cell is not None:
                cells.setdefault(cell, []).append(event)
        for events in cells.values():
            for a in events:
                for b in events:
                    yield a, b

    # --- dependencies

    def _results(self, operation: Operation) -> list[int]:
        """Return the events that an operation's result comes from: its loads, else its stores."""
        events = [e.index for e in self._made.events if e.operation == operation.number]
        loads = [event for event in events if self._made.events[event].is_load]
        return loads or events

    def _is_of(self, event: int, element: int | None) -> bool:
        """Whether an event is part of an element of its access; of None every event is."""
        if element is None or event >= self.memory:
            return True
        found = self._made.events[event]
        access = self._made.access(found)
        return (found.byte - access.start) // access.element == element

    @cached_property
    def events_of(self) -> dict[int, list[int]]:
        """The events of each operation, fences among them."""
        found: dict[int, list[int]] = {}
        for event in range(self.first_initial):
            place = self._place(event)
            assert place is not None
            found.setdefault(place[1], []).append(event)
        return found

    def depending(self, kind: str) -> Iterator[tuple[int, int]]:
        """Yield the pairs of a dependency; data goes into stores, the rest into all events."""
        operations = {one.number: one for one in self._made.program.operations}
        for operation in self._made.program.operations:
            for number, source, target in map(depends, getattr(operation, kind)):
                for a in self._results(operations[number]):
                    if not self._is_of(a, source):
                        continue
                    for b in self.events_of.get(operation.number, ()):
                        if not self._is_of(b, target):
                            continue
                        if b >= self.memory:
                            if kind == "ctrl":
                                yield a, b
                        elif kind != "data" or not self._made.events[b].is_load:
                            yield a, b
