"""`litmus prove`: known answers, the command, and the tears that it shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker import cli
from checker.arch import target
from checker.diagnostic import Diagnostic
from checker.prove import features
from checker.prove.decide import Subject, answer
from checker.report import prove_json
from checker.report.prove import render
from checker.report.text import Style
from tests.proofs import failing, layer, one, part_of, proved

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
