"""What `litmus prove` finds, for its tests."""

from __future__ import annotations

from checker.prove import Request, asked, prove
from checker.prove.answer import LayerAnswer, Outcome, Part, Proof, Proofs


def proved(*operations: str, **options: object) -> Proofs:
    request = Request(operations=operations, **options)  # type: ignore[arg-type]
    return prove(asked(request), 1, lambda _: None)


def one(operation: str, arch: str, size: int, **options: object) -> Proof:
    (found,) = proved(operation, archs=(arch,), sizes=(size,), **options).proofs
    return found


def layer(found: LayerAnswer | None) -> dict[int, Outcome]:
    assert found is not None
    return dict(found.outcomes)


def failing(found: LayerAnswer | None) -> set[int]:
    """Return the residues, modulo the smallest number that tells them apart."""
    assert found is not None
    modulus, _ = found.folded
    return {residue % modulus for residue, outcome in found.outcomes if outcome.fails}


def part_of(found: Proof, name: str) -> Part:
    return next(part for part in found.parts if name in part.targets)
