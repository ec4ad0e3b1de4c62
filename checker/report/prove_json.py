"""The JSON of `litmus prove`: schema `litmus-prove/1`. Fields may be added, never renamed."""

from __future__ import annotations

import json
from typing import Any

from checker.prove.answer import Case, LayerAnswer, Part, Proof, Proofs, Seen
from checker.prove.words import said
from checker.report.json import execution, problem
from checker.report.prove import covered, outcome

SCHEMA = "litmus-prove/1"


def render(proofs: Proofs) -> str:
    """Return the whole run as one JSON object."""
    document = {
        "schema": SCHEMA,
        "operations": list(proofs.operations),
        "other_writers": proofs.crowd,
        "covered": list(covered(proofs)),
        "proofs": [_proof(one) for one in proofs.proofs],
        "errors": [problem(one) for one in proofs.problems],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _proof(one: Proof) -> dict[str, Any]:
    holds = None if one.limited and not one.fails else not one.fails
    found: dict[str, Any] = {
        "operation": one.operation,
        "arch": one.arch,
        "size": one.size,
        "align": one.align,
        "builds": one.builds,
        "holds": holds if one.builds else None,
        "features": list(one.mattering),
        "parts": [_part(part, one) for part in one.parts],
    }
    return found | ({"limit": one.limited} if one.limited else {})


def _part(part: Part, proof: Proof) -> dict[str, Any]:
    return {
        "features": part.features,
        "targets": list(part.targets),
        "contract": _layer(part.contract, proof),
        "code": _layer(part.code, proof),
    } | ({"tear": _tear(part.seen)} if part.seen else {})


def _tear(one: Seen) -> dict[str, Any]:
    found = {"arch": one.arch, "address": one.address, "by": one.by, "test": one.text}
    witness = one.verdict.witness
    return found | ({"witness": execution(witness)} if witness else {})


def _layer(one: LayerAnswer | None, proof: Proof) -> dict[str, Any] | None:
    if one is None:
        return None
    found: dict[str, Any] = {
        "accesses": list(one.notations),
        "sources": list(one.sources),
        "exact": one.exact,
        "looked_at": one.modulus,
        "modulus": max(one.folded[0], proof.align),
        "cases": [_case(case) for case in one.cases(proof.size, proof.align)],
    }
    return found | ({"limit": one.limit} if one.limit else {})


def _case(case: Case) -> dict[str, Any]:
    one = case.outcome
    return {
        "says": outcome(one),
        "where": said(case.where),
        "residues": sorted(case.where.residues),
        "same": one.same,
        "smaller": one.smaller,
        "others": one.others,
        "faults": one.faults,
        "reasons": [
            {"rule": r.rule, "says": r.says, "cite": r.cite, "evidence": r.evidence}
            for r in one.reasons
        ],
    }
