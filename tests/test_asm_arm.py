"""32-bit Arm's instructions: the accesses they make, what they compute, whole tests."""

from __future__ import annotations

from functools import partial

import pytest

from checker.arch import target
from checker.check import check
from checker.diagnostic import Diagnostic
from checker.expression import TRUE, Free
from checker.language import parse
from checker.lowering.asm.arm import register
from checker.program import Fence
from tests.asm_run import run

arm = partial(run, "ARM", "arm", "arm")

ONES = (1 << 32) - 1

# --- accesses -------------------------------------------------------------------------------------

ACCESSES = {
    "LDR R0,[R1]": ["load.gpr x+0 4"],
    "ldr r0,[r1,#4]": ["load.gpr x+4 4"],
    "ldr r0,[r1,r3]": ["load.gpr x+4 4"],
    "ldr r0,[r1,r5,lsl #2]": ["load.gpr x+4 4"],
    "ldr r0,[r1],#4; ldr r0,[r1]": ["load.gpr x+0 4", "load.gpr x+4 4"],
    "ldr r0,[r1,#4]!; ldr r0,[r1]": ["load.gpr x+4 4", "load.gpr x+4 4"],
    "ldrb r0,[r1,#7]": ["load.gpr x+7 1"],
    "ldrsh r0,[r1,#2]": ["load.gpr x+2 2"],
    "str r0,[r1]": ["store.gpr x+0 4"],
    "strh r0,[r1,#2]": ["store.gpr x+2 2"],
    "strb r0,[r1]": ["store.gpr x+0 1"],
    "ldrd r2,r3,[r1]": ["load.pair x+0 8"],
    "strd r2,[r1]": ["store.pair x+0 8"],
    "ldrex r0,[r1]": ["load.exclusive-alone x+0 4 exclusive"],
    "ldrex r0,[r1]; strex r2,r0,[r1]": [
        "load.exclusive-alone x+0 4 exclusive", "store.exclusive x+0 4 exclusive",
    ],
    "ldrexd r2,r3,[r1]; strexd r4,r2,r3,[r1]": [
        "load.exclusive-alone x+0 8 exclusive", "store.exclusive x+0 8 exclusive",
    ],
    "ldaexb r0,[r1]; stlexb r2,r0,[r1]": [
        "load.exclusive-alone x+0 1 exclusive acquire", "store.exclusive x+0 1 exclusive release",
    ],
    "ldrex r0,[r1]; clrex; strex r2,r0,[r1]": ["load.exclusive-alone x+0 4 exclusive"],
    "lda r0,[r1]": ["load.acquire x+0 4 acquire"],
    "stlh r0,[r1]": ["store.acquire x+0 2 release"],
}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), ACCESSES.items(), ids=ACCESSES)
def test_instructions_make_these_accesses(code: str, expected: list[str]) -> None:
    assert arm(code, R1="x", R3=4, R5=1).accesses() == expected


FENCES = {
    "dmb": "dmb sy", "dmb ish": "dmb sy", "dmb ishst": "dmb st", "dmb ld": "dmb ld",
    "dsb": "dsb sy", "dsb st": "dsb st", "isb": "isb", "isb sy": "isb",
}  # fmt: skip


@pytest.mark.parametrize(("code", "name"), FENCES.items(), ids=FENCES)
def test_barriers_have_one_spelling(code: str, name: str) -> None:
    found = [step for draft in arm(code).drafts for step in draft.steps or ()]
    assert found == [Fence(name)]


# --- results --------------------------------------------------------------------------------------

RESULTS = {
    "mov r0,#7": 7,
    "mov r0,r6,lsl #4": 80,
    "mvn r0,#0": ONES,
    "movw r0,#0x1234; movt r0,#0x5678": 0x56781234,
    "add r0,r6,r7": 12,
    "add r6,r7; mov r0,r6": 12,
    "sub r0,r6,r7": ONES - 1,
    "rsb r0,r6,#7": 2,
    "and r0,r6,#4": 4,
    "orr r0,r6,r7,lsl #4": 5 | 7 << 4,
    "eor r0,r6,r7": 2,
    "bic r0,r7,r6": 2,
    "lsl r0,r6,#31": 1 << 31,
    "lsr r0,r8,#4": ONES >> 4,
    "asr r0,r8,r6": ONES,
    "cmp r6,#5; moveq r0,#1": 1,
    "cmp r6,r7; movlo r0,#1; movge r0,#2": 1,
    "teq r6,r6; movne r0,#3; mvneq r0,#0": ONES,
    "tst r6,#2; moveq r0,#9": 9,
    "subs r6,r6,#5; moveq r0,#4": 4,
    "adds r8,r8,#1; movcs r0,#6": 6,
    "ldrb r0,[r1]": 0x88,
    "ldrsb r0,[r1]": 0xFFFFFF88,
    "ldrd r2,r3,[r1]; mov r0,r3": 0x11223344,
}


