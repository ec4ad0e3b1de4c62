"""Control flow, dependencies and addresses, as all assembly dialects have them."""

from __future__ import annotations

import pytest

from checker.diagnostic import Diagnostic
from checker.expression import FALSE, TRUE, Const, evaluate
from checker.lowering.asm import fold
from checker.lowering.draft import Draft, Sketch
from tests.asm_riscv_text import riscv, sketched, states

# --- control flow ---------------------------------------------------------------------------------


def guards(found: Sketch, *read: int) -> list[bool]:
    """Return which operations happen when the reads return these numbers."""

    def number(operation: int) -> int:
        return read[operation]

    return [bool(evaluate(draft.guard, number, lambda _: 1)) for draft in found.drafts]


def test_a_branch_over_code_guards_it_and_what_follows_depends_on_it() -> None:
    found = sketched("lw x5,0(x6); beq x5,x0,L; sw x5,0(x7); L: sw x0,4(x7)")
    _, inside, after = found.drafts
    assert guards(found, 0, 0, 0) == [True, False, True]
    assert guards(found, 1, 0, 0) == [True, True, True]
    assert after.guard == TRUE
    assert inside.ctrl == after.ctrl == {0}


def test_a_branch_to_the_next_instruction_is_a_dependency_only() -> None:
    found = sketched("lw x5,0(x6); bne x5,x0,L; L: sw x0,0(x7)")
    assert [draft.guard for draft in found.drafts] == [TRUE, TRUE]
    assert [sorted(draft.ctrl) for draft in found.drafts] == [[], [0]]


def test_ways_meet_and_registers_are_chosen() -> None:
    code = "lw x5,0(x6); li x8,1; beq x5,x0,L; li x8,2; L: sw x8,0(x7)"
    _, store = sketched(code).drafts
    assert store.value is not None
    assert store.data == frozenset()
    assert evaluate(store.value, lambda _: 0, lambda _: 1) == 1
    assert evaluate(store.value, lambda _: 5, lambda _: 1) == 2


def test_ways_of_other_dependencies_are_kept_apart() -> None:
    code = "lw x5,0(x6); lw x8,4(x6); lw x9,8(x6); beq x5,x0,L; mv x8,x9; L: sw x8,0(x7)"
    stores = sketched(code).drafts[3:]
    assert [sorted(store.data) for store in stores] == [[1], [2]] or [
        sorted(store.data) for store in stores
    ] == [[2], [1]]
    assert all(store.ctrl == {0} for store in stores)
    assert fold.binary("or", stores[0].guard, stores[1].guard) == TRUE


def test_a_dependency_on_what_only_one_way_does_keeps_nothing_apart() -> None:
    code = "lw x5,0(x6); li x8,1; beq x5,x0,L; lw x8,4(x6); L: sw x8,0(x7)"
    _, load, store = sketched(code).drafts
    assert (store.guard, store.data) == (TRUE, frozenset((load.number,)))
    assert load.guard != TRUE


def test_the_next_branch_counts_only_for_the_way_that_takes_it() -> None:
    code = "lw x5,0(x6); lw x8,4(x6); beq x5,x0,L; beq x8,x0,L; nop; L: sw x0,0(x7)"
    stores = sketched(code).drafts[2:]
    assert sorted(sorted(store.ctrl) for store in stores) == [[0], [0, 1]]


@pytest.mark.parametrize("unroll", [1, 2, 4])
def test_a_loop_is_run_so_many_rounds(unroll: int) -> None:
    found = sketched("L: lw x5,0(x6); bne x5,x0,L; sw x0,0(x7)", unroll=unroll)
    assert [draft.kind for draft in found.drafts[:unroll]] == ["load"] * unroll
    assert found.cut
    (assumed,) = found.assumed
    assert not evaluate(assumed, lambda _: 1, lambda _: 1)
    assert evaluate(assumed, lambda number: int(number < unroll - 1), lambda _: 1)
    after = found.drafts[unroll:]
    assert [sorted(store.ctrl) for store in after] == [[*range(n + 1)] for n in range(len(after))]


def test_a_loop_that_ends_is_not_cut() -> None:
    found = sketched("li x5,2; L: addi x5,x5,-1; sw x5,0(x7); bne x5,x0,L", unroll=3)
    assert [draft.value for draft in found.drafts] == [Const(1, 32), Const(0, 32)]
    assert not found.cut


