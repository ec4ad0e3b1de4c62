"""`litmus fix`: what it offers makes the edited file hold, and nothing cheaper was missed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.arch import target
from checker.arch.kernel import COMPLETE
from checker.check import Asked, Limits
from checker.diagnostic import Diagnostic
from checker.fix import Fixes, Options, fix_file
from checker.fix.decide import Judge
from checker.fix.machine import features
from checker.fix.operations import Operations
from checker.fix.source import Edit, OverlapError, Text, edited
from checker.language import parse
from checker.run import Request
from tests.command import BAD, LOOP, Litmus, one
from tests.inputs import ROOT, final, litmus, verdict


def fixed(path: Path, *archs: str, options: Options | None = None) -> Fixes:
    request = Request(archs, Limits(timeout=20_000), states=False)
    found = fix_file(str(path), request, options or Options())
    assert not found.problems
    assert found.fixes is not None
    return found.fixes


def fixes(folder: Path, text: str, *archs: str, options: Options | None = None) -> Fixes:
    return fixed(one(folder, text), *archs, options=options)


def kinds(found: Fixes) -> list[tuple[str, ...]]:
    return [tuple(change.kind for change in fix.changes) for fix in found.fixes]


def told(found: Fixes) -> list[str]:
    return [", ".join(change.says for change in fix.changes) for fix in found.fixes]


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

_PAR = "u64 *x, u32 *y"
MP = litmus(
    "WRITE_ONCE(*x, 1);\nWRITE_ONCE(*y, 1);",
    "u32 r0 = READ_ONCE(*y);\nu64 r1 = READ_ONCE(*x);",
    init="u64 x; u32 y;", par=_PAR, cond="~exists (1:r0=1 /\\ 1:r1=0)",
)  # fmt: skip
ONE_SIDED = MP.replace("WRITE_ONCE(*y, 1);", "smp_store_release(y, 1);")
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


# --- a fix keeps the meaning ----------------------------------------------------------------------

#   the same by two ways of writing it: what the first becomes, in a thread that runs alone
SAME = [
    "u64 v = 0x1122334455667788; copy_to_user(x, &v, 8);",
    "u64 v[2]; v[1] = 0x1122334455667788; copy_to_user(x, &v[1], 8);",
    "struct s v; v.a = 1; v.b = 2; copy_to_user(x, &v, 8);",
    "u32 v = 0x11223344; copy_to_user((char *)x + 4, &v, 4);",
    "u64 v = 0x1122334455667788; kvm_write_guest(kvm, x, &v, 8);",
    "u64 v = 0x1122334455667788; memcpy(x, &v, 8);",
    "memset(x, 0x5a, 8);", "memset(x, 012, 8);",
    "*x = 5; *x += 3;",
    "copy_from_user(&r0, x, 8);", "u32 w; copy_from_user(&w, x, 4); r0 = w;",
    "memcpy(&r0, x, 8);", "kvm_read_guest(kvm, x, &r0, 8);", "r0 = *x;",
    "struct s v; copy_from_user(&v, x, 8); r0 = v.b;",
]  # fmt: skip


@pytest.mark.parametrize("arch", ["arm64", "x86-64", "s390x", "powerpc64"])
@pytest.mark.parametrize("body", SAME)
def test_another_operation_moves_the_same_bytes(body: str, arch: str) -> None:
    text = litmus(
        f"u64 r0 = 0; {body}", "u64 r9 = READ_ONCE(*x);",
        init="struct s { u32 a; u32 b; }; u64 x = 0x0102030405060708;",
        cond="locations [x; 0:r0;]\n~exists torn",
        head=f"Arch = {arch}",
    )  # fmt: skip
    alone = re.sub(r"P1\(.*?\n}\n", "", text, flags=re.DOTALL).replace("torn", "0:r0=77")
    judge = Judge(COMPLETE, Limits(), Asked(), 100)
    operations = list(Operations(Text(alone), [judge.drawn(alone, arch)]).changes())
    assert operations
    for change in operations:
        changed = edited(alone, change.edits)
        try:
            same = judge.touched(changed, arch) == judge.touched(alone, arch)
        except Diagnostic:
            continue
        if same:
            assert final(changed, arch) == final(alone, arch), change.says


def test_what_would_only_fault_is_no_fix(tmp_path: Path) -> None:
    text = litmus("WRITE_ONCE(*x, -1);", init="u64 x __aligned(4);")
    for way in (
        ("WRITE_ONCE(*x,", "smp_store_release(x,"),
        ("READ_ONCE(*x)", "smp_load_acquire(x)"),
    ):
        text = text.replace(*way)
    assert verdict(text).answer == "forbidden", "a thread that faults shows nothing"
    found = fixes(tmp_path, litmus("WRITE_ONCE(*x, -1);", init="u64 x __aligned(4);"))
    assert kinds(found) == [("align",)]


def test_a_layout_that_takes_fields_apart_is_no_fix(tmp_path: Path) -> None:
    text = litmus(
        "u64 v = -1; put_user(v, (u64 *)&x->lo);", "u32 r0 = READ_ONCE(x->hi);",
        init="struct s { u32 lo; u32 hi; } x __aligned(4);", par="struct s *x",
    )  # fmt: skip
    found = fixes(tmp_path, text)
    assert "x is __aligned(8)" in told(found)
    assert not any("field hi" in one for one in told(found))


# --- the kinds ------------------------------------------------------------------------------------

AT_4 = litmus(
    "WRITE_ONCE(x->b, -1);", "u64 r0 = READ_ONCE(x->b);", par="struct s *x",
    init="struct s { u32 a; u64 b; } __packed; struct s x __aligned(16);",
    head="Arch = arm64\nExpect = arm64: allowed",
)  # fmt: skip


def test_a_required_feature_is_written_to_the_header(tmp_path: Path) -> None:
    found = fixes(tmp_path, AT_4)
    (feature,) = [fix for fix in found.fixes if fix.changes[0].kind == "feature"]
    assert feature.text.startswith("C test\nArch = arm64+lse2\nExpect = arm64+lse2: forbidden\n")
    assert [one.arch for one in feature.verdicts] == ["arm64+lse2"]


def test_an_override_replaces_the_one_that_there_is(tmp_path: Path) -> None:
    head = "Arch = x86-32\nOverride = x86-32: put_user_atomic 8 = store 4 at 0; store 4 at 4"
    text = litmus(
        "put_user_atomic(-1, x);", "u64 r0 = atomic64_read((atomic64_t *)x);",
        init="u64 x __aligned(8);", head=head,
    )  # fmt: skip
    found = fixes(tmp_path, text)
    assert kinds(found)[0] == ("instruction",)
    assert "Override = x86-32: put_user_atomic 8 = store.mmx-sse 8\n{" in found.fixes[0].text
    assert found.fixes[0].text.count("Override") == 1
    assert "x86-32.aligned-8" in found.fixes[0].changes[0].cite


def test_neighbours_of_virt_get_virt(tmp_path: Path) -> None:
    text = ONE_SIDED.replace("smp_store_release", "virt_store_release")
    reader = text.replace("u64 r1 =", "virt_mb();\nu32 r2 = READ_ONCE(*y);\nu64 r1 =")
    reader = reader.replace("virt_mb();", "virt_wmb();").replace("1:r0=1", "1:r2=1")
    found = fixes(tmp_path, reader)
    assert any("virt_rmb() before" in one for one in told(found))
    assert not any("smp_" in one for one in told(found))


def test_fragile_is_enough_where_that_is_asked_for(tmp_path: Path) -> None:
    text = litmus("u64 v = -1; copy_to_user(x, &v, 8);", head="Arch = arm64")
    assert not fixes(tmp_path, text).nothing
    assert fixes(tmp_path, text, options=Options(fragile=True)).nothing
    both = fixes(tmp_path, text, "arm64", "x86-64", options=Options(fragile=True))
    assert both.broken == ("x86-64",)
    assert both.fixes


def test_a_question_has_nothing_to_fix_unless_it_is_to_be_forbidden(tmp_path: Path) -> None:
    text = ONE_SIDED.replace("~exists", "exists")
    assert "question" in fixes(tmp_path, text).nothing
    assert fixes(tmp_path, text, options=Options(forbid=True)).fixes


def test_forall_is_an_assertion(tmp_path: Path) -> None:
    text = ONE_SIDED.replace("~exists (1:r0=1 /\\ 1:r1=0)", "forall (1:r0=0 \\/ 1:r1=1)")
    assert told(fixes(tmp_path, text)) == told(fixes(tmp_path, ONE_SIDED))


def test_each_architecture_alone(tmp_path: Path) -> None:
    text = litmus("put_user(-1, x);", "u64 r0; get_user(r0, x);", init="u64 x __aligned(4);",
                  head="Arch = arm64, x86-32")  # fmt: skip
    found = fixes(tmp_path, text, options=Options(each=True))
    alone = {one.before[0].arch: one for one in found.each}
    assert kinds(alone["arm64"])[0] == ("align",)
    assert set(alone) == {"arm64", "x86-32"}


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


# --- the solver's word ----------------------------------------------------------------------------

SAMPLE = sorted((ROOT / "litmus" / "kvm").glob("*.litmus"))[::4]


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_the_search_decides_as_check_does(path: Path) -> None:
    text = path.read_text("utf-8")
    judge = Judge(COMPLETE, Limits(timeout=20_000), Asked(), 1000)
    for name, _ in parse(text).archs:
        assert judge.judged(text, target(name).name).answer == verdict(text, name).answer


@pytest.mark.parametrize("arch", ["arm64", "x86-64", "x86-32", "arm", "riscv64", "powerpc64"])
@pytest.mark.parametrize("path", ["kvm/kvm-write-guest-u32", "linux/put-user-8", "linux/xchg-4"])
def test_a_feature_that_is_not_spoken_of_changes_nothing(path: str, arch: str) -> None:
    text = (ROOT / "litmus" / f"{path}.litmus").read_text("utf-8")
    judge = Judge(COMPLETE, Limits(timeout=20_000), Asked(), 1000)
    before, spoken = judge.judged(text, arch), judge.spoken(text, arch)
    every = list(features(Text(text), parse(text), arch, COMPLETE))
    names = [change.becomes for change in every]
    silent = [name for name in names if name.rpartition("+")[2] not in spoken]
    assert silent
    for name in silent:
        assert verdict(text, name).answer == before.answer


# --- edits ----------------------------------------------------------------------------------------


def test_edits_do_not_overlap() -> None:
    assert edited("abc", (Edit(1, 2, "x"), Edit(0, 0, "<"), Edit(1, 1, "y"))) == "<ayxc"
    with pytest.raises(OverlapError):
        edited("abc", (Edit(0, 2, ""), Edit(1, 3, "")))


def test_a_text_knows_where_its_syntax_stands() -> None:
    text = "C t\n(* { } *)\nArch = arm64\n{ u64 x; /* [ */ }\nP0(u64 *x) { *x = 1; }\nexists x=1\n"
    source = Text(text)
    (location,) = source.nodes("location")
    assert source.of(location) == "u64 x"
    (assign,) = source.nodes("assign")
    assert source.of(assign) == "*x = 1"
    assert source.position(source.start(assign)) == (5, 14)
    assert source.offset((5, 14)) == source.start(assign)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_apply_keeps_the_form_of_a_file(
    mark: bytes, line: str, tmp_path: Path, run: Litmus
) -> None:
    path = tmp_path / "one.litmus"
    path.write_bytes(mark + ONE_SIDED.replace("\n", line).encode())
    assert run("fix", path, "--pick", "2", "--apply").status == 0
    raw = path.read_bytes()
    assert raw.startswith(mark + b"C test")
    assert raw.count(b"\n") == raw.count(line.encode()) == ONE_SIDED.count("\n") + 1
    assert run("check", path).status == 0
    assert list(tmp_path.iterdir()) == [path]


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