@pytest.mark.parametrize(("code", "expected"), RESULTS.items(), ids=RESULTS)
def test_instructions_compute_these_results(code: str, expected: int) -> None:
    found = arm(code, R1="x", R0=0, R6=5, R7=7, R8=ONES)
    assert found.number("R0", 0x1122334455667788) == expected


def test_an_exclusive_store_leaves_zero_where_it_stores() -> None:
    found = arm("ldrex r0,[r1]; strex r2,r0,[r1]", R1="x")
    assert found.number("R2", 0) == 0  # the environment chooses that it holds
    assert arm("strex r2,r0,[r1]", R1="x").number("R2") == 1


def test_a_doubleword_lies_as_the_processor_orders_bytes() -> None:
    code = "ldrd r2,r3,[r1]; mov r0,r2"
    assert arm(code, R1="x").number("R0", 0x1122334455667788) == 0x55667788


CARRIES = {
    "movs r0,r6": False, "tst r6,#255": False, "ands r0,r6,r7": False,
    "movs r0,r6,lsl #1": True, "tst r6,#0x100": True, "eors r0,r6,r7,lsr #2": True,
    "teq r6,r7,asr #1": True,
}  # fmt: skip


@pytest.mark.parametrize(("code", "any_"), CARRIES.items(), ids=CARRIES)
def test_the_carry_of_a_shifted_operand_may_be_any(code: str, any_: bool) -> None:
    found = arm(f"cmp r6,#5; {code}", R6=5, R7=7).register("C").value
    assert isinstance(found, Free) == any_
    assert any_ or found == TRUE  # as the comparison left it


NAMES = {"r11": "R11", "fp": "R11", "IP": "R12", "sp": "R13", "lr": "R14", "r16": None, "x0": None}


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_registers_have_these_names(name: str, expected: str | None) -> None:
    found = register(name)
    assert (found.register if found else None) == expected


REFUSED = {
    "ldr r0": "has the wrong operands",
    "ldr r0,[r1],r2": "cannot stand here|has the wrong operands",
    "ldrex r0,[r1,#4]": "has the wrong operands",
    "mov pc,r0": "the program counter is not modelled",
    "bx r3": "a branch to a register other than lr",
    "dmb inner": "has the wrong operands",
    "ldmia r0,r1": "is not an instruction known here",
    "add r0,r1,r2,r3": "has the wrong operands",
}


@pytest.mark.parametrize(("code", "message"), REFUSED.items(), ids=REFUSED)
def test_what_is_not_known_is_refused(code: str, message: str) -> None:
    with pytest.raises(Diagnostic, match=message):
        arm(code, R1="x")


# --- whole tests ----------------------------------------------------------------------------------

MP = """ARM MP
{{ 0:R1=x; 0:R3=y; 1:R1=y; 1:R3=x; }}
 P0           | P1           ;
 MOV R0,#1    | LDR R0,[R1]  ;
 STR R0,[R1]  | {1}          ;
 {0}          | LDR R2,[R3]  ;
 STR R0,[R3]  |              ;
exists (1:R0=1 /\\ 1:R2=0)
"""
SB = """ARM SB
{{ 0:R1=x; 0:R3=y; 1:R1=y; 1:R3=x; }}
 P0           | P1           ;
 MOV R0,#1    | MOV R0,#1    ;
 STR R0,[R1]  | STR R0,[R1]  ;
 {0}          | {0}          ;
 LDR R2,[R3]  | LDR R2,[R3]  ;
exists (0:R2=0 /\\ 1:R2=0)
"""
SPIN = """ARM spin
{ 0:R1=x; 1:R1=x; }
 P0               | P1               ;
 L0: LDREX R0,[R1] | L1: LDREX R0,[R1] ;
 ADD R0,R0,#1     | ADD R0,R0,#1     ;
 STREX R2,R0,[R1] | STREX R2,R0,[R1] ;
 CMP R2,#0        | TEQ R2,#0        ;
 BNE L0           | BNE L1           ;
exists [x]=1
"""
WHOLE = [
    (MP.format("NOP", "NOP"), "arm", "allowed"),
    (MP.format("DMB", "DMB"), "arm", "fragile"),
    (MP.format("DMB", "DMB"), "arm+v8", "forbidden"),
    (MP.format("DMB ISHST", "DMB ISHLD"), "arm+v8", "forbidden"),
    (MP.format("DMB ISHST", "NOP"), "arm+v8", "allowed"),
    (SB.format("DMB ISHST"), "arm+v8", "allowed"),
    (SB.format("DMB ISH"), "arm+v8", "forbidden"),
    (SPIN, "arm+v8", "forbidden"),
]


@pytest.mark.parametrize(("text", "arch", "answer"), WHOLE)
def test_whole_tests_have_these_verdicts(text: str, arch: str, answer: str) -> None:
    verdict = check(parse(text), target(arch))
    assert (verdict.bounded or verdict.answer) == answer
