"""`litmus review`: what it says of an override is what `litmus prove` and `litmus check` say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.arch import names, target
from checker.diagnostic import Diagnostic
from checker.prove import Request as ProveRequest
from checker.prove import asked as prove_asked
from checker.prove import prove
from checker.prove.answer import Proof
from checker.report import review as report
from checker.report.text import Style
from checker.review import cost
from checker.review.answer import Part, Reviewed, Span
from checker.table.question import partners
from tests.reviews import of, only, reviewed


def part_of(one: Reviewed, name: str) -> Part:
    return next(part for part in one.parts if name in part.targets)


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
                code_there = next(p for p in proved.parts if name in p.targets).code
                assert code_there is not None
                wrong = any(
                    o.faults or "torn" in (o.same, o.smaller) for _, o in code_there.outcomes
                )
                assert (part.standing == "FAILS") == wrong, (code, name)


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
