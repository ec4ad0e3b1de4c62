"""The oracle's events, and what an execution chooses for one byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations, permutations, product

from checker.expression import Apply, Expression
from checker.program import (
    Access,
    Operation,
    Program,
)

Byte = tuple[str, int]
Edge = tuple[int, int]
Happening = tuple[tuple[Operation, frozenset[int]], ...]
"""The operations that execute, and which of their steps are accesses that happen."""
INIT = -1
"""The initial write of any byte: an event of no thread and no operation, before every other."""


@dataclass(frozen=True, slots=True)
class Event:
    """One byte of one access that happens; `index` counts them in program order."""

    index: int
    operation: Operation
    step: int
    access: Access
    k: int
    """Which byte of the access it is."""

    @property
    def store(self) -> bool:
        return self.access.kind == "store"

    @property
    def byte(self) -> Byte:
        return self.access.footprint.location, self.access.footprint.offset + self.k

    @property
    def lane(self) -> int:
        """The byte of the operation's value that it carries."""
        return self.access.start + self.k

    @property
    def own(self) -> bool:
        """Whether it is one of the operation's bytes, and not one beside them."""
        return 0 <= self.lane < self.operation.size


def events_of(program: Program, happening: Happening) -> list[Event]:
    """Return the events of the accesses that happen: of each byte that is in its location."""
    found: list[Event] = []
    for operation, steps in happening:
        for step, access in enumerate(operation.steps):
            if isinstance(access, Access) and step in steps:
                size = program.place(access.footprint.location).size
                for k in range(access.footprint.size):
                    if 0 <= access.footprint.offset + k < size:
                        found.append(Event(len(found), operation, step, access, k))
    return found


def everything(operation: Operation) -> frozenset[int]:
    """Return the steps of an operation that are accesses."""
    return frozenset(n for n, one in enumerate(operation.steps) if isinstance(one, Access))


@dataclass(frozen=True)
class Choice:
    """Coherence and reads-from of one byte: its stores, oldest first; each load's source."""

    order: tuple[int, ...]
    source: Mapping[int, int]

    def rank(self, store: int) -> int:
        """Return a store's place in coherence order; the initial write has the least."""
        return INIT if store == INIT else self.order.index(store)

    @cached_property
    def co(self) -> list[Edge]:
        return list(combinations(self.order, 2))

    @cached_property
    def rf(self) -> list[Edge]:
        return [(store, load) for load, store in self.source.items() if store != INIT]

    @cached_property
    def fr(self) -> list[Edge]:
        return [
            (load, later)
            for load, store in self.source.items()
            for later in self.order[self.rank(store) + 1 :]
        ]

    @property
    def communication(self) -> list[Edge]:
        return self.rf + self.co + self.fr


def choices(events: Sequence[Event]) -> list[Choice]:
    """Return the coherent choices for one byte, given its events in program order."""
    shape = tuple((event.operation.thread, event.store) for event in events)
    name = {n: event.index for n, event in enumerate(events)} | {INIT: INIT}
    return [
        Choice(tuple(name[s] for s in c.order), {name[n]: name[s] for n, s in c.source.items()})
        for c in _coherent(shape)
    ]


@cache
def _coherent(shape: tuple[tuple[int, bool], ...]) -> list[Choice]:
    """Return the choices where po ∪ rf ∪ co ∪ fr is acyclic, for (thread, is a store) in po."""
    po = [
        (a, b) for (a, (one, _)), (b, (two, _)) in combinations(enumerate(shape), 2) if one == two
    ]
    stores = [n for n, (_, store) in enumerate(shape) if store]
    loads = [n for n, (_, store) in enumerate(shape) if not store]
    found = []
    for order in permutations(stores):
        if not acyclic(po + Choice(order, {}).co):
            continue
        possible = (
            [s for s in (INIT, *order) if acyclic(po + Choice(order, {n: s}).communication)]
            for n in loads
        )
        for sources in product(*possible):
            choice = Choice(order, dict(zip(loads, sources, strict=True)))
            if acyclic(po + choice.communication):
                found.append(choice)
    return found


def acyclic(edges: Iterable[Edge]) -> bool:
    """Return whether no path along the edges leads back to where it began."""
    after: dict[int, set[int]] = {}
    for a, b in edges:
        after.setdefault(a, set()).add(b)
    while True:
        inner = {a: later & after.keys() for a, later in after.items()}
        inner = {a: later for a, later in inner.items() if later}
        if len(inner) == len(after):
            return not after
        after = inner


def happens(operation: Operation, step: int) -> Expression:
    """Return when an access happens, of the times that its operation is executed."""
    access = operation.steps[step]
    assert isinstance(access, Access)
    if access.kind == "load":
        return access.when
    return Apply("and", (operation.stores_if, access.when), 1)
