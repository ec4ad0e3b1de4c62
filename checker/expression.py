"""Bit-vector expressions over what read operations returned.

A value in a `Program` is one of these: the lowering builds them, the model turns them into solver
terms, and a witness evaluates them to numbers. Every expression has a fixed width in bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Const:
    """A number known before the program runs."""

    value: int
    bits: int


@dataclass(frozen=True)
class ReadValue:
    """What a read operation returned; `operation` is its number in the program."""

    operation: int
    bits: int


@dataclass(frozen=True)
class Free:
    """A number that the environment chooses: an execution may have any that is asked of it."""

    name: str
    bits: int


@dataclass(frozen=True)
class Apply:
    """An operator applied to expressions; a comparison has one bit."""

    op: str
    args: tuple[Expression, ...]
    bits: int


Expression = Const | ReadValue | Free | Apply

TRUE = Const(1, 1)
FALSE = Const(0, 1)


def signed(value: int, bits: int) -> int:
    """Read `bits` bits as a two's complement number."""
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _divide(a: int, b: int) -> int:
    quotient = abs(a) // abs(b) if b else 0
    return quotient if (a < 0) == (b < 0) else -quotient


BINARY: dict[str, Callable[[int, int, int], int]] = {
    "add": lambda a, b, n: a + b,
    "sub": lambda a, b, n: a - b,
    "mul": lambda a, b, n: a * b,
    "and": lambda a, b, n: a & b,
    "or": lambda a, b, n: a | b,
    "xor": lambda a, b, n: a ^ b,
    "shl": lambda a, b, n: a << b if b < n else 0,
    "lshr": lambda a, b, n: a >> b if b < n else 0,
    "ashr": lambda a, b, n: signed(a, n) >> min(b, n),
    "udiv": lambda a, b, n: a // b if b else (1 << n) - 1,
    "urem": lambda a, b, n: a % b if b else a,
    "sdiv": lambda a, b, n: _divide(signed(a, n), signed(b, n)),
    "srem": lambda a, b, n: (
        signed(a, n) - signed(b, n) * _divide(signed(a, n), signed(b, n)) if b else a
    ),
    "eq": lambda a, b, n: int(a == b),
    "ult": lambda a, b, n: int(a < b),
    "ule": lambda a, b, n: int(a <= b),
    "slt": lambda a, b, n: int(signed(a, n) < signed(b, n)),
    "sle": lambda a, b, n: int(signed(a, n) <= signed(b, n)),
}
"""What each binary operator computes, given the width in bits of its operands."""

PREDICATES = frozenset({"eq", "ult", "ule", "slt", "sle"})


def binary(op: str, a: Expression, b: Expression) -> Expression:
    """Apply a binary operator to two expressions of the same width."""
    bits = 1 if op in PREDICATES else a.bits
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(BINARY[op](a.value, b.value, a.bits) & ((1 << bits) - 1), bits)
    if bits == 1 and op in ("and", "or"):
        return _connective(op, a, b)
    return Apply(op, (a, b), bits)


def _connective(op: str, a: Expression, b: Expression) -> Expression:
    neutral, absorbing = (TRUE, FALSE) if op == "and" else (FALSE, TRUE)
    if absorbing in (a, b):
        return absorbing
    if neutral in (a, b):
        return b if a == neutral else a
    return a if a == b else Apply(op, (a, b), 1)


def invert(a: Expression) -> Expression:
    """Return the bitwise complement; of one bit, the negation."""
    if isinstance(a, Const):
        return Const(~a.value & ((1 << a.bits) - 1), a.bits)
    if isinstance(a, Apply) and a.op == "not":
        return a.args[0]
    return Apply("not", (a,), a.bits)


def choose(condition: Expression, yes: Expression, no: Expression) -> Expression:
    """Return `yes` where the one-bit condition holds, else `no`."""
    if isinstance(condition, Const):
        return yes if condition.value else no
    return yes if yes == no else Apply("ite", (condition, yes, no), yes.bits)


def resize(a: Expression, bits: int, *, sign: bool) -> Expression:
    """Widen (with the sign, or with zeros) or truncate to `bits` bits."""
    if bits == a.bits:
        return a
    if isinstance(a, Const):
        value = signed(a.value, a.bits) if sign else a.value
        return Const(value & ((1 << bits) - 1), bits)
    return Apply(("sext" if sign else "zext") if bits > a.bits else "trunc", (a,), bits)


