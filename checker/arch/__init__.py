"""What hardware promises, as data: one folder for each family of architectures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.arch.schema import Architecture, Axiom, Rule, architectures
from checker.diagnostic import Diagnostic, nearest
from checker.resources import load_toml
from checker.value import value

if TYPE_CHECKING:
    from checker.program import Access

_FOLDER = Path(__file__).resolve().parent
_HEADING = re.compile(r"^\[arch\.([\w-]+)\]", re.MULTILINE)


@value
class Target:
    """An architecture with the features that are asked about, as in `arm64+lse2`."""

    name: str
    arch: Architecture
    features: frozenset[str]

    def rules_for(self, access: Access) -> list[Rule]:
        """Return the rules that speak of an access's instruction, wherever its address lies."""
        size, element = access.footprint.size, access.element
        return [
            rule
            for rule in self.arch.rules
            if access.cls in rule.classes
            and rule.evidence != "unconfirmed"
            and rule.needs <= self.features
            and (rule.sizes is None or size in rule.sizes)
            and (rule.elements is None or element in rule.elements)
        ]

    def axiom(self, kind: str) -> Axiom | None:
        """Return the axiom of a kind that holds here, if one does."""
        for axiom in self.arch.axioms:
            if axiom.kind == kind and axiom.needs <= self.features:
                return axiom
        return None


def granted(rule: Rule, access: Access, address: int) -> list[tuple[int, int]]:
    """Return the units that a rule grants an access at an address: start and end in the access.

    The rule must be one of `Target.rules_for` the access. Empty where its placement does not fit.
    """
    size = access.footprint.size
    if rule.within is not None and address % rule.within + size > rule.within:
        return []
    if rule.align is not None:
        align = {"size": size, "element": access.element}.get(str(rule.align), rule.align)
        if address % int(align):
            return []
    unit = {"whole": size, "element": access.element}.get(str(rule.unit), rule.unit)
    return [(start, start + int(unit)) for start in range(0, size, int(unit))]


def block(rule: Rule, access: Access) -> int:
    """Return the modulus in bytes that decides whether `granted` grants anything."""
    sizes = {"size": access.footprint.size, "element": access.element}
    return max(int(sizes.get(str(rule.align), rule.align or 1)), rule.within or 1)


# --- finding architectures ------------------------------------------------------------------------


@cache
def families() -> dict[str, tuple[str, ...]]:
    """Return the names of each family's architectures; the rest of their data is not read."""
    found = {}
    for path in sorted(_FOLDER.glob("*/arch.toml")):
        found[path.parent.name] = tuple(_HEADING.findall(path.read_text("utf-8")))
    return found


@cache
def family(name: str) -> tuple[Architecture, ...]:
    """Return the architectures of a family; raises Diagnostic where its data is not well formed."""
    return architectures(read(_FOLDER / name / "arch.toml"), f"{name}/arch.toml")


@cache
def lowerings(name: str) -> dict[str, Any]:
    """Return a family's `lowering.toml`, by architecture and operation."""
    return read(_FOLDER / name / "lowering.toml")


@cache
def operations() -> dict[str, Any]:
    """Return `operations.toml`: the kernel's operations and what holds of them everywhere."""
    return read(_FOLDER / "operations.toml")


def read(path: Path) -> dict[str, Any]:
    """Return the tables of a data file; raises Diagnostic where it cannot be read."""
    try:
        return load_toml(path)
    except OSError as error:
        raise Diagnostic(error.strerror or "cannot be read", file=str(path)) from None
    except ValueError as error:
        raise Diagnostic(f"not TOML: {error}", file=str(path)) from None


def names() -> list[str]:
    """Return the names of all architectures, family by family."""
    return [name for family_names in families().values() for name in family_names]


@cache
def target(text: str) -> Target:
    """Return the architecture and features that a text such as `arm64+lse2` names.

    Raises Diagnostic, with the nearest known name as its hint.
    """
    name, *wanted = text.strip().split("+")
    arch = _architecture(name)
    known = {feature.name: feature for feature in arch.features}
    for feature in wanted:
        if feature not in known:
            hint = nearest(feature, known) or f"{arch.name} has {', '.join(known) or 'none'}"
            raise Diagnostic(f"{arch.name} has no feature `{feature}`", hint=hint)
    features = _closure(wanted, {f.name: f.implies for f in arch.features})
    for one in sorted(features):
        clash = features & set(known[one].excludes)
        if clash:
            raise Diagnostic(f"{arch.name} cannot have both `{one}` and `{min(clash)}`")
    return Target("+".join([arch.name, *wanted]), arch, features)


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
    for family_name, members in families().items():
        if name in members:
            return next(arch for arch in family(family_name) if arch.name == name)
    for family_name in families():
        for arch in family(family_name):
            if name in arch.aliases:
                return arch
    hint = nearest(name, names()) or f"known are {', '.join(names())}"
    raise Diagnostic(f"there is no architecture `{name}`", hint=hint)


@cache
def guest(name: str, host: Target) -> Target:
    """Return the architecture of a thread that says `__arch(name)` when `host` is asked about.

    A guest has the features it is given, and those its hardware has because it is a `host`.
    Raises Diagnostic where the two are not of one family.
    """
    own = target(name)
    if own.arch.family != host.arch.family:
        raise Diagnostic(
            f"a thread on {own.arch.name} cannot run on {host.arch.name}",
            hint=f"{host.arch.name} runs {', '.join(families()[host.arch.family])}",
        )
    inherited = dict(own.arch.guest).get(host.arch.name, ())
    shared = {f.name for f in own.arch.features} & host.features
    features = _closure(
        {*own.features, *inherited, *shared}, {f.name: f.implies for f in own.arch.features}
    )
    return Target(own.name, own.arch, features)
