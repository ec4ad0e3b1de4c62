"""An operation explained: its contract and its code on every architecture, by kernel version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import arch as archs
from checker.arch import Target
from checker.arch.kernel import NEWEST, OLDEST, Kernel, bound, spell
from checker.explain.facts import Layered, OperationFacts, OperationOn, Version
from checker.lowering import select
from checker.program import Layer


def explain(asked: str, operation: str, targets: list[Target], *, dated: bool) -> OperationFacts:
    """Return what the data says of an operation; with `dated` for each target's kernel alone."""
    table = archs.operations()[operation]
    return OperationFacts(
        name=operation,
        asked=asked,
        signature=table["signature"],
        aliases=tuple(table.get("aliases", ())),
        like=table.get("like", ""),
        does=table.get("does", ""),
        source=table.get("source", "") if "does" in table else "",
        since=table.get("since", ""),
        archs=tuple(
            OperationOn(target.name, tuple(_versions(operation, target, dated)))
            for target in targets
        ),
    )


def _versions(operation: str, target: Target, dated: bool) -> Iterator[Version]:
    """Yield what an operation is in each run of kernels in which it is the same."""
    if dated:
        version = spell(target.kernel)
        yield Version(version, version, *_layers(operation, target))
        return
    runs: list[tuple[Kernel, tuple[Layered | None, Layered | None]]] = []
    for kernel in _changes(operation, target):
        found = _layers(operation, replace(target, kernel=kernel))
        if not runs or runs[-1][1] != found:
            runs.append((kernel, found))
    for (first, found), after in zip(runs, [*runs[1:], None], strict=True):
        last = spell(_before(after[0])) if after else ""
        yield Version(spell(first), last, *found)


def _before(kernel: Kernel) -> Kernel:
    """Return the version before one: 5.19 before 6.0."""
    major, minor = kernel
    return (major, minor - 1) if minor else (major - 1, 19)


def _changes(operation: str, target: Target) -> list[Kernel]:
    """Return the kernels from which on something may differ, the oldest first."""
    found = {OLDEST}
    name: str | None = operation
    while name is not None:
        general = archs.operations().get(name, {})
        own = archs.lowerings(target.arch.family).get(target.arch.name, {}).get(name, {})
        found |= {bound(v) for when in ("before", "since") for v in own.get(when, {})}
        found |= {bound(general["since"])} if "since" in general else set()
        name = general.get("like")
    return sorted(kernel for kernel in found if OLDEST <= kernel <= NEWEST)


def _layers(operation: str, target: Target) -> tuple[Layered | None, Layered | None]:
    return _layer(operation, target, "contract"), _layer(operation, target, "code")


def _layer(operation: str, target: Target, layer: Layer) -> Layered | None:
    found = select.written(operation, target, layer)
    if found is None:
        return None
    entries = {"*": found.entries} if isinstance(found.entries, str) else dict(found.entries)
    told = tuple((str(key), select.one_line(text)) for key, text in entries.items())
    return Layered(told, found.source, found.owner)
