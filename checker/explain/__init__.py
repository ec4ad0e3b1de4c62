"""Explanations: of an architecture, of an operation, or of what a verdict rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import arch as archs
from checker.arch import IDEAL_RULE
from checker.arch.kernel import COMPLETE, Kernel
from checker.diagnostic import Diagnostic, nearest
from checker.explain import architecture, operation, rule, statements
from checker.explain.facts import Facts, RuleFacts, Statement
from checker.lowering import select
from checker.lowering.operations import IDEAL, shape
from checker.solve import COHERENCE

_BASE = {
    COHERENCE.rule: Statement(
        COHERENCE.rule, "axiom", (), COHERENCE.says, "manual", COHERENCE.cite,
        "it holds on every architecture, whatever the promises",
    ),
    IDEAL_RULE.id: replace(
        statements.of_rule(IDEAL_RULE), note="only the other side of a table's question is such"
    ),
}  # fmt: skip
"""What a proof can rest on that no architecture says."""


def explain(
    what: str, wanted: tuple[str, ...] = (), kernel: Kernel | None = None, jobs: int = 1
) -> Facts:
    """Return the explanation of a name; raises Diagnostic, with the nearest name as its hint.

    `wanted` are the architectures that an operation or a rule is explained for: none is all.
    """
    version = kernel or COMPLETE
    if _is_architecture(what):
        return architecture.explain(archs.target(what, version))
    if what in _BASE:
        return RuleFacts(_BASE[what], "", (), 0)
    name = what.removesuffix(".contract").removesuffix("()")
    known = _operation(name)
    if known is not None:
        targets = [archs.target(one, version) for one in wanted or archs.names()]
        return operation.explain(name, known, targets, dated=kernel is not None)
    found = _rule(what, frozenset(archs.target(one).arch.name for one in wanted), jobs)
    if found is None:
        hint = nearest(what, _names()) or "an architecture, an operation or a rule"
        raise Diagnostic(f"nothing is called `{what}`", hint=hint)
    return found


def _is_architecture(what: str) -> bool:
    """Whether a name is an architecture's; raises Diagnostic for one with features it has not."""
    name = what.partition("@")[0].partition("+")[0]
    try:
        archs.target(name)
    except Diagnostic as problem:
        if problem.file or name != what:
            raise
        return False
    return True


def _operation(name: str) -> str | None:
    if name in IDEAL:
        return None
    found = shape(name)
    return found.operation if found else select.canonical(name)


def _rule(what: str, wanted: frozenset[str], jobs: int) -> RuleFacts | None:
    """Return the rule, axiom or fault of a name; likely families are read first."""
    begins = what.partition(".")[0]
    families = archs.families()
    for family in sorted(families, key=lambda one: begins not in (one, *families[one])):
        statement = statements.find(what, family)
        if statement is not None:
            return rule.explain(statement, family, wanted, jobs)
    return None


def _names() -> Iterator[str]:
    """Yield all that can be explained."""
    yield from (name for name in archs.operations() if name not in IDEAL)
    yield from _BASE
    for family in archs.families():
        for arch in archs.family(family):
            yield from (arch.name, *arch.aliases)
            yield from (one.id for one in statements.of_architecture(arch))
            yield from (one.id for one in statements.orders(archs.target(arch.name)))
