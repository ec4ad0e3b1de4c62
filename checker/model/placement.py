"""Where locations may lie, and what the rules grant at each such placement.

Two residues at which every access of a location is granted the same units are one placement class:
they are solved once.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

from checker.arch import block, faulting, granted
from checker.arch.schema import NORMAL, AlignmentFault, Evidence, Rule
from checker.program import Access, Place, Program
from checker.value import value
from checker.verdict import Reason


@dataclass(frozen=True)
class Grant:
    """A unit that a promise grants an access: its bytes from `start` to before `end`."""

    promise: Reason
    start: int
    end: int
    rmw: bool
    """Whether the promise also makes a read-modify-write of load and store."""


AccessKey = tuple[int, int]
"""Number of the operation, and of the step in it."""

_Grants = tuple[tuple[AccessKey, tuple[Grant, ...]], ...]
_Faults = tuple[tuple[AccessKey, Reason], ...]


@value
class PlacementClass:
    """Residues of a location's address at which the same units are granted."""

    location: str
    modulus: int
    residues: tuple[int, ...]
    grants: _Grants
    faults: _Faults = ()
    """Accesses that are not performed there, and why."""
    said: bool = True
    """Whether these residues are as the location is declared."""


def classes(program: Program, evidence: frozenset[Evidence]) -> dict[str, list[PlacementClass]]:
    """Return the placement classes of each location, under the rules that have such evidence."""
    memory = {place.name: place.memory for place in program.places}
    accesses: dict[str, list[_Spoken]] = {place.name: [] for place in program.places}
    for operation in program.operations:
        target = program.threads[operation.thread].target
        for index, step in enumerate(operation.steps):
            if isinstance(step, Access):
                kind = memory[step.footprint.location]
                rules = [r for r in target.rules_for(step, kind) if r.evidence in evidence]
                faults = [f for f in target.faults_for(step, kind) if f.evidence in evidence]
                spoken = _Spoken((operation.number, index), step, rules, faults)
                accesses[step.footprint.location].append(spoken)
    return {
        place.name: _classes_of(place, accesses[place.name])
        for place in program.places
        if accesses[place.name]
    }


@dataclass(frozen=True)
class _Spoken:
    """An access with the rules and alignment faults that speak of it."""

    key: AccessKey
    access: Access
    rules: list[Rule]
    faults: list[AlignmentFault]


def _classes_of(place: Place, accesses: list[_Spoken]) -> list[PlacementClass]:
    blocks = [block(rule, a.access) for a in accesses for rule in a.rules]
    blocks += [block(fault, a.access) for a in accesses for fault in a.faults]
    blocks += [a.access.footprint.size for a in accesses if a.access.promised]
    modulus = lcm(*blocks, place.told_apart)
    grouped: dict[tuple[_Grants, _Faults, bool], list[int]] = {}
    for residue in place.residues(modulus):
        grants = tuple(
            (a.key, tuple(_grants(a, residue + a.access.footprint.offset, place.memory)))
            for a in accesses
        )
        faults = tuple(
            (a.key, _reason(fault))
            for a in accesses
            for fault in a.faults
            if faulting(fault, a.access, residue + a.access.footprint.offset)
        )
        said = place.is_said(residue, modulus)
        grouped.setdefault((grants, faults, said), []).append(residue)
    return [
        PlacementClass(place.name, modulus, tuple(found), *key) for key, found in grouped.items()
    ]


def _grants(spoken: _Spoken, address: int, memory: str) -> list[Grant]:
    access, size = spoken.access, spoken.access.footprint.size
    found = [
        Grant(_reason(rule), start, min(end, size), rule.rmw)
        for rule in spoken.rules
        for start, end in granted(rule, access, address)
    ]
    if access.promised and address % size == 0 and memory == NORMAL:
        owner = access.promised.removesuffix(".contract")
        says = f"the contract of {owner}() promises a single-copy atomic access"
        found.append(Grant(Reason(access.promised, says, access.cite), 0, size, access.atomic))
    return found


def _reason(rule: Rule | AlignmentFault) -> Reason:
    return Reason(rule.id, rule.says, rule.source, rule.evidence)
