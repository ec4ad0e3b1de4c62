"""What is said of a text that does not fit its grammar; loaded only where there is such a text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lexer import PatternStr

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position, nearest
from checker.language.constants import Expanded
from checker.language.grammar import NOT_SPOKEN

if TYPE_CHECKING:
    from lark import Lark

TYPES = (
    *(f"{kind}{bits}" for kind in "us" for bits in (8, 16, 32, 64, 128)),
    *(f"{kind}{bits}" for kind in ("le", "be") for bits in (16, 32, 64)),
    *(f"{kind}{bits}_t" for kind in ("uint", "int") for bits in (8, 16, 32, 64)),
    "char", "short", "int", "long", "unsigned", "bool", "size_t", "struct",
    "atomic_t", "atomic64_t", "atomic_long_t",
)  # fmt: skip
"""Names of types to choose a hint from."""

_CHARACTERS = {
    '"': "there are no strings in the dialect",
    "'": "write the character's number",
    "#": "of the preprocessor there is `#define NAME number`, on a line of its own",
    ":": "labels and bit-fields are not part of the dialect",
    "]": "an array has a known number of elements",
    "{": "statements cannot stand in an expression",
    ",": "there is no comma operator in the dialect",
}
"""What to say where one of these stands and only few things could."""

_IN_CONDITIONS = {"&&": "`and` is written /\\", "||": "`or` is written \\/", "==": "write ="}

_SAYS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "TYPENAME": "a type",
    "INTWORD": "a type",
    "STRUCT": "a type",
    "QUALIFIER": "",
    "INFIX": "an operator",
    "ASSIGN": "`=`",
    "STEP": "",
    "ARROW": "`->`",
    "ARCHNAME": "an architecture",
    "INT": "a number",
    "$END": "the end of the file",
}


def explain(error: UnexpectedInput, text: str, parser: Lark, what: str = "the file") -> Diagnostic:
    """Return what to say of a parse error; `what` is the name of the text."""
    at = (error.line, error.column)
    if isinstance(error, UnexpectedCharacters):
        return _unknown_character(error.char, at, _expected(error.allowed or (), parser))
    if not isinstance(error, UnexpectedToken):
        return Diagnostic("this cannot be read", at)
    possible = error.accepts or error.expected
    if error.token.type == "$END":
        lines = text.rstrip().split("\n")
        end = (len(lines), len(lines[-1]) + 1)
        return Diagnostic(f"{what} ends too early", end, _expected(possible, parser))
    if isinstance(error.token, Expanded):
        name, word = error.token.name, str(error.token)
        return Diagnostic(
            f"`{name}` cannot stand here: it is defined", at,
            f"it begins with `{word[:40]}`; choose another name for one of the two",
        )  # fmt: skip
    return (
        _not_spoken(error)
        or _unknown_type(error, possible)
        or _misplaced(error, at, possible, parser)
    )


def unknown_type(name: str, at: Position) -> Diagnostic:
    """Return what to say of a name that stands where a type must."""
    if name in NOT_SPOKEN:
        return Diagnostic(f"`{name}` is not in the language", at, NOT_SPOKEN[name])
    hint = nearest(name, TYPES) or "write it as an integer type or as a struct"
    return Diagnostic(f"`{name}` is not a known type", at, hint)


def _unknown_character(char: str, at: Position, expected: str) -> Diagnostic:
    spelled = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
    return Diagnostic(f"{spelled} cannot stand here", at, _CHARACTERS.get(char) or expected)


def _misplaced(
    error: UnexpectedToken, at: Position, possible: Collection[str], parser: Lark
) -> Diagnostic:
    word = str(error.token)
    problem = Diagnostic(f"`{word[:40]}` cannot stand here", at)
    if word == "not" and "EXISTS" in possible:
        problem.hint = "write ~exists"
        return problem
    if "NAME" in possible and word.isidentifier():
        problem.hint = f"`{word}` is a word of the language: choose another name"
        return problem
    if set(possible) == {"LPAR"}:  # it stands where a thread begins
        word = _as_name(_stack(error)[-1])[0] or word
        known = ["exists", "~exists", "forall", "locations", "filter"]
    else:
        known = [w for name in possible for w in _words(name, parser) if w.isalpha()]
    special = _IN_CONDITIONS if _in_condition(error) else _CHARACTERS
    problem.hint = nearest(word, known) or special.get(word) or _expected(possible, parser)
    return problem


def _not_spoken(error: UnexpectedToken) -> Diagnostic | None:
    """Return what to say where a word of C that the dialect lacks stands just before the error."""
    for value in (error.token, *reversed(_stack(error)[-6:])):
        name, at = _as_name(value)
        if name in NOT_SPOKEN:
            return Diagnostic(f"`{name}` is not in the language", at, NOT_SPOKEN[name])
    return None


def _unknown_type(error: UnexpectedToken, possible: Collection[str]) -> Diagnostic | None:
    """Return what to say where a name stands that can only be meant as a type."""
    kind = error.token.type
    if kind == "NAME" and "TYPENAME" in possible and "NAME" not in possible:
        return unknown_type(*_as_name(error.token))
    if _in_condition(error):
        return None
    stack = _stack(error)
    kinds = [value.type if isinstance(value, Token) else "" for value in stack]
    place = len(stack) - 1
    if kind in ("EQUAL", "ASSIGN"):  # foo_t *p =
        place -= 2
        found = kinds[-2:-1] == ["STAR"]
    elif kinds[-1:] in (["STAR"], ["RPAR"]):  # (foo_t *)x and (foo_t)x
        while place >= 0 and kinds[place] in ("STAR", "RPAR"):
            place -= 1
        found = place > 0 and kinds[place - 1] == "LPAR" and kind in ("NAME", "NUMBER", "RPAR")
    else:  # foo_t x
        found = kind in ("NAME", "STAR")
    name, at = _as_name(stack[place]) if place >= 0 else ("", (0, 0))
    return unknown_type(name, at) if found and name else None


def _in_condition(error: UnexpectedToken) -> bool:
    """Whether the parser has read a quantifier, or a clause that stands beside the condition."""
    return any(
        value in ("exists", "~exists", "forall", "filter", "locations")
        for value in _stack(error)
        if isinstance(value, str)
    )


def _stack(error: UnexpectedToken) -> list[Any]:
    """Return what the parser has read and not yet put together."""
    parser: Any = error.interactive_parser
    return list(parser.parser_state.value_stack) if parser else []


def _as_name(value: Any) -> tuple[str, Position]:
    """Return the name, and its position, that a piece of the parser's stack is; or an empty one."""
    if isinstance(value, Token) and value.type in ("NAME", "LABEL"):
        return str(value), (value.line or 0, value.column or 0)
    if isinstance(value, ast.Name):
        return value.name, value.at
    return "", (0, 0)


def _expected(terminals: Iterable[str], parser: Lark) -> str:
    """Return a hint that lists what could stand there, in the reader's words, if it is short."""
    spoken = {_SAYS[name]: None for name in sorted(terminals) if name in _SAYS}
    others = {f"`{word}`": None for name in terminals if name not in _SAYS
              for word in _words(name, parser)}  # fmt: skip
    told = [*sorted(others), *(word for word in spoken if word)]
    return f"expected {', '.join(told)}" if 0 < len(told) <= 8 else ""


def _words(terminal: str, parser: Lark) -> list[str]:
    """Return the words that a terminal stands for, where these are few."""
    if terminal.startswith("$"):
        return []
    pattern = parser.get_terminal(terminal).pattern
    if isinstance(pattern, PatternStr):
        return [pattern.value]
    choice = re.fullmatch(r"\(([a-z|]+)\)(\(\?!.*\))?", pattern.value)
    return choice[1].split("|") if choice else []
