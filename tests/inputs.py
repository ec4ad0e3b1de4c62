"""Litmus files for tests: one text with holes, and a mark for the place a diagnostic points at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from checker.arch import target
from checker.check import Asked, Limits, check
from checker.expression import Expression, Free, evaluate
from checker.language import parse
from checker.lowering import programs, sketch
from checker.lowering.draft import Sketch
from checker.program import Access
from checker.verdict import Verdict

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = sorted((ROOT / "litmus").rglob("*.litmus"))

MARK = "§"


def litmus(
    p0: str = "WRITE_ONCE(*x, 1);",
    p1: str = "u64 r0 = READ_ONCE(*x);",
    *,
    init: str = "u64 x;",
    cond: str = "~exists torn(1:r0)",
    head: str = "Arch = arm64",
    par: str = "u64 *x",
    guest: str = "",
) -> str:
    """Return a test of two threads on one location."""
    return (
        f"C test\n{head}\n{{\n{init}\n}}\n"
        f"P0({par})\n{{\n{p0}\n}}\nP1({par}){guest}\n{{\n{p1}\n}}\n{cond}\n"
    )


def unmarked(text: str) -> tuple[str, tuple[int, int]]:
    """Return a text without its mark, and the line and column at which the mark stood."""
    before, _, after = text.partition(MARK)
    line = before.split("\n")[-1]
    return before + after, (before.count("\n") + 1, len(line) + 1)


def verdict(text: str, arch: str = "arm64", unroll: int = 2, *, states: bool = False) -> Verdict:
    """Return the verdict on a test on one architecture."""
    limits = Limits(timeout=20_000, unroll=unroll)
    return check(parse(text), target(arch), limits=limits, asked=Asked(states=states))


def drawn(text: str, arch: str = "arm64", unroll: int = 2) -> Sketch:
    """Return a test as an architecture sees it, before its operations are lowered."""
    return sketch(parse(text), target(arch), unroll)


def performed(text: str, arch: str) -> list[str]:
    """Return the accesses and fences of a test's code, in order."""
    test, where = parse(text), target(arch)
    program = next(programs(test, sketch(test, where, 2), where, "code"))
    return [
        str(one) if isinstance(one, Access) else one.name
        for operation in program.operations
        for one in operation.steps
    ]


def final(text: str, arch: str = "arm64") -> set[tuple[int | str, ...]]:
    """Return the final states of a test, each as the values of its places in order."""
    found = verdict(text, arch, states=True).states
    assert found is not None
    return {tuple(value for _, value in state) for state in found}


def computed(expression: Expression, read: Callable[[int], int]) -> int:
    """Compute an expression that nothing but what was read decides."""

    def chosen(free: Free) -> int:
        raise AssertionError(free)

    return evaluate(expression, read, chosen)
