"""A table as JSON: an interface that stays stable; fields may be added, never renamed."""

from __future__ import annotations

import json
from typing import Any

from checker.report.json import problem as shown_problem
from checker.table.cells import Answer, Cell, Table

SCHEMA = "litmus-table/1"


def render(table: Table) -> str:
    """Return the whole table as one JSON object."""
    document = {
        "schema": SCHEMA,
        "operations": list(table.operations),
        "sizes": list(table.sizes),
        "archs": list(table.archs),
        "cells": [_cell(cell) for cell in table.cells],
        "errors": [shown_problem(one) for one in table.problems],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "operation": cell.operation,
        "arch": cell.arch,
        "size": cell.size,
        "align": cell.align,
        "partners": list(cell.partners),
        "contract": _answer(cell.contract),
        "code": _answer(cell.code),
    }


def _answer(one: Answer | None) -> dict[str, Any] | None:
    if one is None:
        return None
    answer = {
        "grade": one.grade,
        "unit": one.unit,
        "unit_in_practice": one.practice,
        "accesses": one.notation,
        "source": one.source,
        "exact": one.exact,
        "reasons": [
            {"rule": r.rule, "says": r.says, "cite": r.cite, "evidence": r.evidence}
            for r in one.reasons
        ],
    }
    return answer | ({"limit": one.limit} if one.limit else {})
