"""Which lowering holds: by operation, size, architecture, features, alignment and layer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from checker import arch as archs
from checker.arch import Target
from checker.arch.folders import remembered
from checker.arch.kernel import COMPLETE, Kernel, bound, spell
from checker.arch.schema import IDEAL
from checker.diagnostic import Diagnostic, nearest
from checker.litmus import Override
from checker.lowering import notation
from checker.program import BYTES, Fence, Layer
from checker.value import value

OVERRIDDEN = "this test's override"
"""The source of code that is in the place of today's."""

_KEY = re.compile(r"(\*|\d+(?:\.\.\d*)?)(?:\s+if\s+(.+))?$")


@value
class Lowering:
    """What an operation of one size becomes: its alternatives, and where that is written."""

    operation: str
    text: str
    alternatives: tuple[notation.Alternative, ...]
    source: str
    fault: str = "stop"
    """What a page fault inside the operation does: `checker.lowering.faults.POLICIES`."""
    unchanged: Literal["stored", "kept"] = "stored"
    """What an update does that would store what it has read: it stores it, or it does not store."""
    exact: bool = True
    """Whether it is recorded for the kernel asked about, and not only for the complete one."""


def canonical(name: str) -> str | None:
    """Return the operation that a C name stands for, or None where there is none such."""
    return name if name in archs.operations() else _aliases().get(name)


@remembered
def _aliases() -> dict[str, str]:
    return {
        alias: name
        for name, table in archs.operations().items()
        for alias in table.get("aliases", ())
    }


@value
class Known:
    """What is known of a call before it is lowered. Alignments are in bytes."""

    align: int = 1
    """The address is known to be a multiple of this."""
    source: int = 1
    """The other side's address of a copy is known to be a multiple of this."""
    constant: bool = False
    """Whether the size is a constant where the call is compiled."""


NOTHING = Known()


def select(
    operation: str,
    size: int,
    target: Target,
    layer: Layer,
    known: Known,
    overrides: tuple[Override, ...] = (),
) -> Lowering | None:
    """Return the lowering of an operation, or None where it has no form of that size.

    Raises Diagnostic where the data is not well formed.
    """
    if layer == "code":
        override = _override(operation, size, target, overrides)
        if override:
            try:
                parsed = _parse(override.code, target)
                _check_unpromised(parsed)
            except Diagnostic as problem:
                line, column = override.code_at
                column += problem.at[1] - 1 if problem.at else 0
                raise Diagnostic(
                    f"in this override: {problem.message}", (line, column), problem.hint
                ) from None
            return Lowering(operation, override.code, parsed, OVERRIDDEN)
    found = written(operation, target, layer)
    fitting = _fitting(found.entries, size, target, known) if found else None
    if found is None or fitting is None:
        instead = archs.operations().get(operation, {}).get("else")
        return select(instead, size, target, layer, known, overrides) if instead else None
    try:
        return Lowering(
            found.owner, fitting, _parse(fitting, target),
            found.source, found.fault, found.unchanged, found.exact,
        )  # fmt: skip
    except Diagnostic as problem:
        problem.file = f"{target.arch.family}/lowering.toml: {found.owner} `{fitting}`"
        raise


def one_line(notation: str) -> str:
    """Return a notation without the line breaks that the data has for its readers."""
    return " ".join(notation.split()).replace(" ;", ";")


def written(operation: str, target: Target, layer: Layer) -> Found | None:
    """Return what the data says of an operation of any size, or None where it says nothing."""
    return None if too_new(operation, target) else _lookup(operation, *_where(target), layer)


def _where(target: Target) -> tuple[str, str, Kernel]:
    return target.arch.name, target.arch.family, target.kernel


def too_new(operation: str, target: Target) -> str:
    """Return the version that an operation came with, where the kernel asked about is older."""
    since: str = archs.operations().get(operation, {}).get("since", "")
    return since if since and target.kernel < bound(since) else ""


def _parse(text: str, target: Target) -> tuple[notation.Alternative, ...]:
    """Return a notation's alternatives; raises Diagnostic for an instruction class not known."""
    alternatives = notation.parse(text)
    known = target.arch.classes
    for step in (step for alternative in alternatives for step in alternative):
        if not isinstance(step, Fence) and step.cls not in (BYTES, IDEAL, *known):
            raise Diagnostic(
                f"{target.arch.name} has no instruction class `{step.cls}`",
                hint=nearest(step.cls, known) or f"it has {', '.join(sorted(known))}",
            )
    return alternatives


def _check_unpromised(alternatives: tuple[notation.Alternative, ...]) -> None:
    """Refuse code that claims to be atomic: what it is granted is for the rules to say."""
    for step in (step for alternative in alternatives for step in alternative):
        if isinstance(step, notation.Piece) and step.atomic:
            raise Diagnostic(
                "code promises nothing, and `atomic` is a contract's word",
                hint="name the instruction's class, as in store.pair 8 by 4",
            )


