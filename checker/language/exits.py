"""Where `return`, `break` and `continue` may stand, and whether a function ends with a value."""

from __future__ import annotations

from collections.abc import Sequence

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position

VOID = ast.Scalar("void")


def check(
    body: Sequence[ast.Statement], returns: ast.Type = VOID, name: str = "",
    at: Position | None = None,
) -> None:  # fmt: skip
    """Refuse an exit that leads nowhere; `name` is a function's, and empty for a thread."""
    if not isinstance(returns, (ast.Scalar, ast.Pointer)):
        raise Diagnostic(f"`{name}()` returns a struct", at, "return a pointer, or fill one: *out")
    for one, in_loop in _exits(body, in_loop=False):
        if one.how != "return":
            if not in_loop:
                raise Diagnostic(f"`{one.how}` outside a loop", one.at)
        elif one.value is None and returns != VOID:
            raise Diagnostic(f"`{name}()` returns a value", one.at, "return value;")
        elif one.value is not None and returns == VOID:
            what = f"`{name}()`" if name else "a thread"
            hint = "give it a type: static inline u32 …" if name else "return;"
            raise Diagnostic(f"{what} returns no value", one.at, hint)
    if returns != VOID and _goes_on(body):
        raise Diagnostic(f"`{name}()` may end without a value", at, "end it with return value;")


def _exits(statements: Sequence[ast.Statement], *, in_loop: bool) -> list[tuple[ast.Exit, bool]]:
    """Return the exits in statements, and whether each stands in a loop; bounded by `nesting`."""
    found: list[tuple[ast.Exit, bool]] = []
    for statement in statements:
        match statement:
            case ast.Exit():
                found.append((statement, in_loop))
            case ast.If(_, then, otherwise):
                found += _exits((*then, *otherwise), in_loop=in_loop)
            case ast.Loop(_, body):
                found += _exits(body, in_loop=True)
    return found


def _goes_on(statements: Sequence[ast.Statement]) -> bool:
    """Whether what follows statements may be reached, as far as is seen without running them."""
    for statement in statements:
        match statement:
            case ast.Exit():
                return False
            case ast.If(_, then, otherwise):
                if not _goes_on(then) and not _goes_on(otherwise):
                    return False
            case ast.Loop(ast.Number(value), body) if value:
                if not _left(body, "break"):
                    return False
            case ast.Loop(_, body, _, True):
                if not (_goes_on(body) or _left(body, "break") or _left(body, "continue")):
                    return False
    return True


def _left(statements: Sequence[ast.Statement], how: str) -> bool:
    """Whether a `break` or `continue` of the loop around them stands in statements."""
    for statement in statements:
        match statement:
            case ast.Exit(one):
                if one == how:
                    return True
            case ast.If(_, then, otherwise):
                if _left(then, how) or _left(otherwise, how):
                    return True
    return False
