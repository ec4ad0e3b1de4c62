"""From a test to operations: C's integers and layouts, control flow, and which lowering holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import arch as archs
from checker.arch import target
from checker.diagnostic import Diagnostic
from checker.expression import Const, Expression, ReadValue, evaluate
from checker.language import parse
from checker.litmus import Number, Override, Scalar, StructName
from checker.lowering import notation, programs, select
from checker.lowering import values as c
from checker.lowering.layout import Layout
from checker.lowering.values import Integer
from checker.program import Access, Fence, Footprint, Layer
from tests.inputs import drawn, final, litmus, verdict

# --- C's integers, against Python's ---------------------------------------------------------------


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
    raw = evaluate(value.value, lambda operation: reads[operation].value)
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
    assert evaluate(known(a).truth(), lambda _: 0) == (a.value != 0)
    assert evaluate(returned(0, a).truth(), lambda _: a.value) == (a.value != 0)


@given(typed())
def test_bytes_are_swapped(a: Typed) -> None:
    size = a.bits // 8
    raw = (a.value % (1 << a.bits)).to_bytes(size, "little")
    expected = int.from_bytes(raw, "big")
    assert evaluate(c.swap(known(a).value), lambda _: 0) == expected
    assert evaluate(c.swap(ReadValue(0, a.bits)), lambda _: a.value) == expected


@given(st.binary(min_size=1, max_size=16), st.data())
def test_bytes_of_an_object_are_read_and_replaced(content: bytes, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(content) - 1))
    piece = data.draw(st.binary(min_size=1, max_size=len(content) - offset))
    changed = content[:offset] + piece + content[offset + len(piece) :]
    number = int.from_bytes(content, "little")
    new = Const(int.from_bytes(piece, "little"), 8 * len(piece))
    for whole in (Const(number, 8 * len(content)), ReadValue(0, 8 * len(content))):
        replaced = c.replace(whole, offset, new)
        assert evaluate(replaced, lambda _: number) == int.from_bytes(changed, "little")
        assert evaluate(c.part(replaced, offset, len(piece)), lambda _: number) == new.value


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


# --- layouts --------------------------------------------------------------------------------------

SIZES = {  # name: size and alignment on arm64, arm, x86-32
    "char": ((1, 1),) * 3, "short": ((2, 2),) * 3, "int": ((4, 4),) * 3,
    "long": ((8, 8), (4, 4), (4, 4)), "unsigned long": ((8, 8), (4, 4), (4, 4)),
    "long long": ((8, 8), (8, 8), (8, 4)), "u64": ((8, 8), (8, 8), (8, 4)),
    "be64": ((8, 8), (8, 8), (8, 4)), "u32": ((4, 4),) * 3, "u16": ((2, 2),) * 3,
    "atomic64_t": ((8, 8),) * 3,
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), SIZES.items())
def test_sizes_and_alignments(name: str, expected: tuple[tuple[int, int], ...]) -> None:
    for arch, pair in zip(("arm64", "arm", "x86-32"), expected, strict=True):
        layout = Layout(target(arch).arch, ())
        assert (layout.size(Scalar(name)), layout.alignment(Scalar(name))) == pair


STRUCTS = {  # fields: offsets, size and alignment on arm64, then on x86-32
    "u8 a; u64 b;": (([0, 8], 16, 8), ([0, 4], 12, 4)),
    "u64 a; u8 b;": (([0, 8], 16, 8), ([0, 8], 12, 4)),
    "u8 a; u16 b; u32 c; u8 d;": (([0, 2, 4, 8], 12, 4),) * 2,
    "u8 a; u64 b __packed;": (([0, 1], 9, 1),) * 2,
    "u8 a; u8 b __aligned(8);": (([0, 8], 16, 8),) * 2,
    "u64 a __aligned(2); u8 b;": (([0, 8], 16, 8), ([0, 8], 12, 4)),
    "u8 a; long b;": (([0, 8], 16, 8), ([0, 4], 8, 4)),
    "u8 a; void *b;": (([0, 8], 16, 8), ([0, 4], 8, 4)),
    "u8 a; atomic64_t b;": (([0, 8], 16, 8),) * 2,
    "u8 a[3]; u16 b[2];": (([0, 4], 8, 2),) * 2,
    "struct t { u32 p; u64 q; } a; u8 b;": (([0, 16], 24, 8), ([0, 12], 16, 4)),
    "u8 a; struct t { u32 p; u64 q; } b[2];": (([0, 8], 40, 8), ([0, 4], 28, 4)),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), STRUCTS.items())
def test_the_layout_of_a_struct(
    fields: str, expected: tuple[tuple[list[int], int, int], ...]
) -> None:
    structs = parse(litmus(init=f"struct s {{ {fields} }} x;")).structs
    for arch, wanted in zip(("arm64", "x86-32"), expected, strict=True):
        layout = Layout(target(arch).arch, structs)
        name = StructName("s")
        offsets = [member.offset for member in layout.members(name)]
        assert (offsets, layout.size(name), layout.alignment(name)) == wanted


@pytest.mark.parametrize(("attributes", "offsets", "size", "align"), [
    ("__packed", [0, 1, 9], 11, 1),
    ("__packed __aligned(8)", [0, 1, 9], 16, 8),
    ("__aligned(32)", [0, 8, 16], 32, 32),
    ("", [0, 8, 16], 24, 8),
])  # fmt: skip
def test_attributes_of_a_struct(attributes: str, offsets: list[int], size: int, align: int) -> None:
    structs = parse(litmus(init=f"struct s {{ u8 a; u64 b; u16 c; }} {attributes}; u64 x;")).structs
    layout, name = Layout(target("arm64").arch, structs), StructName("s")
    assert [member.offset for member in layout.members(name)] == offsets
    assert (layout.size(name), layout.alignment(name)) == (size, align)


@pytest.mark.parametrize(("declaration", "arch", "modulus", "residue"), [
    ("u64 x;", "arm64", 8, 0),
    ("u64 x;", "x86-32", 4, 0),
    ("u64 x __aligned(8);", "x86-32", 8, 0),
    ("u64 x __aligned(4);", "arm64", 4, 0),
    ("u64 x __packed;", "arm64", 1, 0),
    ("u64 x __at(60);", "arm64", 4096, 60),
    ("struct s { u8 a; u64 b; } __packed x;", "arm64", 1, 0),
    ("u8 x[8];", "arm64", 1, 0),
])  # fmt: skip
def test_what_is_known_of_an_address(
    declaration: str, arch: str, modulus: int, residue: int
) -> None:
    (place,) = drawn(litmus("", "", init=declaration, par="", cond="exists true"), arch).places
    assert (place.modulus, place.residue) == (modulus, residue)


def test_initial_values_are_bytes_in_memory_order() -> None:
    init = (
        "struct s { u16 a; be32 b __packed; u8 c[2]; } x"
        " = {0x1122, cpu_to_be32(0x33445566), {7, 8}}; x.c[1] = -1;"
    )
    text = litmus("", "", init=init, par="", cond="exists true")
    (place,) = drawn(text).places
    assert bytes(place.initial) == b"\x22\x11\x33\x44\x55\x66\x07\xff"


# --- operations -----------------------------------------------------------------------------------


def accesses(p0: str, arch: str = "arm64", **parts: Any) -> list[tuple[str, str, int, int]]:
    """Return what P0's operations are: name, kind, offset and size."""
    parts = {"init": "u64 x; u64 y;", "par": "u64 *x, u64 *y"} | parts
    text = litmus(p0, "", cond="exists true", **parts)
    return [
        (d.name, d.kind, d.place.offset if d.place else 0, d.place.size if d.place else 0)
        for d in drawn(text, arch).drafts
    ]


