"""What the README shows is what the program prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from checker.cli import main

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"```console\n\$ litmus (check litmus/[^\n|]*)\n(.*?)```", re.DOTALL)
_HEAD = re.compile(r"^  (\S+) +(forbidden|fragile|ALLOWED|UNKNOWN)", re.MULTILINE)

SHOWN = [
    pytest.param(command, printed, id=f"{path.name}: {command}")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for command, printed in _BLOCK.findall(path.read_text("utf-8"))
]


def test_the_readme_shows_the_main_example() -> None:
    assert any("stolen-time.litmus" in str(shown.values[0]) for shown in SHOWN)


@pytest.mark.parametrize(("command", "printed"), SHOWN)
def test_shown_verdicts_are_real(
    command: str, printed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A solver of another version may find another witness; the verdicts are the same."""
    monkeypatch.chdir(ROOT)
    main(shlex.split(command))
    assert _HEAD.findall(capsys.readouterr().out) == _HEAD.findall(printed)
