"""Cells and events: an access restricted to a maximal run of bytes that nothing cuts.

All bytes of a cell share their fate: an execution chooses per cell what it could choose per byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise

from checker.expression import TRUE, Const
from checker.model.placement import Grant, PlacementClass
from checker.program import Access, Footprint, IsTorn, Logic, MemoryIs, Program, Question
from checker.value import value
from checker.verdict import Reason

INITIAL = -1
"""Stands for the initial write wherever a store event's number does."""


@value
class Cell:
    """A run of bytes of a location."""

    location: str
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.end - self.start


@value
class Event:
    """One access restricted to one cell."""

    index: int
    operation: int
    thread: int
    step: int
    is_load: bool
    cell: int
    byte: int
    """The byte of the operation's value that the cell's first byte is."""


@value
class Unit:
    """Events of one access that a promise ties together, at some placements."""

    events: tuple[int, ...]
    promise: Reason
    classes: frozenset[int]
    """Numbers of the location's placement classes at which it is granted."""
    rmw: bool
    is_load: bool


@dataclass
class Structure:
    """The events of a program and everything about them that no execution chooses."""

    program: Program
    placements: dict[str, list[PlacementClass]]
    cells: list[Cell] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    units: dict[str, list[Unit]] = field(default_factory=dict)
    """The units of each location, those of more than one event."""
    loads: list[list[int]] = field(default_factory=list)
    """The load events of each cell, in program order within a thread."""
    stores: list[list[int]] = field(default_factory=list)
    of_operation: dict[int, list[int]] = field(default_factory=dict)
    """The events of each operation on its own bytes, in program order."""

    @cached_property
    def conditional(self) -> bool:
        """Whether some access happens only at times when its operation does."""
        return any(a.when != TRUE for o in self.program.operations for a in o.accesses)

    def program_order(self, a: int, b: int) -> bool:
        """Whether event `a` is program-order before event `b`."""
        first, second = self.events[a], self.events[b]
        return first.thread == second.thread and (first.operation, first.step) < (
            second.operation,
            second.step,
        )

    def fixed(self, cell: int) -> dict[tuple[int, int], bool]:
        """Return for which stores of a cell program order decides which is before the other."""
        return {
            (a, b): self.program_order(a, b)
            for a, b in combinations(self.stores[cell], 2)
            if self.events[a].thread == self.events[b].thread
        }

    @cached_property
    def always(self) -> list[bool]:
        """Whether each event happens in every execution."""
        found = []
        for event in self.events:
            operation = self.program.operations[event.operation]
            guards = [operation.guard, self.access(event).when]
            if not event.is_load:
                guards.append(operation.stores_if)
            found.append(all(guard == TRUE for guard in guards))
        return found

    @cached_property
    def sources(self) -> dict[int, list[int]]:
        """For each load event: the stores of its cell, and INITIAL, that it may take from.

        Left out is what program order rules out: stores after it, and those that another store of
        its own thread has overwritten before it.
        """
        return {event.index: self._sources(event) for event in self.events if event.is_load}

    def _sources(self, load: Event) -> list[int]:
        stores, index = self.stores[load.cell], load.index
        own = [s for s in stores if self.program_order(s, index) and self.always[s]]
        latest = max(own, key=lambda s: (self.events[s].operation, s), default=INITIAL)
        found = [
            store
            for store in stores
            if not self.program_order(index, store)
            and (latest in (INITIAL, store) or not self.program_order(store, latest))
        ]
        return [INITIAL, *found] if latest == INITIAL else found

    def put_back(self, store: Event) -> int | None:
        """Return the load whose value a store event puts back beside its operation's bytes."""
        if 0 <= store.byte < self.program.operations[store.operation].size:
            return None
        return max(
            load
            for load in self.loads[store.cell]
            if self.events[load].operation == store.operation
            and self.events[load].step < store.step
        )

    def access(self, event: Event) -> Access:
        """Return the access that an event is part of."""
        found = self.program.operations[event.operation].steps[event.step]
        assert isinstance(found, Access)
        return found


def structure(
    program: Program, placements: dict[str, list[PlacementClass]], split: int | None
) -> Structure:
    """Return the cells, events and units of a program.

    `split` is how many pieces stand for a run of bytes that only a promise holds together, so that
    the promise can be dropped to see what it is needed for; None means every byte by itself, 1
    means that promises are not dropped.
    """
    made = Structure(program, placements)
    cuts = _cuts(program, placements)
    numbers: dict[str, list[int]] = {}
    for name, edges in cuts.items():
        numbers[name] = []
        for start, end in pairwise(edges):
            for low, high in _pieces(start, end, split):
                numbers[name].append(len(made.cells))
                made.cells.append(Cell(name, low, high))
    made.loads = [[] for _ in made.cells]
    made.stores = [[] for _ in made.cells]
    by_access: dict[tuple[int, int], list[int]] = {}
    for operation in program.operations:
        made.of_operation[operation.number] = []
        for step, access in enumerate(operation.steps):
            if isinstance(access, Access):
                key = (operation.number, step)
                by_access[key] = []
                for cell in numbers[access.footprint.location]:
                    if _inside(made.cells[cell], access.footprint):
                        event = Event(
                            len(made.events), operation.number, operation.thread, step,
                            access.kind == "load", cell,
                            made.cells[cell].start - access.footprint.offset + access.start,
                        )  # fmt: skip
                        made.events.append(event)
                        if 0 <= event.byte < operation.size:
                            made.of_operation[operation.number].append(event.index)
                        by_access[key].append(event.index)
                        (made.loads if event.is_load else made.stores)[cell].append(event.index)
    made.units = {name: _units(made, found, by_access) for name, found in placements.items()}
    return made


