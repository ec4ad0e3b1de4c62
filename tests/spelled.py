"""Pieces of a litmus test that was read, spelled so that a table can hold them."""

from __future__ import annotations

from checker.language import parse
from checker.litmus import (
    Array,
    Assign,
    Binary,
    Braces,
    Call,
    Cast,
    Evaluate,
    Expr,
    Index,
    Member,
    Name,
    Number,
    Pointer,
    Scalar,
    SizeOf,
    Statement,
    StructName,
    Ternary,
    Type,
    Unary,
)
from tests.inputs import litmus


def body(text: str) -> tuple[Statement, ...]:
    """Return the statements of a thread that has these."""
    return parse(litmus(text)).threads[0].body


def expression(text: str) -> str:
    """Return an expression with a parenthesis around every operator's operands."""
    (statement,) = body(f"v = {text};")
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.expr, Assign)
    return spelled(statement.expr.value)


def spelled(expr: Expr) -> str:
    match expr:
        case Number(value, suffix):
            return f"{value}{suffix}"
        case Name(name):
            return name
        case Unary(op, of):
            return f"({op}{spelled(of)})"
        case Binary(op, left, right):
            return f"({spelled(left)} {op} {spelled(right)})"
        case Ternary(condition, yes, no):
            return f"({spelled(condition)} ? {spelled(yes)} : {spelled(no)})"
        case Cast(type_, of):
            return f"(({named(type_)}){spelled(of)})"
        case Member(of, name, arrow):
            return f"({spelled(of)}{'->' if arrow else '.'}{name})"
        case Index(of, index):
            return f"({spelled(of)}[{spelled(index)}])"
        case Call(name, args):
            return f"{name}({', '.join(map(spelled, args))})"
        case SizeOf(of):
            inside = named(of) if isinstance(of, Type) else spelled(of)
            return f"sizeof({inside})"
        case Assign(target, op, value):
            return f"({spelled(target)} {op}= {spelled(value)})"
        case Braces(items):
            return f"{{{', '.join(map(spelled, items))}}}"


def named(type_: Type) -> str:
    match type_:
        case Scalar(name):
            return name
        case Pointer(to):
            return f"{named(to)}*"
        case Array(of, count):
            return f"{named(of)}[{count}]"
        case StructName(tag):
            return f"struct {tag}"
