"""`litmus ablate`: what it takes out, and that the verdict without is that of the edited file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from checker.ablate import Ablation, Cell, Row, ablate_all
from checker.ablate.removals import KINDS
from checker.check import Limits
from checker.report import ablate as report
from checker.report import ablate_json
from checker.report.text import Style
from checker.run import Request
from tests.command import BAD, LOOP, Litmus, one
from tests.inputs import ROOT, verdict

PLAIN = Style(colour=False)


def ablated(folder: Path, text: str, *archs: str, unroll: int = 3, jobs: int = 1) -> Ablation:
    request = Request(archs, Limits(timeout=20_000, unroll=unroll), states=False)
    (found,) = ablate_all([str(one(folder, text))], request, jobs, lambda _: None)
    assert not found.problems
    assert found.ablation is not None
    return found.ablation


def position(text: str, part: str) -> tuple[int, int]:
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


# --- what is needed is what the edited file needs -------------------------------------------------


def c(p0: str, p1: str, cond: str, init: str = "u32 x; u32 y;") -> str:
    par = ", ".join(f"u32 *{name}" for name in re.findall(r"(\w+)(?: __aligned\(\d+\))?;", init))
    if "u64" in init:
        par = par.replace("u32", "u64")
    return f"C test\n{{\n{init}\n}}\nP0({par})\n{{\n{p0}\n}}\nP1({par})\n{{\n{p1}\n}}\n{cond}\n"


def asm(dialect: str, init: str, rows: str, cond: str) -> str:
    lines = [line.split("|") for line in rows.strip().split("\n")]
    code = "\n".join(" | ".join(f"{cell.strip():20}" for cell in line) + " ;" for line in lines)
    return f"{dialect} test\n{{ {init} }}\n{code}\n{cond}\n"


_WRITES = "WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);"
_READS = "u32 r0 = READ_ONCE(*y); smp_rmb(); u32 r1 = READ_ONCE(*x);"
_SEEN = "~exists (1:r0=1 /\\ 1:r1=0)"
_BOTH = "~exists (0:r0=1 /\\ 1:r0=1)"
MP = c(_WRITES, _READS, _SEEN)
RELEASE = c("WRITE_ONCE(*x, 1); smp_store_release(y, 1);", _READS, _SEEN)
ACQUIRE = c(_WRITES, "u32 r0 = smp_load_acquire(y); u32 r1 = READ_ONCE(*x);", _SEEN)
UPDATE = c("WRITE_ONCE(*x, 1); xchg(y, 1);", _READS, _SEEN)
VARIANT = c("WRITE_ONCE(*x, 1); cmpxchg_release(y, 0, 1);", _READS, _SEEN)
DATA = c("u32 r0 = READ_ONCE(*x); WRITE_ONCE(*y, r0);",
         "u32 r0 = READ_ONCE(*y); smp_mb(); WRITE_ONCE(*x, 1);", _BOTH)  # fmt: skip
CTRL = DATA.replace("WRITE_ONCE(*y, r0);", "if (r0) WRITE_ONCE(*y, 1);")
ROUNDS = c("WRITE_ONCE(*x, 1); for (int i = 1; i < 3; i++) { smp_wmb(); WRITE_ONCE(*y, i); }",
           _READS, "~exists (1:r0=2 /\\ 1:r1=0)")  # fmt: skip
WIDE = c("put_user(0x1122334455667788, x);", "u64 r0 = READ_ONCE(*x);", "~exists torn(1:r0)",
         "u64 x __aligned(16);")  # fmt: skip
PUBLISH = (
    (ROOT / "litmus/linux/rcu-publish.litmus")
    .read_text("utf-8")
    .replace("P1(struct item **head)", "P1(struct item *item, struct item **head)")
)

_A64 = "0:X1=x; 0:X3=y; 1:X1=y; 1:X3=x;"
A64 = asm("AArch64", _A64, """
    P0            | P1
    MOV W0,#1     | LDAR W0,[X1]
    STR W0,[X1]   | LDR W2,[X3]
    MOV W2,#1     |
    STLR W2,[X3]  |
