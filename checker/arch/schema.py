"""The shape of an architecture's data, and what is said of data that does not have it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from checker.diagnostic import Diagnostic, nearest
from checker.value import value

Evidence = Literal["manual", "practice", "unconfirmed"]
EVIDENCE = ("manual", "practice", "unconfirmed")


@value
class Feature:
    """Something an implementation may have, named after `+`."""

    name: str
    says: str
    implies: tuple[str, ...]
    excludes: tuple[str, ...]
    source: str


@value
class Rule:
    """A promise: which accesses, and the unit they are granted.

    Sizes, alignments and blocks are in bytes. An access that no rule speaks of is bytes.
    """

    id: str
    says: str
    classes: frozenset[str]
    sizes: frozenset[int] | None
    elements: frozenset[int] | None
    align: int | Literal["size", "element"] | None
    within: int | None
    needs: frozenset[str]
    unit: int | Literal["whole", "element"]
    rmw: bool
    evidence: Evidence
    source: str
    note: str
    memory: str


@value
class Axiom:
    """A property of the memory system as a whole."""

    id: str
    kind: str
    says: str
    needs: frozenset[str]
    evidence: Evidence
    source: str


@value
class Architecture:
    """One architecture: what C makes of it, and what it promises."""

    name: str
    family: str
    title: str
    aliases: tuple[str, ...]
    word: int
    endian: Literal["little", "big"]
    alignment: tuple[tuple[int, int], ...]
    """C alignment of a scalar of some size where it is not the size itself."""
    features: tuple[Feature, ...]
    guest: tuple[tuple[str, tuple[str, ...]], ...]
    """Features it has as a guest of another architecture of the family."""
    rules: tuple[Rule, ...]
    axioms: tuple[Axiom, ...]
    source: str
    classes: frozenset[str] = frozenset()
    """The instruction classes of the family: those that rules speak of, and those of which nothing
    is promised."""


_ARCH = {"title", "aliases", "word", "endian", "align", "source", "features", "guest"}
_FEATURE = {"says", "implies", "excludes", "source"}
_RULE = {
    "id", "arch", "says", "class", "size", "element", "align", "within", "needs", "unit", "rmw",
    "memory", "evidence", "source", "note",
}  # fmt: skip
_AXIOM = {"id", "kind", "arch", "says", "needs", "evidence", "source", "note"}
_TOP = {"family", "title", "unpromised", "arch", "rule", "axiom"}


def architectures(data: Mapping[str, Any], file: str) -> tuple[Architecture, ...]:
    """Return the architectures of a family's `arch.toml`; raises Diagnostic for a malformed one."""
    check = _Check(file)
    check.keys(data, _TOP, "the file")
    names = list(check.table(data, "arch", "the file"))
    for rule in data.get("rule", []):
        check.promise(rule, names)
    for axiom in data.get("axiom", []):
        check.axiom(axiom, names)
    return tuple(_architecture(name, data, check) for name in names)


def _architecture(name: str, data: Mapping[str, Any], check: _Check) -> Architecture:
    table = data["arch"][name]
    here = f"[arch.{name}]"
    check.keys(table, _ARCH, here)
    check.need(table, ("title", "word", "endian", "source"), here)
    features = tuple(
        _feature(f, t, f"[arch.{name}.features.{f}]", check)
        for f, t in table.get("features", {}).items()
    )
    known = {feature.name for feature in features}
    rules = [rule for rule in data.get("rule", []) if name in rule["arch"]]
    for rule in rules:
        for needed in rule.get("needs", []):
            if needed not in known:
                check.fail(
                    f"rule {rule['id']} needs `{needed}`, which {name} does not have",
                    nearest(needed, known),
                )
    return Architecture(
        name=name,
        family=data["family"],
        title=table["title"],
        aliases=tuple(table.get("aliases", ())),
        word=table["word"],
        endian=table["endian"],
        alignment=tuple((int(size), value) for size, value in table.get("align", {}).items()),
        features=features,
        guest=tuple((host, tuple(has)) for host, has in table.get("guest", {}).items()),
        classes=frozenset(data.get("unpromised", ())).union(*(r["class"] for r in data["rule"])),
        rules=tuple(_rule(rule) for rule in rules),
        axioms=tuple(
            Axiom(
                a["id"], a["kind"], a["says"], frozenset(a.get("needs", ())), a["evidence"],
                a["source"],
            )
            for a in data.get("axiom", [])
            if name in a["arch"]
        ),
        source=table["source"],
    )  # fmt: skip


