"""Spinlocks: what taking and dropping one does to memory, whatever the lock looks like inside.

A lock is a word that is 0 while it is free. `spin_lock()` is an atomic update from 0 to 1 with
acquire ordering, and `spin_unlock()` a release store of 0: include/linux/spinlock.h and
Documentation/memory-barriers.txt, LOCK ACQUISITION FUNCTIONS, v6.12. Of an execution in which a
thread waits, only the attempt that succeeds is there: the reads before it are ordered with nothing,
and one in which it waits for ever does not end. Tickets and queues keep more order than this among
those who wait.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import Const, Expression, Free, ReadValue
from checker.lowering import values as c
from checker.lowering.layout import spell
from checker.lowering.values import Address, Integer

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner
    from checker.lowering.operations import Shape

LOCK = ast.Scalar("spinlock_t")

_READ = "spin_is_locked"
"""The operation by which a lock is looked at."""

_FREE = Integer(Const(0, 32), True)
_TAKEN = Integer(Const(1, 32), True)


def operate(run: ThreadRunner, shape: Shape, pointer: ast.Expr, at: Position) -> Integer:
    """Run a call on a lock and return its value; raises Diagnostic where it is no lock."""
    place = run.pointer(pointer, at)
    if place.type != LOCK or place.local:
        raise Diagnostic(f"`{spell(place.type)}` is not a lock", pointer.at, "spinlock_t s;")
    match shape.verb:
        case "lock":
            _lock(run, shape, place, at)
        case "unlock":
            run.put(place, run.raw(_FREE, run.layout.size(LOCK)), shape.operation, at)
        case "trylock":
            return _try(run, shape, place, at)
        case _:
            return c.flag(run.number(run.read(_READ, place, at), LOCK).truth())
    return _FREE


def _lock(run: ThreadRunner, shape: Shape, place: Address, at: Position) -> None:
    size = run.layout.size(LOCK)
    for case in run.cases(place, size, at):
        run.waited |= {run.next_number(at)}  # its own fences stand after the branch too
        number = run.emit(shape.operation, "rmw", case, size, at, run.raw(_TAKEN, size))
        when = ex.binary("and", run.executed, case.when)
        run.holds(when, _is_free(run, number, size))


def _try(run: ThreadRunner, shape: Shape, place: Address, at: Position) -> Integer:
    """Try once: either the lock is free and taken, or it is seen taken, in no particular order.

    A lock is looked at before anything else is done: queued_spin_trylock() in
    include/asm-generic/qspinlock.h, v6.12. An attempt that another thread forestalls is one more
    that fails.
    """
    size, result = run.layout.size(LOCK), list[tuple[Expression, Expression]]()
    for case in run.cases(place, size, at):
        taken = Free(f"lock taken {run.next_number(at)}", 1)
        for way, operation, wanted in ((taken, shape.operation, 1), (ex.invert(taken), _READ, 0)):
            when = replace(case, when=ex.binary("and", case.when, way))
            if wanted:
                run.waited |= {run.next_number(at)}
                number = run.emit(operation, "rmw", when, size, at, run.raw(_TAKEN, size))
            else:
                number = run.emit(operation, "load", when, size, at)
            free = _is_free(run, number, size)
            guard = ex.binary("and", run.executed, when.when)
            run.holds(guard, free if wanted else ex.invert(free))
            result.append((when.when, free))
    succeeded: Expression = ex.FALSE
    for guard, free in result:
        succeeded = ex.choose(guard, free, succeeded)
    return c.flag(succeeded)


def _is_free(run: ThreadRunner, number: int, size: int) -> Expression:
    return ex.invert(run.number(ReadValue(number, 8 * size), LOCK).truth())
