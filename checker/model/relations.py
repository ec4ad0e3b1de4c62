"""Reads-from and coherence, chosen per cell, and the axiom that each byte is coherent.

Per cell, program order on that byte, reads-from, coherence and from-reads are acyclic. With
coherence a total order that contains program order, that is three patterns less: no read takes from
what a program-order earlier store, read or later store of its thread has overwritten or would
precede (CoWR, CoRR, CoRW; Alglave, Maranget, Tautschnig, "Herding Cats", TOPLAS 2014, section 4.3).
"""

from __future__ import annotations

from itertools import combinations

import z3

from checker.model.events import Structure
from checker.model.logic import Term, conj, disj, implies, negate, require, variable
from checker.model.values import Values

INITIAL = -1
"""Stands for the initial write wherever a store event's number does."""


class Relations:
    """The choices of an execution, as terms, and their constraints on a solver."""

    def __init__(self, made: Structure, solver: z3.Solver) -> None:
        """Make the terms of every cell and assert that each byte is coherent."""
        self._made = made
        self.solver = solver
        self.order: dict[tuple[int, int], Term] = {}
        """For two store events of a cell: whether the first is coherence-before the second."""
        self.takes: list[dict[int, Term]] = [{} for _ in made.events]
        """For each load event: the stores it may take from, and whether it happens and does."""
        self._visible: dict[tuple[int, int], Term] = {}
        self.values = Values(made, self.takes, solver)
        self.runs: list[Term] = [self.values.runs(event) for event in made.events]
        """Whether each event happens."""
        for cell in range(len(made.cells)):
            self._coherence(cell)
        for load in (e.index for e in made.events if e.is_load):
            self._reads_from(load)
        for cell in range(len(made.cells)):
            self._coherent(cell)
        self.values.settle()

    def _program_order(self, a: int, b: int) -> bool:
        """Whether event `a` is program-order before event `b`."""
        first, second = self._made.events[a], self._made.events[b]
        return first.thread == second.thread and (first.operation, first.step) < (
            second.operation,
            second.step,
        )

    # --- coherence order

    def before(self, a: int, b: int) -> Term:
        """Return whether store event `a` is coherence-before store event `b` of the same cell."""
        if b in (a, INITIAL):
            return False
        if a == INITIAL:
            return True
        return self.order[a, b]

    def _coherence(self, cell: int) -> None:
        stores = self._made.stores[cell]
        for a, b in combinations(stores, 2):
            if self._made.events[a].thread == self._made.events[b].thread:
                term: Term = self._program_order(a, b)
            else:
                term = variable(f"co {a} {b}")
            self.order[a, b], self.order[b, a] = term, negate(term)
        thread = {store: self._made.events[store].thread for store in stores}
        for a, b, c in combinations(stores, 3):
            if thread[a] == thread[b] == thread[c]:
                continue  # program order is transitive already
            ab, bc, ac = self.order[a, b], self.order[b, c], self.order[a, c]
            self._assert(disj((negate(ab), negate(bc), ac)))
            self._assert(disj((ab, bc, negate(ac))))

    # --- reads-from

    def _reads_from(self, load: int) -> None:
        """Let a load take from exactly one store of its cell that coherence does not rule out."""
        stores = self._made.stores[self._made.events[load].cell]
        own = [s for s in stores if self._program_order(s, load) and self.runs[s] is True]
        latest = max(own, key=lambda s: (self._made.events[s].operation, s), default=INITIAL)
        candidates = [s for s in stores if not self._overwritten(s, load, latest)]
        if latest == INITIAL:
            candidates.insert(0, INITIAL)
        takes, happens = self.takes[load], self.runs[load]
        if len(candidates) == 1:
            (store,) = candidates
            takes[store] = happens
            self._assert(implies(happens, store == INITIAL or self.runs[store]))
            return
        for store in candidates:
            takes[store] = variable(f"rf {store} {load}")
        self._assert(implies(happens, disj(takes.values())))
        for a, b in combinations(takes.values(), 2):
            self._assert(disj((negate(a), negate(b))))
        for store, term in takes.items():
            self._assert(implies(term, happens))
            if store != INITIAL:
                self._assert(implies(term, self.runs[store]))

    def _overwritten(self, store: int, load: int, latest: int) -> bool:
        """Whether program order alone keeps a load from taking from a store."""
        if self._program_order(load, store):
            return True
        return latest not in (INITIAL, store) and self._program_order(store, latest)

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
                if self._program_order(store, load):  # CoWR
                    self._assert(
                        implies(
                            conj((self.runs[store], self.runs[load])), self.visible(store, load)
                        )
                    )
                elif self._program_order(load, store):  # CoRW
                    for source, term in self.takes[load].items():
                        self._assert(
                            implies(conj((term, self.runs[store])), self.before(source, store))
                        )
        for a, b in combinations(loads, 2):
            if self._made.events[a].thread == self._made.events[b].thread:
                first, second = (a, b) if self._program_order(a, b) else (b, a)
                self._read_read(first, second)

    def _read_read(self, first: int, second: int) -> None:
        """CoRR: the later load takes from nothing coherence-before the earlier one's source."""
        for source, term in self.takes[first].items():
            for other, later in self.takes[second].items():
                if other != source:
                    self._assert(disj((negate(term), negate(later), self.before(source, other))))

    def _assert(self, term: Term) -> None:
        require(self.solver, term)
