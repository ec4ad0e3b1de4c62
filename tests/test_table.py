"""`litmus table`: every cell is what `litmus check` says of the same question, in every form."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from checker import arch as archs
from checker import cli
from checker.arch import target
from checker.arch.kernel import COMPLETE
from checker.check import check
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.lowering.operations import shape
from checker.report import table_csv, table_json, table_markdown, table_rst, table_text
from checker.report.table import Notes, columns
from checker.report.text import Style
from checker.table import OPERATIONS as USUAL
from checker.table import Request, asked, tabulate, tasks
from checker.table.cells import Cell, Table
from checker.table.decide import cell
from checker.table.question import partners, question, text
from tests.inputs import ROOT

ARCHS = ("x86-32", "arm", "arm+lpae", "arm64", "riscv64+v")
OPERATIONS = (*USUAL, "memset", "kvm_read_guest", "atomic64_rmw", "unsafe_put_user")


def made(*operations: str, **options: object) -> Table:
    request = Request(operations=operations, **options)  # type: ignore[arg-type]
    return tabulate(asked(request), 1, lambda _: None)


@pytest.fixture(scope="module")
def small() -> Table:
    return made("put_user", "copy_to_user", "atomic64_read", archs=("x86-32", "arm", "sh", "arm64"))


def answers(found: Cell) -> str:
    """Return the verdict of the question whether a cell's operation can be seen torn."""
    assert found.contract is not None
    assert found.code is not None
    grades = {found.contract.grade, found.code.grade}
    if found.code.grade == "torn":
        return "allowed"
    return "forbidden" if grades == {"whole"} else "fragile"


