"""Reads-from and coherence, chosen per cell, and the axiom that each byte is coherent.

Per cell, program order on that byte, reads-from, coherence and from-reads are acyclic. With
coherence a total order that contains program order, that is three patterns less: no read takes from
what a program-order earlier store, read or later store of its thread has overwritten or would
precede (CoWR, CoRR, CoRW; Alglave, Maranget, Tautschnig, "Herding Cats", TOPLAS 2014, section 4.3).
"""

from __future__ import annotations

from itertools import combinations

import z3

from checker.model.choices import Solved, Tabled
from checker.model.events import INITIAL, Structure
from checker.model.logic import Keeps, Term, conj, disj, implies, negate, require
from checker.model.values import Values


class Relations:
    """The choices of an execution, as terms, and their constraints on a solver."""

    def __init__(
        self, made: Structure, solver: z3.Solver | Keeps, choices: Solved | Tabled, values: Values
    ) -> None:
        """Make the terms of every cell and assert that each byte is coherent."""
        self._made = made
        self.solver = solver
        self.order: dict[tuple[int, int], Term] = {}
        """For two store events of a cell: whether the first is coherence-before the second."""
        self.takes = values.takes
        """For each load event: the stores it may take from, and whether it happens and does."""
        self._visible: dict[tuple[int, int], Term] = {}
        self.values = values
        for cell in range(len(made.cells)):
            orders, takes = choices.cell(made, cell)
            self.order |= orders
            for load, terms in takes.items():
                self.takes[load].update(terms)
        self.runs: list[Term] = [values.runs(event) for event in made.events]
        """Whether each event happens."""
        for load in (event.index for event in made.events if event.is_load):
            self._taken(load)
        for cell in range(len(made.cells)):
            self._coherent(cell)
        values.settle()

    # --- coherence order

    def before(self, a: int, b: int) -> Term:
        """Return whether store event `a` is coherence-before store event `b` of the same cell."""
        if b in (a, INITIAL):
            return False
        if a == INITIAL:
            return True
        return self.order[a, b]

    # --- reads-from

    def _taken(self, load: int) -> None:
        """A load that happens takes from one store, one that does not from none."""
        takes, happens = self.takes[load], self.runs[load]
        self._assert(implies(happens, disj(takes.values())))
        for store, term in takes.items():
            self._assert(implies(term, happens))
            if store != INITIAL:
                self._assert(implies(term, self.runs[store]))

    def visible(self, store: int, load: int) -> Term:
        """Return whether a load takes its cell from a store, or from one coherence-after it."""
        key = (store, load)
        if key not in self._visible:
            self._visible[key] = conj(
                (
                    self.runs[store],
                    disj(
                        conj((term, source == store or self.before(store, source)))
                        for source, term in self.takes[load].items()
                    ),
                )
            )
        return self._visible[key]

    # --- coherence of one byte

    def _coherent(self, cell: int) -> None:
        loads, stores = self._made.loads[cell], self._made.stores[cell]
        for load in loads:
            for store in stores:
                if self._made.program_order(store, load):  # CoWR
                    self._assert(
                        implies(
                            conj((self.runs[store], self.runs[load])), self.visible(store, load)
                        )
                    )
                elif self._made.program_order(load, store):  # CoRW
                    for source, term in self.takes[load].items():
                        self._assert(
                            implies(conj((term, self.runs[store])), self.before(source, store))
                        )
        for a, b in combinations(loads, 2):
            if self._made.events[a].thread == self._made.events[b].thread:
                first, second = (a, b) if self._made.program_order(a, b) else (b, a)
                self._read_read(first, second)

    def _read_read(self, first: int, second: int) -> None:
        """CoRR: the later load takes from nothing coherence-before the earlier one's source."""
        for source, term in self.takes[first].items():
            for other, later in self.takes[second].items():
                if other != source:
                    self._assert(disj((negate(term), negate(later), self.before(source, other))))

    def _assert(self, term: Term) -> None:
        require(self.solver, term)
