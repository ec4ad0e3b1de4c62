"""The shape of an architecture's data: what the tables of `arch.toml` become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from checker.arch.kernel import Kernel, bound
from checker.value import value

Evidence = Literal["manual", "practice", "unconfirmed"]
EVIDENCE = ("manual", "practice", "unconfirmed")

AXIOMS = ("multi-copy-atomic", "mixed-size")
"""Kinds of axioms. Multi-copy atomicity holds where an axiom says so. That units of different
extent tie the bytes they share holds everywhere, unless an axiom says on what evidence."""

Endian = Literal["little", "big"]

NORMAL = "normal"
"""Memory that is cacheable, write-back and shared: what a kernel's and a guest's data lies in."""

MEMORY = (NORMAL, "write-through", "uncached", "write-combining", "non-shareable", "device")
"""The memory types that rules tell apart, by one name for all architectures."""

IDEAL = "ideal"
"""The class of an access that is whole at any address, on every architecture: the other side of a
question about one operation. No instruction is of this class."""


@value
class Feature:
    """Something an implementation may have, named after `+`."""

    name: str
    says: str
    implies: tuple[str, ...]
    excludes: tuple[str, ...]
    source: str
    endian: Endian | None = None
    """The byte order of an implementation that has it, where it decides that."""
    since: Kernel | None = None
    """From this kernel on, every machine that runs Linux has it."""
    atomic64: int | None = None
    """What the kernel aligns an atomic64_t to where it has this feature, in bytes."""


@value
class Memory:
    """A memory type that a family's manual tells apart from normal memory."""

    name: str
    says: str
    source: str


@value
class Scope:
    """Which accesses a rule speaks of, wherever their addresses lie. Sizes are in bytes."""

    classes: frozenset[str]
    sizes: frozenset[int] | None
    elements: frozenset[int] | None
    needs: frozenset[str]
    lacks: frozenset[str]
    memory: frozenset[str]


@value
class Rule:
    """A promise: which accesses, and the unit they are granted.

    Sizes, alignments and blocks are in bytes. An access that no rule speaks of is bytes.
    """

    id: str
    says: str
    scope: Scope
    align: int | Literal["size", "element"] | None
    within: int | None
    unit: int | Literal["whole", "element", "block"]
    rmw: bool
    evidence: Evidence
    source: str
    note: str
    block: int | None = None
    """For the unit `block`: what lies in one aligned block of so many bytes is a unit."""


@value
class AlignmentFault:
    """An access that is not performed where its address is no multiple of `align`."""

    id: str
    says: str
    scope: Scope
    align: int | Literal["size", "element"]
    handler: Literal["stops", "emulates"]
    """Whether the access ends there, or the kernel performs it in pieces in software."""
    evidence: Evidence
    source: str
    note: str


@value
class Axiom:
    """A property of the memory system as a whole."""

    id: str
    kind: str
    says: str
    needs: frozenset[str]
    memory: frozenset[str]
    evidence: Evidence
    source: str
    note: str


@value
class Gap:
    """A guarantee that is known to be missing, and why: what two pieces of the data disagree on.

    With a feature: operations that promise less with it than without. Without one: operations whose
    code does less than their contract says.
    """

    id: str
    feature: str
    operations: frozenset[str]
    sizes: frozenset[int] | None
    """In bytes; None is all."""
    says: str
    source: str


@value
class Order:
    """The ordering axioms of an architecture: a file in the cat language."""

    path: Path
    needs: frozenset[str]
    evidence: Evidence
    source: str
    note: str


@value
class Architecture:
    """One architecture: what C makes of it, and what it promises."""

    name: str
    family: str
    title: str
    aliases: tuple[str, ...]
    word: int
    endian: Endian
    alignment: tuple[tuple[int, int], ...]
    """C alignment of a scalar of some size where it is not the size itself."""
    features: tuple[Feature, ...]
    guest: tuple[tuple[str, tuple[str, ...]], ...]
    """Features it has as a guest of another architecture of the family."""
    atomic64: int | None
    """What the kernel aligns an atomic64_t to where that is not a scalar's, in bytes."""
    rules: tuple[Rule, ...]
    faults: tuple[AlignmentFault, ...]
    axioms: tuple[Axiom, ...]
    memory: tuple[Memory, ...]
    orders: tuple[Order, ...]
    """Of those whose features a target has, the first holds."""
    source: str
    retried: frozenset[str] = frozenset()
    """Classes whose update can fail and is tried again: a loop around it."""
    instructions: tuple[tuple[str, frozenset[str]], ...] = ()
    """Features that a machine needs to have the instructions of a class, where it needs any."""
    loads: frozenset[str] = frozenset()
    """Classes that no store is of."""
    unordered: frozenset[str] = frozenset()
    """Classes of operations whose accesses are in no order among themselves."""
    classes: frozenset[str] = frozenset()
    """The instruction classes of the family: those that rules speak of, and those of which nothing
    is promised."""
    gaps: tuple[Gap, ...] = ()
    """Where it is known to promise less than one would expect."""