# --- a cell is what the solver says ---------------------------------------------------------------


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_cell_is_the_verdict_on_its_question(operation: str, arch: str) -> None:
    for size in (1, 2, 8, 16):
        found = cell(operation, size, size, target(arch))
        if found.contract is None or found.code is None:
            continue
        tests = [question(operation, size, size, size, p) for p in partners(operation)]
        verdicts = {check(test, target(arch)).answer for test in tests if test}
        worst = next(v for v in ("allowed", "fragile", "forbidden") if v in verdicts)
        assert worst == answers(found), (size, found)


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("operation", ["put_user", "get_user", "copy_to_user", "WRITE_ONCE"])
def test_a_cell_is_what_the_command_says_of_the_text(
    operation: str, arch: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The partner is memcpy() by an override; it promises nothing, so only the code is compared."""
    path = tmp_path / "one.litmus"
    for size in (2, 4, 8):
        (partner,) = partners(operation)
        over = f"Override = {arch}: memcpy {size} = {partner}.ideal {size}\n"
        path.write_text(text(operation, size, size, size, partner).replace("{", over + "{", 1))
        cli.main(["check", str(path), "--arch", arch, "--format", "json"])
        (result,) = json.loads(capsys.readouterr().out)["results"]
        found = cell(operation, size, size, target(arch))
        assert found.code is not None
        assert (result["verdict"] == "allowed") == (found.code.grade == "torn")


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("operation", ["put_user", "get_user", "memcpy", "READ_ONCE", "xchg"])
def test_a_unit_is_the_largest_part_that_is_whole(operation: str, arch: str) -> None:
    for size in (4, 8, 16):
        found = cell(operation, size, size, target(arch))
        if found.code is None:
            continue
        for unit in (2, 4, 8, 16):
            if unit > size:
                continue
            tests = [question(operation, size, size, unit, p) for p in partners(operation)]
            reached = any(check(t, target(arch)).answer == "allowed" for t in tests if t)
            assert reached == (unit > found.code.practice), (size, unit)


@pytest.mark.parametrize("align", [1, 2, 8])
@pytest.mark.parametrize("size", [2, 4, 8])
def test_the_partner_is_whole_at_any_address(size: int, align: int) -> None:
    over = (
        f"Override = arm: put_user {size} = store.ideal {size}\n"
        f"Override = arm: memcpy {size} = load.ideal {size}\n"
    )
    source = text("put_user", size, align, size, "load").replace("{", over + "{", 1)
    assert check(parse(source), target("arm")).answer == "fragile"


def test_no_c_program_can_name_the_partner() -> None:
    for name in ("atomic-load", "atomic-store"):
        assert shape(name) is not None
        with pytest.raises(Diagnostic):
            partners(name)
        source = f"C x\n{{ u64 x; }}\nP0(u64 *x)\n{{ {name}(x, x, 8); }}\nexists torn\n"
        with pytest.raises(Diagnostic, match="atomic"):
            check(parse(source), target("arm64"))


def test_an_unaligned_operation_is_tried_at_every_address() -> None:
    aligned = cell("put_user", 8, 8, target("arm64"))
    apart = cell("put_user", 8, 4, target("arm64"))
    assert aligned.code is not None
    assert apart.code is not None
    assert (aligned.code.grade, apart.code.grade) == ("whole", "torn")
    inside = cell("put_user", 4, 2, target("arm64+lse2"))
    assert inside.code is not None
    assert inside.code.grade == "torn"


def test_what_does_not_build_has_no_answer() -> None:
    assert cell("put_user", 16, 16, target("arm64")).told == (None, None)
    assert cell("READ_ONCE", 64, 64, target("arm64")).told == (None, None)
    assert cell("plain-read", 16, 16, target("x86-32")).told == (None, None)
    whole, torn = cell("put_user_atomic", 8, 8, target("x86-32")).told
    assert (whole, torn) == ((8, 8, ""), (4, 4, ""))


def test_a_size_of_one_byte_rests_on_nothing() -> None:
    found = cell("copy_to_user", 1, 1, target("sh"))
    assert found.contract is not None
    assert (found.contract.grade, found.contract.reasons) == ("whole", ())


# --- which rows and columns -----------------------------------------------------------------------


def test_the_kernel_decides_what_a_copy_is() -> None:
    """4b842e4e25b1 took the constant sizes of x86-64's copies away in v5.7."""
    found = made("copy_to_user", sizes=(8,), archs=("x86-64",), kernels=((5, 3), COMPLETE))
    told = {one.arch: one.code.grade for one in found.cells if one.code}
    assert told == {"x86-64@5.3": "whole", "x86-64": "torn"}


def test_only_features_that_change_a_cell_have_a_row() -> None:
    found = made("READ_ONCE", "atomic64_read", archs=("arm",), features=True)
    assert "arm+lpae" in found.archs
    assert found.archs[0] == "arm"
    plain = [one.told for one in found.cells if one.arch == "arm"]
    for name in found.archs[1:]:
        assert [one.told for one in found.cells if one.arch == name] != plain


def test_everything_is_asked_unless_something_is_named() -> None:
    request = asked(Request())
    assert request.operations == USUAL
    assert request.archs == tuple(archs.names())


def test_many_processes_find_what_one_finds() -> None:
    request = asked(Request(operations=("put_user", "memcpy"), archs=("arm", "sh")))
    seen: list[str] = []
    assert tabulate(request, 2, seen.append) == tabulate(request, 1, lambda _: None)
    assert len(seen) == len(tasks(request)) == 4


def test_an_architecture_that_cannot_be_used_is_said_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*args: object) -> Cell:
        if getattr(args[3], "name", "") == "sh":
            raise Diagnostic("lacks `word`", (3, 1), file="sh/arch.toml")
        return cell(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(import_module("checker.table"), "cell", broken)
    status = cli.main(["table", "put_user", "--size", "8", "--arch", "sh,arm", "--jobs", "1"])
    shown = capsys.readouterr()
    assert status == 2
    assert re.search(r"^sh +\? +\?$", shown.out, re.MULTILINE)
    assert re.search(r"^arm +4/8 +torn:4", shown.out, re.MULTILINE)
    assert shown.err == "sh/arch.toml:3:1: lacks `word`\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("put_uesr", "did you mean put_user"),
        ("atomic-load", "is not an operation"),
        ("--size 3", "one of 1, 2, 4"),
        ("--size x", "as in --size 4,8"),
        ("--align 3", "a power of two"),
        ("--align 0", "a power of two"),
        ("--arch amr", "did you mean arm"),
        ("--arch arm+lpea", "did you mean lpae"),
        ("--kernel 4.4", "5.3 to"),
        ("--arch-path /nowhere", "no such folder"),
        ("put_user --arch sh -o /nowhere/x", "No such file"),
    ],
)
def test_what_cannot_be_asked_is_said(
    options: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["table", *options.split()]) == 2
    assert told in capsys.readouterr().err


# --- forms ----------------------------------------------------------------------------------------


def rules(found: Table) -> set[str]:
    return {
        reason.rule
        for one in found.cells
        for answer in (one.contract, one.code)
        if answer
        for reason in answer.reasons
    }


def sources(found: Table) -> set[str]:
    return {answer.source for c in found.cells for answer in (c.contract, c.code) if answer}


def test_text_has_a_footnote_for_every_rule_and_source(small: Table) -> None:
    shown = table_text.render(small, Style(colour=False))
    notes, plain = shown[shown.index("\n[1]") :], " ".join(shown.split())
    assert rules(small)
    for rule in rules(small):
        assert re.search(rf"^\[\d+\] +{re.escape(rule)}\b", notes, re.MULTILINE)
    assert all(" ".join(source.split()) in plain for source in sources(small))
    assert all(len(line) <= 110 for line in shown.splitlines())
    row = re.search(r"^x86-32 +(.*)$", shown, re.MULTILINE)
    assert row is not None
    assert row[1].split()[:8] == ["whole"] * 3 + ["4/8"] + ["whole"] * 3 + ["torn:4"]


def test_text_colours_words_and_nothing_else(small: Table) -> None:
    plain = table_text.render(small, Style(colour=False))
    painted = table_text.render(small, Style(colour=True))
    assert "\033[" in painted
    assert re.sub(r"\033\[[\d;]*m", "", painted) == plain


