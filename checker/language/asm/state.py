"""The init block of an assembly test, and what follows its threads: places, filter, condition."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lark import Token, Transformer

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.language import grammar
from checker.language.condition import ConditionRules, number
from checker.language.scalars import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

_STARTS = ("item", "final")

Final = tuple[
    "tuple[ast.Register | ast.Memory, ...] | None", "ast.Proposition | None", ast.Condition
]


class Parsed:
    """What stands in a file, before the header is added."""

    structs: tuple[ast.Struct, ...] = ()
    locations: tuple[ast.Location, ...] = ()
    initial: tuple[ast.Initial, ...] = ()

    def __init__(
        self, given: tuple[ast.Given, ...], final: Final, threads: tuple[ast.Thread, ...]
    ) -> None:
        """Keep the three parts of a file."""
        self.given = given
        self.shown, self.filter, self.condition = final
        self.threads = threads


def position(text: str, index: int) -> Position:
    """Return line and column of a character."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _moved(at: Position, by: Position) -> Position:
    """Return a position in a piece of a text as one in the text; `by` is where the piece begins."""
    return (at[0] + by[0] - 1, at[1] + by[1] - 1) if at[0] == 1 else (at[0] + by[0] - 1, at[1])


def _parse(text: str, start: str) -> Any:
    return grammar.parse("asm", Rules, text, _STARTS, start)


# --- the init block -------------------------------------------------------------------------------


def initial(text: str, start: int, end: int) -> tuple[ast.Given, ...]:
    """Return the statements of the init block between two indices; raises Diagnostic."""
    found = []
    for item in text[start:end].split(";"):
        content = item.strip()
        if content:
            at = position(text, start + item.index(content[0]))
            try:
                thread, name, index, type_, content_ = _item(content)
            except Diagnostic as problem:
                problem.at = _moved(problem.at or (1, 1), at)
                raise
            found.append(ast.Given(thread, name, index, type_, content_, at))
        start += len(item) + 1
    return tuple(found)


Place = tuple[int | None, str, int | None]
Item = tuple[int | None, str, int | None, "ast.Type | None", "ast.Content | None"]


@lru_cache(maxsize=1 << 14)
def _item(text: str) -> Item:
    parsed: Item = _parse(text, "item")
    return parsed


# --- after the threads ----------------------------------------------------------------------------


def final(text: str, start: int) -> Final:
    """Return what stands after the threads, from an index on; raises Diagnostic."""
    at = position(text, start)
    try:
        shown, kept, condition = _final(text[start:].rstrip())
    except Diagnostic as problem:
        problem.at = _moved(problem.at or (1, 1), at)
        raise
    return (
        shown and tuple(_place(one, at) for one in shown),
        kept and _proposition(kept, at),
        ast.Condition(condition.quantifier, _proposition(condition.proposition, at), condition.text),
    )


@lru_cache(maxsize=1 << 12)
def _final(text: str) -> Final:
    parsed: Final = _parse(text, "final")
    return parsed


def _proposition(one: ast.Proposition, by: Position) -> ast.Proposition:
    """Return a proposition with its positions moved."""
    match one:
        case ast.Equal(place, value, at):
            if isinstance(value, ast.Register):
                value = ast.Register(value.thread, value.name, _moved(value.at, by))
            return ast.Equal(_place(place, by), value, _moved(at, by))
        case ast.Connective(op, args):
            return ast.Connective(op, tuple([_proposition(arg, by) for arg in args]))
        case ast.Torn(ast.Register(thread, name, at)):
            return ast.Torn(ast.Register(thread, name, _moved(at, by)))
        case ast.Faulted(thread, at):
            return ast.Faulted(thread, _moved(at, by))
        case ast.Dirty(name, at):
            return ast.Dirty(name, _moved(at, by))
        case _:
            return one


def _place(place: Any, by: Position) -> Any:
    if isinstance(place, ast.Register):
        return ast.Register(place.thread, place.name, _moved(place.at, by))
    return ast.Memory(_path(place.path, by), place.text)


def _path(path: ast.Expr, by: Position) -> ast.Expr:
    match path:
        case ast.Index(of, index, at):
            return ast.Index(_path(of, by), index, _moved(at, by))
        case ast.Member(of, name, arrow, at):
            return ast.Member(_path(of, by), name, arrow, _moved(at, by))
        case ast.Name(name, at):
            return ast.Name(name, _moved(at, by))
    return path


class Rules(ConditionRules, Transformer[Token, Any]):
    """One method per rule of `grammar/asm.lark`."""

    def item(self, c: list[Any]) -> Item:
        type_, (thread, name, dimension), value = c
        if type_ is not None and dimension is not None:
            type_, dimension = ast.Array(type_, dimension), None
        return thread, name, dimension, type_, value

    def final(self, c: list[Any]) -> Final:
        return c[0], c[1], c[2]

    def type(self, c: list[Token]) -> ast.Type:
        words = [str(token) for token in c if token.type == "TYPEWORD"]
        type_: ast.Type | None = scalar(words)
        if type_ is None:
            at = (c[0].line or 1, c[0].column or 1)
            raise Diagnostic(f"`{' '.join(words)}` is not a type", at)
        for _ in range(len(c) - len(words)):
            type_ = ast.Pointer(type_)
        return type_

    def register_name(self, c: list[Token]) -> str:
        return str(c[-1])

    def of_thread(self, c: list[Any]) -> Place:
        return number(c[0]).value, c[1], None

    def of_named_thread(self, c: list[Any]) -> Place:
        name = str(c[0])
        if name[0] != "P" or not name[1:].isdecimal():
            at = (c[0].line or 1, c[0].column or 1)
            raise Diagnostic(f"`{name}` is not a thread", at, "threads are P0, P1, P2, …")
        return int(name[1:]), c[1], None

    def of_location(self, c: list[Any]) -> Place:
        element = c[1] if len(c) > 1 else None
        return None, str(c[0]), None if element is None else number(element).value

    def plain(self, c: list[Any]) -> int:
        found = number(c[1]).value
        return found if c[0] is None else -found

    def address(self, c: list[Any]) -> ast.AddressOf:
        return ast.AddressOf(str(c[0]), 0 if c[1] is None else number(c[2]).value)

    def several(self, c: list[ast.Content]) -> ast.Content:
        return tuple(c)
