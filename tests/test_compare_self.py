"""`litmus compare --self`: what the data lacks is found, and explained by it or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import arch as archs
from checker import check, parse
from checker.arch import folders, target
from checker.check import Limits
from checker.compare import itself
from checker.compare.decide import kept, posed
from checker.compare.itself import Itself, Request
from checker.compare.losses import Loss, known, together, unused
from checker.compare.promises import losses, operations
from checker.compare.sides import Side
from checker.compare.suite import pairs
from tests.command import Litmus


def looked(*names: str, accesses: int = 0) -> Itself:
    return itself.itself(itself.asked(Request(names, accesses)), 1, lambda _: None)


# --- what is compared -----------------------------------------------------------------------------


def test_every_operation_with_a_contract_of_its_own_is_asked_about() -> None:
    asked = set(operations())
    assert {
        "put_user",
        "put_user_atomic",
        "READ_ONCE",
        "memcpy",
        "cmpxchg",
        "atomic64_set",
    } <= asked
    assert not {"smp_mb", "spin_lock", "kvm_write_guest", "atomic-load"} & asked


def test_each_feature_is_on_top_of_none_and_of_what_implies_others() -> None:
    found = {(one.base, one.more) for one in pairs(target("arc"))}
    assert ("arc", "arc+ll64") in found
    assert ("arc+arcv2", "arc+arcv2+ll64") in found
    assert ("arc+ll64", "arc+ll64+unaligned") in found
    for base, more in found:
        assert target(base).features < target(more).features
    for feature in target("arc").arch.features:
        assert any(feature.name in target(more).features for _, more in found)


@pytest.mark.parametrize(
    ("name", "operation", "gap"),
    [
        ("alpha", "raw_copy_to_user", "alpha.ev6-copies"),
        ("s390x", "atomic_rmw", "s390x.z196-updates"),
        ("mips32", "memcpy", "mips.r6-copies"),
        ("arm", "get_user", "arm.get-user-64t"),
        ("arm", "atomic64_set", "arm.lpae-atomic64"),
    ],
)
def test_a_known_gap_is_found_and_has_its_reason(name: str, operation: str, gap: str) -> None:
    found = losses(operation, target(name), 60_000)
    (one,) = (one for one in together(found.losses) if one.gap and one.gap.id == gap)
    assert all(loss.kind == "feature" for loss in one.losses)
    assert all(loss.before != loss.after for loss in one.losses)
    assert one.gap is not None
    assert one.gap.source


@pytest.mark.parametrize("name", ["arm64", "x86-64", "riscv64", "powerpc64"])
@pytest.mark.parametrize("operation", ["put_user", "get_user", "READ_ONCE", "xchg", "atomic64_set"])
def test_nothing_is_missing_of_these(name: str, operation: str) -> None:
    found = losses(operation, target(name), 60_000)
    assert found.answers > 0
    assert [one for one in found.losses if not one.by_practice] == []


def test_code_that_reaches_what_its_contract_excludes_is_found() -> None:
    """Of 8 bytes at 4 modulo 8 sparc32's contract is two words; its code traps and moves bytes."""
    text = (
        "C t\n{ u64 x __at(4); }\nP0(u64 *x)\n{\n  WRITE_ONCE(*x, 0x2827262524232221);\n}\n"
        "P1(u64 *x)\n{\n  u64 r0 = READ_ONCE(*x);\n}\nlocations [1:r0; x;]\nexists true\n"
    )
    side = Side("sparc32", "sparc32")
    assert kept(posed(parse(text), side, Limits())).broken is not None
    aligned = text.replace("__at(4)", "__at(8)")
    assert kept(posed(parse(aligned), side, Limits())).broken is None


# --- a reason is in the data, or there is none ----------------------------------------------------

_MINE = """
[arch.alpha.features.lossy]
says = "a processor whose kernel stores bytes"
source = "this test"
"""

_LOWERING = """
[alpha.put_user]
source = "this test"
contract = { "4 if lossy" = "loop store 1", 4 = "store 4" }
"""

_GAP = """
[[gap]]
id = "alpha.lossy"
arch = ["alpha"]
feature = "lossy"
operations = ["put_user"]
size = [4]
says = "it stores bytes"
source = "this test"
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which put_user() is other; only it and what has a gap are asked about."""
    some = ("put_user", "raw_copy_to_user")
    assert set(some) <= set(operations())
    monkeypatch.setattr(itself, "operations", lambda: some)
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "arch.toml").write_text(_MINE)
    (tmp_path / "alpha" / "lowering.toml").write_text(_LOWERING)
    return tmp_path


def _self(run: Litmus, mine: Path, *more: str) -> tuple[int, str]:
    words = ("compare", "--self", "--arch", "alpha", "--accesses", "0", "--arch-path", mine, *more)
    try:
        found = run(*words, "--jobs", "1")
    finally:
        folders.use(())
    return found.status, found.out


def test_what_the_data_does_not_explain_is_an_error(run: Litmus, mine: Path) -> None:
    status, out = _self(run, mine)
    assert status == 1
    assert "UNEXPLAINED" in out
    assert "alpha+lossy" in out
    assert "put_user 4" in out


