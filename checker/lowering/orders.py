"""Orderings of atomic updates: what the variants of an operation keep of the fully ordered one.

Documentation/atomic_t.txt, ORDERING, v6.12: `_relaxed` is unordered, `_acquire` orders what follows
the load, `_release` what precedes the store. The data has the fully ordered form.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from checker.program import Access, Fence

Steps = tuple[Access | Fence, ...]

Variant = Literal["", "relaxed", "acquire", "release"]


_LOCKS = ("spin_lock", "spin_trylock")


def variant(spelled: str, owner: str) -> Variant:
    """Return the ordering that a call's name asks for; empty is what is written of its `owner`.

    To take a lock is an exchange that acquires, where nothing is written of locks themselves.
    """
    if spelled.startswith(_LOCKS):
        return "" if owner in _LOCKS else "acquire"
    for word in ("relaxed", "acquire", "release"):
        if spelled.endswith(f"_{word}"):
            return word
    return ""


def weakened(steps: Steps, kept: Variant) -> Steps:
    """Return the steps of a fully ordered update with only the ordering that a variant keeps.

    Where the full form orders by the instruction, so does the variant; where it does by fences, the
    variant has the fence on its side.
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
            made.append(replace(step, order=kept if ordered else ""))
        elif not by_instruction and (
            (kept == "acquire" and index > last) or (kept == "release" and index < first)
        ):
            made.append(step)
    return tuple(made)
