"""Expressions of the C dialect: the transformer rules for them."""

from __future__ import annotations

from typing import Any

from lark import Token

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.language import grammar
from checker.language.condition import number, where

_BINDS = {
    op: level
    for level, ops in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")
    )
    for op in ops.split()
}
"""How tightly each binary operator binds: C11 6.5.5 to 6.5.14."""

_CONSTANTS = {"NULL": 0, "true": 1, "false": 0}


def _climb(operands: list[ast.Expr], operators: list[Token]) -> ast.Expr:
    """Build the tree of a flat list of operands and binary operators, by precedence."""
    output, waiting = [operands[0]], list[Token]()

    def reduce() -> None:
        token, right, left = waiting.pop(), output.pop(), output.pop()
        output.append(ast.Binary(str(token), left, right, where(token)))

    for token, operand in zip(operators, operands[1:], strict=True):
        while waiting and _BINDS[waiting[-1]] >= _BINDS[token]:
            reduce()
        waiting.append(token)
        output.append(operand)
    while waiting:
        reduce()
    return output[0]


class ExpressionRules:
    """One method per rule of `grammar/c.lark` that makes an expression."""

    def assign(self, c: list[Any]) -> ast.Assign:
        return ast.Assign(c[0], str(c[1])[:-1], c[2], where(c[1]))

    def ternary(self, c: list[Any]) -> ast.Ternary:
        return ast.Ternary(c[0], c[2], c[3], where(c[1]))

    def flat(self, c: list[Any]) -> ast.Expr:
        return _climb(c[::2], c[1::2])

    def infix(self, c: list[Token]) -> Token:
        return c[0]

    def prefix(self, c: list[Token]) -> Token:
        return c[0]

    def unary(self, c: list[Any]) -> ast.Unary:
        return ast.Unary(str(c[0]), c[1], where(c[0]))

    def cast(self, c: list[Any]) -> ast.Cast:
        return ast.Cast(c[0], c[1], c[1].at)

    def sizeof(self, c: list[Any]) -> ast.SizeOf:
        return ast.SizeOf(c[0], getattr(c[0], "at", (0, 0)))

    def step_before(self, c: list[Any]) -> ast.Assign:
        at = where(c[0])
        return ast.Assign(c[1], str(c[0])[0], ast.Number(1, "", decimal=True, at=at), at)

    def step_after(self, c: list[Any]) -> ast.Assign:
        return self.step_before([c[1], c[0]])

    def member_of(self, c: list[Any]) -> ast.Member:
        return ast.Member(c[0], str(c[1]), arrow=False, at=where(c[1]))

    def member_at(self, c: list[Any]) -> ast.Member:
        return ast.Member(c[0], str(c[2]), arrow=True, at=where(c[2]))

    def index(self, c: list[Any]) -> ast.Index:
        return ast.Index(c[0], c[1], c[1].at)

    def number(self, c: list[Token]) -> ast.Number:
        return number(c[0])

    def name(self, c: list[Token]) -> ast.Expr:
        name, at = str(c[0]), where(c[0])
        if name in grammar.NOT_SPOKEN:
            raise Diagnostic(f"`{name}` is not in the language", at, grammar.NOT_SPOKEN[name])
        if name in _CONSTANTS:
            return ast.Number(_CONSTANTS[name], "", decimal=True, at=at)
        return ast.Name(name, at)

    def call(self, c: list[Any]) -> ast.Expr:
        name, at, args = str(c[0]), where(c[0]), tuple(a for a in c[1:] if a is not None)
        suffix = "ull" if name.endswith("_ULL") else "ul"
        match name.removesuffix("_ULL"), args:
            case "BIT", (bit,):
                return _shifted(1, bit, suffix, at)
            case "GENMASK", (high, low):
                return ast.Binary(
                    "-", _shifted(2, high, suffix, at), _shifted(1, low, suffix, at), at
                )
        return ast.Call(name, args, at)


def _shifted(one: int, by: ast.Expr, suffix: str, at: Position) -> ast.Binary:
    """Return a number moved to a bit: include/vdso/bits.h, include/linux/bits.h, v6.12."""
    return ast.Binary("<<", ast.Number(one, suffix, decimal=True, at=at), by, at)
