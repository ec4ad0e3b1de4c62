"""`litmus explain FILE`: the search for minimal sets, and every set against the oracle."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.arch import Target
from checker.argument import sets
from checker.argument.facts import ALIGN, FEATURE, LACKS
from checker.argument.proof import Proof
from checker.program import Place, Program
from checker.verdict import Reason
from tests import bruteforce
from tests.arguments import Set, least, subsets
from tests.asked import BASE, NEW
from tests.build import fault, load, operation, program, rule, store, synthetic
from tests.examples import drawn

# --- the search -----------------------------------------------------------------------------------

NAMES = "abcdef"
FAMILIES = st.sets(st.frozensets(st.sampled_from(NAMES)), max_size=6)


@given(FAMILIES)
@drawn(150)
def test_the_search_finds_every_minimal_set_and_no_other(family: set[Set]) -> None:
    def suffices(names: Set) -> Set | None:
        return names if any(one <= names for one in family) else None

    found, complete = sets.minimal(NAMES, suffices, 100)
    assert complete
    assert len(found) == len(set(found))
    assert set(found) == least(NAMES, lambda names: suffices(names) is not None)


@given(FAMILIES, st.integers(1, 6))
@drawn(100)
def test_a_bound_is_named_only_where_there_is_more(family: set[Set], most: int) -> None:
    def suffices(names: Set) -> Set | None:
        return names if any(one <= names for one in family) else None

    every = least(NAMES, lambda names: suffices(names) is not None)
    found, complete = sets.minimal(NAMES, suffices, most)
    assert complete is (len(every) <= most)
    assert len(found) == min(most, len(every))
    assert set(found) <= every


# --- every set of promises and facts, against the oracle ------------------------------------------

WIDE = Place("x", 4, (0,) * 4, 4)
_STORE = operation(0, 0, store(4), value=NEW & 0xFFFFFFFF)
_NARROW = operation(1, 1, store(2), value=0x2222)
_LOAD = operation(2, 2, load(4))
_ALIGNED = rule("whole", id="aligned", align="size")
_INSIDE = rule("whole", id="inside", within=4)
_FAULT = fault("size", id="fault")

ORACLE: dict[str, Program] = {
    "a rule and an alignment": program([_STORE, replace(_LOAD, number=1, thread=1)],
                                       targets=synthetic(_ALIGNED), places=[WIDE]),
    "two rules": program([_STORE, replace(_LOAD, number=1, thread=1)],
                         targets=synthetic(_ALIGNED, _INSIDE), places=[WIDE]),
    "a fault instead of the alignment": program([_STORE, replace(_LOAD, number=1, thread=1)],
                                                targets=synthetic(_ALIGNED, _FAULT), places=[WIDE]),
    "an alignment that does not help": program([_STORE, replace(_LOAD, number=1, thread=1)],
                                               targets=synthetic(_INSIDE),
                                               places=[replace(WIDE, modulus=2, residue=0)]),
    "an offset": program([_STORE, replace(_LOAD, number=1, thread=1)],
                         targets=synthetic(_INSIDE), places=[replace(WIDE, modulus=16, residue=8)]),
    "multi-copy atomicity": program([_STORE, _NARROW, _LOAD], targets=synthetic(_ALIGNED),
                                    places=[WIDE]),
    "a rule at any address": program([_STORE, _NARROW, _LOAD], targets=synthetic(rule("whole")),
                                     places=[WIDE]),
    "practice": program([_STORE, replace(_LOAD, number=1, thread=1)],
                        targets=synthetic(rule("whole", evidence="practice", align=2), _ALIGNED),
                        places=[WIDE]),
    "a feature": program([operation(0, 0, store(4), value=1), operation(1, 1, load(4))],
                         targets="arm64+lse2", places=[WIDE]),
    "a feature that is absent": program(
        [operation(0, 0, store(4, cls="acquire"), value=1),
         operation(1, 1, load(4, cls="acquire"))], targets="arm64", places=[WIDE]),
    "no architecture in common": program([_STORE, _NARROW, _LOAD],
                                         targets=["arm64", "arm64", "x86-64"], places=[WIDE]),
}  # fmt: skip


def _weak(one: Program) -> Program:
    places = [replace(p, modulus=1, residue=0, said=(p.modulus, p.residue)) for p in one.places]
    return replace(one, places=tuple(places))


def _only(target: Target, names: Set) -> Target:
    """Return a target with the promises that are among some names, and whose facts are too."""
    arch = target.arch

    def kept(name: str, needs: Set, lacks: Set) -> bool:
        facts = {f"{FEATURE}{one}" for one in needs & target.features}
        facts |= {f"{LACKS}{one}" for one in lacks - target.features}
        return {name, *facts} <= names

    return replace(
        target,
        arch=replace(
            arch,
            rules=tuple(r for r in arch.rules if kept(r.id, r.scope.needs, r.scope.lacks)),
            faults=tuple(f for f in arch.faults if kept(f.id, f.scope.needs, f.scope.lacks)),
            axioms=tuple(a for a in arch.axioms if kept(a.id, a.needs, frozenset())),
        ),
    )


def _as_oracle_has_it(one: Program, names: Set) -> Program:
    """Return a program in which only these promises and facts hold."""
    return replace(
        one,
        places=tuple(
            p if f"{ALIGN}{p.name}" in names else replace(p, modulus=1, residue=0)
            for p in one.places
        ),
        threads=tuple(replace(t, target=_only(t.target, names)) for t in one.threads),
    )


@pytest.mark.parametrize("name", ORACLE)
def test_every_set_suffices_exactly_where_the_oracle_says_so(name: str) -> None:
    asked = ORACLE[name]
    facts = {p.name: Reason(f"{ALIGN}{p.name}", "", "") for p in asked.places}

    def made() -> Proof:
        return Proof([_weak(asked)], [], facts, 20_000, BASE, practice=True)

    names, by_solver = list(made().names()), made()
    assert f"{ALIGN}x" in names or name == "a rule at any address"
    assert len(names) <= 8
    for tried in subsets(names):
        reached = bruteforce.reachable(_as_oracle_has_it(asked, tried))
        assert (by_solver.suffices(tried) is None) is reached, sorted(tried)
    argument = made().argument()
    assert {frozenset(found) for found in argument.sets} == least(
        names, lambda tried: not bruteforce.reachable(_as_oracle_has_it(asked, tried))
    )


def test_the_programs_for_the_oracle_have_arguments_of_several_kinds() -> None:
    facts = {"x": Reason(f"{ALIGN}x", "", "")}
    counts = {
        name: len(Proof([_weak(one)], [], facts, 0, BASE, practice=True).argument().sets)
        for name, one in ORACLE.items()
    }
    assert counts["an alignment that does not help"] == 0
    assert counts["a rule and an alignment"] == 1
    assert counts["a fault instead of the alignment"] == 2
    assert counts["a feature that is absent"] == 2
    assert counts["two rules"] == counts["a feature"] == 2
