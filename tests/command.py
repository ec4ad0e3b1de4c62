"""The `litmus` command as tests run it: what it is given, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.inputs import litmus

GOOD = litmus(head="Arch = arm64\nExpect = arm64: forbidden")
TORN = litmus(init="u64 x __aligned(4);")
WRONG = litmus(head="Arch = arm64\nExpect = arm64: allowed")
BAD = litmus("frobnicate(x);")
LOOP = litmus(
    p1="u64 r0; u32 n = 0; do { r0 = READ_ONCE(*x); n++; } while (r0 == 0);", cond="~exists 1:r0=2"
)
QUESTION = litmus(cond="exists torn(1:r0)", init="u64 x __aligned(4);")


@dataclass
class Run:
    """What a run of the command left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Litmus = Callable[..., Run]


def one(folder: Path, text: str) -> Path:
    path = folder / "one.litmus"
    path.write_text(text)
    return path


def names(found: Run) -> list[str]:
    return [result["test"] for result in found.json["results"]]
