"""Connectives over terms that may already be known: a known part never reaches the solver.

A term is a Z3 boolean, or in a table (`choices.Tabled`) the set of combinations of choices in which
it holds, as the bits of an integer; negation makes it negative, as if there were no last bit.

Terms are made by Z3's C functions directly. The operators of its Python interface look for sorts to
convert at every step, which costs ten times what making the term does; here all sorts are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

import z3
from z3 import z3core

Term = Any
"""A Z3 boolean or a table's bits, or a Python bool where the value is known before solving."""

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
    if not kept:
        return True
    if type(kept[0]) is int:
        bits = -1
        for term in kept:
            bits &= term
        return bits if bits else False
    return _join(z3core.Z3_mk_and, kept)


def disj(terms: Iterable[Term]) -> Term:
    """Return the disjunction."""
    kept = []
    for term in terms:
        if term is True:
            return True
        if term is not False:
            kept.append(term)
    if not kept:
        return False
    if type(kept[0]) is int:
        bits = 0
        for term in kept:
            bits |= term
        return bits if bits != -1 else True
    return _join(z3core.Z3_mk_or, kept)


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
    if type(term) is int:
        return ~term
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
    return ~(a ^ b) if type(a) is int else equal(a, b)


def equal(a: Any, b: Any) -> Term:
    """Return whether two terms of one sort are equal."""
    context, ref = _context()
    return z3.BoolRef(z3core.Z3_mk_eq(ref, a.ast, b.ast), context)


def earlier(a: Number, b: Number) -> Term:
    """Return whether one point is before another."""
    context, ref = _context()
    return z3.BoolRef(z3core.Z3_mk_bvult(ref, a.ast, b.ast), context)


class Keeps(Protocol):
    """What constraints can be asserted on: a table of combinations."""

    def keep(self, term: Term) -> None:
        """Exclude what does not satisfy a term."""


def require(solver: z3.Solver | Keeps, term: Term) -> None:
    """Assert a term on a solver, or keep of a table what satisfies it."""
    if term is True:
        return
    if not isinstance(solver, z3.Solver):
        solver.keep(term)
        return
    if term is False:
        term = z3.BoolVal(False)
    z3core.Z3_solver_assert(_context()[1], solver.solver, term.ast)
