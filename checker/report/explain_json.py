"""An explanation as JSON: the facts as they are; fields may be added, never renamed."""

from __future__ import annotations

import json
from dataclasses import asdict

from checker.explain.facts import ArchitectureFacts, Facts, OperationFacts

SCHEMA = "litmus-explain/1"


def render(facts: Facts) -> str:
    """Return an explanation as one JSON object."""
    match facts:
        case ArchitectureFacts():
            kind = "architecture"
        case OperationFacts():
            kind = "operation"
        case _:
            kind = facts.statement.kind
    document = {"schema": SCHEMA, "kind": kind, **asdict(facts)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
