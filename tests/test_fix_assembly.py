"""`litmus fix` on assembly tests: what it offers holds, is the least, and stands in a table."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from checker.arch.kernel import COMPLETE
from checker.check import Asked, Limits
from checker.fix import Fixes, Options, fix_file
from checker.fix.assembly.known import Known, known
from checker.fix.assembly.search import AssemblySearch
from checker.fix.assembly.table import Table
from checker.fix.decide import Judge
from checker.fix.source import Edit, OverlapError
from checker.language import parse
from checker.lowering.asm import ARCHITECTURES
from checker.run import Request
from tests.command import Litmus, one
from tests.inputs import verdict

# --- tests by their columns -----------------------------------------------------------------------


def asm(dialect: str, init: str, columns: list[list[str]], condition: str, head: str = "") -> str:
    """Return a test whose table is padded as herd7's generators do."""
    rows = max(map(len, columns))
    full = [[f"P{n}", *code, *[""] * (rows - len(code))] for n, code in enumerate(columns)]
    widths = [max(map(len, column)) for column in full]
    lines = [
        " " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " ;"
        for row in zip(*full, strict=True)
    ]
    lined = f"{head}\n" if head else ""
    return f"{dialect} test\n{lined}{{\n{init}\n}}\n" + "\n".join(lines) + f"\n{condition}\n"


#   a store of 1, a load into a register, the registers of two addresses
CODE = {
    "AArch64": ("STR W9,[{}]", "LDR {},[{}]", ("X1", "X2"), ("W3", "W4"), "X9=1"),
    "ARM": ("STR R9,[{}]", "LDR {},[{}]", ("R1", "R2"), ("R3", "R4"), "R9=1"),
    "RISCV": ("sw x9,0({})", "lw {},0({})", ("x1", "x2"), ("x3", "x4"), "x9=1"),
    "PPC": ("stw r9,0({})", "lwz {},0({})", ("r1", "r2"), ("r3", "r4"), "r9=1"),
    "X86_64": ("movl $1,({})", "movl ({1}),%{0}", ("x", "y"), ("eax", "ebx"), ""),
    "X86": ("MOV [{}],$1", "MOV {},[{}]", ("x", "y"), ("EAX", "EBX"), ""),
}

#   each thread's accesses, `W` and `R` with a location; the condition, registers in their order
SHAPES = {
    "MP": (("Wx", "Wy"), ("Ry", "Rx"), "1:{0}=1 /\\ 1:{1}=0"),
    "SB": (("Wx", "Ry"), ("Wy", "Rx"), "0:{0}=0 /\\ 1:{0}=0"),
    "LB": (("Rx", "Wy"), ("Ry", "Wx"), "0:{0}=1 /\\ 1:{0}=1"),
}


def shape(
    dialect: str, name: str, between: tuple[str, str] = ("", ""), *, quantifier: str = "~exists"
) -> str:
    """Return a classic test, with a fence or none between the accesses of each thread."""
    store, load, places, registers, one_ = CODE[dialect]
    *threads, condition = SHAPES[name]
    columns, init = [], []
    for number, accesses in enumerate(threads):
        code, read = [], iter(registers)
        for access in accesses:
            kind, place = access[0], places["xy".index(access[1])]
            code.append(store.format(place) if kind == "W" else load.format(next(read), place))
        fence = between[number]
        columns.append([code[0], fence, code[1]] if fence else code)
        if one_:
            init.append(f"{number}:{places[0]}=x; {number}:{places[1]}=y; {number}:{one_};")
    names = [{"eax": "rax", "ebx": "rbx"}.get(r, r.replace("W", "X")) for r in registers]
    proposition = condition.format(*names)
    return asm(dialect, "\n".join(init), columns, f"{quantifier} ({proposition})")


@cache
def fixed(text: str, *archs: str, fragile: bool = False, forbid: bool = False) -> Fixes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        request = Request(archs, Limits(timeout=20_000), states=False)
        options = Options(fragile=fragile, forbid=forbid)
        found = fix_file(str(one(Path(folder), text)), request, options)
    assert not found.problems
    assert found.fixes is not None
    return found.fixes


def told(found: Fixes) -> list[list[str]]:
    return [[change.says for change in fix.changes] for fix in found.fixes]


def fences(found: Fixes) -> list[list[str]]:
    """Return the barriers of each fix that is made of barriers alone."""
    plans = [fix.changes for fix in found.fixes]
    return [
        [change.says.partition(" before ")[0] for change in plan]
        for plan in plans
        if all(change.kind == "fence" for change in plan)
    ]


