"""Calls of the kernel's interface: from arguments to operations on shared memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import TRUE, Const, Expression
from checker.lowering import bits, composed, faults, locks, updates
from checker.lowering import values as c
from checker.lowering.draft import Draft
from checker.lowering.layout import spell
from checker.lowering.operations import BARRIERS, Shape, not_modelled, shape
from checker.lowering.select import Known, unknown_operation
from checker.lowering.values import Address, Integer, Value

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner

MAX_COPY = 4096

Arguments = Mapping[str, ast.Expr]

_SUCCESS = Integer(Const(0, 32), True)

_CONVERSIONS = {
    name: (bits, kind == "be")
    for bits in (16, 32, 64)
    for kind in ("le", "be")
    for name in (f"cpu_to_{kind}{bits}", f"{kind}{bits}_to_cpu")
}
"""Byte-order helpers of the kernel: width in bits, and whether the other side is big-endian."""


def call(run: ThreadRunner, expr: ast.Call) -> Value:
    """Run a call and return its value; raises Diagnostic where it has no meaning here."""
    name, args, at = expr.name, expr.args, expr.at
    if name in BARRIERS:
        _count(name, args, (), at)
        number = run.next_number(at)
        run.state.drafts.append(Draft(number, run.thread, name, "fence", at, guard=run.executed))
        return _SUCCESS
    if name in ("likely", "unlikely"):
        _count(name, args, ("condition",), at)
        return run.integer(args[0])
    if name in _CONVERSIONS:
        _count(name, args, ("value",), at)
        bits, big = _CONVERSIONS[name]
        value = run.integer(args[0]).convert(bits, signed=False)
        same = big == run.layout.big_endian
        return value if same else Integer(ex.swap(value.value), False)
    known = shape(name)
    if known is None:
        raise _unknown(name, at)
    _count(name, args, known.roles, at)
    outer = (run.spelled, run.side, run.user_side)
    run.spelled, run.user_side = name, known.user_side
    try:
        return _operate(run, known, dict(zip(known.roles, args, strict=True)), at)
    finally:
        run.spelled, run.side, run.user_side = outer


def _count(name: str, args: tuple[ast.Expr, ...], roles: tuple[str, ...], at: Position) -> None:
    """Refuse a call with another number of arguments than it takes."""
    if len(args) != len(roles):
        plural = "" if len(roles) == 1 else "s"
        raise Diagnostic(
            f"{name}() takes {len(roles)} argument{plural}, not {len(args)}", at,
            f"{name}({', '.join(roles)})",
        )  # fmt: skip


def _unknown(name: str, at: Position) -> Diagnostic:
    why = not_modelled(name)
    if why:
        return Diagnostic(f"`{name}()` is not modelled", at, why)
    problem = unknown_operation(name)
    problem.at = at
    return problem


def _operate(run: ThreadRunner, shape: Shape, args: Arguments, at: Position) -> Value:
    if composed.made_of_others(run, shape):
        return composed.operate(run, shape, args, at)
    match shape.verb:
        case "copy" | "copy_guest":
            return _copy(run, shape, args, at)
        case "fill":
            return _fill(run, shape, args, at)
        case "exchange" | "compare_exchange" | "update":
            return updates.modify(run, shape, _place(run, args, at), args, at)
        case "try" | "try_user":
            return updates.attempt(run, shape, _place(run, args, at), args, at)
        case "bit" | "bit_plain" | "bit_read":
            known = Known(constant=_is_constant(args["bit"]))
            return bits.operate(run, shape, args, known, at)
        case "put_guest":
            # __kvm_put_guest() takes the width from typeof(v): include/linux/kvm_host.h, v6.12.
            value = run.integer(args["value"])
            place = run.pointer(args["pointer"], at)
            run.put(place, run.raw(value, value.bits // 8), shape.operation, at)
            return outcome(run, shape, value.bits // 8)
        case "put" | "write":
            place = _place(run, args, at)
            value = run.stored(args["value"], place.type)
            run.put(place, run.raw(value, run.layout.size(place.type)), shape.operation, at)
            return outcome(run, shape, run.layout.size(place.type))
        case "get" | "get_guest":
            return _get(run, shape, args, at)
        case "read":
            place = _place(run, args, at)
            if place.local:
                return run.load(place, at)
            return run.valued(run.read(shape.operation, place, at), place.type)
        case "lock" | "trylock" | "unlock" | "held":
            return locks.operate(run, shape, args["pointer"], at)
    return _SUCCESS


def _get(run: ThreadRunner, shape: Shape, args: Arguments, at: Position) -> Integer:
    """Read a user value; where that faults the target is zero: arch/*/include/asm/uaccess.h."""
    place = _place(run, args, at)
    raw = run.read(shape.operation, place, at)
    succeeded = _succeeded(run, raw.bits // 8)
    raw = ex.choose(succeeded, raw, Const(0, raw.bits))
    target, result = run.lvalue(args["target"]), outcome(run, shape, raw.bits // 8)
    read = run.number(raw, place.type)
    run.user_side = None
    held = run.converted(read, target.type)
    run.put(target, run.raw(held, run.layout.size(target.type)), "plain-write", at)
    return result


def _place(run: ThreadRunner, args: Arguments, at: Position) -> Address:
    """Return the place a single operation is about; raises Diagnostic where it is no integer."""
    if "lvalue" in args:
        place, where = run.lvalue(args["lvalue"]), args["lvalue"].at
    else:
        place, where = run.pointer(args["pointer"], at), args["pointer"].at
    run.no_lock(place.type, where)
    if run.layout.is_integer(place.type) or isinstance(place.type, ast.Pointer):
        return place
    raise Diagnostic(f"`{spell(place.type)}` is not an integer", where, "name a field, or cast")


def _length(run: ThreadRunner, expr: ast.Expr, at: Position) -> int:
    size = run.known(run.integer(expr), at)
    if not 0 < size <= MAX_COPY:
        raise Diagnostic(f"a length of {size} bytes", expr.at, f"1 to {MAX_COPY} are possible")
    return size


def _copy(run: ThreadRunner, shape: Shape, args: Arguments, at: Position) -> Integer:
    size = _length(run, args["size"], at)
    to, source = run.pointer(args["to"], at), run.pointer(args["from"], at)
    constant = shape.verb == "copy" and _is_constant(args["size"])
    result = _SUCCESS
    if source.local:
        raw = run.bytes_of(source, args["from"].at, size)
    else:
        run.side = Known(source=run.alignment(to), constant=constant)
        raw = run.read(shape.operation, source, args["from"].at, size)
        if run.state.drafts[-1].faults:
            raw, result = _arrived(run, shape, raw, to, at), outcome(run, shape, size)
    run.side = Known(source=run.alignment(source), constant=constant)
    run.put(to, raw, shape.operation, args["to"].at)
    return result if source.local is False else outcome(run, shape, size)


def _arrived(
    run: ThreadRunner, shape: Shape, raw: Expression, to: Address, at: Position
) -> Expression:
    """Return what a copy from user memory leaves in a local variable where it may fault.

    copy_from_user() clears what did not arrive (include/linux/uaccess.h, v6.12); others leave it.
    """
    if not to.local:
        raise Diagnostic(
            "a copy from user memory that may fault needs a local variable to go to", at
        )
    size, count = raw.bits // 8, faults.moved(run.state.drafts[-1].number)
    kept = Const(0, raw.bits) if shape.clears else run.bytes_of(to, at, size)
    arrived = raw
    for came in range(size):
        mixed = c.replace(kept, 0, c.part(raw, 0, came)) if came else kept
        arrived = ex.choose(ex.binary("eq", count, Const(came, count.bits)), mixed, arrived)
    return arrived


# --- faults ---------------------------------------------------------------------------------------


def _succeeded(run: ThreadRunner, size: int) -> Expression:
    """Return whether the operation just made has moved all its bytes."""
    draft = run.state.drafts[-1] if run.state.drafts else None
    return faults.complete(draft.number, size) if draft and draft.faults else TRUE


def outcome(run: ThreadRunner, shape: Shape, size: int) -> Integer:
    """Return what a call returns for the operation just made; the thread may end with it."""
    draft = run.state.drafts[-1] if run.state.drafts else None
    if draft is None or not draft.faults:
        return _SUCCESS
    succeeded = faults.complete(draft.number, size)
    if draft.dies:
        run.ends(ex.binary("and", draft.guard, faults.died(draft.number)))
    if shape.returns == "label":
        run.ends(ex.binary("and", draft.guard, ex.invert(succeeded)))
        return _SUCCESS
    if shape.returns == "left":
        left = ex.binary("sub", Const(size, faults.BITS), faults.moved(draft.number))
        return Integer(left, False).convert(8 * run.layout.word, False)
    failed = Const(faults.EFAULT & 0xFFFFFFFF, 32)
    return Integer(ex.choose(succeeded, Const(0, 32), failed), True)


def _is_constant(expr: ast.Expr) -> bool:
    """Whether a compiler sees the value of a size: of one that is written as a number."""
    match expr:
        case ast.Number() | ast.SizeOf():
            return True
        case ast.Binary(_, left, right):
            return _is_constant(left) and _is_constant(right)
        case ast.Cast(_, of):
            return _is_constant(of)
    return False


def _fill(run: ThreadRunner, shape: Shape, args: Arguments, at: Position) -> Integer:
    size = _length(run, args["size"], at)
    byte = run.integer(args["byte"]).convert(8, signed=False)
    raw: Expression = Const(0, 8 * size)
    for offset in range(size):
        raw = c.replace(raw, offset, byte.value)
    run.side = Known(constant=_is_constant(args["size"]))
    run.put(run.pointer(args["to"], at), raw, shape.operation, at)
    return _SUCCESS
