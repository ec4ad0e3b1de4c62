"""`litmus fix`: shipped tests that are broken, and that nothing cheaper was missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.fix import Options
from checker.fix.source import edited
from tests.command import BAD, LOOP, Litmus, one
from tests.fixes import MP, ONE_SIDED, fixed, fixes, kinds, told
from tests.inputs import ROOT, litmus, verdict

# --- shipped tests that are broken ----------------------------------------------------------------

#   the test, architectures other than its own, the kinds of the first fix, what its diff has
BROKEN = [
    ("linux/copy-to-user-8", (), ("operation",), "+  put_user(v, x);"),
    ("linux/copy-from-user-8", ("arm64", "x86-64"), ("operation",), "+  get_user(r0, x);"),
    ("linux/memset-8", (), ("operation",), "+  WRITE_ONCE(*x, 0xffffffffffffffffULL);"),
    ("linux/plain-read-8", ("arm64", "riscv64"), ("operation",), "+  u64 r0 = READ_ONCE(*x);"),
    ("linux/plain-write-8", ("arm64", "x86-64"), ("operation",),
     "+  WRITE_ONCE(*x, 0x0000000100000002);"),
    ("linux/plain-both-4", ("arm64",), ("operation", "operation"), "+  WRITE_ONCE(*x, 0x"),
    ("linux/pair-of-u32", (), ("align",), "pair __aligned(8)"),
    ("kvm/kvm-stolen-time-packed", (), ("align",), "-  struct rec { u8 kind; le64 stolen_time; }"),
    ("kvm/kvm-stolen-time-write-guest", (), ("operation",),
     "+  kvm_put_guest(kvm, &pv->stolen_time, v);"),
    ("kvm/kvm-stolen-time-memcpy-reader", (), ("operation",), "= READ_ONCE(pv->stolen_time)"),
    ("kvm/kvm-stolen-time-guest-x86-32", (), ("operation",),
     "+  u64 r0 = atomic64_read((atomic64_t *)&pv->stolen_time);"),
    ("kvm/stolen-time", ("x86-32",), ("operation", "operation", "instruction"),
     "+Override = x86-32: put_user_atomic 8 = store.mmx-sse 8"),
    ("kvm/stolen-time", ("arm64", "riscv32"), ("sequence",), "+  write_seqcount_begin(&seq);"),
    ("kvm/kvm-x86-pvclock-unaligned", (), ("operation", "align"), "pvclock __aligned(8);"),
    ("linux/own-byte-forwarded-torn", (), ("fence",), "+  smp_mb();"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "archs", "kind", "has"), BROKEN)
def test_a_file_to_which_a_fix_is_applied_is_forbidden(
    name: str, archs: tuple[str, ...], kind: tuple[str, ...], has: str, tmp_path: Path, run: Litmus
) -> None:
    shipped = ROOT / "litmus" / f"{name}.litmus"
    copy = one(tmp_path, shipped.read_text("utf-8"))
    asked = ("--arch", ",".join(archs)) if archs else ()
    found = fixed(copy, *archs)
    assert kinds(found)[0] == kind
    assert has in found.fixes[0].diff
    assert run("fix", copy, *asked, "--apply").status == 0
    after = run("check", copy, *asked, "--format", "json")
    assert {one["verdict"] for one in after.json["results"]} == {"forbidden"}
    if not archs:
        assert run("check", copy).status == 0, "Expect says what comes of it"
    again = run("fix", copy, *asked)
    assert again.status == 0
    assert "nothing to fix" in again.out


@pytest.mark.parametrize(("name", "archs"), [case[:2] for case in BROKEN])
def test_a_fix_changes_only_the_lines_of_its_diff(name: str, archs: tuple[str, ...]) -> None:
    shipped = ROOT / "litmus" / f"{name}.litmus"
    before = shipped.read_text("utf-8").split("\n")
    for fix in fixed(shipped, *archs).fixes:
        gone = [line[1:] for line in fix.diff.split("\n")[2:] if line.startswith("-")]
        come = [line[1:] for line in fix.diff.split("\n")[2:] if line.startswith("+")]
        assert sorted([*before, *come]) == sorted([*fix.text.split("\n"), *gone])
        assert all(one.answer == "forbidden" for one in fix.verdicts)


@pytest.mark.parametrize(("name", "archs"), [case[:2] for case in BROKEN])
def test_no_part_of_a_fix_is_enough(name: str, archs: tuple[str, ...]) -> None:
    shipped = ROOT / "litmus" / f"{name}.litmus"
    source = shipped.read_text("utf-8")
    found = fixed(shipped, *archs)
    asked = archs or [one.arch for one in found.before]
    for fix in found.fixes:
        for left in fix.changes:
            rest = tuple(e for one in fix.changes if one is not left for e in one.edits)
            if len(fix.changes) > 1:
                text = edited(source, rest)
                assert any(verdict(text, arch).answer != "forbidden" for arch in asked)


# --- nothing cheaper was missed -------------------------------------------------------------------

FENCED = MP.replace("\nWRITE_ONCE(*y", "\nsmp_wmb();\nWRITE_ONCE(*y")
WIDE = litmus("x[0] = 5;", "u64 r0 = READ_ONCE(x[0]);", init="u64 x[2] __aligned(4);")

_BY_HAND = {
    "WRITE_ONCE(*x, 1)": ["smp_store_release(x, 1)"],
    "WRITE_ONCE(*y, 1)": ["smp_store_release(y, 1)"],
    "READ_ONCE(*y)": ["smp_load_acquire(y)"],
    "READ_ONCE(*x)": ["smp_load_acquire(x)"],
    "\nWRITE_ONCE(*y": ["\nsmp_wmb();\nWRITE_ONCE(*y", "\nsmp_mb();\nWRITE_ONCE(*y"],
    "\nsmp_store_release(y": ["\nsmp_wmb();\nsmp_store_release(y", "\nsmp_mb();\nsmp_store_release"
                              "(y"],
    "\nu64 r1": ["\nsmp_rmb();\nu64 r1", "\nsmp_mb();\nu64 r1"],
    "smp_wmb()": ["smp_mb()"],
    "x[0] = 5": ["WRITE_ONCE(x[0], 5)", "smp_store_release(&x[0], 5)"],
    "READ_ONCE(x[0])": ["smp_load_acquire(&x[0])"],
    "__aligned(4)": ["__aligned(8)"],
    "u64 x;": ["u64 x __aligned(16);"],
}  # fmt: skip


def by_hand(text: str, count: int) -> list[str]:
    """Return every text with so many of the edits, each at a place of its own."""
    found = [(text, 0)]
    for _ in range(count):
        found = [
            (old.replace(was, new, 1), number + 1)
            for old, start in found
            for number, was in enumerate(_BY_HAND)
            if number >= start and was in old and was in text
            for new in _BY_HAND[was]
        ]
    return [one for one, _ in found]


@pytest.mark.parametrize(
    ("text", "arch", "least"),
    [(MP, "arm64", 2), (ONE_SIDED, "arm64", 1), (ONE_SIDED, "riscv64", 1), (FENCED, "arm64", 1),
     (WIDE, "riscv64", 2)],
    ids=["neither", "release-arm64", "release-riscv64", "wmb", "wide"],
)  # fmt: skip
def test_no_cheaper_change_was_missed(text: str, arch: str, least: int, tmp_path: Path) -> None:
    text = text.replace("Arch = arm64", f"Arch = {arch}")
    for count in range(least):
        for less in by_hand(text, count):
            assert verdict(less, arch).answer != "forbidden", less
    enough = {one for one in by_hand(text, least) if verdict(one, arch).answer == "forbidden"}
    found = fixes(tmp_path, text)
    assert {len(fix.changes) for fix in found.fixes} == {least}
    mine = {fix.text for fix in found.fixes if not any(c.becomes for c in fix.changes)}
    assert mine <= enough
    # a full fence does what a lesser one does, a release of a plain store what WRITE_ONCE() does
    dear = {one for one in enough if "smp_mb()" in one or "release(&" in one}
    assert enough - dear <= mine


def test_fixes_are_shown_from_the_cheapest(tmp_path: Path) -> None:
    found = fixes(tmp_path, ONE_SIDED)
    assert kinds(found) == [("operation",), ("fence",)]
    assert "smp_load_acquire" in told(found)[0]
    assert "smp_rmb() before" in told(found)[1]


# --- why there is none ----------------------------------------------------------------------------


def test_a_read_that_is_torn_by_itself_is_helped_by_no_fence(tmp_path: Path) -> None:
    text = litmus("put_user(-1, x);\nWRITE_ONCE(*y, 1);", "u32 r1 = READ_ONCE(*y);\nu64 r0;\n"
                  "get_user(r0, x);", par="u64 *x, u32 *y", init="u64 x; u32 y;",
                  head="Arch = x86-32")  # fmt: skip
    why = dict(fixes(tmp_path, text).none)
    assert "torn by itself" in why["fence"]


def test_two_writers_cannot_count(tmp_path: Path) -> None:
    text = litmus("put_user(-1, x);", "put_user(7, x);\nu64 r0; get_user(r0, x);",
                  head="Arch = x86-32")  # fmt: skip
    found = fixes(tmp_path, text)
    assert not found.fixes
    assert "P0 and P1 write it" in dict(found.none)["sequence"]


def test_a_budget_that_is_spent_is_said(tmp_path: Path) -> None:
    for options in (Options(budget=3), Options(seconds=1e-6)):
        found = fixes(tmp_path, MP, options=options)
        assert kinds(found) in ([], [("sequence",)])
        assert any("not every" in one for one in found.limits)


# --- the command ----------------------------------------------------------------------------------


def test_exit_statuses(tmp_path: Path, run: Litmus) -> None:
    broken = litmus("put_user(-1, x);", "put_user(7, x);\nu64 r0; get_user(r0, x);",
                    head="Arch = x86-32")  # fmt: skip
    path = one(tmp_path, ONE_SIDED)
    assert run("fix", path).status == 0
    assert path.read_text() == ONE_SIDED, "without --apply nothing is written"
    assert run("fix", one(tmp_path, broken)).status == 1
    assert run("fix", one(tmp_path, BAD)).status == 2
    assert run("fix", one(tmp_path, LOOP)).status == 3
    assert run("fix", ROOT / "litmus/aarch64").status == 2
    assert run("fix", "-", "--apply", stdin=ONE_SIDED).status == 2


def test_the_json_has_all_that_is_shown(tmp_path: Path, run: Litmus) -> None:
    found = run("fix", one(tmp_path, ONE_SIDED), "--format", "json").json
    assert found["schema"] == "litmus-fix/1"
    (test,) = found["tests"]
    assert test["archs"] == [{"arch": "arm64", "verdict": "allowed"}]
    first = test["fixes"][0]
    assert first["changes"][0]["kind"] == "operation"
    assert first["archs"][0]["verdict"] == "forbidden"
    assert first["archs"][0]["reasons"]
    assert verdict(first["text"]).answer == "forbidden"
    assert {one["kind"] for one in test["none"]} >= {"align", "feature", "instruction"}
