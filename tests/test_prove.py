"""`litmus prove`: what it says of each placement is what `litmus check` says of a test there."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import cli
from checker.arch import folders, target
from checker.check import check
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.program import Layer
from checker.prove import Request, alike, asked, decide, features, prove, tasks
from checker.prove.answer import LayerAnswer, Outcome, Part, Proof, Proofs
from checker.prove.decide import Subject, answer, draft
from checker.prove.question import SITUATIONS, Situation, asking, questions, rivals, smaller, text
from checker.prove.words import Placements, said
from checker.report import prove_json
from checker.report.prove import render
from checker.report.text import Style
from checker.table.question import partners
from checker.verdict import Verdict


def proved(*operations: str, **options: object) -> Proofs:
    request = Request(operations=operations, **options)  # type: ignore[arg-type]
    return prove(asked(request), 1, lambda _: None)


def one(operation: str, arch: str, size: int, **options: object) -> Proof:
    (found,) = proved(operation, archs=(arch,), sizes=(size,), **options).proofs
    return found


def layer(found: LayerAnswer | None) -> dict[int, Outcome]:
    assert found is not None
    return dict(found.outcomes)


def failing(found: LayerAnswer | None) -> set[int]:
    """Return the residues, modulo the smallest number that tells them apart."""
    assert found is not None
    modulus, _ = found.folded
    return {residue % modulus for residue, outcome in found.outcomes if outcome.fails}


def part_of(found: Proof, name: str) -> Part:
    return next(part for part in found.parts if name in part.targets)


# --- known answers --------------------------------------------------------------------------------


def test_put_user_of_8_bytes_on_x86_32_is_two_stores() -> None:
    found = one("put_user", "x86-32", 8)
    (part,) = found.parts
    assert found.fails
    assert part.contract
    assert part.contract.notations == ("store 4 at 0; store 4 at 4",)
    assert failing(part.contract) == failing(part.code) == {0}


def test_lse2_is_whole_inside_16_bytes() -> None:
    found = one("put_user", "arm64", 8, align=4)
    plain, lse2 = part_of(found, "arm64"), part_of(found, "arm64+lse2")
    assert failing(plain.code) == {4}
    assert failing(lse2.code) == {12}
    assert (plain.features, lse2.features) == ("without lse2", "with lse2")
    text = render(proved("put_user", archs=("arm64",), sizes=(8,), align=4), Style(False))
    assert "FAILS whenever the address is a multiple of 4 but not of 8" in text
    assert "FAILS whenever the access crosses a 16-byte boundary" in text


def test_a_pair_of_16_bytes_on_arm64_needs_lse2() -> None:
    over = ("arm64: put_user_atomic 16 = store.pair 16 by 8",)
    (found,) = proved(overrides=over).proofs
    assert (found.operation, found.arch, found.size) == ("put_user_atomic", "arm64", 16)
    whole = [name for part in found.parts if not failing(part.code) for name in part.targets]
    assert whole
    assert all(("lse2" in target(name).features) for name in whole)
    torn = [name for part in found.parts if failing(part.code) for name in part.targets]
    assert "arm64" in torn
    assert not any("lse2" in target(name).features for name in torn)


def test_a_locked_update_is_whole_at_any_address() -> None:
    over = ("x86-32: put_user_atomic 8 = rmw.locked 8",)
    (found,) = proved(overrides=over, align=1).proofs
    for part in found.parts:
        assert not failing(part.code)
        assert failing(part.contract) == set(range(1, 8))


def test_a_line_is_whole_on_intel_alone() -> None:
    found = one("put_user", "x86-64", 8, align=4)
    intel, plain = part_of(found, "x86-64+intel"), part_of(found, "x86-64")
    assert failing(intel.code) == {60}
    assert failing(plain.code) == {4}


@pytest.mark.parametrize(
    ("arch", "grades"),
    [
        ("x86-64", ("whole", "whole", "whole")),
        ("arm64", ("whole", "whole", "whole")),
        ("alpha", ("whole", "whole", "practice")),
        ("arm", ("whole", "whole", "torn")),
        ("arm+v8", ("whole", "whole", "whole")),
        ("powerpc64", ("whole", "practice", "torn")),
        ("mips64", ("practice", "practice", "torn")),
        ("sh", ("torn", "torn", "torn")),
    ],
)
def test_other_writers_need_multi_copy_atomicity(arch: str, grades: tuple[str, ...]) -> None:
    found = answer(Subject("put_user", 4, 4), target(arch), "code")
    outcome = layer(found)[0]
    assert (outcome.same, outcome.smaller, outcome.others) == grades


def test_one_writer_alone_can_be_asked_about() -> None:
    assert one("put_user", "arm+lpae", 4).fails
    assert not one("put_user", "arm+lpae", 4, crowd=False).fails


def test_an_access_that_is_not_performed_is_no_failure() -> None:
    found = one("put_user", "sparc64", 8, align=4)
    (part,) = found.parts
    assert {a: o.faults for a, o in layer(part.code).items()} == {0: False, 4: True}
    assert not found.fails


def test_a_part_that_faults_after_another_is_not_decided() -> None:
    over = ("sparc64: put_user 8 = store.alternate 4 at 0; store.alternate 4 at 4",)
    assert not proved("put_user", overrides=over, align=4).proofs[0].limited
    over = ("sparc64: put_user 8 = store.alternate 1 at 0; store.alternate 8 at 0",)
    (found,) = proved("put_user", overrides=over, align=4).proofs
    assert "after another" in found.limited


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


# --- features -------------------------------------------------------------------------------------


@pytest.mark.parametrize("arch", ["arm64", "arm", "x86-64", "riscv64", "m68k", "arc", "powerpc64"])
@pytest.mark.parametrize("operation", ["put_user", "READ_ONCE", "copy_to_user", "atomic_add"])
def test_no_other_feature_matters(operation: str, arch: str) -> None:
    """Each feature of the architecture alone has the answer of the part that speaks for it."""
    base = target(arch)
    lowered = draft(Subject(operation, 4, 2), base)
    assert lowered
    asked = features.variants(lowered.name, base, ())
    found = one(operation, arch, 4, align=2)
    for feature in base.arch.features:
        with_it = target(f"{arch}+{feature.name}")
        has = with_it.features & frozenset(asked.features)
        (name,) = [v.target.name for v in asked.variants if v.has == has]
        part = part_of(found, name)
        for which, told in (("contract", part.contract), ("code", part.code)):
            own = answer(Subject(operation, 4, 2), with_it, which)  # type: ignore[arg-type]
            assert (own and own.told) == (told and told.told), (feature.name, which)


FEATURES = ("a", "b", "c", "d")
SETS = [frozenset(some) for count in range(5) for some in combinations(FEATURES, count)]


@given(st.sets(st.sampled_from(SETS), min_size=1), st.sets(st.sampled_from(SETS)))
def test_a_condition_on_features_is_exact(
    chosen: set[frozenset[str]], others: set[frozenset[str]]
) -> None:
    every = chosen | others
    among = features.Variants(FEATURES, tuple(features.Variant(target("sh"), s) for s in every))
    words = features.said(frozenset(chosen), among)
    assert {one for one in every if feature_words(words, one)} == chosen


def feature_words(words: str, has: frozenset[str]) -> bool:
    """Whether a set of features is what a condition says: its own reading of the words."""
    return not words or any(_term(term, has) for term in words.split(", or "))


def _term(term: str, has: frozenset[str]) -> bool:
    held, _, lacks = re.sub(
        r"^without |^with none of |^with ", lambda m: "" if m[0] == "with " else " but ", term
    ).partition(" but ")
    lacks = re.sub(r"^without |^none of ", "", lacks)
    wanted = set(filter(None, held.split(" and ")))
    return wanted <= has and not set(filter(None, lacks.split(", "))) & has


# --- placements in words --------------------------------------------------------------------------


@st.composite
def placements(draw: st.DrawFn) -> Placements:
    size = draw(st.sampled_from([1, 2, 4, 8, 16]))
    align = draw(st.sampled_from([1, 2, 4, 8]))
    modulus = align * draw(st.sampled_from([1, 2, 4, 8, 16]))
    every = range(0, modulus, align)
    chosen = st.sets(st.sampled_from(every), min_size=1)
    block = draw(st.sampled_from([8, 16, 32, 64]))
    crossing = {residue for residue in every if residue % block + size > block}
    return Placements(size, align, modulus, frozenset(crossing or draw(chosen)))


@given(placements())
def test_a_condition_on_placements_is_exact(where: Placements) -> None:
    words = said(where)
    for address in range(0, 4 * where.modulus, where.align):
        held = address % where.modulus in where.residues
        assert address_words(words, address, where.size) == held, (words, address)


def address_words(words: str, address: int, size: int) -> bool:
    """Whether an address is what a condition says: its own reading of the words."""
    if words == "at every address":
        return True
    listed = re.fullmatch(r"whenever the address is ([\d, ]+) modulo (\d+)", words)
    if listed:
        return address % int(listed[2]) in map(int, listed[1].split(", "))
    rest = words.removeprefix("whenever ")
    return all(_condition(one, address, size) for one in rest.split(" and "))


def _condition(words: str, address: int, size: int) -> bool:
    if both := re.fullmatch(r"the address is a multiple of (\d+)(?: but not of (\d+))?", words):
        return address % int(both[1]) == 0 and (both[2] is None or address % int(both[2]) != 0)
    if apart := re.fullmatch(r"the address is no multiple of (\d+)", words):
        return address % int(apart[1]) != 0
    block = re.fullmatch(
        r"(?:the access )?(crosses|lies inside) an? (?:aligned )?(\d+)"
        r"(?: bytes|-byte line|-byte boundary)", words,
    )  # fmt: skip
    assert block, words
    first, last = address // int(block[2]), (address + size - 1) // int(block[2])
    return (first != last) == (block[1] == "crosses")


@pytest.mark.parametrize(
    ("size", "align", "modulus", "residues", "words"),
    [
        (8, 1, 8, {0}, "whenever the address is a multiple of 8"),
        (8, 4, 8, {4}, "whenever the address is a multiple of 4 but not of 8"),
        (8, 4, 64, {60}, "whenever the access crosses a 64-byte line"),
        (8, 1, 16, set(range(9)), "whenever the access lies inside an aligned 16 bytes"),
        (
            8, 1, 64, {60},
            "whenever the address is a multiple of 4 and crosses a 64-byte line",
        ),
        (4, 1, 16, {3, 7, 9}, "whenever the address is 3, 7, 9 modulo 16"),
        (4, 4, 4, {0}, "at every address"),
    ],
)  # fmt: skip
def test_conditions_read_well(
    size: int, align: int, modulus: int, residues: set[int], words: str
) -> None:
    assert said(Placements(size, align, modulus, frozenset(residues))) == words


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["put_user", "--size", "4", "--arch", "arm64"], 0),
        (["put_user", "--size", "8", "--arch", "x86-32"], 1),
        (["put_user", "--size", "16", "--arch", "arm64"], 2),
        (["put_usr"], 2),
        (["set_bit"], 2),
        (["user_access_end", "--arch", "arm64"], 2),
        (["smp_store_mb", "--size", "8", "--arch", "arm64"], 0),
        (["put_user", "--size", "3"], 2),
        (["put_user", "--align", "3"], 2),
        (["put_user", "--arch", "arm63"], 2),
        ([], 2),
    ],
)
def test_exit_statuses(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["prove", *arguments, "--jobs", "1"]) == status
    shown = capsys.readouterr()
    assert bool(shown.err) == (status == 2)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("arm64 put_user 8", "not an override"),
        ("arm63: put_user 8 = store 8", "no architecture `arm63`"),
        ("arm64: put_usr 8 = store 8", "is not an operation"),
        ("arm64: put_user 8 = stoer 8", "in this override"),
        ("arm64: put_user 8 = store 8 atomic", "code promises nothing"),
        ("arm64: put_user 8 = store.pear 8", "no instruction class `pear`"),
        ("arm64: get_user 8 = load 8", "changes nothing"),
        ("arm: put_user 8 = store 8", "changes nothing"),
        ("arm64: put_user 4 = store 4", "changes nothing"),
    ],
)
def test_an_override_that_cannot_be_used_is_said(
    override: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["put_user", "--arch", "arm64", "--size", "8", "--override", override]
    assert cli.main(["prove", *arguments, "--jobs", "1"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "--override" in error


def test_a_limit_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(features, "MAX_FEATURES", 0)
    arguments = ["put_user", "--arch", "arm64", "--size", "8", "--jobs", "1"]
    assert cli.main(["prove", *arguments]) == 3
    assert "UNKNOWN: 1 features of arm64 matter" in capsys.readouterr().out


def test_an_override_may_stand_where_an_operation_does() -> None:
    text = "x86-32: put_user_atomic 8 = rmw.locked 8"
    assert proved(text) == proved(overrides=(text,))
    both = proved(text, "put_user", archs=("x86-32",), sizes=(8,))
    assert [one.fails for one in both.proofs] == [False, True]
    with pytest.raises(Diagnostic, match="not an override"):
        proved("x86-32: put_user = store 8")


def test_an_override_may_be_assembly() -> None:
    text = "arm64: put_user_atomic 16 = asm stp %[lo], %[hi], %[mem]"
    assert proved(text) == proved("arm64: put_user_atomic 16 = store.pair 16 by 8")
    with pytest.raises(Diagnostic, match="not byte 0 of the value") as problem:
        proved("arm64: put_user_atomic 16 = asm stp %[hi], %[lo], %[mem]")
    assert problem.value.at == (1, 33)
    with pytest.raises(Diagnostic, match="both reads and writes"):
        proved("arm64: xchg 8 = asm swp %[val], %[val], %[mem]")


def test_an_override_is_used_where_its_features_are() -> None:
    over = ("arm64+lse: put_user 8 = rmw.atomic 8",)
    (found,) = proved("put_user", overrides=over, archs=("arm64",), sizes=(8,), align=4).proofs
    for part in found.parts:
        assert part.code
        for name in part.targets:
            used = "rmw.atomic 8" if "lse" in target(name).features else "store 8"
            assert used in part.code.notations


# --- tears ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "arch", "size", "align", "by"),
    [
        ("put_user", "x86-32", 8, 8, "atomic64_read() of 8 bytes at 0"),
        ("put_user", "arm64", 8, 4, "READ_ONCE() of 4 bytes at 0"),
        ("put_user", "riscv32", 8, 8, "a load of 8 bytes at 0, if it is single-copy atomic"),
        ("get_user", "x86-32", 8, 8, "atomic64_set() of 8 bytes at 0"),
        (
            "put_user", "powerpc64", 8, 8,
            "READ_ONCE() of 8 bytes at 0, beside a store of one byte at 0",
        ),
    ],
)  # fmt: skip
def test_a_tear_is_a_test_that_check_finds_torn(
    operation: str, arch: str, size: int, align: int, by: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for part in one(operation, arch, size, align=align, witness=True).parts:
        assert part.seen
        assert part.seen.by == by
        path = tmp_path / "tear.litmus"
        path.write_text(part.seen.text, "utf-8")
        assert cli.main(["check", str(path)]) == 0
        assert "ALLOWED" in capsys.readouterr().out


def test_what_holds_has_no_tear() -> None:
    (part,) = one("put_user", "arm64", 8, witness=True).parts
    assert part.seen is None


def test_json_says_what_the_text_says() -> None:
    found = proved("put_user", archs=("arm64", "x86-32"), sizes=(8, 16), align=4)
    document = json.loads(prove_json.render(found))
    assert document["schema"] == "litmus-prove/1"
    eight = document["proofs"][0]
    assert (eight["arch"], eight["size"], eight["holds"], eight["features"]) == (
        "arm64", 8, False, ["lse2"],
    )  # fmt: skip
    first = eight["parts"][0]
    assert first["targets"] == ["arm64"]
    cases = {case["says"]: case["residues"] for case in first["code"]["cases"]}
    assert cases == {"FAILS": [4], "holds": [0]}
    assert [one["holds"] for one in document["proofs"]] == [False, None, False, None]
    assert document["errors"] == []
    assert document["covered"]
