"""Fixtures that more than one module uses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from checker.arch import folders
from tests.paper import Data


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