def test_loops_in_loops_and_jumps_out_of_them() -> None:
    code = (
        "li x5,2; A: li x8,2; B: addi x8,x8,-1; sw x8,0(x7); bne x8,x0,B; "
        "addi x5,x5,-1; bne x5,x0,A; j END; sw x0,4(x7); END: ret; sw x0,8(x7)"
    )
    found = sketched(code, unroll=3)
    assert [draft.value for draft in found.drafts] == [Const(n, 32) for n in (1, 0, 1, 0)]
    assert not found.cut


def test_a_way_back_into_an_outer_loop_is_followed() -> None:
    code = (
        "li x5,0; A: addi x5,x5,1; B: addi x5,x5,1; slti x8,x5,3; bne x8,x0,A; "
        "slti x8,x5,5; bne x8,x0,B; sw x5,0(x7)"
    )
    found = sketched(code, unroll=4)
    assert [draft.value for draft in found.drafts] == [Const(5, 32)]


def test_ends_of_a_thread_are_joined() -> None:
    text = riscv(
        "lw x5,0(x6); beq x5,x0,L; li x8,1; ret; L: li x8,2", "li x5,1; sw x5,0(x6)",
        init="0:x6=x; 1:x6=x", cond="locations [0:x5; 0:x8;] forall true",
    )  # fmt: skip
    assert states(text) == [
        (("0:x5", 0), ("0:x8", 2)), (("0:x5", 1), ("0:x8", 1)),
    ]  # fmt: skip


def test_too_many_operations_are_refused() -> None:
    with pytest.raises(Diagnostic, match="operations"):
        sketched("L: sw x0,0(x7); lw x5,0(x6); bne x5,x0,L", unroll=200)


# --- dependencies and addresses -------------------------------------------------------------------


def test_what_folds_still_depends() -> None:
    found = sketched("lw x5,0(x6); xor x8,x5,x5; add x9,x7,x8; ori x8,x8,1; sw x8,0(x9)")
    store = found.drafts[1]
    assert store.addr == store.data == {0}
    assert store.value == Const(1, 32)
    assert store.place is not None
    assert store.place.location == "y"


def test_an_offset_that_is_read_is_one_of_a_few() -> None:
    init = "int x[4]={1,2,3,4}; y=0; 0:x6=x; 0:x7=y"
    found = sketched("lw x5,0(x7); andi x5,x5,12; add x8,x6,x5; lw x9,0(x8)", init=init)
    places = [draft.place for draft in found.drafts[1:]]
    assert [(p.location, p.offset) for p in places if p] == [
        ("x", 0),
        ("x", 4),
        ("x", 8),
        ("x", 12),
    ]


def test_a_reservation_is_for_its_own_bytes() -> None:
    def conditional(code: str) -> list[Draft]:
        return [one for one in sketched(code).drafts if one.pair is not None]

    (paired,) = conditional("lr.w x5,(x6); sc.w x8,x5,(x6)")
    assert (paired.pair, paired.kind) == (0, "store")
    assert conditional("sc.w x8,x5,(x6)") == []
    assert conditional("lr.w x5,(x6); sc.w x8,x5,(x7)") == []
    assert len(conditional("lr.w x5,(x6); sc.w x8,x5,(x6); sc.w x8,x5,(x6)")) == 1


def test_conditional_stores_without_a_reservation_fail() -> None:
    text = riscv("sc.w x5,x6,(x6)", init="0:x6=x", cond="locations [x;] forall 0:x5=1")
    assert states(text) == [(("0:x5", 1), ("[x]", 0))]


def test_a_pair_succeeds_or_fails() -> None:
    text = riscv(
        "lr.w x5,(x6); addi x5,x5,1; sc.w x8,x5,(x6)", init="0:x6=x",
        cond="locations [x;] exists 0:x8=0",
    )  # fmt: skip
    assert states(text) == [
        (("0:x8", 0), ("[x]", 1)), (("0:x8", 1), ("[x]", 0)),
    ]  # fmt: skip


# --- identities -----------------------------------------------------------------------------------


def test_guards_that_complete_each_other_are_one() -> None:
    found = sketched("lw x5,0(x6); lw x8,4(x6)").drafts
    assert len(found) == 2
    test = sketched("lw x5,0(x6); lw x8,4(x6); beq x5,x0,L; beq x8,x0,M; nop; M: nop; L: nop")
    assert test.drafts[-1].guard == TRUE
    assert fold.binary("and", TRUE, FALSE) == FALSE
