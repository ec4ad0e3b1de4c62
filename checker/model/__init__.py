"""A program's executions, as constraints in Z3.

    placement   where locations may lie, and the units granted there
    events      cells, events and units: what no execution chooses
    promises    a literal for every rule, contract and axiom
    relations   reads-from and coherence, per cell, and the coherence of each byte
    atomicity   what the units mean
    alignment   addresses at which an access faults
    question    the proposition

    ordering    the axioms of a cat model, which see the same events, relations and promises

Ordering is added only where it is asked for: what is forbidden without it needs no axiom of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from checker.arch.schema import Evidence
from checker.model import alignment, grounding
from checker.model.atomicity import Atomicity
from checker.model.cat import cat_model
from checker.model.cat.syntax import CatModel
from checker.model.choices import Solved
from checker.model.events import Structure, asks_values, structure, torn_questions
from checker.model.logic import Term, conj, negate, require
from checker.model.ordering import Ordering
from checker.model.placement import PlacementClass, classes
from checker.model.promises import Promises
from checker.model.question import Asker
from checker.model.relations import Relations
from checker.model.tables import TabledValues, table
from checker.model.values import Values
from checker.program import Program

MANUAL: frozenset[Evidence] = frozenset({"manual"})
PRACTICE: frozenset[Evidence] = frozenset({"manual", "practice"})


class Model:
    """The executions of one program on a solver of their own."""

    promising: type[Promises] = Promises
    """What puts promises behind literals."""

    def __init__(
        self, program: Program, *, evidence: frozenset[Evidence], droppable: bool, timeout: int = 0
    ) -> None:
        """Assert what makes an execution.

        With `droppable`, promises are literals to be assumed, and runs of bytes are split so far
        that dropping one shows. `timeout` is in ms for each query; 0 is none.
        """
        self.program = program
        self._evidence = evidence
        self.ordered = False
        """Whether the ordering axioms have been added."""
        self.placements: dict[str, list[PlacementClass]] = classes(program, evidence)
        split: int | None = 1
        if droppable:
            split = None if asks_values(program) else max(2, 2 * torn_questions(program.question))
        self.structure: Structure = structure(program, self.placements, split)
        self._choose(timeout)
        self.promises = self.promising(
            program, self.placements, self._choices, evidence=evidence, droppable=droppable
        )
        self.relations = Relations(self.structure, self.solver, self._choices, self._values)
        Atomicity(self.structure, self.relations, self.promises, self.solver)
        alignment.assert_performed(self.structure, self.relations, self.promises, self.solver)
        grounding.ground(self.structure, self.relations, self.solver)
        self.asker = Asker(self.structure, self.relations)
        for held in program.environment:
            self.require(self.relations.values.holds(held))
        for assumed in program.assumed:
            self.require(self.relations.values.holds(assumed))
        if program.keep is not None:
            self.require(self.asker.term(program.keep))

    def _choose(self, timeout: int) -> None:
        """Decide how choices are held: as variables of a solver."""
        self.solver: Any = z3.SolverFor("QF_FD")  # all sorts are finite: this is its SAT solver
        if timeout:
            self.solver.set("timeout", timeout)
        self._choices: Any = Solved(self.solver)
        self._values: Any = Values(self.structure, self.solver)

    def add_ordering(self, model: CatModel | None = None) -> None:
        """Add the axioms of the architecture's model, or of the one that is given."""
        if self.ordered:
            return
        self.ordered = True
        target = self.program.target
        if model is not None:
            axioms, name, cite = model, "model", model.file
            evidence: Evidence = "manual"
        elif target.order is not None and target.order.evidence in self._evidence:
            axioms, name = cat_model(target.order.path), f"{target.arch.name}.order"
            cite, evidence = target.order.source, target.order.evidence
        else:
            return
        ordering = Ordering(self.structure, self.relations, self.promises)
        ordering.require(axioms, name, cite, evidence)
        self.relations.values.settle()

    def require(self, term: Term) -> None:
        """Assert a term, and the values that it asks for."""
        require(self.solver, term)
        self.relations.values.settle()

    def choices(self) -> Iterator[list[Term]]:
        """Yield the alternatives of each choice that makes an execution: one of each list holds."""
        values = self.relations.values
        for chance in (one for o in self.program.operations for one in o.chances):
            yield [values.equals(chance.free, number) for number in chance.numbers]
        yield from (terms for terms in self.promises.chosen.values() if len(terms) > 1)
        yield from (list(takes.values()) for takes in self.relations.takes if len(takes) > 1)
        orders = {
            pair: term
            for pair, term in self.relations.order.items()
            if pair[0] < pair[1] and not isinstance(term, bool)
        }
        together: dict[tuple[int, int], list[Term]] = {}
        for (a, b), term in orders.items():
            events = self.structure.events
            together.setdefault((events[a].operation, events[b].operation), []).append(term)
        for terms in together.values():  # most often two operations are ordered alike everywhere
            yield [conj(terms), conj(map(negate, terms)), True]
        yield from ([term, negate(term)] for term in orders.values())


class TableModel(Model):
    """The executions of one program in a table, all of them at once; no promise can be dropped.

    Raises TooMany, at any step, where there are more than a table holds.
    """

    def __init__(self, program: Program, *, evidence: frozenset[Evidence]) -> None:
        """Make the table, and keep of it what makes an execution."""
        super().__init__(program, evidence=evidence, droppable=False)

    def _choose(self, _timeout: int) -> None:
        self.solver = table(self.structure, self.placements)
        self._choices = self.solver
        self._values = TabledValues(self.structure, self.solver)

    @property
    def valid(self) -> int:
        """The combinations of choices that are executions."""
        found: int = self.solver.valid
        return found
