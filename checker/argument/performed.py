"""Where a location cannot lie because an access of it faults there, and its thread does not go on.

What has no execution is forbidden, so a change must not be praised for a fault that it adds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import lcm

from checker.program import Logic, Program
from checker.solve import Query
from checker.value import value


@value
class Unperformed:
    """Residues of a location's address at which no execution is performed."""

    location: str
    modulus: int
    residues: frozenset[int]

    def within(self, others: Iterable[Unperformed]) -> bool:
        """Whether one of some others has all of these addresses too."""
        return not self.residues or any(
            other.location == self.location and self._addresses(other) <= other._addresses(self)
            for other in others
        )

    def _addresses(self, other: Unperformed) -> frozenset[int]:
        """Return the residues modulo what both moduli divide."""
        both = range(lcm(self.modulus, other.modulus))
        return frozenset(one for one in both if one % self.modulus in self.residues)


def unperformed(programs: Iterable[Program], timeout: int) -> list[Unperformed]:
    """Return where no execution of each program is performed; raises LimitReached."""
    found = []
    for program in programs:
        stops = any(
            fault.handler == "stops" for t in program.threads for fault in t.target.arch.faults
        )
        if not stops:
            continue
        query = Query(replace(program, question=Logic("and", ()), keep=None), timeout)
        some = query.reachable(practice=True)
        reached = query.residues(practice=True) if some else ()
        held = {one.location: one.residues for one in reached}
        for name, classes in query.model.placements.items():
            every = frozenset(residue for one in classes for residue in one.residues)
            missing = every.difference(held.get(name, ()))
            found.append(Unperformed(name, classes[0].modulus, missing))
    return found
