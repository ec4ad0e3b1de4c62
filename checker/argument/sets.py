"""All minimal sets that suffice for something, found by asking about as few sets as need be.

Liffiton, Previti, Malik and Marques-Silva, "Fast, flexible MUS enumeration", Constraints 2016: a
solver keeps the map of what has not been decided, and always the largest such set is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import z3

Set = frozenset[str]

Suffices = Callable[[Set], Set | None]
"""Returns a part of a set that suffices, or None where the whole set does not."""


def minimal(names: Sequence[str], suffices: Suffices, most: int) -> tuple[list[Set], bool]:
    """Return the minimal sets of names that suffice, and whether these are all of them.

    More names never suffice less. At most `most` sets are looked for; those that stand first among
    the names are preferred.
    """
    undecided = z3.Solver()
    within = {name: z3.Bool(name) for name in names}
    found: list[Set] = []
    while undecided.check() == z3.sat:
        seed = _largest(undecided, within)
        core = suffices(seed)
        if core is None:  # one name more would make it a set that is known to suffice
            undecided.add(z3.Or([within[name] for name in names if name not in seed]))
            continue
        if len(found) == most:
            return _sorted(found, names), False
        least = _shrunk(core, names, suffices)
        found.append(least)
        undecided.add(z3.Or([z3.Not(within[name]) for name in least]))
    return _sorted(found, names), True


def _largest(undecided: z3.Solver, within: dict[str, z3.BoolRef]) -> Set:
    """Return a set that is not decided yet, and to which no name can be added."""
    kept: list[str] = []
    for name in within:
        if undecided.check(*(within[one] for one in (*kept, name))) == z3.sat:
            kept.append(name)
    return frozenset(kept)


def _shrunk(core: Set, names: Sequence[str], suffices: Suffices) -> Set:
    """Return a minimal part of a set that suffices, the last names left out first."""
    for name in reversed(names):
        if name in core:
            less = suffices(core - {name})
            core = core if less is None else less
    return core


def _sorted(found: list[Set], names: Sequence[str]) -> list[Set]:
    """Return the smallest sets first, and of as many those of the first names."""
    places = {name: place for place, name in enumerate(names)}
    return sorted(found, key=lambda one: (len(one), sorted(places[name] for name in one)))
