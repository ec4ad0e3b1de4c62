"""`pytest --litmus`: what is collected, what passes, what fails and what is an error."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from checker.cli import main
from tests.command import BAD, GOOD, LOOP, QUESTION, TORN, WRONG
from tests.inputs import ROOT, litmus

TWO = litmus(head="Arch = arm64, x86-32\nExpect = x86-32: allowed")
EXPECTED_UNKNOWN = LOOP.replace(
    "Arch = arm64", "Arch = arm64\nExpect = arm64: forbidden up to 2 rounds"
)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of which no other plugin knows, whether or not this one is installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


def files(project: pytest.Pytester, **texts: str) -> None:
    for name, text in texts.items():
        (project.path / f"{name}.litmus").write_text(text, "utf-8")


def ran(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    own = ("-p", "checker.pytest_plugin", "-p", "no:cacheprovider")
    quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # this process has it loaded
    return project.runpytest(*own, *quiet, *options)


# --- what is collected ----------------------------------------------------------------------------


def test_nothing_is_collected_unless_it_is_asked_for(project: pytest.Pytester) -> None:
    files(project, torn=TORN)
    project.makepyfile("def test_own(): pass")
    ran(project).assert_outcomes(passed=1)
    ran(project, "--litmus").assert_outcomes(passed=1, failed=1)


def test_the_ini_file_can_ask_for_it(project: pytest.Pytester) -> None:
    files(project, torn=TORN)
    project.makeini("[pytest]\nlitmus = true\nlitmus_arch = x86-64+intel, x86-32")
    shown = ran(project, "--collect-only", "-q").stdout.str()
    assert re.findall(r"^torn\.litmus::(\S+)$", shown, re.MULTILINE) == ["x86-64+intel", "x86-32"]
    shown = ran(project, "--collect-only", "-q", "--litmus-arch", "arm64").stdout.str()
    assert "torn.litmus::arm64\n" in shown
    assert "x86-32" not in shown


def test_there_is_one_test_for_each_architecture(project: pytest.Pytester) -> None:
    files(project, two=TWO)
    found = ran(project, "--litmus", "-v")
    found.assert_outcomes(passed=2)
    found.stdout.fnmatch_lines(["two.litmus::arm64 PASSED*", "two.litmus::x86-32 PASSED*"])
    ran(project, "--litmus", "two.litmus::x86-32").assert_outcomes(passed=1)
    ran(project, "--litmus", "-k", "x86").assert_outcomes(passed=1, deselected=1)
    ran(project, "--litmus", "-m", "not litmus").assert_outcomes(deselected=2)


def test_an_architecture_that_is_asked_for_twice_is_one_test(project: pytest.Pytester) -> None:
    files(project, good=GOOD)
    ran(project, "--litmus", "--litmus-arch", "arm64,arm64").assert_outcomes(passed=1)


# --- what passes is what `litmus check` is content with -------------------------------------------


@pytest.mark.parametrize(
    ("text", "outcome", "status"),
    [
        pytest.param(GOOD, {"passed": 1}, 0, id="as expected"),
        pytest.param(TORN, {"failed": 1}, 1, id="an assertion that fails"),
        pytest.param(WRONG, {"failed": 1}, 1, id="not as expected"),
        pytest.param(QUESTION, {"passed": 1}, 0, id="a question"),
        pytest.param(LOOP, {"failed": 1}, 3, id="unknown"),
        pytest.param(EXPECTED_UNKNOWN, {"passed": 1}, 0, id="unknown, as expected"),
        pytest.param(BAD, {"errors": 1}, 2, id="no meaning on an architecture"),
        pytest.param("C x\n{}\nP0(", {"errors": 1}, 2, id="no test"),
        pytest.param("", {"errors": 1}, 2, id="empty"),
        pytest.param(
            GOOD.replace("Arch = arm64", "Arch = arm65"), {"errors": 1}, 2, id="no architecture"
        ),
    ],
)
def test_an_outcome_is_that_of_check(
    project: pytest.Pytester, text: str, outcome: dict[str, int], status: int
) -> None:
    files(project, one=text)
    assert main(["check", str(project.path / "one.litmus")]) == status
    ran(project, "--litmus").assert_outcomes(**outcome)


def test_a_failure_shows_the_report_with_its_picture(
    project: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    files(project, wrong=TORN.replace("Arch = arm64", "Arch = arm64\nExpect = arm64: forbidden"))
    found = ran(project, "--litmus")
    shown = found.stdout.str()
    command = ["check", "wrong.litmus", "--arch", "arm64"]
    assert f"the same: litmus {' '.join(command)}" in shown
    capsys.readouterr()
    assert main(command) == 1
    printed = capsys.readouterr().out
    assert "<- torn" in printed
    assert printed in shown
    found.stdout.fnmatch_lines(
        ["_* test on arm64 _*", "ALLOWED, expected forbidden", "FAILED wrong.litmus::arm64*"]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BAD, "one.litmus:8:1: `frobnicate()` is not an operation"),
        ("C x\n{}\nP0(", "one.litmus:3:4: the file ends too early"),
    ],
)
def test_an_error_has_its_place_and_the_line(
    project: pytest.Pytester, text: str, message: str
) -> None:
    files(project, one=text)
    lines = ran(project, "--litmus").stdout.lines
    at = lines.index(message)
    line, column = map(int, message.split(":")[1:3])
    assert lines[at + 1].strip() == text.split("\n")[line - 1].strip()
    assert lines[at + 2] == " " * (3 + column) + "^"
    assert "During handling" not in "\n".join(lines)


def test_an_unknown_names_its_limit(project: pytest.Pytester) -> None:
    files(project, loop=LOOP)
    found = ran(project, "--litmus", "--litmus-unroll", "3", "--litmus-timeout", "7.5")
    found.stdout.fnmatch_lines(
        ["forbidden up to 3 rounds: a limit was reached", "*loops were followed for 3 rounds*",
         "the same: litmus check loop.litmus --arch arm64 --timeout 7.5 --unroll 3"]
    )  # fmt: skip


def test_the_kernel_is_that_of_architectures_that_name_none(project: pytest.Pytester) -> None:
    files(project, good=litmus(head="Arch = x86-64"))
    shown = ran(project, "--litmus", "--litmus-kernel", "5.3", "-v").stdout.str()
    assert "good.litmus::x86-64@5.3 PASSED" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--litmus-arch", "arm65"), "there is no architecture `arm65`"),
        (("--litmus-kernel", "six"), "`six`"),
        (("--litmus-timeout", "soon"), "litmus-timeout: `soon` is not a number"),
        (("--litmus-timeout", "-1"), "litmus-timeout: `-1` is not a number"),
        (("--litmus-timeout", "nan"), "litmus-timeout: `nan` is not a number"),
        (("--litmus-unroll", "1.5"), "litmus-unroll: 1.5 is no number of rounds"),
    ],
)
def test_a_wrong_option_is_said_before_anything_is_collected(
    project: pytest.Pytester, options: tuple[str, ...], message: str
) -> None:
    files(project, good=GOOD)
    found = ran(project, "--litmus", *options)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    assert message in found.stderr.str()


# --- with other plugins ---------------------------------------------------------------------------


def test_several_processes_find_the_same(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    files(project, two=TWO, torn=TORN, bad=BAD, loop=LOOP)
    options = ("-p", "xdist", "-p", "checker.pytest_plugin", "--litmus")
    found = project.runpytest_subprocess(*options, "-n", "2", "-p", "no:cacheprovider")
    found.assert_outcomes(passed=2, failed=2, errors=1)
    shown = found.stdout.str()
    assert "<- torn" in shown
    assert "bad.litmus:8:1: `frobnicate()` is not an operation" in shown


def test_the_xml_report_has_the_verdict(project: pytest.Pytester) -> None:
    files(project, two=TWO)
    ran(project, "--litmus", "--junitxml", "out.xml")
    written = (project.path / "out.xml").read_text("utf-8")
    assert re.findall(r'name="litmus" value="(\w+)"', written) == ["forbidden", "allowed"]


def test_nothing_of_the_checker_is_loaded_unless_it_is_asked_for() -> None:
    code = (
        "import sys, checker.pytest_plugin as plugin; "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('checker', 'z3', 'lark')))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['checker', 'checker.pytest_plugin']"


def test_the_package_says_that_it_is_a_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name = project["entry-points"]["pytest11"]["litmus"]
    assert hasattr(import_module(name), "pytest_collect_file")
    assert (Path(ROOT) / "checker" / "py.typed").is_file()


# --- the page -------------------------------------------------------------------------------------


def test_what_the_page_shows_is_printed(project: pytest.Pytester) -> None:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    shown = re.search(
        r"```c\n(.*?)```\n\n```console\n\$ pytest (.*?)\n…\n(.*?)```", page, re.DOTALL
    )
    assert shown is not None
    text, options, printed = shown.groups()
    files(project, mailbox=text)
    lines = ran(project, *options.split()).stdout.lines
    wanted = printed.splitlines()
    begins = lines.index(wanted[0])
    assert lines[begins : begins + len(wanted) - 1] == wanted[:-1]
    assert re.sub(r"[\d.]+s|=+", "", lines[-1]) == re.sub(r"[\d.]+s|=+", "", wanted[-1])


def test_the_page_names_every_option() -> None:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    for name in import_module("checker.pytest_plugin")._OPTIONS:
        assert f"`--litmus-{name} " in page
        assert f"`litmus_{name.replace('-', '_')}`" in page
