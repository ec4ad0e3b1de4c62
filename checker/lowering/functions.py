"""A test's own functions: carried out where they are called, as the compiler does with `inline`.

The call adds nothing of its own, no access and no order. A function's variables are its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import Const
from checker.lowering.values import Address, Integer, Value

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner

VOID = ast.Scalar("void")

RESULT = "return"
"""A function's result, among its variables: a word of C, so that none of them has its name."""


def call(run: ThreadRunner, function: ast.Function, call: ast.Call) -> Value:
    """Run a function's body and return its value; raises Diagnostic where it calls itself."""
    name, at = function.name, call.at
    if any(name == outer for outer, _ in run.frames):
        raise Diagnostic(f"`{name}()` calls itself", at, "write a loop")
    _count(function, call.args, at)
    wanted = function.parameters
    given = [_argument(run, *one) for one in zip(wanted, call.args, strict=True)]
    outer, left, known = run.frames, run.left, set(run.locals)
    run.calls += 1
    run.frames = (*outer, (name, run.calls))
    try:
        for parameter, value in zip(wanted, given, strict=True):
            run.declare(parameter.name, parameter.type)
            run.give(run.local(parameter.name), value, at, fresh=True)
        if function.returns != VOID:
            run.declare(RESULT, function.returns)
        run.block(function.body)
        run.left = run.left.back(left, "function")
        if function.returns == VOID:
            return Integer(Const(0, 32), True)
        return _result(run, known, at)
    finally:
        run.frames = outer
        run.locals = {key: local for key, local in run.locals.items() if key in known}


def leave(run: ThreadRunner, exit: ast.Exit) -> None:
    """Return from a function, or from the thread; its value has been checked to be wanted."""
    if exit.value is not None:
        run.assign(run.local(RESULT), exit.value)
    run.left = run.left.leave("function" if run.frames else "thread", run.left.nothing)


def _argument(run: ThreadRunner, parameter: ast.Parameter, argument: ast.Expr) -> Value:
    value = run.value(argument)
    if isinstance(parameter.type, ast.Pointer):
        return run.cast(parameter.type, value, argument.at)
    return value


def _result(run: ThreadRunner, known: set[str], at: Position) -> Value:
    value = run.load(run.local(RESULT), at)
    if isinstance(value, Address) and value.local and value.base not in known:
        raise Diagnostic("the address of a variable that is gone is returned", at)
    return value


def _count(function: ast.Function, args: tuple[ast.Expr, ...], at: Position) -> None:
    wanted = len(function.parameters)
    if len(args) != wanted:
        plural = "" if wanted == 1 else "s"
        names = ", ".join(one.name for one in function.parameters)
        raise Diagnostic(
            f"{function.name}() takes {wanted} argument{plural}, not {len(args)}", at,
            f"{function.name}({names})",
        )  # fmt: skip