def test_what_the_data_explains_is_reported_and_none(run: Litmus, mine: Path) -> None:
    path = mine / "alpha" / "arch.toml"
    path.write_text(_MINE + _GAP)
    status, out = _self(run, mine)
    assert status == 0
    assert "UNEXPLAINED" not in out
    assert "alpha.lossy: it stores bytes" in out
    path.write_text(_MINE + _GAP.replace("size = [4]", "size = [8]"))
    assert _self(run, mine)[0] == 1


def test_code_below_its_contract_is_an_error_too(run: Litmus, mine: Path) -> None:
    path = mine / "alpha" / "lowering.toml"
    path.write_text(_LOWERING.replace("contract = {", 'contract = { 4 = "store 4" }\ncode = {'))
    (mine / "alpha" / "arch.toml").write_text(_MINE + _GAP)
    status, out = _self(run, mine)
    assert status == 1
    assert "UNEXPLAINED" in out.partition("code does less than its contract says")[2]


def test_a_gap_that_nothing_shows_is_named() -> None:
    gaps = target("alpha").arch.gaps
    assert [gap.id for gap in unused([target("alpha")], ())] == [gap.id for gap in gaps] != []


def test_a_gap_explains_only_its_feature_and_its_operations() -> None:
    def loss(operation: str, feature: str) -> Loss:
        return Loss(
            "feature", "alpha", "alpha+ev6", frozenset({feature}), frozenset({operation}), 8,
            "code", "whole", "torn",
        )  # fmt: skip

    assert known(loss("kvm_write_guest", "ev6")) is not None  # is a raw_copy_to_user()
    assert known(loss("put_user", "ev6")) is None
    assert known(loss("raw_copy_to_user", "bwx")) is None


def test_every_gap_names_operations_that_there_are() -> None:
    for family in archs.families():
        for one in archs.family(family):
            for gap in one.gaps:
                assert gap.operations <= archs.operations().keys()


# --- the command ----------------------------------------------------------------------------------


def test_one_architecture_as_a_whole(run: Litmus) -> None:
    """Its text is shown in docs/compare.md."""
    found = run("compare", "--self", "--arch", "alpha", "--format", "json", "--jobs", "2")
    assert found.status == 0
    one = found.json
    assert one["schema"] == "litmus-compare-self/1"
    assert (one["holds"], one["stale"], one["limits"]) == (True, [], [])
    (missing,) = one["missing"]
    assert missing["gap"]["id"] == "alpha.ev6-copies"
    assert any(loss["test"] for loss in missing["losses"])
    verdicts = check(missing["test"])
    assert [verdict.ok for verdict in verdicts] == [True, True]
    assert [verdict.answer for verdict in verdicts] == ["fragile", "allowed"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--self", "arm64"), "`--self` has no sides"),
        (("--self", "--arch", "arm65"), "there is no architecture `arm65`"),
        (("arm64",), "two sides are needed"),
        (("arm64", "x86-64", "--accesses", "0"), "a test of no accesses"),
    ],
)
def test_what_cannot_be_compared_is_said(run: Litmus, words: tuple[str, ...], message: str) -> None:
    found = run("compare", *words)
    assert found.status == 2
    assert message in found.err


# --- overrides as sides ---------------------------------------------------------------------------

SPLIT = "arm64: put_user 8 = store 4 at 0; store 4 at 4"


def test_an_override_is_told_from_todays_code(run: Litmus, tmp_path: Path) -> None:
    found = run("compare", SPLIT, "--format", "json", "--jobs", "1").json
    assert [found[side]["override"] for side in "ab"] == [None, SPLIT]
    for way, answers in (
        ("weaker", ["forbidden", "allowed"]),
        ("stronger", ["allowed", "fragile"]),
    ):
        one = found[way]
        assert [verdict["verdict"] for verdict in one["verdicts"]] == answers
        assert "put_user(" in one["test"]
        plain = tmp_path / "told-apart.litmus"
        plain.write_text(one["test"])
        assert [verdict.answer for verdict in check(one["test"], "arm64")] == answers[:1]
        lines = one["test"].split("\n")
        over = "\n".join([lines[0], f"Override = {SPLIT}", *lines[1:]])
        assert [verdict.answer for verdict in check(over, "arm64")] == answers[1:]


def test_an_override_that_is_todays_code_is_not_told_apart(run: Litmus) -> None:
    found = run("compare", "arm64: get_user 8 = load 8", "--jobs", "1")
    assert found.status == 0
    assert "nothing tells them apart" in found.out


def test_a_wider_read_sees_what_a_split_store_does(run: Litmus) -> None:
    """READ_ONCE() of 8 bytes is two loads on x86-32: atomic64_read() is not."""
    over = "x86-32: put_user_atomic 8 = rmw.locked 8"
    found = run("compare", over, "--accesses", "2", "--jobs", "1")
    assert found.out.startswith("x86-32  override   override promises more")
    assert "atomic64_read(x)" in found.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("arm64: put_use 8 = store 8",), "`put_use()` is not an operation"),
        (("arm64: put_user 8 = stor 8",), "stor"),
        (("arm64: memset 8 = store 8",), "no test is made of memset()"),
        ((SPLIT, SPLIT), "both sides are"),
        ((SPLIT, "arm64: get_user 8 = load 8"), "two operations or sizes"),
    ],
)
def test_an_override_that_cannot_be_used_is_said(
    run: Litmus, words: tuple[str, ...], message: str
) -> None:
    found = run("compare", *words, "--accesses", "2", "--jobs", "1")
    assert found.status == 2
    assert message in found.err
