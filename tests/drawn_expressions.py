"""Expressions over what operations returned, drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from checker.expression import (
    BINARY,
    TRUE,
    Const,
    Expression,
    ReadValue,
    binary,
    choose,
    invert,
    resize,
    swap,
)  # fmt: skip
from checker.program import (
    Operation,
)  # fmt: skip
from tests.build import result


@st.composite
def expressions(
    draw: st.DrawFn, reads: Sequence[Operation], bits: int, depth: int = 2
) -> Expression:
    """Draw an expression over what operations returned."""
    if not reads or not depth or draw(st.integers(0, 3)) == 0:
        if reads and draw(st.integers(0, 2)) > 0:
            read = draw(st.sampled_from(reads))
            value = ReadValue(read.number, 8 * read.size) if draw(st.booleans()) else result(read)
            return resize(value, bits, sign=draw(st.booleans()))
        few = st.sampled_from([0, 1, 2, 8, 0xA0, 0x11, (1 << bits) - 1])
        return Const(draw(few) % (1 << bits), bits)
    a, b = (draw(expressions(reads, bits, depth - 1)) for _ in range(2))
    op = draw(st.sampled_from(["xor", "and", "or", "add", "not", "swap", "ite", "shift", "any"]))
    if op == "not":
        return invert(a)
    if op == "swap":
        return swap(a) if bits % 8 == 0 else a
    if op == "ite":
        return choose(draw(conditions(reads)), a, b)
    if op == "shift":
        return binary(draw(st.sampled_from(["shl", "lshr"])), a, Const(8 % (1 << bits), bits))
    if op == "any":
        op = draw(st.sampled_from(sorted(BINARY)))
    return resize(binary(op, a, b), bits, sign=False)


@st.composite
def conditions(draw: st.DrawFn, reads: Sequence[Operation]) -> Expression:
    """Draw a one-bit expression over what operations returned."""
    if not reads:
        return TRUE
    read = draw(st.sampled_from(reads))
    value = result(read)
    if draw(st.booleans()):
        value_bits = 8
        small = resize(value, value_bits, sign=False)
        found = binary("eq", small, Const(draw(st.sampled_from([0, 0xA0, 0x11, 0x21])), 8))
    else:
        found = binary("ult", Const(0, value.bits), value)
    return invert(found) if draw(st.booleans()) else found