""", "exists (1:X0=1 /\\ 1:X2=0)")  # fmt: skip
A64_FENCES = asm("AArch64", _A64, """
    P0            | P1
    MOV W0,#1     | LDR W0,[X1]
    STR W0,[X1]   | CBNZ W0,LC00
    DMB ST        | LC00:
    MOV W2,#1     | ISB
    STR W2,[X3]   | LDR W2,[X3]
""", "exists (1:X0=1 /\\ 1:X2=0)")  # fmt: skip
A64_DEPENDS = asm("AArch64", _A64, """
    P0                  | P1
    LDR W0,[X1]         | LDR W0,[X1]
    EOR W2,W0,W0        | EOR W2,W0,W0
    MOV W4,#1           | ADD W4,W2,#1
    STR W4,[X3,W2,SXTW] | STR W4,[X3]
""", "exists (0:X0=1 /\\ 1:X0=1)")  # fmt: skip
RISCV = asm("RISCV", "0:x6=x; 0:x8=y; 1:x6=y; 1:x8=x;", """
    P0                      | P1
    ori x5,x0,1             | amoor.w.aq x5,x0,(x6)
    sw x5,0(x6)             | lw x7,0(x8)
    fence w,w               |
    sw x5,0(x8)             |
""", "exists (1:x5=1 /\\ 1:x7=0)")  # fmt: skip
PPC = asm("PPC", "0:r2=x; 0:r4=y; 1:r2=y; 1:r4=x;", """
    P0           | P1
    li r1,1      | lwz r1,0(r2)
    stw r1,0(r2) | sync
    lwsync       | lwz r3,0(r4)
    stw r1,0(r4) |
""", "exists (1:r1=1 /\\ 1:r3=0)")  # fmt: skip
X86 = asm("X86_64", "", """
    P0             | P1
    movl $1,(x)    | movl $1,(y)
    mfence         | mfence
    movl (y),%eax  | movl (x),%eax
