"""Why tests have their verdicts as JSON: `litmus-explain/1` of the kind `test`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from checker.argument import Explanation, Trial
from checker.argument.neighbours import Neighbours
from checker.argument.proof import Argument, Element
from checker.argument.shortest import Shortest
from checker.report.explain_json import SCHEMA
from checker.report.json import execution, problem
from checker.verdict import Execution, Problem, Reason


def render(
    explanations: Iterable[Explanation], problems: Iterable[Problem], *, witness: bool
) -> str:
    """Return everything as one JSON object; with `witness`, what breaks without each element."""
    document = {
        "schema": SCHEMA,
        "kind": "test",
        "results": [_explanation(one, witness) for one in explanations],
        "errors": [problem(one) for one in problems],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _explanation(one: Explanation, witness: bool) -> dict[str, Any]:
    verdict = one.verdict
    result: dict[str, Any] = {
        "file": verdict.file,
        "test": verdict.test,
        "arch": verdict.arch,
        "condition": verdict.condition,
        "verdict": verdict.answer,
    }
    if verdict.bounded:
        result["bounded"] = {"verdict": verdict.bounded, "rounds": verdict.rounds}
    if one.argument:
        result |= _argument(one.argument, witness)
        if verdict.witness:
            result["unpromised"] = execution(verdict.witness)
    if one.shortest:
        result["shortest"] = _shortest(one.shortest)
    if one.neighbours:
        result["neighbours"] = _neighbours(one.neighbours)
    if one.trial:
        result["only"] = _trial(one.trial)
    limit = one.limit or verdict.limit
    return result | ({"limit": limit} if limit else {})


def _argument(argument: Argument, witness: bool) -> dict[str, Any]:
    return {
        "sets": [list(names) for names in argument.sets],
        "complete": not argument.limit,
        "elements": [_element(one, witness) for one in argument.elements],
    }


def _element(one: Element, witness: bool) -> dict[str, Any]:
    result = {"kind": one.kind, **_reason(one.reason), "sets": list(one.sets)}
    result["without"] = one.without
    if one.limit:
        result["limit"] = one.limit
    return result | (_witness(one.witness) if witness else {})


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule, "says": reason.says, "cite": reason.cite, "evidence": reason.evidence,
    }  # fmt: skip


def _witness(one: Execution | None) -> dict[str, Any]:
    return {"witness": execution(one)} if one else {}


def _shortest(one: Shortest) -> dict[str, Any]:
    return {
        "rows": one.rows,
        "least": one.least,
        "in_order": one.in_order,
        "witness": execution(one.execution),
    }


def _neighbours(found: Neighbours) -> dict[str, Any]:
    return {
        "tried": dict(found.tried),
        "undecided": found.undecided,
        "held": [
            {
                "kind": one.kind,
                "says": one.says,
                "line": one.at[0] if one.at else None,
                "column": one.at[1] if one.at else None,
                "verdict": one.answer,
                "reasons": [_reason(reason) for reason in one.reasons],
            }
            for one in found.held
        ],
    }


def _trial(one: Trial) -> dict[str, Any]:
    return {"names": list(one.names), "suffices": one.suffices} | _witness(one.witness)
