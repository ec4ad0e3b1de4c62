"""`litmus fix` on assembly tests: the columns of a test, and the instructions that are data."""

from __future__ import annotations

import re

import pytest

from checker.arch.kernel import COMPLETE
from checker.check import Asked, Limits
from checker.fix.assembly.known import Known, known
from checker.fix.assembly.search import AssemblySearch
from checker.fix.assembly.table import Table
from checker.fix.decide import Judge
from checker.fix.source import Edit, OverlapError
from checker.language import parse
from checker.lowering.asm import ARCHITECTURES
from tests.assembly_fixes import KNOWN, asm, fixed, shape, weak
from tests.inputs import verdict

# --- the table ------------------------------------------------------------------------------------

TABLE = """AArch64 t
(* a table ; with | signs *)
{ 0:X1=x; 1:X1=x; }
 P0          | P1              ;
 STR W0,[X1] | L0: LDR W2,[X1] ; (* of P1 *)
 STR W3,[X1] | CBZ W2,L0       ;
exists (x=1)
"""


def put(text: str, *codes: tuple[str, str]) -> str:
    """Return a text with instructions before others."""
    at = [(text.index(before), code) for before, code in codes]
    return Table(text).edited(tuple(Edit(start, start, code) for start, code in at))


def test_an_instruction_has_a_row_of_its_own() -> None:
    found = put(TABLE, ("STR W3", "DMB ISH"))
    assert found == TABLE.replace(" STR W3", " DMB ISH     |                 ;\n STR W3")


def test_instructions_of_several_threads_share_a_row() -> None:
    found = put(TABLE, ("STR W3", "DMB ISH"), ("CBZ", "DMB ISHLD"))
    assert found == TABLE.replace(" STR W3", " DMB ISH     | DMB ISHLD       ;\n STR W3")


def test_a_label_stays_before_what_is_inserted_behind_it() -> None:
    found = put(TABLE, ("LDR W2", "DMB ISHLD"))
    assert "             | L0: DMB ISHLD   ;\n STR W0,[X1] | LDR W2,[X1]     ; (* of P1 *)" in found


def test_columns_are_padded_to_what_is_in_them() -> None:
    start = TABLE.index("STR W0")
    found = Table(TABLE).edited((Edit(start, start + 3, "STLR"),))
    assert " P0           | P1              ;\n STLR W0,[X1] | L0:" in found
    assert "\n STR W3,[X1]  | CBZ W2,L0       ;\n" in found


def test_a_ragged_table_keeps_its_other_rows() -> None:
    ragged = TABLE.replace(" P0          |", " P0 |")
    start = ragged.index("STR W0")
    found = Table(ragged).edited((Edit(start, start + 3, "STLR"),))
    assert found == ragged.replace("STR W0,[X1] |", "STLR W0,[X1] |")


def test_rows_on_one_line_stay_there() -> None:
    text = "AArch64 t\n{ 0:X1=x; }\nP0; STR W0,[X1]; STR W2,[X1];\nexists (x=1)\n"
    found = put(text, ("STR W2", "DMB ISH"))
    assert names(found) == ["str", "dmb", "str"]
    assert found.count("\n") == text.count("\n")


def test_edits_of_one_cell_do_not_overlap() -> None:
    start = TABLE.index("STR W0")
    with pytest.raises(OverlapError):
        Table(TABLE).edited((Edit(start, start + 3, "a"), Edit(start + 1, start + 4, "b")))
    with pytest.raises(OverlapError):
        Table(TABLE).edited((Edit(start, start + 30, "over the end of its cell"),))


def names(text: str) -> list[str]:
    code = parse(text).threads[0].code
    return [here.name for here in code]


@pytest.mark.parametrize("name", KNOWN)
def test_a_table_stays_one(name: str) -> None:
    text, _ = KNOWN[name]
    for fix in fixed(text, fragile=weak(text)).fixes:
        rows = [line for line in fix.text.split("\n") if line.endswith(" ;")]
        assert {tuple(m.start() for m in re.finditer(r"[|;]$|\|", row)) for row in rows} == {
            tuple(m.start() for m in re.finditer(r"[|;]$|\|", rows[0]))
        }
        assert all(row.startswith(" ") for row in rows)


