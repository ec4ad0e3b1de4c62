"""Shortcuts decide as plain ways do: answers without pictures, choices made at once, less asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import z3

from checker.arch.kernel import COMPLETE
from checker.argument.neighbours import Change, _replaced, changes
from checker.check import Asked, Limits, check, draw
from checker.fix.change import edits
from checker.fix.decide import RANKS, Judge
from checker.fix.search import Search
from checker.fix.source import edited
from checker.lowering import programs
from checker.model.logic import Term
from checker.program import Program
from checker.run import Opened, Request, opened
from checker.solve import Query, decide
from tests.inputs import ROOT

LIMITS = Limits(timeout=20_000)

#   weak tests, in which fences, acquires and releases make a difference
WEAK = [
    ("rcu-publish-unordered", ("arm64", "powerpc64", "riscv64", "alpha", "x86-64")),
    ("trylock-failed", ("arm64", "powerpc64")),
    ("ports-store-buffering", ("arm", "sparc64", "s390x", "mips64")),
    ("unlock-lock-store-buffering", ("powerpc64",)),
]
CASES = [(name, arch) for name, named in WEAK for arch in named]


def read(name: str, arch: str) -> Opened:
    path = ROOT / "litmus" / "linux" / f"{name}.litmus"
    found = opened(str(path), Request((arch,), LIMITS, states=False))
    assert isinstance(found, Opened)
    return found


def changed(name: str, arch: str) -> Iterator[tuple[Opened, Change, Asked]]:
    """Yield a test with each of the changes that its neighbours have."""
    found = read(name, arch)
    (target,) = found.targets
    for one in changes(found, target, draw(found.test, target, LIMITS, found.asked)):
        yield found, one, Asked(edit=partial(_replaced, one.drafts))


def code(name: str, arch: str) -> list[Program]:
    found = read(name, arch)
    (target,) = found.targets
    drawn = draw(found.test, target, LIMITS, found.asked)
    return list(programs(found.test, drawn, target, "code"))


@pytest.mark.parametrize(("name", "arch"), CASES)
def test_a_change_has_the_same_answer_and_reasons_without_a_picture(name: str, arch: str) -> None:
    count = 0
    for found, change, asked in changed(name, arch):
        (own,) = found.targets
        target, test = change.target or own, change.test or found.test
        plain = check(test, target, "", LIMITS, asked)
        fast = check(test, target, "", LIMITS, replace(asked, pictures=False))
        assert (fast.answer, fast.witness) == (plain.answer, None)
        assert fast.reasons == plain.reasons
        count += 1
    assert count


@pytest.mark.parametrize(("name", "arch"), CASES)
def test_the_execution_shown_is_the_first_however_many_choices_are_made_at_once(
    name: str, arch: str
) -> None:
    for program in code(name, arch):
        query = Query(program)
        if not query.reachable(practice=True):
            continue
        rules = query.model.promises.literals(practice=True)
        found = query.first(*rules.values())
        other = Query(program)
        assert other.reachable(practice=True)
        expected = one_by_one(other, list(rules.values()))
        for own in query.model.choices():
            for term in own:
                assert term is True or _holds(found, term) == _holds(expected, term)


def one_by_one(query: Query, pins: list[Term]) -> z3.ModelRef:
    """Return the first execution, each choice by a question of its own."""
    solver = query.model.solver
    if decide(solver, *pins, query.in_order):
        pins.append(query.in_order)
    for options in query.model.choices():
        for term in options:
            if term is True:
                break
            if decide(solver, *pins, term):
                pins.append(term)
                break
    assert decide(solver, *pins)
    return solver.model()


def _holds(found: z3.ModelRef, term: Term) -> bool:
    return bool(z3.is_true(found.eval(term, model_completion=True)))


# --- fix ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [RANKS["forbidden"], RANKS["fragile"]])
@pytest.mark.parametrize("name", ["memcpy-writer-8", "ports-message-passing", "plain-write-8"])
def test_what_is_enough_is_enough_by_the_whole_check(name: str, rank: int) -> None:
    found = read(name, "arm")
    wanted = ("arm", "arm64", "x86-32")

    def judge() -> Judge:
        return Judge(COMPLETE, LIMITS, Asked(), budget=10_000)

    fast, plain = judge(), judge()
    search = Search(found.source, wanted, judge(), fragile=False)
    for arch in wanted:
        fast.judged(found.source, arch)
        for one in search._singles[:12]:
            text = edited(found.source, edits((one,)))
            answer = plain.judged(text, arch).answer
            assert fast.builds(text, arch) == (answer != "unusable")
            assert fast.enough(text, arch, rank) == (RANKS[answer] <= rank)


def test_what_does_not_build_is_not_enough() -> None:
    found = read("plain-write-8", "arm64")
    judge = Judge(COMPLETE, LIMITS, Asked(), budget=100)
    assert judge.builds(found.source, "arm64")
    broken = found.source.replace("P0(", "P0(no_such_type ")
    assert not judge.builds(broken, "arm64")
    assert judge.enough(broken, "arm64", RANKS["fragile"]) is False
