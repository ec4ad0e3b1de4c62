"""`litmus explain`: what the data says, computed and run rather than repeated."""

from __future__ import annotations

import json
import re

import pytest

from checker import arch as archs
from checker import cli
from checker.arch import granted, target
from checker.check import Limits, check
from checker.diagnostic import Diagnostic
from checker.explain import explain, statements
from checker.explain.facts import (
    ArchitectureFacts,
    Facts,
    Granted,
    Layered,
    OperationFacts,
    RuleFacts,
    UnitRow,
)
from checker.language import parse
from checker.lowering import select
from checker.program import Access, Footprint, Layer
from checker.report import explain as report
from checker.report import explain_json
from checker.report.text import Style
from checker.table.decide import cell
from tests.inputs import ROOT

TARGETS = ("arm64+lse2", "x86-64+intel", "x86-32", "arm", "riscv32+zama16b", "s390x", "sparc32")


def architecture(name: str) -> ArchitectureFacts:
    facts = explain(name)
    assert isinstance(facts, ArchitectureFacts)
    return facts


def operation(name: str, *wanted: str) -> OperationFacts:
    facts = explain(name, wanted)
    assert isinstance(facts, OperationFacts)
    return facts


def rule(name: str, *wanted: str, jobs: int = 1) -> RuleFacts:
    facts = explain(name, wanted, jobs=jobs)
    assert isinstance(facts, RuleFacts)
    return facts


# --- an architecture ------------------------------------------------------------------------------


def _parts(row: UnitRow, name: str, one: Granted) -> bool:
    """Whether the rules grant a row's unit at every address that a column speaks of."""
    access = Access("load", row.cls, Footprint("x", 0, row.size), row.element, 0)
    for address in range(256):
        if one.placement == "align" and address % one.bytes:
            continue
        if one.placement == "within" and address % one.bytes + row.size > one.bytes:
            continue
        units = [u for r in target(name).rules_for(access) for u in granted(r, access, address)]
        for at in range(0, row.size, one.practice):
            if not any(start <= at and at + one.practice <= end for start, end in units):
                return False
    return True


@pytest.mark.parametrize("name", TARGETS)
def test_units_are_what_the_rules_grant(name: str) -> None:
    facts = architecture(name)
    for row in facts.units:
        assert row.rules
        for one in row.granted:
            assert one.unit <= one.practice
            assert _parts(row, name, one)


@pytest.mark.parametrize("name", TARGETS)
def test_units_are_what_the_solver_says_of_one_access(name: str) -> None:
    """An aligned store of one register is WRITE_ONCE() of that size, where it is one store."""
    rows = {(r.cls, r.size): r for r in architecture(name).units}
    for size in (2, 4, 8):
        found = cell("WRITE_ONCE", size, size, target(name)).code
        if found is None or found.notation != f"store {size}" or ("gpr", size) not in rows:
            continue
        aligned = {g.bytes: g for g in rows["gpr", size].granted if g.placement == "align"}
        assert (aligned[size].unit, aligned[size].practice) == (found.unit, found.practice)


def test_features_and_kernels_are_part_of_the_name() -> None:
    plain, with_lse2 = architecture("arm64"), architecture("arm64+lse2@6.6")
    assert with_lse2.kernel == "6.6"
    assert [one.name for one in with_lse2.features if one.on] == ["lse2"]
    assert len(with_lse2.units) >= len(plain.units)
    assert "arm64.lse2-gpr" in next(f for f in plain.features if f.name == "lse2").adds
    fsrm = next(one for one in architecture("x86-64").features if one.name == "fsrm")
    assert "raw_copy_to_user" in fsrm.lowerings


@pytest.mark.parametrize("name", archs.names())
def test_every_architecture_is_explained(name: str) -> None:
    facts = architecture(name)
    said = {one.id for one in statements.of_architecture(target(name).arch)}
    shown = " ".join(report.text(facts, Style(colour=False)).split())
    assert {one.id for one in facts.unconfirmed} <= said
    assert all(one.id in shown for one in (*facts.unconfirmed, *facts.faults, *facts.axioms))
    assert all(one.name in shown for one in facts.features)
    assert all(one.id in shown for one in facts.ordering)
    assert bool(facts.ordering) is (target(name).order is not None)
    assert facts.title in shown


# --- an operation ---------------------------------------------------------------------------------


