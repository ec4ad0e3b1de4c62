"""Executions that are sequentially consistent: no ordering model forbids one of them.

Not an axiom: a witness with this property convinces a reader who knows what the hardware orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise, product

from checker.model import Model
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


def literal(model: Model) -> Term:
    """Return a literal that, assumed, puts all events into one order that respects everything.

    Program order between accesses, reads-from, coherence and from-reads agree with the order; the
    events of a unit have one place in it.
    """
    made, relations = model.structure, model.relations
    holds = variable("in program order")
    time = [point(f"place {event.index}", len(made.events)) for event in made.events]

    def agree(premise: Term, a: int, b: int) -> None:
        require(model.solver, implies(conj((holds, premise)), earlier(time[a], time[b])))

    for a, b in _program_order(model):
        agree(True, a, b)
    for stores, loads in zip(made.stores, made.loads, strict=True):
        for a, b in combinations(stores, 2):
            both = conj((relations.runs[a], relations.runs[b]))
            agree(conj((both, relations.before(a, b))), a, b)
            agree(conj((both, negate(relations.before(a, b)))), b, a)
        for load in loads:
            for source, takes in relations.takes[load].items():
                if source != INITIAL:
                    agree(takes, source, load)
            for store in stores:
                both = conj((relations.runs[load], relations.runs[store]))
                agree(conj((both, negate(relations.visible(store, load)))), load, store)
    for load, store, other in _reservations(model):
        both = conj((holds, relations.runs[store], relations.runs[other]))
        apart = disj((earlier(time[other], time[load]), earlier(time[store], time[other])))
        require(model.solver, implies(both, apart))
    for name, units in made.units.items():
        for unit in units:
            held = conj(
                (
                    holds,
                    model.promises.placed(name, unit.classes),
                    model.promises.holds(unit.promise),
                )
            )
            for a, b in pairwise(unit.events):
                require(model.solver, implies(held, equal(time[a], time[b])))
    return holds


def _reservations(model: Model) -> Iterator[tuple[int, int, int]]:
    """Yield load and store of each reservation, with a store of another thread to the same cell.

    It does not come between the two where the store happens: that is what a reservation is for.
    """
    made = model.structure
    events = made.events
    for operation in model.program.operations:
        if operation.pair is not None:
            for store in (e for e in events if e.operation == operation.number):
                for load in (e for e in events if e.operation == operation.pair):
                    if load.cell == store.cell:
                        for other in made.stores[store.cell]:
                            if events[other].thread != store.thread:
                                yield load.index, store.index, other


def _program_order(model: Model) -> Iterator[tuple[int, int]]:
    """Yield pairs of events of successive accesses of a thread."""
    threads: dict[int, dict[tuple[int, int], list[int]]] = {}
    for event in model.structure.events:
        accesses = threads.setdefault(event.thread, {})
        accesses.setdefault((event.operation, event.step), []).append(event.index)
    for accesses in threads.values():
        for before, after in pairwise([accesses[key] for key in sorted(accesses)]):
            yield from product(before, after)
