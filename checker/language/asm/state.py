"""The init block of an assembly test, and what follows its threads: places, filter, condition."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lark import Token, Transformer

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position, nearest
from checker.language import grammar
from checker.language.asm.instruction import canonical
from checker.language.condition import ConditionRules, number, show
from checker.language.scalars import scalar

if TYPE_CHECKING:
    pass

TYPES = (
    *(f"{sign}int{bits}_t" for sign in ("u", "") for bits in (8, 16, 32, 64)),
    "char", "short", "int", "long", "unsigned",
)  # fmt: skip
"""Names of types to choose a hint from."""

_STARTS = ("item", "final")

Final = tuple[
    "tuple[ast.Register | ast.Memory, ...] | None", "ast.Proposition | None", ast.Condition
]


class Parsed:
    """What stands in a file, before the header is added."""

    structs: tuple[ast.Struct, ...] = ()
    locations: tuple[ast.Location, ...] = ()
    initial: tuple[ast.Initial, ...] = ()
    functions: tuple[ast.Function, ...] = ()

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


def everywhere(
    given: tuple[ast.Given, ...], threads: tuple[ast.Thread, ...]
) -> tuple[ast.Given, ...]:
    """Return the statements, those on a symbolic register `%x` once for each thread."""
    found: list[ast.Given] = []
    for one in given:
        every = one.thread is None and one.name.startswith("%")
        found += [replace(one, thread=thread.number) for thread in threads] if every else [one]
    return tuple(found)


# --- after the threads ----------------------------------------------------------------------------


def final(dialect: str, text: str, start: int) -> Final:
    """Return what stands after the threads, from an index on; raises Diagnostic."""
    by = position(text, start)
    try:
        shown, kept, condition = _final(text[start:].rstrip().rstrip(";"))
    except Diagnostic as problem:
        problem.at = _moved(problem.at or (1, 1), by)
        raise
    settle = _Settle(dialect, by)
    asked = settle.proposition(condition.proposition)
    return (
        shown and tuple([settle.place(one) for one in shown]),
        kept and settle.proposition(kept),
        ast.Condition(condition.quantifier, asked, f"{condition.quantifier} {show(asked)}"),
    )


@lru_cache(maxsize=1 << 12)
def _final(text: str) -> Final:
    parsed: Final = _parse(text, "final")
    return parsed


class _Settle:
    """Puts what was parsed where it stands in the file, and renames registers as herd7 does."""

    def __init__(self, dialect: str, by: Position) -> None:
        self._dialect = dialect
        self._by = by

    def proposition(self, one: ast.Proposition) -> ast.Proposition:
        match one:
            case ast.Equal(place, value, at):
                value = self._register(value) if isinstance(value, ast.Register) else value
                return ast.Equal(self.place(place), value, _moved(at, self._by))
            case ast.Connective(op, args):
                return ast.Connective(op, tuple([self.proposition(arg) for arg in args]))
            case ast.Torn(ast.Register() as register):
                return ast.Torn(self._register(register))
            case ast.Faulted(thread, at):
                return ast.Faulted(thread, _moved(at, self._by))
            case ast.Dirty(name, at):
                return ast.Dirty(name, _moved(at, self._by))
            case ast.Accepted() | ast.Byte():
                return replace(one, at=_moved(one.at, self._by))
            case _:
                return one

    def place(self, place: ast.Register | ast.Memory) -> ast.Register | ast.Memory:
        if isinstance(place, ast.Register):
            return self._register(place)
        return ast.Memory(self._path(place.path), place.text)

    def _register(self, one: ast.Register) -> ast.Register:
        return ast.Register(
            one.thread, canonical(self._dialect, one.name), _moved(one.at, self._by)
        )

    def _path(self, path: ast.Expr) -> ast.Expr:
        match path:
            case ast.Index(of, index, at):
                return ast.Index(self._path(of), index, _moved(at, self._by))
            case ast.Member(of, name, arrow, at):
                return ast.Member(self._path(of), name, arrow, _moved(at, self._by))
            case ast.Name(name, at):
                return ast.Name(name, _moved(at, self._by))
        return path


class Rules(ConditionRules, Transformer[Token, Any]):
    """One method per rule of `grammar/asm.lark`."""

    def item(self, c: list[Any]) -> Item:
        type_, (thread, name, dimension), value = c
        if type_ is not None and dimension is not None:
            type_, dimension = ast.Array(type_, dimension), None
        return thread, name, dimension, type_, value

    def final(self, c: list[Any]) -> Final:
        everything = ast.Condition("forall", ast.Connective("true", ()), "forall true")
        return c[0], c[1], c[2] or everything

    def type(self, c: list[Token]) -> ast.Type:
        words = [str(token) for token in c if token.type == "TYPEWORD"]
        type_: ast.Type | None = scalar(words)
        if type_ is None:
            at = (c[0].line or 1, c[0].column or 1)
            raise Diagnostic(f"`{' '.join(words)}` is not a type", at)
        for _ in range(len(c) - len(words)):
            type_ = ast.Pointer(type_)
        return type_

    def unknown_type(self, c: list[Token]) -> ast.Type:
        at = (c[0].line or 1, c[0].column or 1)
        raise Diagnostic(f"`{c[0]}` is not a type", at, nearest(c[0], TYPES))

    def register_name(self, c: list[Token]) -> str:
        return str(c[0])

    def of_every_thread(self, c: list[Token]) -> Place:
        return None, str(c[0]), None

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

    def code_address(self, c: list[Token]) -> int:
        at = (c[0].line or 1, c[0].column or 1)
        raise Diagnostic("addresses of code are not modelled", at)

    def address_of_element(self, c: list[Any]) -> ast.AddressOf:
        return ast.AddressOf(str(c[0]), index=number(c[1]).value)

    def contents(self, c: list[ast.Content]) -> ast.Content:
        return tuple(c)
