"""What a proof can rest on beside rules: the alignment of a location, a feature of the target.

Each is a fact behind a literal of its own, as rules, contracts and axioms are. Operations stay the
accesses that they are on the target: what is dropped is that the fact may be used in the proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from checker import litmus as ast
from checker.arch import Target
from checker.lowering.draft import Sketch
from checker.lowering.locations import locations
from checker.model import PRACTICE, Model, witness
from checker.model.logic import Term, conj, negate, require
from checker.model.promises import Promises
from checker.program import Program
from checker.solve import Query
from checker.verdict import Execution, Reason

ALIGN = "align:"
FEATURE = "feature:"
LACKS = "without:"

# --- where locations lie --------------------------------------------------------------------------


def said(test: ast.Test, drawn: Sketch, file: str) -> dict[str, Reason]:
    """Return, for each location that is accessed, what is known of its address, if anything is."""
    used = {draft.place.location for draft in drawn.drafts if draft.place}
    named = {one.name: one for one in locations(test)} if test.dialect == "C" else {}
    found = {}
    for place in drawn.places:
        if place.name not in used or place.modulus == 1:
            continue
        by, cite = "as the dialect lays locations out", "docs/language.md, placement"
        if place.name in named:
            location = named[place.name]
            attributes = location.attributes
            by = "by its type"
            if attributes.aligned:
                by = f"by __aligned({attributes.aligned})"
            if attributes.offset is not None:
                by = f"by __at({attributes.offset})"
            line, column = location.at
            cite = f"{file}:{line}:{column}"
        of = f"a multiple of {place.modulus}"
        if place.residue:
            of = f"{place.residue} modulo {place.modulus}"
        says = f"the address of `{place.name}` is {of}, {by}"
        found[place.name] = Reason(f"{ALIGN}{place.name}", says, cite)
    return found


def weakened(drawn: Sketch, facts: Mapping[str, Reason]) -> Sketch:
    """Return a test in which nothing is known of some addresses; what is said stays recorded."""
    places = (
        replace(one, modulus=1, residue=0, said=(one.modulus, one.residue))
        if one.name in facts
        else one
        for one in drawn.places
    )
    return replace(drawn, places=tuple(places))


# --- what the target is ---------------------------------------------------------------------------


def _of_targets(program: Program) -> dict[str, tuple[Reason, ...]]:
    """Return the facts about the targets of threads that each rule, fault and axiom needs."""
    found: dict[str, dict[str, Reason]] = {}
    for target in dict.fromkeys(thread.target for thread in program.threads):
        for name, needs, lacks in _conditions(target):
            facts = {one.rule: one for one in _facts(target, needs, lacks)}
            found.setdefault(name, {}).update(facts)
    return {name: tuple(facts.values()) for name, facts in found.items()}


def _conditions(target: Target) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Yield the promises that a target has only by its features, and those that they need."""
    arch = target.arch
    for rule in arch.rules:
        yield rule.id, rule.scope.needs, rule.scope.lacks
    for fault in arch.faults:
        yield fault.id, fault.scope.needs, fault.scope.lacks
    for axiom in arch.axioms:
        yield axiom.id, axiom.needs, frozenset()


def _facts(target: Target, needs: frozenset[str], lacks: frozenset[str]) -> Iterator[Reason]:
    features = {one.name: one for one in target.arch.features}
    for name in sorted(needs & target.features):
        yield Reason(f"{FEATURE}{name}", features[name].says, features[name].source)
    for name in sorted(lacks - target.features):
        says = f"{target.name} does not have {name}: {features[name].says}"
        yield Reason(f"{LACKS}{name}", says, features[name].source)


def _of_order(program: Program) -> tuple[Reason, ...]:
    target = program.target
    return tuple(_facts(target, target.order.needs, frozenset())) if target.order else ()


# --- the model ------------------------------------------------------------------------------------


class FactPromises(Promises):
    """Promises that hold only where the facts hold that they need."""

    def __init__(self, program: Program, *args: Any, **options: Any) -> None:
        """Find the facts; the rest is as for promises."""
        self.needs = _of_targets(program)
        self._order, self._of_order = f"{program.target.arch.name}.order.", _of_order(program)
        super().__init__(program, *args, **options)

    def holds(self, promise: Reason) -> Term:
        """Return whether a promise and the facts that it needs are assumed."""
        if promise.rule.startswith(self._order):
            self.needs.setdefault(promise.rule, self._of_order)
        facts = self.needs.get(promise.rule, ())
        return conj([super().holds(promise), *map(super().holds, facts)])

    def settled(self, _promise: Reason, /) -> bool:
        """Whether a promise is not in question: here every one is."""
        return False


class FactModel(Model):
    """The executions of a program in which facts can be dropped as promises can."""

    promising = FactPromises

    def __init__(self, program: Program, facts: Mapping[str, Reason], timeout: int) -> None:
        """Assert what makes an execution; `facts` says what is known of the locations' addresses.

        `timeout` is in ms for each question; 0 is none.
        """
        super().__init__(program, evidence=PRACTICE, droppable=True, timeout=timeout)
        for name, classes in self.placements.items():
            for number, one in enumerate(classes):
                if not one.said:
                    placed = self.promises.placed(name, frozenset({number}))
                    held = self.promises.holds(facts[name])
                    require(self.solver, negate(conj((held, placed))))


@dataclass
class FactQuery(Query):
    """A query that assumes any set of promises and facts, ordering axioms among them."""

    facts: Mapping[str, Reason] = field(default_factory=dict)

    @cached_property
    def model(self) -> Model:
        """The program's executions that satisfy the proposition."""
        model = FactModel(self.program, self.facts, self.timeout)
        model.require(model.asker.term(self.program.question))
        model.add_ordering(self.ordering)
        return model

    def named(self, *, practice: bool) -> dict[str, Reason]:
        """Return what can be assumed, by name, in the order of the data."""
        reasons = self.model.promises.reasons
        return {name: reasons[name] for name in self._rules(practice)}

    def core(self, names: frozenset[str]) -> frozenset[str] | None:
        """Return a part of some promises and facts that forbids the proposition, or None."""
        return self._core(self._assumed(names))

    def execution(self, names: frozenset[str]) -> Execution:
        """Return an execution that these promises and facts do not forbid; there must be one."""
        assumed = self._assumed(names)
        promises = self.model.promises
        assert isinstance(promises, FactPromises)
        needs = promises.needs
        in_force = {
            name for name in assumed if all(fact.rule in assumed for fact in needs.get(name, ()))
        }
        return witness.execution(self.model, self.first(*assumed.values()), frozenset(in_force))

    def _assumed(self, names: frozenset[str]) -> dict[str, Any]:
        rules = self._rules(practice=True)
        return {name: literal for name, literal in rules.items() if name in names}