def test_an_operation_is_what_the_data_says_of_every_kernel() -> None:
    facts = operation("copy_to_user", "x86-64", "arm")
    assert [one.arch for one in facts.archs] == ["x86-64", "arm"]
    first, *_, last = facts.archs[0].versions
    assert (first.first, first.last, last.last) == ("5.3", "5.6", "")
    assert first.code is not None
    assert ("8 if constant", "store 8") in first.code.entries
    assert "4b842e4e25b1" in first.code.source


@pytest.mark.parametrize("name", ["put_user", "READ_ONCE", "kvm_put_guest", "atomic64_rmw"])
def test_every_notation_that_is_chosen_is_shown(name: str) -> None:
    for one in operation(name).archs:
        newest = one.versions[-1]
        layers: tuple[tuple[Layer, Layered | None], ...]
        layers = (("contract", newest.contract), ("code", newest.code))
        for layer, shown in layers:
            for size in (1, 2, 4, 8):
                found = select.select(name, size, target(one.arch), layer, select.Known(align=size))
                if found is not None:
                    assert shown is not None
                    assert select.one_line(found.text) in dict(shown.entries).values()


def test_one_kernel_can_be_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "kvm_put_guest", "--arch", "arm", "--kernel", "5.4"]) == 0
    assert "no such operation" in capsys.readouterr().out
    assert cli.main(["explain", "kvm_put_guest", "--arch", "arm", "--kernel", "5.5"]) == 0
    assert "store 4 at 0; store 4 at 4" in capsys.readouterr().out


def test_a_call_is_the_operation_it_stands_for() -> None:
    assert operation("atomic64_add", "arm").name == "atomic64_rmw"
    assert operation("xchg_relaxed", "arm").name == "xchg"
    assert operation("put_user_atomic.contract", "arm").name == "put_user_atomic"


# --- a rule ---------------------------------------------------------------------------------------


def test_the_tests_that_rest_on_a_rule_do() -> None:
    facts = rule("x86-32.unlocked-cmpxchg8b", jobs=2)
    assert facts.statement.evidence == "practice"
    assert facts.tests
    assert facts == rule("x86-32.unlocked-cmpxchg8b")
    for one in facts.tests:
        test = parse((ROOT / one.file).read_bytes())
        verdict = check(test, target(one.arch), one.file, Limits())
        assert verdict.answer == one.verdict
        assert facts.statement.id in {reason.rule for reason in verdict.reasons}


def test_a_test_that_rests_on_a_rule_is_found() -> None:
    found = {(one.test, one.arch) for one in rule("arm64.vector-halves").tests}
    assert ("arm64-str-q-half", "arm64") in found


def test_what_forbids_nothing_has_no_tests() -> None:
    assert rule("x86.amd-uncached").tests == ()
    assert rule("arm.old-fault").tests == ()
    assert rule("base.coherence").tests == ()


def test_faults_and_axioms_are_explained_too() -> None:
    assert rule("arm.fp-fault").statement.kind == "fault"
    facts = rule("alpha.multi-copy-atomic")
    assert facts.statement.kind == "axiom"
    assert facts.statement.archs == ("alpha",)


# --- names, forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("amr64", "arm64"),
        ("put_usr", "put_user"),
        ("arm64.aligned-gp", "arm64.aligned-gpr"),
        ("arm64+lse3", "lse2"),
        ("arm64@4.4", "5.3 to"),
        ("", "an architecture, an operation or a rule"),
        ("atomic-store", "atomic"),
    ],
)
def test_an_unknown_name_has_a_hint(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Diagnostic):
        explain(name)
    assert cli.main(["explain", name]) == 2
    assert hint in capsys.readouterr().err


FACTS = ("arm64+lse2", "copy_to_user", "arm.fp-fault")


@pytest.fixture(params=FACTS)
def facts(request: pytest.FixtureRequest) -> Facts:
    return explain(request.param, ("arm",) if request.param in archs.operations() else ())


def test_every_form_is_well_made(facts: Facts) -> None:
    document = json.loads(explain_json.render(facts))
    assert document["schema"] == "litmus-explain/1"
    assert document["kind"] in ("architecture", "operation", "fault")
    shown = report.markdown(facts)
    assert shown.startswith("# ")
    for block in re.findall(r"(?:^\|.*\n)+", shown, re.MULTILINE):
        assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1
    plain = report.text(facts, Style(colour=False))
    assert re.sub(r"\033\[[\d;]*m", "", report.text(facts, Style(colour=True))) == plain


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_command_writes_each_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "sh", "--format", form]) == 0
    assert "SuperH" in capsys.readouterr().out


def test_an_output_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "sh", "-o", "/nowhere/x"]) == 2
    assert "No such file" in capsys.readouterr().err