TWO_WRITES = asm(
    "PPC", "0:r1=x; 0:r2=y; 0:r9=1; 0:r8=2; 1:r1=x; 1:r2=y; 1:r9=1; 1:r8=2;",
    [["stw r8,0(r1)", "stw r9,0(r2)"], ["stw r8,0(r2)", "stw r9,0(r1)"]], "~exists (x=2 /\\ y=2)",
)  # fmt: skip
TWO_WRITES_A64 = asm(
    "AArch64", "0:X1=x; 0:X2=y; 0:X9=1; 0:X8=2; 1:X1=x; 1:X2=y; 1:X9=1; 1:X8=2;",
    [["STR W8,[X1]", "STR W9,[X2]"], ["STR W8,[X2]", "STR W9,[X1]"]], "~exists (x=2 /\\ y=2)",
)  # fmt: skip
IRIW = asm(
    "PPC", "0:r1=x; 0:r9=1; 1:r1=x; 1:r2=y; 2:r2=y; 2:r9=1; 3:r1=x; 3:r2=y;",
    [["stw r9,0(r1)"], ["lwz r3,0(r1)", "lwz r4,0(r2)"], ["stw r9,0(r2)"],
     ["lwz r3,0(r2)", "lwz r4,0(r1)"]],
    "~exists (1:r3=1 /\\ 1:r4=0 /\\ 3:r3=1 /\\ 3:r4=0)",
)  # fmt: skip

#   the test, and the barriers that are the least of barriers alone
KNOWN = {
    "MP AArch64": (shape("AArch64", "MP"), ["DMB ISHST", "DMB ISHLD"]),
    "MP RISCV": (shape("RISCV", "MP"), ["fence w,w", "fence r,r"]),
    "MP PPC": (shape("PPC", "MP"), ["lwsync", "lwsync"]),
    "SB AArch64": (shape("AArch64", "SB"), ["DMB ISH", "DMB ISH"]),
    "SB ARM": (shape("ARM", "SB"), ["DMB ISH", "DMB ISH"]),
    "SB RISCV": (shape("RISCV", "SB"), ["fence w,r", "fence w,r"]),
    "SB PPC": (shape("PPC", "SB"), ["sync", "sync"]),
    "SB X86_64": (shape("X86_64", "SB"), ["mfence", "mfence"]),
    "SB X86": (shape("X86", "SB"), ["MFENCE", "MFENCE"]),
    "LB AArch64": (shape("AArch64", "LB"), ["DMB ISHLD", "DMB ISHLD"]),
    "LB RISCV": (shape("RISCV", "LB"), ["fence r,w", "fence r,w"]),
    "LB PPC": (shape("PPC", "LB"), ["lwsync", "lwsync"]),
    "2+2W PPC": (TWO_WRITES, ["lwsync", "lwsync"]),
    "2+2W AArch64": (TWO_WRITES_A64, ["DMB ISHST", "DMB ISHST"]),
    "IRIW PPC": (IRIW, ["sync", "sync"]),
}


def weak(text: str) -> bool:
    """Whether what orders accesses rests on practice: the axioms of Power and Armv7 do."""
    return text.startswith(("PPC", "ARM"))


# --- what it offers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_the_least_barriers_are_those_that_are_known(name: str) -> None:
    text, least = KNOWN[name]
    assert fences(fixed(text, fragile=weak(text))) == [least]


@pytest.mark.parametrize("name", KNOWN)
def test_a_test_with_a_fix_holds_and_with_a_part_of_it_does_not(name: str) -> None:
    text, _ = KNOWN[name]
    found = fixed(text, fragile=weak(text))
    arch = ARCHITECTURES[text.split()[0]]
    enough = {"forbidden", "fragile"} if weak(text) else {"forbidden"}
    table = Table(text)
    assert verdict(text, arch).answer not in enough
    for fix in found.fixes:
        (own,) = fix.verdicts
        assert verdict(fix.text, own.arch).answer == own.answer
        assert own.answer in enough
        for left in fix.changes:
            if not any(change.becomes for change in fix.changes):
                rest = tuple(e for c in fix.changes if c is not left for e in c.edits)
                assert verdict(table.edited(rest), arch).answer not in enough


