"""Accesses that are not performed: at an address where one faults, its thread does not go on.

Such an execution is not one of the program's, so the placement is out wherever the access runs.
"""

from __future__ import annotations

import z3

from checker.model.events import Structure
from checker.model.logic import conj, negate, require
from checker.model.promises import Promises
from checker.model.relations import Relations


def assert_performed(
    made: Structure, relations: Relations, promises: Promises, solver: z3.Solver
) -> None:
    """Assert that no access runs at an address at which it faults."""
    runs = {
        (event.operation, event.step): relations.runs[event.index]
        for event in reversed(made.events)
    }
    for name, classes in made.placements.items():
        for number, one in enumerate(classes):
            for access, reason in one.faults:
                placed = promises.placed(name, frozenset({number}))
                require(solver, negate(conj((promises.holds(reason), placed, runs[access]))))
