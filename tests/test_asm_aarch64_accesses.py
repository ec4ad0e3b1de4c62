"""AArch64 instructions: what they access, with which order, and where."""

from __future__ import annotations

import pytest

from checker import arch
from checker.expression import Const
from checker.lowering.asm.machine import Tracked
from checker.program import Fence
from tests.asm_aarch64_run import Ran, cases

# --- accesses -------------------------------------------------------------------------------------

ACCESSES = """
LDR X0,[X10]               load gpr 8
LDR W0,[X10]               load gpr 4
LDRB W0,[X10]              load gpr 1
LDRH W0,[X10]              load gpr 2
LDRSB X0,[X10]             load gpr 1
LDRSH W0,[X10]             load gpr 2
LDRSW X0,[X10]             load gpr 4
LDUR W0,[X10,#4]           load gpr 4
LDTRH W0,[X10]             load gpr 2
STR WZR,[X10]              store gpr 4
STURB W0,[X10]             store gpr 1
LDAR X0,[X10]              load acquire 8 acquire
LDARB W0,[X10]             load acquire 1 acquire
LDAPR W0,[X10]             load acquire 4 acquire-pc
LDAPUR X0,[X10,#8]         load acquire 8 acquire-pc
LDAPURSH X0,[X10]          load acquire 2 acquire-pc
STLR W0,[X10]              store acquire 4 release
STLRH W0,[X10]             store acquire 2 release
STLUR X0,[X10,#8]          store acquire 8 release
LDP X0,X1,[X10]            load pair 16/8
LDNP W0,W1,[X10]           load pair 8/4
LDPSW X0,X1,[X10]          load ldpsw 8/4
STP W0,W1,[X10,#8]         store pair 8/4
STNP X0,X1,[X10]           store pair-nt 16/8
LDIAPP X0,X1,[X10]         load rcpc3-pair 16/8 acquire-pc ascending
STILP W0,W1,[X10]          store rcpc3-pair 8/4 release ascending
LDXR X0,[X10]              load exclusive 8 exclusive
LDAXRB W0,[X10]            load exclusive 1 acquire exclusive
LDAXP X0,X1,[X10]          load exclusive 16/8 acquire exclusive
LDADD W0,W1,[X10]          load atomic 4 + store atomic 4
LDADDA W0,W1,[X10]         load atomic 4 acquire + store atomic 4
LDSETAL X0,X1,[X10]        load atomic 8 acquire + store atomic 8 release
LDCLRLH W0,W1,[X10]        load atomic 2 + store atomic 2 release
LDEORALB W0,WZR,[X10]      load atomic 1 no-return + store atomic 1 release
STSMAX X0,[X10]            load atomic 8 no-return + store atomic 8
STUMINLB W0,[X10]          load atomic 1 no-return + store atomic 1 release
SWPAL W0,W1,[X10]          load atomic 4 acquire + store atomic 4 release
SWPA W0,WZR,[X10]          load atomic 4 no-return + store atomic 4
CASAL W0,W1,[X10]          load atomic 4 acquire + store atomic 4 release
CASH W0,W1,[X10]           load atomic 2 + store atomic 2
CASPA X0,X1,X2,X3,[X10]    load atomic 16 acquire + store atomic 16
LDCLRPL X0,X1,[X10]        load atomic 16 + store atomic 16 release
LDXR W0,[X10];STLXR W2,W1,[X10]
    load exclusive 4 exclusive + store exclusive 4 release exclusive
LDXP W0,W1,[X10];STXP W2,W0,W1,[X10]
    load exclusive 8/4 exclusive + store exclusive-pair 8/4 exclusive
"""


@pytest.mark.parametrize(("text", "wanted"), cases(ACCESSES))
def test_what_an_instruction_accesses(text: str, wanted: str) -> None:
    found = []
    for one in Ran(text).accesses:
        size = one.footprint.size
        whole = str(size) if one.element == size else f"{size}/{one.element}"
        words = sorted(one.order.split())
        found.append(" ".join((one.kind, one.cls, whole, *words)))
    assert " + ".join(found) == " + ".join(
        " ".join((*part.split()[:3], *sorted(part.split()[3:]))) for part in wanted.split(" + ")
    )


@pytest.mark.parametrize(("text", "_"), cases(ACCESSES))
def test_of_every_access_some_rule_speaks(text: str, _: str) -> None:
    for access in Ran(text).accesses:
        assert arch.target("arm64").rules_for(access), access


def test_halves_of_atomic_instructions_are_atomic_and_of_one_operation() -> None:
    ran = Ran("LDADD W0,W1,[X10]")
    assert [access.atomic for access in ran.accesses] == [True, True]
    assert [draft.kind for draft in ran.drafts] == ["rmw"]


def test_a_store_exclusive_is_paired_with_its_load() -> None:
    load, store = Ran("LDXR W0,[X10];STXR W2,W1,[X10]").drafts
    assert store.pair == load.number


def test_a_store_exclusive_without_a_load_does_nothing() -> None:
    ran = Ran("STXR W2,W1,[X10]")
    assert not ran.drafts
    assert ran.number("X2") == 1


FENCES = """
DMB SY      dmb sy
DMB ISH     dmb sy
DMB ISHLD   dmb ld
DMB OSHST   dmb st
dmb ld      dmb ld
DSB NSH     dsb sy
DSB ST      dsb st
ISB         isb
ISB SY      isb
"""


@pytest.mark.parametrize(("text", "wanted"), cases(FENCES))
def test_barriers(text: str, wanted: str) -> None:
    (draft,) = Ran(text).drafts
    assert draft.kind == "fence"
    assert draft.steps == (Fence(wanted),)


# --- addresses ------------------------------------------------------------------------------------

ADDRESSES = """
LDR X0,[X10]                 0 0
LDR X0,[X10,#16]             16 0
LDR X0,[X10, 0x10]           16 0
LDR X0,[X10,#16]!            16 16
LDR X0,[X10],#16             0 16
LDR X0,[X10],#0              0 0
LDP X0,X1,[X10],#16          0 16
STP X0,X1,[X10,#32]!         32 32
STILP X0,X1,[X10,#16]!       16 16
LDR X0,[X10,X5]              8 0
LDR X0,[X10,X5,LSL #3]       64 0
LDR X0,[X10,X5,LSL 0]        8 0
LDR W0,[X10,W5,UXTW]         8 0
LDR W0,[X10,W5,UXTW #2]      32 0
LDR W0,[X10,W6,SXTW]         8 0
LDRB W0,[X10,X6,SXTW]        8 0
LDRH W0,[X10,X5,SXTX #1]     16 0
"""


@pytest.mark.parametrize(("text", "wanted"), cases(ADDRESSES))
def test_addresses_and_what_is_written_back(text: str, wanted: str) -> None:
    known = {"X5": Tracked(Const(8, 64)), "X6": Tracked(Const(0xFFFF_FFFF_0000_0008, 64))}
    ran = Ran(text, known)
    offset, moved = (int(number) for number in wanted.split())
    assert ran.accesses[0].footprint.offset == offset
    assert ran.number("X10") == ran.base + moved


def test_a_negative_word_is_sign_extended() -> None:
    known = {"X5": Tracked(Const(0xFFFF_FFFC, 64)), "X10": Tracked(Const(0, 64))}
    ran = Ran("MOV X11,X10;ADD X11,X11,#8;LDR W0,[X11,W5,SXTW]", {"X5": known["X5"]})
    assert ran.accesses[0].footprint.offset == 4
