"""The execution with the fewest rows: as few accesses as there can be, each in one piece if it can.

The solver minimises: every event has a place in one order that communication respects, and an
access has a row for each run of its cells that stand at one place.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from itertools import combinations, pairwise, product

import z3

from checker.diagnostic import LimitReached
from checker.model import Model, witness
from checker.model.cat.syntax import CatModel
from checker.model.events import INITIAL
from checker.model.logic import (
    Term,
    conj,
    disj,
    earlier,
    equal,
    implies,
    negate,
    point,
    require,
    variable,
)
from checker.program import Program
from checker.solve import Query, decide
from checker.value import value
from checker.verdict import Execution

MOST_PROGRAMS = 24
"""Combinations of alternative lowerings whose executions are compared."""

SECONDS = 1.0
"""For how long shorter executions are looked for."""


@value
class Shortest:
    """An execution of today's code with as few rows as there can be."""

    execution: Execution
    rows: int
    in_order: bool
    """Whether each thread's accesses happen in program order: then none that does has fewer."""
    least: bool
    """Whether it was decided that none has fewer, within a bound on the time and on the
    combinations of alternative lowerings."""


@value
class _Found:
    """The shortest execution of one program; `cost` orders those of several."""

    cost: tuple[bool, int]
    """Whether program order is not kept, and the number of rows."""
    execution: Execution
    least: bool


def shortest(code: list[Program], timeout: int, ordering: CatModel | None = None) -> Shortest:
    """Return it; some program must reach its proposition. Raises LimitReached.

    An execution in which program order is kept is preferred to a shorter one in which it is not.
    """
    end = time.perf_counter() + SECONDS
    best: _Found | None = None
    every = True
    for number, program in enumerate(code):
        if best and (number >= MOST_PROGRAMS or time.perf_counter() > end):
            every = False
            break
        query = Query(program, timeout, ordering)
        if query.reachable(practice=True):
            found = _shortest(query, end)
            every = every and found.least
            if best is None or found.cost < best.cost:
                best = found
    assert best is not None
    unordered, rows = best.cost
    return Shortest(best.execution, rows, not unordered, every)


def _shortest(query: Query, end: float) -> _Found:
    """Return the shortest execution of one program that is found before the time ends."""
    rules = query.model.promises.literals(practice=True)
    solver, pinned = query.model.solver, list(rules.values())
    unordered = not decide(solver, *pinned, query.in_order)
    if not unordered:
        pinned.append(query.in_order)
    rows = _Rows(query.model, query.in_order)
    if decide(solver, *pinned, rows.whole):
        pinned.append(rows.whole)
    else:
        decide(solver, *pinned)
    found = solver.model()
    try:
        while less := _shorter(query, [*pinned, rows.at_most(rows.count(found) - 1)], end):
            found = less
    except LimitReached:
        shown = query.witness(practice=True)
        return _Found((unordered, len(shown.rows)), shown, least=False)
    least = rows.count(found)
    found = query.first(*pinned, rows.at_most(least), then=rows.choices())
    shown = witness.execution(
        query.model, found, frozenset(rules), rows.rows(found), in_order=not unordered
    )
    return _Found((unordered, least), shown, least=True)


def _shorter(query: Query, assumed: list[Term], end: float) -> z3.ModelRef | None:
    """Return an execution, or None where there is none; LimitReached where that takes too long."""
    left = math.ceil(1000 * (end - time.perf_counter()))
    if left <= 0:
        raise LimitReached("the time ended")
    solver = query.model.solver
    solver.set("timeout", min(left, query.timeout or left))
    try:
        return solver.model() if decide(solver, *assumed) else None
    finally:
        solver.set("timeout", query.timeout or _NONE)


_NONE = 2**32 - 1
"""Z3's timeout where there is none."""


