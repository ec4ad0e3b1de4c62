"""Values: where they come from, when they do not, and the parts of the oracle that compute them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import expression
from checker.expression import TRUE, Const, ReadValue, binary, choose
from checker.program import (
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Place,
    Program,
    Question,
    Shown,
    ValueIs,
)  # fmt: skip
from tests import oracle_bytes, oracle_grants, oracle_values
from tests.asked import (
    BYTES,
    NEW,
    WHOLE,
    X,
    Y,
    one_store_one_load,
    reachable,
    values,
)
from tests.build import load, operation, program, returned, store
from tests.drawn_expressions import expressions  # fmt: skip
from tests.inputs import computed


def copying(value: object = None) -> Program:
    """Return load buffering: each thread stores what it read, or a number."""
    some = []
    for n, (source, to) in enumerate((("x", "y"), ("y", "x"))):
        given = value if isinstance(value, int) else ReadValue(2 * n, 8)
        some.append(operation(2 * n, n, load(1, where=source)))
        some.append(operation(2 * n + 1, n, store(1, where=to), value=given))
    return program(some, targets=BYTES, places=[X, Y])


def test_nothing_comes_out_of_thin_air() -> None:
    assert values(copying()) == {(0, 0)}
    assert values(copying(1)) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_choice_that_is_not_made_carries_no_data() -> None:
    """Load buffering where P0 stores what it read only if a third location says so."""
    first, flag = operation(0, 0, load(1)), operation(1, 0, load(1, where="z"))
    chosen = choose(binary("eq", ReadValue(1, 8), Const(0, 8)), Const(5, 8), ReadValue(0, 8))
    forward = operation(2, 0, store(1, where="y"), value=chosen)
    back = operation(3, 1, load(1, where="y"), store(1), value=ReadValue(3, 8))
    start = [Place(name, 1, (0,)) for name in "xyz"]
    p = program([first, flag, forward, back], places=start)
    assert values(p) == {(0, 0, 0), (0, 0, 5), (5, 0, 5)}


def test_what_is_not_executed_carries_no_data() -> None:
    """P0's third load does not happen, so what is stored of it is 0 and depends on nothing."""
    first, second = operation(0, 0, load(1, where="y")), operation(1, 0, load(1, where="z"))
    forward = operation(2, 0, store(1), value=ReadValue(0, 8))
    never = operation(3, 0, load(1), guard=binary("ult", ReadValue(1, 8), Const(0, 8)))
    pass_on = operation(4, 0, store(1, where="u"), value=ReadValue(3, 8))
    back = operation(5, 1, load(1, where="u"), store(1, where="y"), value=ReadValue(5, 8))
    start = [Place(name, 1, (initial,)) for name, initial in zip("xyzu", (0, 9, 0, 8), strict=True)]
    p = program([first, second, forward, never, pass_on, back], places=start)
    assert (0, 0, 0, 0) in values(p)


def test_bytes_that_go_round_but_not_in_a_circle_are_fine() -> None:
    """P0 copies x to y in two steps; P1 copies y's first byte to x's second in between."""
    steps = (load(1), store(1, where="y"), load(1, 1, 1), store(1, 1, 1, where="y"))
    copy = operation(0, 0, *steps, value=ReadValue(0, 16))
    back = operation(1, 1, load(1, where="y"), store(1, 1), value=ReadValue(1, 8))
    start = [Place("x", 2, (7, 0)), Place("y", 2, (0, 0))]
    p = program([copy, back], targets=BYTES, places=start)
    assert (0x0707, 0x07) in values(p)


def test_guards_follow_what_was_read() -> None:
    first, flag = operation(0, 0, store(1), value=1), operation(1, 1, load(1))
    guard = binary("eq", ReadValue(1, 8), Const(1, 8))
    then = operation(2, 1, store(1, where="y"), value=5, guard=guard)
    final = Shown("y", Footprint("y", 0, 1), 8, signed=False)
    p = program([first, flag, then], places=[X, Y], shown=(*returned(flag), final))
    assert values(p) == {(0, 0), (1, 5)}


def test_what_is_not_executed_returns_nothing() -> None:
    """A byte that an operation did not load is 0."""
    guarded = operation(2, 1, load(1), guard=binary("eq", ReadValue(1, 8), Const(0, 8)))
    some = [operation(0, 0, store(1), value=7), operation(1, 1, load(1)), guarded]
    shown = tuple(Shown(f"r{n}", ReadValue(n, 8), 8, signed=False) for n in (1, 2))
    assert values(program(some, shown=shown)) == {(0, 0), (0, 7), (7, 0)}


def test_what_is_not_executed_does_not_constrain() -> None:
    """The guarded load has one store to take from, and does not happen."""
    write, first = operation(0, 0, store(1), value=7), operation(1, 0, load(1))
    then = operation(2, 0, load(1), guard=binary("eq", ReadValue(1, 8), Const(0, 8)))
    assert values(program([write, first, then])) == {(7, 0)}


