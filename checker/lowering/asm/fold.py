"""Expressions made small: what is known before the program runs is computed while it is drawn.

Every identity here holds for all values of the operands; dependencies are kept elsewhere.
"""

from __future__ import annotations

from checker import expression as ex
from checker.expression import FALSE, TRUE, Apply, Const, Expression

MANY = 64
"""Sets of possible numbers are followed up to this size."""


def binary(op: str, a: Expression, b: Expression) -> Expression:
    """Apply a binary operator to two expressions of the same width."""
    if isinstance(a, Const):
        if isinstance(b, Const):
            return ex.binary(op, a, b)
        if op in ("add", "mul", "and", "or", "xor", "eq"):
            a, b = b, a
    if isinstance(b, Const):
        found = _with_constant(op, a, b)
        if found is not None:
            return found
    elif a == b:
        found = _with_itself(op, a)
        if found is not None:
            return found
    if a.bits == 1 and op in ("and", "or"):
        return _connective(op, a, b)
    return ex.binary(op, a, b)


def _with_constant(op: str, a: Expression, b: Const) -> Expression | None:
    """Return what an operator yields with a constant on its right, where that is simpler."""
    ones = (1 << b.bits) - 1
    match op:
        case "add" | "sub" | "xor" | "or" | "shl" | "lshr" | "ashr" if b.value == 0:
            return a
        case "and" | "mul" if b.value == 0:
            return b
        case "or" if not _mask(a) & ~b.value:
            return b
        case "and" if not _mask(a) & ~b.value:
            return a
        case "and" if not _mask(a) & b.value:
            return Const(0, b.bits)
        case "mul" | "udiv" if b.value == 1 and b.bits > 1:
            return a
        case "xor" if b.value == ones:
            return ex.invert(a)
        case "add" if isinstance(a, Apply) and a.op == "add" and isinstance(a.args[1], Const):
            return binary("add", a.args[0], ex.binary("add", a.args[1], b))
        case "sub":
            return binary("add", a, Const(-b.value & ones, b.bits))
        case "eq":
            return _equals(a, b)
        case "ult" if b.value == 0:
            return FALSE
    return None


def _mask(a: Expression) -> int:
    """Return the bits of a number that can be set."""
    if isinstance(a, Const):
        return a.value
    if isinstance(a, Apply):
        match a.op, a.args:
            case "zext", (inner,):
                return _mask(inner)
            case "and", (first, second):
                return _mask(first) & _mask(second)
            case (("or" | "xor"), (first, second)):
                return _mask(first) | _mask(second)
            case "ite", (_, yes, no):
                return _mask(yes) | _mask(no)
    return (1 << a.bits) - 1


def _with_itself(op: str, a: Expression) -> Expression | None:
    match op:
        case "xor" | "sub":
            return Const(0, a.bits)
        case "and" | "or":
            return a
        case "eq" | "ule" | "sle":
            return TRUE
        case "ult" | "slt":
            return FALSE
    return None


def _equals(a: Expression, b: Const) -> Expression | None:
    if a.bits == 1:
        return a if b.value else ex.invert(a)
    if not isinstance(a, Apply):
        return None
    match a.op:
        case "zext" | "sext":
            inner = a.args[0]
            low = Const(b.value & ((1 << inner.bits) - 1), inner.bits)
            back = ex.resize(low, b.bits, sign=a.op == "sext")
            return binary("eq", inner, low) if back == b else FALSE
        case "add" if isinstance(a.args[1], Const):
            return binary("eq", a.args[0], ex.binary("sub", b, a.args[1]))
        case "xor" if isinstance(a.args[1], Const):
            return binary("eq", a.args[0], ex.binary("xor", b, a.args[1]))
        case "ite":
            condition, yes, no = a.args
            if isinstance(yes, Const) and isinstance(no, Const):
                return choose(condition, binary("eq", yes, b), binary("eq", no, b))
    return None


