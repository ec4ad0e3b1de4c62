"""A table as Markdown with footnotes, as GitHub and others show it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.report.table import LEGEND, TITLE, Notes, columns, remarks, words
from checker.table.cells import Table


def render(table: Table, command: str) -> str:
    """Return the whole table as a document; `command` is what made it."""
    notes = Notes()
    lines = [f"<!-- Made by `{command}`: do not edit. -->", "", f"# {TITLE}", ""]
    for one in remarks(table):
        lines += [one, ""]
    lines += ["| | |", "| --- | --- |", *(f"| `{name}` | {says} |" for name, says in LEGEND), ""]
    for operation in table.operations:
        lines += [f"## {_code(operation)}", "", *_matrix(table, operation, notes), ""]
    for number, note in notes:
        lines.append(f"[^{number}]: {note.name}: {note.says}. *{note.source}*")
    return "\n".join(lines) + "\n"


def _code(operation: str) -> str:
    return f"`{operation}`"


def _matrix(table: Table, operation: str, notes: Notes) -> Iterator[str]:
    found = columns(table, operation)
    if not found:
        yield "It does not build at these sizes."
        return
    first = dict(reversed([(layer, index) for index, (layer, _) in enumerate(found)]))
    heads = [
        f"{layer} {size}" if first[layer] == index else str(size)
        for index, (layer, size) in enumerate(found)
    ]
    yield f"| | {' | '.join(heads)} | |"
    yield f"| --- |{' --- |' * len(found)} --- |"
    for arch in table.rows(operation):
        marks = "".join(f"[^{number}]" for number in notes.of(table, operation, arch))
        yield f"| {arch} | {' | '.join(words(table, operation, arch))} | {marks} |"
