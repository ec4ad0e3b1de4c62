"""Final conditions: the transformer rules that every dialect's grammar shares."""

from __future__ import annotations

from typing import Any

from lark import Token

from checker import litmus as ast
from checker.diagnostic import Diagnostic, nearest
from checker.language.nesting import bound

MAX_NUMBER_BITS = 128

LARGE = 0x1000
"""From here on numbers are shown in hexadecimal."""


def number(token: Token) -> ast.Number:
    """Return the integer constant that a token spells; raises Diagnostic beyond 128 bits."""
    text = str(token).lower()
    digits = text.rstrip("ul")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    at = (token.line or 0, token.column or 0)
    try:
        value = int(digits, 8 if octal else 0)
    except ValueError:
        raise Diagnostic(f"`{text[:40]}` is not a number", at) from None
    if value >> MAX_NUMBER_BITS:
        raise Diagnostic(f"`{text[:40]}` has more than {MAX_NUMBER_BITS} bits", at)
    return ast.Number(value, text[len(digits) :], digits.isdigit() and not octal, at)


def where(token: Token) -> tuple[int, int]:
    """Return the line and column of a token."""
    return token.line or 0, token.column or 0


def path_text(path: ast.Expr) -> str:
    """Return a place in memory as the condition spells it."""
    match path:
        case ast.Member(of, name):
            return f"{path_text(of)}.{name}"
        case ast.Index(of, ast.Number(value)):
            return f"{path_text(of)}[{value}]"
        case ast.Name(name):
            return name
        case _:
            return "?"


class ConditionRules:
    """One method per rule of `grammar/condition.lark`.

    A dialect's grammar imports that file, so Lark calls its rules `condition__RULE`.
    """

    def __getattr__(self, name: str) -> Any:
        """Answer for an imported rule; raises AttributeError as usual for any other name."""
        if name.startswith("condition__"):
            return getattr(self, name.removeprefix("condition__"))
        raise AttributeError(name)

    def quantifier(self, c: list[Token]) -> str:
        return "".join(c)

    def condition(self, c: list[Any]) -> ast.Condition:
        bound(c[1], "this condition")
        return ast.Condition(c[0], c[1], f"{c[0]} {show(c[1])}")

    def locations(self, c: list[Any]) -> tuple[ast.Register | ast.Memory, ...]:
        return tuple(c)

    def filter(self, c: list[Any]) -> ast.Proposition:
        proposition: ast.Proposition = c[0]
        return proposition

    def implies(self, c: list[Any]) -> ast.Connective:
        return ast.Connective("implies", tuple(c))

    def disjunction(self, c: list[Any]) -> ast.Connective:
        return ast.Connective("or", tuple(c))

    def conjunction(self, c: list[Any]) -> ast.Connective:
        return ast.Connective("and", tuple(c))

    def not_(self, c: list[Any]) -> ast.Connective:
        return ast.Connective("not", (c[-1],))

    def true(self, _: list[Any]) -> ast.Connective:
        return ast.Connective("true", ())

    def false(self, _: list[Any]) -> ast.Connective:
        return ast.Connective("false", ())

    def torn(self, c: list[Any]) -> ast.Torn:
        return ast.Torn(c[0] if c else None)

    def predicate(self, c: list[Token]) -> ast.Faulted | ast.Accepted | ast.Dirty:
        name, of = str(c[0]), str(c[1])
        if name == "dirty":
            return ast.Dirty(of, where(c[1]))
        if name in ("fault", "accepted") and of[0] == "P" and of[1:].isdecimal():
            made = ast.Faulted if name == "fault" else ast.Accepted
            return made(int(of[1:]), where(c[1]))
        known = "torn(1:r0), fault(P0), accepted(P1), dirty(x)"
        hint = nearest(name, ("torn", "fault", "accepted", "dirty", "byte")) or known
        raise Diagnostic(f"`{name}({of})` is not a proposition", where(c[0]), hint)

    def equal(self, c: list[Any]) -> ast.Equal:
        place = c[0]
        at = place.at if isinstance(place, ast.Register) else place.path.at
        return ast.Equal(place, c[2], at)

    def byte(self, c: list[Any]) -> ast.Byte:
        if str(c[0]) != "byte":
            raise Diagnostic(f"`{c[0]}` has no value", where(c[0]), "byte(1:r0, 3)=0x11")
        if not isinstance(c[4], (int, str)):
            raise Diagnostic("a byte is compared with a number", where(c[0]), "byte(1:r0, 3)=0x11")
        return ast.Byte(c[1], number(c[2]).value, c[4], where(c[0]))

    def other_byte(self, c: list[Any]) -> ast.Connective:
        return ast.Connective("not", (self.byte(c),))

    def among(self, c: list[Any]) -> ast.Connective:
        if str(c[1]) != "in":
            raise Diagnostic(f"`{c[1]}` cannot stand here", where(c[1]), "1:r0 in {1, 2}")
        return ast.Connective("or", tuple(self.equal([c[0], None, one]) for one in c[2:]))

    def differs(self, c: list[Any]) -> ast.Connective:
        return ast.Connective("not", (self.equal(c),))

    def register(self, c: list[Token]) -> ast.Register:
        return ast.Register(number(c[0]).value, str(c[1]), where(c[0]))

    def memory(self, c: list[Any]) -> ast.Memory:
        path = access(c)
        return ast.Memory(path, path_text(path))

    def field(self, c: list[Token]) -> Token:
        return c[0]

    def element(self, c: list[Token]) -> ast.Number:
        return number(c[0])

    def other(self, c: list[ast.Register]) -> ast.Register:
        return c[0]

    def several(self, c: list[Any]) -> tuple[int, ...]:
        values = [one for one in c if not isinstance(one, Token)]
        for one in values:
            if not isinstance(one, int):
                raise Diagnostic("an array is compared with numbers only", where(c[0]))
        return tuple(values)

    def value(self, c: list[Token]) -> int | str:
        if c[0] is not None and c[0].type == "NAME":
            return str(c[0])
        return number(c[-1]).value * (-1 if c[0] is not None and str(c[0]) == "-" else 1)


