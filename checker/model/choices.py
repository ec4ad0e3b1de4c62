"""What an execution chooses: where each load takes from, how stores are ordered, where things lie.

Two ways to hold a choice. For the solver it is a boolean for each alternative. In a table every
combination of all choices is a bit, and a term is the set of the combinations in which it holds:
where there are few enough, all executions are looked at together and no solver is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from math import prod

import z3

from checker.model.events import INITIAL, Structure
from checker.model.logic import Term, disj, negate, require, variable

MAX_BITS = 1 << 16
"""Combinations that a table holds at most."""

MAX_LOCAL = 5000
"""Ways to choose for one cell that a table holds at most."""

Orders = dict[tuple[int, int], Term]
"""For two store events of a cell: whether the first is coherence-before the second."""

Takes = dict[int, dict[int, Term]]
"""For each load event of a cell: whether it takes from a store, or from INITIAL."""


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
        terms = self._at_most_one(names)
        require(self._solver, disj(terms))
        return terms

    def _at_most_one(self, names: Sequence[str]) -> list[Term]:
        terms = [variable(name) for name in names]
        for a, b in combinations(terms, 2):
            require(self._solver, disj((negate(a), negate(b))))
        return terms

    def cell(self, made: Structure, cell: int) -> tuple[Orders, Takes]:
        """Return the choices of a cell: the order of its stores, and where its loads take from."""
        takes: Takes = {}
        for load in made.loads[cell]:
            sources = made.sources[load]
            names = [f"rf {store} {load}" for store in sources]
            terms = self.one_of(names) if made.always[load] else self._at_most_one(names)
            takes[load] = dict(zip(sources, terms, strict=True))
        return self._order(made.stores[cell], made.fixed(cell)), takes

    def _order(self, stores: list[int], fixed: dict[tuple[int, int], bool]) -> Orders:
        found: Orders = {}
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


Local = tuple[dict[int, int], dict[int, int | None]]
"""One way to choose for a cell: the place of each store in coherence order, and where each load
takes from, None for one that does not happen."""


class Tabled:
    """Choices as sets of combinations; each new one multiplies their number."""

    def __init__(self, made: Structure, others: Sequence[int]) -> None:
        """Make room for all combinations; `others` are the alternatives of choices beside cells.

        Raises TooMany where they are many.
        """
        self._local = [list(_coherent(made, cell)) for cell in range(len(made.cells))]
        self._size = prod((*map(len, self._local), *others))
        if self._size > MAX_BITS:
            raise TooMany
        self._made = 1
        self.valid = (1 << self._size) - 1
        """The combinations that no constraint has excluded."""

    def keep(self, term: Term) -> None:
        """Exclude the combinations in which a term does not hold."""
        if term is not True:
            self.valid = self.valid & term if term is not False else 0

    def one_of(self, names: Sequence[str]) -> list[Term]:
        """Return a term for each of several alternatives of which exactly one holds."""
        return self._choice(len(names), [[number] for number in range(len(names))])

    def cell(self, made: Structure, cell: int) -> tuple[Orders, Takes]:
        """Return the choices of a cell: the order of its stores, and where its loads take from."""
        ways = self._local[cell]
        pairs = list(permutations(made.stores[cell], 2))
        taken = [(load, store) for load in made.loads[cell] for store in made.sources[load]]
        sets = [[n for n, (place, _) in enumerate(ways) if place[a] < place[b]] for a, b in pairs]
        sets += [[n for n, (_, source) in enumerate(ways) if source[r] == w] for r, w in taken]
        terms = self._choice(len(ways), sets)
        takes: Takes = {load: {} for load in made.loads[cell]}
        for (load, store), term in zip(taken, terms[len(pairs) :], strict=True):
            if term is not False:
                takes[load][store] = term
        return dict(zip(pairs, terms, strict=False)), takes

    def _choice(self, count: int, sets: list[list[int]]) -> list[Term]:
        """Return, for a new choice, a term for each of several sets of its alternatives."""
        stride = self._made
        self._made *= count
        return [self._term(stride, count, one) for one in sets]

    def _term(self, stride: int, count: int, alternatives: list[int]) -> Term:
        """Return the combinations in which a choice is one of some of its alternatives."""
        if not alternatives or len(alternatives) == count:
            return bool(alternatives)
        block, pattern = (1 << stride) - 1, 0
        for number in alternatives:
            pattern |= block << (stride * number)
        period = stride * count
        while period < self._size:
            pattern |= pattern << period
            period *= 2
        return pattern & ((1 << self._size) - 1)


def _coherent(made: Structure, cell: int) -> Iterator[Local]:
    """Yield the ways to choose for one cell that its coherence does not rule out.

    Only events that always happen rule anything out here. Raises TooMany where there are many.
    """
    loads, found = made.loads[cell], 0
    for order in _orders(made, made.stores[cell]):
        place = {store: number for number, store in enumerate(order)} | {INITIAL: -1}
        for source in _sources(made, loads, place):
            found += 1
            if found > MAX_LOCAL:
                raise TooMany
            yield place, source


def _orders(made: Structure, stores: list[int]) -> Iterator[list[int]]:
    """Yield the orders of some stores in which each thread's are as program order has them."""
    if not stores:
        yield []
        return
    first: dict[int, int] = {}
    for store in stores:
        thread = made.events[store].thread
        if thread not in first or made.program_order(store, first[thread]):
            first[thread] = store
    for store in first.values():
        for rest in _orders(made, [other for other in stores if other != store]):
            yield [store, *rest]


def _sources(
    made: Structure, loads: list[int], place: dict[int, int]
) -> Iterator[dict[int, int | None]]:
    """Yield where the loads of a cell can take from, given the order of its stores."""
    if not loads:
        yield {}
        return
    *before, load = loads
    low, high = -1, len(place)
    for store, at in place.items():
        if store != INITIAL and made.always[store] and made.always[load]:
            if made.program_order(store, load):
                low = max(low, at)
            elif made.program_order(load, store):
                high = min(high, at)
    options: list[int | None] = [s for s in made.sources[load] if low <= place[s] < high]
    if not made.always[load]:
        options.append(None)
    for rest in _sources(made, before, place):
        for source in options:
            if _in_order(made, load, source, rest, place):
                yield {**rest, load: source}


def _in_order(
    made: Structure,
    load: int,
    source: int | None,
    others: dict[int, int | None],
    place: dict[int, int],
) -> bool:
    """Whether loads of one thread take from stores in coherence order."""
    if source is None:
        return True
    for other, taken in others.items():
        if taken is not None:
            if made.program_order(other, load) and place[taken] > place[source]:
                return False
            if made.program_order(load, other) and place[source] > place[taken]:
                return False
    return True
