"""One test on one architecture: both layers, every alternative, one verdict."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from checker import arch as archs
from checker import notes
from checker.arch import Target
from checker.arch.kernel import COMPLETE, Kernel
from checker.diagnostic import Diagnostic, LimitReached
from checker.litmus import Test
from checker.lowering import programs, select, sketch
from checker.lowering.asm import ARCHITECTURES
from checker.lowering.draft import Sketch
from checker.model.cat import cat_model
from checker.model.cat.fewer import forbids_no_more
from checker.model.cat.syntax import CatModel
from checker.observation import observe
from checker.program import Place, Program
from checker.solve import Query, reaches_cut, same_hardware
from checker.states import State, states
from checker.value import value
from checker.verdict import Reachable, Reason, Verdict


@value
class Limits:
    """Bounds on the work for one test."""

    timeout: int = 60_000
    """For each question to the solver, in ms; 0 is none."""
    unroll: int = 2
    """Rounds of a loop."""


def targets(test: Test, wanted: list[str], version: Kernel = COMPLETE) -> list[Target]:
    """Return the architectures to check a test on: those wanted, else its own, else all.

    `version` is the kernel of those that name none. Raises Diagnostic for a name that stands for
    nothing.
    """
    for expectation in test.expectations:
        _target(expectation.arch, expectation.at)
    for override in test.overrides:
        _target(override.arch, override.at)
        if select.canonical(override.operation) is None:
            problem = select.unknown_operation(override.operation)
            problem.at = override.at
            raise problem
    if test.dialect != "C":
        return _of_dialect(test, wanted, version)
    if wanted:
        return [archs.target(name, version) for name in wanted]
    if test.archs:
        return [_target(name, at, version) for name, at in test.archs]
    return [archs.target(name, version) for name in archs.names()]


def _of_dialect(test: Test, wanted: list[str], version: Kernel) -> list[Target]:
    """Return the architectures of an assembly test: those of its dialect's that are asked about."""
    own = ARCHITECTURES[test.dialect]
    asked = [archs.target(name, version) for name in wanted]
    asked = asked or [_target(name, at, version) for name, at in test.archs]
    asked = asked or [archs.target(own, version)]
    found = [target for target in asked if target.arch.name == own]
    if not found:
        raise Diagnostic(
            f"a test in {test.dialect} is about {own}, not {asked[0].name}", (1, 1),
            f"--arch {own}, or that with features",
        )  # fmt: skip
    return found


def _target(name: str, at: tuple[int, int], version: Kernel = COMPLETE) -> Target:
    try:
        return archs.target(name, version)
    except Diagnostic as problem:
        problem.at = problem.at if problem.file else at
        raise


@value
class Asked:
    """What is asked about a test beyond its condition."""

    states: bool = False
    """Whether to list every final state."""
    faults: bool = False
    """Whether user copies may fault, though the test does not ask for it."""
    ordering: CatModel | None = None
    """Axioms that hold in place of the architecture's."""
    brief: bool = False
    """Whether the final states are all that is wanted, where they decide the condition: no reasons,
    no witness, and `forbidden` stands for `fragile` too."""
    pictures: bool = True
    """Whether a witness, placements and notes are wanted beside the answer and its reasons."""
    known: Callable[[Program], Query | None] | None = None
    """Returns the query of a program that was asked already."""
    edit: Callable[[Sketch], Sketch] | None = None
    """What is done to the test as it was drawn, before its operations are lowered."""


def check(
    test: Test,
    target: Target,
    file: str = "",
    limits: Limits | None = None,
    asked: Asked | None = None,
) -> Verdict:
    """Return the verdict on a test's condition on one architecture.

    What a test expects counts only for what it asks itself. Raises Diagnostic where the test has no
    meaning there.
    """
    asked = asked or Asked()
    limits = limits or Limits()
    start = time.perf_counter()
    expected = None
    if test.faults or not asked.faults:
        expected = next(
            (e.verdict for e in test.expectations if _same(archs.target(e.arch), target)), None
        )
    verdict = Verdict(
        file=file,
        test=test.name,
        arch=target.name,
        condition=test.condition.text,
        answer="unknown",
        expected=expected,
    )
    try:
        drawn = draw(test, target, limits, asked)
        code = list(programs(test, drawn, target, "code"))
        promises = test.dialect == "C"  # assembly has the code layer only
        contract = list(programs(test, drawn, target, "contract")) if promises else []
        if asked.states or asked.brief:
            found = _states(code, limits, asked.ordering)
            verdict = replace(verdict, states=found, observed=observe(test, code[0].shown, found))
        if asked.brief and verdict.observed is not None and not drawn.cut:
            reached = verdict.observed.reaches(test.condition.quantifier)
            verdict = replace(verdict, answer="allowed" if reached else "forbidden")
        else:
            verdict = _decide(verdict, drawn, code, contract, limits, asked)
            if drawn.cut and verdict.answer != "allowed":
                verdict = _bounded(verdict, [*code, *contract], limits, asked.ordering)
        if asked.pictures:
            said = notes.on(test, target, drawn, code, contract, own_axioms=bool(asked.ordering))
            verdict = replace(verdict, notes=tuple(said))
    except LimitReached as limit:
        verdict = replace(verdict, answer="unknown", limit=str(limit))
    verdict = _judge(test, verdict)
    return replace(verdict, milliseconds=round(1000 * (time.perf_counter() - start), 3))


