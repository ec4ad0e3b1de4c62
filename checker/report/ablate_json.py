"""The JSON of `litmus ablate`: schema `litmus-ablate/1`. Fields may be added, never renamed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from checker.ablate import Ablation, Cell, Row
from checker.report.json import execution, problem
from checker.verdict import Problem, Verdict

SCHEMA = "litmus-ablate/1"


def render(ablations: Iterable[Ablation], problems: Iterable[Problem], *, witness: bool) -> str:
    """Return the whole run as one JSON object; with `witness`, what each removal allows too."""
    document = {
        "schema": SCHEMA,
        "tests": [_test(one, witness) for one in ablations],
        "errors": [problem(one) for one in problems],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _test(ablation: Ablation, witness: bool) -> dict[str, Any]:
    first = ablation.before[0]
    return {
        "file": first.file,
        "test": first.test,
        "condition": first.condition,
        "archs": [_before(one) for one in ablation.before],
        "removals": [_row(row, ablation.needed(row), witness) for row in ablation.rows],
        "together": [_cell(cell, witness) for cell in ablation.together],
    }


def _before(verdict: Verdict) -> dict[str, Any]:
    limit = {"limit": verdict.limit} if verdict.limit else {}
    return {"arch": verdict.arch, "verdict": verdict.answer} | limit


def _row(row: Row, needed: bool | None, witness: bool) -> dict[str, Any]:
    removal = row.removal
    result: dict[str, Any] = {
        "kind": removal.kind,
        "line": removal.at[0],
        "column": removal.at[1],
        "threads": list(row.threads),
        "text": row.text,
    }
    if removal.kind == "align":
        result["location"] = removal.name
    if removal.kind == "order":
        result["becomes" if row.calls else "without"] = removal.weaker
    if removal.source:
        line, column = removal.source
        result["source"] = {"line": line, "column": column, "text": row.source}
    return result | {
        "needed": needed,
        "needed_on": [cell.arch for cell in row.cells if cell.needed],
        "results": [_cell(cell, witness) for cell in row.cells],
    }


def _cell(cell: Cell, witness: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"arch": cell.arch, "effect": cell.effect, "needed": cell.needed}
    if cell.answer is not None:
        result["verdict"] = cell.answer
    if cell.align:
        result["align"] = cell.align
    if cell.below:
        result["below"] = cell.below
    if cell.why:
        result["why"] = cell.why
    result["ms"] = cell.milliseconds
    if witness and cell.verdict and cell.verdict.witness:
        result["witness"] = execution(cell.verdict.witness)
    return result