class _Rows:
    """The rows of an execution, as terms; those that every execution has are only counted."""

    def __init__(self, model: Model, in_order: Term) -> None:
        """Give each event a place; `in_order` is whether program order is respected."""
        self._model = model
        self._place = [
            point(f"row {event.index}", len(model.structure.events))
            for event in model.structure.events
        ]
        self._accesses: dict[tuple[int, int], list[int]] = {}
        for event in model.structure.events:
            self._accesses.setdefault((event.operation, event.step), []).append(event.index)
        self._communicate()
        self._keep_program_order(in_order)
        self.whole = self._units()
        """Whether no unit in force is cut; weak memory need not have any such order."""
        self._certain, self._rows = 0, list[Term]()
        for events in self._accesses.values():
            self._count(events)

    def _before(self, premise: Term, a: int, b: int) -> None:
        require(self._model.solver, implies(premise, earlier(self._place[a], self._place[b])))

    def _communicate(self) -> None:
        """Put stores before what takes from them, and all accesses of a cell in one order."""
        made, relations = self._model.structure, self._model.relations
        for stores, loads in zip(made.stores, made.loads, strict=True):
            for a, b in combinations(stores, 2):
                both = conj((relations.runs[a], relations.runs[b]))
                self._before(conj((both, relations.before(a, b))), a, b)
                self._before(conj((both, negate(relations.before(a, b)))), b, a)
            for load in loads:
                for source, takes in relations.takes[load].items():
                    if source != INITIAL:
                        self._before(takes, source, load)
                for store in stores:
                    both = conj((relations.runs[load], relations.runs[store]))
                    self._before(conj((both, negate(relations.visible(store, load)))), load, store)

    def _keep_program_order(self, in_order: Term) -> None:
        events = self._model.structure.events
        threads: dict[int, list[list[int]]] = {}
        for key in sorted(self._accesses):
            own = self._accesses[key]
            threads.setdefault(events[own[0]].thread, []).append(own)
        for accesses in threads.values():
            for first, second in pairwise(accesses):
                for one, other in product(first, second):
                    self._before(in_order, one, other)

    def _units(self) -> Term:
        holds, promises = variable("units are whole"), self._model.promises
        for name, units in self._model.structure.units.items():
            for unit in units:
                placed = promises.placed(name, unit.classes)
                held = conj((holds, placed, promises.holds(unit.promise)))
                for a, b in pairwise(unit.events):
                    require(
                        self._model.solver, implies(held, equal(self._place[a], self._place[b]))
                    )
        return holds

    def _count(self, events: list[int]) -> None:
        """Count an access that happens, and each place at which it is cut."""
        runs = disj(self._model.relations.runs[event] for event in events)
        if runs is True:
            self._certain += 1
        elif runs is not False:
            self._rows.append(runs)
        for a, b in pairwise(events):
            cut = variable(f"cut {a} {b}")
            together = disj((cut, equal(self._place[a], self._place[b])))
            require(self._model.solver, together)
            self._rows.append(cut)

    def at_most(self, rows: int) -> Term:
        """Return a literal that, assumed, leaves at most so many rows."""
        holds = variable(f"at most {rows} rows")
        left = rows - self._certain
        bound: Term = left >= 0
        if bound and self._rows:
            bound = z3.AtMost(*self._rows, left)
        require(self._model.solver, implies(holds, bound))
        return holds

    def count(self, found: z3.ModelRef) -> int:
        """Return how many rows an execution has."""
        held = (z3.is_true(found.eval(term, model_completion=True)) for term in self._rows)
        return int(self._certain + sum(held))

    def choices(self) -> Iterator[list[Term]]:
        """Yield whether each cut is made: the same question shows the same picture."""
        yield from ([negate(term), term] for term in self._rows)

    def rows(self, found: z3.ModelRef) -> dict[int, int]:
        """Return in which row each event is that happens, by the row's first event."""
        runs = self._model.relations.runs

        def holds(term: Term) -> bool:
            return term is True or z3.is_true(found.eval(term, model_completion=True))

        rows: dict[int, int] = {}
        for events in self._accesses.values():
            happen = [event for event in events if holds(runs[event])]
            for event in happen:
                cut = event == happen[0] or holds(variable(f"cut {event - 1} {event}"))
                rows[event] = event if cut else rows[event - 1]
        return rows
