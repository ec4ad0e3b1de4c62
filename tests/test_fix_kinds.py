"""`litmus fix`: the kinds of changes, what they keep, and edits of the text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.arch import target
from checker.arch.kernel import COMPLETE
from checker.check import Asked, Limits
from checker.diagnostic import Diagnostic
from checker.fix import Options
from checker.fix.decide import Judge
from checker.fix.machine import features
from checker.fix.operations import Operations
from checker.fix.source import Edit, OverlapError, Text, edited
from checker.language import parse
from tests.command import Litmus
from tests.fixes import ONE_SIDED, fixes, kinds, told
from tests.inputs import ROOT, final, litmus, verdict

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