def _connective(op: str, a: Expression, b: Expression) -> Expression:
    """Join two conditions; `x and c` or `x and not c` is `x`."""
    if a == ex.invert(b):
        return FALSE if op == "and" else TRUE
    if op == "or":
        both, others = _parts(a), _parts(b)
        if len(both) == len(others):
            left = [one for one in both if one not in others]
            right = [one for one in others if one not in both]
            if len(left) == len(right) == 1 and left[0] == ex.invert(right[0]):
                found: Expression = TRUE
                for one in both:
                    if one != left[0]:
                        found = ex.binary("and", found, one)
                return found
    return ex.binary(op, a, b)


def _parts(a: Expression) -> list[Expression]:
    """Return what a conjunction joins."""
    if isinstance(a, Apply) and a.op == "and" and a.bits == 1:
        return _parts(a.args[0]) + _parts(a.args[1])
    return [a]


def choose(condition: Expression, yes: Expression, no: Expression) -> Expression:
    """Return `yes` where the one-bit condition holds, else `no`."""
    if yes.bits == 1 and isinstance(yes, Const) and isinstance(no, Const) and yes != no:
        return condition if yes.value else ex.invert(condition)
    return ex.choose(condition, yes, no)


def resize(a: Expression, bits: int, *, sign: bool) -> Expression:
    """Widen (with the sign, or with zeros) or truncate to `bits` bits."""
    if bits < a.bits and isinstance(a, Apply):
        match a.op:
            case "zext" | "sext":
                inner = a.args[0]
                return resize(inner, bits, sign=a.op == "sext")
            case "and" | "or" | "xor" | "add" | "sub" | "mul":
                first, second = a.args
                return binary(
                    a.op, resize(first, bits, sign=False), resize(second, bits, sign=False)
                )
            case "not":
                return ex.invert(resize(a.args[0], bits, sign=False))
            case "ite":
                condition, yes, no = a.args
                small = resize(yes, bits, sign=False), resize(no, bits, sign=False)
                return choose(condition, *small)
            case "trunc":
                return ex.resize(a.args[0], bits, sign=False)
    again = isinstance(a, Apply) and (a.op == "zext" or (a.op == "sext" and sign))
    if bits > a.bits and again and isinstance(a, Apply):
        return ex.resize(a.args[0], bits, sign=a.op == "sext")
    return ex.resize(a, bits, sign=sign)


# --- possible numbers -----------------------------------------------------------------------------


def numbers(a: Expression) -> frozenset[int] | None:
    """Return a set that holds every number an expression can be, or None where it is too large."""
    if isinstance(a, Const):
        return frozenset((a.value,))
    if a.bits == 1:
        return frozenset((0, 1))
    if not isinstance(a, Apply):
        return None
    mask = (1 << a.bits) - 1
    match a.op:
        case "ite":
            return _union(numbers(a.args[1]), numbers(a.args[2]))
        case "zext" | "trunc" | "not" | "sext":
            inner = numbers(a.args[0])
            if inner is None:
                return None
            if a.op == "sext":
                return frozenset(ex.signed(one, a.args[0].bits) & mask for one in inner)
            return frozenset((~one if a.op == "not" else one) & mask for one in inner)
        case "swap":
            inner = numbers(a.args[0])
            swapped = (ex.swap(Const(one, a.bits)) for one in inner or ())
            return None if inner is None else frozenset(ex.computed(one) for one in swapped)
        case "and" if isinstance(a.args[1], Const) and a.args[1].value.bit_count() <= 6:
            return frozenset(_submasks(a.args[1].value))
    first, second = numbers(a.args[0]), numbers(a.args[1])
    if first is None or second is None or len(first) * len(second) > MANY * MANY:
        return None
    operator, bits = ex.BINARY[a.op], a.args[0].bits
    found = frozenset(operator(x, y, bits) & mask for x in first for y in second)
    return found if len(found) <= MANY else None


def _union(a: frozenset[int] | None, b: frozenset[int] | None) -> frozenset[int] | None:
    if a is None or b is None or len(a | b) > MANY:
        return None
    return a | b


def _submasks(mask: int) -> list[int]:
    found, one = [0], mask
    while one:
        found.append(one)
        one = (one - 1) & mask
    return found
