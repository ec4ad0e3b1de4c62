"""Power's instructions: the accesses they make, what they compute, and what that depends on."""

from __future__ import annotations

from functools import partial

import pytest

from checker.diagnostic import Diagnostic
from checker.expression import FALSE
from checker.lowering.asm import ppc
from checker.program import Fence
from tests.asm_run import CORPORA, drawn, refused, run, value_of

power = partial(run, "PPC", "ppc", "powerpc64+le")
big_endian = partial(run, "PPC", "ppc", "powerpc64")


# --- accesses -------------------------------------------------------------------------------------

ACCESSES = {
    "lbz r1,0(r2)": ["load.gpr x+0 1"],
    "lhz r1,2(r2)": ["load.gpr x+2 2"],
    "lwz r1,(r2)": ["load.gpr x+0 4"],
    "lwz r1,4,r2": ["load.gpr x+4 4"],
    "lwa r1,0(r2)": ["load.gpr x+0 4"],
    "ld r1,0(r2)": ["load.gpr x+0 8"],
    "lwzx r1,r4,r2": ["load.gpr x+4 4"],
    "lwzx r1,r0,r2": ["load.gpr x+0 4"],
    "lwzx r1,0,r2": ["load.gpr x+0 4"],
    "ldx r1,r0,r2": ["load.gpr x+0 8"],
    "lwzu r1,4(r2)": ["load.gpr x+4 4"],
    "stb r1,1(r2)": ["store.gpr x+1 1"],
    "sth r1,2(r2)": ["store.gpr x+2 2"],
    "stw r1,0(r2)": ["store.gpr x+0 4"],
    "std r1,0(r2)": ["store.gpr x+0 8"],
    "stwx r1,r4,r2": ["store.gpr x+4 4"],
    "stwu r1,4(r2)": ["store.gpr x+4 4"],
    "stwux r1,r2,r4": ["store.gpr x+4 4"],
    "lwarx r1,r0,r2": ["load.reservation x+0 4 exclusive"],
    "ldarx r1,0,r2,1": ["load.reservation x+0 8 exclusive"],
    "lwarx r1,r0,r2; stwcx. r1,r0,r2": [
        "load.reservation x+0 4 exclusive",
        "store.reservation x+0 4 exclusive",
    ],
    "stwcx. r1,r0,r2": [],
    "lwarx r1,r0,r2; stwcx. r1,r0,r3": ["load.reservation x+0 4 exclusive"],
    "add r1,r2,r3": [],
    "dcbf r0,r2": [],
}


@pytest.mark.parametrize("code", ACCESSES)
def test_an_instruction_makes_these_accesses(code: str) -> None:
    assert power(code, r0=1, r2="x", r3="y", r4=4).accesses() == ACCESSES[code]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("sync", "sync"), ("hwsync", "sync"), ("sync 0", "sync"), ("sync 1", "lwsync"),
        ("lwsync", "lwsync"), ("isync", "isync"), ("eieio", "eieio"),
    ],
)  # fmt: skip
def test_a_fence_is_recorded_by_its_name(code: str, name: str) -> None:
    (draft,) = power(code).drafts
    assert draft.kind == "fence"
    assert draft.steps == (Fence(name),)


def test_a_base_of_0() -> None:
    """As herd7 has it: the register in `0(r0)`, the number 0 elsewhere."""
    assert power("lwz r1,0(r0)", r0="y").accesses() == ["load.gpr y+0 4"]
    assert power("addi r1,r0,3", r0=7).number("r1") == 3
    assert power("add r1,r0,r0", r0=7).number("r1") == 14


def test_an_update_form_moves_its_base() -> None:
    ran = power("lwzu r1,4(r2); stwu r1,-4(r2)", r2="x")
    assert ran.accesses() == ["load.gpr x+4 4", "store.gpr x+0 4"]
    assert ran.register("r2") == ran.machine.address("x")


# --- values ---------------------------------------------------------------------------------------

A, B = 0x1122334455667788, 3
ONES = (1 << 64) - 1