WIDTHS = [
    # a put's width is that of its pointer; kvm_put_guest() takes that of its value
    ("put_user(0, x);", "arm64", 8), ("put_user(0, (u16 *)x);", "arm64", 2),
    ("kvm_put_guest(kvm, x, 0);", "arm64", 4), ("kvm_put_guest(kvm, x, 0);", "x86-32", 4),
    ("kvm_put_guest(kvm, x, 0L);", "arm64", 8), ("kvm_put_guest(kvm, x, 0L);", "x86-32", 4),
    ("kvm_put_guest(kvm, x, 0ull);", "x86-32", 8),
    ("kvm_put_guest(kvm, x, (u64)0);", "arm64", 8),
    ("kvm_put_guest(kvm, x, 0x80000000);", "arm64", 4),
    ("kvm_put_guest(kvm, x, 0x1122334455667788);", "arm64", 8),
    ("u8 v = 0; kvm_put_guest(kvm, x, v);", "arm64", 1),
    ("u8 v = 0; kvm_put_guest(kvm, x, v + 1);", "arm64", 4),
    ("kvm_put_guest_atomic(kvm, x, cpu_to_le16(1));", "arm64", 2),
    ("unsafe_put_user(1, x, Efault);", "arm64", 8),
    ("WRITE_ONCE(*(u32 *)((char *)x + 4), 1);", "arm64", 4),
    ("smp_store_release((u16 *)x, 1);", "arm64", 2),
    ("memset(x, 0, 3);", "arm64", 3),
    ("memset(x, 0, sizeof(*x));", "arm64", 8),
    ("memset(x, 0, sizeof(long));", "arm", 4),
    ("xchg((u32 *)x, 1);", "arm64", 4),
]  # fmt: skip