""", "exists (0:rax=0 /\\ 1:rax=0)")  # fmt: skip

#       the test, its architecture, what is removed and where, the edit by hand, what comes of it
EDITED = [
    (MP, "arm64", "barrier", "smp_wmb()", "smp_wmb()", "barrier()", "needed"),
    (MP, "arm64", "barrier", "smp_rmb()", "smp_rmb();", "", "needed"),
    (MP, "powerpc64", "barrier", "smp_rmb()", "smp_rmb();", "", "needed"),
    (MP, "x86-64", "barrier", "smp_wmb()", "smp_wmb();", "", "absent"),
    (MP.replace("smp_wmb();", "smp_wmb(); smp_mb();"), "arm64", "barrier", "smp_wmb()",
     "smp_wmb();", "", "not-needed"),
    (ROUNDS, "arm64", "barrier", "smp_wmb()", "smp_wmb();", "", "needed"),
    (RELEASE, "arm64", "order", "smp_store", "smp_store_release(y", "WRITE_ONCE(*y", "needed"),
    (RELEASE, "x86-64", "order", "smp_store", "smp_store_release(y", "WRITE_ONCE(*y", "absent"),
    (ACQUIRE, "riscv64", "order", "smp_load", "smp_load_acquire(y", "READ_ONCE(*y", "needed"),
    (UPDATE, "arm64", "order xchg_relaxed", "xchg", "xchg", "xchg_relaxed", "needed"),
    (UPDATE, "arm64", "order xchg_acquire", "xchg", "xchg", "xchg_acquire", "needed"),
    (UPDATE, "arm64", "order xchg_release", "xchg", "xchg", "xchg_release", "not-needed"),
    (VARIANT, "arm64", "order cmpxchg_relaxed", "cmpxchg", "_release", "_relaxed", "needed"),
    (DATA, "arm64", "data", "WRITE_ONCE(*y", "r0);\n}\nP1", "1);\n}\nP1", "needed"),
    (DATA, "x86-64", "data", "WRITE_ONCE(*y", "r0);\n}\nP1", "1);\n}\nP1", "not-needed"),
    (CTRL, "arm64", "ctrl", "WRITE_ONCE(*y", "if (r0) ", "", "needed"),
    (PUBLISH, "arm64", "addr", "READ_ONCE(p->value)", "READ_ONCE(p->", "READ_ONCE(item->",
     "needed"),
    (PUBLISH, "riscv64", "order", "rcu_assign", "rcu_assign_pointer", "WRITE_ONCE", "needed"),
    (WIDE, "arm64", "align", "x __aligned", "__aligned(16)", "__aligned(4)", "needed"),
    (WIDE.replace(" __aligned(16)", ""), "x86-64", "align", "x;", "u64 x;", "u64 x __aligned(4);",
     "needed"),
    (A64, "arm64", "order", "LDAR", "LDAR", "LDR", "needed"),
    (A64, "arm64", "order", "STLR", "STLR", "STR", "needed"),
    (A64_FENCES, "arm64", "barrier", "DMB ST", "DMB ST", "", "needed"),
    (A64_FENCES, "arm64", "barrier", "ISB", "ISB", "", "needed"),
    (A64_FENCES, "arm64", "ctrl", "ISB", "CBNZ W0,LC00", "", "needed"),
    (A64_DEPENDS, "arm64", "addr", "STR W4,[X3,W2", "[X3,W2,SXTW]", "[X3]", "needed"),
    (A64_DEPENDS, "arm64", "data", "STR W4,[X3] ", "ADD W4,W2,#1", "MOV W4,#1", "needed"),
    (RISCV, "riscv64", "barrier", "fence w,w", "fence w,w", "", "needed"),
    (RISCV, "riscv64", "order", "amoor.w.aq", "amoor.w.aq", "amoor.w", "needed"),
    (PPC, "powerpc64", "barrier", "lwsync", "lwsync", "", "needed"),
    (X86, "x86-64", "barrier", "mfence", "mfence", "", "needed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "arch", "what", "at", "edit", "effect"),
    [
        pytest.param(*case[:4], case[4:6], case[6], id=f"{case[0][:2]} {case[2]} {at} {arch}")
        for case in EDITED
        for arch, at in [(case[1], case[3])]
    ],
)
def test_the_verdict_without_is_that_of_the_edited_file(
    tmp_path: Path, text: str, arch: str, what: str, at: str, edit: tuple[str, str], effect: str
) -> None:
    kind, _, weaker = what.partition(" ")
    found = ablated(tmp_path, text, arch)
    row = next(
        one
        for one in found.rows
        if (one.removal.kind, one.removal.at) == (kind, position(text, at))
        and weaker in ("", one.removal.weaker)
    )
    (cell,) = row.cells
    (before,) = found.before
    after = verdict(text.replace(*edit, 1), before.arch, unroll=3)
    assert before.answer == verdict(text, before.arch, unroll=3).answer
    assert cell.answer == after.answer
    assert cell.effect == effect
    assert cell.needed is (after.answer != before.answer)
    assert found.needed(row) is cell.needed


def test_every_kind_of_removal_is_tried_in_both_dialects() -> None:
    kinds = {(case[0].startswith("C "), case[2].split()[0]) for case in EDITED}
    both = {(c_dialect, kind) for c_dialect in (True, False) for kind in KINDS}
    assert kinds == both - {(False, "align")}  # assembly has its locations on cache lines


def _without_barriers(text: str) -> dict[str, str]:
    """Return a shipped test without each call of a barrier, by the place where it stands."""
    calls = re.finditer(r"\bsmp_(?:mb|rmb|wmb)\(\);", text)
    return {
        "{}:{}".format(*position(text[: found.start()] + "§", "§")):
        text[: found.start()] + text[found.end() :] for found in calls
    }  # fmt: skip


@pytest.mark.parametrize("name", ["ports-message-passing", "ports-wmb-is-not-cumulative"])
def test_shipped_tests_need_the_barriers_that_they_need_when_edited(
    tmp_path: Path, name: str
) -> None:
    text = (ROOT / f"litmus/linux/{name}.litmus").read_text("utf-8")
    edited = _without_barriers(text)
    found = ablated(tmp_path, text)
    rows = {"{}:{}".format(*r.removal.at): r for r in found.rows if r.removal.kind == "barrier"}
    assert not found.rows or sorted(rows) == sorted(edited)
    for place, row in rows.items():
        for cell in row.cells:
            assert cell.answer == verdict(edited[place], cell.arch).answer, (place, cell.arch)


# --- alignments -----------------------------------------------------------------------------------


def only(found: Ablation, kind: str) -> tuple[Row, Cell]:
    (row,) = (one for one in found.rows if one.removal.kind == kind)
    (cell,) = row.cells
    return row, cell


def test_an_alignment_is_needed_down_to_what_is_enough(tmp_path: Path) -> None:
    found = ablated(tmp_path, WIDE, "arm64")
    _, cell = only(found, "align")
    assert (cell.align, cell.below) == (16, 8)
    assert verdict(WIDE.replace("16", "8")).answer == found.before[0].answer
    assert "8 is enough" in report.test(found, PLAIN, witness=False)


def test_an_access_that_faults_needs_its_alignment(tmp_path: Path) -> None:
    text = c("xchg(x, 1);", "u32 r0 = READ_ONCE(*x);", "~exists 1:r0=2", "u32 x;")
    _, cell = only(ablated(tmp_path, text, "arm64"), "align")
    assert (cell.effect, cell.answer, cell.needed, cell.below) == ("faults", "forbidden", True, 4)
    _, cell = only(ablated(tmp_path, text, "x86-64"), "align")
    assert (cell.effect, cell.needed, cell.below) == ("not-needed", False, 0)


def test_what_faults_as_it_is_does_not_fault_for_want_of_alignment(tmp_path: Path) -> None:
    text = c("xchg(x, 1);", "u32 r0 = READ_ONCE(*x);", "~exists 1:r0=2", "u32 x __aligned(2);")
    _, cell = only(ablated(tmp_path, text, "arm64"), "align")
    assert cell.effect == "not-needed"


def test_an_address_that_is_given_is_no_alignment(tmp_path: Path) -> None:
    text = WIDE.replace("x __aligned(16);", "x __at(8);").replace("u32 *x", "u64 *x")
    assert not ablated(tmp_path, text, "arm64").rows


# --- what a removal is ----------------------------------------------------------------------------


def test_a_line_that_is_run_twice_is_one_removal(tmp_path: Path) -> None:
    rows = [row for row in ablated(tmp_path, ROUNDS, "arm64").rows if row.removal.kind == "barrier"]
    assert [(row.text, row.threads) for row in rows] == [("smp_wmb()", (0,)), ("smp_rmb()", (1,))]


def test_two_that_stand_in_for_each_other_are_not_needed_alone(tmp_path: Path) -> None:
    text = MP.replace("smp_wmb();", "smp_wmb(); smp_mb();")
    found = ablated(tmp_path, text, "arm64")
    assert [cell.answer for cell in found.together] == ["allowed"]
    assert "one piece stands in for another" in report.test(found, PLAIN, witness=False)


def test_waiting_for_a_lock_is_no_dependency(tmp_path: Path) -> None:
    text = c("spin_lock(s); WRITE_ONCE(*x, 1); spin_unlock(s);",
             "spin_lock(s); WRITE_ONCE(*x, 2); spin_unlock(s);",
             "~exists torn", "u32 x; spinlock_t s;").replace("u32 *s", "spinlock_t *s")  # fmt: skip
    assert {row.removal.kind for row in ablated(tmp_path, text, "arm64").rows} == {"align"}


def test_what_is_no_barrier_to_the_hardware_makes_no_difference(tmp_path: Path) -> None:
    text = MP.replace("smp_wmb();", "smp_wmb(); barrier();")
    found = ablated(tmp_path, text, "arm64", "x86-64")
    shown = " ".join(report.test(found, PLAIN, witness=False).split())
    assert "no difference anywhere: 7:31 barrier()" in shown
    assert "needed on arm64: 7:20 smp_wmb(); 11:25 smp_rmb()" in shown


def test_what_is_allowed_needs_nothing(tmp_path: Path) -> None:
    found = ablated(tmp_path, MP.replace("smp_wmb();", ""), "arm64", "x86-64")
    assert [one.answer for one in found.before] == ["allowed", "forbidden"]
    assert {cell.arch for row in found.rows for cell in row.cells} == {"x86-64"}
    assert "arm64: ALLOWED as it is: nothing can be needed" in report.test(
        found, PLAIN, witness=False
    )


def test_nothing_is_said_to_be_needless_where_the_verdict_is_unknown(tmp_path: Path) -> None:
    found = ablated(tmp_path, LOOP.replace("Arch = arm64\n", ""), "arm64")
    assert found.limited
    assert not found.rows
    some = Ablation((*found.before, *ablated(tmp_path, MP, "x86-64").before), (), ())
    rows = ablated(tmp_path, MP, "x86-64").rows
    assert {some.needed(row) for row in rows} == {None}


# --- the command ----------------------------------------------------------------------------------

STATUS = [("it is decided", MP, 0), ("a limit is hit", LOOP, 3), ("it cannot be used", BAD, 2)]


@pytest.mark.parametrize(("text", "status"), [pytest.param(*s[1:], id=s[0]) for s in STATUS])
def test_the_status(run: Litmus, tmp_path: Path, text: str, status: int) -> None:
    found = run("ablate", one(tmp_path, text), "--arch", "arm64")
    assert found.status == status
    assert bool(found.err) is (status == 2)


def test_an_option_that_names_nothing_is_said(run: Litmus, tmp_path: Path) -> None:
    found = run("ablate", one(tmp_path, MP), "--arch", "amr64")
    assert found.status == 2
    assert "--arch" in found.err


def test_the_json_has_every_result(run: Litmus, tmp_path: Path) -> None:
    path = one(tmp_path, RELEASE)
    found = run("ablate", path, "--arch", "arm64,x86-64", "--format", "json", "-v")
    assert found.json["schema"] == "litmus-ablate/1"
    assert found.json["errors"] == []
    (test,) = found.json["tests"]
    assert [one["verdict"] for one in test["archs"]] == ["forbidden", "forbidden"]
    order = next(one for one in test["removals"] if one["kind"] == "order")
    assert (order["line"], order["column"]) == position(RELEASE, "smp_store_release")
    assert (order["text"], order["becomes"]) == ("smp_store_release(y, 1)", "WRITE_ONCE")
    assert (order["needed"], order["needed_on"], order["threads"]) == (True, ["arm64"], [0])
    arm64, x86 = order["results"]
    assert (arm64["effect"], arm64["verdict"], arm64["needed"]) == ("needed", "allowed", True)
    assert arm64["witness"]["layer"] == "code"
    assert (x86["effect"], x86["verdict"], x86["needed"]) == ("absent", "forbidden", False)


def test_a_dependency_names_both_of_its_ends(tmp_path: Path) -> None:
    document = json.loads(
        ablate_json.render([ablated(tmp_path, PUBLISH, "arm64")], (), witness=False)
    )
    (addr,) = (one for one in document["tests"][0]["removals"] if one["kind"] == "addr")
    line, column = position(PUBLISH, "rcu_dereference(*")
    assert addr["text"] == "READ_ONCE(p->value)"
    assert addr["source"] == {"line": line, "column": column, "text": "rcu_dereference(*head)"}


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    shown = [
        report.test(ablated(tmp_path, MP, "arm64", "x86-64", jobs=jobs), PLAIN, witness=True)
        for jobs in (1, 2)
    ]
    assert shown[0] == shown[1]


def test_every_form_is_well_made(tmp_path: Path) -> None:
    found = ablated(tmp_path, RELEASE, "arm64", "powerpc64", "x86-64")
    shown = report.markdown([found])
    table = [line for line in shown.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    plain = report.test(found, PLAIN, witness=True)
    coloured = report.test(found, Style(colour=True), witness=True)
    assert re.sub(r"\033\[[\d;]*m", "", coloured) == plain
    assert "without 7:20  P0  smp_store_release(y, 1) as WRITE_ONCE(), on arm64:" in plain
    assert max(len(line) for line in plain.splitlines()) <= 120


def test_what_is_long_is_cut_inside_its_call(tmp_path: Path) -> None:
    long = "smp_store_release(y, 0x11111111 + 0x11111111 + 0x11111111 + 0x11111111)"
    found = ablated(tmp_path, RELEASE.replace("smp_store_release(y, 1)", long), "arm64")
    row = next(one for one in found.rows if one.removal.kind == "order")
    assert row.text == long
    assert "…) as WRITE_ONCE()" in report.test(found, PLAIN, witness=False)


def test_the_shell_completes_it(run: Litmus) -> None:
    for shell in ("bash", "zsh", "tcsh"):
        assert "ablate" in run("completion", shell).out
