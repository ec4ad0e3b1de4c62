"""One operation of one size on one architecture: what the solver says at every placement.

Placements are covered by classes: residues of the address at which every access is granted the same
units (`checker.model.placement`). One residue of each class goes to the solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import lcm
from typing import Any

from checker.arch import Target
from checker.arch.folders import remembered
from checker.diagnostic import LimitReached
from checker.litmus import Override
from checker.lowering import programs, select, sketch
from checker.lowering.draft import Draft
from checker.lowering.select import Lowering
from checker.model import PRACTICE
from checker.model.placement import PlacementClass, classes
from checker.program import BYTES, Access, Fence, Layer, Program
from checker.prove.alike import Decided, decided
from checker.prove.answer import Grade, LayerAnswer, Outcome, Reasons, union
from checker.prove.question import SITUATIONS, Situation, not_alone, questions
from checker.table import MAX_ALIGN
from checker.table.question import partners
from checker.value import value

ADDRESSES = MAX_ALIGN
"""What is torn already is remembered for addresses modulo this; what lies beyond is asked again."""


@value
class Subject:
    """What is proved of an operation: that it is whole at every multiple of `align`."""

    operation: str
    size: int
    align: int
    overrides: tuple[Override, ...] = ()
    crowd: bool = True
    """Whether other writers race with it as well."""
    timeout: int = 0
    """For each question to the solver, in ms; 0 is none."""


def answer(subject: Subject, target: Target, layer: Layer) -> LayerAnswer | None:
    """Return what a layer does at every placement, or None where the operation does not build.

    Raises Diagnostic where the data is not well formed.
    """
    lowering = _lowering(subject, target, layer)
    if lowering is None:
        return None
    known, same = _answers(), (layer, *_same(subject, target, lowering))
    if same not in known:
        text = select.one_line(lowering.text)
        empty = LayerAnswer((text,), (lowering.source,), lowering.exact, 1, ())
        try:
            known[same] = _answered(subject, target, layer, empty)
        except LimitReached as limit:
            known[same] = replace(empty, limit=str(limit))
    return known[same]


@remembered
def _answers() -> dict[Any, LayerAnswer]:
    return {}


def promises_nothing(one: LayerAnswer | None) -> bool:
    """Whether a contract is bytes, or there is none."""
    return one is None or one.notations == (BYTES,)


def draft(subject: Subject, target: Target) -> Draft | None:
    """Return the operation before it is lowered, or None where C has no such size.

    Raises Diagnostic where it is no operation on one place: one made of several is not asked about.
    """
    partner = partners(subject.operation)[0]
    asked = questions(subject.operation, subject.size, subject.align, partner, "same")
    if not asked:
        return None
    drawn = sketch(asked[0], target, 1)
    own = [one for one in drawn.drafts if one.thread == 0 and one.place is not None]
    if len(own) != 1:
        raise not_alone(subject.operation)
    return own[0]


def _lowering(subject: Subject, target: Target, layer: Layer) -> Lowering | None:
    own = draft(subject, target)
    if own is None:
        return None
    return select.select(own.name, subject.size, target, layer, own.known, subject.overrides)


def _same(subject: Subject, target: Target, lowering: Lowering) -> tuple[Any, ...]:
    """Return what decides the answer: a feature that changes none of it asks the same."""
    classes = {
        step.cls
        for alternative in lowering.alternatives
        for step in alternative
        if not isinstance(step, Fence)
    }
    arch = target.arch
    said = [(one.id, one.scope) for one in arch.rules]
    said += [(one.id, one.scope) for one in arch.faults]
    spoken = tuple(
        name
        for name, scope in said
        if scope.classes & classes
        and scope.needs <= target.features
        and not scope.lacks & target.features
    )
    memory = (target.axiom("multi-copy-atomic"), target.axiom("mixed-size"), target.order)
    return subject, arch.name, lowering.text, lowering.source, lowering.exact, spoken, memory


@value
class _Record:
    """What one program does at the placements of one class, in one situation."""

    situation: Situation
    modulus: int
    residues: frozenset[int]
    decided: Decided
    faults: bool

    def speaks_of(self, residue: int) -> bool:
        """Whether a residue of a multiple of the modulus is of the class."""
        return residue % self.modulus in self.residues


def _answered(subject: Subject, target: Target, layer: Layer, empty: LayerAnswer) -> LayerAnswer:
    records = list(_records(subject, target, layer))
    modulus = lcm(subject.align, *(one.modulus for one in records))
    outcomes = []
    for residue in range(0, modulus, subject.align):
        here = [one for one in records if one.speaks_of(residue)]
        outcomes.append((residue, _outcome(here)))
    return replace(empty, modulus=modulus, outcomes=tuple(outcomes))


def _records(subject: Subject, target: Target, layer: Layer) -> Iterator[_Record]:
    """Yield what every alternative does in every situation; raises LimitReached.

    What is torn already is not asked again: by another alternative, or to a smaller access, or
    while others write.
    """
    torn: set[int] = set()
    for situation in SITUATIONS if subject.crowd else SITUATIONS[:-1]:
        found = set(torn)
        for program in _programs(subject, target, layer, situation):
            for one in classes(program, PRACTICE)["x"]:
                here = {
                    address
                    for address in range(0, lcm(ADDRESSES, one.modulus), subject.align)
                    if address % one.modulus in one.residues
                }
                if not here <= found:
                    answer = decided(_at(program, one), one, subject.timeout)
                    found |= here if answer.practice is None else set()
                    faults = _faults(program, one)
                    yield _Record(situation, one.modulus, frozenset(one.residues), answer, faults)
        torn = found if situation == "same" else torn


def _programs(
    subject: Subject, target: Target, layer: Layer, situation: Situation
) -> list[Program]:
    """Return every alternative in a situation, those first that make no promise at all."""
    found: list[Program] = []
    for partner in partners(subject.operation):
        for plain in questions(subject.operation, subject.size, subject.align, partner, situation):
            test = replace(plain, overrides=subject.overrides)
            found += programs(test, sketch(test, target, 1), target, layer)
    return sorted(found, key=_is_promised)


def _is_promised(program: Program) -> bool:
    return all(a.cls != BYTES for o in program.operations for a in o.accesses)


def _faults(program: Program, placed: PlacementClass) -> bool:
    """Whether the operation is not performed; raises LimitReached where a part of it is."""
    own = next(o for o in program.operations if o.thread == 0 and any(o.accesses))
    steps = [index for index, step in enumerate(own.steps) if isinstance(step, Access)]
    faulting = [step for (number, step), _ in placed.faults if number == own.number]
    if faulting and steps[0] not in faulting:
        raise LimitReached("an access faults after another of the operation was performed")
    return bool(faulting)


def _at(program: Program, one: PlacementClass) -> Program:
    """Return a program whose location lies at the first residue of a class."""
    places = tuple(
        replace(place, modulus=one.modulus, residue=one.residues[0])
        if place.name == one.location
        else place
        for place in program.places
    )
    return replace(program, places=places)


def _outcome(records: list[_Record]) -> Outcome:
    """Return the worst of what several programs do at one placement.

    What is torn to an access of the operation's size is so in the other situations.
    """
    grades: dict[Situation, Grade] = {}
    found: list[Reasons] = []
    for situation in SITUATIONS:
        here = [one.decided for one in records if one.situation == situation]
        if grades.get("same") == "torn" or not here:  # of a byte nothing is smaller
            grades[situation] = grades["same"]
        elif any(one.practice is None for one in here):
            grades[situation] = "torn"
        else:
            grades[situation] = "practice" if any(one.manual is None for one in here) else "whole"
            found += [one.practice or () if one.manual is None else one.manual for one in here]
    first = [one.faults for one in records if one.situation == "same"]
    reasons = (one for one in union(*found) if not one.rule.startswith("base."))
    return Outcome(
        grades["same"], grades["smaller"], grades["others"], all(first), tuple(reasons)
    )  # fmt: skip
