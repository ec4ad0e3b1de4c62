"""A table for a terminal: a matrix for each operation, footnotes below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from checker.program import Layer
from checker.report.table import LEGEND, Notes, columns, remarks, words
from checker.report.text import Style
from checker.table.cells import Table

WIDTH = 100

_COLOURS = {"whole": "forbidden", "whole~": "fragile", "-": "dim", "bytes": "torn", "?": "unknown"}


def render(table: Table, style: Style) -> str:
    """Return the whole table."""
    notes = Notes()
    lines: list[str] = []
    for operation in table.operations:
        lines += [*_matrix(table, operation, notes, style), ""]
    used = {w for o in table.operations for a in table.archs for w in words(table, o, a)}
    for name, says in LEGEND:
        if _is_used(name, used):
            lines += _wrapped(f"{name:9}", says)
    lines.append("")
    for one in remarks(table):
        lines += textwrap.wrap(one, WIDTH)
    lines.append("")
    for number, note in notes:
        lines += _wrapped(f"{f'[{number}]':6}", f"{note.name}: {note.says}")
        lines += [style(line, "dim") for line in _wrapped(" " * 6, note.source)]
    return "\n".join(lines).rstrip() + "\n"


def _is_used(name: str, used: set[str]) -> bool:
    """Whether the legend needs a line: some stand for words of one kind."""
    if name in ("contract", "code"):
        return True
    if name == "torn:4":
        return any(word.startswith("torn") for word in used)
    if name.startswith("4/8"):
        return any("/" in word and word.endswith("~") == name.endswith("~") for word in used)
    return name in used


def _matrix(table: Table, operation: str, notes: Notes, style: Style) -> Iterator[str]:
    found = columns(table, operation)
    wide = max(len(operation), *(len(arch) for arch in table.archs)) + 2
    rows = {arch: words(table, operation, arch) for arch in table.rows(operation)}
    width = max([7, *(len(w) + 1 for row in rows.values() for w in row)])
    sizes = [size for layer, size in found if layer == "contract"]
    if not sizes:
        yield style(operation, "name")
        yield f"  does not build at {'this size' if len(table.sizes) == 1 else 'these sizes'}"
        return
    half = width * len(sizes)
    yield f"{style(f'{operation:{wide}}', 'name')}  {'contract':{half}}  code"
    yield " " * wide + "".join(_cells(found, [str(size) for _, size in found], width)).rstrip()
    for arch, row in rows.items():
        shown = _cells(found, row, width)
        painted = [
            text.replace(w, style(w, _COLOURS.get(w, "torn" if "torn" in w else "fragile")))
            for text, w in zip(shown, row, strict=True)
        ]
        marks = " ".join(str(n) for n in notes.of(table, operation, arch))
        yield f"{arch:{wide}}{''.join(painted)}  {style(marks, 'dim')}".rstrip()


def _cells(found: list[tuple[Layer, int]], row: list[str], width: int) -> list[str]:
    """Return a row's texts at the columns' width, with a gap before each layer."""
    before = ""
    shown = []
    for (layer, _), text in zip(found, row, strict=True):
        gap = "" if layer == before else "  "
        before = layer
        shown.append(f"{gap}{text:{width}}")
    return shown


def _wrapped(label: str, says: str) -> list[str]:
    return textwrap.wrap(
        says, WIDTH, initial_indent=label, subsequent_indent=" " * len(label),
        break_long_words=False, break_on_hyphens=False,
    ) or [label.rstrip()]  # fmt: skip