@pytest.mark.parametrize(("p0", "arch", "size"), WIDTHS)
def test_the_width_of_an_operation(p0: str, arch: str, size: int) -> None:
    ((_, _, _, found),) = accesses(p0, arch)
    assert found == size


READS = [
    ("u32 v; get_user(v, x);", 8), ("u64 v; get_user(v, (u16 *)x);", 2),
    ("u64 v; kvm_get_guest(kvm, x, v);", 8), ("u64 v = *(u8 *)x;", 1),
    ("u64 v = READ_ONCE(*(u32 *)x);", 4), ("u64 v = smp_load_acquire((u16 *)x);", 2),
    ("u64 v = (u8)READ_ONCE(*x);", 8), ("u8 v[6]; copy_from_user(v, x, 6);", 6),
]  # fmt: skip


@pytest.mark.parametrize(("p0", "size"), READS)
def test_the_width_of_a_read(p0: str, size: int) -> None:
    ((_, kind, _, found),) = accesses(p0)
    assert (kind, found) == ("load", size)


COPIES = {
    "u64 v = 1; copy_to_user(x, &v, 8);": [("copy_to_user", "store", 0, 8)],
    "u64 v = 1; __copy_to_user((char *)x + 2, &v, 4);": [("__copy_to_user", "store", 2, 4)],
    "u64 v; copy_from_user(&v, x, 8);": [("copy_from_user", "load", 0, 8)],
    "u64 v; kvm_read_guest(kvm, x, &v, 5);": [("kvm_read_guest", "load", 0, 5)],
    "u64 v = 1; kvm_write_guest(kvm, x, &v, 8);": [("kvm_write_guest", "store", 0, 8)],
    "memcpy(x, y, 8);": [("memcpy", "load", 0, 8), ("memcpy", "store", 0, 8)],
    "u64 a = 1, b; memcpy(&b, &a, 8);": [],
    "u8 v[4]; memcpy(&v[1], x, 2);": [("memcpy", "load", 0, 2)],
    "*x = *y;": [("plain-read", "load", 0, 8), ("plain-write", "store", 0, 8)],
    "*x += 1;": [("plain-read", "load", 0, 8), ("plain-write", "store", 0, 8)],
    "(*x)++;": [("plain-read", "load", 0, 8), ("plain-write", "store", 0, 8)],
    "get_user(*x, y);": [("get_user", "load", 0, 8), ("plain-write", "store", 0, 8)],
    "put_user(READ_ONCE(*x), y);": [("READ_ONCE", "load", 0, 8), ("put_user", "store", 0, 8)],
    "smp_mb(); barrier();": [("smp_mb", "fence", 0, 0), ("barrier", "fence", 0, 0)],
    "xchg(x, *y);": [("plain-read", "load", 0, 8), ("xchg", "rmw", 0, 8)],
    "u64 v = sizeof(*x);": [],
    "x[0]; &x[0];": [("plain-read", "load", 0, 8)],
}


@pytest.mark.parametrize(("p0", "expected"), COPIES.items())
def test_which_operations_a_statement_makes(
    p0: str, expected: list[tuple[str, str, int, int]]
) -> None:
    assert accesses(p0) == expected


# --- what a thread computes -----------------------------------------------------------------------

