"""From a test to programs: what one architecture is asked to do, on one layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import arch as archs
from checker.arch import Target
from checker.diagnostic import Diagnostic, LimitReached
from checker.expression import TRUE, Expression, ReadValue
from checker.litmus import Override, Test
from checker.lowering import expand, faults, notation, orders, select
from checker.lowering.draft import Draft, Sketch
from checker.lowering.sketch import sketch
from checker.program import Access, Chance, Fence, Layer, Operation, Place, Program
from checker.value import value

MAX_ALTERNATIVES = 1024
"""How many combinations of alternative lowerings are tried for one test."""

__all__ = ["programs", "sketch"]

Steps = tuple[Access | Fence, ...]


@value
class Form:
    """An operation by one of its alternatives, and where its location must lie for that."""

    operation: Operation
    modulus: int = 1
    residue: int = 0
    """The location's address is `residue` modulo `modulus`."""
    exact: bool = True
    environment: tuple[Expression, ...] = ()


def programs(test: Test, drawn: Sketch, target: Target, layer: Layer) -> Iterator[Program]:
    """Yield the program of every combination of alternatives of a layer.

    Raises Diagnostic where an operation does not build on the architecture, LimitReached where
    there are too many combinations.
    """
    combinations: list[tuple[tuple[Form, ...], dict[str, Place]]]
    combinations = [((), {place.name: place for place in drawn.places})]
    inexact: dict[str, None] = {}
    for draft in drawn.drafts:
        forms = _forms(draft, drawn, layer, test.overrides)
        inexact |= {form.operation.name: None for form in forms if not form.exact}
        combinations = [
            ((*chosen, form), placed)
            for chosen, places in combinations
            for form in forms
            if (placed := _placed(places, draft, form)) is not None
        ]
        if len(combinations) > MAX_ALTERNATIVES:
            raise LimitReached(f"more than {MAX_ALTERNATIVES} combinations of lowerings")
    for chosen, places in combinations:
        yield Program(
            name=test.name,
            target=target,
            layer=layer,
            places=tuple(places.values()),
            threads=drawn.threads,
            operations=tuple(form.operation for form in chosen),
            question=drawn.question,
            shown=drawn.shown,
            assumed=drawn.assumed,
            environment=(
                *drawn.environment,
                *(held for form in chosen for held in form.environment),
            ),
            keep=drawn.keep,
            inexact=tuple(inexact),
        )


def _placed(places: dict[str, Place], draft: Draft, form: Form) -> dict[str, Place] | None:
    """Return the places with what a form asks of its location, or None where they exclude it."""
    if draft.place is None or form.modulus == 1:
        return places
    place = places[draft.place.location]
    common = min(place.modulus, form.modulus)
    if place.residue % common != form.residue % common:
        return None
    narrowed = replace(place, told_apart=max(place.told_apart, form.modulus))
    if form.modulus > place.modulus:
        narrowed = replace(narrowed, modulus=form.modulus, residue=form.residue)
    return places | {place.name: narrowed}


def _forms(
    draft: Draft, drawn: Sketch, layer: Layer, overrides: tuple[Override, ...]
) -> list[Form]:
    """Return an operation by each of its alternatives, at each address that makes a difference."""
    if draft.steps is not None:
        return [Form(_operation(draft, draft.steps, ""))]
    target = drawn.threads[draft.thread].target
    if draft.place is None or draft.kind == "fence":
        return [_barrier(draft, target, layer)]
    size = draft.place.size
    lowering = select.select(draft.name, size, target, layer, draft.known, overrides)
    if lowering is None:
        problem = select.missing(draft.name, size, target, layer)
        problem.at = draft.at
        raise problem
    contract = (f"{lowering.operation}.contract", lowering.source)
    location = next(place for place in drawn.places if place.name == draft.place.location)
    found: dict[tuple[Steps, int, int], None] = {}
    for alternative in lowering.alternatives:
        modulus = expand.modulus(alternative)
        for residue in location.residues(modulus):
            address = (residue + draft.place.offset) % modulus
            for parts in _expanded(alternative, size, address, draft):
                _check_verbs(draft, parts, lowering)
                _check_kinds(draft, parts, lowering)
                steps = expand.steps(
                    parts, reads=draft.kind == "load", place=draft.place, contract=contract
                )
                if draft.kind == "rmw":
                    kept = orders.variant(draft.spelled, lowering.operation)
                    steps = orders.weakened(steps, kept, orders.fence(kept, target, layer))
                    if layer == "contract" and draft.stores_if != TRUE:
                        steps = orders.promised(steps, draft.spelled)
                found[steps, modulus, residue] = None
    return [_form(draft, lowering, steps, modulus, residue) for steps, modulus, residue in found]


