"""AArch64 instructions: what depends on what, branches, and how they are spelled."""

from __future__ import annotations

import pytest

from checker import arch
from checker.diagnostic import Diagnostic
from checker.expression import Const, evaluate
from checker.language import parse
from checker.lowering.asm.aarch64 import register, table
from checker.lowering.asm.machine import Tracked, View
from checker.lowering.asm.sketch import sketch
from checker.lowering.draft import Draft
from checker.program import depends
from tests.asm_aarch64_run import UNKNOWN, Ran, cases, code, holding

# --- dependencies ---------------------------------------------------------------------------------

DEPENDENCIES = """
EOR W0,W1,W1            1
SUB X0,X1,X1            1
AND W0,W1,#0            1
MUL X0,X1,XZR           1
ADD X0,X1,X2            1 2
MOVK X1,#1;MOV X0,X1    1
MOV X0,#1               none
MOV W0,WZR              none
CSEL X0,X3,X3,EQ        3
CMP X1,X2;CSET X0,EQ    (1) (2)
CMP X1,X2;CSEL X0,X3,X3,LT      (1) (2) 3
CMP X1,X2;CINC X0,X3,LT         (1) (2) 3
SUBS X1,X1,X2;CSET X0,VS        (1) (2)
CMP X1,#0;CSET X4,EQ;ADD X0,X4,X3       (1) 3
ADDS X1,X1,X2;ADC X0,XZR,XZR    1 2
BFI X0,X1,#0,#4         1
LDR X0,[X10]            m
LDR X0,[X10,X1]         m
LDADD X1,X0,[X10]       m
SWP X1,X0,[X10]         m
LDXR W0,[X10];STXR W0,W1,[X10]  none
LDP X0,X1,[X10]         m
"""


@pytest.mark.parametrize(("text", "wanted"), cases(DEPENDENCIES))
def test_what_a_register_depends_on(text: str, wanted: str) -> None:
    known = holding(1, 2, 3)
    if "[X10,X1]" in text:
        known["X1"] = Tracked(Const(8, 64), frozenset((UNKNOWN + 1,)))
    found = Ran(text, known).registers["X0"]
    names = {UNKNOWN + 1: "1", UNKNOWN + 2: "2", UNKNOWN + 3: "3", 0: "m"}
    words = [names[depends(one)[0]] for one in found.deps] + [
        f"({names[one]})" for one in found.picks
    ]
    assert sorted(words) == ([] if wanted == "none" else wanted.split())


def test_a_selection_depends_on_the_number_that_it_took() -> None:
    """Numbers with other dependencies make two ways of the thread."""
    ran = Ran("LDR W1,[X10];LDR W2,[X10];LDR W3,[X10];CMP W1,#0;CSEL W0,W2,W3,EQ;STR W0,[X10]")
    stores = ran.drafts[3:]
    assert [draft.data for draft in stores] == [{1}, {2}]
    assert all(draft.ctrl == {0} for draft in stores)
    assert [_happens(draft, 0) for draft in stores] == [True, False]
    assert [_happens(draft, 1) for draft in stores] == [False, True]


def test_a_compare_and_swap_picks_the_number_that_it_expects() -> None:
    ran = Ran("CAS W2,W1,[X10];STR W2,[X10,#8]", {"X2": Tracked(Const(5, 64))})
    swap, confirmed, other = ran.drafts
    assert confirmed.data == set()
    assert swap.number in confirmed.ctrl
    assert other.data == {swap.number}
    assert [_happens(draft, 5) for draft in (confirmed, other)] == [True, False]
    assert [_happens(draft, 6) for draft in (confirmed, other)] == [False, True]


@pytest.mark.parametrize("known", [0, 1])
def test_an_expected_number_that_was_read_is_taken_from_either_side(known: int) -> None:
    ran = Ran("LDR X1,[X10];CAS X1,X3,[X10];STR X1,[X10,#8]")
    load, swap, confirmed, other = ran.drafts
    assert swap.number in confirmed.ctrl
    assert confirmed.data == {load.number}
    assert other.data == {swap.number}
    assert evaluate(other.guard, lambda _: 5, lambda _: known) == 1 - known


def test_a_conditional_comparison_picks_its_flags() -> None:
    ran = Ran("CMP X1,X2;CCMP X3,#0,#4,EQ;CSET X0,EQ", holding(1, 2, 3))
    assert {UNKNOWN + 1, UNKNOWN + 2} <= ran.registers["X0"].picks


def test_what_an_access_depends_on() -> None:
    """A register that folds to a number still carries its dependency."""
    ran = Ran("LDR W0,[X10];EOR W1,W0,W0;STR W1,[X10,W1,SXTW];ADD X10,X10,X1;LDR W2,[X10]")
    load, store, last = ran.drafts
    assert (load.addr, load.data, load.ctrl) == (frozenset(),) * 3
    assert store.addr == store.data == {0}
    assert last.addr == {0}


def test_a_base_that_is_written_back_depends_on_what_moved_it() -> None:
    ran = Ran("LDR W0,[X10];EOR X1,X0,X0;LDR W2,[X10,X1];LDR W3,[X10],#4;LDR W4,[X10]")
    assert [draft.addr for draft in ran.drafts] == [set(), {0}, set(), set()]