COMPUTED = [
    # P1 alone: its statements, and the register r0 at the end; x is 0x1122334455667788, y is 0
    ("u64 r0 = *x;", 0x1122334455667788),
    ("u32 r0 = *x;", 0x55667788),
    ("u64 r0 = (u16)*x;", 0x7788),
    ("u64 r0 = (s64)(s8)*x;", 0xFFFFFFFFFFFFFF88),
    ("s32 r0 = (s16)0x8000;", -0x8000),
    ("char r0 = -1;", 255),
    ("signed char r0 = -1;", -1),
    ("u64 r0 = *(u16 *)((char *)x + 6);", 0x1122),
    ("u64 r0 = ((u8 *)x)[1];", 0x77),
    ("u64 r0 = 0; ((u8 *)&r0)[1] = 3;", 0x300),
    ("u8 v[8]; memcpy(v, x, 8); u64 r0 = v[2];", 0x66),
    ("u64 r0 = -1; memset(&r0, 0, 2);", 0xFFFFFFFFFFFF0000),
    ("u64 r0 = 0; copy_from_user((char *)&r0 + 2, x, 2);", 0x77880000),
    ("u64 r0 = be64_to_cpu(*x);", 0x8877665544332211),
    ("u64 r0 = cpu_to_le32(*x);", 0x55667788),
    ("u64 r0 = *x ? 1 : 2;", 1),
    ("u64 r0 = *y ? 1 : 2;", 2),
    ("u64 r0 = 1; if (*x) r0 = 2; else r0 = 3;", 2),
    ("u64 r0 = 1; if (*y) r0 = 2; else r0 = 3;", 3),
    ("u64 r0 = 1; if (*y) r0 = 2;", 1),
    ("u64 r0 = 0; if (*x == 0x1122334455667788 && !*y) r0 = 4;", 4),
    ("u64 r0 = 5; if (*y || *x < 2) r0 = 4;", 5),
    ("u64 r0 = *y && (*y = 7); r0 = *y;", 0),
    ("u64 r0 = *x || (*y = 7); r0 = *y;", 0),
    ("u64 r0 = *x && (*y = 7); r0 = *y;", 7),
    ("u64 r0 = *y ? (*y = 1) : (*y = 2); r0 += *y * 8;", 18),
    ("u64 r0 = 0; for (int i = 0; i < 2; i++) r0 += i + 1;", 3),
    ("u64 r0 = 0; while (*y < 2) { WRITE_ONCE(*y, *y + 1); r0 += 4; }", 8),
    ("u64 r0 = 0; do r0++; while (*y);", 1),
    ("u64 r0 = xchg(y, 5); r0 = r0 * 16 + *y;", 5),
    ("u64 r0 = cmpxchg(y, 1, 5); r0 = r0 * 16 + *y;", 0),
    ("u64 r0 = cmpxchg(y, 0, 5); r0 = r0 * 16 + *y;", 5),
    ("u64 *p = y; *p = 9; u64 r0 = *y;", 9),
    ("u64 r0 = likely(*x);", 0x1122334455667788),
    ("u64 r0 = x == x;", 1),
    ("u64 r0 = x == y;", 0),
]  # fmt: skip


@pytest.mark.parametrize(("p1", "value"), COMPUTED)
def test_what_a_thread_computes(p1: str, value: int) -> None:
    text = litmus("", p1, init="u64 x = 0x1122334455667788; u64 y;", par="u64 *x, u64 *y",
                  cond="locations [1:r0;] exists true")  # fmt: skip
    assert final(text) == {(value,)}


