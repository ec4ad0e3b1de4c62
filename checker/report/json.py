"""The JSON of DESIGN section 7: schema `litmus/1`. Fields may be added, never renamed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from checker.verdict import Execution, Problem, Verdict

SCHEMA = "litmus/1"


def render(verdicts: Iterable[Verdict], problems: Iterable[Problem]) -> str:
    """Return the whole run as one JSON object."""
    document = {
        "schema": SCHEMA,
        "results": [_result(verdict) for verdict in verdicts],
        "errors": [problem(one) for one in problems],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def problem(one: Problem) -> dict[str, Any]:
    """Return what could not be used, as every document of the program has it."""
    return {
        "file": one.file,
        "line": one.line,
        "column": one.column,
        "message": one.message,
        "hint": one.hint,
    }


def _result(verdict: Verdict) -> dict[str, Any]:
    result: dict[str, Any] = {
        "file": verdict.file,
        "test": verdict.test,
        "arch": verdict.arch,
        "condition": verdict.condition,
        "verdict": verdict.answer,
        "holds": verdict.holds,
        "expected": verdict.expected,
        "ok": verdict.ok,
        "placements": list(_main_residues(verdict)),
        "placement": {
            one.location: {
                "modulus": one.modulus,
                "residues": list(one.residues),
                "everywhere": one.everywhere,
            }
            for one in verdict.placements
        },
        "reasons": [
            {"rule": r.rule, "says": r.says, "cite": r.cite, "evidence": r.evidence}
            for r in verdict.reasons
        ],
        "notes": list(verdict.notes),
        "ms": verdict.milliseconds,
    }
    if verdict.states is not None:
        result["states"] = [dict(state) for state in verdict.states]
    if verdict.witness is not None:
        result["witness"] = execution(verdict.witness)
    if verdict.limit:
        result["limit"] = verdict.limit
    if verdict.bounded:
        result["bounded"] = {"verdict": verdict.bounded, "rounds": verdict.rounds}
    return result


def _main_residues(verdict: Verdict) -> tuple[int, ...]:
    """Return the residues of the location that is torn, else of the first."""
    torn = {one.location for one in verdict.witness.torn} if verdict.witness else set()
    for one in verdict.placements:
        if not torn or one.location in torn:
            return one.residues
    return ()


def execution(witness: Execution) -> dict[str, Any]:
    """Return an execution, as every document of the program has it."""
    return {
        "layer": witness.layer,
        "placement": {
            name: {"residue": residue, "modulus": modulus}
            for name, residue, modulus in witness.placement
        },
        "before": {name: list(content) for name, content in witness.before},
        "rows": [
            {
                "thread": row.thread,
                "operation": row.name,
                "access": row.access,
                "kind": "load" if row.reads else "store",
                "location": row.location,
                "bytes": [
                    {"offset": b.offset, "value": b.value}
                    | ({"from": b.source} if row.reads else {})
                    for b in row.bytes
                ],
                "number": row.operation,
            }
            for row in witness.rows
        ],
        "torn": [
            {
                "read": torn.label,
                "location": torn.location,
                "bytes": [
                    {"offset": b.offset, "value": b.value, "from": b.source} for b in torn.bytes
                ],
            }
            for torn in witness.torn
        ],
        "state": dict(witness.state),
        "faults": [
            {
                "thread": fault.thread,
                "operation": fault.name,
                "access": fault.access,
                "location": fault.location,
                "offset": fault.offset,
                "moved": fault.moved,
                "size": fault.size,
            }
            for fault in witness.faults
        ],
    }
