"""C's integers: constants, promotions, operators, and the bytes of an object."""

from __future__ import annotations

from dataclasses import dataclass

from checker import expression as ex
from checker.diagnostic import Diagnostic, Position
from checker.expression import Const, Expression
from checker.litmus import Number, Type
from checker.value import value

INT = 32


@dataclass(frozen=True)
class Integer:
    """The value of a C expression, as a number of its type's width."""

    value: Expression
    signed: bool

    @property
    def bits(self) -> int:
        """The width of the type."""
        return self.value.bits

    def convert(self, bits: int, signed: bool) -> Integer:
        """Convert to another integer type: C11 6.3.1.3."""
        return Integer(ex.resize(self.value, bits, sign=self.signed), signed)

    def truth(self) -> Expression:
        """Return whether the value differs from zero, in one bit."""
        if isinstance(self.value, ex.Apply) and self.value.op == "zext":
            inner = self.value.args[0]
            if inner.bits == 1:
                return inner
        return ex.invert(ex.binary("eq", self.value, Const(0, self.bits)))


@value
class Element:
    """An element of an array in a location, by an index that was read or computed."""

    location: str
    start: int
    """Where the array begins, in bytes."""
    step: int
    """How many bytes each element has."""
    index: Expression


@value
class Address:
    """A pointer: to bytes of a location, of a local variable, or wherever its number says."""

    base: str
    local: bool
    offset: int
    type: Type
    """What it points to."""
    number: Expression | None = None
    """For a pointer that was read or computed: an address, to which the offset is added. Then there
    is no `base`."""
    exact: bool = True
    """Whether the number is a pointer's that was stored as one, and not computed from it."""
    element: Element | None = None
    """Of which array it is an element, if its number is the address of one."""


Value = Integer | Address


def number(literal: Number, word: int) -> Integer:
    """Return a constant with the type that C11 6.4.4.1 gives it; `word` is the size of `long`."""
    unsigned = "u" in literal.suffix
    length = literal.suffix.count("l")
    long_bits = 8 * word
    widths = [INT, long_bits, 64, 128][length:] if length < 2 else [64, 128]
    for bits in widths:
        if not unsigned and literal.value < 1 << (bits - 1):
            return Integer(Const(literal.value, bits), True)
        if (unsigned or not literal.decimal) and literal.value < 1 << bits:
            return Integer(Const(literal.value, bits), False)
    return Integer(Const(literal.value, 128), False)


def promote(value: Integer) -> Integer:
    """Return an operand after the integer promotions: C11 6.3.1.1."""
    return value if value.bits >= INT else value.convert(INT, signed=True)


def common(left: Integer, right: Integer) -> tuple[Integer, Integer]:
    """Return two operands after the usual arithmetic conversions: C11 6.3.1.8."""
    left, right = promote(left), promote(right)
    bits = max(left.bits, right.bits)
    widest = [v for v in (left, right) if v.bits == bits]
    signed = all(v.signed for v in widest)
    return left.convert(bits, signed), right.convert(bits, signed)


_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor"}


def apply(op: str, left: Integer, right: Integer, at: Position) -> Integer:
    """Apply a C binary operator to two integers; raises Diagnostic for one that is not known."""
    if op in ("<<", ">>"):
        value = promote(left)
        count = ex.resize(right.value, value.bits, sign=False)
        name = "shl" if op == "<<" else "ashr" if value.signed else "lshr"
        return Integer(ex.binary(name, value.value, count), value.signed)
    if op in ("&&", "||"):
        return flag(ex.binary("and" if op == "&&" else "or", left.truth(), right.truth()))
    left, right = common(left, right)
    a, b, prefix = left.value, right.value, "s" if left.signed else "u"
    if op in _ARITHMETIC:
        return Integer(ex.binary(_ARITHMETIC[op], a, b), left.signed)
    match op:
        case "/" | "%":
            name = f"{prefix}{'div' if op == '/' else 'rem'}"
            return Integer(ex.binary(name, a, b), left.signed)
        case "==":
            return flag(ex.binary("eq", a, b))
        case "!=":
            return flag(ex.invert(ex.binary("eq", a, b)))
        case "<":
            return flag(ex.binary(f"{prefix}lt", a, b))
        case ">":
            return flag(ex.binary(f"{prefix}lt", b, a))
        case "<=":
            return flag(ex.binary(f"{prefix}le", a, b))
        case ">=":
            return flag(ex.binary(f"{prefix}le", b, a))
    raise Diagnostic(f"`{op}` is not an operator of the dialect", at)


def flag(condition: Expression) -> Integer:
    """Return a one-bit condition as the `int` that C makes of it."""
    return Integer(ex.resize(condition, INT, sign=False), True)


def part(value: Expression, offset: int, size: int) -> Expression:
    """Return `size` bytes of an object in memory order, from `offset` on."""
    if offset == 0 and 8 * size == value.bits:
        return value
    shifted = ex.binary("lshr", value, Const(8 * offset, value.bits)) if offset else value
    return ex.resize(shifted, 8 * size, sign=False)


def replace(value: Expression, offset: int, piece: Expression) -> Expression:
    """Return an object in memory order with some of its bytes replaced."""
    if offset == 0 and piece.bits == value.bits:
        return piece
    mask = ((1 << piece.bits) - 1) << (8 * offset)
    kept = ex.binary("and", value, Const(~mask & ((1 << value.bits) - 1), value.bits))
    moved = ex.binary(
        "shl", ex.resize(piece, value.bits, sign=False), Const(8 * offset, value.bits)
    )
    return ex.binary("or", kept, moved)
