"""Connectives over Z3 terms that may already be known: a known part never reaches the solver."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import z3

Term = Any
"""A Z3 boolean, or a Python bool where the value is known before solving."""


def conj(terms: Iterable[Term]) -> Term:
    """Return the conjunction."""
    kept = []
    for term in terms:
        if term is False:
            return False
        if term is not True:
            kept.append(term)
    if len(kept) < 2:
        return kept[0] if kept else True
    return z3.And(kept)


def disj(terms: Iterable[Term]) -> Term:
    """Return the disjunction."""
    kept = []
    for term in terms:
        if term is True:
            return True
        if term is not False:
            kept.append(term)
    if len(kept) < 2:
        return kept[0] if kept else False
    return z3.Or(kept)


def negate(term: Term) -> Term:
    """Return the negation."""
    return not term if isinstance(term, bool) else z3.Not(term)


def implies(premise: Term, conclusion: Term) -> Term:
    """Return the implication."""
    return disj((negate(premise), conclusion))


def same(a: Term, b: Term) -> Term:
    """Return whether two terms are equivalent."""
    if isinstance(a, bool):
        return b if a else negate(b)
    if isinstance(b, bool):
        return a if b else negate(a)
    return a == b