def draw(test: Test, target: Target, limits: Limits, asked: Asked) -> Sketch:
    """Return a test as it is asked about on an architecture; raises Diagnostic."""
    drawn = sketch(
        test, target, limits.unroll,
        faults=asked.faults or test.faults,
        fewer_reads=lambda: forbids_no_more(_axioms(target, asked.ordering)),
    )  # fmt: skip
    return asked.edit(drawn) if asked.edit else drawn


def _axioms(target: Target, ordering: CatModel | None) -> CatModel | None:
    """Return the axioms that hold on a target: those that are given, or its own."""
    if ordering is None and target.order is not None:
        return cat_model(target.order.path)
    return ordering


def _same(a: Target, b: Target) -> bool:
    return a.arch is b.arch and a.features == b.features and a.kernel == b.kernel


def _decide(
    verdict: Verdict,
    drawn: Sketch,
    code: list[Program],
    contract: list[Program],
    limits: Limits,
    asked: Asked,
) -> Verdict:
    """Answer by today's code first, then by the contracts: DESIGN's three verdicts."""
    today = [_query(program, limits, asked) for program in code]
    for query in today:
        if query.reachable(practice=True):
            if not asked.pictures:
                return replace(verdict, answer="allowed")
            return replace(
                verdict,
                answer="allowed",
                witness=query.witness(practice=True),
                placements=_placements(drawn, today, practice=True),
            )
    promised = [
        next((q for q in today if same_hardware(q.program, program)), None)
        or _query(program, limits, asked)
        for program in contract
    ]
    for queries in (promised, today):
        for query in queries:
            if query.reachable(practice=False):
                if not asked.pictures:
                    reasons = _reasons(today, practice=True)
                    return replace(verdict, answer="fragile", reasons=reasons)
                found = replace(query.witness(practice=False), layer=query.program.layer)
                if queries is promised and query not in today:
                    found = replace(found, layer="contract")
                return replace(
                    verdict,
                    answer="fragile",
                    reasons=_reasons(today, practice=True),
                    witness=found,
                    placements=_placements(drawn, queries, practice=False),
                )
    both = list({id(query): query for query in chain(promised, today)}.values())
    return replace(verdict, answer="forbidden", reasons=_reasons(both, practice=False))


def _query(program: Program, limits: Limits, asked: Asked) -> Query:
    found = asked.known(program) if asked.known else None
    return found or Query(program, limits.timeout, asked.ordering)


def _bounded(
    verdict: Verdict, programs: list[Program], limits: Limits, ordering: CatModel | None
) -> Verdict:
    """Return a verdict on what loops do in so many rounds, or as it is if they do no more."""
    if not any(reaches_cut(program, limits.timeout, ordering) for program in programs):
        return verdict
    assert verdict.answer in ("forbidden", "fragile")
    return replace(
        verdict, answer="unknown", bounded=verdict.answer, rounds=limits.unroll,
        limit=f"loops were followed for {limits.unroll} rounds (try --unroll "
        f"{2 * limits.unroll + 1})",
    )  # fmt: skip


def _reasons(queries: list[Query], *, practice: bool) -> tuple[Reason, ...]:
    """Return what the proofs of all alternatives rest on, each reason once."""
    found = {
        reason.rule: reason for query in queries for reason in query.reasons(practice=practice)
    }
    if len(found) > 1:
        found.pop("base.coherence", None)
        found.pop("base.faults", None)
    return tuple(found.values())


def _placements(drawn: Sketch, queries: list[Query], *, practice: bool) -> tuple[Reachable, ...]:
    """Return the residues at which some alternative reaches the proposition."""
    found: dict[str, list[Reachable]] = {}
    for query in queries:
        if query.reachable(practice=practice):
            for one in query.residues(practice=practice):
                found.setdefault(one.location, []).append(one)
    return tuple(_union(place, found[place.name]) for place in drawn.places if place.name in found)


def _union(place: Place, found: list[Reachable]) -> Reachable:
    """Return where one of several is reached, modulo the largest of their blocks."""
    modulus = max(one.modulus for one in found)
    held = {
        residue + shift
        for one in found
        for residue in one.residues
        for shift in range(0, modulus, one.modulus)
    }
    possible = place.residues(modulus)
    reached = tuple(residue for residue in possible if residue in held)
    return Reachable(place.name, modulus, reached, len(reached) == len(possible))


def _states(code: list[Program], limits: Limits, ordering: CatModel | None) -> tuple[State, ...]:
    found = [states(program, timeout=limits.timeout, ordering=ordering) for program in code]
    return tuple(sorted(frozenset().union(*found)))


def _judge(test: Test, verdict: Verdict) -> Verdict:
    """Add whether the condition holds, and whether that is as wanted."""
    if verdict.answer == "unknown":
        known = verdict.expected in ("unknown", verdict.spelled)
        return replace(verdict, ok=True if known else None)
    reached = verdict.answer == "allowed"
    holds = reached != test.condition.is_assertion
    wanted = holds or not test.condition.is_assertion
    if verdict.expected is not None:
        wanted = verdict.answer == verdict.expected
    return replace(verdict, holds=holds, ok=wanted)
