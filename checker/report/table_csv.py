"""A table as comma-separated values, one line for each cell."""

from __future__ import annotations

import csv
import io
from typing import Any

from checker.table.cells import Answer, Cell, Table

_ANSWER = ("", "_unit", "_unit_in_practice", "_accesses", "_rules", "_source")

COLUMNS = (
    "operation", "arch", "size", "align",
    *(f"{layer}{part}" for layer in ("contract", "code") for part in _ANSWER),
)  # fmt: skip


def render(table: Table) -> str:
    """Return the whole table, with a line that names the columns."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(COLUMNS)
    write.writerows(_line(cell) for cell in table.cells)
    return out.getvalue()


def _line(cell: Cell) -> list[Any]:
    answers = [*_answer(cell.contract), *_answer(cell.code)]
    return [cell.operation, cell.arch, cell.size, cell.align, *answers]


def _answer(one: Answer | None) -> list[Any]:
    if one is None:
        return ["-", *[""] * (len(_ANSWER) - 1)]
    rules = " ".join(reason.rule for reason in one.reasons)
    return [one.grade, one.unit, one.practice, one.notation, rules, one.source]
