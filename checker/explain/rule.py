"""A rule explained: what it says, and which shipped tests rest on it, found by running them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from checker import arch as archs
from checker.arch import Target
from checker.check import Limits, check, targets
from checker.diagnostic import Diagnostic, LimitReached
from checker.explain.facts import Resting, RuleFacts, Statement
from checker.language import parse
from checker.litmus import Test
from checker.lowering import programs, sketch
from checker.program import Program
from checker.resources import data_folder
from checker.verdict import Verdict


def explain(statement: Statement, family: str, wanted: frozenset[str], limits: Limits) -> RuleFacts:
    """Return what is known of a statement; `wanted` names the architectures to look at, or all."""
    looked = list(_looked_at(statement, family, wanted, limits))
    resting = tuple(
        Resting(one.test, one.file, one.arch, one.answer)
        for one in looked
        if any(reason.rule == statement.id for reason in one.reasons)
    )
    return RuleFacts(statement, family, resting, len(looked))


def _looked_at(
    statement: Statement, family: str, wanted: frozenset[str], limits: Limits
) -> Iterator[Verdict]:
    """Yield the verdicts of the shipped tests that could rest on a statement."""
    if statement.evidence == "unconfirmed" or statement.handler == "emulates":
        return
    folder = data_folder("litmus")
    for path in sorted(folder.rglob("*.litmus")):
        for test, target in _named(path, family, wanted):
            try:
                if _may_matter(statement, test, target, limits):
                    shown = str(path.relative_to(folder.parent))
                    yield check(test, target, shown, limits)
            except Diagnostic:
                continue  # `litmus check` says why


def _named(path: Path, family: str, wanted: frozenset[str]) -> Iterator[tuple[Test, Target]]:
    """Yield a test with each target of a family that it names."""
    raw = path.read_bytes()
    spelled = (name for arch in archs.family(family) for name in (arch.name, *arch.aliases))
    pattern = rf"^\s*Arch\s*=.*\b({'|'.join(map(re.escape, spelled))})\b"
    if not re.search(pattern.encode(), raw, re.MULTILINE):
        return
    try:
        test = parse(raw, str(path))
        for target in targets(test, []):
            arch = target.arch
            if arch.family == family and (not wanted or arch.name in wanted):
                yield test, target
    except Diagnostic:
        return


def _may_matter(statement: Statement, test: Test, target: Target, limits: Limits) -> bool:
    """Whether some access of a test is in a statement's scope: else no proof can rest on it."""
    if statement.kind == "axiom":
        return any(axiom.id == statement.id for axiom in target.arch.axioms)
    try:
        drawn = sketch(test, target, limits.unroll, faults=test.faults)
        return any(
            _speaks_of(statement.id, program)
            for layer in ("code", "contract")
            for program in programs(test, drawn, target, layer)
        )
    except LimitReached:
        return False


def _speaks_of(name: str, program: Program) -> bool:
    memory = {place.name: place.memory for place in program.places}
    for operation in program.operations:
        target = program.threads[operation.thread].target
        for access in operation.accesses:
            kind = memory[access.footprint.location]
            spoken = (*target.rules_for(access, kind), *target.faults_for(access, kind))
            if any(one.id == name for one in spoken):
                return True
    return False