def rows_by_hand(text: str, codes: list[str]) -> list[str]:
    """Return a test with one row more: a barrier of one thread, anywhere."""
    lines = text.split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith(" P0"))
    count = lines[start].count("|") + 1
    found = []
    for at in range(start + 1, len(lines) - 1):
        for column in range(count):
            for code in codes:
                cells = [f" {code} " if n == column else " " for n in range(count)]
                found.append("\n".join([*lines[:at], "|".join(cells) + ";", *lines[at:]]))
    return found


@pytest.mark.parametrize("name", ["MP AArch64", "SB X86", "LB RISCV", "IRIW PPC"])
def test_no_single_barrier_was_missed(name: str) -> None:
    text, least = KNOWN[name]
    dialect = text.split()[0]
    codes = [barrier.code for barrier in known(dialect).barriers]
    assert len(least) == 2
    enough = {"forbidden", "fragile"} if weak(text) else {"forbidden"}
    tried = rows_by_hand(text, codes)
    assert len(tried) > 4
    for one_more in tried:
        assert verdict(one_more, ARCHITECTURES[dialect]).answer not in enough


def test_instructions_that_order_come_before_barriers() -> None:
    found = told(fixed(KNOWN["MP AArch64"][0]))
    assert found[0] == ["`STR W9,[X2]` of P0 becomes STLR", "`LDR W3,[X2]` of P1 becomes LDAR"]
    assert found[1][1] == "`LDR W3,[X2]` of P1 becomes LDAPR (FEAT_LRCPC)"
    assert found[-1] == ["DMB ISHST before `STR W9,[X2]` of P0", "DMB ISHLD before `LDR W4,[X1]` "
                         "of P1"]  # fmt: skip


def test_with_a_feature_the_instructions_that_need_it_are_offered() -> None:
    text = KNOWN["MP RISCV"][0]
    plain, more = told(fixed(text)), told(fixed(text, "riscv64+zalasr"))
    assert not any("becomes lw.aq" in says for fix in plain for says in fix)
    assert ["`sw x9,0(x2)` of P0 becomes sw.rl", "`lw x3,0(x2)` of P1 becomes lw.aq"] in more


def test_what_needs_no_feature_is_shown_beside_what_does() -> None:
    found = fixed(KNOWN["LB RISCV"][0])
    assert [len(fix.changes) for fix in found.fixes] == [1, 2]
    assert found.fixes[0].changes[0].becomes == "riscv64+ztso"
    assert "Arch = riscv64+ztso\n{" in found.fixes[0].text
    assert "Arch" not in found.fixes[1].text


def test_a_stronger_barrier_takes_the_place_of_one() -> None:
    text = shape("PPC", "SB", ("lwsync", "sync"))
    assert told(fixed(text, fragile=True)) == [["`lwsync` of P0 becomes `sync`"]]


PAIR = """AArch64 pair
"Two registers at once?"
{ uint64_t x[2]; 0:X3=x; 1:X3=x; }
 P0              | P1             ;
 MOV X0,#-1      | LDP X0,X1,[X3] ;
 MOV X1,#-1      |                ;
 STP X0,X1,[X3]  |                ;
~exists torn(1:X0)
"""


@pytest.mark.parametrize("head", ["", "Arch = arm64\n", "Arch = arm64\nExpect = arm64: allowed\n"])
def test_a_pair_is_torn_until_lse2_is_required(head: str) -> None:
    text = PAIR.replace("{", head + "{", 1)
    found = fixed(text)
    (fix,) = found.fixes
    assert [change.becomes for change in fix.changes] == ["arm64+lse2"]
    assert parse(fix.text).archs[0][0] == "arm64+lse2"
    assert fix.text.replace("+lse2", "").replace("forbidden", "allowed") == (
        text if head else text.replace("{", "Arch = arm64\n{", 1)
    )
    why = dict(found.none)
    assert set(why) == {"operation", "align", "instruction", "fence"}
    assert "multiple of 4096" in why["align"]
    assert "torn by itself" in why["fence"]


def test_practice_is_taken_where_that_is_asked_for() -> None:
    text, _ = KNOWN["SB PPC"]
    found = fixed(text)
    assert not found.fixes
    assert "--fragile-ok" in dict(found.none)["fence"]
    assert {one.answer for fix in fixed(text, fragile=True).fixes for one in fix.verdicts} == {
        "fragile"
    }


def test_a_question_is_left_alone() -> None:
    text = shape("X86", "SB", quantifier="exists")
    assert "question" in fixed(text).nothing
    assert fences(fixed(text, forbid=True)) == [["MFENCE", "MFENCE"]]


