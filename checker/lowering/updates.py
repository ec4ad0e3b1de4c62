"""Atomic updates: a read and a write of one operation, and what the call returns.

Documentation/atomic_t.txt, v6.12. Those that compare write where the comparison holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import TRUE, Const, Expression, ReadValue
from checker.lowering import faults, orders
from checker.lowering import values as c
from checker.lowering.values import Address, Integer, Value

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner
    from checker.lowering.operations import Shape

_ONE = Integer(Const(1, 32), True)


def update(
    run: ThreadRunner, operation: str, place: Address, at: Position,
    after: Callable[[Integer], Integer], stores_if: Callable[[Integer], Expression] | None = None,
) -> Expression:  # fmt: skip
    """Add an update of a place and return the bytes that it read.

    `after` says what it stores for what it read, `stores_if` whether it does.
    """
    if place.local:
        raise Diagnostic("an atomic operation on a local variable", at)
    size, found = run.layout.size(place.type), list[tuple[Expression, ReadValue]]()
    for case in run.cases(place, size, at):
        raw = ReadValue(run.next_number(at), 8 * size)
        old = run.number(raw, place.type)
        happens = stores_if(old) if stores_if else TRUE
        if orders.branches(run.spelled, run.layout.target):
            run.waited |= {raw.operation}
        run.emit(operation, "rmw", case, size, at, run.raw(after(old), size), happens)
        found.append((case.when, raw))
    return run.result(found, 8 * size)


def modify(
    run: ThreadRunner, shape: Shape, place: Address, args: Mapping[str, ast.Expr], at: Position
) -> Value:
    """Exchange, compare and exchange, or apply an operator; return what the call does."""
    size, signed = run.layout.size(place.type), run.layout.is_signed(place.type)
    given = run.stored(args["value"], place.type) if "value" in args else _ONE
    operand = given.convert(8 * size, signed)
    expected = run.integer(args["old"]).convert(8 * size, signed) if "old" in args else None

    def after(old: Integer) -> Integer:
        return operand if shape.verb != "update" else apply(shape.update, old, operand, at)

    def equal(old: Integer) -> Expression:
        return ex.binary("eq", old.value, expected.value) if expected else TRUE

    raw = update(run, shape.operation, place, at, after, equal)
    match shape.result:
        case "new":
            return after(run.number(raw, place.type))
        case "zero":
            return c.flag(ex.invert(after(run.number(raw, place.type)).truth()))
        case _:
            return run.valued(raw, place.type)


def attempt(
    run: ThreadRunner, shape: Shape, place: Address, args: Mapping[str, ast.Expr], at: Position
) -> Integer:
    """Compare with what `oldp` points to and exchange; where they differ `oldp` gets what was read.

    include/linux/atomic/atomic-arch-fallback.h raw_try_cmpxchg(); of user memory,
    arch/x86/include/asm/uaccess.h __try_cmpxchg_user(), which returns 0 where it has exchanged, 1
    where the two differ, and -EFAULT: v6.12.
    """
    held = run.pointer(args["oldp"], at)
    bits, signed = 8 * run.layout.size(place.type), run.layout.is_signed(place.type)
    before = run.load(held, at)
    if isinstance(before, Address):
        before = run.address_value(before, at)
    expected = before.convert(bits, signed)
    wanted = run.stored(args["value"], place.type).convert(bits, signed)

    def equal(old: Integer) -> Expression:
        return ex.binary("eq", old.value, expected.value)

    raw = update(run, shape.operation, place, at, lambda _: wanted, equal)
    came = faults.came(run.state.drafts[-1:], bits // 8)
    found = run.number(raw, place.type)
    same = equal(found)
    run.user_side = None

    def report() -> None:
        run.put(held, run.raw(found, run.layout.size(held.type)), "plain-write", at)

    run.branch(ex.binary("or", same, ex.invert(came)), lambda: None, report)
    if shape.verb == "try":
        return c.flag(same)
    failed = Const(faults.EFAULT & 0xFFFFFFFF, c.INT)
    return Integer(ex.choose(came, c.flag(ex.invert(same)).value, failed), True)


def apply(operator: str, old: Integer, operand: Integer, at: Position) -> Integer:
    """Apply a C operator to what an update read, in the width of that."""
    if operator == "&~":
        return apply("&", old, Integer(ex.invert(operand.value), operand.signed), at)
    return c.apply(operator, old, operand, at).convert(old.bits, old.signed)