def _pieces(start: int, end: int, split: int | None) -> Iterable[tuple[int, int]]:
    """Cut a run into `split` pieces: all but the last are one byte."""
    count = end - start if split is None else min(split, end - start)
    for index in range(count - 1):
        yield start + index, start + index + 1
    yield start + count - 1, end


def _inside(cell: Cell, footprint: Footprint) -> bool:
    return footprint.offset <= cell.start and cell.end <= footprint.end


def _cuts(program: Program, placements: dict[str, list[PlacementClass]]) -> dict[str, list[int]]:
    """Return the edges of the runs of each location: of footprints, units, and single bytes."""
    edges: dict[str, set[int]] = {}
    sizes = {place.name: place.size for place in program.places}
    footprints: dict[tuple[int, int], Footprint] = {}

    def cut(footprint: Footprint, *offsets: int) -> None:
        size = sizes[footprint.location]
        edges.setdefault(footprint.location, set()).update(
            min(max(footprint.offset + offset, 0), size) for offset in offsets
        )

    for operation in program.operations:
        for step, access in enumerate(operation.steps):
            if isinstance(access, Access):
                footprints[operation.number, step] = access.footprint
                cut(access.footprint, 0, access.footprint.size)
                if access.around:
                    cut(access.footprint, -access.start, operation.size - access.start)
    questions = (program.question, program.keep) if program.keep else (program.question,)
    shown = [one.what for one in program.shown if isinstance(one.what, Footprint)]
    for footprint in (*shown, *(f for q in questions for f in memory_of(q))):
        cut(footprint, 0, footprint.size)
    for found in placements.values():
        for one in found:
            for key, grants in one.grants:
                cut(footprints[key], *_unit_edges(grants, footprints[key].size))
    return {name: sorted(found) for name, found in edges.items()}


def _unit_edges(grants: tuple[Grant, ...], size: int) -> Iterable[int]:
    held: set[int] = set()
    for grant in grants:
        yield grant.start
        yield grant.end
        held.update(range(grant.start, grant.end))
    for byte in range(size):
        if byte not in held:
            yield byte
            yield byte + 1


def _units(
    made: Structure, found: list[PlacementClass], by_access: dict[tuple[int, int], list[int]]
) -> list[Unit]:
    """Return the units of one location; the same unit at several placement classes is one."""
    granted: dict[tuple[tuple[int, int], Grant], set[int]] = {}
    for number, one in enumerate(found):
        for key, grants in one.grants:
            for grant in grants:
                granted.setdefault((key, grant), set()).add(number)
    units = []
    for (key, grant), classes in granted.items():
        events = by_access[key]
        first = made.events[events[0]]
        access = made.access(first)
        low, high = grant.start + access.start, grant.end + access.start
        inside = tuple(e for e in events if low <= made.events[e].byte < high)
        rmw = grant.rmw and access.atomic
        if len(inside) > 1 or rmw:
            units.append(Unit(inside, grant.promise, frozenset(classes), rmw, first.is_load))
    return units


def memory_of(question: Question) -> Iterable[Footprint]:
    """Yield the pieces of memory whose final value a question asks for."""
    if isinstance(question, MemoryIs):
        yield question.footprint
    elif isinstance(question, Logic):
        for arg in question.args:
            yield from memory_of(arg)


def torn_questions(question: Question) -> int:
    """Return how many times a question asks whether a read is torn."""
    if isinstance(question, Logic):
        return sum(torn_questions(arg) for arg in question.args)
    return int(isinstance(question, IsTorn))


def asks_values(program: Program) -> bool:
    """Whether the answer depends on values, and not only on where bytes come from."""
    if program.keep or program.assumed:
        return True
    guards = [g for o in program.operations for g in (o.guard, o.stores_if)]
    guards += [access.when for o in program.operations for access in o.accesses]
    return not all(isinstance(g, Const) for g in guards) or _asks(program.question)


def _asks(question: Question) -> bool:
    if isinstance(question, Logic):
        return any(_asks(arg) for arg in question.args)
    if isinstance(question, IsTorn):
        return not all(isinstance(guard, Const) for _, guard in question.reads)
    return True
