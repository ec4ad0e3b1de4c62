"""A table as reStructuredText: what the kernel's Documentation/ takes, simple tables, footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checker.report.table import LEGEND, TITLE, Notes, columns, remarks, words
from checker.table.cells import Table

_NOTHING = {"-": "—"}
"""A hyphen that stands alone would begin a list."""


def render(table: Table, command: str) -> str:
    """Return the whole table as a document; `command` is what made it."""
    notes = Notes()
    lines = [f".. Made by ``{command}``: do not edit.", "", *_headed(TITLE, "=", over=True)]
    for one in remarks(table):
        lines += [one, ""]
    for name, says in LEGEND:
        lines += [f"``{_NOTHING.get(name, name)}``", f"  {says}"]
    lines.append("")
    for operation in table.operations:
        lines += [*_headed(f"``{operation}``", "="), *_matrix(table, operation, notes), ""]
    lines += _headed("Notes", "=")
    for number, note in notes:
        lines.append(f".. [{number}] {_marked(f'{note.name}: {note.says}. {note.source}')}")
    return "\n".join(lines) + "\n"


def _headed(text: str, sign: str, *, over: bool = False) -> list[str]:
    line = sign * len(text)
    return [line, text, line, ""] if over else [text, line, ""]


def _marked(text: str) -> str:
    """Return a text with its code as literals, and without what else would be markup."""
    parts = text.split("`")
    return "``".join(
        part if inside % 2 else re.sub(r"([*|]|_(?!\w))", r"\\\1", part)
        for inside, part in enumerate(parts)
    )


def _matrix(table: Table, operation: str, notes: Notes) -> Iterator[str]:
    found = columns(table, operation)
    if not found:
        yield "It does not build at these sizes."
        return
    rows = [
        [arch, *(_NOTHING.get(w, w) for w in words(table, operation, arch)),
         " ".join(f"[{number}]_" for number in notes.of(table, operation, arch))]
        for arch in table.rows(operation)
    ]  # fmt: skip
    heads = ["size", *(str(size) for _, size in found), "notes"]
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    if len(found) == 2:
        widths[1] = max(widths[1], len("contract"))
    border = "  ".join("=" * width for width in widths)
    half = len(found) // 2
    spans = [widths[0], *(_span(widths[at : at + half]) for at in (1, 1 + half)), widths[-1]]
    yield border
    yield _line(["layer", "contract", "code", ""], spans)
    yield "  ".join("-" * width for width in spans)
    yield _line(heads, widths)
    yield border
    for row in rows:
        yield _line(row, widths)
    yield border


def _span(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    shown = [f"{text:{width}}" for text, width in zip(texts, widths, strict=True)]
    return "  ".join(shown).rstrip()
