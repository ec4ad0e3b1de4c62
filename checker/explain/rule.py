"""A rule explained: what it says, and which shipped tests rest on it, found by running them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from checker import arch as archs
from checker.arch import Target, folders
from checker.check import Limits, check, targets
from checker.diagnostic import Diagnostic, LimitReached
from checker.explain.facts import Resting, RuleFacts, Statement
from checker.language import parse
from checker.litmus import Test
from checker.lowering import programs, sketch
from checker.pool import mapped
from checker.program import Program
from checker.resources import data_folder
from checker.value import value
from checker.verdict import Verdict


@value
class _Search:
    """What is looked for in every test."""

    statement: Statement
    family: str
    wanted: frozenset[str]
    """The architectures to look at; none is all."""
    folders: tuple[str, ...]


def explain(statement: Statement, family: str, wanted: frozenset[str], jobs: int) -> RuleFacts:
    """Return what is known of a statement; `wanted` names the architectures to look at, or all."""
    search = _Search(statement, family, wanted, folders.chosen())
    looked = list(_looked_at(search, jobs))
    resting = tuple(
        Resting(one.test, one.file, one.arch, one.answer)
        for one in looked
        if any(reason.rule == statement.id for reason in one.reasons)
    )
    return RuleFacts(statement, family, resting, len(looked))


def _looked_at(search: _Search, jobs: int) -> Iterator[Verdict]:
    """Yield the verdicts of the shipped tests that could rest on a statement."""
    if search.statement.evidence == "unconfirmed" or search.statement.handler == "emulates":
        return
    spelled = (name for arch in archs.family(search.family) for name in (arch.name, *arch.aliases))
    names = "|".join(map(re.escape, spelled))
    pattern = re.compile(rf"^\s*Arch\s*=.*\b({names})\b".encode(), re.MULTILINE)
    paths = sorted(data_folder("litmus").rglob("*.litmus"))
    found = [path for path in paths if pattern.search(path.read_bytes())]
    work = partial(_verdicts, search)
    chunk = max(1, len(found) // (8 * max(1, jobs)))
    yield from chain.from_iterable(mapped(work, found, jobs, chunk))


def _verdicts(search: _Search, path: Path) -> list[Verdict]:
    """Return the verdicts on one test, without witnesses; what is wrong in it `check` says."""
    folders.use(search.folders)
    limits = Limits()
    found = []
    try:
        test = parse(path.read_bytes(), str(path))
        for target in targets(test, []):
            arch = target.arch
            if arch.family != search.family or (search.wanted and arch.name not in search.wanted):
                continue
            if _may_matter(search.statement, test, target, limits):
                shown = str(path.relative_to(data_folder("litmus").parent))
                found.append(replace(check(test, target, shown, limits), witness=None))
    except Diagnostic:
        pass
    return found


def _may_matter(statement: Statement, test: Test, target: Target, limits: Limits) -> bool:
    """Whether some access of a test is in a statement's scope: else no proof can rest on it."""
    if statement.kind == "order":
        return target.arch.name in statement.archs and target.order is not None
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
            rules, faults = target.rules_for(access, kind), target.faults_for(access, kind)
            if name in (*(rule.id for rule in rules), *(fault.id for fault in faults)):
                return True
    return False