def test_what_order_cannot_forbid_is_not_fixed() -> None:
    text = shape("AArch64", "MP").replace("X3=1 /\\ 1:X4=0", "X3=1 /\\ 1:X4=1")
    found = fixed(text)
    assert not found.fixes
    assert "not rest on order" in dict(found.none)["fence"]
    assert "arm64" in found.hopeless


# --- what a change keeps --------------------------------------------------------------------------


def test_an_access_that_would_fault_does_not_become_one_that_orders() -> None:
    text = shape("AArch64", "MP").replace("X2=y", "X2=y+2")
    text = text.replace("{\n", "{\nuint64_t y;\n", 1)
    plans = told(fixed(text))
    assert plans
    assert not any("becomes" in says for plan in plans for says in plan if "[X2]" in says)


def test_an_offset_keeps_an_access_from_becoming_another() -> None:
    text = shape("AArch64", "MP").replace("[X2]", "[X2,#4]").replace("{\n", "{\nint y[2];\n", 1)
    assert fences(fixed(text)) == [["DMB ISHST", "DMB ISHLD"]]
    assert not any("X2,#4" in says and "becomes" in says for p in told(fixed(text)) for says in p)


def test_a_distance_between_instructions_stays() -> None:
    text = shape("AArch64", "MP")
    held = text.replace(" STR W9,[X2]", " B .+4 | ;\n STR W9,[X2]", 1)
    plans = told(fixed(held))
    assert plans
    assert all("STLR" in says or "of P1" in says for plan in plans for says in plan)


@pytest.mark.parametrize(
    ("code", "register"),
    [("MOV EBX,$1", "ESI"), ("MOV ESI,$1", "EDI"), ("MOV SI,$1", "EDI"), ("mov edi,esi", "")],
)
def test_an_exchange_takes_a_register_that_a_test_has_nowhere(code: str, register: str) -> None:
    text = shape("X86", "SB").replace(" MOV [x]", f" {code} | {code} ;\n MOV [x]", 1)
    used = {
        match[1] for plan in told(fixed(text)) for says in plan
        if (match := re.search(r"and `XCHG \[\w\],(\w+)`", says))
    }  # fmt: skip
    assert used == ({register} if register else set())


@pytest.mark.parametrize("dialect", ["X86", "X86_64"])
def test_an_exchange_leaves_what_registers_and_memory_end_with(dialect: str) -> None:
    text = shape(dialect, "SB")
    (fix,) = [f for f in fixed(text).fixes if all(c.kind == "instruction" for c in f.changes)]
    condition = "exists ([x]=1 /\\ [y]=1 /\\ 0:rax=1 /\\ 1:rax=1)"
    condition = condition if dialect == "X86_64" else condition.replace("rax", "EAX")
    for changed in (text, fix.text):
        asked = re.sub(r"~exists.*", lambda _: condition, changed)
        assert verdict(asked, ARCHITECTURES[dialect]).answer == "allowed"


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


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_a_fix_is_applied(line: str, tmp_path: Path, run: Litmus) -> None:
    path = tmp_path / "one.litmus"
    path.write_bytes(shape("X86_64", "SB").replace("\n", line).encode())
    assert run("check", path).status == 1
    shown = run("fix", path, "--pick", "4")
    assert shown.status == 0
    assert "mfence" in shown.out
    assert run("fix", path, "--pick", "4", "--apply").status == 0
    raw = path.read_bytes()
    assert raw.count(b"mfence") == 2
    assert raw.count(b"\n") == raw.count(line.encode())
    assert run("check", path).status == 0
    assert "nothing to fix" in run("fix", path).out


def test_its_json_has_each_text(tmp_path: Path, run: Litmus) -> None:
    path = one(tmp_path, shape("AArch64", "MP"))
    (test,) = run("fix", path, "--format", "json").json["tests"]
    assert [change["kind"] for change in test["fixes"][-1]["changes"]] == ["fence", "fence"]
    assert verdict(test["fixes"][-1]["text"], "arm64").answer == "forbidden"


def test_exit_statuses(tmp_path: Path, run: Litmus) -> None:
    assert run("fix", one(tmp_path, shape("PPC", "SB"))).status == 1
    assert run("fix", one(tmp_path, shape("PPC", "SB")), "--fragile-ok").status == 0
    assert run("fix", one(tmp_path, shape("PPC", "SB").replace("stw", "stww"))).status == 2