def test_every_footnote_of_markdown_is_there_and_used(small: Table) -> None:
    shown = table_markdown.render(small, "litmus table")
    body, notes = re.split(r"\n(?=\[\^1\]:)", shown)
    defined = re.findall(r"^\[\^(\d+)\]:", notes, re.MULTILINE)
    assert defined == [str(n + 1) for n in range(len(defined))]
    assert set(re.findall(r"\[\^(\d+)\]", body)) == set(defined)
    assert all(f": {rule}" in notes for rule in rules(small))
    for block in re.findall(r"(?:^\|.*\n)+", body, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_docutils_takes_the_restructured_text_without_a_word() -> None:
    from docutils.core import publish_doctree
    from docutils.nodes import footnote, footnote_reference, system_message
    from docutils.nodes import table as table_node

    found = made(
        "put_user", "xchg", "atomic64_set", "memcpy", "smp_load_acquire",
        archs=("arm", "sh", "x86-32", "alpha"),
    )  # fmt: skip
    shown = table_rst.render(found, "litmus table")
    settings = {"report_level": 1, "halt_level": 5, "warning_stream": io.StringIO()}
    tree = publish_doctree(shown, settings_overrides=settings)
    assert settings["warning_stream"].getvalue() == ""  # type: ignore[attr-defined]
    assert not list(tree.findall(system_message))
    assert len(list(tree.findall(table_node))) == len(found.operations)
    notes = {note[0].astext(): note.astext() for note in tree.findall(footnote)}
    used = {reference.astext() for reference in tree.findall(footnote_reference)}
    assert used == set(notes)
    assert all(any(rule in note for note in notes.values()) for rule in rules(found))


def test_csv_has_a_line_for_each_cell(small: Table) -> None:
    lines = list(csv.DictReader(io.StringIO(table_csv.render(small))))
    assert len(lines) == len(small.cells)
    for line, one in zip(lines, small.cells, strict=True):
        assert (line["operation"], line["arch"]) == (one.operation, one.arch)
        assert int(line["size"]) == one.size
        for layer, answer in (("contract", one.contract), ("code", one.code)):
            assert line[layer] == (answer.grade if answer else "-")
            assert line[f"{layer}_unit"] == (str(answer.unit) if answer else "")
            assert bool(line[f"{layer}_source"]) is bool(answer)


def test_json_has_an_object_for_each_cell(small: Table) -> None:
    document = json.loads(table_json.render(small))
    assert document["schema"] == "litmus-table/1"
    assert len(document["cells"]) == len(small.cells)
    for shown, one in zip(document["cells"], small.cells, strict=True):
        assert (shown["operation"], shown["arch"], shown["size"]) == (
            one.operation, one.arch, one.size,
        )  # fmt: skip
        for layer, answer in (("contract", one.contract), ("code", one.code)):
            assert (shown[layer] is None) is (answer is None)
            if answer is not None:
                assert shown[layer]["grade"] == answer.grade
                assert shown[layer]["unit_in_practice"] == answer.practice
                assert [r["rule"] for r in shown[layer]["reasons"]] == [
                    reason.rule for reason in answer.reasons
                ]


def test_sizes_that_nothing_has_are_no_columns(small: Table) -> None:
    assert {size for _, size in columns(small, "atomic64_read")} == {8}
    assert {size for _, size in columns(small, "copy_to_user")} == {1, 2, 4, 8, 16}


def test_footnotes_name_the_accesses() -> None:
    found = made("put_user", archs=("x86-32",))
    notes = Notes()
    numbers = notes.of(found, "put_user", "x86-32")
    told = {number: note for number, note in notes}  # noqa: C416 - they are pairs by contract
    assert sorted(told) == sorted(numbers)
    assert told[max(numbers)].says == "1, 2, 4: `store N`, 8: `store 4 at 0; store 4 at 4`"


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "markdown", "rst", "csv", "json"])
def test_each_form_goes_to_a_file(form: str, tmp_path: Path) -> None:
    path = tmp_path / "table"
    asked = f"table put_user --size 8 --arch sh --jobs 1 --format {form} -o {path}"
    assert cli.main(asked.split()) == 0
    assert "put_user" in path.read_text("utf-8")


@pytest.mark.parametrize("form", ["markdown", "rst"])
def test_a_document_says_which_command_made_it(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = f"table put_user --size 4,8 --arch sh,arm --align 8 --kernel 6.6 --format {form}"
    cli.main([*asked.split(), "--jobs", "1"])
    assert f"litmus {asked}" in capsys.readouterr().out.splitlines()[0]


def test_a_check_does_not_pay_for_tables_and_explanations() -> None:
    code = (
        "import sys; from checker.cli import main; main(['check', 'litmus/kvm/stolen-time.litmus'])"
        "; print([m for m in sys.modules if m.startswith(('checker.table', 'checker.explain'))])"
    )
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
