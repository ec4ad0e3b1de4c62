"""The cells of a table, each decided by the solver: which aligned parts can be seen torn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from checker.arch import Target
from checker.arch.folders import remembered
from checker.arch.schema import Scope
from checker.diagnostic import LimitReached
from checker.lowering import programs, select, sketch
from checker.lowering.draft import Sketch
from checker.lowering.select import Lowering
from checker.model import PRACTICE
from checker.model.placement import classes
from checker.program import BYTES, Fence, Layer, Program
from checker.solve import Query
from checker.table.cells import Answer, Cell
from checker.table.question import Partner, partners, question
from checker.value import value
from checker.verdict import Reason

Reasons = tuple[Reason, ...]


def cell(operation: str, size: int, align: int, target: Target, timeout: int = 0) -> Cell:
    """Return one cell; raises Diagnostic where the data is not well formed.

    `timeout` is in ms for each question to the solver; 0 is none.
    """
    asked = _Asked(operation, size, align, target, timeout)
    found = partners(operation)
    contract, code = asked.answer("contract"), asked.answer("code")
    if code is None and contract is not None and contract.notation == BYTES:
        contract = None  # nothing is promised, and there is no such code either
    return Cell(operation, size, align, target.name, found, contract, code)


class _Asked:
    """One operation of one size on one architecture, with all that can race with it."""

    def __init__(self, operation: str, size: int, align: int, target: Target, timeout: int) -> None:
        self._operation = operation
        self._size = size
        self._align = align
        self._target = target
        self._timeout = timeout

    def answer(self, layer: Layer) -> Answer | None:
        """Return what a layer keeps together, or None where the operation does not build."""
        lowering = self._lowering(layer)
        if lowering is None:
            return None
        size = self._size
        text = select.one_line(lowering.text)
        empty = Answer(size, 1, 1, text, lowering.source, (), lowering.exact)
        known, same = _answers(), (*self._same(lowering), layer, empty)
        if same not in known:
            try:
                known[same] = self._granted(layer, empty)
            except LimitReached as limit:
                known[same] = replace(empty, limit=str(limit))
        return known[same]

    def _same(self, lowering: Lowering) -> tuple[Any, ...]:
        """Return what decides the answer: a feature that changes none of it asks the same."""
        target = self._target
        classes = {
            step.cls
            for alternative in lowering.alternatives
            for step in alternative
            if not isinstance(step, Fence)
        }
        arch = target.arch
        said = [(one.id, one.scope) for one in arch.rules]
        said += [(one.id, one.scope) for one in arch.faults]
        spoken = tuple(name for name, scope in said if _holds(scope, target) & classes)
        memory = (target.axiom("multi-copy-atomic"), target.order)
        question = (self._operation, self._size, self._align, self._timeout)
        return (*question, arch.name, lowering.text, spoken, memory)

    def _granted(self, layer: Layer, empty: Answer) -> Answer:
        practice: tuple[int, Reasons] | None = None
        unit = self._size
        while unit > 1 or unit == self._size:
            found = self._decided(layer, unit)
            if found is not None:
                manual = [one.manual for one in found]
                reasons = _together(one.practice or () for one in found)
                practice = practice or (unit, reasons)
                if None not in manual:
                    promised = _together(one or () for one in manual)
                    more = practice[1] if practice[0] > unit else ()
                    return replace(
                        empty, unit=unit, practice=practice[0],
                        reasons=_together((promised, more)),
                    )  # fmt: skip
            unit //= 2
        best, reasons = practice or (1, ())
        return replace(empty, practice=best, reasons=reasons)

    def _lowering(self, layer: Layer) -> Lowering | None:
        drawn = self._drawn(self._size, partners(self._operation)[0])
        if drawn is None:
            return None
        draft = next(one for one in drawn.drafts if one.thread == 0)
        return select.select(draft.name, self._size, self._target, layer, draft.known)

    def _drawn(self, unit: int, partner: Partner) -> Sketch | None:
        test = question(self._operation, self._size, self._align, unit, partner)
        return None if test is None else sketch(test, self._target, 1)

    def _decided(self, layer: Layer, unit: int) -> list[_Decided] | None:
        """Return the proofs for every partner and alternative, or None where one has none."""
        found = []
        for partner in partners(self._operation):
            for program in self._programs(layer, unit, partner):
                one = _decide(program, self._timeout)
                if one.practice is None:
                    return None
                found.append(one)
        return found

    def _programs(self, layer: Layer, unit: int, partner: Partner) -> list[Program]:
        """Return every alternative, those first that make no promise at all."""
        test = question(self._operation, self._size, self._align, unit, partner)
        drawn = self._drawn(unit, partner)
        assert test is not None
        assert drawn is not None
        return sorted(programs(test, drawn, self._target, layer), key=_is_promised)


def _holds(scope: Scope, target: Target) -> frozenset[str]:
    """Return the classes that a rule speaks of with a target's features."""
    held = scope.needs <= target.features and not scope.lacks & target.features
    return scope.classes if held else frozenset()


@remembered
def _answers() -> dict[Any, Answer]:
    return {}


def _is_promised(program: Program) -> bool:
    return all(a.cls != BYTES for o in program.operations for a in o.accesses)


def _together(several: Any) -> Reasons:
    """Return reasons once each, without those that no architecture gives."""
    found = {reason.rule: reason for reasons in several for reason in reasons}
    return tuple(one for rule, one in found.items() if not rule.startswith("base."))


@value
class _Decided:
    """Why a program's question cannot be reached: None where it can."""

    manual: Reasons | None
    practice: Reasons | None


def _decide(program: Program, timeout: int) -> _Decided:
    """Ask the solver, once for all that ask the same of the same hardware."""
    known = _known()
    key = _key(program)
    if key not in known:
        query = Query(program, timeout)
        if query.reachable(practice=True):
            known[key] = _Decided(None, None)
        else:
            manual = None
            if not query.reachable(practice=False):
                manual = query.reasons(practice=False)
            known[key] = _Decided(manual, manual or query.reasons(practice=True))
    return known[key]


@remembered
def _known() -> dict[Any, _Decided]:
    return {}


def _key(program: Program) -> Any:
    """Return all that the model is made of, without the names the operations have."""
    operations = tuple(replace(o, name="", lowering="", at=(0, 0)) for o in program.operations)
    granted = tuple((name, tuple(one)) for name, one in classes(program, PRACTICE).items())
    memory = {place.memory for place in program.places}
    axioms = tuple(t.target.axiom("multi-copy-atomic", memory) for t in program.threads)
    return operations, granted, axioms, program.target.order, program.places
