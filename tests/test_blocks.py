"""Accesses beside, around and short of their operation, and at addresses where they fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from checker.arch import Target
from checker.expression import TRUE, Const, ReadValue, binary
from checker.program import Access, Fence, Footprint, IsTorn, Operation, Place, Program, Shown
from tests import bruteforce
from tests.asked import ATOMIC, BYTES, NEW, SINGLE, SINGLE_NOT_MCA, reachable, values
from tests.build import fault, load, operation, program, returned, rule, store, synthetic

OLD = (0xA0, 0xA1, 0xA2, 0xA3)


def place(modulus: int = 4, residue: int = 0, **rest: Any) -> Place:
    return Place("x", 4, OLD, modulus, residue, **rest)


def memory(size: int = 4) -> Shown:
    return Shown("x", Footprint("x", 0, size), 8 * size, signed=False)


def around(
    number: int, thread: int, at: int, block: int = 4, value: int = 0x11, **rest: Any
) -> Operation:
    """Return a store of the byte at an offset, by a load and a store of the block around it."""
    where = (block, at // block * block, -(at % block))
    steps: list[Access | Fence] = [load(*where, around=True, **rest)]
    steps += [Fence("mb"), store(*where, around=True, **rest)]
    return replace(operation(number, thread, *steps), size=1, value=Const(value, 8))


ATOM: dict[str, Any] = {"cls": "atom", "atomic": True}


# --- around ---------------------------------------------------------------------------------------


def test_a_merge_may_undo_what_a_neighbour_stored() -> None:
    both = [around(0, 0, 0), operation(1, 1, store(1, 1), value=0x22)]
    p = program(both, targets=SINGLE, places=[place()], shown=(memory(),))
    assert values(p) == {(0xA3A22211,), (0xA3A2A111,)}


def test_an_atomic_update_around_a_byte_undoes_nothing() -> None:
    both = [around(0, 0, 0, **ATOM), operation(1, 1, store(1, 1), value=0x22)]
    p = program(both, targets=ATOMIC, places=[place()], shown=(memory(),))
    assert values(p) == {(0xA3A22211,)}


def test_two_merges_of_one_block_lose_one_of_two_bytes() -> None:
    both = [around(0, 0, 0), around(1, 1, 3, value=0x44)]
    p = program(both, targets=SINGLE, places=[place()], shown=(memory(),))
    assert values(p) == {(0x44A2A111,), (0xA3A2A111,), (0x44A2A1A0,)}


def test_what_is_put_back_is_what_was_loaded_there() -> None:
    """The neighbour's two stores: only the first may come back, and only once."""
    writes = [operation(n, 0, store(1, 1), value=0x20 + n) for n in range(2)]
    p = program([*writes, around(2, 1, 0)], targets=SINGLE, places=[place()], shown=(memory(),))
    assert values(p) == {(0xA3A20011 | byte << 8,) for byte in (0xA1, 0x20, 0x21)}


def test_what_is_put_back_does_not_come_out_of_thin_air() -> None:
    """P0 puts back a byte of x that P2 stored there of what P1 copied from what P0 put back."""
    copies = [
        operation(1, 1, load(1, 1)), operation(2, 1, store(1, where="y"), value=ReadValue(1, 8)),
        operation(3, 2, load(1, where="y")), operation(4, 2, store(1, 1), value=ReadValue(3, 8)),
    ]  # fmt: skip
    places = [Place("x", 2, (0, 0), 2), Place("y", 1, (0,))]
    shown = returned(copies[0], copies[2])
    some = [around(0, 0, 0, block=2), *copies]
    assert values(program(some, targets=BYTES, places=places, shown=shown)) == {(0, 0)}


def test_a_block_that_reaches_beyond_its_location_touches_what_is_there() -> None:
    two = Place("x", 2, OLD[:2], 4, 2)
    store_ = around(0, 0, 0, block=2)
    wide = replace(store_, steps=tuple(
        replace(s, footprint=Footprint("x", -2, 4), start=-2) if isinstance(s, Access) else s
        for s in store_.steps
    ))  # fmt: skip
    other = operation(1, 1, store(1, 1), value=0x22)
    p = program([wide, other], targets=SINGLE, places=[two], shown=(memory(2),))
    assert values(p) == {(0x2211,), (0xA111,)}


