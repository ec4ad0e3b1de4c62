"""`litmus review`: what it says of an override is what `litmus prove` and `litmus check` say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from checker import cli
from checker.arch import names, target
from checker.diagnostic import Diagnostic
from checker.prove import Request as ProveRequest
from checker.prove import asked as prove_asked
from checker.prove import prove
from checker.prove.answer import Proof
from checker.report import review as report
from checker.report import review_json
from checker.report.text import Style
from checker.review import Request, comparable, cost, opened, review
from checker.review.answer import Part, Review, Reviewed, Span
from checker.review.changes import Changes, changes
from checker.table.question import partners

OVERRIDES = Path(__file__).parent.parent / "docs" / "overrides"


def reviewed(text: str, folder: Path) -> Review:
    path = folder / "overrides.toml"
    path.write_text(text, "utf-8")
    return review(opened(Request(str(path))), 1, lambda _: None)


def only(text: str, folder: Path, size: int = 8) -> Reviewed:
    found = reviewed(text, folder)
    assert not found.problems
    return next(one for one in found.sizes if one.size == size)


def part_of(one: Reviewed, name: str) -> Part:
    return next(part for part in one.parts if name in part.targets)


def of(arch: str, size: int, code: str, more: str = "") -> str:
    return f'[{arch}.put_user_atomic]\ncode = {{ {size} = "{code}" }}\n{more}\n'


def proof(arch: str, size: int, code: str, align: int) -> Proof:
    text = f"{arch}: put_user_atomic {size} = {code}"
    asked = prove_asked(ProveRequest((), overrides=(text,), align=align))
    return prove(asked, 1, lambda _: None).proofs[0]


# --- known answers --------------------------------------------------------------------------------

STANDINGS = {
    "one store": (of("arm64", 8, "store 8"), {"arm64": "as claimed", "arm64+lse2": "as claimed"}),
    "two stores": (of("x86-32", 8, "store 4 at 0; store 4 at 4"), {"x86-32": "FAILS"}),
    "a locked update": (of("x86-32", 8, "rmw.locked 8"), {"x86-32": "as claimed"}),
    "STRD": (
        of("arm", 8, "store.pair 8 by 4"),
        {"arm": "FAILS", "arm+lpae": "by practice", "arm+v8": "by practice"},
    ),
    "at multiples of 4": (
        of("arm64", 8, "store 8", "align = 4"), {"arm64": "FAILS", "arm64+lse2": "FAILS"},
    ),
    "inside 16 bytes": (
        of("arm64", 4, "store 4", "align = 2"), {"arm64": "FAILS", "arm64+lse2": "FAILS"},
    ),
    "a locked update anywhere": (
        of("x86-64", 8, "rmw.locked 8", "align = 1"), {"x86-64": "as claimed"},
    ),
    "as the data spells it": (
        of("x86-32", 8, "store 4; store 4 at 4", 'contract = { 8 = "store 8 atomic" }'),
        {"x86-32": "FAILS"},
    ),
    "halves that are claimed": (
        of("x86-32", 8, "store 4 at 0; store 4 at 4", 'contract = "store 4 at 4; store 4 at 0"'),
        {"x86-32": "as claimed"},
    ),
    "less than the halves that are claimed": (
        of("x86-32", 8, "loop store 2", 'contract = "store 4 at 4; store 4 at 0"'),
        {"x86-32": "as claimed"},
    ),
    "where it faults": (
        of("arm64", 8, "rmw.exclusive 8", "align = 4"), {"arm64": "FAILS"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDINGS)
def test_an_override_stands_so_to_its_claim(case: str, tmp_path: Path) -> None:
    text, wanted = STANDINGS[case]
    found = reviewed(text, tmp_path)
    (one,) = (one for one in found.sizes if one.overridden)
    assert {name: part_of(one, name).standing for name in wanted} == wanted


def test_an_override_is_used_where_the_machine_has_what_it_needs(tmp_path: Path) -> None:
    text = '[arm.put_user_atomic]\ncode = { "8 if lpae" = "store.pair 8 by 4" }\n'
    one = only(text, tmp_path)
    assert part_of(one, "arm+lpae").entry is not None
    assert part_of(one, "arm").entry is None
    assert part_of(one, "arm").code == "store 4 at 0; store 4 at 4"


def test_the_first_override_that_fits_holds(tmp_path: Path) -> None:
    text = """[arm.put_user_atomic]
