"""Rules, axioms and faults as they are explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from checker import arch as archs
from checker.arch import Target, folders
from checker.arch.schema import AlignmentFault, Architecture, Axiom, Rule, Scope
from checker.explain.facts import Statement


def of_architecture(arch: Architecture) -> Iterator[Statement]:
    """Yield all that is said of an architecture."""
    yield from map(of_rule, arch.rules)
    yield from map(of_axiom, arch.axioms)
    yield from map(of_fault, arch.faults)


def orders(target: Target) -> Iterator[Statement]:
    """Yield the ordering axioms of a target's model, as verdicts name them."""
    from checker.model.cat import cat_model
    from checker.model.cat.syntax import Check

    order = target.order
    if order is None:
        return
    model = cat_model(order.path)
    for one in model.statements:
        if isinstance(one, Check) and not one.flag:
            number = one.name or f"line {one.at[0]}"
            yield Statement(
                f"{target.arch.name}.order.{number}", "order", (target.arch.name,),
                f"the ordering axiom `{number}` of {model.title}", order.evidence, order.source,
                order.note, needs=tuple(sorted(order.needs)), file=folders.shown(order.path),
            )  # fmt: skip


def find(name: str, family: str) -> Statement | None:
    """Return a family's statement of a name, with all the architectures that it is about."""
    found = None
    about = []
    for arch in archs.family(family):
        for one in of_architecture(arch):
            if one.id == name:
                found = one
                about.append(arch.name)
    if found is None:
        models = (
            archs.target("+".join((arch.name, *sorted(order.needs))))
            for arch in archs.family(family)
            for order in arch.orders
        )
        return next((one for each in models for one in orders(each) if one.id == name), None)
    return replace(found, archs=tuple(about))


def of_rule(rule: Rule) -> Statement:
    """Return a rule."""
    return Statement(
        rule.id, "rule", (), rule.says, rule.evidence, rule.source, rule.note,
        align=str(rule.align or ""), within=rule.within, unit=str(rule.unit), rmw=rule.rmw,
        **_scope(rule.scope),
    )  # fmt: skip


def of_fault(fault: AlignmentFault) -> Statement:
    """Return an alignment fault."""
    return Statement(
        fault.id, "fault", (), fault.says, fault.evidence, fault.source, fault.note,
        align=str(fault.align), handler=fault.handler, **_scope(fault.scope),
    )  # fmt: skip


def of_axiom(axiom: Axiom) -> Statement:
    """Return an axiom."""
    return Statement(
        axiom.id, "axiom", (), axiom.says, axiom.evidence, axiom.source, axiom.note,
        needs=tuple(sorted(axiom.needs)), memory=tuple(sorted(axiom.memory)), about=axiom.kind,
    )  # fmt: skip


def _scope(scope: Scope) -> dict[str, Any]:
    return {
        "classes": tuple(sorted(scope.classes)),
        "sizes": tuple(sorted(scope.sizes or ())),
        "elements": tuple(sorted(scope.elements or ())),
        "needs": tuple(sorted(scope.needs)),
        "lacks": tuple(sorted(scope.lacks)),
        "memory": tuple(sorted(scope.memory)),
    }