def architectures(data: Mapping[str, Any], models: Mapping[str, Path]) -> tuple[Architecture, ...]:
    """Return the architectures of a family's tables, which must be well formed.

    `models` says where the files with ordering axioms are.
    """
    return tuple(_architecture(name, data, models) for name in data["arch"])


def _architecture(name: str, data: Mapping[str, Any], models: Mapping[str, Path]) -> Architecture:
    table = data["arch"][name]
    rules, faults, axioms = (
        [one for one in data.get(kind, []) if name in one["arch"]]
        for kind in ("rule", "fault", "axiom")
    )
    spoken_of = (one["class"] for kind in ("rule", "fault") for one in data.get(kind, []))
    return Architecture(
        name=name,
        family=data["family"],
        title=table["title"],
        aliases=tuple(table.get("aliases", ())),
        word=table["word"],
        endian=table["endian"],
        alignment=tuple((int(size), align) for size, align in table.get("align", {}).items()),
        features=tuple(_feature(f, t) for f, t in table.get("features", {}).items()),
        guest=tuple((host, tuple(has)) for host, has in table.get("guest", {}).items()),
        atomic64=table.get("atomic64"),
        rules=tuple(_rule(rule) for rule in rules),
        faults=tuple(_fault(fault) for fault in faults),
        axioms=tuple(_axiom(axiom) for axiom in axioms),
        memory=tuple(
            Memory(kind, one["says"], one["source"]) for kind, one in data.get("memory", {}).items()
        ),
        orders=tuple(_order(one, models) for one in data.get("order", []) if name in one["arch"]),
        source=table["source"],
        retried=frozenset(data.get("retried", ())),
        instructions=tuple(
            (cls, frozenset(needs)) for cls, needs in data.get("instructions", {}).items()
        ),
        loads=frozenset(data.get("loads", ())),
        unordered=frozenset(data.get("unordered", ())),
        classes=frozenset(data.get("unpromised", ())).union(*spoken_of),
        gaps=tuple(_gap(one) for one in data.get("gap", []) if name in one["arch"]),
    )


def _gap(table: Mapping[str, Any]) -> Gap:
    operations = frozenset(table["operations"])
    feature = table.get("feature", "")
    sizes = frozenset(table["size"]) if "size" in table else None
    return Gap(table["id"], feature, operations, sizes, table["says"], table["source"])


def _order(table: Mapping[str, Any], models: Mapping[str, Path]) -> Order:
    file = table["file"]
    needs = frozenset(table.get("needs", ()))
    return Order(models[file], needs, table["evidence"], table["source"], table.get("note", ""))


def _feature(name: str, table: Mapping[str, Any]) -> Feature:
    return Feature(
        name,
        table["says"],
        tuple(table.get("implies", ())),
        tuple(table.get("excludes", ())),
        table["source"],
        table.get("endian"),
        bound(table["since"]) if "since" in table else None,
        table.get("atomic64"),
    )


def _scope(table: Mapping[str, Any], memory: tuple[str, ...]) -> Scope:
    return Scope(
        classes=frozenset(table["class"]),
        sizes=frozenset(table["size"]) if "size" in table else None,
        elements=frozenset(table["element"]) if "element" in table else None,
        needs=frozenset(table.get("needs", ())),
        lacks=frozenset(table.get("lacks", ())),
        memory=frozenset(table.get("memory", memory)),
    )


def _rule(table: Mapping[str, Any]) -> Rule:
    return Rule(
        id=table["id"],
        says=table["says"],
        scope=_scope(table, (NORMAL,)),
        align=table.get("align"),
        within=table.get("within"),
        unit=table["unit"],
        rmw=table.get("rmw", False),
        evidence=table["evidence"],
        source=table["source"],
        note=table.get("note", ""),
        block=table.get("block"),
    )


def _fault(table: Mapping[str, Any]) -> AlignmentFault:
    return AlignmentFault(
        id=table["id"],
        says=table["says"],
        scope=_scope(table, MEMORY),
        align=table["align"],
        handler=table["handler"],
        evidence=table["evidence"],
        source=table["source"],
        note=table.get("note", ""),
    )


def _axiom(table: Mapping[str, Any]) -> Axiom:
    return Axiom(
        id=table["id"],
        kind=table["kind"],
        says=table["says"],
        needs=frozenset(table.get("needs", ())),
        memory=frozenset(table.get("memory", (NORMAL,))),
        evidence=table["evidence"],
        source=table["source"],
        note=table.get("note", ""),
    )