VALUES = {
    "li r1,-1": ONES,
    "lis r1,1": 0x10000,
    "lis r1,-1": ONES ^ 0xFFFF,
    "addi r1,r4,-1": A - 1,
    "addis r1,r4,1": A + 0x10000,
    "subi r1,r4,1": A - 1,
    "add r1,r4,r5": A + B,
    "sub r1,r4,r5": A - B,
    "subf r1,r5,r4": A - B,
    "neg r1,r5": ONES - 2,
    "and r1,r4,r5": 0,
    "or r1,r4,r5": A | B,
    "xor r1,r4,r5": A ^ B,
    "xor r1,r4,r4": 0,
    "nor r1,r4,r4": A ^ ONES,
    "not r1,r4": A ^ ONES,
    "nand r1,r4,r4": A ^ ONES,
    "eqv r1,r4,r4": ONES,
    "andc r1,r4,r4": 0,
    "orc r1,r4,r4": ONES,
    "andi. r1,r4,0xff": 0x88,
    "andis. r1,r4,0xffff": 0x55660000,
    "ori r1,r5,4": 7,
    "oris r1,r5,1": 0x10003,
    "xori r1,r5,1": 2,
    "mulli r1,r5,-2": ONES - 5,
    "mullw r1,r4,r5": 0x55667788 * 3,
    "mulld r1,r4,r5": A * 3,
    "divw r1,r4,r5": 0x55667788 // 3,
    "divd r1,r4,r5": A // 3,
    "mr r1,r4": A,
    "extsb r1,r4": ONES ^ 0x77,
    "extsh r1,r4": 0x7788,
    "extsw r1,r4": 0x55667788,
    "extsw r1,r6": ONES ^ 0x7FFFFFFF,
    "slw r1,r4,r5": (0x55667788 << 3) % (1 << 32),
    "slw r1,r4,r7": 0,
    "srw r1,r4,r5": 0x55667788 >> 3,
    "sraw r1,r6,r5": ONES ^ 0x0FFFFFFF,
    "sld r1,r4,r5": (A << 3) & ONES,
    "srd r1,r4,r5": A >> 3,
    "srad r1,r4,r5": A >> 3,
    "slwi r1,r4,4": 0x56677880,
    "srwi r1,r4,4": 0x05566778,
    "srawi r1,r6,4": ONES ^ 0x07FFFFFF,
    "sldi r1,r4,8": 0x2233445566778800,
    "srdi r1,r4,8": 0x0011223344556677,
    "clrldi r1,r4,32": 0x55667788,
    "clrldi r1,r4,56": 0x88,
    "clrlwi r1,r4,24": 0x88,
    "rlwinm r1,r4,0,0,31": 0x55667788,
    "rlwinm r1,r4,8,0,31": 0x66778855,
    "rlwinm r1,r4,8,24,31": 0x55,
    "rlwinm r1,r4,0,24,7": 0x5566778855000088,
    "rlwimi r1,r4,8,24,31": 0x55,
}


@pytest.mark.parametrize("code", VALUES)
def test_an_instruction_leaves_this_in_r1(code: str) -> None:
    ran = power(code, r0=9, r4=A, r5=B, r6=0x80000000, r7=32)
    assert ran.number("r1") == VALUES[code]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("lbz r1,0(r2)", 0xFE), ("lhz r1,0(r2)", 0xFFFE), ("lwz r1,0(r2)", 0xFFFFFFFE),
        ("ld r1,0(r2)", 0xFFFFFFFFFFFFFFFE), ("lha r1,0(r2)", ONES - 1), ("lwa r1,0(r2)", ONES - 1),
        ("lwax r1,r0,r2", ONES - 1), ("lwarx r1,r0,r2", 0xFFFFFFFE),
    ],
)  # fmt: skip
def test_what_a_load_leaves_in_its_register(code: str, wanted: int) -> None:
    assert power(code, r2="x").number("r1", ONES - 1) == wanted


def test_a_big_endian_load_reads_its_highest_byte_first() -> None:
    assert big_endian("lhz r1,0(r2)", r2="x").number("r1", 0x1234) == 0x3412


# --- reservations ---------------------------------------------------------------------------------


def test_a_store_conditional_needs_its_reservation() -> None:
    ran = power("lwarx r1,r0,r2; stwcx. r1,r0,r2", r2="x")
    assert ran.drafts[1].pair == 0
    assert ran.machine.reg("cr0.eq").value == ran.drafts[1].stores_if
    alone = power("stwcx. r1,r0,r2", r2="x")
    assert alone.machine.reg("cr0.eq").value == FALSE


# --- conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("cmpwi r4,1", "lt"), ("cmpwi r4,-1", "eq"), ("cmpw r5,r6", "gt"), ("cmpd r4,r4", "eq"),
        ("cmplwi r4,1", "gt"), ("cmpld r4,r5", "gt"), ("cmpldi r5,3", "eq"), ("cmpdi r4,0", "lt"),
        ("cmpw r4,r7", "eq"), ("cmpd r4,r7", "lt"), ("cmpw cr0,r5,r6", "gt"),
        ("cmpw 0,r5,r6", "gt"), ("add. r1,r4,r4", "lt"), ("andi. r1,r5,4", "eq"),
        ("xor. r1,r4,r4", "eq"), ("rlwinm. r1,r5,0,31,31", "gt"), ("mr. r1,r5", "gt"),
    ],
)  # fmt: skip
def test_what_cr0_says(code: str, wanted: str) -> None:
    ran = power(code, r4=ONES, r5=3, r6=2, r7=0xFFFFFFFF)
    assert [one for one in ("lt", "gt", "eq") if ran.number(f"cr0.{one}")] == [wanted]


