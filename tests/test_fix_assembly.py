"""`litmus fix` on assembly tests: what it offers, what a change keeps, the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.fix.assembly.known import known
from checker.fix.assembly.table import Table
from checker.language import parse
from checker.lowering.asm import ARCHITECTURES
from tests.assembly_fixes import KNOWN, fences, fixed, shape, told, weak
from tests.command import Litmus, one
from tests.inputs import verdict

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