def test_a_read_of_bytes_that_are_only_put_back_is_not_torn() -> None:
    """The put-back store is no write of the read's bytes, whatever pieces it comes in."""
    read = operation(1, 1, load(2, 2))
    p = program([around(0, 0, 0), read], targets=BYTES, places=[place()], shown=returned(read))
    assert not reachable(p)
    assert values(p) == {(0xA3A2,)}


def test_a_store_that_is_partly_undone_by_a_merge_is_still_visible_everywhere() -> None:
    """What is put back is coherence-after the store: the mixture is in the value alone."""
    some = [around(0, 0, 0, block=2), operation(1, 1, store(2, 1), value=0x2221)]
    read = operation(2, 2, load(2, 1))
    on = synthetic(rule("whole"))
    p = program([*some, read], targets=on, places=[place()], shown=returned(read))
    assert not reachable(p)
    assert values(p) == {(0xA2A1,), (0x2221,), (0x22A1,)}


def test_a_load_around_returns_its_operation_s_bytes_and_no_others() -> None:
    wide = load(4, 0, -1, around=True)
    read = replace(operation(1, 1, wide), size=2)
    p = program([operation(0, 0, store(1, 3), value=9), read], targets=SINGLE, places=[place()])
    assert values(p) == {(0xA2A1,)}


def test_a_unit_around_an_operation_holds_at_its_own_bytes_too() -> None:
    write, read = operation(0, 0, store(4), value=0x44332211), load(4, 0, -1, around=True)
    p = program([write, replace(operation(1, 1, read), size=2)], targets=SINGLE, places=[place()])
    assert values(p) == {(0xA2A1,), (0x3322,)}
    bare = program(p.operations, targets=BYTES, places=[place()])
    assert values(bare) == {(0xA2A1,), (0x3322,), (0xA222,), (0x33A1,)}


# --- zeros, holes, and several updates ------------------------------------------------------------


def test_a_block_that_is_cleared_first_is_seen_to_be_zero() -> None:
    write = operation(0, 0, store(4, zeros=True), store(4), value=0x44332211)
    p = program([write, operation(1, 1, load(4))], targets=SINGLE, places=[place()])
    assert values(p) == {(0xA3A2A1A0,), (0,), (0x44332211,)}
    assert not reachable(p)


def test_a_cleared_block_shows_between_halves_that_are_stored_later() -> None:
    write = operation(0, 0, store(4, zeros=True), store(2), store(2, 2, 2), value=0x44332211)
    p = program([write, operation(1, 1, load(4))], targets=SINGLE, places=[place()])
    assert values(p) == {
        (0xA3A2A1A0,), (0,), (0x2211,), (0x44330000,), (0x44332211,),
        (0xA3A22211,), (0x4433A1A0,),  # stores of one thread to other bytes are not ordered yet
    }  # fmt: skip


def test_a_byte_that_is_not_loaded_is_zero_and_is_not_torn() -> None:
    holes = replace(operation(1, 1, load(1), load(1, 3, 3)), size=4)
    p = program([operation(0, 0, store(4), value=0x44332211), holes], places=[place()])
    assert values(p) == {(a | b << 24,) for a in (0xA0, 0x11) for b in (0xA3, 0x44)}
    assert reachable(p)
    one = replace(operation(1, 1, load(1, 1, 1)), size=4)
    assert not reachable(program([p.operations[0], one], places=[place()]))


def exchange(number: int, thread: int, halves: Sequence[int], value: int) -> Operation:
    """Return an operation of 4 bytes that exchanges its halves one after the other."""
    steps: list[Access | Fence] = []
    for at in halves:
        steps += [load(2, at, at, **ATOM), Fence("mb"), store(2, at, at, **ATOM)]
    return operation(number, thread, *steps, value=value)


@pytest.mark.parametrize("halves", [(0, 2), (2, 0)])
def test_each_of_two_exchanges_of_an_operation_is_an_update_of_its_own(
    halves: tuple[int, int],
) -> None:
    both = [exchange(0, 0, halves, 0x01010101), exchange(1, 1, (0, 2), 0x02020202)]
    p = program(both, targets=ATOMIC, places=[place()], shown=(*returned(*both), memory()))
    for one, two, left in values(p):
        for shift in (0, 16):
            seen = tuple(value >> shift & 0xFFFF for value in (one, two, left))
            start = 0xA1A0 if shift == 0 else 0xA3A2
            assert seen in {(start, 0x0101, 0x0202), (0x0202, start, 0x0101)}
    assert len(values(p)) == 4


