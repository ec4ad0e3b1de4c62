"""The JSON of `litmus compare`: schema `litmus-compare/1`. Fields may be added, never renamed."""

from __future__ import annotations

import json
from typing import Any

from checker.compare import Comparison, Difference, Side
from checker.report.json import execution

SCHEMA = "litmus-compare/1"


def render(found: Comparison) -> str:
    """Return a comparison as one JSON object."""
    document = {
        "schema": SCHEMA,
        "a": _side(found.request.a),
        "b": _side(found.request.b),
        "accesses": found.request.accesses,
        "only_weaker": found.request.weaker,
        "decided": found.decided,
        "weaker": _difference(found.weaker),
        "stronger": _difference(found.stronger),
        "tests": found.tests,
        "looked": found.looked,
        "groups": dict(found.groups),
        "same": found.same,
        "unbuilt": [{"reason": reason, "tests": count} for reason, count in found.unbuilt],
        "limits": [{"limit": limit, "tests": count} for limit, count in found.limits],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "arch": side.arch,
        "model": side.model or None,
        "override": side.said or None,
    }


def _difference(one: Difference | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "test": one.text,
        "condition": one.verdicts[0].condition,
        "accesses": one.accesses,
        "number": one.number,
        "verdicts": [
            {
                "name": verdict.arch,
                "verdict": verdict.answer,
                "reasons": [{"rule": r.rule, "cite": r.cite} for r in verdict.reasons],
                "witness": None if verdict.witness is None else execution(verdict.witness),
            }
            for verdict in one.verdicts
        ],
    }
