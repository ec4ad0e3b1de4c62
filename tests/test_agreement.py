"""The encoder and the oracle, asked the same about programs that hypothesis draws."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import expression, solve
from checker import states as listing
from checker.program import Footprint, IsTorn, Logic, MemoryIs, Place, Program, Shown, ValueIs
from tests import bruteforce, oracle_values
from tests.asked import BASE
from tests.build import Case, load, operation, program, result
from tests.drawn_expressions import expressions
from tests.examples import drawn
from tests.inputs import computed
from tests.strategies import cases


def agree(asked: Program, practice: bool) -> None:
    expected = bruteforce.reachable(asked, practice=practice)
    assert solve.reachable(asked, practice=practice, ordering=BASE) is expected, asked.question


@drawn(200)
@given(cases(), st.booleans())
def test_reachable(case: Case, practice: bool) -> None:
    agree(case.program, practice)


@drawn(200)
@given(cases(), st.booleans())
def test_states(case: Case, practice: bool) -> None:
    expected = bruteforce.states(case.program, practice=practice)
    assert listing.states(case.program, practice=practice, ordering=BASE) == expected


@drawn(200, part=2)
@given(cases(), st.booleans(), st.integers(0, 99))
def test_torn(case: Case, practice: bool, choice: int) -> None:
    """Ask of each read whether it is torn: at all, and in one of the executions there are."""
    one = case.program
    reads = [o for o in one.operations if any(a.kind == "load" for a in o.accesses)]
    seen = [result(o) for o in reads]
    memory = [Footprint(p.name, 0, p.size) for p in one.places]
    shown = tuple(Shown("", what, 8 * what.size, signed=False) for what in memory)
    shown += tuple(Shown("", what, what.bits, signed=False) for what in seen)
    found = sorted(bruteforce.states(replace(one, shown=shown), practice=practice))
    for read in reads:
        torn = IsTorn(((read.number, read.guard),))
        agree(replace(one, question=torn), practice)
        if found:
            values = iter(value for _, value in found[choice % len(found)])
            same = Logic(
                "and",
                (*(MemoryIs(what, next(values)) for what in memory),
                 *(ValueIs(what, next(values)) for what in seen)),
            )  # fmt: skip
            for question in (torn, Logic("not", (torn,))):
                agree(replace(one, question=Logic("and", (same, question))), practice)


@drawn(200, part=4)
@given(cases(), st.booleans())
def test_placements(case: Case, practice: bool) -> None:
    """The residues at which the proposition is reached, as a verdict lists them."""
    query = solve.Query(case.program, ordering=BASE)
    for found in query.residues(practice=practice) if query.reachable(practice=practice) else ():
        expected = bruteforce.reached(case.program, found.location, practice=practice)
        assert {address % found.modulus for address in expected} == set(found.residues)
        possible = case.program.place(found.location).residues(found.modulus)
        assert found.everywhere is (set(possible) == set(found.residues))


READS = tuple(operation(n, 0, load(size, at=2**n - 1)) for n, size in enumerate((1, 2, 4)))


@drawn(200, part=2)
@given(
    st.sampled_from([1, 8, 16, 32, 64]).flatmap(lambda bits: expressions(READS, bits, 3)),
    st.binary(min_size=7, max_size=7),
)
def test_arithmetic(value: expression.Expression, memory: bytes) -> None:
    """What is computed of known bytes is what expressions say."""

    def read(number: int) -> int:
        return int.from_bytes(memory[2**number - 1 : 2 ** (number + 1) - 1], "little")

    expected = computed(value, read)
    one = program(
        READS, places=[Place("x", 7, tuple(memory), 8)],
        shown=(Shown("value", value, value.bits, signed=False),),
    )  # fmt: skip
    assert listing.states(one, ordering=BASE) == {(("value", expected),)}


@pytest.mark.parametrize("op", sorted(expression.BINARY))
def test_operators(op: str) -> None:
    """Each operator, at the ends of its range."""
    ends = (0, 1, 7, 8, 0x7F, 0x80, 0xFF)
    some = (operation(0, 0, load(1)), operation(1, 0, load(1, 1)))
    value = expression.binary(op, expression.ReadValue(0, 8), expression.ReadValue(1, 8))
    shown = (Shown("value", value, value.bits, signed=False),)
    for a, b in product(ends, ends):
        expected = computed(value, {0: a, 1: b}.__getitem__)
        returned = {0: a, 1: b}
        assert oracle_values.number(value, lambda read, _: returned[read]) == expected  # noqa: B023
        one = program(some, places=[Place("x", 2, (a, b), 8)], shown=shown)
        assert listing.states(one, ordering=BASE) == {(("value", expected),)}
