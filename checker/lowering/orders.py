"""Orderings of atomic updates: what the variants of an operation keep of the fully ordered one.

Documentation/atomic_t.txt, ORDERING, v6.12: `_relaxed` is unordered, `_acquire` orders what follows
the load, `_release` what precedes the store. The data has the fully ordered form.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from checker.arch import Target
from checker.lowering import select
from checker.program import Access, Fence, Layer

Steps = tuple[Access | Fence, ...]

Variant = Literal["", "relaxed", "acquire", "release"]


_LOCKS = ("spin_lock", "spin_trylock")

_BITS: dict[str, Variant] = {"test_and_set_bit_lock": "acquire", "clear_bit_unlock": "release"}
"""Documentation/atomic_bitops.txt, ORDERING, v6.12."""


def variant(spelled: str, owner: str) -> Variant:
    """Return the ordering that a call's name asks for; empty is what is written of its `owner`.

    To take a lock is an exchange that acquires, where nothing is written of locks themselves.
    """
    if spelled.startswith(_LOCKS):
        return "" if owner in _LOCKS else "acquire"
    if spelled in _BITS:
        return _BITS[spelled]
    for word in ("relaxed", "acquire", "release"):
        if spelled.endswith(f"_{word}"):
            return word
    return ""


def fence(kept: Variant, target: Target, layer: Layer) -> str:
    """Return the fence of an update that acquires or releases, where it is not the full one's."""
    if kept not in ("acquire", "release"):
        return ""
    found = select.select(f"__atomic_{kept}_fence", 0, target, layer, select.NOTHING)
    steps = found.alternatives[0] if found else ()
    return next((step.name for step in steps if isinstance(step, Fence)), "")


def branches(spelled: str, target: Target) -> bool:
    """Whether what follows an update is ordered by the branch that repeats it, before an ISYNC.

    Power ISA, book II, B.2.1.1: ISYNC after the branch on what STWCX. did is an import barrier.
    """
    return fence(variant(spelled, spelled), target, "code") == "isync"


def weakened(steps: Steps, kept: Variant, other: str = "") -> Steps:
    """Return the steps of a fully ordered update with only the ordering that a variant keeps.

    Where the full form orders by the instruction, so does the variant; where it does by fences, the
    variant has the fence on its side: `other`, if the architecture has another for that. A load
    that acquires in the variant only may stand for a fence behind the store, so it does not where
    nothing is stored.
    """
    if not kept:
        return steps
    by_instruction = any(isinstance(step, Access) and step.order for step in steps)
    first = next(index for index, step in enumerate(steps) if isinstance(step, Access))
    last = max(index for index, step in enumerate(steps) if isinstance(step, Access))
    made: list[Access | Fence] = []
    for index, step in enumerate(steps):
        if isinstance(step, Access):
            side = "load" if kept == "acquire" else "store"
            ordered = by_instruction and kept != "relaxed" and step.kind == side
            stored = step.stored or kept not in step.order.split()
            made.append(replace(step, order=kept if ordered else "", stored=ordered and stored))
        elif not by_instruction and (
            (kept == "acquire" and index > last) or (kept == "release" and index < first)
        ):
            made.append(replace(step, name=other or step.name))
    return tuple(made)


def promised(steps: Steps, spelled: str) -> Steps:
    """Return the steps of an update that may fail, ordered only where it does not.

    Documentation/atomic_t.txt, ORDERING, v6.12: conditional updates are unordered on failure. Those
    of a bit are not, whether the bit changes or not, but for test_and_set_bit_lock():
    Documentation/atomic_bitops.txt. This is for contracts: what an instruction orders even so is
    for the code layer.
    """
    if spelled.startswith("test_and_") and spelled not in _BITS:
        return steps
    return tuple(replace(step, stored=True) for step in steps)
