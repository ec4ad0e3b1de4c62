"""Orders that constraints ask for: an event before another, or at one place with it.

For the solver every event has a place, a small number. In a table paths are followed instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import z3

from checker.model.logic import (
    Keeps,
    Number,
    Term,
    conj,
    disj,
    earlier,
    equal,
    implies,
    negate,
    point,
    require,
)


class Order:
    """Events in an order that is asked to exist."""

    def __init__(self, solver: z3.Solver | Keeps, name: str, places: int) -> None:
        """Begin without constraints; `places` is how many events there are at most."""
        self._solver = solver
        self._name = name
        self._places = places
        self._place: dict[int, Number] = {}
        self._before: list[tuple[int, int, Term]] = []
        self._together: list[tuple[int, int, Term]] = []

    def before(self, premise: Term, a: int, b: int) -> None:
        """Ask that `a` be before `b` where the premise holds."""
        if premise is False:
            return
        if isinstance(self._solver, z3.Solver):
            require(self._solver, implies(premise, earlier(self._at(a), self._at(b))))
        else:
            self._before.append((a, b, premise))

    def together(self, premise: Term, a: int, b: int) -> None:
        """Ask that `a` and `b` be at one place where the premise holds."""
        if premise is False:
            return
        if isinstance(self._solver, z3.Solver):
            require(self._solver, implies(premise, equal(self._at(a), self._at(b))))
        else:
            self._together.append((a, b, premise))

    def _at(self, event: int) -> Number:
        if event not in self._place:
            self._place[event] = point(f"{self._name} {event}", self._places)
        return self._place[event]

    def close(self) -> None:
        """Say that nothing more is asked."""
        if not isinstance(self._solver, z3.Solver):
            require(self._solver, no_cycle(self._before, self._together))


Edges = Sequence[tuple[int, int, Term]]


def no_cycle(before: Edges, together: Edges, paths: Edges = ()) -> Term:
    """Return whether no event comes before itself, as a table's term.

    `paths` are known to have no cycle by themselves.
    """
    rows: dict[int, dict[int, Term]] = {}

    def edge(a: int, b: int, term: Term) -> None:
        row = rows.setdefault(a, {})
        row[b] = disj((row[b], term)) if b in row else term

    for a, b, term in (*before, *together, *paths):
        edge(a, b, term)
    for a, b, term in together:
        edge(b, a, term)
    for middle in list(rows):
        out = list(rows[middle].items())
        for row in rows.values():
            into = row.get(middle, False)
            if into is not False:
                for b, term in out:
                    both = conj((into, term))
                    if both is not False:
                        row[b] = disj((row.get(b, False), both))
    return conj(
        negate(conj((term, True if a == b else rows.get(b, {}).get(a, False))))
        for a, b, term in before
    )
