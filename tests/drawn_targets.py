"""Architectures, real and synthetic, drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from hypothesis import strategies as st

from checker.arch import Target, target
from checker.arch.schema import (
    AlignmentFault,
    Evidence,
    Rule,
)
from tests.build import fault, rule, synthetic

EVIDENCES: tuple[Evidence, ...] = (
    "manual", "manual", "practice", "unconfirmed",
)  # fmt: skip

REAL = (
    "arm64", "arm64+lse2", "arm", "arm+v8", "x86-64", "x86-64+intel", "x86-64+amd", "x86-32",
    "riscv64", "riscv64+zama16b",
)  # fmt: skip
MIXED = (
    ("x86-64", "x86-32", "x86-64+intel"), ("arm64", "arm+v8", "arm64+lse2"), ("arm64+lse2", "arm"),
    ("riscv64", "riscv64+zama16b"),
)  # fmt: skip
CLASSES = ("gpr", "pair", "atom")
"""What synthetic rules speak of."""


FEATURES = ("f", "g")
"""What synthetic rules need or lack."""
UNITS: tuple[int | Literal["whole", "element", "block"], ...] = (
    "whole", "element", 1, 2, 4, "block",
)  # fmt: skip
TYPES = ("normal", "uncached", "device")
"""What memory there is in drawn programs."""


def bounds(draw: st.DrawFn, memory: Sequence[str]) -> dict[str, Any]:
    """Draw what narrows a synthetic rule or fault beside classes: mostly nothing."""
    features = st.sampled_from([frozenset[str]()] * 4 + [frozenset({one}) for one in FEATURES])
    return {
        "sizes": draw(st.none() | st.frozensets(st.sampled_from([1, 2, 4, 8]), min_size=1)),
        "elements": draw(st.sampled_from([None, None, frozenset({2}), frozenset({4})])),
        "needs": draw(features),
        "lacks": draw(features),
        "memory": frozenset(memory)
        if draw(st.booleans())
        else draw(st.frozensets(st.sampled_from(TYPES), min_size=1)),
        "evidence": draw(st.sampled_from(EVIDENCES)),
    }


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Draw a rule, plain or odd."""
    unit = draw(st.sampled_from(UNITS))
    return rule(
        unit,
        *draw(st.sets(st.sampled_from(CLASSES), min_size=1)),
        block=draw(st.sampled_from([2, 4, 8])) if unit == "block" else None,
        align=draw(st.sampled_from([None, "size", "element", 2, 4, 8])),
        within=draw(st.sampled_from([None, 2, 4, 8, 16])),
        rmw=draw(st.booleans()),
        **bounds(draw, ["normal"]),
    )


@st.composite
def faults(draw: st.DrawFn) -> AlignmentFault:
    """Draw an alignment fault, plain or odd."""
    return fault(
        draw(st.sampled_from(["size", "size", "element", 2, 4])),
        *draw(st.sets(st.sampled_from(CLASSES), min_size=1)),
        handler=draw(st.sampled_from(["stops", "stops", "stops", "emulates"])),
        **bounds(draw, TYPES),
    )


@st.composite
def synthetics(draw: st.DrawFn) -> Target:
    """Draw an architecture that nobody built."""
    return synthetic(
        *draw(st.lists(rules(), max_size=4)),
        *draw(st.lists(faults(), max_size=2)),
        mca=draw(st.sampled_from((None, *EVIDENCES))),
        memory=draw(st.sampled_from([("normal",), TYPES])),
        features=draw(st.sets(st.sampled_from(FEATURES))),
    )


WHOLE = (rule("whole", align="size"), rule("whole", "atom", align="size", rmw=True))
"""Rules by which every access is whole where it is aligned."""
USUAL = (
    synthetic(*WHOLE), synthetic(*WHOLE, mca=None), synthetic(*WHOLE, mca="practice"),
    synthetic(rule(2), WHOLE[1], rule("whole", "pair", evidence="practice")),
    synthetic(*WHOLE, fault("size", "atom"), fault(2, "pair", evidence="practice"), mca=None),
    *(target(name) for name in ("arm64+lse", "arm64+lse2", "x86-64", "arm", "riscv64+zabha")),
)  # fmt: skip


@st.composite
def targets(draw: st.DrawFn, threads: int, *, usual: bool) -> list[Target]:
    """Draw a target for each thread: mostly the same."""
    if usual:
        some = draw(st.lists(st.sampled_from(USUAL), min_size=1, max_size=2))
        return [some[n % len(some)] for n in range(threads)]
    how = draw(st.sampled_from(["real", "mixed", "synthetic", "two synthetic"]))
    if how == "real":
        return [target(draw(st.sampled_from(REAL)))] * threads
    if how == "mixed":
        names = draw(st.sampled_from(MIXED))
        return [target(draw(st.sampled_from(names))) for _ in range(threads)]
    some = [draw(synthetics()) for _ in range(1 if how == "synthetic" else threads)]
    return [some[n % len(some)] for n in range(threads)]


def classes_of(one: Target, *, rmw: bool) -> list[str]:
    """Return the instruction classes that a target's rules speak of for at most 8 bytes."""
    found = {
        cls
        for r in one.arch.rules
        if (not rmw or r.rmw) and (r.scope.sizes is None or min(r.scope.sizes) <= 8)
        for cls in r.scope.classes
    }
    return sorted(found)
