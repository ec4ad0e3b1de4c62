"""A file that cannot be used, and the one problem it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checker.check import Limits
from checker.run import Outcome, Request, check_file
from checker.verdict import Problem
from tests.inputs import litmus

REQUEST = Request((), Limits(timeout=5_000), states=False)
STRUCT: dict[str, Any] = {
    "init": "struct s { u64 first; u32 second; } x;",
    "par": "struct s *x",
    "p0": "WRITE_ONCE(x->first, 1);",
    "p1": "u64 r0 = READ_ONCE(x->first);",
}


def outcome(folder: Path, content: bytes | str) -> Outcome:
    path = folder / "test.litmus"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return check_file(str(path), REQUEST)


def only_problem(folder: Path, content: bytes | str) -> Problem:
    """Return the one problem of a file that has no verdict."""
    found = outcome(folder, content)
    assert found.verdicts == ()
    (problem,) = found.problems
    assert problem.file == str(folder / "test.litmus")
    return problem


def struct(**parts: str) -> str:
    return litmus(**(STRUCT | parts))


def put(head: str) -> str:
    return litmus("put_user(1, x);", head=f"Arch = arm64\n{head}")
