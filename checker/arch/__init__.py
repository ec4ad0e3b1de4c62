"""What hardware promises, as data: one folder for each family of architectures."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from checker.arch import folders, wellformed
from checker.arch.folders import remembered
from checker.arch.kernel import COMPLETE, Kernel, spell, supported
from checker.arch.schema import (
    IDEAL,
    MEMORY,
    NORMAL,
    AlignmentFault,
    Architecture,
    Axiom,
    Endian,
    Order,
    Rule,
    Scope,
    architectures,
)
from checker.diagnostic import Diagnostic, nearest
from checker.value import value

if TYPE_CHECKING:
    from checker.program import Access


IDEAL_RULE = Rule(
    id="base.ideal",
    says="the other side is taken to be single-copy atomic at any address",
    scope=Scope(frozenset({IDEAL}), None, None, frozenset(), frozenset(), frozenset(MEMORY)),
    align=None,
    within=None,
    unit="whole",
    rmw=False,
    evidence="manual",
    source="the question, not an architecture",
    note="",
)


@value
class Target:
    """An architecture with features and a kernel, as in `arm64+lse2` and `x86-64@5.3`."""

    name: str
    arch: Architecture
    features: frozenset[str]
    kernel: Kernel = COMPLETE

    @property
    def endian(self) -> Endian:
        """The byte order: the architecture's, unless a feature decides it."""
        for feature in self.arch.features:
            if feature.endian and feature.name in self.features:
                return feature.endian
        return self.arch.endian

    @property
    def atomic64(self) -> int | None:
        """What the kernel aligns an atomic64_t to where that is not a scalar's, in bytes."""
        found = [f.atomic64 for f in self.arch.features if f.name in self.features]
        return max((one for one in [self.arch.atomic64, *found] if one), default=None)

    def rules_for(self, access: Access, memory: str = NORMAL) -> list[Rule]:
        """Return the rules that speak of an access's instruction, wherever its address lies."""
        return [
            rule
            for rule in (*self.arch.rules, IDEAL_RULE)
            if rule.evidence != "unconfirmed" and self._within(rule.scope, access, memory)
        ]

    def faults_for(self, access: Access, memory: str = NORMAL) -> list[AlignmentFault]:
        """Return what keeps an access from being performed at some addresses."""
        return [
            fault
            for fault in self.arch.faults
            if fault.evidence != "unconfirmed"
            and fault.handler == "stops"
            and self._within(fault.scope, access, memory)
        ]

    def _within(self, scope: Scope, access: Access, memory: str) -> bool:
        return (
            access.cls in scope.classes
            and scope.needs <= self.features
            and not scope.lacks & self.features
            and (scope.sizes is None or access.footprint.size in scope.sizes)
            and (scope.elements is None or access.element in scope.elements)
            and memory in scope.memory
        )

    @property
    def order(self) -> Order | None:
        """The ordering axioms, if some are published for it."""
        fitting = (one for one in self.arch.orders if one.needs <= self.features)
        return next((one for one in fitting if one.evidence != "unconfirmed"), None)

    def axiom(self, kind: str, memory: Iterable[str] = (NORMAL,)) -> Axiom | None:
        """Return the axiom of a kind that holds here for memory of these types, if one does."""
        for axiom in self.arch.axioms:
            if (
                axiom.kind == kind
                and axiom.evidence != "unconfirmed"
                and axiom.needs <= self.features
                and axiom.memory.issuperset(memory)
            ):
                return axiom
        return None


def granted(rule: Rule, access: Access, address: int) -> list[tuple[int, int]]:
    """Return the units that a rule grants an access at an address: start and end in the access.

    The rule must be one of `Target.rules_for` the access. Empty where its placement does not fit.
    """
    size = access.footprint.size
    if rule.within is not None and address % rule.within + size > rule.within:
        return []
    if rule.align is not None and address % _bytes(rule.align, access):
        return []
    if rule.block is not None:
        edges = [0, *range(-address % rule.block or rule.block, size, rule.block), size]
        return list(pairwise(edges))
    unit = size if rule.unit == "whole" else _bytes(rule.unit, access)
    return [(start, start + unit) for start in range(0, size, unit)]


def faulting(fault: AlignmentFault, access: Access, address: int) -> bool:
    """Whether an access that a fault speaks of is not performed at an address."""
    return address % _bytes(fault.align, access) != 0


def block(rule: Rule | AlignmentFault, access: Access) -> int:
    """Return the modulus in bytes that decides what a rule grants, or whether an access faults."""
    aligned = _bytes(rule.align, access) if rule.align is not None else 1
    if isinstance(rule, AlignmentFault):
        return aligned
    return max(aligned, rule.within or 1, rule.block or 1)


