"""Where locations may lie, and what the rules grant at each such placement.

Two residues at which every access of a location is granted the same units are one placement class:
they are solved once.
"""

from __future__ import annotations

from dataclasses import dataclass

from checker.arch import block, granted
from checker.arch.schema import Evidence, Rule
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


@value
class PlacementClass:
    """Residues of a location's address at which the same units are granted."""

    location: str
    modulus: int
    residues: tuple[int, ...]
    grants: tuple[tuple[AccessKey, tuple[Grant, ...]], ...]


def classes(program: Program, evidence: frozenset[Evidence]) -> dict[str, list[PlacementClass]]:
    """Return the placement classes of each location, under the rules that have such evidence."""
    accesses: dict[str, list[tuple[AccessKey, Access, list[Rule]]]] = {
        place.name: [] for place in program.places
    }
    for operation in program.operations:
        target = program.threads[operation.thread].target
        for index, step in enumerate(operation.steps):
            if isinstance(step, Access):
                rules = [r for r in target.rules_for(step) if r.evidence in evidence]
                accesses[step.footprint.location].append(((operation.number, index), step, rules))
    return {
        place.name: _classes_of(place, accesses[place.name])
        for place in program.places
        if accesses[place.name]
    }


def _classes_of(
    place: Place, accesses: list[tuple[AccessKey, Access, list[Rule]]]
) -> list[PlacementClass]:
    blocks = [block(rule, access) for _, access, rules in accesses for rule in rules]
    blocks += [access.footprint.size for _, access, _ in accesses if access.promised]
    modulus = max(blocks, default=1)
    grouped: dict[tuple[tuple[AccessKey, tuple[Grant, ...]], ...], list[int]] = {}
    for residue in residues(place, modulus):
        grants = tuple(
            (key, tuple(_grants(access, rules, residue + access.footprint.offset)))
            for key, access, rules in accesses
        )
        grouped.setdefault(grants, []).append(residue)
    return [
        PlacementClass(place.name, modulus, tuple(found), grants)
        for grants, found in grouped.items()
    ]


def residues(place: Place, modulus: int) -> list[int]:
    """Return every residue modulo `modulus` that what is known of an address leaves possible."""
    return (
        sorted({r % modulus for r in range(place.residue, place.residue + modulus, place.modulus)})
        if place.modulus < modulus
        else [place.residue % modulus]
    )


def _grants(access: Access, rules: list[Rule], address: int) -> list[Grant]:
    size = access.footprint.size
    found = [
        Grant(_reason(rule), start, min(end, size), rule.rmw)
        for rule in rules
        for start, end in granted(rule, access, address)
    ]
    if access.promised and address % size == 0:
        owner = access.promised.removesuffix(".contract")
        says = f"the contract of {owner}() promises a single-copy atomic access"
        found.append(Grant(Reason(access.promised, says, access.cite), 0, size, access.atomic))
    return found


def _reason(rule: Rule) -> Reason:
    return Reason(rule.id, rule.says, rule.source, rule.evidence)