def test_a_fence_inside_a_read_modify_write_leaves_it_one() -> None:
    def add(number: int) -> Operation:
        value = binary("add", ReadValue(number, 8), Const(1, 8))
        return operation(
            number, number, load(1, **ATOM), Fence("mb"), store(1, **ATOM), value=value
        )

    p = program([add(0), add(1)], targets=ATOMIC, places=[place()],
                shown=(Shown("x", Footprint("x", 0, 1), 8, signed=False),))  # fmt: skip
    assert values(p) == {(0xA2,)}


def test_an_access_may_happen_at_times_only() -> None:
    """The second store happens where the flag was seen; so does the second load."""
    flag, first = operation(0, 0, store(1, where="y"), value=1), operation(1, 1, load(1, where="y"))
    when = binary("eq", ReadValue(1, 8), Const(1, 8))
    write = operation(2, 1, store(1), store(1, 1, 1, when=when), value=0x2211)
    places = [Place("x", 2, (0, 0), 2), Place("y", 1, (0,))]
    shown = (*returned(first), memory(2))
    p = program([flag, first, write], targets=BYTES, places=places, shown=shown)
    assert values(p) == {(0, 0x0011), (1, 0x2211)}
    read = operation(2, 1, load(1), load(1, 1, 1, when=when))
    p = program([flag, first, read], targets=BYTES, places=[Place("x", 2, (5, 6), 2), places[1]])
    assert values(p) == {(0, 0x05), (1, 0x0605)}


HALVES = [
    # which half happens only where a flag is seen, and whether a whole operation sees or makes it
    ("store", True),  # a write that stops half way is seen half
    ("load", False),  # bytes that are not read are no fault of the read
]


@pytest.mark.parametrize(("kind", "torn"), HALVES)
def test_an_operation_that_stops_half_way(kind: str, torn: bool) -> None:
    flag = operation(0, 0, load(1, where="y"))
    when = binary("eq", ReadValue(0, 8), Const(1, 8))
    half = store if kind == "store" else load
    halves = [half(1), half(1, 1, 1, when=when)]
    if kind == "store":
        write, read = operation(1, 0, *halves, value=0x2211), operation(2, 1, load(2))
    else:
        write, read = operation(1, 1, store(2), value=0x2211), operation(2, 0, *halves)
    places = [Place("x", 2, (0, 0), 2), Place("y", 1, (0,))]
    question = IsTorn(((2, TRUE),))
    p = program([flag, write, read], question, targets=ATOMIC, places=places)
    assert reachable(p) is torn


# --- alignment faults -----------------------------------------------------------------------------

ALIGNED = rule("whole", align="size")


def unplaced(on: Target | Sequence[Target], *, modulus: int = 1, **rest: Any) -> Program:
    """Return a store and a load of 4 bytes somewhere."""
    write, read = operation(0, 0, store(4), value=NEW & 0xFFFFFFFF), operation(1, 1, load(4))
    return program([write, read], targets=on, places=[place(modulus, **rest)])


@pytest.mark.parametrize(("faults", "torn", "by_manuals"), [
    ([], True, True),
    ([fault("size")], False, False),
    ([fault(4)], False, False),
    ([fault("element")], False, False),
    ([fault(2)], True, True),
    ([fault("size", sizes=frozenset({8}))], True, True),
    ([fault("size", elements=frozenset({2}))], True, True),
    ([fault("size", "pair")], True, True),
    ([fault("size", handler="emulates")], True, True),
    ([fault("size", evidence="unconfirmed")], True, True),
    ([fault("size", evidence="practice")], False, True),
    ([fault("size", memory=frozenset({"device"}))], True, True),
    ([fault("size", needs=frozenset({"f"}))], True, True),
    ([fault("size", lacks=frozenset({"f"}))], False, False),
])  # fmt: skip
def test_an_access_is_not_performed_where_it_faults(
    faults: list[Any], torn: bool, by_manuals: bool
) -> None:
    p = unplaced(synthetic(ALIGNED, *faults))
    assert reachable(p) is torn
    assert reachable(p, practice=False) is by_manuals