def _bytes(words: int | str, access: Access) -> int:
    """Return the bytes that `size`, `element` or a number stands for."""
    return {"size": access.footprint.size, "element": access.element}.get(str(words)) or int(words)


# --- finding architectures ------------------------------------------------------------------------


@remembered
def families() -> dict[str, tuple[str, ...]]:
    """Return the names of each family's architectures; the rest of their data is not read."""
    return {family_name: members(family_name) for family_name in folders.family_names()}


@remembered
def members(family_name: str) -> tuple[str, ...]:
    """Return the names of a family's architectures."""
    found = (
        name
        for path in folders.files(family_name, "arch.toml")
        for name in wellformed.headings(path.read_text("utf-8"))
    )
    return tuple(dict.fromkeys(found))


@remembered
def family(name: str) -> tuple[Architecture, ...]:
    """Return the architectures of a family; raises Diagnostic where its data is not well formed."""
    files = [(path, folders.read(path)) for path in folders.files(name, "arch.toml")]
    merged = folders.merged_arch([data for _, data in files])
    wellformed.check(files, merged)
    models = {path.name: path for p, _ in files for path in p.parent.glob("*.cat")}
    return architectures(merged, models)


@remembered
def lowerings(name: str) -> dict[str, Any]:
    """Return a family's `lowering.toml`, by architecture and operation."""
    return folders.merged_lowerings([folders.read(p) for p in folders.files(name, "lowering.toml")])


@remembered
def operations() -> dict[str, Any]:
    """Return `operations.toml`: the kernel's operations and what holds of them everywhere."""
    return folders.read(folders.SHIPPED / "operations.toml")


def names() -> list[str]:
    """Return the names of all architectures, family by family."""
    return [name for family_names in families().values() for name in family_names]


@remembered
def target(text: str, default: Kernel = COMPLETE) -> Target:
    """Return what a text such as `arm64+lse2` or `x86-64@5.3` names; `default` is the kernel.

    Raises Diagnostic, with the nearest known name as its hint.
    """
    before, at, version = text.strip().partition("@")
    asked = supported(version) if at else default
    name, *wanted = before.split("+")
    arch = _architecture(name)
    known = {feature.name: feature for feature in arch.features}
    for feature in wanted:
        if feature not in known:
            hint = nearest(feature, known) or f"{arch.name} has {', '.join(known) or 'none'}"
            raise Diagnostic(f"{arch.name} has no feature `{feature}`", hint=hint)
    given = {f.name for f in arch.features if f.since is not None and f.since <= asked}
    features = _closure({*wanted, *given}, {f.name: f.implies for f in arch.features})
    for one in sorted(features):
        clash = features & set(known[one].excludes)
        if clash:
            raise Diagnostic(f"{arch.name} cannot have both `{one}` and `{min(clash)}`")
    shown = "" if asked == COMPLETE else f"@{spell(asked)}"
    return Target("+".join([arch.name, *wanted]) + shown, arch, features, asked)


def _closure(wanted: Iterable[str], implies: dict[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        feature = waiting.pop()
        if feature not in found:
            found.add(feature)
            waiting += implies.get(feature, ())
    return frozenset(found)


def _architecture(name: str) -> Architecture:
    """Return an architecture; families that may have it by their names are read first."""
    likely = sorted(folders.family_names(), key=lambda one: (not name.startswith(one), one))
    for family_name in likely:
        if name in members(family_name):
            return next(arch for arch in family(family_name) if arch.name == name)
    for family_name in likely:
        texts = (p.read_text("utf-8") for p in folders.files(family_name, "arch.toml"))
        if any(f'"{name}"' in text for text in texts):
            for arch in family(family_name):
                if name in arch.aliases:
                    return arch
    hint = nearest(name, names()) or f"known are {', '.join(names())}"
    raise Diagnostic(f"there is no architecture `{name}`", hint=hint)


@remembered
def guest(name: str, host: Target) -> Target:
    """Return the architecture of a thread that says `__arch(name)` when `host` is asked about.

    A guest has the features it is given, those its hardware has because it is a `host`, and runs
    the same kernel. Raises Diagnostic where the two are not of one family.
    """
    own = target(name, host.kernel)
    if own.arch.family != host.arch.family:
        raise Diagnostic(
            f"a thread on {own.arch.name} cannot run on {host.arch.name}",
            hint=f"{host.arch.name} runs {', '.join(members(host.arch.family))}",
        )
    inherited = dict(own.arch.guest).get(host.arch.name, ())
    shared = {f.name for f in own.arch.features} & host.features
    features = _closure(
        {*own.features, *inherited, *shared}, {f.name: f.implies for f in own.arch.features}
    )
    return Target(own.name, own.arch, features, own.kernel)