def swap(a: Expression) -> Expression:
    """Return a value of whole bytes with its bytes in the opposite order."""
    if a.bits == 8:
        return a
    if isinstance(a, Const):
        return Const(_swapped(a.value, a.bits), a.bits)
    if isinstance(a, Apply) and a.op == "swap":
        return a.args[0]
    return Apply("swap", (a,), a.bits)


def _swapped(value: int, bits: int) -> int:
    return int.from_bytes(value.to_bytes(bits // 8, "little"), "big")


def given(a: Expression, facts: frozenset[Expression]) -> Expression:
    """Return an expression as it is where some conditions hold."""
    if a in facts:
        return TRUE
    if not isinstance(a, Apply):
        return a
    if invert(a) in facts:
        return FALSE
    args = tuple(given(one, facts) for one in a.args)
    if args == a.args:
        return a
    match a.op:
        case "ite":
            return choose(*args)
        case "not":
            return invert(args[0])
        case "zext" | "sext" | "trunc":
            return resize(args[0], a.bits, sign=a.op == "sext")
        case "swap":
            return swap(args[0])
        case op:
            return binary(op, *args)


def conjuncts(condition: Expression) -> Iterator[Expression]:
    """Yield the parts of a condition that hold wherever it does."""
    if isinstance(condition, Apply) and condition.op == "and" and condition.bits == 1:
        for one in condition.args:
            yield from conjuncts(one)
    else:
        yield condition


def reads_of(expression: Expression) -> Iterator[int]:
    """Yield the number of every read operation an expression depends on."""
    if isinstance(expression, ReadValue):
        yield expression.operation
    elif isinstance(expression, Apply):
        for argument in expression.args:
            yield from reads_of(argument)


def evaluate(
    expression: Expression, read: Callable[[int], int], chosen: Callable[[Free], int]
) -> int:
    """Compute an expression, given what each read returned and what the environment chose."""
    if isinstance(expression, Const):
        return expression.value
    mask = (1 << expression.bits) - 1
    if isinstance(expression, ReadValue):
        return read(expression.operation) & mask
    if isinstance(expression, Free):
        return chosen(expression) & mask
    args = expression.args
    if expression.op == "ite":
        taken = args[1] if evaluate(args[0], read, chosen) else args[2]
        return evaluate(taken, read, chosen)
    first = evaluate(args[0], read, chosen)
    match expression.op:
        case "not":
            return ~first & mask
        case "zext" | "trunc":
            return first & mask
        case "sext":
            return signed(first, args[0].bits) & mask
        case "swap":
            return _swapped(first, expression.bits)
        case op:
            return BINARY[op](first, evaluate(args[1], read, chosen), args[0].bits) & mask


def computed(expression: Expression) -> int:
    """Compute an expression of constants."""
    return evaluate(expression, _no_read, _no_choice)


def _no_read(operation: int) -> int:
    raise ValueError(f"the result of operation {operation} is not a constant")


def _no_choice(free: Free) -> int:
    raise ValueError(f"{free.name} is not a constant")


def larger(expression: Expression, limit: int) -> bool:
    """Whether an expression, written out, has more than `limit` operators; stops counting there."""
    count, waiting = 0, [expression]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Apply):
            count += 1
            if count > limit:
                return True
            waiting += one.args
    return False


def highest(value: Expression) -> int:
    """Return a number that a value, read as unsigned, is never above."""
    most = (1 << value.bits) - 1
    match value:
        case Const(number):
            return number
        case Apply("and", args):
            return min(map(highest, args))
        case Apply("ite", (_, yes, no)):
            return max(highest(yes), highest(no))
        case Apply("urem", (_, Const(by))) if by:
            return by - 1
        case Apply("lshr", (inner, Const(by))):
            return highest(inner) >> by
        case Apply("add", args):
            total = sum(map(highest, args))
            return total if total <= most else most
        case Apply("sext", (inner,)) if not highest(inner) >> (inner.bits - 1):
            return highest(inner)
        case Apply("zext" | "trunc", (inner,)):
            return min(most, highest(inner))
    return most
