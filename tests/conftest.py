"""Fixtures that more than one module uses."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from checker import cli
from checker.arch import folders
from tests.command import GOOD, QUESTION, TORN, WRONG, Litmus, Run
from tests.paper import Data

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Data]:
    """Return a function that makes a folder of data files and has it read after the shipped."""
    numbers = count()

    def write(files: dict[str, str]) -> Path:
        base = tmp_path / f"data{next(numbers)}"
        for name, text in files.items():
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            (base / name).write_text(text, "utf-8")
        folders.use((str(base),))
        return base

    yield write
    folders.use(())


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Litmus]:
    """Run the command in this process."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def call(*args: object, stdin: str | None = None) -> Run:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        try:
            status = cli.main([str(arg) for arg in args])
        except SystemExit as end:
            status = int(end.code or 0)
        return Run(status, *capsys.readouterr())

    yield call
    folders.use(())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with tests of each kind, one of them further down."""
    (tmp_path / "below" / "deeper").mkdir(parents=True)
    texts = {"good": GOOD, "torn": TORN, "below/question": QUESTION, "below/deeper/wrong": WRONG}
    for name, text in texts.items():
        (tmp_path / f"{name}.litmus").write_text(text.replace("C test", f"C {Path(name).name}"))
    (tmp_path / "notes.txt").write_text("no test")
    return tmp_path
