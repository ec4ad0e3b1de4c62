"""Tests of RISC-V instructions, as text and as `litmus` sees them: for what all dialects share."""

from __future__ import annotations

from checker.arch import target
from checker.check import Asked, Limits, check
from checker.language import parse
from checker.lowering.draft import Sketch
from checker.verdict import State, Verdict
from tests.asm_run import drawn


def riscv(*columns: str, init: str = "", cond: str = "forall true", head: str = "") -> str:
    """Return a test with these threads, whose instructions `;` separates."""
    threads = [[cell.strip() for cell in column.split(";")] for column in columns]
    height = max(map(len, threads))
    rows = [[f"P{number}" for number in range(len(threads))]]
    rows += [[t[row] if row < len(t) else "" for t in threads] for row in range(height)]
    table = "\n".join(" | ".join(row) + " ;" for row in rows)
    return f"RISCV test\n{head}\n{{\n{init}\n}}\n{table}\n{cond}\n"


def sketched(*columns: str, init: str = "0:x6=x; 0:x7=y", unroll: int = 2) -> Sketch:
    return drawn(riscv(*columns, init=init), "riscv64", unroll)


def verdict(text: str) -> Verdict:
    return check(
        parse(text), target("riscv64"), limits=Limits(timeout=20_000), asked=Asked(states=True)
    )


def states(text: str) -> list[State]:
    found = verdict(text).states
    assert found is not None
    return sorted(found)