code = { "8 if lpae" = "store.pair 8 by 4", 8 = "rmw.exclusive 8" }
"""
    one = only(text, tmp_path)
    codes = {name: part_of(one, name).code for name in ("arm", "arm+lpae")}
    assert codes == {"arm": "rmw.exclusive 8", "arm+lpae": "store.pair 8 by 4"}


def test_a_feature_that_changes_nothing_is_not_needed(tmp_path: Path) -> None:
    text = '[arm64.put_user_atomic]\ncode = { "8 if lse2" = "store 8" }\n'
    assert part_of(only(text, tmp_path), "arm64+lse2").needless == ("lse2",)
    text = '[arm64.put_user_atomic]\ncode = { "16 if lse2" = "store.pair 16 by 8" }\n'
    assert part_of(only(text, tmp_path, 16), "arm64+lse2").needless == ()


def test_what_other_writers_do_to_any_access_is_no_fault_of_an_override(tmp_path: Path) -> None:
    one = only(of("powerpc64", 8, "store 8"), tmp_path)
    (part,) = one.parts
    assert (part.standing, part.crowded) == ("by practice", True)
    proved = proof("powerpc64", 8, "store 8", 8).parts[0].code
    assert proved is not None
    assert any(outcome.others == "torn" for _, outcome in proved.outcomes)


# --- held against prove ---------------------------------------------------------------------------

CODES = {
    "arm64": ["store 8", "store.pair 8 by 4", "rmw.exclusive 8", "loop store 4"],
    "arm": ["store.pair 8 by 4", "rmw.exclusive 8", "loop store 4"],
    "x86-32": ["store.mmx-sse 8", "rmw.locked 8", "loop store 4 | store.x87 8"],
    "riscv64": ["store 8", "rmw.lrsc 8", "loop store 1"],
    "s390x": ["store 8", "store.mvcos 8"],
    "mips32": ["rmw.llsc-pair 8 by 4", "loop store 4"],
}


@pytest.mark.parametrize("align", [1, 4, 8])
@pytest.mark.parametrize("arch", CODES)
def test_an_override_fails_where_prove_says_that_it_does(
    arch: str, align: int, tmp_path: Path
) -> None:
    for code in CODES[arch]:
        one = only(of(arch, 8, code, f"align = {align}"), tmp_path)
        proved = proof(arch, 8, code, align)
        for part in one.parts:
            for name in part.targets:
                code_there = next(p for p in proved.parts if _has(p.targets, name)).code
                assert code_there is not None
                wrong = any(
                    o.faults or "torn" in (o.same, o.smaller) for _, o in code_there.outcomes
                )
                assert (part.standing == "FAILS") == wrong, (code, name)


def _has(targets: tuple[str, ...], name: str) -> bool:
    return name in targets


def test_what_would_do_instead_does(tmp_path: Path) -> None:
    seen = 0
    for arch in ("arm", "x86-32", "s390x", "riscv64", "arm64"):
        for size in (8, 16):
            found = reviewed(f"[{arch}.put_user_atomic]\nrefuse = [{size}]\n", tmp_path)
            for remedy in (r for one in found.sizes for r in one.remedies if one.size == size):
                proved = proof(remedy.target, size, remedy.code, size)
                for part in proved.parts:
                    if remedy.target in part.targets and part.code:
                        grades = [g for _, o in part.code.outcomes for g in (o.same, o.smaller)]
                        assert "torn" not in grades
                        assert ("practice" in grades) <= remedy.practice
                        seen += 1
    assert seen > 6


@pytest.mark.parametrize("arch", names())
def test_what_must_not_build_is_what_no_code_is_whole_for(arch: str, tmp_path: Path) -> None:
    found = reviewed(f"[{arch}.put_user_atomic]\nrefuse = [16]\n", tmp_path)
    asked = prove_asked(ProveRequest(("put_user_atomic",), sizes=(1, 2, 4, 8), archs=(arch,)))
    proofs = {one.size: one for one in prove(asked, 1, lambda _: None).proofs}
    for one in found.sizes:
        if one.size not in proofs:
            continue
        unkept = {name for part in one.unkept for name in part.targets}
        for part in proofs[one.size].parts:
            code = part.code
            torn = code is None or any(
                o.faults or "torn" in (o.same, o.smaller) for _, o in code.outcomes
            )
            for name in part.targets:
                if any(name in p.targets for p in one.parts):
                    assert (name in unkept) == torn, (one.size, name)


def test_refused_sizes_are_refused_rightly_or_not(tmp_path: Path) -> None:
    text = "[x86-32.put_user_atomic]\nrefuse = [4, 8, 16]\n[arm.put_user_atomic]\nrefuse = [16]\n"
    shown = report.render(reviewed(text, tmp_path), Style(False))
    shown = re.sub(r"\s+", " ", shown)
    assert "x86-32 4 refused, though today's `store 4` is single-copy atomic" in shown
    assert re.search(r"x86-32 8 refused, though `store.mmx-sse 8` would do", shown)
    assert re.search(r"x86-32 16 refused, rightly: .*?; with more features, `store.sse", shown)
    assert re.search(r"arm 16 refused, rightly: no access that a rule speaks of", shown)


# --- cost -----------------------------------------------------------------------------------------

COSTS = {
    ("arm64", "store 8"): "1 store",
    ("x86-32", "store 4 at 0; store 4 at 4"): "2 stores",
    ("x86-32", "rmw.locked 8"): "1 locked read-modify-write",
    ("arm64", "rmw.exclusive 8"): "1 atomic read-modify-write, in a loop until it succeeds",
    ("arm64", "rmw.atomic 8"): "1 atomic read-modify-write",
    ("arm64", "fence dmb.ish; store 8"): "1 store; 1 fence (dmb.ish)",
    ("arm64", "align 8 loop store 8,1 | loop store 1"): "1 to 8 stores",
    ("mips32", "rmw.lock-emulated 8 by 4"):
        "1 read-modify-write under a lock of the kernel's own",
}  # fmt: skip


@pytest.mark.parametrize(("arch", "code"), COSTS)
def test_accesses_updates_loops_and_fences_are_counted(arch: str, code: str) -> None:
    found = cost.cost(code, 8, 8, target(arch), loads=False)
    assert found is not None
    assert cost.said(found) == COSTS[arch, code]


def test_a_copy_of_bytes_costs_nothing_that_is_known() -> None:
    assert cost.cost("bytes", 8, 8, target("arm64"), loads=False) is None


def test_pieces_before_an_alignment_are_counted_at_every_claimed_address() -> None:
    found = cost.cost("align 8 loop store 8,1", 8, 1, target("arm64"), loads=False)
    assert found is not None
    assert (found.stores, found.loads) == (Span(1, 8), Span(0, 0))


# --- what cannot be used --------------------------------------------------------------------------

WRONG = {
    "no TOML": ("[arm64\n", (1, 7), "not TOML"),
    "nothing": ("title = 'a'\n", (1, 1), "no override"),
    "a key": ("colour = 1\n", (1, 1), "`colour` is no key"),
    "an architecture": ("[arm46.put_user_atomic]\n", (1, 1), "arm46"),
    "features in the heading": (
        '["arm64+lse2".put_user_atomic]\n', (1, 1), "more than an architecture",
    ),
    "an operation": ("\n[arm64.put_usr]\ncode = {}\n", (2, 1), "`put_usr()` is not an operation"),
    "a barrier": ('[arm64.smp_mb]\ncode = { 8 = "store 8" }\n', (1, 1), "smp_mb"),
    "an update": ('[arm64.xchg]\ncode = { 8 = "rmw.atomic 8" }\n', (1, 1), "reads and writes"),
    "a key of an override": (
        "[arm64.put_user_atomic]\n\ncost = 1\n", (3, 1), "an override has no `cost`",
    ),
    "no code": ("[arm64.put_user_atomic]\n", (1, 1), "no size has any code"),
    "a size": (
        '[arm64.put_user_atomic]\ncode = { 8 = "store 8", 3 = "store 2" }\n', (2, 25), "size `3`",
    ),
    "a size key": ('[arm64.put_user_atomic]\ncode.x = "store 8"\n', (2, 1), "is not a size"),
    "a feature": (
        '[arm64.put_user_atomic]\ncode."8 if lse9" = "store 8"\n', (2, 1), "`lse9` is not",
    ),
    "features that clash": (
        '[arm.put_user_atomic]\ncode."8 if v5 and lpae" = "store.pair 8 by 4"\n', (2, 1), "both",
    ),
    "notation": (of("arm64", 8, "stor 8"), (2, 10), "stor"),
    "a class": (of("arm64", 8, "store.locked 8"), (2, 10), "no instruction class"),
    "a promise": (of("arm64", 8, "store 8 atomic"), (2, 10), "code promises nothing"),
    "the ideal": (of("arm64", 8, "store.ideal 8"), (2, 10), "`ideal`"),
    "a claim": (
        of("arm64", 8, "store 8", 'contract = "store 4 atomic"'), (3, 1), "no claim",
    ),
    "a claim of order": (
        of("arm64", 8, "store.acquire 8 release", 'contract = "store.acquire 8 release"'), (2, 10),
        "about ordering too",
    ),
    "an alignment": (of("arm64", 8, "store 8", "align = 3"), (3, 1), "an alignment of 3 bytes"),
    "a refusal": (of("arm64", 8, "store 8", "refuse = 4"), (3, 1), "no list of sizes"),
    "a size that is refused": (of("arm64", 8, "store 8", "refuse = [3]"), (3, 1), "`3` is not"),
    "refused, with code": (of("arm64", 8, "store 8", "refuse = [8]"), (2, 10), "are refused"),
    "an operation twice": (
        of("arm64", 8, "store 8") + of("aarch64", 8, "loop store 4"), (4, 1), "stands twice",
    ),
    "a kernel": ('kernel = "4.1"\n' + of("arm64", 8, "store 8"), (1, 1), "4.1"),
    "code that is no table": (
        '[arm64.put_user_atomic]\ncode = "store 8"\n', (2, 1), "no table of texts",
    ),
    "assembly that is not read": (
        '[mips64.put_user_atomic]\nasm.8 = "sd $4, 0($5)"\n', (2, 10), "mips64 is not read",
    ),
    "an instruction": (
        "[arm64.put_user_atomic]\nasm.8 = '''\n  nop\n  sturgeon %[val], %[mem]\n'''\n", (4, 3),
        "sturgeon",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_said_where_it_stands(case: str, tmp_path: Path) -> None:
    text, at, message = WRONG[case]
    with pytest.raises(Diagnostic) as problem:
        reviewed(text, tmp_path)
    assert message in problem.value.message
    assert problem.value.at == at
    assert problem.value.file.endswith("overrides.toml")


def test_an_override_that_does_not_cover_its_size_is_a_problem(tmp_path: Path) -> None:
    found = reviewed(of("arm64", 8, "store 4"), tmp_path)
    (problem,) = found.problems
    assert "does not cover its 8 bytes" in problem.message
    assert (problem.line, problem.column) == (2, 10)


# --- differences ----------------------------------------------------------------------------------

DIFFERENCES: dict[str, tuple[str, str, set[tuple[str, int]]]] = {
    "nothing": (of("arm64", 8, "store 8"), of("arm64", 8, "store 8"), set()),
    "mended": (
        of("x86-32", 8, "store 4; store 4 at 4"), of("x86-32", 8, "rmw.locked 8"), {("gained", 8)},
    ),
    "broken": (
        of("x86-32", 8, "rmw.locked 8"), of("x86-32", 8, "store 4; store 4 at 4"), {("lost", 8)},
    ),
    "other code": (
        of("x86-32", 8, "rmw.locked 8"), of("x86-32", 8, "store.x87 8"), {("changed", 8)},
    ),
    "an architecture more": (
        of("arm64", 8, "store 8"), of("arm64", 8, "store 8") + of("x86-32", 8, "rmw.locked 8"),
        {("gained", 8)},
    ),
    "left out": (
        of("arm64", 8, "store 8") + of("x86-32", 8, "rmw.locked 8"), of("arm64", 8, "store 8"),
        {("lost", 8)},
    ),
    "claimed at more addresses": (
        of("x86-64", 8, "rmw.locked 8"), of("x86-64", 8, "rmw.locked 8", "align = 1"),
        {("gained", 8)},
    ),
    "refused instead of torn": (
        of("x86-32", 8, "store 4; store 4 at 4"), "[x86-32.put_user_atomic]\nrefuse = [8]\n",
        {("gained", 8)},
    ),
}  # fmt: skip


def between(old: str, new: str, folder: Path) -> Changes:
    work = []
    for name, text in (("old", old), ("new", new)):
        (folder / f"{name}.toml").write_text(text, "utf-8")
        work.append(opened(Request(str(folder / f"{name}.toml"))))
    return changes(*(review(one, 1, lambda _: None) for one in comparable(*work)))


@pytest.mark.parametrize("case", DIFFERENCES)
def test_a_change_gains_and_loses_this(case: str, tmp_path: Path) -> None:
    old, new, wanted = DIFFERENCES[case]
    found = between(old, new, tmp_path)
    assert {(one.direction, one.size) for one in found.found} == wanted
    assert found.lost == any(direction == "lost" for direction, _ in wanted)


def test_what_is_lost_with_some_features_only_is_said_of_these(tmp_path: Path) -> None:
    old = of("arm", 8, "rmw.exclusive 8")
    new = '[arm.put_user_atomic]\ncode."8 if lpae" = "store.pair 8 by 4"\n'
    found = between(old, new, tmp_path)
    lost = {name for one in found.found if one.direction == "lost" for name in one.targets}
    assert {"arm", "arm+lpae"} <= lost  # by practice is less than by the manual
    assert not lost & {"arm+v5", "arm+v6"}


# --- the command ----------------------------------------------------------------------------------


def ran(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = cli.main(["review", *arguments, "--jobs", "1", "--color", "never"])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_mail_has_no_wide_line_but_pictures_code_and_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = ran(str(OVERRIDES / "v1.toml"), capsys=capsys)
    assert status == 1
    wide = [line for line in out.splitlines() if len(line) > report.MAIL]
    assert wide
    for line in wide:
        assert line.startswith("    litmus prove '") or "<- torn" in line, line


def test_every_command_of_a_review_can_be_run(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ran(str(OVERRIDES / "v2.toml"), capsys=capsys)
    commands = re.findall(r"^    litmus prove '([^']*)'(?: --align (\d+))?$", out, re.MULTILINE)
    assert len(commands) >= 12
    for text, align in commands:
        asked = prove_asked(
            ProveRequest((), overrides=(text,), align=int(align) if align else None)
        )
        assert not prove(asked, 1, lambda _: None).problems


def test_a_kernel_is_the_files_or_the_one_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "old.toml"
    path.write_text('kernel = "5.10"\n' + of("arm", 8, "store.pair 8 by 4"), "utf-8")
    _, out, _ = ran(str(path), capsys=capsys)
    assert "about kernel 5.10" in out
    assert re.search(r"store.pair 8 by 4' --kernel 5.10$", out, re.MULTILINE)
    _, out, _ = ran(str(path), "--kernel", "6.12", capsys=capsys)
    assert "about kernel 6.12" in out
    assert "--kernel" not in out


def test_the_exit_status_says_what_came_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first, second = str(OVERRIDES / "v1.toml"), str(OVERRIDES / "v2.toml")
    assert ran(second, capsys=capsys)[0] == 0
    assert ran("--diff", first, second, capsys=capsys)[0] == 0
    assert ran("--diff", second, first, capsys=capsys)[0] == 1
    status, _, error = ran(first, second, capsys=capsys)
    assert (status, "--diff" in error) == (2, True)
    status, _, error = ran(str(tmp_path / "none.toml"), capsys=capsys)
    assert (status, "none.toml" in error) == (2, True)
    path = tmp_path / "wrong.toml"
    path.write_text(of("arm64", 8, "store.telepathy 8"), "utf-8")
    status, _, error = ran(str(path), capsys=capsys)
    assert status == 2
    assert f"{path}:2:10: " in error
    assert "\n             ^" in error


def test_markdown_has_the_same_as_the_mail(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = ran(str(OVERRIDES / "v1.toml"), capsys=capsys)
    _, page, _ = ran(str(OVERRIDES / "v1.toml"), "--format", "markdown", capsys=capsys)
    assert page.startswith("# [PATCH 1/3]")
    assert "| x86-32 | 8 | any | FAILS | 2 stores |" in page
    assert re.findall(r"`store[^`]*`", page) == re.findall(
        r"`store[^`]*`", re.sub(r"\s+", " ", text)
    )


def test_json_says_what_must_not_build_and_shows_the_tear(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = ran(str(OVERRIDES / "v1.toml"), "--format", "json", capsys=capsys)
    document: dict[str, Any] = json.loads(out)
    assert document["schema"] == review_json.SCHEMA
    (one,) = (s for s in document["sizes"] if (s["arch"], s["size"]) == ("x86-32", 8))
    (part,) = one["parts"]
    assert one["fails"]
    assert one["must_not_build"] == part["targets"]
    assert part["override"]["line"] == 17
    assert part["tear"]["witness"]["rows"]
    assert part["cost"]["instructions"] == 2
    assert [r["accesses"] for r in one["remedies"]][-1] == "rmw.locked 8"


def test_json_of_a_difference_names_what_was(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--diff", str(OVERRIDES / "v1.toml"), str(OVERRIDES / "v2.toml"))
    _, out, _ = ran(*arguments, "--format", "json", capsys=capsys)
    document = json.loads(out)
    assert document["schema"] == review_json.DIFFERENCES
    found = {(one["arch"], one["size"]): one for one in document["changes"]}
    assert found["x86-32", 8]["direction"] == "gained"
    assert found["x86-32", 8]["before"].startswith("`store 4 at 0; store 4 at 4`: FAILS")


def test_the_operation_may_load(tmp_path: Path) -> None:
    assert partners("get_user") == ("store",)
    text = '[x86-32.get_user]\nasm.8 = "lock cmpxchg8b"\n'
    with pytest.raises(Diagnostic):
        reviewed(text, tmp_path)
    text = """[x86-32.get_user]
asm.8 = '''
  movl %%ebx, %%eax
  movl %%ecx, %%edx
  lock cmpxchg8b %[mem]
  movl %%eax, %[lo]
  movl %%edx, %[hi]
'''
"""
    one = only(text, tmp_path)
    assert {part.standing for part in one.parts} == {"as claimed"}
    assert {part.code for part in one.parts} == {"rmw.locked 8"}