def _override(
    operation: str, size: int, target: Target, overrides: tuple[Override, ...]
) -> Override | None:
    """Return the override that speaks of an operation, or of what it is written with."""
    name: str | None = operation
    while name is not None:
        for override in overrides:
            if override.operation == name and override.size == size:
                over = archs.target(override.arch, target.kernel)
                if (
                    over.arch is target.arch
                    and over.features <= target.features
                    and over.kernel == target.kernel
                ):
                    return override
        name = archs.operations()[name].get("like")
    return None


Entries = str | Mapping[str, str]


@value
class Found:
    """An operation's entry in the data, of one layer and kernel."""

    entries: Entries
    source: str
    owner: str
    fault: str
    unchanged: Literal["stored", "kept"]
    exact: bool


@remembered
def _lookup(operation: str, arch: str, family: str, version: Kernel, layer: Layer) -> Found | None:
    """Return an operation's entry on a layer.

    The architecture's own table comes first, then `operations.toml`, then the operation it is like;
    code that is nowhere written down is what the contract says.
    """
    general = archs.operations().get(operation, {})
    like = general.get("like")
    own = archs.lowerings(family).get(arch, {}).get(operation, {})
    for table in (_as_of(own, version), general):
        if layer in table:
            source = table.get(f"{layer}_source") or table.get("source", "")
            exact = version == COMPLETE or table is general or _names(own, version)
            fault, unchanged = table.get("fault", "stop"), table.get("unchanged", "stored")
            return Found(table[layer], source, operation, fault, unchanged, exact)
    if layer == "code" and "contract" in own and general.get("signature") == "barrier":
        return _lookup(operation, arch, family, version, "contract")
    inherited = _lookup(like, arch, family, version, layer) if like else None
    if inherited or layer == "contract":
        return inherited
    return _lookup(operation, arch, family, version, "contract")


def _as_of(table: Mapping[str, Any], version: Kernel) -> Mapping[str, Any]:
    """Return an operation's table as it is for a kernel."""
    before = [b for b in table.get("before", {}) if version < bound(b)]
    since = [b for b in table.get("since", {}) if version >= bound(b)]
    if before:
        changed = table["before"][min(before, key=bound)]
    elif since:
        changed = table["since"][max(since, key=bound)]
    else:
        return table
    dated = {**table, **changed}
    if "source" in changed:
        for key in ("contract_source", "code_source"):
            if key not in changed:
                dated.pop(key, None)
    return dated


def _names(table: Mapping[str, Any], version: Kernel) -> bool:
    """Whether a table says something of a kernel that is not the complete one."""
    return any(version < bound(b) for b in table.get("before", {})) or any(
        version >= bound(b) for b in table.get("since", {})
    )


def _fitting(entries: Entries, size: int, target: Target, known: Known) -> str | None:
    if isinstance(entries, str):
        return entries
    for key, text in entries.items():
        sizes, conditions = size_key(key)
        if size in sizes and all(_holds(c, target, known) for c in conditions):
            return text
    return None


@cache
def size_key(key: str) -> tuple[range, tuple[str, ...]]:
    """Return the sizes and the conditions of a key such as `"8..63 if align 8 and erms"`."""
    match = _KEY.match(key.strip())
    if not match:
        raise Diagnostic(f"`{key}` is not a size", hint='8, "1..7", "16..", "*", "8 if lse2"')
    first, _, last = match[1].partition("..")
    if first == "*":
        sizes = range(1 << 16)  # a barrier has the size 0
    elif ".." in match[1]:
        sizes = range(int(first), int(last) + 1 if last else 1 << 16)
    else:
        sizes = range(int(first), int(first) + 1)
    conditions = tuple(c.strip() for c in match[2].split(" and ")) if match[2] else ()
    return sizes, conditions


def _holds(condition: str, target: Target, known: Known) -> bool:
    match condition.split():
        case ["align", number]:
            return known.align % int(number) == 0
        case ["source", number]:
            return known.source % int(number) == 0
        case ["constant"]:
            return known.constant
        case ["not", feature]:
            return feature not in target.features
    return condition in target.features


def missing(operation: str, size: int, target: Target, layer: Layer) -> Diagnostic:
    """Return what to say of an operation that has no form of a size on an architecture."""
    since = too_new(operation, target)
    if since:
        return Diagnostic(
            f"{operation} is not in kernel {spell(target.kernel)}", hint=f"it came with v{since}"
        )
    sizes = [
        n for n in (1, 2, 4, 8, 16)
        if select(operation, n, target, layer, Known(align=n, source=n))
    ]  # fmt: skip
    spelled = ", ".join(str(n) for n in sizes)
    return Diagnostic(
        f"{operation} of {size} bytes does not build on {target.name}",
        hint=f"there it has {spelled} bytes"
        if sizes
        else f"{target.name} has no {operation} at all",
    )


def unknown_operation(name: str) -> Diagnostic:
    """Return what to say of a C name that is no operation."""
    known: dict[str, Any] = archs.operations()
    callable_names = [n for n in [*known, *_aliases()] if "-" not in n]
    return Diagnostic(f"`{name}()` is not an operation", hint=nearest(name, callable_names))
