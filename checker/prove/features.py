"""The sets of features that can matter to an operation: which there are, and how they are said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from checker import arch as archs
from checker.arch import Target
from checker.arch.schema import AlignmentFault, Axiom, Order, Rule
from checker.diagnostic import Diagnostic, LimitReached
from checker.litmus import Override
from checker.lowering import notation
from checker.lowering.select import size_key
from checker.program import Fence
from checker.value import value

MAX_FEATURES = 10
"""How many features of an architecture may matter at once: every set of them is looked at."""


@value
class Variant:
    """An architecture with a set of those features that matter; what else it has does not."""

    target: Target
    has: frozenset[str]
    """Those that matter and it has."""


@value
class Variants:
    """Every set of the features that matter, the smallest first."""

    features: tuple[str, ...]
    variants: tuple[Variant, ...]


def variants(operation: str, base: Target, overrides: tuple[Override, ...]) -> Variants:
    """Return a target with every set of features that can matter to an operation.

    Sets that exclude each other are left out, and what a feature implies is a part of its set.
    Raises LimitReached.
    """
    mattering = _mattering(operation, base, overrides)
    own = tuple(f.name for f in base.arch.features if f.name in mattering)
    free = [name for name in own if name not in base.features]
    if len(free) > MAX_FEATURES:
        raise LimitReached(
            f"{len(free)} features of {base.arch.name} matter, more than {MAX_FEATURES} "
            "(name those that it has: --arch ARCH+FEATURE)"
        )
    found: dict[frozenset[str], Target] = {}
    for count in range(len(free) + 1):
        for added in combinations(free, count):
            one = extended(base, added)
            if one is not None:
                found.setdefault(one.features & mattering, one)
    return Variants(own, tuple(Variant(target, has) for has, target in found.items()))


def extended(base: Target, added: tuple[str, ...]) -> Target | None:
    """Return a target with more features, or None where two of them exclude each other."""
    plain, at, version = base.name.partition("@")
    try:
        return archs.target("+".join([plain, *added]) + at + version, base.kernel)
    except Diagnostic:
        return None


def _mattering(operation: str, base: Target, overrides: tuple[Override, ...]) -> frozenset[str]:
    """Return the features that lowerings, rules, faults or axioms of an operation ask for."""
    found: set[str] = set()
    classes: set[str] = set()
    for key, text in _entries(operation, base):
        found |= {condition.removeprefix("not ") for condition in size_key(key)[1]}
        classes |= _classes(text)
    for override in overrides:
        over = archs.target(override.arch, base.kernel)
        if over.arch is base.arch:
            found |= over.features
            classes |= _classes(override.code)
    arch = base.arch
    spoken: tuple[Rule | AlignmentFault, ...] = (*arch.rules, *arch.faults)
    for one in spoken:
        if one.scope.classes & classes and one.evidence != "unconfirmed":
            found |= one.scope.needs | one.scope.lacks
    memory: tuple[Axiom | Order, ...] = (*arch.axioms, *arch.orders)
    for asked in memory:
        found |= asked.needs
    return frozenset(found) & {feature.name for feature in arch.features}


def _entries(operation: str, base: Target) -> Iterator[tuple[str, str]]:
    """Yield size, condition and notation of all that an operation becomes, in any kernel."""
    waiting, seen = [operation], set()
    own = archs.lowerings(base.arch.family).get(base.arch.name, {})
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        general = archs.operations().get(name, {})
        waiting += [general[key] for key in ("like", "else") if key in general]
        for table in (own.get(name, {}), general):
            yield from _layers(table)


def _layers(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, entries in table.items():
        if key in ("before", "since") and isinstance(entries, Mapping):
            for dated in entries.values():
                yield from _layers(dated)
        elif key in ("contract", "code"):
            whole = {"*": entries} if isinstance(entries, str) else entries
            yield from whole.items()


def _classes(text: str) -> set[str]:
    return {
        step.cls
        for alternative in notation.parse(text)
        for step in alternative
        if not isinstance(step, Fence)
    }


# --- in words -------------------------------------------------------------------------------------

_Literals = tuple[tuple[str, bool], ...]


def said(chosen: frozenset[frozenset[str]], among: Variants) -> str:
    """Return a condition on features that exactly some of the sets meet; empty if all do.

    In words: `with lse2`, `without lse2`, `with f but none of d, v`, or several of these.
    """
    every = frozenset(one.has for one in among.variants)
    if chosen == every:
        return ""
    terms = _cover(chosen, every, among.features)
    return ", or ".join(map(_spelled, terms))


def meets(has: frozenset[str], literals: _Literals) -> bool:
    """Whether a set of features is what a conjunction says."""
    return all((name in has) == wanted for name, wanted in literals)


def _cover(
    chosen: frozenset[frozenset[str]], every: frozenset[frozenset[str]], features: tuple[str, ...]
) -> list[_Literals]:
    """Return conjunctions, as short and few as are found, that together are the chosen sets."""
    left, found = set(chosen), []
    fitting = [
        (literals, held)
        for literals in _conjunctions(features)
        if (held := frozenset(one for one in every if meets(one, literals))) and held <= chosen
    ]
    while left:
        literals, held = max(fitting, key=lambda one: (len(one[1] & left), -_length(one[0])))
        found.append(literals)
        left -= held
    return found


def _conjunctions(features: tuple[str, ...]) -> Iterator[_Literals]:
    """Yield conjunctions of features: short ones, and those that name every feature."""
    for count in range(1, len(features) + 1):
        if 3 < count < len(features):
            continue
        for names in combinations(features, count):
            for number in range(1 << count):
                yield tuple((name, not number >> k & 1) for k, name in enumerate(names))


def _length(literals: _Literals) -> int:
    """Return what a conjunction costs a reader: negations a little more."""
    return sum(3 if wanted else 4 for _, wanted in literals)


def _spelled(literals: _Literals) -> str:
    has = " and ".join(name for name, wanted in literals if wanted)
    lacks = [name for name, wanted in literals if not wanted]
    none = f"none of {', '.join(lacks)}" if len(lacks) > 1 else ""
    if not has:
        return f"with {none}" if none else f"without {lacks[0]}"
    if not lacks:
        return f"with {has}"
    return f"with {has} but {none or f'without {lacks[0]}'}"
