"""C's integers, against Python's: operators, conversions, bytes, and the types of constants."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import expression as ex
from checker.expression import Const, ReadValue
from checker.language import parse
from checker.litmus import Number
from checker.lowering import values as c
from checker.lowering.values import Integer
from tests.inputs import computed, litmus


@dataclass(frozen=True)
class Typed:
    """A value of a C integer type: what the standard speaks of, in Python's numbers."""

    value: int
    bits: int
    signed: bool

    def convert(self, bits: int, signed: bool) -> Typed:
        value = self.value % (1 << bits)
        if signed and value >= 1 << (bits - 1):
            value -= 1 << bits
        return Typed(value, bits, signed)

    def promote(self) -> Typed:
        return self if self.bits >= 32 else self.convert(32, True)


@st.composite
def typed(draw: st.DrawFn) -> Typed:
    bits, signed = draw(st.sampled_from([8, 16, 32, 64, 128])), draw(st.booleans())
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    edges = [low, low + 1, high, high - 1, *(v for v in (-1, 0, 1, 2, 7) if low <= v <= high)]
    return Typed(draw(st.one_of(st.integers(low, high), st.sampled_from(edges))), bits, signed)


def arithmetic(op: str, a: Typed, b: Typed) -> Typed:
    """Return what C11 says of a binary operator: 6.3.1.8 and 6.5.5 to 6.5.14."""
    if op in ("<<", ">>"):
        left = a.promote()
        shifted = left.value << b.value if op == "<<" else left.value >> b.value
        return Typed(shifted, 0, False).convert(left.bits, left.signed)
    left, right = a.promote(), b.promote()
    bits = max(left.bits, right.bits)
    signed = all(v.signed for v in (left, right) if v.bits == bits)
    x, y = left.convert(bits, signed).value, right.convert(bits, signed).value
    match op:
        case "/" | "%":
            quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
            result = quotient if op == "/" else x - y * quotient
        case "&&" | "||":
            both = (a.value != 0, b.value != 0)
            return Typed(int(all(both) if op == "&&" else any(both)), 32, True)
        case "==" | "!=" | "<" | ">" | "<=" | ">=":
            holds = {"==": x == y, "!=": x != y, "<": x < y, ">": x > y, "<=": x <= y}
            return Typed(int(holds.get(op, x >= y)), 32, True)
        case _:
            result = {"+": x + y, "-": x - y, "*": x * y, "&": x & y, "|": x | y, "^": x ^ y}[op]
    return Typed(result, 0, False).convert(bits, signed)


def known(value: Typed) -> Integer:
    return Integer(Const(value.value % (1 << value.bits), value.bits), value.signed)


def returned(number: int, value: Typed) -> Integer:
    return Integer(ReadValue(number, value.bits), value.signed)


def number_of(value: Integer, *reads: Typed) -> Typed:
    raw = computed(value.value, lambda operation: reads[operation].value)
    return Typed(raw, 0, False).convert(value.bits, value.signed)


OPERATORS = (
    "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>",
    "&&", "||", "==", "!=", "<", ">", "<=", ">=",
)  # fmt: skip


@given(st.sampled_from(OPERATORS), typed(), typed())
def test_a_binary_operator_computes_what_c_says(op: str, a: Typed, b: Typed) -> None:
    if op in ("<<", ">>"):
        b = Typed(b.value % a.promote().bits, b.bits, b.signed).convert(b.bits, b.signed)
        if not 0 <= b.value < a.promote().bits:
            b = Typed(1, 32, True)
    if op in ("/", "%") and b.value == 0:
        b = Typed(1, b.bits, b.signed)
    expected = arithmetic(op, a, b)
    assert number_of(c.apply(op, known(a), known(b), (1, 1))) == expected
    assert number_of(c.apply(op, returned(0, a), returned(1, b), (1, 1)), a, b) == expected


@given(typed(), st.sampled_from([8, 16, 32, 64, 128]), st.booleans())
def test_a_conversion_keeps_the_value_modulo_the_width(a: Typed, bits: int, signed: bool) -> None:
    expected = a.convert(bits, signed)
    assert number_of(known(a).convert(bits, signed)) == expected
    assert number_of(returned(0, a).convert(bits, signed), a) == expected


@given(typed())
def test_a_value_is_true_where_it_is_not_zero(a: Typed) -> None:
    assert computed(known(a).truth(), lambda _: 0) == (a.value != 0)
    assert computed(returned(0, a).truth(), lambda _: a.value) == (a.value != 0)


@given(typed())
def test_bytes_are_swapped(a: Typed) -> None:
    size = a.bits // 8
    raw = (a.value % (1 << a.bits)).to_bytes(size, "little")
    expected = int.from_bytes(raw, "big")
    assert computed(ex.swap(known(a).value), lambda _: 0) == expected
    assert computed(ex.swap(ReadValue(0, a.bits)), lambda _: a.value) == expected


@given(st.binary(min_size=1, max_size=16), st.data())
def test_bytes_of_an_object_are_read_and_replaced(content: bytes, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(content) - 1))
    piece = data.draw(st.binary(min_size=1, max_size=len(content) - offset))
    changed = content[:offset] + piece + content[offset + len(piece) :]
    number = int.from_bytes(content, "little")
    new = Const(int.from_bytes(piece, "little"), 8 * len(piece))
    for whole in (Const(number, 8 * len(content)), ReadValue(0, 8 * len(content))):
        replaced = c.replace(whole, offset, new)
        assert computed(replaced, lambda _: number) == int.from_bytes(changed, "little")
        assert computed(c.part(replaced, offset, len(piece)), lambda _: number) == new.value


CONSTANTS = [
    # literal, and its type where long has 4 bytes and where it has 8
    ("0", "s32", "s32"), ("2147483647", "s32", "s32"), ("2147483648", "s64", "s64"),
    ("0x7fffffff", "s32", "s32"), ("0x80000000", "u32", "u32"), ("0xffffffff", "u32", "u32"),
    ("0x100000000", "s64", "s64"), ("4294967295u", "u32", "u32"), ("4294967296u", "u64", "u64"),
    ("1l", "s32", "s64"), ("1ul", "u32", "u64"), ("1ll", "s64", "s64"), ("1ull", "u64", "u64"),
    ("0xffffffffl", "u32", "s64"), ("0xfffffffful", "u32", "u64"),
    ("9223372036854775807", "s64", "s64"), ("0x8000000000000000", "u64", "u64"),
    ("9223372036854775808", "s128", "s128"), ("0x1122334455667788", "s64", "s64"),
    ("020000000000", "u32", "u32"), (str(2**128 - 1), "u128", "u128"),
]  # fmt: skip


@pytest.mark.parametrize(("literal", "narrow", "wide"), CONSTANTS)
def test_the_type_of_a_constant(literal: str, narrow: str, wide: str) -> None:
    test = parse(litmus(init=f"u128 x = {literal};"))
    written = test.initial[0].value
    assert isinstance(written, Number)
    for word, expected in ((4, narrow), (8, wide)):
        found = c.number(written, word)
        assert f"{'s' if found.signed else 'u'}{found.bits}" == expected


@given(typed())
def test_swapping_twice_adds_nothing(a: Typed) -> None:
    read = ReadValue(0, a.bits)
    assert ex.swap(ex.swap(read)) == read
