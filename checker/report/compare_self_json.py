"""The JSON of `litmus compare --self`: schema `litmus-compare-self/1`. Fields may be added, never
renamed."""

from __future__ import annotations

import json
from typing import Any

from checker.compare.itself import Itself
from checker.compare.losses import Loss, Missing

SCHEMA = "litmus-compare-self/1"


def render(found: Itself) -> str:
    """Return the whole answer as one JSON object."""
    document = {
        "schema": SCHEMA,
        "archs": list(found.archs),
        "features": found.features,
        "operations": list(found.operations),
        "accesses": found.request.accesses,
        "answers": found.answers,
        "pairs": found.pairs,
        "tests": found.tests,
        "holds": found.holds,
        "missing": [_missing(one) for one in found.missing],
        "stale": [gap.id for gap in found.stale],
        "practice": [
            {
                "arch": one.arch,
                "operation": one.operation,
                "sizes": list(one.sizes),
                "reasons": [{"rule": r.rule, "cite": r.cite} for r in one.reasons],
            }
            for one in found.practice
        ],
        "silent": [{"reason": reason, "tests": count} for reason, count in found.silent],
        "limits": [{"limit": limit, "times": count} for limit, count in found.limits],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _missing(one: Missing) -> dict[str, Any]:
    gap, shown = one.gap, one.shown
    return {
        "kind": one.kind,
        "gap": None if gap is None else {"id": gap.id, "says": gap.says, "cite": gap.source},
        "losses": [_loss(loss) for loss in one.losses],
        "test": None if shown is None else shown.text,
        "verdicts": []
        if shown is None
        else [{"arch": verdict.arch, "verdict": verdict.answer} for verdict in shown.verdicts],
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "more": loss.more,
        "less": loss.less,
        "operations": sorted(loss.operations),
        "size": loss.size,
        "layer": loss.layer,
        "before": loss.before,
        "after": loss.after,
        "address": loss.address,
        "test": loss.test or None,
    }