# --- the data -------------------------------------------------------------------------------------

PAIRS = {"WW": ("MP", 0), "RR": ("MP", 1), "WR": ("SB", 0), "RW": ("LB", 0)}
"""For each pair of accesses a test in which one thread has it between others that are ordered."""


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("dialect", ARCHITECTURES)
def test_a_barrier_orders_what_the_data_says_and_no_more(dialect: str, pair: str) -> None:
    name, thread = PAIRS[pair]
    data: Known = known(dialect)
    strongest = data.barriers[-1]
    assert all(other.orders <= strongest.orders for other in data.barriers)
    arch = ARCHITECTURES[dialect]
    without = (strongest.code, "")[:: -1 if thread == 0 else 1]
    ordered = verdict(shape(dialect, name, (without[0], without[1])), arch).answer != "allowed"
    for barrier in data.barriers:
        both = (barrier.code, strongest.code)[:: 1 if thread == 0 else -1]
        answer = verdict(shape(dialect, name, (both[0], both[1])), arch).answer
        assert (answer != "allowed") is (ordered or pair in barrier.orders), barrier.code


@pytest.mark.parametrize("dialect", ARCHITECTURES)
def test_what_is_known_of_a_dialect_has_a_source(dialect: str) -> None:
    data = known(dialect)
    assert data.barriers
    assert all(barrier.source for barrier in data.barriers)
    assert all(form.source for form in data.forms)
    assert all(re.compile(form.from_) for form in data.forms)


#   an instruction, and those that can stand in its place
FORMS = {
    "LDR W9,[X1]": ["LDAR", "LDAPR (FEAT_LRCPC)"], "LDRB W9,[X1]": ["LDARB", "LDAPRB (FEAT_LRCPC)"],
    "STRH W9,[X1]": ["STLRH"], "STR X9,[X1]": ["STLR"], "LDR W9,[X1],#4": [],
    "LDXR W9,[X1]": ["LDAXR"], "STXR W8,W9,[X1]": [], "SWP W9,W8,[X1]": ["SWPA", "SWPL", "SWPAL"],
    "CASAH W9,W8,[X1]": ["CASALH"], "LDADDAL W9,W8,[X1]": [], "STP W9,W8,[X1]": [],
}  # fmt: skip
RISCV_FORMS = {
    "amoswap.w x9,x8,(x1)": ["amoswap.w.aq", "amoswap.w.rl", "amoswap.w.aqrl"],
    "amoadd.w.rl x9,x8,(x1)": ["amoadd.w.aqrl"], "lr.w x9,(x1)": ["lr.w.aq", "lr.w.aqrl"],
    "lw x9,0(x1)": ["lw.aq"], "sd x9,0(x1)": ["sd.rl"], "lw x9,4(x1)": [], "lbu x9,0(x1)": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "arch", "code", "forms"),
    [("AArch64", "arm64", *case) for case in FORMS.items()]
    + [("RISCV", "riscv64+zalasr", *case) for case in RISCV_FORMS.items()],
)
def test_an_instruction_has_these_forms_and_each_runs(
    dialect: str, arch: str, code: str, forms: list[str]
) -> None:
    address = "X1" if dialect == "AArch64" else "x1"
    text = asm(dialect, f"uint64_t x; 0:{address}=x;", [[code]], "~exists (x=7)")
    judge = Judge(COMPLETE, Limits(), Asked(), 100)
    search = AssemblySearch(text, (arch,), judge, fragile=False)
    changes = [change for change in search._singles if change.kind == "instruction"]
    assert [change.says.partition(" becomes ")[2] for change in changes] == forms
    for change in changes:
        assert judge.judged(Table(text).edited(change.edits), arch).answer == "forbidden"
