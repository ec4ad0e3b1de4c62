"""The JSON of `litmus fix`: schema `litmus-fix/1`. Fields may be added, never renamed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from checker.fix import Change, Fix, Fixes
from checker.report.json import problem
from checker.verdict import Problem, Verdict

SCHEMA = "litmus-fix/1"


def render(fixes: Iterable[Fixes], problems: Iterable[Problem]) -> str:
    """Return the whole run as one JSON object."""
    document = {
        "schema": SCHEMA,
        "tests": [_test(one) for one in fixes],
        "errors": [problem(one) for one in problems],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _test(fixes: Fixes) -> dict[str, Any]:
    first = fixes.before[0]
    result: dict[str, Any] = {
        "file": fixes.file,
        "test": first.test,
        "condition": first.condition,
        "wanted": fixes.wanted,
        "archs": [{"arch": one.arch, "verdict": one.answer} for one in fixes.before],
        "fixes": [_fix(one) for one in fixes.fixes],
        "more": fixes.more,
        "none": [{"kind": kind, "why": why} for kind, why in fixes.none],
    }
    for name in ("nothing", "hopeless"):
        if told := getattr(fixes, name):
            result[name] = told
    if fixes.limits:
        result["limits"] = list(fixes.limits)
    if fixes.each:
        result["each"] = [_test(one) for one in fixes.each]
    if fixes.milliseconds:
        result["ms"] = fixes.milliseconds
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "changes": [_change(one) for one in fix.changes],
        "archs": [_verdict(one) for one in fix.verdicts],
        "diff": fix.diff,
        "text": fix.text,
    }


def _change(change: Change) -> dict[str, Any]:
    line, column = change.at
    result: dict[str, Any] = {
        "kind": change.kind, "line": line, "column": column, "says": change.says,
    }  # fmt: skip
    for name in ("arch", "becomes", "cite"):
        if told := getattr(change, name):
            result[name] = told
    return result


def _verdict(verdict: Verdict) -> dict[str, Any]:
    reasons = [{"rule": r.rule, "cite": r.cite} for r in verdict.reasons]
    return {"arch": verdict.arch, "verdict": verdict.answer, "reasons": reasons}
