"""The oracle's arithmetic: expressions computed byte by byte."""

from __future__ import annotations

from collections.abc import Callable

from checker.expression import Apply, Const, Expression, ReadValue

BYTEWISE = ("and", "or", "xor", "not", "zext", "trunc", "ite", "swap")
Lane = Callable[[int, int], int]
"""What an operation returned in one byte."""


def nothing_read(operation: int, lane: int) -> int:
    raise AssertionError((operation, lane))


def signed(value: int, bits: int) -> int:
    return value - (value >> (bits - 1) << bits)


def byte(expression: Expression, k: int, lane: Lane) -> int:
    """Compute one byte of an expression, from no more than the bytes of reads it depends on."""
    here = (1 << expression.bits) - 1 >> 8 * k & 0xFF
    match expression:
        case Const(value):
            return value >> 8 * k & here
        case ReadValue(operation):
            return lane(operation, k) & here if here else 0
        case Apply("and", (Const(mask), _) | (_, Const(mask))) if not mask >> 8 * k & 0xFF:
            return 0
        case Apply("and" | "or" | "xor" as op, (a, b)):
            bitwise = {"and": int.__and__, "or": int.__or__, "xor": int.__xor__}[op]
            return bitwise(byte(a, k, lane), byte(b, k, lane))
        case Apply("zext" | "trunc" | "not" as op, (a,)):
            return (byte(a, k, lane) ^ (0xFF if op == "not" else 0)) & here
        case Apply("ite", (condition, yes, no)):
            return byte(yes if number(condition, lane) else no, k, lane)
        case Apply("swap", (a,)):
            last = expression.bits // 8 - 1
            return byte(a, last - k, lane) if k <= last else 0
        case Apply("shl", (a, Const(count))) if count % 8 == 0:
            return byte(a, k - count // 8, lane) & here if k >= count // 8 else 0
        case Apply("lshr", (a, Const(count))) if count % 8 == 0:
            return byte(a, k + count // 8, lane)
    return number(expression, lane) >> 8 * k & here


def number(expression: Expression, lane: Lane) -> int:
    """Compute an expression from what the operations returned."""
    bits = expression.bits
    if not isinstance(expression, Apply) or expression.op in BYTEWISE:
        return sum(byte(expression, k, lane) << 8 * k for k in range((bits + 7) // 8))
    n = expression.args[0].bits
    a, *rest = (number(argument, lane) for argument in expression.args)
    b = rest[0] if rest else 0
    x, y = signed(a, n), signed(b, n)
    quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1) if y else 0
    result = {
        "sext": lambda: x,
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "shl": lambda: a << b if b < n else 0,
        "lshr": lambda: a >> b if b < n else 0,
        "ashr": lambda: x >> min(b, n),
        "udiv": lambda: a // b if b else -1,
        "urem": lambda: a % b if b else a,
        "sdiv": lambda: quotient,
        "srem": lambda: x - y * quotient,
        "eq": lambda: int(a == b),
        "ult": lambda: int(a < b),
        "ule": lambda: int(a <= b),
        "slt": lambda: int(x < y),
        "sle": lambda: int(x <= y),
    }[expression.op]()
    return result & ((1 << bits) - 1)