BRANCHES = {
    "CBZ W0,L": (0, 1),
    "CBNZ W0,L": (1, 0),
    "CMP W0,#1;B.EQ L": (1, 0),
    "CMP W0,#1;B.NE L": (0, 1),
    "TBZ W0,#0,L": (2, 1),
    "TBNZ X0,#1,L": (2, 1),
    "SUBS W3,W0,#3;B.CC L": (2, 3),
    "B.AL L": (0, None),
}


@pytest.mark.parametrize("text", BRANCHES)
def test_a_branch_is_taken_where_its_condition_holds(text: str) -> None:
    ran = Ran(f"LDR W0,[X10];{text};STR W1,[X10,#4];L: STR W2,[X10,#8]")
    stores = ran.drafts[1:]
    for number, offsets in zip(BRANCHES[text], ([8], [4, 8]), strict=True):
        done = [draft for draft in stores if number is not None and _happens(draft, number)]
        places = [draft.place.offset for draft in done if draft.place]
        assert number is None or places == offsets
    assert all(draft.ctrl == ({0} if len(stores) == 2 else set()) for draft in stores)


def _happens(draft: Draft, read: int) -> bool:
    return evaluate(draft.guard, lambda _: read, lambda _: 1) == 1


def test_a_branch_on_a_status_is_no_dependency() -> None:
    ran = Ran("LDXR W0,[X10];STXR W1,W2,[X10];CBNZ W1,L;L: STR W3,[X10,#8]")
    assert ran.drafts[-1].ctrl == frozenset()


@pytest.mark.parametrize("branch", ["B .+8", "B . + 8", "B .+12"])
def test_a_branch_to_a_distance(branch: str) -> None:
    cells = ["P0", branch, "STR W0,[X1]", "STR W0,[X1,#4]", "L: STR W0,[X1,#8]"]
    text = f"AArch64 t\n{{ int x[4]; 0:X1=x; }}\n{' ;'.join(cells)} ;\nexists (x[0]=0)"
    drawn = sketch(parse(text), arch.target("arm64"), 2)
    offsets = [draft.place.offset for draft in drawn.drafts if draft.place]
    assert offsets == ([8] if "12" in branch else [4, 8])


@pytest.mark.parametrize("branch", ["B .+20", "B .-8", "B .+6"])
def test_a_distance_that_is_no_instruction(branch: str) -> None:
    with pytest.raises(Diagnostic, match="no instruction of the thread"):
        parse(f"AArch64 t\n{{ }}\nP0 ;\n{branch} ;\nNOP ;\nexists (x=0)")


def test_a_jump_and_the_end() -> None:
    ran = Ran("B L;STR W0,[X10];L: STR W0,[X10,#8];RET;STR W0,[X10]")
    assert [access.footprint.offset for access in ran.accesses] == [8]


def test_instructions_that_do_nothing() -> None:
    assert not Ran("NOP;YIELD;WFE;SEV;PRFM PLDL1KEEP,[X10]").drafts


# --- spelling -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["ldr w0, [x10, #4]", "LDR  W0 , [ X10 , 4 ]", "Ldr W0,[x10,#0x4]", "LDR w0,[X10,#+4]"],
)
def test_spellings_of_one_instruction(text: str) -> None:
    (access,) = Ran(text).accesses
    assert (access.footprint.offset, access.footprint.size) == (4, 4)


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("X3", View("X3", 64)),
        ("w30", View("X30", 32)),
        ("SP", View("SP", 64)),
        ("wzr", View("XZR", 32)),
        ("X31", None),
        ("R0", None),
    ],
)
def test_registers(name: str, view: View | None) -> None:
    assert register(name) == view


WRONG = {
    "LDRR W0,[X10]": "did you mean ldr",
    "LDR W0": "LDR X0, [X1] with an offset",
    "LDR W0,[X10],#4,#8": "LDR X0, [X1] with an offset",
    "LDRB X0,[X10]": "LDRB X0, [X1] with an offset",
    "ADD X0,X1,W2": "ADD X0, X1, X2 or a number",
    "ADD X0,X1": "ADD X0, X1, X2 or a number",
    "MOV X0,foo": "MOV X0, X1 or a number",
    "CSEL X0,X1,X2,XX": "CSEL X0, X1, X2, EQ",
    "DMB WHAT": "DMB SY, LD or ST",
    "LDAR W0,[X10,#4]!": "LDAR W0, [X1]",
    "LDXR W0,[X10,#4]": "LDXR W0, [X1]",
    "LDADDB X0,X1,[X10]": "LDADDB W0, W1, [X2]",
    "UBFX W0,W1,#40,#1": "UBFX X0, X1, #bit, #bit",
    "TBZ W0,#33,L": "TBZ X0, #bit, label",
    "ISB LD": "ISB",
}


@pytest.mark.parametrize("text", WRONG)
def test_instructions_that_have_no_meaning(text: str) -> None:
    with pytest.raises(Diagnostic) as caught:
        Ran(f"NOP;{text};L: NOP")
    assert caught.value.at == (2, 1)
    assert WRONG[text] in caught.value.hint


@pytest.mark.parametrize("text", ["LDR W0,[X10", "ADD X0 X1", "LDR W0,[X10,#4]]", "MOV X0,"])
def test_texts_that_are_no_instruction(text: str) -> None:
    with pytest.raises(Diagnostic):
        code(text)


def test_all_mnemonics_are_lower_case() -> None:
    assert all(name == name.lower() for name in table())