def test_assumed_and_keep_cut_executions_off() -> None:
    p = one_store_one_load()
    old = binary("eq", ReadValue(1, 64), Const(0, 64))
    assert values(program(p.operations, assumed=(old,))) == {(0,)}
    assert values(program(p.operations, keep=ValueIs(ReadValue(1, 64), NEW))) == {(NEW,)}
    question = ValueIs(ReadValue(1, 64), NEW)
    assert reachable(program(p.operations, question))
    assert not reachable(program(p.operations, question, assumed=(old,)))
    assert not reachable(program(p.operations, question, keep=Logic("not", (question,))))


def test_columns_are_signed_and_swapped_as_they_say() -> None:
    write = operation(0, 0, store(2), value=0x01FE)
    what = Footprint("x", 0, 2)
    shown = tuple(
        Shown(f"{signed} {swapped}", what, 16, signed=signed, swapped=swapped)
        for signed in (False, True) for swapped in (False, True)
    )  # fmt: skip
    assert values(program([write], shown=shown)) == {(0x01FE, 0xFE01, 0x01FE, 0xFE01 - 0x10000)}


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        (Logic("and", ()), True), (Logic("or", ()), False), (MemoryIs(WHOLE, 5), True),
        (MemoryIs(Footprint("x", 1, 1), 256), True), (MemoryIs(WHOLE, 4), False),
        (Logic("not", (MemoryIs(WHOLE, 5),)), False), (ValueIs(Const(3, 2), 7), True),
        (Logic("implies", (MemoryIs(WHOLE, 5), MemoryIs(WHOLE, 4))), False),
        (Logic("implies", (MemoryIs(WHOLE, 4), MemoryIs(WHOLE, 4))), True),
        (Logic("or", (MemoryIs(WHOLE, 4), MemoryIs(WHOLE, 5))), True), (IsTorn(()), False),
    ],
)  # fmt: skip
def test_questions(question: Question, holds: bool) -> None:
    assert reachable(program([operation(0, 0, store(8), value=5)], question)) is holds


def test_a_read_that_does_not_count_is_not_torn() -> None:
    some = one_store_one_load(residue=4).operations
    where = [Place("x", 8, (0,) * 8, 8, 4)]
    assert reachable(program(some, IsTorn(((1, TRUE),)), places=where))
    assert not reachable(program(some, IsTorn(((1, Const(0, 1)),)), places=where))


# --- its parts ------------------------------------------------------------------------------------

READS = tuple(operation(n, 0, load(size)) for n, size in enumerate((1, 2, 4)))


@given(
    st.sampled_from([1, 8, 16, 32, 64]).flatmap(lambda bits: expressions(READS, bits, 3)),
    st.integers(0, 2**56 - 1),
)
def test_its_arithmetic_is_that_of_expressions(value: expression.Expression, seed: int) -> None:
    def lane(read: int, k: int) -> int:
        return seed >> 8 * (2**read - 1 + k) & 0xFF if k < 2**read else 0

    def whole(read: int) -> int:
        return sum(lane(read, k) << 8 * k for k in range(8))

    expected = computed(value, whole)
    assert oracle_values.number(value, lane) == expected
    for k in range(9):
        assert oracle_values.byte(value, k, lane) == expected >> 8 * k & 0xFF


@given(
    st.sampled_from([1, 8, 32]).flatmap(lambda bits: expressions(READS, bits, 3)),
    st.integers(0, 2**32 - 1) | st.just(2**32 - 1),
    st.integers(1, 255),
)
def test_no_value_is_above_the_highest(value: expression.Expression, read: int, few: int) -> None:
    small = Const(few % (1 << value.bits), value.bits)
    narrowed = (binary(op, value, small) for op in ("and", "urem", "lshr", "add"))
    for one in (value, *narrowed):
        for wide in (one, expression.resize(one, 64, sign=True)):
            assert computed(wide, lambda _: read) <= expression.highest(wide)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=9))
def test_acyclic(edges: list[tuple[int, int]]) -> None:
    reach = set(edges)
    for _ in range(6):
        reach |= {(a, d) for a, b in reach for c, d in reach if b == c}
    assert oracle_bytes.acyclic(edges) is not any(a == b for a, b in reach)


def test_the_choices_for_one_byte() -> None:
    """Two stores of two threads and a load of a third: 2 orders, 3 sources."""
    some = [operation(0, 0, store(1), value=1), operation(1, 1, store(1), value=1)]
    three = [*some, operation(2, 2, load(1))]
    happening = tuple((o, oracle_bytes.everything(o)) for o in three)
    assert len(oracle_bytes.choices(oracle_bytes.events_of(program(three), happening))) == 6


def test_placements_are_those_that_differ() -> None:
    assert len(list(oracle_grants.placements(one_store_one_load(modulus=4), practice=True))) == 2
