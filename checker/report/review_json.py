"""The JSON of `litmus review`: schemas `litmus-review/1` and `litmus-review-diff/1`.

Fields may be added, never renamed.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from checker.prove.answer import LayerAnswer, Reasons, Seen
from checker.prove.words import said
from checker.report.json import execution, problem
from checker.report.prove import outcome
from checker.report.review import command
from checker.review.answer import Cost, Entry, Part, Remedy, Review, Reviewed
from checker.review.changes import Change, Changes

SCHEMA = "litmus-review/1"
DIFFERENCES = "litmus-review-diff/1"


def render(found: Review | Changes) -> str:
    """Return a review, or the differences between two, as one JSON object."""
    document = _changes(found) if isinstance(found, Changes) else _review(found)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _review(one: Review) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "file": one.file.path,
        "title": one.file.title,
        "kernel": one.kernel,
        "sizes": [_size(size, one.kernel) for size in one.sizes],
        "errors": [problem(wrong) for wrong in one.problems],
    }


def _changes(found: Changes) -> dict[str, Any]:
    return {
        "schema": DIFFERENCES,
        "old": found.old.file.path,
        "new": found.new.file.path,
        "kernel": found.new.kernel,
        "same": found.same,
        "changes": [_change(one) for one in found.found],
        "errors": [problem(wrong) for one in (found.old, found.new) for wrong in one.problems],
    }


def _change(one: Change) -> dict[str, Any]:
    return asdict(one) | {"targets": list(one.targets)}


def _size(one: Reviewed, kernel: str) -> dict[str, Any]:
    unkept = [name for part in one.unkept for name in part.targets]
    found: dict[str, Any] = {
        "arch": one.arch,
        "operation": one.operation,
        "size": one.size,
        "align": one.align,
        "source": one.source,
        "refused": one.refused,
        "fails": one.fails,
        "must_not_build": unkept,
        "parts": [_part(part, one, kernel) for part in one.parts],
        "today": _cost(one.today),
        "remedies": [_remedy(remedy) for remedy in one.remedies],
    }
    return found | ({"limit": one.limit} if one.limit else {})


def _part(part: Part, one: Reviewed, kernel: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "features": part.features,
        "targets": list(part.targets),
        "override": _entry(part.entry, part, kernel),
        "refused": part.refused,
        "accesses": part.code,
        "is": part.standing,
        "claimed_addresses": _cases(part.claimed, one.size, one.align),
        "other_addresses": [
            {"features": away.features, "cases": _cases(away.answer, one.size, 1)}
            for away in part.away
        ],
        "torn_by_other_writers": part.crowded,
        "needless": list(part.needless),
        "cost": _cost(part.cost),
        "reasons": _reasons(part.reasons),
    }
    tear = {"tear": _tear(part.seen)} if part.seen else {}
    return found | tear | ({"limit": part.limit} if part.limit else {})


def _entry(one: Entry | None, part: Part, kernel: str) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "line": one.at[0],
        "needs": list(one.needs),
        "claim": one.claim,
        "assembly": one.assembly,
        "command": command(part, kernel),
    }


def _cases(one: LayerAnswer | None, size: int, align: int) -> list[dict[str, Any]]:
    if one is None:
        return []
    return [
        {
            "says": outcome(case.outcome),
            "where": said(case.where),
            "modulus": case.where.modulus,
            "residues": sorted(case.where.residues),
            "faults": case.outcome.faults,
        }
        for case in one.cases(size, align)
    ]


def _cost(one: Cost | None) -> dict[str, Any] | None:
    if one is None:
        return None
    spans = {"loads": one.loads, "stores": one.stores, "updates": one.updates}
    return {name: [span.least, span.most] for name, span in spans.items()} | {
        "locked": one.locked,
        "loop": one.retried,
        "kernel_lock": one.emulated,
        "fences": list(one.fences),
        "writes_beside": one.beside,
        "instructions": one.instructions or None,
    }


def _remedy(one: Remedy) -> dict[str, Any]:
    return {
        "target": one.target,
        "accesses": one.code,
        "evidence": "practice" if one.practice else "manual",
        "reasons": _reasons(one.rests),
    }


def _reasons(reasons: Reasons) -> list[dict[str, str]]:
    return [
        {"rule": r.rule, "says": r.says, "cite": r.cite, "evidence": r.evidence} for r in reasons
    ]


def _tear(one: Seen) -> dict[str, Any]:
    found = {"arch": one.arch, "address": one.address, "by": one.by, "test": one.text}
    witness = one.verdict.witness
    return found | ({"witness": execution(witness)} if witness else {})
