"""Connectives over Z3 terms that may already be known: a known part never reaches the solver.

Terms are made by Z3's C functions directly. The operators of its Python interface look for sorts to
convert at every step, which costs ten times what making the term does; here all sorts are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import z3
from z3 import z3core

Term = Any
"""A Z3 boolean, or a Python bool where the value is known before solving."""

Number = Any
"""A Z3 bit-vector: a point in an order of at most 2^width points."""


@cache
def _context() -> tuple[Any, Any]:
    context = z3.main_ctx()
    return context, context.ref()


@cache
def _boolean() -> Any:
    return z3.BoolSort().ast


def variable(name: str) -> Term:
    """Return a boolean variable."""
    context, ref = _context()
    symbol = z3core.Z3_mk_string_symbol(ref, name)
    return z3.BoolRef(z3core.Z3_mk_const(ref, symbol, _boolean()), context)


def point(name: str, points: int) -> Number:
    """Return a variable for one of `points` points in an order, in as few bits as they need."""
    return z3.BitVec(name, max(1, (points - 1).bit_length()))


def conj(terms: Iterable[Term]) -> Term:
    """Return the conjunction."""
    kept = []
    for term in terms:
        if term is False:
            return False
        if term is not True:
            kept.append(term)
    return _join(z3core.Z3_mk_and, kept) if kept else True


def disj(terms: Iterable[Term]) -> Term:
    """Return the disjunction."""
    kept = []
    for term in terms:
        if term is True:
            return True
        if term is not False:
            kept.append(term)
    return _join(z3core.Z3_mk_or, kept) if kept else False


def _join(make: Any, terms: list[Term]) -> Term:
    if len(terms) == 1:
        return terms[0]
    context, ref = _context()
    array = (z3.Ast * len(terms))(*(term.ast for term in terms))
    return z3.BoolRef(make(ref, len(terms), array), context)


def negate(term: Term) -> Term:
    """Return the negation."""
    if isinstance(term, bool):
        return not term
    context, ref = _context()
    return z3.BoolRef(z3core.Z3_mk_not(ref, term.ast), context)


def implies(premise: Term, conclusion: Term) -> Term:
    """Return the implication."""
    if premise is False or conclusion is True:
        return True
    return disj((negate(premise), conclusion))


def same(a: Term, b: Term) -> Term:
    """Return whether two terms are equivalent."""
    if isinstance(a, bool):
        return b if a else negate(b)
    if isinstance(b, bool):
        return a if b else negate(a)
    return equal(a, b)


def equal(a: Any, b: Any) -> Term:
    """Return whether two terms of one sort are equal."""
    context, ref = _context()
    return z3.BoolRef(z3core.Z3_mk_eq(ref, a.ast, b.ast), context)


def earlier(a: Number, b: Number) -> Term:
    """Return whether one point is before another."""
    context, ref = _context()
    return z3.BoolRef(z3core.Z3_mk_bvult(ref, a.ast, b.ast), context)


def require(solver: z3.Solver, term: Term) -> None:
    """Assert a term on a solver."""
    if term is True:
        return
    if term is False:
        term = z3.BoolVal(False)
    z3core.Z3_solver_assert(_context()[1], solver.solver, term.ast)
