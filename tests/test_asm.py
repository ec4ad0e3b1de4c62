"""What all assembly dialects share: table, init block, control flow, addresses, final states."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.arch import target
from checker.check import Asked, Limits, check, targets
from checker.diagnostic import Diagnostic
from checker.expression import FALSE, TRUE, Const, evaluate
from checker.language import parse
from checker.language.asm.instruction import instruction
from checker.litmus import Instruction, Label
from checker.lowering.asm import fold
from checker.lowering.draft import Draft, Sketch
from checker.verdict import State, Verdict
from tests.asm_run import drawn
from tests.inputs import unmarked


def riscv(*columns: str, init: str = "", cond: str = "forall true", head: str = "") -> str:
    """Return a test with these threads, whose instructions `;` separates."""
    threads = [[cell.strip() for cell in column.split(";")] for column in columns]
    height = max(map(len, threads))
    rows = [[f"P{number}" for number in range(len(threads))]]
    rows += [[t[row] if row < len(t) else "" for t in threads] for row in range(height)]
    table = "\n".join(" | ".join(row) + " ;" for row in rows)
    return f"RISCV test\n{head}\n{{\n{init}\n}}\n{table}\n{cond}\n"


def sketched(*columns: str, init: str = "0:x6=x; 0:x7=y", unroll: int = 2) -> Sketch:
    return drawn(riscv(*columns, init=init), "riscv64", unroll)


def verdict(text: str) -> Verdict:
    return check(
        parse(text), target("riscv64"), limits=Limits(timeout=20_000), asked=Asked(states=True)
    )


def states(text: str) -> list[State]:
    found = verdict(text).states
    assert found is not None
    return sorted(found)


# --- the table ------------------------------------------------------------------------------------


def test_columns_are_threads_and_cells_are_instructions() -> None:
    test = parse("RISCV t\n{}\n P0 | P1 ;\n L0: | nop ;\n li x5,1 | L1: fence rw,rw ;\nexists true")
    (label, load), (nothing, other, fence) = (thread.code for thread in test.threads)
    assert (label, other) == (Label("L0", (0, 0)), Label("L1", (0, 0)))
    assert [one.name for one in (load, nothing, fence)] == ["li", "nop", "fence"]
    assert (label.at, load.at, nothing.at, other.at, fence.at) == (
        (4, 2), (5, 2), (4, 8), (5, 12), (5, 16),
    )  # fmt: skip


def test_an_instruction_is_parsed_once_wherever_it_stands() -> None:
    first = instruction("RISCV", "lw  x5,0(x6)", (1, 1))
    second = instruction("RISCV", "lw  x5,0(x6)", (7, 9))
    assert first == second
    assert first.operands is second.operands
    assert (first.text, second.at) == ("lw x5,0(x6)", (7, 9))


def test_the_last_row_and_the_condition_need_no_semicolon_or_lines() -> None:
    test = parse("RISCV t {0:x5=1} P0; nop; nop; exists (0:x5=1);")
    assert [one.name for one in test.threads[0].code if isinstance(one, Instruction)] == ["nop"] * 2
    assert test.condition.text == "exists 0:x5=1"


def test_the_header_is_free_text_as_for_herd7() -> None:
    text = riscv(
        "nop", head='"Rfe Fre"\nOrig=Rfe Fre\nwhatever stands here\n(* a comment that (* no'
    )
    assert dict(parse(text).info)["Orig"] == "Rfe Fre"


DIAGNOSTICS = {
    "no condition": ("RISCV t\n{}\n P0 ;\n nop ;§\n", "there is no condition", "exists"),
    "cells": ("RISCV t\n{}\n P0 | P1 ;\n §nop ;\nexists true", "1 cells among 2", "`|`"),
    "not a thread": ("RISCV t\n{}\n P0 | §Q1 ;\nexists true", "`Q1` is not a thread", "P0, P1"),
    "order": ("RISCV t\n{}\n P0 | §P2 ;\nexists true", "P2 stands where P1", "in order"),
    "mnemonic": ("RISCV t\n{}\n P0 | P1 ;\n nop | §lww x5,0(x6) ;\nexists true",
                 "`lww` is not an instruction", "lw"),
    "operands": ("RISCV t\n{}\n P0 ;\n L: §lw x5,x6 ;\nexists true", "wrong operands",
                 "lw x5,0(x6)"),
    "character": ("RISCV t\n{}\n P0 ;\n lw x5,0§[x6] ;\nexists true", "`[`", ""),
    "label": ("RISCV t\n{}\n P0 ;\n LOUT: nop ;\n §bne x5,x0,LOUX ;\nexists true",
              "no label `LOUX`", "LOUT"),
    "label twice": ("RISCV t\n{}\n P0 ;\n L: nop ;\n §L: nop ;\nexists true", "stands twice", ""),
    "no address": ("RISCV t\n{ 0:x6=x; }\n P0 ;\n §lw x5,0(x7) ;\nexists true",
                   "there is no location", "0:x5=x"),
    "outside": ("RISCV t\n{ int x; 0:x6=x; }\n P0 ;\n §ld x5,0(x6) ;\nexists true",
                "8 bytes at offset 0 leave `x`", "larger type"),
    "register": ("RISCV t\n{\n §0:y6=x; }\n P0 ;\nexists true", "`y6` is not a register", ""),
    "thread": ("RISCV t\n{ 0:x6=x;\n§3:x5=1; }\n P0 ;\nexists true", "no thread P3", "P0 to P0"),
    "init": ("RISCV t\n{ 0:x6=x; int §= 4; }\n P0 ;\nexists true", "`=`", ""),
    "type": ("RISCV t\n{ 0:x6=x; §unit64_t 0:x5=4; }\n P0 ;\nexists true", "not a type",
             "uint64_t"),
    "condition": ("RISCV t\n{}\n P0 ;\n nop ;\nexists (0:x5=1 /\\\n §/\\ 0:x6=1)", "`/\\`", ""),
    "wanted register": ("RISCV t\n{}\n P0 ;\nexists\n§0:r5=1", "`r5` is not a register", ""),
    "wanted thread": ("RISCV t\n{}\n P0 ;\nexists\n§1:x5=1", "no thread P1", "P0 to P0"),
    "wanted location": ("RISCV t\n{ xyz=1; }\n P0 ;\nexists §xy=1", "`xy` is not", "xyz"),
    "too large": ("RISCV t\n{ x=1; }\n P0 ;\nexists §x=0x100000000", "does not fit", ""),
    "not read": ("RISCV t\n{ x=1; }\n P0 ;\n li x5,1 ;\nexists torn(§0:x5)", "not set by a read",
                 "torn"),
    "kernel": ("RISCV t\n{ x=1; }\n P0 ;\nexists dirty(§x)", "the kernel's", ""),
    "fault handler": ("RISCV t\n{}\n P0 | §P0.F ;\nexists true", "not modelled", ""),
    "code address": ("RISCV t\n{ 0:x5=§P1:L0; }\n P0 ;\nexists true", "not modelled", ""),
    "array": ("RISCV t\n{ int x[2]={1,2}; }\n P0 ;\nexists §x=1", "is an array", "x[0]"),
    "elements": ("RISCV t\n{ §int x[2]={1,2,3}; }\n P0 ;\nexists true", "fewer elements", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message", "hint"), DIAGNOSTICS.values(), ids=DIAGNOSTICS)
def test_says_where_what_and_what_to_do(text: str, message: str, hint: str) -> None:
    source, at = unmarked(text)
    with pytest.raises(Diagnostic) as problem:
        drawn(source, "riscv64")
    assert message in problem.value.message
    assert hint in problem.value.hint
    assert problem.value.at == at


def test_a_dialect_is_about_its_own_architecture() -> None:
    test = parse(riscv("nop"))
    assert [one.name for one in targets(test, [])] == ["riscv64"]
    assert [one.name for one in targets(test, ["arm64", "riscv64+zama16b"])] == ["riscv64+zama16b"]
    with pytest.raises(Diagnostic, match="is about riscv64, not arm64"):
        targets(test, ["arm64", "x86-64"])


# --- the init block and what is shown -------------------------------------------------------------

INITIAL = {
    "x=1": ("x", "01000000"),
    "int x=-2": ("x", "feffffff"),
    "uint8_t x=255": ("x", "ff"),
    "int64_t x=0x102": ("x", "0201000000000000"),
    "uint16_t x[3]={1,2}": ("x", "010002000000"),
    "[x]=7": ("x", "07000000"),
    "unsigned long x": ("x", "0000000000000000"),
}


@pytest.mark.parametrize(("init", "expected"), INITIAL.items(), ids=INITIAL)
def test_locations_hold_what_they_are_given(init: str, expected: tuple[str, str]) -> None:
    places = {place.name: place for place in sketched("nop", init=init).places}
    name, content = expected
    assert bytes(places[name].initial).hex() == content
    assert (places[name].modulus, places[name].residue) == (4096, 0)


def test_an_untyped_location_is_as_wide_as_its_widest_access() -> None:
    init = "0:x6=x; 0:x7=y; 0:x8=z"
    drawn_ = sketched("ld x5,0(x6); sb x5,0(x7); sw x5,4(x8)", init=init)
    assert {place.name: place.size for place in drawn_.places} == {"x": 8, "y": 4, "z": 8}


def test_pointers_are_followed_to_each_place_they_may_have() -> None:
    init = "int x=1; int y=2; int *p=&x; 0:x6=p; 0:x7=y; 1:x6=p"
    text = riscv(
        "sd x7,0(x6)", "ld x5,0(x6); lw x8,0(x5)", init=init, cond="exists (1:x5=y /\\ 1:x8=2)"
    )
    found = drawn(text, "riscv64")
    targets_ = [draft.place.location for draft in found.drafts[2:] if draft.place]
    assert {"x", "y"} <= set(targets_)
    assert all(draft.addr == {1} for draft in found.drafts[2:])
    assert states(text) == [
        (("1:x5", "x"), ("1:x8", 1)), (("1:x5", "y"), ("1:x8", 2)),
    ]  # fmt: skip


def test_registers_are_printed_by_their_type_and_by_their_number() -> None:
    init = "uint64_t 0:a1; int64_t 0:a2; uint8_t 0:a3"
    code = "li a0,-1; li a1,-1; li a2,-1; li a3,-1"
    cond = "locations [0:a0; 0:a1; 0:a2; 0:a3;] forall true"
    assert states(riscv(code, init=init, cond=cond)) == [
        (("0:x10", -1), ("0:x11", (1 << 64) - 1), ("0:x12", -1), ("0:x13", 255)),
    ]  # fmt: skip


def test_arrays_are_printed_as_a_whole_and_by_element() -> None:
    init = "int x[2]={1,-2}; 0:x6=x; 0:x7=x[1]"
    text = riscv("lw x5,4(x6); sw x0,0(x7)", init=init, cond="locations [x; x[0];] forall true")
    assert states(text) == [(("x", "{1,0}"), ("x[0]", 1))]


HOLDS = {
    "forall 0:x5=0:x7": True,
    "forall ~(0:x5=0:x6)": True,
    "forall 0:x5<>1": False,
    "forall 0:x5!=2": True,
    "forall not (x[1]=5 /\\ 0:x5=1)": True,
    "forall x={3,4}": True,
    "forall (x[0]=3 /\\ x[1]=4)": True,
    "forall x={3,5}": False,
    "forall 0:x6=x": True,
    "exists 0:x5=0x1": True,
    "~exists 0:x5=-1": True,
    "filter 0:x5=2 forall false": True,
    "forall (0:x5=1 => false)": False,
}


@pytest.mark.parametrize(("cond", "holds"), HOLDS.items(), ids=HOLDS)
def test_conditions_mean_what_they_say(cond: str, holds: bool) -> None:
    text = riscv("li x5,1; li x7,1", init="int x[2]={3,4}; 0:x6=x", cond=cond)
    assert verdict(text).holds is holds


def test_torn_names_the_reads_behind_a_register() -> None:
    init = "uint64_t x; 0:x6=x; 1:x6=x"
    half = "li x5,-1; sw x5,0(x6); sw x5,4(x6)"
    for code, answer in ((half, "forbidden"), ("li x5,-1; sd x5,0(x6)", "forbidden")):
        text = riscv(code, "ld x7,0(x6)", init=init, cond="~exists torn(1:x7)")
        assert verdict(text).answer == answer
    split = riscv(
        "li x5,-1; sd x5,0(x6)", "lwu x7,0(x6); lwu x8,4(x6); slli x8,x8,32; or x7,x7,x8",
        init=init, cond="exists (1:x7=0xffffffff)",
    )  # fmt: skip
    assert verdict(split).answer == "allowed"


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


ORACLE = Path(__file__).resolve().parents[2] / "shared" / "oracle"


@pytest.mark.skipif(not ORACLE.is_dir(), reason="needs the reference outcomes")
def test_no_riscv_test_is_refused() -> None:
    refused = {}
    for file in sorted((ORACLE / "riscv").rglob("*.litmus")):
        try:
            parse(file.read_bytes())
        except Diagnostic as problem:
            refused[file.name] = problem.message
    assert refused == {}
