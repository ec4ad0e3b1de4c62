"""Tests that differ from one in a single thing, and whether the solver forbids them.

Tried are a feature of the target, the alignment of a location, an acquire or a release in place of
an access that has none, and a full barrier between two statements or behind an instruction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

from checker import arch as archs
from checker import litmus as ast
from checker.ablate.excerpt import excerpt
from checker.ablate.removals import lowered
from checker.arch import Target
from checker.argument.performed import unperformed
from checker.argument.statements import with_barrier
from checker.check import Limits, check, draw
from checker.diagnostic import Diagnostic, LimitReached, Position
from checker.lowering import programs, select
from checker.lowering.draft import Draft, Sketch
from checker.lowering.locations import locations
from checker.model import PRACTICE
from checker.model.placement import classes
from checker.program import Fence, Layer, Program
from checker.run import Opened
from checker.value import value
from checker.verdict import Answer, Reason

Kind = Literal["feature", "alignment", "order", "barrier"]

MOST = 80
"""Changes that are tried."""

LINE = 64
"""The largest alignment that is tried, in bytes."""


@value
class Change:
    """One thing that is added to a test."""

    kind: Kind
    says: str
    """What it is, in words."""
    at: Position | None = None
    """Where, in the file: a barrier is put before that, or behind an instruction there."""
    location: str = ""
    """For an alignment: whose."""
    test: ast.Test | None = None
    """The test with it; None where only its drafts or the target change."""
    target: Target | None = None
    drafts: tuple[tuple[int, Draft], ...] = ()
    """Drafts in place of those that there are, by number."""


@value
class Neighbour:
    """A change, and what became of the verdict."""

    kind: Kind
    says: str
    at: Position | None
    answer: Answer
    reasons: tuple[Reason, ...]


@value
class Neighbours:
    """What came of changing one thing."""

    held: tuple[Neighbour, ...]
    """The changes after which it is `forbidden`; where none is, those after which it is `fragile`:
    of the alignments of one location the smallest."""
    tried: tuple[tuple[Kind, int], ...]
    """How many changes of each kind were tried."""
    undecided: int = 0
    """How many were not decided within a limit, or not tried because there are so many."""


def neighbours(found: Opened, target: Target, limits: Limits) -> Neighbours:
    """Return which single changes make a test `forbidden`; it must be `allowed`."""
    drawn = draw(found.test, target, limits, found.asked)
    held: dict[tuple[str, Answer], Neighbour] = {}
    tried: dict[Kind, int] = {}
    undecided = 0
    for number, change in enumerate(changes(found, target, drawn)):
        if number >= MOST:
            undecided += 1
            continue
        try:
            answer, reasons = _answer(change, found, target, limits)
        except Diagnostic:
            continue  # there is no such test
        tried[change.kind] = tried.get(change.kind, 0) + 1
        undecided += answer == "unknown"
        if answer in ("forbidden", "fragile"):
            one = Neighbour(change.kind, change.says, change.at, answer, reasons)
            held.setdefault((change.location or change.says, answer), one)
    best = "forbidden" if any(answer == "forbidden" for _, answer in held) else "fragile"
    kept = tuple(one for one in held.values() if one.answer == best)
    return Neighbours(kept, tuple(tried.items()), undecided)


def _answer(
    change: Change, found: Opened, target: Target, limits: Limits
) -> tuple[Answer, tuple[Reason, ...]]:
    """Return the verdict on a test with a change; raises Diagnostic where there is no such test.

    `allowed` stands for a change that helps only where it makes an access fault.
    """
    if change.target:
        try:
            before, after = (_requests(found, one, limits) for one in (target, change.target))
        except LimitReached:
            return "unknown", ()
        if before == after:
            return "allowed", ()
    asked = replace(
        found.asked, edit=partial(_replaced, change.drafts), states=False, brief=False,
        pictures=False,
    )  # fmt: skip
    test = change.test or found.test
    verdict = check(test, change.target or target, found.name, limits, asked)
    if verdict.answer in ("forbidden", "fragile"):
        try:
            if _faults(change, found, target, limits):
                return "allowed", ()
        except LimitReached:
            return "unknown", ()
    return verdict.answer, verdict.reasons


def _faults(change: Change, found: Opened, target: Target, limits: Limits) -> bool:
    """Whether an access faults with a change where none did before; raises LimitReached."""
    test, other = change.test or found.test, change.target or target
    drawn = _replaced(change.drafts, draw(test, other, limits, found.asked))
    after = unperformed(programs(test, drawn, other, "code"), limits.timeout)
    if not any(one.residues for one in after):
        return False
    drawn = draw(found.test, target, limits, found.asked)
    before = unperformed(programs(found.test, drawn, target, "code"), limits.timeout)
    return not all(one.within(before) for one in after)


def _requests(found: Opened, target: Target, limits: Limits) -> list[object]:
    """Return all that decides the verdict on each program: what the hardware is asked, and says."""
    drawn = draw(found.test, target, limits, found.asked)
    layers: tuple[Layer, ...] = ("code", "contract") if found.test.dialect == "C" else ("code",)
    return [
        (
            [replace(one, lowering="") for one in program.operations],
            classes(program, PRACTICE),
            [one.target.axiom("multi-copy-atomic", _memory(program)) for one in program.threads],
            program.target.order,
            program.places,
        )
        for layer in layers
        for program in programs(found.test, drawn, target, layer)
    ]


def _memory(program: Program) -> set[str]:
    return {place.memory for place in program.places}


def _replaced(drafts: tuple[tuple[int, Draft], ...], drawn: Sketch) -> Sketch:
    by = dict(drafts)
    return replace(drawn, drafts=tuple(by.get(one.number, one) for one in drawn.drafts))


# --- what can be added ----------------------------------------------------------------------------


def changes(found: Opened, target: Target, drawn: Sketch) -> Iterator[Change]:
    """Yield the changes that there are, the least first."""
    yield from _features(target)
    if found.test.dialect == "C":
        yield from _alignments(found.test, drawn)
        yield from _orders(found, drawn)
        yield from _barriers(found, drawn)
    else:
        yield from _fences(target, drawn)


def _features(target: Target) -> Iterator[Change]:
    """Yield the features that a target does not have and could have, but for its byte order."""
    name, at, version = target.name.partition("@")
    for feature in target.arch.features:
        if feature.name in target.features or feature.endian:
            continue
        try:
            other = archs.target(f"{name}+{feature.name}{at}{version}", target.kernel)
        except Diagnostic:
            continue  # it excludes one that the target has
        yield Change("feature", f"{other.name}: {feature.says}", target=other)


def _alignments(test: ast.Test, drawn: Sketch) -> Iterator[Change]:
    """Yield larger alignments of the locations that are accessed, the smallest first."""
    used = {draft.place.location for draft in drawn.drafts if draft.place}
    named = {location.name: location for location in locations(test)}
    for place in drawn.places:
        location = named[place.name]
        if place.name not in used or location.attributes.offset is not None:
            continue
        enough = 1 << (place.size - 1).bit_length()
        align = 2 * place.modulus
        while align <= min(LINE, enough):
            says = f"__aligned({align}) of {place.name}"
            test_with = lowered(test, place.name, align)
            yield Change("alignment", says, location.at, place.name, test=test_with)
            align *= 2


_ORDERED = {
    ("load", "READ_ONCE"): "smp_load_acquire", ("load", "plain-read"): "smp_load_acquire",
    ("store", "WRITE_ONCE"): "smp_store_release", ("store", "plain-write"): "smp_store_release",
}  # fmt: skip
"""Accesses that order nothing, and those that do the same and order."""


def _orders(found: Opened, drawn: Sketch) -> Iterator[Change]:
    """Yield an acquire or a release for each place in the file that has a plain access."""
    places: dict[tuple[Position, str], list[Draft]] = {}
    for draft in drawn.drafts:
        ordered = _ORDERED.get((draft.kind, draft.name))
        if ordered:
            places.setdefault((draft.at, ordered), []).append(draft)
    for (at, ordered), drafts in places.items():
        text = excerpt(found.source, at, drafts[0].spelled or drafts[0].name)
        says = f"{ordered}() in place of {text}"
        changed = tuple((d.number, replace(d, name=ordered, spelled=ordered)) for d in drafts)
        yield Change("order", says, at, drafts=changed)


def _barriers(found: Opened, drawn: Sketch) -> Iterator[Change]:
    """Yield a full barrier between each two statements of a thread."""
    touched = {draft.at for draft in drawn.drafts}
    for at, test in with_barrier(found.test, touched):
        yield Change("barrier", f"smp_mb() before {excerpt(found.source, at, '')}", at, test=test)


def _fences(target: Target, drawn: Sketch) -> Iterator[Change]:
    """Yield a full barrier of the architecture behind each instruction but the last of a thread."""
    full = select.select("smp_mb", 0, target, "contract", select.NOTHING)
    steps = full.alternatives[0] if full else ()
    fences = tuple(step for step in steps if isinstance(step, Fence))
    last = {draft.thread: draft.at for draft in drawn.drafts}
    places: dict[Position, list[Draft]] = {}
    for draft in drawn.drafts:
        if fences and draft.steps is not None and draft.at != last[draft.thread]:
            places.setdefault(draft.at, []).append(draft)
    text = "; ".join(fence.name for fence in fences)
    for at, drafts in places.items():
        changed = tuple((d.number, replace(d, steps=(*(d.steps or ()), *fences))) for d in drafts)
        says = f"{text} behind {drafts[0].spelled or drafts[0].name}"
        yield Change("barrier", says, at, drafts=changed)
