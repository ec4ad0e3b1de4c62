"""A barrier between two statements of a C test."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import fields, is_dataclass, replace
from typing import Any

from checker import litmus as ast
from checker.diagnostic import Position
from checker.lowering.operations import BARRIERS

BARRIER = "smp_mb"


def with_barrier(test: ast.Test, touched: Set[Position]) -> Iterator[tuple[Position, ast.Test]]:
    """Yield a test with a full barrier before each statement that is not the first of its block.

    Only where both statements beside it stand for operations: `touched` says where these are. With
    it comes the position of the statement before which it stands.
    """
    for index, thread in enumerate(test.threads):
        for at, body in _blocks(thread.body, touched):
            threads = list(test.threads)
            threads[index] = replace(thread, body=body)
            yield at, replace(test, threads=tuple(threads))


Block = tuple[ast.Statement, ...]


def _blocks(block: Block, touched: Set[Position]) -> Iterator[tuple[Position, Block]]:
    """Yield a block with a barrier at each place in it, or in one of the blocks in it."""
    for number, statement in enumerate(block):
        own = _operations(statement, touched)
        before = any(_operations(one, touched) for one in block[:number])
        if own and before and not _is_barrier(statement) and not _is_barrier(block[number - 1]):
            at = min(own)
            barrier = ast.Evaluate(ast.Call(BARRIER, (), at))
            yield at, (*block[:number], barrier, *block[number:])
        for name in ("then", "otherwise", "body"):
            for at, inner in _blocks(getattr(statement, name, ()), touched):
                changed: Any = {name: inner}
                yield at, (*block[:number], replace(statement, **changed), *block[number + 1 :])


def _operations(part: object, touched: Set[Position]) -> set[Position]:
    """Return where the operations in a part of a test stand."""
    if isinstance(part, tuple):
        return set().union(*(_operations(one, touched) for one in part))
    if not is_dataclass(part):
        return set()
    found: set[Position] = set()
    for one in fields(part):
        found |= _operations(getattr(part, one.name), touched)
    at: Position = getattr(part, "at", (0, 0))
    return found | {at} if at in touched else found


def _is_barrier(statement: ast.Statement) -> bool:
    return (
        isinstance(statement, ast.Evaluate)
        and isinstance(statement.expr, ast.Call)
        and statement.expr.name in BARRIERS
    )
