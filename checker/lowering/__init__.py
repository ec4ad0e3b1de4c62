"""From a test to programs: what one architecture is asked to do, on one layer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from checker import arch as archs
from checker.arch import Target
from checker.diagnostic import Diagnostic, LimitReached
from checker.litmus import Override, Test
from checker.lowering import notation, select
from checker.lowering.draft import Draft, Sketch
from checker.lowering.sketch import sketch
from checker.program import Access, Fence, Layer, Operation, Program

MAX_ALTERNATIVES = 1024
"""How many combinations of alternative lowerings are tried for one test."""

__all__ = ["programs", "sketch"]

Steps = tuple[Access | Fence, ...]


def programs(test: Test, drawn: Sketch, target: Target, layer: Layer) -> Iterator[Program]:
    """Yield the program of every combination of alternatives of a layer.

    Raises Diagnostic where an operation does not build on the architecture, LimitReached where
    there are too many combinations.
    """
    choices = [_alternatives(draft, drawn, layer, test.overrides) for draft in drawn.drafts]
    count = math.prod(len(options) for options in choices)
    if count > MAX_ALTERNATIVES:
        raise LimitReached(f"{count} combinations of lowerings, more than {MAX_ALTERNATIVES}")
    for combination in itertools.product(*choices):
        yield Program(
            name=test.name,
            target=target,
            layer=layer,
            places=drawn.places,
            threads=drawn.threads,
            operations=combination,
            question=drawn.question,
            shown=drawn.shown,
            assumed=drawn.assumed,
            keep=drawn.keep,
        )


def _alternatives(
    draft: Draft, drawn: Sketch, layer: Layer, overrides: tuple[Override, ...]
) -> list[Operation]:
    """Return an operation by each of its alternatives."""
    if draft.place is None or draft.kind == "fence":
        return [_operation(draft, (Fence(draft.name),), "")]
    target = drawn.threads[draft.thread].target
    size = draft.place.size
    lowering = select.select(draft.name, size, target, layer, draft.align, overrides)
    if lowering is None:
        problem = select.missing(draft.name, size, target, layer)
        problem.at = draft.at
        raise problem
    contract = (f"{lowering.operation}.contract", lowering.source)
    found: dict[Steps, str] = {}
    for alternative in lowering.alternatives:
        for pieces in notation.expand(alternative, size):
            _check_verbs(draft, pieces, lowering)
            reads = draft.kind == "load"
            steps = notation.steps(pieces, reads=reads, place=draft.place, contract=contract)
            _check_kinds(draft, steps, lowering)
            found[steps] = lowering.text
    return [_operation(draft, steps, text) for steps, text in found.items()]


def _check_verbs(
    draft: Draft, pieces: tuple[notation.Piece | Fence, ...], lowering: select.Lowering
) -> None:
    """Refuse a load for an operation that stores, and the other way round; copies do both."""
    opposite = "load" if draft.kind == "store" else "store"
    copies = "user" in archs.operations()[draft.name]
    verbs = {piece.verb for piece in pieces if not isinstance(piece, Fence)}
    if opposite in verbs and draft.kind != "rmw" and not copies:
        raise Diagnostic(
            f"the lowering `{lowering.text}` of {draft.name} is a {opposite}", draft.at,
            f"it is written in: {lowering.source}",
        )  # fmt: skip


def _check_kinds(draft: Draft, steps: Steps, lowering: select.Lowering) -> None:
    """Refuse a lowering that does not do what its operation does."""
    accesses = [step for step in steps if isinstance(step, Access)]
    atomic = any(a.atomic for a in accesses)
    wrong = draft.kind == "rmw" and not atomic
    covered = {b for a in accesses for b in range(a.start, a.start + a.footprint.size)}
    size = draft.place.size if draft.place else 0
    if wrong or covered != set(range(size)):
        what = "is no read-modify-write" if wrong else f"does not cover its {size} bytes"
        raise Diagnostic(
            f"the lowering `{lowering.text}` of {draft.name} {what}", draft.at,
            f"it is written in: {lowering.source}",
        )  # fmt: skip


def _operation(draft: Draft, steps: Steps, text: str) -> Operation:
    return Operation(
        number=draft.number,
        thread=draft.thread,
        name=draft.spelled or draft.name,
        steps=steps,
        size=draft.place.size if draft.place else 0,
        value=draft.value,
        guard=draft.guard,
        stores_if=draft.stores_if,
        at=draft.at,
        lowering=text,
    )
