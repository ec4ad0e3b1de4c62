"""herd7's assembly dialects: from text to a Test.

table        the columns of threads, cut at `|` and `;`
instruction  what stands in a cell, by the dialect's own grammar
state        the init block, `locations`, `filter` and the condition
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checker.diagnostic import Diagnostic
from checker.language.asm import state, table
from checker.language.header import interpret

if TYPE_CHECKING:
    from checker import litmus as ast
    from checker.language.source import Source

_TAIL = re.compile(r"(?<=[;}\n])\s*(?=(?:exists|~\s*exists|forall|locations|filter)\b)")
"""Where the threads end."""


def parse(source: Source) -> ast.Test:
    """Return the test of a file of an assembly dialect; raises Diagnostic."""
    body = source.body
    start = body.index("{")
    end, tail, condition = span(body)
    before = state.initial(body, start + 1, end - 1)
    threads = table.threads(source.dialect, body, end, tail)
    after = state.final(source.dialect, body, condition)
    return interpret(source, state.Parsed(state.everywhere(before, threads), after, threads))


def span(body: str) -> tuple[int, int, int]:
    """Return where the threads begin and end, and where what follows begins; raises Diagnostic."""
    end = _closing(body, body.index("{"))
    tail = _TAIL.search(body, end)
    if tail is None:
        last = len(body.rstrip())
        raise Diagnostic(
            "there is no condition", state.position(body, last),
            "the threads are followed by `exists (…)`, `~exists (…)` or `forall (…)`",
        )  # fmt: skip
    return end, tail.start(), tail.end()


def _closing(text: str, start: int) -> int:
    """Return the index after the brace that closes the one at `start`; one does: `source`."""
    depth = 0
    for match in re.compile("[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    raise AssertionError(text)