def _feature(name: str, table: Mapping[str, Any], here: str, check: _Check) -> Feature:
    check.keys(table, _FEATURE, here)
    check.need(table, ("says", "source"), here)
    return Feature(
        name,
        table["says"],
        tuple(table.get("implies", ())),
        tuple(table.get("excludes", ())),
        table["source"],
    )


def _rule(table: Mapping[str, Any]) -> Rule:
    return Rule(
        id=table["id"],
        says=table["says"],
        classes=frozenset(table["class"]),
        sizes=frozenset(table["size"]) if "size" in table else None,
        elements=frozenset(table["element"]) if "element" in table else None,
        align=table.get("align"),
        within=table.get("within"),
        needs=frozenset(table.get("needs", ())),
        unit=table["unit"],
        rmw=table.get("rmw", False),
        evidence=table["evidence"],
        source=table["source"],
        note=table.get("note", ""),
        memory=table.get("memory", ""),
    )


class _Check:
    """Complaints about one data file."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, message: str, hint: str = "") -> None:
        raise Diagnostic(message, None, hint, self.file)

    def keys(self, table: Mapping[str, Any], known: Collection[str], here: str) -> None:
        for key in table:
            if key not in known:
                self.fail(f"{here} has an unknown key `{key}`", nearest(key, known))

    def need(self, table: Mapping[str, Any], keys: Collection[str], here: str) -> None:
        for key in keys:
            if not table.get(key):
                self.fail(f"{here} lacks `{key}`")

    def table(self, table: Mapping[str, Any], key: str, here: str) -> Mapping[str, Any]:
        self.need(table, (key,), here)
        value: Mapping[str, Any] = table[key]
        return value

    def promise(self, rule: Mapping[str, Any], archs: Collection[str]) -> None:
        here = f"rule {rule.get('id', '?')}"
        self.keys(rule, _RULE, here)
        self.need(rule, ("id", "arch", "says", "class", "unit", "evidence", "source"), here)
        self._common(rule, archs, here)
        if rule["unit"] not in ("whole", "element") and not isinstance(rule["unit"], int):
            self.fail(f"{here}: unit is `{rule['unit']}`", "whole, element or a number of bytes")
        align = rule.get("align", "size")
        if align not in ("size", "element") and not isinstance(align, int):
            self.fail(f"{here}: align is `{align}`", "size, element or a number of bytes")

    def axiom(self, axiom: Mapping[str, Any], archs: Collection[str]) -> None:
        here = f"axiom {axiom.get('id', '?')}"
        self.keys(axiom, _AXIOM, here)
        self.need(axiom, ("id", "kind", "arch", "says", "evidence", "source"), here)
        self._common(axiom, archs, here)
        if axiom["kind"] != "multi-copy-atomic":
            self.fail(f"{here}: kind is `{axiom['kind']}`", "multi-copy-atomic")

    def _common(self, table: Mapping[str, Any], archs: Collection[str], here: str) -> None:
        if table["evidence"] not in EVIDENCE:
            self.fail(f"{here}: evidence is `{table['evidence']}`", " or ".join(EVIDENCE))
        for arch in table["arch"]:
            if arch not in archs:
                self.fail(f"{here} speaks of `{arch}`", nearest(arch, archs))
