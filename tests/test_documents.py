"""What the documents show is what the program prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.arch import folders
from checker.cli import main
from tests.inputs import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_CHECK = re.compile(r"```console\n\$ litmus (check [\w/.-]+\.litmus[^\n|]*)\n(.*?)```", re.DOTALL)
_TABLE = re.compile(
    r"```console\n\$ litmus ((?:table|explain|ablate|prove|compare|fix|review) [^\n|]*)\n(.*?)```",
    re.DOTALL,
)
_HEAD = re.compile(
    r"^  (\S+) +((?:forbidden|fragile)(?: up to \d+ rounds?)?|ALLOWED|UNKNOWN)", re.MULTILINE
)

Shown = tuple[str, str, str]
"""Page, command and what it printed."""


def _shown(block: re.Pattern[str]) -> Iterator[Shown]:
    for path in PAGES:
        for command, printed in block.findall(path.read_text("utf-8")):
            yield path.name, command, printed


def _cases(found: list[Shown]) -> pytest.MarkDecorator:
    """Have each command run once, with all that pages show of it."""
    shown: dict[str, list[Shown]] = {}
    for one in found:
        shown.setdefault(one[1], []).append(one)
    cases = [
        pytest.param(command, [printed for _, _, printed in ones], id=f"{ones[0][0]}: {command}")
        for command, ones in shown.items()
    ]
    return pytest.mark.parametrize(("command", "printed"), cases)


CHECKS, TABLES = list(_shown(_CHECK)), list(_shown(_TABLE))


# --- files that a page shows ----------------------------------------------------------------------

_TEST = re.compile(r"```(?:c|text)\n((?:C|AArch64) .*?)```", re.DOTALL)
_MODEL = re.compile(r"```(?:c|text)\n(\".*?)```", re.DOTALL)


def _files() -> dict[str, str]:
    """Return the tests and models that pages show, by the name that is used next."""
    found: dict[str, str] = {}
    for path in (*PAGES, ROOT / "CONTRIBUTING.md"):
        text = path.read_text("utf-8")
        for block, ending in ((_TEST, "litmus"), (_MODEL, "cat")):
            for shown in block.finditer(text):
                name = re.search(
                    rf"^\$ .*?\b([\w-]+\.{ending})\b", text[shown.end() :], re.MULTILINE
                )
                assert name, f"{path.name}: nothing is done with {shown[1][:20]}"
                found[name[1]] = shown[1]
    return found


# --- the example of architectures.md --------------------------------------------------------------

_FILE = re.compile(r"`(mine/[\w/]+\.toml)`")
_TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)
_BROKEN = re.compile(
    r"```console\n\$ sed -i 's/(.*?)/(.*?)/' (\S+); litmus ([^\n]*)\n(.*?)```", re.DOTALL
)
_EXAMPLE = (ROOT / "docs" / "architectures.md").read_text("utf-8")


def _example() -> dict[str, str]:
    """Return the files of the page's folder: each block by the file that was named last."""
    found: dict[str, str] = {}
    for block in _TOML.finditer(_EXAMPLE):
        names = _FILE.findall(_EXAMPLE[: block.start()])
        if names:
            found.setdefault(names[-1], block[1])
    return found


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with the shipped tests, and in it the files that the pages show."""
    for name, text in (_files() | _example()).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    for folder in ("litmus", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    folders.use(())


# --- the pages ------------------------------------------------------------------------------------


def test_the_pages_show_the_main_examples() -> None:
    assert any(
        "stolen-time.litmus" in command for page, command, _ in CHECKS if page == "README.md"
    )
    pages = (
        "README.md",
        "debate.md",
        "architectures.md",
        "table.md",
        "explain.md",
        "ablate.md",
        "prove.md",
    )
    assert {one for one, _, _ in TABLES}.issuperset(pages)
    assert sorted(_example()) == [
        "mine/ibis/arch.toml", "mine/ibis/lowering.toml", "mine/x86/lowering.toml",
    ]  # fmt: skip


@_cases(CHECKS)
@pytest.mark.usefixtures("beside")
def test_shown_verdicts_are_real(
    command: str, printed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A solver of another version may find another witness; the verdicts are the same."""
    main(shlex.split(command, comments=True))
    found = _HEAD.findall(capsys.readouterr().out)
    assert [_HEAD.findall(one) for one in printed] == [found] * len(printed)


@_cases(TABLES)
@pytest.mark.usefixtures("beside")
def test_shown_tables_and_explanations_are_printed(
    command: str, printed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An ellipsis stands for the rest."""
    main(shlex.split(command))
    found = "".join(capsys.readouterr())
    for one in printed:
        begins, ellipsis, _ = one.partition("…\n")
        assert found.startswith(begins) if ellipsis else found == one


def test_shown_mistakes_are_found(beside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = _BROKEN.findall(_EXAMPLE)
    assert len(shown) == 2
    for pattern, replacement, name, command, printed in shown:
        file = beside / name
        before = file.read_text("utf-8")
        file.write_text(re.sub(pattern, replacement, before, flags=re.MULTILINE), "utf-8")
        assert main(shlex.split(command)) == 2
        assert capsys.readouterr().err == printed
        file.write_text(before, "utf-8")


_ROW = re.compile(r"^\| ([\w+-]+)[^|]*\|[^|]*\| (forbidden|fragile) \| (.*) \|$", re.MULTILINE)


@pytest.mark.usefixtures("beside")
def test_the_instructions_of_the_debate_are_decided(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _ROW.findall((ROOT / "docs" / "debate.md").read_text("utf-8"))
    assert len(rows) >= 15
    for arch, verdict, tests in rows:
        main(["check", *re.findall(r"`([^`]+)`", tests), "--arch", arch])
        found = _HEAD.findall(capsys.readouterr().out)
        assert found == [(arch, verdict)] * len(found)
        assert found


def test_tests_that_a_page_names_are_there() -> None:
    for path in PAGES:
        for name in re.findall(r"\blitmus/[\w./-]+\.litmus", path.read_text("utf-8")):
            assert (ROOT / name).is_file(), f"{path.name}: {name}"


def test_links_lead_somewhere() -> None:
    for path in (*PAGES, ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
            if "://" in target or target.startswith("mailto:"):
                continue
            file, _, part = target.partition("#")
            page = (path.parent / file) if file else path
            assert page.exists(), f"{path.name}: {target}"
            if part:
                assert part in _anchors(page), f"{path.name}: {target}"


def _anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as the usual Markdown renderers make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
