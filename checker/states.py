"""Every final state of a program: from a table of all executions, else one by one by the solver.

Both ways assert the same axioms, through the same code; where the table has room it is faster by an
order of magnitude.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import z3

from checker.diagnostic import LimitReached
from checker.model import MANUAL, PRACTICE, Model, TableModel, witness
from checker.model.cat.syntax import CatModel
from checker.model.choices import TooMany
from checker.model.logic import Term, conj
from checker.program import Program
from checker.solve import decide

State = tuple[tuple[str, int | str], ...]
"""Columns of a final state by name, each with what is shown of it."""


def states(
    program: Program,
    *,
    practice: bool = True,
    timeout: int = 0,
    ordering: CatModel | None = None,
) -> frozenset[State]:
    """Return every final state of a program, at any placement, in the columns it shows.

    Raises LimitReached when `timeout`, in ms for all of it, is over.
    """
    try:
        return tabled(program, practice=practice, ordering=ordering)
    except TooMany:
        return enumerated(program, practice=practice, timeout=timeout, ordering=ordering)


def tabled(
    program: Program, *, practice: bool = True, ordering: CatModel | None = None
) -> frozenset[State]:
    """Return every final state from a table of all executions.

    Raises TooMany where there are more than a table holds.
    """
    model = TableModel(program, evidence=PRACTICE if practice else MANUAL)
    model.add_ordering(ordering)
    found: dict[State, Term] = {(): model.valid} if model.valid else {}
    for one in program.shown:
        cases = model.asker.bits(one.what)
        found = {
            (*state, (one.text, witness.shown_value(one, number))): both
            for state, held in found.items()
            for number, term in cases.items()
            if (both := conj((held, term))) is not False
        }
    return frozenset(found)


def enumerated(
    program: Program,
    *,
    practice: bool = True,
    timeout: int = 0,
    ordering: CatModel | None = None,
) -> frozenset[State]:
    """Return every final state as the solver finds one after another; raises LimitReached."""
    model = Model(program, evidence=PRACTICE if practice else MANUAL, droppable=False)
    model.add_ordering(ordering)
    return frozenset(_each(program, model, timeout))


def _each(program: Program, model: Model, timeout: int) -> Iterator[State]:
    columns = [model.asker.bits(one.what) for one in program.shown]
    model.relations.values.settle()
    deadline = time.monotonic() + timeout / 1000 if timeout else None
    while decide(model.solver):
        found = model.solver.model()
        values = [found.eval(column, model_completion=True) for column in columns]
        yield tuple(
            (one.text, witness.shown_value(one, value.as_long()))
            for one, value in zip(program.shown, values, strict=True)
        )
        if not columns:
            return
        if deadline is not None and time.monotonic() > deadline:
            raise LimitReached(f"{timeout} ms were not enough to list the final states")
        model.solver.add(z3.Or([c != v for c, v in zip(columns, values, strict=True)]))