BRANCHES = {
    "beq": [2], "bne": [1, 3], "blt": [1], "bge": [2, 3], "bnl": [2, 3], "bgt": [3],
    "ble": [1, 2], "bng": [1, 2], "beq+": [2], "bne-": [1, 3],
}  # fmt: skip
"""Which of 1, 2 and 3, compared with 2, a branch is taken for."""


@pytest.mark.parametrize("field", ["", "cr1,"])
@pytest.mark.parametrize("name", BRANCHES)
def test_when_a_branch_is_taken(name: str, field: str) -> None:
    ran = power(f"lwz r1,0(r2); cmpwi {field}r1,2; {name} {field}L0; stw r1,0(r3)", r2="x", r3="y")
    ((_, way),) = ran.machine.jumps
    taken = [read for read in (1, 2, 3) if value_of(way.guard, read)]
    assert taken == BRANCHES[name]
    assert ran.drafts[1].ctrl == {0}


# --- dependencies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "addr", "data", "ctrl"),
    [
        ("lwz r1,0(r2); stw r1,0(r3)", set(), {0}, set()),
        ("lwz r1,0(r2); xor r4,r1,r1; stw r4,0(r3)", set(), {0}, set()),
        ("lwz r1,0(r2); xor r4,r1,r1; stwx r5,r4,r3", {0}, set(), set()),
        ("lwz r1,0(r2); xor r4,r1,r1; lwzx r5,r4,r3", {0}, set(), set()),
        ("lwz r1,0(r2); li r1,1; stw r1,0(r3)", set(), set(), set()),
        ("lwz r1,0(r2); cmpw r1,r5; beq L0; stw r5,0(r3)", set(), set(), {0}),
        ("lwz r1,0(r2); add. r4,r1,r5; bne L0; stw r5,0(r3)", set(), set(), {0}),
        ("lwz r1,0(r2); cmpw cr1,r1,r5; beq L0; stw r5,0(r3)", set(), set(), set()),
        ("lwz r1,0(r2); xor r4,r1,r1; lwzu r5,0(r3); stw r5,0(r3)", set(), {1}, set()),
        ("lwzu r1,0(r2); stw r5,0(r2)", set(), set(), set()),
    ],
)
def test_what_the_last_operation_depends_on(
    code: str, addr: set[int], data: set[int], ctrl: set[int]
) -> None:
    ran = power(code, r2="x", r3="y")
    last = ran.drafts[-1]
    assert [last.addr, last.data, last.ctrl] == [addr, data, ctrl]


def test_a_branch_that_is_always_taken_orders_what_follows() -> None:
    ran = power("lwz r1,0(r2); cmpw r1,r1; beq L0", r2="x")
    assert ran.machine.path is None
    assert [way.ctrl for _, way in ran.machine.jumps] == [{0}]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("lwy r1,0(r2)", "`lwy` is not an instruction"),
        ("lwz r1", "wrong operands"),
        ("lwz r1,r2", "wrong operands"),
        ("add r1,r2", "wrong operands"),
        ("addi r1,r2,r3", "wrong operands"),
        ("addi r1,foo,1", "wrong operands"),
        ("beq r1", "wrong operands"),
        ("beq cr8,L0", "wrong operands"),
        ("b L7", "no label `L7`"),
        ("stw r1,0(r5)", "there is no location"),
        ("lwz r1,0(r2", "cannot stand here|ends too early"),
        ("isync 1", "wrong operands"),
        ("rlwinm r1,r2,1,0,64", "wrong operands"),
    ],
)
def test_what_is_refused(code: str, says: str) -> None:
    with pytest.raises(Diagnostic, match=says):
        power(code, r2="x")


def test_names_of_registers() -> None:
    for name, wanted in (("r0", "r0"), ("r31", "r31"), ("%x0", "%x0")):
        view = ppc.register(name)
        assert view is not None
        assert (view.register, view.bits) == (wanted, 64)
    assert [ppc.register(name) for name in ("r32", "x5", "r", "cr0")] == [None] * 4


# --- whole tests ----------------------------------------------------------------------------------


def test_a_loop_that_takes_a_reservation() -> None:
    found = drawn(
        """PPC increment
        { 0:r2=x; }
         P0              ;
         L0:             ;
         lwarx r3,r0,r2  ;
         addi r3,r3,1    ;
         stwcx. r3,r0,r2 ;
         bne- L0         ;
         isync           ;
        exists (x=1)""",
        "powerpc64",
    )
    accesses = [(draft.kind, draft.pair) for draft in found.drafts if draft.kind != "fence"]
    assert accesses == [("load", None), ("store", 0), ("load", None), ("store", 2)]
    assert found.cut


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpus is not at hand")
def test_every_test_of_the_corpus_can_be_used() -> None:
    assert refused("ppc", "powerpc64") == {}
