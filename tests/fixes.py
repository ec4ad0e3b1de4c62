"""Fixes of tests in C, as their tests ask for them."""

from __future__ import annotations

from pathlib import Path

from checker.check import Limits
from checker.fix import Fixes, Options, fix_file
from checker.run import Request
from tests.command import one
from tests.inputs import litmus


def fixed(path: Path, *archs: str, options: Options | None = None) -> Fixes:
    request = Request(archs, Limits(timeout=20_000), states=False)
    found = fix_file(str(path), request, options or Options())
    assert not found.problems
    assert found.fixes is not None
    return found.fixes


def fixes(folder: Path, text: str, *archs: str, options: Options | None = None) -> Fixes:
    return fixed(one(folder, text), *archs, options=options)


def kinds(found: Fixes) -> list[tuple[str, ...]]:
    return [tuple(change.kind for change in fix.changes) for fix in found.fixes]


def told(found: Fixes) -> list[str]:
    return [", ".join(change.says for change in fix.changes) for fix in found.fixes]


PAR = "u64 *x, u32 *y"
MP = litmus(
    "WRITE_ONCE(*x, 1);\nWRITE_ONCE(*y, 1);",
    "u32 r0 = READ_ONCE(*y);\nu64 r1 = READ_ONCE(*x);",
    init="u64 x; u32 y;", par=PAR, cond="~exists (1:r0=1 /\\ 1:r1=0)",
)  # fmt: skip

ONE_SIDED = MP.replace("WRITE_ONCE(*y, 1);", "smp_store_release(y, 1);")
