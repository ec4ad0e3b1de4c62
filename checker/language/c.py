"""The C dialect: from text to a Test."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lark import Token, Transformer

from checker import litmus as ast
from checker.arch.schema import MEMORY
from checker.diagnostic import Diagnostic, Position, nearest
from checker.language import directives, exits, grammar, scalars
from checker.language.arithmetic import constant
from checker.language.condition import ConditionRules, access, where
from checker.language.declarations import (
    Definition,
    Parsed,
    Scope,
    declared,
    declared_once,
    flatten,
    merge,
    outside_init,
)
from checker.language.expressions import ExpressionRules
from checker.language.nesting import bound

if TYPE_CHECKING:
    from checker.language.source import Source

_STARTS = ("start", "expression")
_THREAD = re.compile(r"P(0|[1-9]\d{0,3})$")


def parse(source: Source) -> ast.Test:
    """Return the test of a C-dialect file; raises Diagnostic where it is not well formed."""
    from checker.language.header import interpret

    body, definitions = directives.taken(source)
    if not definitions:
        return interpret(source, grammar.parse("c", CRules, body, _STARTS))
    from checker.language.constants import Constants

    constants = Constants(grammar.parser("c", CRules, _STARTS), definitions)
    parsed: Parsed = constants.read(body)
    constants.settle(parsed)
    return interpret(source, parsed)


class CRules(ExpressionRules, ConditionRules, Transformer[Token, Any]):
    """One method per rule of `grammar/c.lark`."""

    def start(self, c: list[Any]) -> Parsed:
        return Parsed(c)

    def expression(self, c: list[Any]) -> ast.Expr:
        found: ast.Expr = c[0]
        return found

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

    # --- threads and functions

    def thread(self, c: list[Any]) -> ast.Thread:
        name, *parameters, arch, body = c
        at = where(name)
        if not _THREAD.match(name):
            hint = "threads are P0, P1, P2, …; a function begins with its type"
            raise Diagnostic(f"`{name[:40]}` is not a thread", at, hint)
        bound(body)
        exits.check(body)
        named = tuple(_location(one) for one in _named(parameters, at))
        return ast.Thread(int(name[1:]), named, body, arch, at)

    def function(self, c: list[Any]) -> ast.Function:
        base, stars, name, *parameters, body = c
        at = where(name)
        if _THREAD.match(name):
            raise Diagnostic(f"{name} is a thread", at, "a thread has no type")
        named = tuple(_pointer(one) for one in _named(parameters, at))
        bound(body)
        returns = declared(outside_init(base), stars, [])
        exits.check(body, returns, str(name), at)
        first = tuple(ast.Declare(one.name, one.type, None, one.at) for one in named)
        declared_once([first, tuple(body)])
        return ast.Function(str(name), returns, named, body, at)

    def arch(self, c: list[Token]) -> str:
        return "".join(c)

    def parameter(self, c: list[Any]) -> ast.Parameter:
        base, stars, name, dimension = (*c, None) if len(c) == 3 else c
        type_ = declared(outside_init(base), stars, [dimension] if dimension else [])
        return ast.Parameter(str(name), type_, where(name))

    def nameless(self, c: list[Any]) -> ast.Parameter:
        return ast.Parameter("", outside_init(c[0]), (0, 0))

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

    def exit(self, c: list[Any]) -> ast.Exit:
        return ast.Exit(str(c[0]), c[1] if len(c) > 1 else None, where(c[0]))  # type: ignore[arg-type]

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


def _named(parameters: list[ast.Parameter | None], at: Position) -> list[ast.Parameter]:
    """Return what stands in parentheses: nothing, or `void`, or parameters with names."""
    found = [one for one in parameters if one is not None]
    if len(found) == 1 and not found[0].name and found[0].type == ast.Scalar("void"):
        return []
    if any(not one.name for one in found):
        raise Diagnostic("a parameter has no name", at, "P0(u64 *x)")
    return found


def _location(parameter: ast.Parameter) -> ast.Parameter:
    """Return a thread's parameter with the type of the location that it points to."""
    to = parameter.type.to if isinstance(parameter.type, ast.Pointer) else parameter.type
    return replace(parameter, type=to)


def _pointer(parameter: ast.Parameter) -> ast.Parameter:
    """Return a function's parameter with the type that its argument has: C11 6.7.6.3."""
    if isinstance(parameter.type, ast.Array):
        return replace(parameter, type=ast.Pointer(parameter.type.of))
    if isinstance(parameter.type, ast.StructName) or parameter.type == ast.Scalar("void"):
        raise Diagnostic(
            f"`{parameter.name}` is not an integer and no pointer", parameter.at,
            f"give its address: struct s *{parameter.name}",
        )  # fmt: skip
    return parameter
