"""Where the tables and keys of a TOML file stand, as near as its lines tell."""

from __future__ import annotations

import re

from checker.diagnostic import Position

_OPENING = re.compile("\"\"\"|'''|[\"']")


class Places:
    """Where the tables and keys of a TOML file stand; as near as its lines tell."""

    def __init__(self, text: str) -> None:
        """Keep the lines."""
        self._lines = text.split("\n")

    def of(
        self, path: tuple[str, ...], key: str = "", other: tuple[str, ...] | None = None
    ) -> Position:
        """Return where a key of a table stands, or the table where the key is not found.

        `other` is the path by which the table may stand as a key of the table around it.
        """
        first, last = self._block(path)
        if key:
            pattern = re.compile(rf"""(?:[\w.-]+\.)?["']?{re.escape(key)}["']?\s*=""")
            for number in range(first, last):
                if match := pattern.match(self._lines[number].strip()):
                    return number + 1, self._lines[number].index(match[0]) + 1
        if other and not self._headed(path):
            return self.of(other[:-1], other[-1]) if not key else self._inside(other, key)
        return first + 1, 1

    def _inside(self, path: tuple[str, ...], key: str) -> Position:
        """Return where a key of an inline table, or one that is dotted, stands."""
        first, last = self._block(path[:-1])
        name = re.escape(path[-1])
        dotted = re.compile(rf"""{name}\s*\.\s*["']?{re.escape(key)}["']?\s*=""")
        inner = re.compile(rf"""(?<![\w."'])["']?{re.escape(key)}["']?\s*=""")
        opened = False
        for number in range(first, last):
            line = self._lines[number]
            if match := dotted.match(line.strip()):
                return number + 1, line.index(match[0]) + 1
            start = re.match(rf"\s*{name}\s*=", line)
            opened = opened or start is not None
            if opened and (found := inner.search(line, start.end() if start else 0)):
                return number + 1, found.start() + 1
        return self.of(path[:-1], path[-1])

    def text(self, at: Position) -> Position:
        """Return where the text of a key begins that stands at a position."""
        line = self._lines[at[0] - 1]
        opening = _OPENING.search(line, line.find("=", at[1] - 1))
        if opening is None:
            return at
        if len(opening[0]) == 3 and not line[opening.end() :].strip():
            return at[0] + 1, 1
        return at[0], opening.end() + 1

    def _headed(self, path: tuple[str, ...]) -> bool:
        return any(_heading(line) == path for line in self._lines)

    def _block(self, path: tuple[str, ...]) -> tuple[int, int]:
        """Return the lines of a table: its heading's from 0, and the one after it."""
        heads = [number for number, line in enumerate(self._lines) if _heading(line)]
        ends = dict(zip(heads, [*heads, len(self._lines)][1:], strict=True))
        if not path:
            return 0, heads[0] if heads else len(self._lines)
        for head in heads:
            found = _heading(self._lines[head])
            if found is not None and found[: len(path)] == path:
                return head, ends[head]
        return 0, len(self._lines)


def _heading(line: str) -> tuple[str, ...] | None:
    match = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
    if not match:
        return None
    return tuple(one.strip().strip("\"'") for one in match[1].split("."))
