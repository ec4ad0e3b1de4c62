"""What the program says when an input cannot be used."""

from __future__ import annotations

from collections.abc import Iterable

Position = tuple[int, int]
"""Line and column, both counted from 1."""


class Diagnostic(Exception):  # noqa: N818 - it is shown to a person, it is not an error of ours
    """One reason why a file, an option or a piece of data cannot be used.

    Raised where the reason is found; `file` is filled in by whoever knows which file was read.
    """

    def __init__(
        self, message: str, at: Position | None = None, hint: str = "", file: str = ""
    ) -> None:
        """Keep what was wrong, where (if that is known), and what to do about it."""
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint
        self.file = file

    def __str__(self) -> str:
        """Return what is shown where the source is not at hand, as in a traceback."""
        return self.render()

    def render(self, source: str | None = None) -> str:
        """Return `file:line:column: message`, the source line, a caret and the hint."""
        line, column = self.at or (0, 0)
        where = f"{self.file}:{line}:{column}".removeprefix(":") if self.at else self.file
        parts = [f"{where}: {self.message}" if where else self.message]
        if self.at and source is not None:
            lines = source.split("\n")
            if 0 < line <= len(lines):
                parts += _excerpt(lines[line - 1].rstrip("\r"), column)
        if self.hint:
            parts.append(f"  hint: {self.hint}")
        return "\n".join(parts)


def _excerpt(text: str, column: int, width: int = 100) -> list[str]:
    """Return the source line around a column, and a caret under it."""
    start = max(0, column - 1 - width // 2) if len(text) > width else 0
    shown = text[start : start + width].replace("\t", " ")
    printable = "".join(c if c.isprintable() else "·" for c in shown)
    return [f"    {printable}", "    " + " " * max(0, column - 1 - start) + "^"]


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return a hint that names the known words closest to `word`, or nothing."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=3, cutoff=cutoff)
    return f"did you mean {' or '.join(close)}?" if close else ""


class LimitReached(Exception):  # noqa: N818 - an answer (`unknown`), not an error
    """A bound on the work was hit; the text says which, and what would raise it."""