def _expanded(
    alternative: notation.Alternative, size: int, address: int, draft: Draft
) -> list[expand.Parts]:
    try:
        return expand.expand(alternative, size, address)
    except Diagnostic as problem:
        problem.at = problem.at or draft.at
        raise


def _barrier(draft: Draft, target: Target, layer: Layer) -> Form:
    """Return a barrier as the fences that it becomes; one that is not recorded keeps its name."""
    name = select.canonical(draft.name)
    lowering = select.select(name, 0, target, layer, draft.known) if name else None
    if lowering is None:
        return Form(_operation(draft, (Fence(draft.name),), ""))
    (alternative,) = lowering.alternatives
    fences = tuple(step for step in alternative if isinstance(step, Fence))
    return Form(_operation(draft, fences, lowering.text), exact=lowering.exact)


def _form(
    draft: Draft, lowering: select.Lowering, steps: Steps, modulus: int, residue: int
) -> Form:
    environment: tuple[Expression, ...] = ()
    chances: tuple[Chance, ...] = ()
    if draft.faults:
        steps, held, found = faults.faulting(draft, steps, lowering.fault)
        environment, chances = (held,), tuple(found)
    operation = replace(_operation(draft, steps, lowering.text), chances=chances)
    return Form(operation, modulus, residue, lowering.exact, environment)


def _check_verbs(draft: Draft, parts: expand.Parts, lowering: select.Lowering) -> None:
    """Refuse a load for an operation that stores, and the other way round; copies do both."""
    opposite = "load" if draft.kind == "store" else "store"
    copies = "user" in archs.operations()[draft.name]
    verbs = {part.piece.verb for part in parts if not isinstance(part, Fence)}
    if opposite in verbs and draft.kind != "rmw" and not copies:
        raise Diagnostic(
            f"the lowering `{lowering.text}` of {draft.name} is a {opposite}", draft.at,
            f"it is written in: {lowering.source}",
        )  # fmt: skip


def _check_kinds(draft: Draft, parts: expand.Parts, lowering: select.Lowering) -> None:
    """Refuse a lowering that does not do what its operation does."""
    size = draft.place.size if draft.place else 0
    atomic = any(part.piece.verb == "rmw" for part in parts if not isinstance(part, Fence))
    wrong = draft.kind == "rmw" and not atomic
    if wrong or not expand.covers(parts, size):
        what = "is no read-modify-write" if wrong else f"does not cover its {size} bytes"
        raise Diagnostic(
            f"the lowering `{lowering.text}` of {draft.name} {what}", draft.at,
            f"it is written in: {lowering.source}",
        )  # fmt: skip


def _operation(draft: Draft, steps: Steps, text: str) -> Operation:
    size = draft.place.size if draft.place else 0
    value = draft.value
    if draft.kind == "load" and any(isinstance(s, Access) and s.kind == "store" for s in steps):
        value = ReadValue(draft.number, 8 * size)  # a read by read-modify-write puts it back
    return Operation(
        number=draft.number,
        thread=draft.thread,
        name=draft.spelled or draft.name,
        steps=steps,
        size=size,
        value=value,
        guard=draft.guard,
        stores_if=draft.stores_if,
        at=draft.at,
        lowering=text,
        addr=draft.addr,
        data=draft.data,
        ctrl=draft.ctrl,
        pair=draft.pair,
    )
