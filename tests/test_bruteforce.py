"""The oracle, and the encoder with it, on programs whose answer is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from checker.arch import Target
from checker.expression import TRUE, Const, ReadValue, binary
from checker.program import (
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Operation,
    Place,
    Program,
    ValueIs,
)  # fmt: skip
from tests.asked import (
    ATOMIC,
    BYTES,
    MEMORY,
    NEW,
    SINGLE,
    SINGLE_NOT_MCA,
    WHOLE,
    one_store_one_load,
    reachable,
    rmw,
    states,
    values,
)
from tests.build import load, operation, program, returned, rule, store, synthetic

# --- one store, one load --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "modulus", "residue", "torn"),
    [
        ("arm64", 8, 0, False), ("arm64", 8, 4, True), ("arm64", 4, 0, True),
        ("arm64+lse2", 8, 4, True), ("arm64+lse2", 16, 4, False), ("arm64+lse2", 16, 12, True),
        ("x86-64", 8, 0, False), ("x86-64", 8, 1, True), ("x86-64", 64, 60, True),
        ("x86-64+intel", 64, 60, True), ("x86-64+intel", 64, 50, False),
        ("riscv64", 8, 0, False), ("riscv64", 8, 4, True), ("riscv64+zama16b", 16, 4, False),
    ],
)  # fmt: skip
def test_one_register_is_torn_where_no_rule_holds(
    on: str, modulus: int, residue: int, torn: bool
) -> None:
    p = one_store_one_load(on=on, modulus=modulus, residue=residue)
    assert reachable(p) is torn
    assert len(states(p)) == (256 if torn else 2)


def test_states_of_an_aligned_register_are_old_and_new() -> None:
    assert values(one_store_one_load()) == {(0,), (NEW,)}


def test_a_store_in_two_halves_is_torn() -> None:
    halves = operation(0, 0, store(4), store(4, 4, 4), value=NEW)
    p = program([halves, operation(1, 1, load(8))])
    assert reachable(p)
    assert values(p) == {(0,), (NEW,), (NEW & 0xFFFFFFFF,), (NEW >> 32 << 32,)}


def test_a_load_in_two_halves_is_torn() -> None:
    p = program([operation(0, 0, store(8), value=NEW), operation(1, 1, load(4), load(4, 4, 4))])
    assert reachable(p)


def test_two_stores_of_half_the_bytes_are_two_writes() -> None:
    low = operation(0, 0, store(4), value=NEW & 0xFFFFFFFF)
    high = operation(1, 0, store(4, 4), value=NEW >> 32)
    p = program([low, high, operation(2, 1, load(8))])
    assert not reachable(p)
    assert len(states(p)) == 4


def test_a_mixture_that_looks_whole_is_torn() -> None:
    halves = operation(0, 0, store(4), store(4, 4, 4), value=0)
    p = program([halves, operation(1, 1, load(8))])
    assert values(p) == {(0,)}
    assert reachable(p)


def test_a_mixture_in_memory_is_torn() -> None:
    """Both orders of the halves of two stores are final; the whole load of a mixture is torn."""
    some = [operation(n, n, store(2), store(2, 2, 2), value=0x01010101 * (n + 1)) for n in range(2)]
    some.append(operation(2, 2, load(4)))
    final = {v for (v,) in values(program(some, shown=(MEMORY,)))}
    assert final == {0x01010101, 0x01010202, 0x02020101, 0x02020202}
    mixed = Logic("and", (MemoryIs(WHOLE, 0x01010202), ValueIs(ReadValue(2, 32), 0x01010202)))
    assert reachable(program(some, mixed))
    whole = Logic("not", (IsTorn(((2, TRUE),)),))
    assert not reachable(program(some, Logic("and", (mixed, whole))))


def test_repeated_stores_make_one_write_visible_from_its_first() -> None:
    twice = operation(0, 0, store(2), store(2), value=0x1211)
    both = synthetic(rule("whole", align="size"))
    p = program([twice, operation(1, 1, load(2))], targets=both)
    assert not reachable(p)
    lopsided = operation(0, 0, store(1), store(2), value=0x1211)
    assert reachable(program([lopsided, operation(1, 1, load(2))], targets=both))


def test_an_operation_is_not_torn_by_its_own_stores() -> None:
    mixed = operation(0, 0, store(1), load(2), store(1, 1, 1), value=0x1211)
    p = program([mixed])
    assert not reachable(p)
    assert values(p) == {(0x11,)}


def test_the_later_of_two_loads_counts() -> None:
    reader = operation(1, 1, load(2), load(1, 0))
    p = program([operation(0, 0, store(2), value=0x1211), reader], targets=SINGLE)
    assert values(p) == {(0,), (0x1211,), (0x0011,)}
    assert reachable(p)


# --- coherence ------------------------------------------------------------------------------------


def test_corr() -> None:
    reads = [operation(n, 1, load(1)) for n in (1, 2)]
    assert values(program([operation(0, 0, store(1), value=1), *reads])) == {(0, 0), (0, 1), (1, 1)}


def test_cowr_and_coww() -> None:
    writes = [operation(0, 0, store(1), value=1), operation(1, 0, store(1), value=2)]
    read = operation(2, 0, load(1))
    p = program([*writes, read], shown=(*returned(read), MEMORY))
    assert values(p) == {(2, 2)}


def test_corw() -> None:
    read, write = operation(0, 0, load(1)), operation(1, 0, store(1), value=1)
    other = operation(2, 1, store(1), value=2)
    p = program([read, write, other], shown=(*returned(read), MEMORY))
    assert values(p) == {(0, 1), (0, 2), (2, 1)}


def test_two_threads_agree_on_the_order_of_two_stores() -> None:
    writes = [operation(n, n, store(1), value=n + 1) for n in range(2)]
    reads = [operation(n, 2 + (n > 3), load(1)) for n in range(2, 6)]
    found = values(program([*writes, *reads], targets=BYTES))
    assert (1, 2, 1, 2) in found
    assert (1, 2, 2, 1) not in found


# --- units ----------------------------------------------------------------------------------------


def test_units_of_two_bytes_are_torn_between_them_only() -> None:
    twos = synthetic(rule(2))
    p = program(
        [operation(0, 0, store(4), value=0x14131211), operation(1, 1, load(4))], targets=twos
    )
    assert values(p) == {(0,), (0x1211,), (0x14130000,), (0x14131211,)}


def test_units_of_two_rules_both_hold() -> None:
    """Bytes 0-1 by one rule and the element, bytes 0-3, by another: chained, they are not one."""
    both = synthetic(rule(2, align=2), rule("element", elements=frozenset({4})))
    some = [operation(0, 0, store(8, element=4), value=NEW), operation(1, 1, load(8, element=4))]
    assert len(values(program(some, targets=both))) == 4


def test_a_wide_store_of_bytes_and_a_whole_load_are_torn() -> None:
    p = program([operation(0, 0, store(2, cls="bytes"), value=0x1211), operation(1, 1, load(2))])
    assert values(p) == {(0,), (0x11,), (0x1200,), (0x1211,)}


def test_a_promise_makes_an_aligned_access_whole() -> None:
    for residue, torn in ((0, False), (1, True)):
        steps: dict[str, Any] = {"cls": "bytes", "promised": "contract"}
        p = program(
            [operation(0, 0, store(2, **steps), value=0x1211), operation(1, 1, load(2, **steps))],
            places=[Place("x", 2, (0, 0), 2, residue)],
        )
        assert reachable(p) is torn


def test_practice_does_not_count_as_a_manual() -> None:
    custom = synthetic(rule("whole", evidence="practice"))
    p = program([operation(0, 0, store(2), value=1), operation(1, 1, load(2))], targets=custom)
    assert not reachable(p)
    assert reachable(p, practice=False)
    never = synthetic(rule("whole", evidence="unconfirmed"))
    assert reachable(program(p.operations, targets=never))


def test_overlapping_whole_stores_are_ordered_alike_at_shared_bytes() -> None:
    p = program(
        [operation(0, 0, store(2), value=0x1111), operation(1, 1, store(2), value=0x2222)],
        targets=SINGLE, shown=(MEMORY,),
    )  # fmt: skip
    assert values(p) == {(0x1111,), (0x2222,)}
    assert len(values(program(p.operations, targets=BYTES, shown=(MEMORY,)))) == 4


# --- multi-copy atomicity -------------------------------------------------------------------------


def narrow_over_wide(on: Target | str | Sequence[Target | str], size: int = 2) -> Program:
    """Return a wide store, a narrow one of another thread, and a wide load of a third."""
    wide = int.from_bytes(bytes([0x11] * size), "little")
    some = [
        operation(0, 0, store(size), value=wide), operation(1, 1, store(1), value=0x22),
        operation(2, 2, load(size)),
    ]  # fmt: skip
    above = MemoryIs(Footprint("x", 0, size), wide & ~0xFF | 0x22)
    read = ValueIs(ReadValue(2, 8 * size), 0x22)
    return program(some, Logic("and", (above, read)), targets=on)


def test_a_narrow_store_is_not_seen_before_the_wide_one_beneath_it() -> None:
    assert not reachable(narrow_over_wide("arm64", 8))
    assert not reachable(narrow_over_wide("x86-64", 8))
    assert not reachable(narrow_over_wide("arm+v8", 4))
    assert reachable(narrow_over_wide("arm", 4))
    assert reachable(narrow_over_wide(SINGLE_NOT_MCA))
    assert not reachable(narrow_over_wide(SINGLE))


def test_multi_copy_atomicity_needs_every_thread() -> None:
    assert reachable(narrow_over_wide([SINGLE, SINGLE, SINGLE_NOT_MCA]))
    assert not reachable(narrow_over_wide(["arm64", "arm64", "arm64+lse2"]))


def test_multi_copy_atomicity_needs_the_evidence_of_every_thread() -> None:
    known = synthetic(rule("whole", "gpr", "atom", align="size"), mca="practice")
    for on in ([SINGLE, SINGLE, known], [known, SINGLE, SINGLE]):
        assert not reachable(narrow_over_wide(on))
        assert reachable(narrow_over_wide(on), practice=False)


def test_a_store_that_is_whole_by_practice_only_is_seen_in_one_order() -> None:
    """Each byte of the store comes before one load and after the other, and loads are whole."""
    on = synthetic(rule("whole"), rule("whole", "pair", evidence="practice"))
    write = operation(0, 0, store(2, cls="pair"), value=0x2211)
    reads = (operation(1, 1, load(2)), operation(2, 2, load(2)))
    both = (ValueIs(ReadValue(1, 16), 0x0011), ValueIs(ReadValue(2, 16), 0x2200))
    p = program([write, *reads], Logic("and", both), targets=on)
    assert not reachable(p)
    assert not reachable(p, practice=False)
    one = program([write, *reads], both[0], targets=on)
    assert not reachable(one)
    assert reachable(one, practice=False)


def test_reading_a_narrow_store_next_to_older_bytes_is_not_torn() -> None:
    p = program([operation(0, 0, store(1), value=1), operation(1, 1, load(8))])
    assert not reachable(p)
    assert values(p) == {(0,), (1,)}


def test_a_thread_may_forward_its_own_narrow_store() -> None:
    own, read = operation(0, 0, store(1), value=0x22), operation(1, 0, load(8))
    wide = operation(2, 1, store(8), value=NEW)
    p = program([own, read, wide], targets=SINGLE, shown=(*returned(read), MEMORY))
    assert (0x22, NEW & ~0xFF | 0x22) in values(p)
    assert reachable(p)  # the wide store is visible at byte 0, and at no other


def test_units_chain_within_one_access_under_multi_copy_atomicity() -> None:
    """Two loads that each see another half first: forbidden when each load is one unit."""
    for on, allowed in ((SINGLE, False), (SINGLE_NOT_MCA, True), (BYTES, True)):
        some = [
            operation(0, 0, store(1), value=1), operation(1, 1, store(1, 1), value=1),
            operation(2, 2, load(2)), operation(3, 3, load(2)),
        ]  # fmt: skip
        found = values(program(some, targets=on))
        assert ((0x0001, 0x0100) in found) is allowed


# --- read-modify-writes ---------------------------------------------------------------------------


def test_no_update_is_lost() -> None:
    p = program([rmw(0, 0), rmw(1, 1)], targets=ATOMIC, shown=(MEMORY,))
    assert values(p) == {(2,)}
    lossy = program([rmw(0, 0, cls="gpr"), rmw(1, 1, cls="gpr")], targets=ATOMIC, shown=(MEMORY,))
    assert values(lossy) == {(1,), (2,)}


def test_no_store_comes_inside_a_read_modify_write() -> None:
    other = operation(1, 1, store(1), value=0x10)
    p = program([rmw(0, 0), other], targets=ATOMIC, shown=(MEMORY,))
    assert values(p) == {(0x10,), (0x11,)}


def test_a_promised_read_modify_write_is_whole_where_aligned() -> None:
    step: dict[str, Any] = {"cls": "bytes", "atomic": True, "promised": "contract"}
    for residue, lost in ((0, False), (1, True)):
        one, two = (
            operation(n, n, load(2, **step), store(2, **step), value=0x1111 * (n + 1))
            for n in range(2)
        )
        p = program([one, two], places=[Place("x", 2, (0, 0), 2, residue)])
        assert ((0, 0) in values(p)) is lost


def test_a_lone_half_of_a_read_modify_write_is_an_access() -> None:
    for cls, on in (("exclusive", "arm64"), ("atom", ATOMIC)):
        write, read = operation(0, 0, store(2, cls=cls), value=1), operation(1, 1, load(2, cls=cls))
        assert values(program([write, read], targets=on)) == {(0,), (1,)}


def test_a_compare_and_exchange_that_fails_does_not_store() -> None:
    def exchange(number: int, thread: int) -> Operation:
        step: dict[str, Any] = {"cls": "atom", "atomic": True}
        return operation(
            number, thread, load(1, **step), store(1, **step), value=number + 1,
            stores_if=binary("eq", ReadValue(number, 8), Const(0, 8)),
        )  # fmt: skip

    both = (exchange(0, 0), exchange(1, 1))
    p = program(both, targets=ATOMIC, shown=(*returned(*both), MEMORY))
    assert values(p) == {(0, 1, 1), (2, 0, 2)}


def test_read_modify_writes_of_arm64_and_x86() -> None:
    for on, cls in (("arm64", "exclusive"), ("arm64+lse", "atomic"), ("x86-64", "locked")):
        p = program([rmw(0, 0, 4, cls), rmw(1, 1, 4, cls)], targets=on, shown=(MEMORY,))
        assert values(p) == {(2,)}
    split = program([rmw(0, 0, 4, "rmw"), rmw(1, 1, 4, "rmw")], targets="x86-64", shown=(MEMORY,))
    assert values(split) == {(1,), (2,)}
