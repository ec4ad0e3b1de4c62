"""Code held against a claim, at every address that the claim speaks of.

The claim of a single-copy atomic access is an access that is whole at any address (`load.ideal`),
asked about like the code: what other writers do to it, they may do to the code too.
"""

from __future__ import annotations

from dataclasses import replace
from math import lcm
from typing import Any

from checker.arch import Target
from checker.arch.schema import IDEAL
from checker.litmus import Override
from checker.prove.answer import LayerAnswer, Outcome
from checker.prove.decide import Subject, answer
from checker.review.answer import ATOMIC, Standing
from checker.table.question import partners

KEPT: tuple[Standing, ...] = ("as claimed", "by practice")
"""How code stands to a claim that it keeps."""


def kept(subject: Subject, claim: str, target: Target) -> LayerAnswer | None:
    """Return what code is at every address that is asked about, as far as a claim speaks of it.

    Where the claim itself is torn nothing is asked of the code. None where there is no code.
    """
    code, claimed = answer(subject, target, "code"), _claimed(subject, claim, target)
    if code is None or claimed is None or code.limit:
        return code
    if claimed.limit:
        return replace(code, limit=claimed.limit)
    modulus = lcm(code.modulus, claimed.modulus)
    does, promised = dict(code.outcomes), dict(claimed.outcomes)
    outcomes = tuple(
        (residue, _excused(does[residue % code.modulus], promised[residue % claimed.modulus]))
        for residue in range(0, modulus, subject.align)
    )
    return replace(code, modulus=modulus, outcomes=outcomes)


def where(held: LayerAnswer, align: int, *, multiple: bool = True) -> LayerAnswer:
    """Return an answer at multiples of `align`, in bytes, or at all other addresses."""
    modulus = lcm(held.modulus, align)
    known = dict(held.outcomes)
    outcomes = tuple(
        (residue, known[residue % held.modulus])
        for residue in range(modulus)
        if residue % held.modulus in known and (residue % align == 0) == multiple
    )
    return replace(held, modulus=modulus, outcomes=outcomes)


def _claimed(subject: Subject, claim: str, target: Target) -> LayerAnswer | None:
    """Return what a claim is at every address, as if it were the code."""
    verb = "load" if partners(subject.operation) == ("store",) else "store"
    text = f"{verb}.{IDEAL} {subject.size}" if claim == ATOMIC else claim
    one = Override(target.name, subject.operation, subject.size, text, (1, 1), (1, 1))
    return answer(replace(subject, overrides=(one,)), target, "code")


def _excused(outcome: Outcome, promised: Outcome) -> Outcome:
    """Return an outcome that is not torn where the claim is torn as well.

    What is torn to one access of its size, and not by others' doing, is torn.
    """
    if outcome.same == "torn" != promised.same:
        return replace(outcome, smaller="torn", others="torn")
    changed: dict[str, Any] = {
        name: "whole"
        for name in ("same", "smaller", "others")
        if getattr(outcome, name) == getattr(promised, name) == "torn"
    }
    return replace(outcome, **changed) if changed else outcome


def stands(claimed: LayerAnswer | None) -> Standing:
    """Return how code stands to a claim by what it is where the claim speaks of it."""
    if claimed is None:
        return "no code"
    if claimed.limit:
        return "unknown"
    outcomes = [outcome for _, outcome in claimed.outcomes]
    if any(one.faults or one.fails for one in outcomes):
        return "FAILS"
    practice = any("practice" in (one.same, one.smaller, one.others) for one in outcomes)
    return "by practice" if practice else "as claimed"
