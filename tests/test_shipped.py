"""The main job: every shipped test, on every architecture it names, meets what it expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.check import Limits
from checker.run import Request, check_file
from tests.inputs import SHIPPED

REQUEST = Request((), Limits(timeout=60_000), states=False)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_test_meets_what_it_expects(path: Path) -> None:
    found = check_file(str(path), REQUEST)
    assert found.problems == ()
    assert found.verdicts
    for verdict in found.verdicts:
        assert (verdict.arch, verdict.answer) == (verdict.arch, verdict.expected)
        assert verdict.ok is True
        assert bool(verdict.reasons) is (verdict.answer in ("forbidden", "fragile"))
        assert (verdict.witness is not None) is (verdict.answer in ("fragile", "allowed"))
