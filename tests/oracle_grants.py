"""What the oracle takes each access to be promised, and where it faults, at each placement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from checker.arch import faulting, granted
from checker.program import (
    Access,
    Program,
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one access is promised at one address."""

    units: frozenset[tuple[int, int]]
    rmw: bool
    faults: bool
    """Whether the access is not performed there: its thread does not get past it."""


def grant(program: Program, thread: int, access: Access, address: int, practice: bool) -> Grant:
    """Return the units of an access (start and end in it) and whether an RMW of it is atomic."""
    counted = ("manual", "practice") if practice else ("manual",)
    target = next(t.target for t in program.threads if t.number == thread)
    memory = program.place(access.footprint.location).memory
    size = access.footprint.size
    whole = bool(access.promised) and address % size == 0 and memory == "normal"
    units, rmw = {(0, size)} if whole else set(), whole
    for rule in target.rules_for(access, memory):
        if rule.evidence in counted:
            given = granted(rule, access, address)
            units.update(given)
            rmw = rmw or (rule.rmw and bool(given))
    faults = any(
        fault.handler == "stops" and fault.evidence in counted and faulting(fault, access, address)
        for fault in target.faults_for(access, memory)
    )
    return Grant(frozenset(u for u in units if u[1] - u[0] > 1), rmw, faults)


Grants = Mapping[tuple[int, int], Grant]
"""By operation's number and step."""


def placements(
    program: Program, practice: bool, fixed: Mapping[str, int] | None = None
) -> Iterator[Grants]:
    """Yield what the accesses are granted, once for each way in which placements differ in it.

    A location may be fixed at an address.
    """
    by_place = []
    for place in program.places:
        residues = {(place.residue + n * place.modulus) % 64 for n in range(64)}
        if fixed and place.name in fixed:
            residues = {fixed[place.name]}
        accesses = [
            (operation, step, access)
            for operation in program.operations
            for step, access in enumerate(operation.steps)
            if isinstance(access, Access) and access.footprint.location == place.name
        ]
        by_place.append({
            tuple(
                ((o.number, step), grant(program, o.thread, a, r + a.footprint.offset, practice))
                for o, step, a in accesses
            )
            for r in residues
        })  # fmt: skip
    for chosen in product(*by_place):
        yield {access: what for part in chosen for access, what in part}


def multi_copy_atomic(program: Program, practice: bool) -> bool:
    """Return whether every thread's architecture makes a store visible to all others at once."""
    allowed = ("manual", "practice") if practice else ("manual",)
    memory = {place.memory for place in program.places}
    axioms = [thread.target.axiom("multi-copy-atomic", memory) for thread in program.threads]
    return all(axiom is not None and axiom.evidence in allowed for axiom in axioms)