def access(c: list[Any]) -> ast.Expr:
    """Return the expression for a location's name followed by fields and elements."""
    path: ast.Expr = ast.Name(str(c[0]), where(c[0]))
    for step in c[1:]:
        if isinstance(step, ast.Number):
            path = ast.Index(path, step, step.at)
        else:
            path = ast.Member(path, str(step), arrow=False, at=where(step))
    return path


_BINDING = {"implies": (1, " => "), "or": (2, " \\/ "), "and": (3, " /\\ ")}


def show(proposition: ast.Proposition, outer: int = 0) -> str:
    """Return a proposition in herd7's syntax, with the parentheses it needs."""
    match proposition:
        case ast.Equal(place, ast.Register() as other):
            return f"{show_place(place)}={show_place(other)}"
        case ast.Equal(ast.Memory() as place, tuple() as values):
            return f"{place.text}={show_array(values)}"
        case ast.Equal(place, value):
            return f"{show_place(place)}={show_value(value)}"
        case ast.Byte(place, index, value):
            return f"byte({show_place(place)},{index})={show_value(value)}"
        case ast.Accepted(thread):
            return f"accepted(P{thread})"
        case ast.Torn(None):
            return "torn"
        case ast.Torn(register):
            return f"torn({show_place(register)})" if register else "torn"
        case ast.Faulted(thread):
            return f"fault(P{thread})"
        case ast.Dirty(name):
            return f"dirty({name})"
        case ast.Connective("not", (inner,)):
            simple = isinstance(inner, (ast.Torn, ast.Faulted, ast.Accepted, ast.Dirty))
            return f"~{show(inner, 4)}" if simple else f"~({show(inner)})"
        case ast.Connective(op, args) if op in _BINDING:
            binding, word = _BINDING[op]
            text = word.join(show(arg, binding) for arg in args)
            return f"({text})" if outer >= binding else text
        case ast.Connective(op):
            return op


def show_place(place: ast.Register | ast.Memory) -> str:
    """Return a register or a piece of memory as herd7 prints it in a state."""
    if isinstance(place, ast.Register):
        return f"{place.thread}:{place.name}"
    return place.text if isinstance(place.path, ast.Index) else f"[{place.text}]"


def show_value(value: object) -> str:
    """Return a value as a person reads it: of a large number its bytes are to be seen."""
    return hex(value) if isinstance(value, int) and value >= LARGE else str(value)


def show_array(values: tuple[int, ...]) -> str:
    """Return the values of an array's elements as herd7 prints them."""
    return f"{{{','.join(map(str, values))}}}"
