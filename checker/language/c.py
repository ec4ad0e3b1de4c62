"""The C dialect: from text to a Test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lark import Token, Transformer

from checker import litmus as ast
from checker.arch.schema import MEMORY
from checker.diagnostic import Diagnostic, Position, nearest
from checker.language import grammar, scalars
from checker.language.condition import ConditionRules, access, number, where
from checker.language.declarations import (
    Definition,
    Parsed,
    Scope,
    constant,
    declared,
    declared_once,
    flatten,
    merge,
    outside_init,
)
from checker.language.nesting import bound

if TYPE_CHECKING:
    from checker.language.source import Source

_BINDS = {
    op: level
    for level, ops in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")
    )
    for op in ops.split()
}
"""How tightly each binary operator binds: C11 6.5.5 to 6.5.14."""

_THREAD = re.compile(r"P(0|[1-9]\d{0,3})$")
_CONSTANTS = {"NULL": 0, "true": 1, "false": 0}


def parse(source: Source) -> ast.Test:
    """Return the test of a C-dialect file; raises Diagnostic where it is not well formed."""
    parsed: Parsed = grammar.parse("c", CRules, source.body)
    from checker.language.header import interpret

    return interpret(source, parsed)


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


class CRules(ConditionRules, Transformer[Token, Any]):
    """One method per rule of `grammar/c.lark`."""

    def start(self, c: list[Any]) -> Parsed:
        return Parsed(c)

    # --- initial state

    def init(self, c: list[Any]) -> list[Any]:
        return c

    def struct_definition(self, c: list[Any]) -> Definition:
        definition: Definition = c[0]
        return definition

    def location(self, c: list[Any]) -> tuple[ast.Location, ast.Expr | None]:
        base, (name, stars, dimensions), *attributes, value = c
        given = merge(attributes)
        if given.packed and isinstance(base, Definition):
            inside = [base.attributes, ast.Attributes(packed=True)]
            base = base._replace(attributes=merge(inside))
        type_ = declared(base, stars, dimensions)
        return ast.Location(str(name), type_, given, where(name)), value

    def place(self, c: list[Any]) -> ast.Expr:
        return access(c)

    def register_place(self, c: list[Token]) -> ast.Expr:
        raise Diagnostic(
            f"{c[0]}:{c[1]} cannot be initialised", where(c[0]), "declare it in the thread"
        )

    def initial(self, c: list[Any]) -> ast.Initial:
        return ast.Initial(c[0], c[1], c[0].at)

    def braces(self, c: list[Any]) -> ast.Braces:
        items = tuple(item for item in c if item is not None)
        return ast.Braces(items, items[0].at if items else (0, 0))

    # --- types

    def type(self, c: list[Any]) -> Any:
        return next(x for x in c if not (isinstance(x, Token) and x.type == "QUALIFIER"))

    def integer(self, c: list[Token]) -> ast.Scalar:
        found = scalars.integer([str(word) for word in c])
        if found is None:
            raise Diagnostic(f"`{' '.join(c)}` is not a type", where(c[0]))
        return found

    def named_type(self, c: list[Token]) -> ast.Scalar:
        return scalars.named(str(c[0]))

    def struct_type(self, c: list[Token]) -> ast.StructName:
        return ast.StructName(str(c[0]), where(c[0]))

    def struct_inline(self, c: list[Any]) -> Definition:
        definition: Definition = c[0]
        return definition

    def struct_body(self, c: list[Any]) -> Definition:
        fields = tuple(f for member in c[1:] if isinstance(member, list) for f in member)
        return Definition(c[0], fields, merge([a for a in c[1:] if isinstance(a, ast.Attributes)]))

    def member(self, c: list[Any]) -> list[tuple[ast.Field, Position]]:
        base, *names = c
        return [
            (ast.Field(str(name), declared(base, stars, dimensions), attributes), where(name))
            for (name, stars, dimensions), attributes in names
        ]

    def member_name(self, c: list[Any]) -> tuple[Any, ast.Attributes]:
        return c[0], merge(c[1:])

    def declarator(self, c: list[Any]) -> tuple[Token, int, list[int]]:
        return c[1], c[0], c[2:]

    def stars(self, c: list[Token]) -> int:
        return sum(token.type == "STAR" for token in c)

    def dimension(self, c: list[Any]) -> int:
        count = constant(c[0])
        if not 0 < count <= 4096:
            raise Diagnostic(f"an array of {count} elements", c[0].at, "1 to 4096 are possible")
        return count

    def abstract(self, c: list[Any]) -> Any:
        return declared(outside_init(c[0]), c[1], [])

    def packed(self, _: list[Any]) -> ast.Attributes:
        return ast.Attributes(packed=True)

    def aligned(self, c: list[Any]) -> ast.Attributes:
        value = constant(c[0])
        if value < 1 or value & (value - 1) or value > 4096:
            raise Diagnostic(
                f"__aligned({value}) is not possible", c[0].at, "a power of two, at most 4096"
            )
        return ast.Attributes(aligned=value)

    def located(self, c: list[Any]) -> ast.Attributes:
        value = constant(c[0])
        if not 0 <= value < 4096:
            raise Diagnostic(
                f"__at({value}) is not in a page", c[0].at, "an offset in a page: 0 to 4095"
            )
        return ast.Attributes(offset=value)

    def memory_type(self, c: list[Token]) -> ast.Attributes:
        name = "".join(c)
        if name not in MEMORY:
            hint = nearest(name, MEMORY) or f"it is one of {', '.join(MEMORY)}"
            raise Diagnostic(f"`{name}` is not a memory type", where(c[0]), hint)
        return ast.Attributes(memory=name)

    # --- threads

    def thread(self, c: list[Any]) -> ast.Thread:
        name, *parameters, arch, body = c
        at = where(name)
        if not _THREAD.match(name):
            raise Diagnostic(f"`{name[:40]}` is not a thread", at, "threads are P0, P1, P2, …")
        named = tuple(p for p in parameters if p is not None)
        bound(body)
        return ast.Thread(int(name[1:]), named, body, arch, at)

    def arch(self, c: list[Token]) -> str:
        return "".join(c)

    def parameter(self, c: list[Any]) -> ast.Parameter:
        base, stars, name, dimension = (*c, None) if len(c) == 3 else c
        base = outside_init(base)
        type_ = declared(base, stars - 1 if stars else 0, [dimension] if dimension else [])
        return ast.Parameter(str(name), type_, where(name))

    def block(self, c: list[Any]) -> tuple[ast.Statement, ...]:
        declared_once(c)
        return Scope(flatten(c))

    def evaluate(self, c: list[Any]) -> ast.Evaluate:
        match c[0]:
            case ast.Binary("*", ast.Name(name, at), ast.Name() | ast.Unary("*")):
                # `foo_t *p;` reads as a product where foo_t is not a type
                from checker.language.mistakes import unknown_type

                raise unknown_type(name, at)
        return ast.Evaluate(c[0])

    def nothing(self, _: list[Any]) -> tuple[ast.Statement, ...]:
        return ()

    def if_(self, c: list[Any]) -> ast.If:
        return ast.If(c[0], flatten(c[1:2]), flatten(c[2:]))

    def while_(self, c: list[Any]) -> ast.Loop:
        return ast.Loop(c[0], flatten(c[1:]), (), body_first=False, at=c[0].at)

    def do_(self, c: list[Any]) -> ast.Loop:
        return ast.Loop(c[1], flatten(c[:1]), (), body_first=True, at=c[1].at)

    def for_(self, c: list[Any]) -> tuple[ast.Statement, ...]:
        start, condition, step, body = c
        test = condition or ast.Number(1, "", decimal=True, at=(0, 0))
        after = (ast.Evaluate(step),) if step else ()
        loop = ast.Loop(test, flatten([body]), after, body_first=False, at=test.at)
        bound(loop)
        declared_once([start, loop])
        return Scope((*start, loop))

    def clause(self, c: list[Any]) -> tuple[ast.Statement, ...]:
        if c[0] is None:
            return ()
        return c[0] if isinstance(c[0], tuple) else (ast.Evaluate(c[0]),)

    def declaration(self, c: list[Any]) -> tuple[ast.Statement, ...]:
        base, *variables = c
        base = outside_init(base)
        return tuple(
            ast.Declare(str(name), declared(base, stars, dimensions), value, where(name))
            for (name, stars, dimensions), value in variables
        )

    def variable(self, c: list[Any]) -> tuple[Any, Any]:
        return c[0], c[1]

    # --- expressions

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

    def call(self, c: list[Any]) -> ast.Call:
        name, *args = c
        return ast.Call(str(name), tuple(a for a in args if a is not None), where(name))
