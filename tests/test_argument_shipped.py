"""`litmus explain FILE`: what it says of shipped tests, and the command."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from checker import arch as archs
from checker.ablate.removals import lowered
from checker.arch import Target
from checker.argument import proof
from checker.argument.facts import ALIGN, FEATURE
from checker.check import check
from tests.arguments import KVM, LINUX, MP, REQUEST, explained, fresh, least, named, read
from tests.command import LOOP, Litmus, one
from tests.inputs import ROOT, litmus

# --- shipped tests --------------------------------------------------------------------------------

CASES = [
    *((KVM / "stolen-time.litmus", arch) for arch in ("arm64", "x86-64", "riscv64")),
    *((LINUX / "narrow-over-wide.litmus", arch) for arch in ("arm64", "x86-64", "riscv64")),
    (LINUX / "release-acquire-8.litmus", "arm64"),
    *((LINUX / "rcu-publish.litmus", arch) for arch in ("arm64", "arm", "powerpc64", "alpha")),
    (LINUX / "memcpy-writer-8.litmus", "arm64"),
    (LINUX / "write-twice.litmus", "arm64"),
    (LINUX / "xchg-4.litmus", "riscv64"),
    (KVM / "kvm-put-guest-atomic.litmus", "arm64"),
    (KVM / "kvm-x86-pvclock-aligned.litmus", "x86-64"),
    (ROOT / "litmus" / "sparc32" / "sparc32-put-user-4.litmus", "sparc32"),
]  # fmt: skip
SHIPPED = [(path, arch) for path, arch in CASES if path.is_file()]


@pytest.mark.parametrize("case", SHIPPED, ids=named)
def test_each_set_suffices_and_without_any_of_it_the_rest_does_not(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    argument = explanation.argument
    assert argument is not None
    assert argument.sets
    assert not argument.limit
    for found in argument.sets:
        again = fresh(*case, practice=explanation.verdict.answer == "fragile")
        assert again.suffices(frozenset(found)) is not None
        for name in found:
            assert again.suffices(frozenset(found) - {name}) is None, name


@pytest.mark.parametrize("case", SHIPPED, ids=named)
def test_no_other_set_suffices_unless_it_holds_one_that_is_shown(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    assert explanation.argument is not None
    again = fresh(*case, practice=explanation.verdict.answer == "fragile")
    names = again.names()
    assert len(names) <= 11
    every = least(names, lambda tried: again.suffices(tried) is not None)
    assert {frozenset(found) for found in explanation.argument.sets} == every


@pytest.mark.parametrize("case", SHIPPED, ids=named)
def test_what_check_rests_on_is_in_one_of_the_sets(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    assert explanation.argument is not None
    reasons = {one.rule for one in explanation.verdict.reasons} - {"base.coherence"}
    assert any(reasons <= set(found) for found in explanation.argument.sets)


def _dropped(target: Target, name: str) -> Target:
    arch = target.arch
    return replace(
        target,
        arch=replace(
            arch,
            rules=tuple(one for one in arch.rules if one.id != name),
            faults=tuple(one for one in arch.faults if one.id != name),
            axioms=tuple(one for one in arch.axioms if one.id != name),
        ),
    )


@pytest.mark.parametrize("case", SHIPPED, ids=named)
def test_without_an_element_the_verdict_is_that_of_a_target_or_a_test_without_it(
    case: tuple[Path, str],
) -> None:
    path, arch = case
    explanation = explained(*case)
    test, target = read(path).test, archs.target(arch)
    assert explanation.argument is not None
    for element in explanation.argument.elements:
        if element.kind in ("rule", "axiom", "fault"):
            other = check(test, _dropped(target, element.reason.rule), limits=REQUEST.limits)
        elif element.kind == "alignment":
            location = element.reason.rule.removeprefix(ALIGN)
            other = check(lowered(test, location, 1), target, limits=REQUEST.limits)
        else:
            continue
        assert other.answer == element.without, element.reason.rule
        assert element.witness is not None


def test_the_cases_have_elements_of_every_kind() -> None:
    found = [explained(*case).argument for case in SHIPPED]
    kinds = {element.kind for one in found if one for element in one.elements}
    assert {"rule", "axiom", "order", "alignment", "fault", "no-feature"} <= kinds
    assert any(len(one.sets) > 1 for one in found if one)


def test_a_contract_is_an_element() -> None:
    path = ROOT / "litmus" / "sparc32" / "sparc32-put-user-atomic-stdf.litmus"
    explanation = explained(path, "sparc32")
    assert explanation.verdict.answer == "forbidden"
    assert explanation.argument is not None
    (contract,) = (e for e in explanation.argument.elements if e.kind == "contract")
    assert contract.reason.rule == "put_user_atomic.contract"
    assert contract.without == "fragile"  # today's code is whole without being asked to be
    assert contract.witness is not None
    assert contract.witness.layer == "contract"


def test_a_feature_is_an_element_and_without_it_the_verdict_is_the_plain_targets(
    tmp_path: Path,
) -> None:
    path = one(tmp_path, litmus(init="u64 x __at(4);"))
    explanation = explained(path, "arm64+lse2")
    assert explanation.verdict.answer == "forbidden"
    assert explanation.argument is not None
    (found,) = explanation.argument.sets
    (feature,) = (one for one in explanation.argument.elements if one.kind == "feature")
    assert f"{FEATURE}lse2" in found
    assert f"{ALIGN}x" in found
    assert feature.without == check(read(path).test, archs.target("arm64")).answer == "allowed"


def test_where_nothing_is_needed_the_empty_set_is_the_only_one(tmp_path: Path) -> None:
    text = litmus("WRITE_ONCE(*x, 1);", "u8 r0 = READ_ONCE(*x);", init="u8 x;", par="u8 *x")
    argument = explained(one(tmp_path, text), "arm64").argument
    assert argument is not None
    assert argument.sets == ((),)
    assert argument.elements == ()


def test_a_bound_on_sets_is_named(monkeypatch: pytest.MonkeyPatch, run: Litmus) -> None:
    monkeypatch.setattr(proof, "MOST_SETS", 1)
    found = run("explain", LINUX / "narrow-over-wide.litmus", "--arch", "arm64")
    assert found.status == 3
    assert "not found out: whether other sets suffice: more than 1 minimal sets" in found.out


def test_a_bound_on_programs_is_named(monkeypatch: pytest.MonkeyPatch, run: Litmus) -> None:
    monkeypatch.setattr(proof, "MOST_PROGRAMS", 0)
    found = run("explain", KVM / "stolen-time.litmus", "--arch", "arm64")
    assert found.status == 3
    assert "not found out: more than 0 combinations of lowerings and addresses" in found.out


# --- the command ----------------------------------------------------------------------------------


def test_the_commands_that_are_shown_say_the_same(run: Litmus) -> None:
    path = LINUX / "narrow-over-wide.litmus"
    shown = run("explain", path, "--arch", "arm64").out
    (command,) = re.findall(r"^  a set: litmus (.*)$", shown, re.MULTILINE)
    assert "arm64.aligned-gpr, align:x: enough" in run(*command.split()).out
    less = command.rpartition(",")[0]
    assert ": not enough" in run(*less.split()).out
    (rule_,) = re.findall(r"^  a rule: litmus (.*)$", shown, re.MULTILINE)
    assert run(*rule_.split()).status == 0


def test_only_what_is_there_can_be_kept(run: Litmus) -> None:
    found = run("explain", KVM / "stolen-time.litmus", "--arch", "arm64", "--only", "align:pw")
    assert found.status == 2
    assert "no proof here rests on `align:pw`" in found.err
    assert "align:pv" in found.err


def test_nothing_kept_is_not_enough(run: Litmus) -> None:
    found = run(
        "explain", KVM / "stolen-time.litmus", "--arch", "arm64", "--only", "", "--format", "json"
    )
    (result,) = found.json["results"]
    assert result["only"]["names"] == []
    assert result["only"]["suffices"] is False
    assert result["only"]["witness"]["torn"]


def test_json_has_what_the_text_has(run: Litmus) -> None:
    path = LINUX / "narrow-over-wide.litmus"
    found = run("explain", path, "--arch", "arm64", "--format", "json").json
    assert (found["schema"], found["kind"], found["errors"]) == ("litmus-explain/1", "test", [])
    (result,) = found["results"]
    assert result["complete"] is True
    assert len(result["sets"]) == 2
    assert {name for names in result["sets"] for name in names} == {
        element["rule"] for element in result["elements"]
    }
    for element in result["elements"]:
        assert ("witness" in element) is False
        own = [n for n, names in enumerate(result["sets"], 1) if element["rule"] in names]
        assert element["sets"] == own
        assert element["without"] == ("allowed" if len(own) == 2 else "forbidden")
    shown = run("explain", path, "--arch", "arm64", "--format", "json", "-v").json["results"][0]
    assert all("witness" in element for element in shown["elements"])


def test_json_of_what_is_allowed(run: Litmus, tmp_path: Path) -> None:
    found = run("explain", one(tmp_path, MP), "--format", "json").json
    (result,) = found["results"]
    assert result["shortest"]["rows"] == len(result["shortest"]["witness"]["rows"]) == 4
    assert {near["line"] for near in result["neighbours"]["held"]} == {9}


def test_pictures_are_shown_where_they_are_asked_for(run: Litmus) -> None:
    path = KVM / "stolen-time.litmus"
    assert "<- torn" not in run("explain", path, "--arch", "arm64").out
    assert run("explain", path, "--arch", "arm64", "-v").out.count("<- torn") == 2


def test_a_limit_is_unknown(run: Litmus, tmp_path: Path) -> None:
    path = one(tmp_path, LOOP)
    verdict = run("check", path, "--unroll", "1", "--format", "json").json["results"][0]
    assert verdict["verdict"] == "unknown"
    found = run("explain", path, "--unroll", "1")
    assert found.status == 3
    result = run("explain", path, "--unroll", "1", "--format", "json").json["results"][0]
    assert result["verdict"] == "unknown"
    assert result["limit"] == verdict["limit"]


def test_a_file_that_is_none_is_status_2(run: Litmus, tmp_path: Path) -> None:
    assert run("explain", tmp_path / "absent.litmus").status == 2
    (tmp_path / "bad.litmus").write_text("C bad\n{\n")
    found = run("explain", tmp_path / "bad.litmus")
    assert found.status == 2
    assert "bad.litmus:" in found.err
    assert run("explain", KVM / "stolen-time.litmus", "--model", tmp_path / "no.cat").status == 2


def test_names_are_explained_as_before(run: Litmus) -> None:
    assert run("explain", "sparc32").out.startswith("sparc32   SPARC V8")
    assert run("explain", "no-such-thing").status == 2
