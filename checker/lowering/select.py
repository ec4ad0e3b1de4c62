"""Which lowering holds: by operation, size, architecture, features, alignment and layer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from checker import arch as archs
from checker.arch import Target
from checker.diagnostic import Diagnostic, nearest
from checker.litmus import Override
from checker.lowering import notation
from checker.program import BYTES, Fence, Layer
from checker.value import value

_KEY = re.compile(r"(\*|\d+(?:\.\.\d*)?)(?:\s+if\s+(.+))?$")


@value
class Lowering:
    """What an operation of one size becomes: its alternatives, and where that is written."""

    operation: str
    text: str
    alternatives: tuple[notation.Alternative, ...]
    source: str


def canonical(name: str) -> str | None:
    """Return the operation that a C name stands for, or None where there is none such."""
    return name if name in archs.operations() else _aliases().get(name)


@cache
def _aliases() -> dict[str, str]:
    return {
        alias: name
        for name, table in archs.operations().items()
        for alias in table.get("aliases", ())
    }


def select(
    operation: str,
    size: int,
    target: Target,
    layer: Layer,
    align: int,
    overrides: tuple[Override, ...] = (),
) -> Lowering | None:
    """Return the lowering of an operation, or None where it has no form of that size.

    `align` is what the address is known to be a multiple of, in bytes. Raises Diagnostic where the
    data is not well formed.
    """  # fmt: skip
    if layer == "code":
        override = _override(operation, size, target, overrides)
        if override:
            try:
                parsed = _parse(override.code, target)
            except Diagnostic as problem:
                line, column = override.code_at
                column += problem.at[1] - 1 if problem.at else 0
                raise Diagnostic(
                    f"in this override: {problem.message}", (line, column), problem.hint
                ) from None
            return Lowering(operation, override.code, parsed, "this test's override")
    found = _lookup(operation, target.arch.name, target.arch.family, layer)
    if found is None:
        return None
    entries, source, owner = found
    fitting = _fitting(entries, size, target, align)
    if fitting is None:
        return None
    try:
        return Lowering(owner, fitting, _parse(fitting, target), source)
    except Diagnostic as problem:
        problem.file = f"{target.arch.family}/lowering.toml: {owner} `{fitting}`"
        raise


def _parse(text: str, target: Target) -> tuple[notation.Alternative, ...]:
    """Return a notation's alternatives; raises Diagnostic for an instruction class not known."""
    alternatives = notation.parse(text)
    known = target.arch.classes
    for step in (step for alternative in alternatives for step in alternative):
        if not isinstance(step, Fence) and step.cls != BYTES and step.cls not in known:
            raise Diagnostic(
                f"{target.arch.name} has no instruction class `{step.cls}`",
                hint=nearest(step.cls, known) or f"it has {', '.join(sorted(known))}",
            )
    return alternatives


def _override(
    operation: str, size: int, target: Target, overrides: tuple[Override, ...]
) -> Override | None:
    """Return the override that speaks of an operation, or of what it is written with."""
    name: str | None = operation
    while name is not None:
        for override in overrides:
            if override.operation == name and override.size == size:
                over = archs.target(override.arch)
                if over.arch is target.arch and over.features <= target.features:
                    return override
        name = archs.operations()[name].get("like")
    return None


Entries = str | Mapping[str, str]


@cache
def _lookup(
    operation: str, arch: str, family: str, layer: Layer
) -> tuple[Entries, str, str] | None:
    """Return entries, source and owner of an operation's lowering on a layer.

    The architecture's own table comes first, then `operations.toml`, then the operation it is like;
    code that is nowhere written down is what the contract says.
    """
    general = archs.operations().get(operation, {})
    like = general.get("like")
    for table in (archs.lowerings(family).get(arch, {}).get(operation, {}), general):
        if layer in table:
            source = table.get(f"{layer}_source") or table.get("source", "")
            return table[layer], source, operation
    inherited = _lookup(like, arch, family, layer) if like else None
    if inherited or layer == "contract":
        return inherited
    return _lookup(operation, arch, family, "contract")


def _fitting(entries: Entries, size: int, target: Target, align: int) -> str | None:
    if isinstance(entries, str):
        return entries
    for key, text in entries.items():
        sizes, conditions = _key(key)
        if size in sizes and all(_holds(c, target, align) for c in conditions):
            return text
    return None


@cache
def _key(key: str) -> tuple[range, tuple[str, ...]]:
    match = _KEY.match(key.strip())
    if not match:
        raise Diagnostic(f"`{key}` is not a size", hint='8, "1..7", "16..", "*", "8 if lse2"')
    first, _, last = match[1].partition("..")
    if first == "*":
        sizes = range(1, 1 << 16)
    elif ".." in match[1]:
        sizes = range(int(first), int(last) + 1 if last else 1 << 16)
    else:
        sizes = range(int(first), int(first) + 1)
    conditions = tuple(c.strip() for c in match[2].split(" and ")) if match[2] else ()
    return sizes, conditions


def _holds(condition: str, target: Target, align: int) -> bool:
    words = condition.split()
    if words[0] == "align":
        return align % int(words[1]) == 0
    return condition in target.features


def missing(operation: str, size: int, target: Target, layer: Layer) -> Diagnostic:
    """Return what to say of an operation that has no form of a size on an architecture."""
    sizes = [n for n in (1, 2, 4, 8, 16) if select(operation, n, target, layer, n)]
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
