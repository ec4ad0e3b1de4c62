"""What an execution chooses: where each load takes from, how stores are ordered, where things lie.

Two ways to hold a choice. For the solver it is a boolean for each alternative. In a table every
combination of all choices is a bit, and a term is the set of the combinations in which it holds:
where there are few enough, all executions are looked at together and no solver is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from math import factorial

import z3

from checker.model.logic import Term, disj, negate, require, variable

MAX_BITS = 1 << 16
"""Combinations that a table holds at most."""

MAX_STORES = 5
"""Stores of one cell whose orders a table holds at most."""


class TooMany(Exception):  # noqa: N818 - it is an answer, not an error
    """The program has more combinations of choices than a table holds."""


class Solved:
    """Choices as variables of a solver."""

    def __init__(self, solver: z3.Solver) -> None:
        """Keep the solver."""
        self._solver = solver

    def one_of(self, names: Sequence[str]) -> list[Term]:
        """Return a term for each of several alternatives of which exactly one holds."""
        if len(names) == 1:
            return [True]
        terms = [variable(name) for name in names]
        require(self._solver, disj(terms))
        self._apart(terms)
        return terms

    def at_most_one(self, names: Sequence[str]) -> list[Term]:
        """Return a term for each of several alternatives of which one holds or none."""
        terms = [variable(name) for name in names]
        self._apart(terms)
        return terms

    def _apart(self, terms: list[Term]) -> None:
        for a, b in combinations(terms, 2):
            require(self._solver, disj((negate(a), negate(b))))

    def order(
        self, stores: list[int], fixed: dict[tuple[int, int], bool]
    ) -> dict[tuple[int, int], Term]:
        """Return, for each pair of stores, whether the first is before the second in one order.

        `fixed` has the pairs of which it is known; the order agrees with it.
        """
        found: dict[tuple[int, int], Term] = {}
        for a, b in combinations(stores, 2):
            term = fixed[a, b] if (a, b) in fixed else variable(f"co {a} {b}")
            found[a, b], found[b, a] = term, negate(term)
        for a, b, c in combinations(stores, 3):
            if (a, b) in fixed and (b, c) in fixed and (a, c) in fixed:
                continue
            ab, bc, ac = found[a, b], found[b, c], found[a, c]
            require(self._solver, disj((negate(ab), negate(bc), ac)))
            require(self._solver, disj((ab, bc, negate(ac))))
        return found


class Tabled:
    """Choices as sets of combinations; each new one multiplies their number."""

    def __init__(self, size: int) -> None:
        """Make room for `size` combinations: the product of the alternatives of all choices."""
        if size > MAX_BITS:
            raise TooMany
        self._size = size
        self._made = 1
        self.valid = (1 << size) - 1
        """The combinations that no constraint has excluded."""

    def keep(self, term: Term) -> None:
        """Exclude the combinations in which a term does not hold."""
        if term is not True:
            self.valid = self.valid & term if term is not False else 0

    def _choice(self, count: int) -> list[Term]:
        """Return a term for each of `count` alternatives of a new choice."""
        if count == 1:
            return [True]
        stride, self._made = self._made, self._made * count
        if self._made > self._size:
            raise TooMany
        return [self._pattern(stride, count, number) for number in range(count)]

    def _pattern(self, stride: int, count: int, number: int) -> int:
        """Return the combinations in which a choice is its alternative `number`."""
        pattern = ((1 << stride) - 1) << (stride * number)
        period = stride * count
        while period < self._size:
            pattern |= pattern << period
            period *= 2
        return pattern & ((1 << self._size) - 1)

    def one_of(self, names: Sequence[str]) -> list[Term]:
        """Return a term for each of several alternatives of which exactly one holds."""
        return self._choice(len(names))

    def at_most_one(self, names: Sequence[str]) -> list[Term]:
        """Return a term for each of several alternatives of which one holds or none."""
        return self._choice(len(names) + 1)[: len(names)]

    def order(
        self, stores: list[int], fixed: dict[tuple[int, int], bool]
    ) -> dict[tuple[int, int], Term]:
        """Return, for each pair of stores, whether the first is before the second in one order."""
        if len(stores) < 2:
            return {}
        if len(stores) > MAX_STORES:
            raise TooMany
        orders = [
            {store: place for place, store in enumerate(order)} for order in permutations(stores)
        ]
        possible = [
            place
            for place in orders
            if all((place[a] < place[b]) is t for (a, b), t in fixed.items())
        ]
        terms = self._choice(len(possible))
        return {
            (a, b): disj(
                term for term, place in zip(terms, possible, strict=True) if place[a] < place[b]
            )
            for a, b in permutations(stores, 2)
        }


def orders(threads: Sequence[int]) -> int:
    """Return in how many ways stores of these threads can be ordered, each one's in its order."""
    count = factorial(len(threads))
    for thread in set(threads):
        count //= factorial(threads.count(thread))
    return count
