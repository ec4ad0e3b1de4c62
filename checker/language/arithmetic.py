"""Numbers that are needed while a test is read: array sizes, alignments, offsets in a page."""

from __future__ import annotations

import operator
from collections.abc import Callable

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.language.nesting import bound

MAX_BITS = 128

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
    "&&": lambda a, b: a != 0 and b != 0, "||": lambda a, b: a != 0 or b != 0,
}  # fmt: skip

_FIXED = {"char": 8, "short": 16, "int": 32, "long long": 64}
_FIXED |= {f"{p}{n}": n for p in ("u", "s", "le", "be") for n in (8, 16, 32, 64, 128)}
"""Bits of the types that have the same size everywhere."""


def constant(expr: ast.Expr) -> int:
    """Evaluate what must be a number where it stands; raises Diagnostic.

    It is computed without bounds, as what is written there would be in C's widest type.
    """
    bound(expr, "this number")
    value = _constant(expr)
    if abs(value) >> MAX_BITS:
        raise Diagnostic(f"this number has more than {MAX_BITS} bits", expr.at)
    return value


def _constant(expr: ast.Expr) -> int:
    match expr:
        case ast.Number(value):
            return value
        case ast.Unary("-" | "+" | "~" | "!" as op, of):
            value = _constant(of)
            return {"-": -value, "+": value, "~": ~value, "!": int(not value)}[op]
        case ast.Binary(op, left, right):
            return _binary(op, _constant(left), _constant(right), expr)
        case ast.Ternary(condition, yes, no):
            return _constant(yes if _constant(condition) else no)
        case ast.Cast(ast.Scalar("bool"), of):
            return int(_constant(of) != 0)
        case ast.Cast(ast.Scalar(name), of) if bits := _FIXED.get(name.removeprefix("unsigned ")):
            value = _constant(of) & ((1 << bits) - 1)
            signed = name[0] == "s" or (name in _FIXED and name[0] not in "ulb")
            return value - (1 << bits) if signed and value >> (bits - 1) else value
        case ast.SizeOf(ast.Scalar(name)) if bits := _FIXED.get(name.removeprefix("unsigned ")):
            return bits // 8
        case ast.SizeOf() | ast.Cast():
            raise Diagnostic(
                "this number depends on the architecture", expr.at or None,
                "here it must be the same on all",
            )  # fmt: skip
    raise Diagnostic("a number must stand here", expr.at)


def _binary(op: str, left: int, right: int, expr: ast.Expr) -> int:
    if op in _OPERATORS:
        return int(_OPERATORS[op](left, right))
    if op in ("<<", ">>"):
        if not 0 <= right < MAX_BITS:
            raise Diagnostic(f"a shift by {right}", expr.at, f"0 to {MAX_BITS - 1} are possible")
        return left << right if op == "<<" else left >> right
    if right == 0:
        raise Diagnostic("a division by 0", expr.at)
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if op == "/" else left - right * quotient
