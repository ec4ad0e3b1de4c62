"""What an operation is called: in the words of the file it stands in."""

from __future__ import annotations

import re

from checker.diagnostic import Position

_CALL = re.compile(r"[A-Za-z_]\w*\s*\(")

_MAX = 400
"""Characters of one call."""


def excerpt(source: str, at: Position, name: str) -> str:
    """Return the call at a place, or the statement around it where that is no call."""
    lines = source.split("\n")
    if not 0 < at[0] <= len(lines):
        return f"{name}()"
    before, rest = lines[at[0] - 1][: at[1] - 1], "\n".join(lines[at[0] - 1 :])[at[1] - 1 :][:_MAX]
    if _CALL.match(rest):
        return _one_line(rest[: _closing(rest)])
    if name.isidentifier():
        return f"{name}()"
    return _one_line(re.split(r"[;{}]", before)[-1] + re.split(r"[;{}]", rest)[0])


def _closing(text: str) -> int:
    """Return where the first parenthesis of a text is closed."""
    depth = 0
    for match in re.finditer(r"[()]", text):
        depth += 1 if match[0] == "(" else -1
        if not depth:
            return match.end()
    return len(text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
