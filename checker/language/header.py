"""The header's `key = value` lines, and the whole Test put together."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position, nearest
from checker.verdict import bounded

if TYPE_CHECKING:
    from checker.language.asm import state
    from checker.language.declarations import Parsed
    from checker.language.source import Source

KEYS = ("Arch", "Expect", "Faults", "Override")
"""The keys that mean something here; others are herd7's and its users', and are kept."""

VERDICTS = ("forbidden", "fragile", "allowed", "unknown")

_EXPECT = re.compile(
    r"\s*([A-Za-z0-9_+.@-]+)\s*:\s*([A-Za-z]+)(?:\s+up\s+to\s+([1-9]\d{0,3})\s+rounds?)?\s*$"
)
_OVERRIDE = re.compile(r"([A-Za-z0-9_+.@-]+)\s*:\s*([A-Za-z_]\w*)\s+(\d{1,5})\s*=\s*(\S.*)$")


def interpret(source: Source, parsed: Parsed | state.Parsed) -> ast.Test:
    """Return the Test of a header and what the grammar read; raises Diagnostic."""
    archs: list[tuple[str, Position]] = []
    expectations: list[ast.Expectation] = []
    overrides: list[ast.Override] = []
    faults = False
    for key, value, at in source.info:
        if key == "Arch":
            archs += _arch_list(value, at)
        elif key == "Expect":
            expectations += _expect_list(value, at)
        elif key == "Faults":
            faults = _yes_or_no(value, at)
        elif key == "Override":
            overrides.append(override(value, at))
        elif meant := _meant(key):
            raise Diagnostic(f"`{key}` is not a key", (at[0], 1), meant)
    _named_once(archs, "`Arch` names")
    _named_once([(e.arch, e.at) for e in expectations], "`Expect` speaks of")
    _threads_in_order(parsed.threads)
    return ast.Test(
        name=source.name,
        dialect=source.dialect,
        info=tuple((key, value) for key, value, _ in source.info),
        archs=tuple(archs),
        expectations=tuple(expectations),
        overrides=tuple(overrides),
        structs=tuple(parsed.structs),
        locations=tuple(parsed.locations),
        initial=tuple(parsed.initial),
        threads=parsed.threads,
        condition=parsed.condition,
        shown=parsed.shown or (),
        filter=parsed.filter,
        faults=faults,
        given=parsed.given,
        functions=parsed.functions,
    )


@cache
def _meant(key: str) -> str:
    """Return a hint that names the key that another one resembles, or nothing."""
    return nearest(key.capitalize(), KEYS, cutoff=0.75)


def _yes_or_no(value: str, at: Position) -> bool:
    word = value.strip().lower()
    if word not in ("yes", "no"):
        raise Diagnostic(f"`{value.strip()}` is neither yes nor no", at, "Faults = yes")
    return word == "yes"


def _pieces(value: str, at: Position) -> list[tuple[str, Position]]:
    """Return the parts of a comma-separated list, each with its position."""
    found, column = [], at[1]
    for piece in value.split(","):
        indent = len(piece) - len(piece.lstrip())
        if piece.strip():
            found.append((piece.strip(), (at[0], column + indent)))
        column += len(piece) + 1
    return found


def _arch_list(value: str, at: Position) -> list[tuple[str, Position]]:
    found = _pieces(value, at)
    if not found:
        raise Diagnostic("`Arch` names no architecture", at, "Arch = arm64, x86-64")
    return found


def _named_once(names: list[tuple[str, Position]], what: str) -> None:
    seen = set()
    for name, at in names:
        if name in seen:
            raise Diagnostic(f"{what} {name} twice", at)
        seen.add(name)


def _expect_list(value: str, at: Position) -> list[ast.Expectation]:
    found = []
    if not value.strip():
        raise Diagnostic("`Expect` says nothing", at, "Expect = arm64: forbidden, …")
    for piece, where in _pieces(value, at):
        match = _EXPECT.match(piece)
        if not match:
            raise Diagnostic(
                f"`{piece}` is not an expectation", where, "Expect = arm64: forbidden, …"
            )
        verdict = match[2].lower()
        if verdict not in VERDICTS:
            hint = nearest(verdict, VERDICTS) or f"a verdict is one of {', '.join(VERDICTS)}"
            raise Diagnostic(f"`{match[2]}` is not a verdict", where, hint)
        if match[3]:
            if verdict not in ("forbidden", "fragile"):
                hint = "only what is not reached is bounded: forbidden up to 2 rounds"
                raise Diagnostic(f"`{match[2]}` has no bound", where, hint)
            verdict = bounded(verdict, int(match[3]))
        found.append(ast.Expectation(match[1], verdict, where))
    return found


def override(value: str, at: Position) -> ast.Override:
    """Return what an `Override` line says after `=`, which stands at `at`; raises Diagnostic."""
    match = _OVERRIDE.match(value)
    if not match:
        raise Diagnostic(
            "this is not an override",
            at,
            "Override = x86-32: put_user_atomic 8 = rmw.locked 8",
        )
    return ast.Override(
        match[1], match[2], int(match[3]), match[4], at, (at[0], at[1] + match.start(4))
    )


def _threads_in_order(threads: tuple[ast.Thread, ...]) -> None:
    if not threads:
        raise Diagnostic("the test has no thread", (1, 1), "after the init block: P0(…) { … }")
    for expected, thread in enumerate(threads):
        if thread.number != expected:
            raise Diagnostic(
                f"thread P{thread.number} stands where P{expected} should", thread.at,
                "threads are numbered in order, from P0",
            )  # fmt: skip
