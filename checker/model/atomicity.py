"""What a unit means: the base axioms above a byte, each behind the promises it rests on.

For overlapping units: two stores are coherence-ordered the same way at every shared cell, and a
load that takes one shared cell from a store takes no other from before it (Arm ARM DDI 0487 B2.2.2,
used for every architecture). On multi-copy-atomic systems communication between threads, lifted
from cells to units, is acyclic. A thread's program order does not enter here.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import z3

from checker.model.events import INITIAL, Structure, Unit
from checker.model.logic import Keeps, Term, conj, disj, implies, negate, require, same, variable
from checker.model.order import Order
from checker.model.promises import Promises
from checker.model.relations import Relations


class Atomicity:
    """Asserts the axioms about units."""

    def __init__(
        self, made: Structure, relations: Relations, promises: Promises, solver: z3.Solver | Keeps
    ) -> None:
        """Assert them all on the solver."""
        self._made = made
        self._relations = relations
        self._promises = promises
        self._solver = solver
        for name, units in made.units.items():
            for a, b in combinations(units, 2):
                if a.classes & b.classes:
                    self._pair(name, a, b)
            for unit in units:
                if unit.rmw and unit.is_load:
                    self._update(name, unit)
        if promises.multi_copy_atomic is not False:
            for name, units in made.units.items():
                if self._mixed(name, units):
                    self._communication(name, units)

    def _held(self, name: str, *units: Unit) -> Term:
        """Return whether all these units are granted: their promises, at this placement."""
        classes = frozenset.intersection(*(unit.classes for unit in units))
        promised = (self._promises.holds(unit.promise) for unit in units)
        return conj((self._promises.placed(name, classes), *promised))

    def _cells(self, unit: Unit) -> dict[int, int]:
        return {self._made.events[event].cell: event for event in unit.events}

    # --- two overlapping units

    def _pair(self, name: str, a: Unit, b: Unit) -> None:
        if a.is_load and b.is_load:
            return
        first, second = self._cells(a), self._cells(b)
        shared = sorted(first.keys() & second.keys())
        if len(shared) < 2 or self._same_operation(a, b):
            return
        held = self._held(name, a, b)
        if first.keys() != second.keys():
            events = self._made.events
            threads = (events[unit.events[0]].thread for unit in (a, b))
            held = conj((held, self._promises.mixed_size(*threads)))
        if not a.is_load and not b.is_load:
            orders = [self._relations.before(first[cell], second[cell]) for cell in shared]
            for one, other in pairwise(orders):
                self._assert(implies(held, same(one, other)))
            return
        load, store = (first, second) if a.is_load else (second, first)
        takes = [self._relations.takes[load[cell]].get(store[cell], False) for cell in shared]
        some = disj(takes)
        if some is False:
            return
        name_of = f"seen {store[shared[0]]} {load[shared[0]]} {a.promise.rule} {b.promise.rule}"
        seen = variable(name_of) if isinstance(some, z3.BoolRef) else some
        for cell, taken in zip(shared, takes, strict=True):
            self._assert(implies(taken, seen))
            visible = self._relations.visible(store[cell], load[cell])
            self._assert(implies(conj((held, seen)), visible))

    def _same_operation(self, a: Unit, b: Unit) -> bool:
        events = self._made.events
        return events[a.events[0]].operation == events[b.events[0]].operation

    # --- read-modify-writes

    def _update(self, name: str, unit: Unit) -> None:
        """No store comes between the one a read-modify-write takes from and its own."""
        held = self._held(name, unit)
        for load in unit.events:
            event = self._made.events[load]
            own = next(
                s
                for s in self._made.stores[event.cell]
                if self._made.events[s].operation == event.operation
                and self._made.events[s].step > event.step
            )
            for source, takes in self._relations.takes[load].items():
                for other in self._made.stores[event.cell]:
                    if other not in (own, source):
                        between = conj(
                            (
                                self._relations.runs[other],
                                self._relations.before(source, other),
                                self._relations.before(other, own),
                            )
                        )
                        premise = conj((held, takes, self._relations.runs[own]))
                        self._assert(implies(premise, negate(between)))

    # --- multi-copy atomicity

    def _mixed(self, name: str, units: list[Unit]) -> bool:
        """Whether communication lifted to the units of a location could be cyclic at all.

        Where every access is one unit over the same cells at every placement, the axiom follows
        from the one about pairs: each unit then stands at one point of one order. That an access is
        one unit must not be in question here, as practice is where only manuals count.
        """
        cells = {number for number, cell in enumerate(self._made.cells) if cell.location == name}
        touched = {cell for cell in cells if self._made.loads[cell] or self._made.stores[cell]}
        every = range(len(self._made.placements[name]))
        whole = {
            (event.operation, event.step)
            for unit in units
            if set(self._cells(unit)) == touched
            and unit.classes.issuperset(every)
            and self._promises.settled(unit.promise)
            for event in (self._made.events[unit.events[0]],)
        }
        accesses = {(e.operation, e.step) for e in self._made.events if e.cell in touched}
        return any(len(unit.events) > 1 for unit in units) and whole != accesses

    def _communication(self, name: str, units: list[Unit]) -> None:
        """Give every event a time that communication with other threads respects."""
        cells = self._made.cells
        places = sum(cells[event.cell].location == name for event in self._made.events)
        time = Order(self._solver, "time", places)
        axiom = self._promises.multi_copy_atomic
        for unit in units:
            held = conj((axiom, self._held(name, unit)))
            for one, other in pairwise(unit.events):
                time.together(held, one, other)
        events, relations = self._made.events, self._relations
        for number, cell in enumerate(cells):
            if cell.location != name:
                continue
            stores = self._made.stores[number]
            for a, b in combinations(stores, 2):
                if events[a].thread != events[b].thread:
                    both = conj((axiom, relations.runs[a], relations.runs[b]))
                    order = relations.before(a, b)
                    time.before(conj((both, order)), a, b)
                    time.before(conj((both, negate(order))), b, a)
            for load in self._made.loads[number]:
                for source, takes in relations.takes[load].items():
                    if source != INITIAL and events[source].thread != events[load].thread:
                        happens = conj((axiom, relations.runs[load], takes))
                        time.before(happens, source, load)
                for store in stores:
                    if events[store].thread != events[load].thread:
                        unseen = negate(relations.visible(store, load))
                        happens = conj((axiom, relations.runs[load], relations.runs[store], unseen))
                        time.before(happens, load, store)
        time.close()

    def _assert(self, term: Term) -> None:
        require(self._solver, term)
