"""`litmus prove`: what it says of each placement is what `litmus check` says of a test there."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from checker.arch import folders, target
from checker.check import check
from checker.language import parse
from checker.program import Layer
from checker.prove import Request, alike, asked, decide, prove, tasks
from checker.prove.answer import LayerAnswer
from checker.prove.decide import Subject, answer
from checker.prove.question import SITUATIONS, Situation, asking, questions, rivals, smaller, text
from checker.table.question import partners
from checker.verdict import Verdict
from tests.proofs import failing, layer, one

# --- every residue is what check() says of it -----------------------------------------------------

CASES = [
    ("put_user", "arm64", 8, 4), ("put_user", "arm64+lse2", 8, 2), ("put_user", "x86-64", 4, 1),
    ("put_user", "x86-64+intel", 8, 8), ("put_user", "x86-32", 8, 4), ("put_user", "mips64", 8, 4),
    ("put_user", "powerpc64", 4, 2), ("put_user", "arc+arcv2", 4, 2), ("put_user", "sparc64", 8, 4),
    ("put_user", "alpha", 4, 2), ("get_user", "arm64", 4, 2), ("get_user", "powerpc64", 2, 1),
    ("READ_ONCE", "arm+lpae", 8, 4), ("READ_ONCE", "riscv64", 4, 2), ("xchg", "arm64", 4, 4),
    ("memcpy", "arm", 4, 2), ("copy_to_user", "arm", 4, 2), ("WRITE_ONCE", "s390x", 8, 4),
    ("put_user_atomic", "x86-32", 8, 4), ("atomic64_read", "arm+lpae", 8, 8),
]  # fmt: skip


ADDRESSES = 256
"""Every modulus that occurs divides it."""


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(("operation", "arch", "size", "align"), CASES)
def test_the_residues_are_those_of_the_verdict(
    operation: str, arch: str, size: int, align: int, situation: Situation
) -> None:
    """`check` leaves the placement to the solver, and lists where the tear is reached."""
    subject = Subject(operation, size, align)
    grades = [
        by_address(answer(subject, target(arch), one), align, situation)
        for one in ("contract", "code")
    ]
    verdicts = [
        check(test, target(arch))
        for partner in partners(operation)
        for test in questions(operation, size, align, partner, situation)
    ]
    assert verdicts or size < 4
    torn = {address for address, grade in grades[1].items() if grade == "torn"}
    assert reached(verdicts, "allowed", align) == (torn if verdicts else set())
    if not torn and verdicts:
        weak = ({a for a, grade in of.items() if grade != "whole"} for of in grades)
        assert reached(verdicts, "fragile", align) == next(filter(None, weak), set())


def by_address(found: LayerAnswer | None, align: int, situation: Situation) -> dict[int, str]:
    outcomes = layer(found)
    assert found is not None
    assert ADDRESSES % found.modulus == 0
    return {
        address: getattr(outcomes[address % found.modulus], situation)
        for address in range(0, ADDRESSES, align)
    }


def reached(verdicts: list[Verdict], word: str, align: int) -> set[int]:
    """Return the addresses at which a verdict finds a tear."""
    return {
        address
        for verdict in verdicts
        if verdict.answer == word
        for place in verdict.placements
        for address in range(0, ADDRESSES, align)
        if address % place.modulus in place.residues
    }


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    ("arch", "size"), [("arm64", 8), ("arm64+lse2", 4), ("x86-64+intel", 8), ("powerpc64", 4)]
)
def test_a_test_at_one_place_says_the_same(arch: str, size: int, situation: Situation) -> None:
    """Written down with memcpy() by an override, as a person would check it."""
    grades = by_address(answer(Subject("put_user", size, 1), target(arch), "code"), 1, situation)
    side = smaller(size) if situation == "smaller" else ((0, size),)
    sizes = {of for _, of in side} | ({1} if situation == "others" else set())
    head = "".join(
        f"Override = {arch}: memcpy {of} = {'store' if of == 1 else 'load'}.ideal {of}\n"
        for of in sizes
    )
    for address in (0, 1, size // 2, 12, 16 - size // 2, 60, 64 - size, 63):
        where = f"__at({address})"
        beside = rivals(size) if situation == "others" else ()
        test = parse(text("put_user", size, where, "load", side, beside, head))
        torn = check(test, target(arch)).answer == "allowed"
        assert torn == (grades[address] == "torn"), address


def test_a_block_of_ones_own_data_may_be_larger_than_any_alignment(tmp_path: Path) -> None:
    (tmp_path / "x86").mkdir()
    (tmp_path / "x86" / "arch.toml").write_text(
        '[[rule]]\nid = "x86.page"\narch = ["x86-64"]\nsays = "inside two pages"\n'
        'class = ["gpr"]\nsize = [8]\nwithin = 8192\nunit = "whole"\nevidence = "manual"\n'
        'source = "a test"\n',
        "utf-8",
    )
    try:
        found = one("put_user", "x86-64", 8, align=4, folders=(str(tmp_path),))
        assert all(failing(part.code) == {8188} for part in found.parts)
    finally:
        folders.use(())


# --- why a byte is enough -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arch", ["x86-64", "arm64", "arm", "arm+v8", "powerpc64", "mips64", "alpha"]
)
def test_wider_writers_and_two_of_them_do_no_more(arch: str) -> None:
    """For every offset and size of one and of two writers, a reader of the whole operation."""
    outcome = layer(answer(Subject("put_user", 4, 4), target(arch), "code"))[0]
    extents = [(0, 4), *smaller(4), *((at, 1) for at in range(4))]
    pairs = [*((of,) for of in extents), *combinations(extents, 2)]
    for beside in pairs:
        test = asking("put_user", 4, 4, "load", ((0, 4),), beside)
        found = check(test, target(arch)).answer
        worst = {"whole": ("forbidden",), "practice": ("forbidden", "fragile")}
        assert outcome.others == "torn" or found in worst[outcome.others], (beside, found)
    single = asking("put_user", 4, 4, "load", ((0, 4),), ((0, 1),))
    assert (check(single, target(arch)).answer == "allowed") == (outcome.others == "torn")


def test_larger_readers_see_no_more() -> None:
    """A reader that leaves the operation, on either side, sees it torn where one inside does."""
    for arch, torn in (("arm64", False), ("sh", True)):
        for at in (0, 2, 4, 6):
            source = (
                f"C larger\nOverride = {arch}: memcpy 8 = load.ideal 8\n{{ u8 x[16]; }}\n"
                "P0(u8 *x) { put_user(0x11223344, (u32 *)(x + 4)); }\n"
                f"P1(u8 *x) {{ u8 r[8]; memcpy(r, x + {at}, 8); }}\nexists torn\n"
            ).replace("u8 x[16];", "u8 x[16] __aligned(16);")
            found = check(parse(source), target(arch)).answer
            assert (found == "allowed") == torn, (arch, at)


# --- what is shared -------------------------------------------------------------------------------


def test_answers_are_shared_only_where_they_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("arm64+lse2", "arm", "powerpc64", "mips64", "x86-32", "sparc64", "alpha", "s390x")
    subjects = [Subject("put_user", size, align) for size, align in ((4, 2), (8, 8))]
    layers: tuple[Layer, ...] = ("contract", "code")
    shared = [answer(s, target(n), one) for s in subjects for n in names for one in layers]
    monkeypatch.setattr(alike, "_known", dict)
    monkeypatch.setattr(decide, "_answers", dict)
    alone = [answer(s, target(n), one) for s in subjects for n in names for one in layers]
    assert shared == alone


def test_many_processes_find_what_one_finds() -> None:
    request = asked(Request(("put_user",), (4,), ("arm", "sh", "x86-32")))
    seen: list[str] = []
    assert prove(request, 2, seen.append) == prove(request, 1, lambda _: None)
    assert len(seen) == len(tasks(request)) == 3
