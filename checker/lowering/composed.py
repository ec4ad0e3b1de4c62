"""Operations that are made of others: macros of the kernel, written in the dialect in the data.

`does` in operations.toml is a block of statements. Its arguments are put in for their names, as a
macro's are; the value of its last statement is that of the call. `await(condition)` is a word of
these blocks alone: of a thread that waits there is only the attempt at which the condition holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from checker import litmus as ast
from checker.arch.folders import remembered
from checker.diagnostic import Position
from checker.expression import Const
from checker.lowering import select
from checker.lowering.values import Integer, Value
from checker.program import Layer

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner
    from checker.lowering.operations import Shape

_NOTHING = Integer(Const(0, 32), True)

_LAYERS: tuple[Layer, ...] = ("contract", "code")


def made_of_others(run: ThreadRunner, shape: Shape) -> bool:
    """Whether an operation is a composition on the architecture that a thread runs on."""
    target = run.layout.target
    own = (select.written(shape.operation, target, layer) for layer in _LAYERS)
    return bool(shape.does) and not any(own)


def operate(run: ThreadRunner, shape: Shape, args: Mapping[str, ast.Expr], at: Position) -> Value:
    """Run what an operation is made of, and return its value."""
    body = _statements(shape.does)
    inside = {
        one.name: f"{one.name} {at[0]}:{at[1]}" for one in body if isinstance(one, ast.Declare)
    }
    names = {name: ast.Name(other, at) for name, other in inside.items()}
    result: Value = _NOTHING
    for statement in _put_in(body, {**args, **names}, at):
        match statement:
            case ast.Declare(name):
                run.statement(replace(statement, name=inside[name]))
            case ast.Evaluate(ast.Call("await", (condition,))):
                wait(run, condition)
            case ast.Evaluate(expr):
                result = run.value(expr)
            case _:
                run.statement(statement)
    for name in inside.values():
        run.locals.pop(run.key(name), None)
    return result


def wait(run: ThreadRunner, condition: ast.Expr) -> None:
    """Go on only where a condition holds: the attempts at which it did not order nothing.

    An execution without them is one of the code's too, in which the first attempt succeeds.
    """
    holds = run.integer(condition).truth()
    run.waited |= run.depends(holds)
    run.holds(run.executed, holds)


@remembered
def _statements(text: str) -> tuple[ast.Statement, ...]:
    from checker.language import parse

    test = parse(f"C operation\n{{}}\nP0()\n{{\n{text}\n}}\nexists true\n".encode())
    return test.threads[0].body


def _put_in(node: Any, names: Mapping[str, ast.Expr], at: Position) -> Any:
    """Return a piece of a block with expressions in place of names, all at one position."""
    if isinstance(node, ast.Name) and node.name in names:
        return names[node.name]
    if isinstance(node, tuple):
        return tuple(_put_in(one, names, at) for one in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changed = {
        one.name: at if one.name == "at" else _put_in(getattr(node, one.name), names, at)
        for one in fields(node)
    }
    return replace(node, **changed)