ATOMICS = [
    # what is called on 5, what it returns, and what it leaves
    ("atomic64_read(x)", 5, 5), ("atomic64_xchg(x, 2)", 5, 2), ("atomic64_cmpxchg(x, 5, 2)", 5, 2),
    ("atomic64_cmpxchg(x, 4, 2)", 5, 5), ("atomic64_fetch_add(3, x)", 5, 8),
    ("atomic64_add_return(3, x)", 8, 8), ("atomic64_sub_return(3, x)", 2, 2),
    ("atomic64_fetch_sub_release(3, x)", 5, 2), ("atomic64_inc_return_relaxed(x)", 6, 6),
    ("atomic64_fetch_inc(x)", 5, 6), ("atomic64_dec_return(x)", 4, 4),
    ("atomic64_fetch_or(2, x)", 5, 7), ("atomic64_fetch_and(4, x)", 5, 4),
    ("atomic64_fetch_xor_acquire(1, x)", 5, 4), ("atomic64_fetch_andnot(4, x)", 5, 1),
    ("atomic64_dec_and_test(x)", 0, 4), ("atomic64_sub_and_test(5, x)", 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("call", "result", "left"), ATOMICS)
def test_an_atomic_operation(call: str, result: int, left: int) -> None:
    text = litmus("", f"u64 r0 = {call};", init="atomic64_t x = 5;", par="atomic64_t *x",
                  cond="locations [1:r0; x] exists true")  # fmt: skip
    assert final(text) == {(result, left)}


def test_what_is_not_executed_writes_nothing() -> None:
    text = litmus(
        "if (READ_ONCE(*x)) WRITE_ONCE(*y, 1);",
        "WRITE_ONCE(*x, 1);",
        init="u64 x; u64 y;",
        par="u64 *x, u64 *y",
        cond="locations [x; y] exists true",
    )
    assert final(text) == {(1, 0), (1, 1)}


BOUNDED = "int n = 0; u64 r0; do { r0 = READ_ONCE(*x); n++; } while (r0 == 0 && n < 4);"


@pytest.mark.parametrize(("unroll", "answer"), [(2, "unknown"), (3, "unknown"), (4, "forbidden")])
def test_a_loop_is_followed_as_far_as_asked_and_no_further(unroll: int, answer: str) -> None:
    found = verdict(litmus(p1=BOUNDED, cond="~exists 1:n=5"), unroll=unroll)
    assert found.answer == answer
    assert ("--unroll" in found.limit) is (answer == "unknown")


def test_what_is_found_within_the_bound_is_found() -> None:
    assert verdict(litmus(p1=BOUNDED, cond="exists 1:n=1 /\\ 1:r0=1")).answer == "allowed"


# --- the access notation --------------------------------------------------------------------------


def pieces(text: str, size: int) -> list[list[str]]:
    """Return the accesses of every alternative, in a short form."""
    return [
        [one.name if isinstance(one, Fence) else f"{one.size}@{one.at}" for one in alternative]
        for parsed in notation.parse(text)
        for alternative in notation.expand(parsed, size)
    ]


EXPANDED = [
    ("store 8", 8, [["8@0"]]),
    ("store 4 at 4; store 4", 8, [["4@4", "4@0"]]),
    ("store 8 | store 4; store 4 at 4", 8, [["8@0"], ["4@0", "4@4"]]),
    ("bytes", 3, [["3@0"]]),
    ("fence dmb.ish; load 4", 4, [["dmb.ish", "4@0"]]),
    ("loop store 8,4,2,1", 15, [["8@0", "4@8", "2@12", "1@14"]]),
    ("loop store 8,1", 18, [["8@0", "8@8", "1@16", "1@17"]]),
    ("loop store 8", 24, [["8@0", "8@8", "8@16"]]),
    ("lead 4 loop store 4,2,1", 4, [["4@0"], ["1@0", "2@1", "1@3"], ["2@0", "2@2"],
                                    ["1@0", "2@1", "1@3"]]),
    ("lead 2 loop store 2,1", 5, [["2@0", "2@2", "1@4"], ["1@0", "2@1", "2@3"]]),
    ("lead 8 loop store 4,1", 2, [["1@0", "1@1"], ["1@0", "1@1"], ["2@0"]]),
    ("fence mb; loop store 1 | loop store 2,1", 2, [["mb", "1@0", "1@1"], ["2@0"]]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size", "expected"), EXPANDED)
def test_what_a_notation_stands_for(text: str, size: int, expected: list[list[str]]) -> None:
    found, wanted = pieces(text, size), {tuple(one) for one in expected}
    assert {tuple(one) for one in found} == wanted
    assert len(found) == len(wanted)


def test_every_part_of_an_access_is_kept() -> None:
    ((piece,),) = notation.parse("rmw.exclusive-pair 16 by 8 at 4 acquire release atomic")
    assert piece == notation.Piece("rmw", "exclusive-pair", 16, 8, 4, "acquire release", True)
    ((plain,),) = notation.parse("load 4")
    assert plain == notation.Piece("load", "gpr", 4, 4, 0)


def test_the_steps_of_an_operation_follow_its_place() -> None:
    (parsed,) = notation.parse("fence mb; load.pair 8 by 4 at 8 acquire atomic")
    (expanded,) = notation.expand(parsed, 16)
    fence, access = notation.steps(
        expanded, reads=True, place=Footprint("x", 3, 16), contract=("o.contract", "a book")
    )
    assert fence == Fence("mb")
    assert access == Access("load", "pair", Footprint("x", 11, 8), 4, 8, "acquire", "o.contract",
                            "a book")  # fmt: skip


def test_a_read_modify_write_is_a_load_and_a_store_of_the_same_bytes() -> None:
    (parsed,) = notation.parse("rmw.locked 8")
    (expanded,) = notation.expand(parsed, 8)
    made = notation.steps(expanded, reads=False, place=Footprint("x", 0, 8), contract=("", ""))
    assert [(s.kind, s.atomic) for s in made if isinstance(s, Access)] == [
        ("load", True), ("store", True),
    ]  # fmt: skip


MALFORMED = [
    ("", 0, ""), ("stor 8", 1, "did you mean store?"), ("store", 6, ""), ("store 8 at", 11, ""),
    ("store 8;", 9, ""), ("| store 8", 1, ""), ("store 8 sideways", 9, ""), ("loop 8", 6, ""),
    ("store 8 §", 9, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "hint"), MALFORMED)
def test_a_malformed_notation_has_a_column(text: str, column: int, hint: str) -> None:
    with pytest.raises(Diagnostic) as found:
        notation.parse(text)
    assert found.value.at is not None
    assert found.value.at[1] == column or not text
    assert hint in found.value.hint


@pytest.mark.parametrize(("text", "size"), [
    ("store 8", 4), ("store 4 at 6", 8), ("loop store 8", 12), ("lead 4 loop store 4", 6),
])  # fmt: skip
def test_a_notation_that_does_not_fit_the_size(text: str, size: int) -> None:
    (parsed,) = notation.parse(text)
    with pytest.raises(Diagnostic):
        notation.expand(parsed, size)


# --- which lowering holds -------------------------------------------------------------------------

TABLE = {
    "arm64": {
        "put_user": {
            "source": "a book",
            "contract": {
                "1": "store 1",
                "2..4": "loop store 2,1",
                "8 if align 16": "store 8 acquire",
                "8 if lse2 and mops": "store 8 release",
                "8 if lse2": "store 8 atomic",
                "8": "store 8",
                "16..": "bytes",
            },
        },
        "kvm_put_guest": {"source": "the code", "code": {"8": "store 4; store 4 at 4"}},
        "READ_ONCE": {
            "source": "a book", "contract": "bytes", "code_source": "a compiler", "code": "load 8",
        },
    }
}  # fmt: skip


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace the lowerings of every family."""
    monkeypatch.setattr(archs, "lowerings", lambda _: TABLE)
    select._lookup.cache_clear()
    yield
    select._lookup.cache_clear()


def chosen(
    operation: str, size: int, arch: str = "arm64", align: int = 1, layer: Layer = "contract",
    overrides: tuple[Override, ...] = (),
) -> tuple[str, str] | None:  # fmt: skip
    """Return the notation that holds, and its source."""
    found = select.select(operation, size, target(arch), layer, align, overrides)
    return (found.text, found.source) if found else None


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("size", "arch", "align", "text"), [
    (1, "arm64", 1, "store 1"),
    (2, "arm64", 1, "loop store 2,1"), (4, "arm64", 1, "loop store 2,1"),
    (5, "arm64", 1, None),
    (8, "arm64", 8, "store 8"), (8, "arm64", 16, "store 8 acquire"),
    (8, "arm64", 32, "store 8 acquire"), (8, "arm64+lse2", 32, "store 8 acquire"),
    (8, "arm64+lse2", 8, "store 8 atomic"), (8, "arm64+lse2+mops", 8, "store 8 release"),
    (8, "arm64+mops", 8, "store 8"),
    (15, "arm64", 1, None), (16, "arm64", 1, "bytes"), (4096, "arm64", 1, "bytes"),
])  # fmt: skip
def test_the_first_entry_that_fits_holds(
    size: int, arch: str, align: int, text: str | None
) -> None:
    assert chosen("put_user", size, arch, align) == (text and (text, "a book"))


@pytest.mark.usefixtures("table")
def test_an_operation_without_its_own_lowering_has_that_of_the_one_it_is_like() -> None:
    assert chosen("unsafe_put_user", 8) == ("store 8", "a book")
    assert chosen("kvm_put_guest", 8) == ("store 8", "a book")
    assert chosen("kvm_put_guest", 8, layer="code") == ("store 4; store 4 at 4", "the code")
    # two steps: kvm_put_guest_atomic is like put_user_atomic, which is like put_user
    assert chosen("kvm_put_guest_atomic", 8, layer="code") == ("store 8", "a book")
    assert chosen("xchg", 8) is None


@pytest.mark.usefixtures("table")
def test_code_that_is_not_written_down_is_what_the_contract_says() -> None:
    assert chosen("put_user", 8, layer="code") == ("store 8", "a book")
    assert chosen("READ_ONCE", 8, layer="code") == ("load 8", "a compiler")
    assert chosen("READ_ONCE", 8, layer="contract") == ("bytes", "a book")


def override(operation: str, code: str, arch: str = "arm64", size: int = 8) -> Override:
    return Override(arch, operation, size, code, (1, 1), (1, 1))


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("overrides", "arch", "layer", "text"), [
    ([override("put_user", "store 4; store 4 at 4")], "arm64", "code", "store 4; store 4 at 4"),
    ([override("put_user", "bytes")], "arm64", "contract", "store 8"),
    ([override("put_user", "bytes", size=4)], "arm64", "code", "store 8"),
    ([override("put_user", "bytes", arch="arm64+lse2")], "arm64", "code", "store 8"),
    ([override("put_user", "bytes", arch="arm64+lse2")], "arm64+lse2", "code", "bytes"),
    ([override("put_user", "bytes")], "arm64+lse2", "code", "bytes"),
    ([override("put_user", "bytes", arch="arm")], "arm64", "code", "store 8"),
    ([override("unsafe_put_user", "bytes"), override("put_user", "store 8 release")],
     "arm64", "code", "bytes"),
    ([override("put_user", "store 8 release"), override("put_user", "bytes")],
     "arm64", "code", "store 8 release"),
])  # fmt: skip
def test_an_override_holds_for_today_s_code_of_its_architecture_and_size(
    overrides: list[Override], arch: str, layer: Layer, text: str
) -> None:
    found = chosen("unsafe_put_user", 8, arch, layer=layer, overrides=tuple(overrides))
    assert found is not None
    assert found[0] == text


def test_an_override_that_no_one_can_read_is_pointed_at() -> None:
    head = "Arch = arm64\nOverride = arm64: put_user 8 = store 4; §stor 4 at 4"
    column = head.split("\n")[1].index("§") + 1
    with pytest.raises(Diagnostic) as found:
        verdict(litmus("put_user(1, x);", head=head.replace("§", "")))
    assert found.value.at == (3, column)
    assert "`stor`" in found.value.message


REFUSED = [
    ("put_user", "put_user(1, x);", "store 4", "does not cover its 8 bytes"),
    ("put_user", "put_user(1, x);", "store 4; store 4", "does not cover its 8 bytes"),
    ("put_user", "put_user(1, x);", "fence mb", "does not cover its 8 bytes"),
    ("xchg", "xchg(x, 1);", "store 8", "is no read-modify-write"),
    ("put_user", "put_user(1, x);", "store.gprs 8", "no instruction class `gprs`"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "p0", "code", "message"), REFUSED)
def test_an_override_that_does_not_do_what_its_operation_does(
    operation: str, p0: str, code: str, message: str
) -> None:
    text = litmus(p0, head=f"Override = arm64: {operation} 8 = {code}")
    with pytest.raises(Diagnostic) as found:
        verdict(text)
    assert message in found.value.message
    assert found.value.at is not None


def test_every_combination_of_alternatives_is_a_program() -> None:
    text = litmus("u64 v = 1; memcpy(x, &v, 8);", "u64 r0; memcpy(&r0, x, 8);")
    test, arch = parse(text), target("x86-64")
    sketch = drawn(text, "x86-64")
    found = list(programs(test, sketch, arch, "code"))
    options = [{p.operations[n].steps for p in found} for n in range(2)]
    assert len(found) == len(options[0]) * len(options[1]) > 1
    assert len({(p.operations[0].steps, p.operations[1].steps) for p in found}) == len(found)


def expressions_of(text: str) -> Expression:
    (draft,) = (d for d in drawn(text).drafts if d.kind == "store")
    assert draft.value is not None
    return draft.value


def test_what_a_store_writes_is_an_expression_over_what_was_read() -> None:
    value = expressions_of(
        litmus("WRITE_ONCE(*x, (READ_ONCE(*x) << 8) + 1);", "", cond="exists x=1")
    )
    assert evaluate(value, lambda _: 0x0102030405060708) == 0x0203040506070801
