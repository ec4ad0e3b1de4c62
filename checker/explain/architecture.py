"""An architecture explained: its units as a table computed from the rules, and all else."""

from __future__ import annotations

from collections.abc import Iterator

from checker import arch as archs
from checker.arch import Target, folders, granted
from checker.arch.kernel import spell
from checker.arch.schema import NORMAL, Feature, Rule
from checker.explain import statements
from checker.explain.facts import (
    ArchitectureFacts,
    FeatureFacts,
    Granted,
    MemoryFacts,
    Placement,
    Statement,
    UnitRow,
)
from checker.program import Access, Footprint

_USUAL = (2, 4, 8, 16)
"""Sizes in bytes that are shown of an instruction of which no rule names any."""

_BLOCK = 64
"""Addresses are tried modulo this, or the largest block of a rule."""


def explain(target: Target) -> ArchitectureFacts:
    """Return what the data says of an architecture with a target's features."""
    arch = target.arch
    units = tuple(_units(target))
    said = list(statements.of_architecture(arch))
    return ArchitectureFacts(
        name=target.name,
        title=arch.title,
        family=arch.family,
        data=tuple(folders.shown(path) for path in folders.files(arch.family, "arch.toml")),
        aliases=arch.aliases,
        word=arch.word,
        endian=target.endian,
        kernel=spell(target.kernel),
        source=arch.source,
        units=units,
        unpromised=tuple(sorted(arch.classes - {row.cls for row in units})),
        memory=tuple(MemoryFacts(m.name, m.says, m.source) for m in arch.memory),
        features=tuple(_feature(one, target, said) for one in arch.features),
        faults=tuple(s for s in said if s.kind == "fault" and _holds(s, target)),
        axioms=tuple(s for s in said if s.kind == "axiom" and _holds(s, target)),
        unconfirmed=tuple(s for s in said if s.evidence == "unconfirmed"),
        ordering=tuple(statements.orders(target)),
    )


def _holds(one: Statement, target: Target) -> bool:
    return (
        one.evidence != "unconfirmed"
        and target.features.issuperset(one.needs)
        and target.features.isdisjoint(one.lacks)
    )


# --- units ----------------------------------------------------------------------------------------


def _units(target: Target) -> Iterator[UnitRow]:
    """Yield the units of every class, size and element that the rules make a difference of."""
    arch = target.arch
    for cls in sorted(arch.classes, key=lambda cls: (cls != "gpr", cls)):
        rules = [rule for rule in arch.rules if cls in rule.scope.classes]
        for size, element in sorted({one for rule in rules for one in _shapes(rule)}):
            access = Access("load", cls, Footprint("x", 0, size), element, 0)
            speaking = target.rules_for(access, NORMAL)
            found = tuple(_granted(access, speaking))
            if found:
                used = tuple(rule.id for rule in speaking if rule.unit != 1)
                yield UnitRow(cls, size, element, found, used)


def _shapes(rule: Rule) -> Iterator[tuple[int, int]]:
    """Yield the sizes, and the sizes of an element, that a rule speaks of; those above a byte."""
    scope = rule.scope
    by_element = "element" in (rule.unit, rule.align)
    for element in sorted(scope.elements or ()):
        sizes = scope.sizes or ({2 * element} if by_element else {element})
        yield from ((size, element) for size in sizes if size > 1 and size % element == 0)
    if scope.elements is None:
        for size in sorted(scope.sizes or _USUAL):
            if size > 1 and by_element and scope.sizes is None:
                yield 2 * size, size
            elif size > 1:
                yield size, size


def _granted(access: Access, rules: list[Rule]) -> Iterator[Granted]:
    """Yield what is granted at each alignment up to the size, and inside each block of a rule."""
    blocks = sorted({rule.within for rule in rules if rule.within})
    aligns = [rule.align for rule in rules if isinstance(rule.align, int)]
    modulus = max([_BLOCK, access.footprint.size, *blocks, *aligns])
    align = 1
    while align <= max(access.footprint.size, *aligns, 1):
        yield from _placed(access, rules, "align", align, range(0, modulus, align))
        align *= 2
    size = access.footprint.size
    for block in blocks:
        inside = [at for at in range(modulus) if at % block + size <= block]
        yield from _placed(access, rules, "within", block, inside)


def _placed(
    access: Access, rules: list[Rule], how: Placement, number: int, addresses: range | list[int]
) -> Iterator[Granted]:
    manual = [rule for rule in rules if rule.evidence == "manual"]
    unit, practice = (_unit(access, some, addresses) for some in (manual, rules))
    if addresses and practice > 1:
        yield Granted(how, number, unit, practice)


def _unit(access: Access, rules: list[Rule], addresses: range | list[int]) -> int:
    """Return the largest unit that every aligned part of an access has at all these addresses."""
    size = access.footprint.size
    best = size
    for address in addresses:
        units = [one for rule in rules for one in granted(rule, access, address)]
        while best > 1 and not all(
            any(start <= at and at + best <= end for start, end in units)
            for at in range(0, size, best)
        ):
            best = best // 2 if best % 2 == 0 else 1
    return best


# --- features -------------------------------------------------------------------------------------


def _feature(feature: Feature, target: Target, said: list[Statement]) -> FeatureFacts:
    models = (one for one in target.arch.orders if feature.name in one.needs)
    return FeatureFacts(
        name=feature.name,
        says=feature.says,
        source=feature.source,
        on=feature.name in target.features,
        implies=feature.implies,
        excludes=feature.excludes,
        since=spell(feature.since) if feature.since else "",
        adds=(
            *(one.id for one in said if feature.name in one.needs),
            *(f"the ordering axioms of {one.path.name}" for one in models),
        ),
        ends=tuple(one.id for one in said if feature.name in one.lacks),
        lowerings=tuple(_depending(feature.name, target)),
    )


def _depending(feature: str, target: Target) -> Iterator[str]:
    """Yield the operations with an entry whose key names a feature."""
    arch = target.arch
    for operation, table in archs.lowerings(arch.family).get(arch.name, {}).items():
        dated = [one for when in ("before", "since") for one in table.get(when, {}).values()]
        keys = (
            key
            for one in (table, *dated)
            for layer in ("contract", "code")
            if isinstance(one.get(layer), dict)
            for key in one[layer]
        )
        if any(feature in key.partition(" if ")[2].split() for key in keys):
            yield operation
