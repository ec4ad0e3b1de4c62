"""The solver's answers, shared between programs that ask the same of alike hardware.

Two programs are alike where their accesses and the units these are granted agree, whatever the
rules are called: the answer is then the same, and the rules it rests on are those in the same
places. Only where ordering axioms were looked at is the architecture a part of the question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from checker.arch.folders import remembered
from checker.model.placement import PlacementClass
from checker.program import Access, Operation, Program
from checker.prove.answer import Reasons
from checker.solve import Query
from checker.value import value
from checker.verdict import Reason


@value
class Decided:
    """Why a program's question cannot be reached: None where it can."""

    manual: Reasons | None
    """By manuals and contracts alone."""
    practice: Reasons | None
    """Where established practice counts too."""


@value
class _Known:
    """The same with rules by their number; reasons that have none are kept as they are."""

    manual: tuple[int | Reason, ...] | None
    practice: tuple[int | Reason, ...] | None


def decided(program: Program, placed: PlacementClass, timeout: int) -> Decided:
    """Ask the solver about a program at one placement, once for all that ask the same.

    `timeout` is in ms for each question; 0 is none. Raises LimitReached.
    """
    rules = _rules(program, placed)
    numbers = {reason.rule: number for number, reason in enumerate(rules)}
    alike = (*_alike(program, placed, numbers), tuple(one.evidence for one in rules), timeout)
    order = program.target.order
    own = (*alike, program.target.arch.name, order.path if order else None)
    known = _known().get(alike) or _known().get(own)
    if known is None:
        query = Query(program, timeout)
        known = _numbered(_ask(query), numbers)
        _known()[own if query.model.ordered else alike] = known
    return Decided(_named(known.manual, rules), _named(known.practice, rules))


@remembered
def _known() -> dict[Any, _Known]:
    return {}


def _ask(query: Query) -> Decided:
    if query.reachable(practice=True):
        return Decided(None, None)
    if query.reachable(practice=False):
        return Decided(None, query.reasons(practice=True))
    manual = query.reasons(practice=False)
    return Decided(manual, manual)


def _numbered(found: Decided, numbers: dict[str, int]) -> _Known:
    manual, practice = (
        None if one is None else tuple(numbers.get(reason.rule, reason) for reason in one)
        for one in (found.manual, found.practice)
    )
    return _Known(manual, practice)


def _named(known: tuple[int | Reason, ...] | None, rules: Reasons) -> Reasons | None:
    if known is None:
        return None
    return tuple(rules[one] if isinstance(one, int) else one for one in known)


def _rules(program: Program, placed: PlacementClass) -> Reasons:
    """Return all promises that a program's answer can rest on but ordering, each once."""
    found = {
        grant.promise.rule: grant.promise for _, grants in placed.grants for grant in grants
    }  # fmt: skip
    found |= {reason.rule: reason for _, reason in placed.faults}
    target = program.target
    for axiom in target.arch.axioms:
        if axiom.kind == "mixed-size" or axiom is target.axiom("multi-copy-atomic"):
            found[axiom.id] = Reason(axiom.id, axiom.says, axiom.source, axiom.evidence)
    return tuple(found.values())


def _alike(program: Program, placed: PlacementClass, numbers: dict[str, int]) -> tuple[Any, ...]:
    """Return all that the base axioms are made of, without names."""
    operations = tuple(_bare(operation) for operation in program.operations)
    grants = tuple(
        (access, tuple((numbers[g.promise.rule], g.start, g.end, g.rmw) for g in granted))
        for access, granted in placed.grants
    )
    faults = tuple((access, numbers[reason.rule]) for access, reason in placed.faults)
    axioms = tuple(
        (axiom.kind, numbers[axiom.id]) for axiom in program.target.arch.axioms
        if axiom.id in numbers
    )  # fmt: skip
    sizes = tuple(place.size for place in program.places)
    held = (program.assumed, program.environment, program.keep)
    return operations, grants, faults, axioms, sizes, program.question, held


def _bare(operation: Operation) -> Operation:
    steps = tuple(
        replace(step, cls="", element=0, promised="", cite="") if isinstance(step, Access) else step
        for step in operation.steps
    )
    return replace(operation, name="", lowering="", at=(0, 0), steps=steps)