def test_where_every_address_faults_nothing_happens() -> None:
    on = synthetic(ALIGNED, fault("size"))
    assert values(unplaced(on, modulus=4, residue=2)) == set()


def test_one_thread_s_fault_is_enough() -> None:
    assert not reachable(unplaced([synthetic(ALIGNED), synthetic(ALIGNED, fault("size"))]))


def test_an_access_that_is_not_executed_does_not_fault() -> None:
    """P0 goes past its load of 4 bytes, which would fault, only where the flag is not set."""
    first = operation(0, 0, load(1, where="y"))
    wide = operation(1, 0, load(4), guard=binary("eq", ReadValue(0, 8), Const(1, 8)))
    flag = operation(2, 1, store(1, where="y"), value=1)
    on = synthetic(ALIGNED, fault("size"))
    for residue, seen in ((0, {0, 1}), (1, {0})):
        places = [place(4, residue), Place("y", 1, (0,))]
        p = program([first, wide, flag], targets=on, places=places, shown=returned(first))
        assert values(p) == {(one,) for one in seen}


# --- memory types and features --------------------------------------------------------------------

UNCACHED = frozenset({"uncached"})


@pytest.mark.parametrize(("memory_", "torn"), [("normal", False), ("uncached", True)])
def test_a_rule_speaks_of_its_memory_types_only(memory_: str, torn: bool) -> None:
    assert reachable(unplaced(synthetic(ALIGNED), modulus=4, memory=memory_)) is torn
    other = synthetic(rule("whole", align="size", memory=UNCACHED))
    assert reachable(unplaced(other, modulus=4, memory=memory_)) is not torn


def test_a_contract_speaks_of_normal_memory() -> None:
    given: dict[str, Any] = {"cls": "bytes", "promised": "contract"}
    some = [operation(0, 0, store(2, **given), value=1), operation(1, 1, load(2, **given))]
    for kind, torn in (("normal", False), ("uncached", True)):
        assert reachable(program(some, places=[place(memory=kind)])) is torn


@pytest.mark.parametrize(("needs", "lacks", "features", "holds"), [
    ("", "", "", True), ("f", "", "", False), ("f", "", "f", True), ("fg", "", "f", False),
    ("", "f", "", True), ("", "f", "f", False), ("", "f", "g", True), ("g", "f", "g", True),
    ("g", "f", "fg", False),
])  # fmt: skip
def test_a_rule_holds_by_features(needs: str, lacks: str, features: str, holds: bool) -> None:
    one = rule("whole", needs=frozenset(needs), lacks=frozenset(lacks))
    assert reachable(unplaced(synthetic(one, features=features))) is not holds


def test_multi_copy_atomicity_is_of_the_memory_it_is_said_of() -> None:
    whole = rule("whole", memory=frozenset({"normal", "uncached"}))
    some = [
        operation(0, 0, store(2), value=0x1111), operation(1, 1, store(1), value=0x22),
        operation(2, 2, load(2)),
    ]  # fmt: skip
    shown = (*returned(some[2]), Shown("x", Footprint("x", 0, 2), 16, signed=False))
    early = (0xA122, 0x1122)
    for kind in ("normal", "uncached"):
        for said in (("normal",), ("normal", "uncached")):
            on = synthetic(whole, memory=said)
            p = program(some, targets=on, places=[place(memory=kind)], shown=shown)
            assert (early in values(p)) is (kind not in said)


# --- placements -----------------------------------------------------------------------------------


def test_addresses_that_are_told_apart_change_no_answer() -> None:
    for on in (SINGLE, SINGLE_NOT_MCA, BYTES):
        for modulus in (1, 2, 4):
            p, q = (unplaced(on, modulus=modulus, told_apart=n) for n in (1, 16))
            assert reachable(p) is reachable(q)
            assert values(p) == values(q)


def test_the_addresses_at_which_a_question_is_reached() -> None:
    p = unplaced(synthetic(ALIGNED, fault(2)))
    assert bruteforce.reached(p, "x") == {n for n in range(64) if n % 4 == 2}
