"""Cat models as they are written: statements and expressions, each with its place in its file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

from checker.diagnostic import Diagnostic, Position
from checker.value import value


@value
class Name:
    """A set, a relation or a function by its name."""

    name: str
    at: Position


@value
class Operator:
    """An operator on sets or relations: one of those in `OPERATORS`."""

    op: str
    args: tuple[Expr, ...]
    at: Position


@value
class Call:
    """A function applied to its arguments."""

    function: str
    args: tuple[Expr, ...]
    at: Position


@value
class Local:
    """`let name = value in body`."""

    name: str
    value: Expr
    body: Expr


Expr = Name | Operator | Call | Local


@value
class Let:
    """Definitions; those of a `let rec` may speak of each other."""

    recursive: bool
    definitions: tuple[tuple[str, tuple[str, ...] | None, Expr], ...]
    """Name, parameters (None for a value) and what it stands for."""


@value
class Check:
    """What an execution must satisfy; `flag` marks a test and forbids nothing."""

    kind: Literal["acyclic", "irreflexive", "empty"]
    negated: bool
    flag: bool
    expr: Expr
    name: str
    at: Position


@value
class CatModel:
    """A model: its title and its statements, those of included files in their place."""

    title: str
    statements: tuple[Let | Check, ...]
    file: str


BUILT_IN = ("cos.cat", "stdlib.cat")
"""Files that herd7's models include and that say nothing here: coherence is chosen anyway."""


def load(path: Path, shown: str = "") -> CatModel:
    """Read a model; raises Diagnostic with file, line and column where it is not well formed."""
    title, statements = _file(path, shown or str(path), ())
    return CatModel(title or path.stem, statements, shown or str(path))


def _file(path: Path, shown: str, around: tuple[Path, ...]) -> tuple[str, tuple[Any, ...]]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise Diagnostic(error.strerror or "cannot be read", file=shown) from None
    if path in around:
        raise Diagnostic("this file includes itself", file=shown)
    try:
        title, parsed = parse(text)
        statements: list[Let | Check] = []
        for statement in parsed:
            if isinstance(statement, Include):
                if statement.name in BUILT_IN:
                    continue
                inner = path.parent / statement.name
                if not inner.is_file():
                    raise Diagnostic(f"there is no `{statement.name}`", statement.at)
                statements += _file(inner, str(inner), (*around, path))[1]
            else:
                statements.append(statement)
    except Diagnostic as problem:
        problem.file = problem.file or shown
        raise
    return title, tuple(statements)


@value
class Include:
    """`include "file.cat"`."""

    name: str
    at: Position


def parse(text: str) -> tuple[str, tuple[Let | Check | Include, ...]]:
    """Return a model's title and statements; raises Diagnostic."""
    from checker.language import grammar

    found: tuple[str, tuple[Let | Check | Include, ...]]
    found = grammar.parse("cat", _rules(), _without_comments(text))
    return found


_COMMENT = re.compile(r"\(\*|\*\)")


def _without_comments(text: str) -> str:
    """Return a text with its comments, which may be nested, as blanks; lines stay lines."""
    kept, depth, last = [], 0, 0
    for match in _COMMENT.finditer(text):
        if match[0] == "*)" and depth == 0:
            continue
        piece = text[last : match.start()]
        kept.append(piece if depth == 0 else _blank(piece))
        kept.append("  ")
        last, depth = match.end(), depth + (1 if match[0] == "(*" else -1)
    if depth:
        line = text.count("\n") + 1
        raise Diagnostic("a comment does not end", (line, 1))
    return "".join(kept) + text[last:]


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


@cache
def _rules() -> Any:
    from lark import Token, Transformer

    def where(token: Any) -> Position:
        return (token.line or 0, token.column or 0)

    def place(expr: Expr) -> Position:
        return place(expr.value) if isinstance(expr, Local) else expr.at

    def operator(op: str) -> Any:
        def build(_: Any, c: list[Any]) -> Operator:
            args = tuple(_expr(one) for one in c if not _is(one, "TIMES", "STAR", "TILDE"))
            return Operator(op, args, place(args[0]))

        return build

    def _is(one: Any, *kinds: str) -> bool:
        return isinstance(one, Token) and one.type in kinds

    def _expr(one: Any) -> Expr:
        if isinstance(one, Token):
            name = "0" if one.type == "ZERO" else str(one)
            return Name(name, where(one))
        expr: Expr = one
        return expr

    class CatRules(Transformer[Token, Any]):
        """One method per rule of `grammar/cat.lark`."""

        def start(self, c: list[Any]) -> tuple[str, tuple[Any, ...]]:
            title = str(c[0]).strip('"') if c and isinstance(c[0], Token) else ""
            return title, tuple(x for x in c if x is not None and not isinstance(x, Token))

        def let(self, c: list[Any]) -> Let:
            return Let(False, tuple(c))

        def let_rec(self, c: list[Any]) -> Let:
            return Let(True, tuple(c))

        def include(self, c: list[Token]) -> Include:
            return Include(str(c[0]).strip('"'), where(c[0]))

        def value(self, c: list[Any]) -> tuple[str, None, Expr]:
            return str(c[0]), None, _expr(c[1])

        def function(self, c: list[Any]) -> tuple[str, tuple[str, ...], Expr]:
            return str(c[0]), c[1], _expr(c[2])

        def parameters(self, c: list[Token]) -> tuple[str, ...]:
            return tuple(str(one) for one in c if one is not None)

        def check(self, c: list[Any]) -> Any:
            flag, (negated, kind, expr), name = c
            return Check(
                kind, negated, flag is not None, expr, str(name or ""), place(expr)
            )  # fmt: skip

        def tested(self, c: list[Any]) -> tuple[bool, str, Expr]:
            words = [str(one) for one in c[:-1]]
            return "~" in words, words[-1], _expr(c[-1])

        def show(self, _: list[Any]) -> None:
            return None

        def shown(self, _: list[Any]) -> None:
            return None

        def local(self, c: list[Any]) -> Local:
            return Local(str(c[0]), _expr(c[1]), _expr(c[2]))

        def apply(self, c: list[Any]) -> Call:
            return Call(str(c[0]), tuple(_expr(one) for one in c[1:]), where(c[0]))

        union = operator("union")
        sequence = operator("sequence")
        minus = operator("minus")
        meet = operator("meet")
        product = operator("product")
        complement = operator("complement")
        plus = operator("plus")
        closure = operator("star")
        optional = operator("optional")
        inverse = operator("inverse")
        identity = operator("identity")

        def universe(self, _: list[Any]) -> Name:
            return Name("_", (0, 0))

    return CatRules
