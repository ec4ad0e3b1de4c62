"""Where C puts things: sizes, alignments, structs, and what is known of an address."""

from __future__ import annotations

import pytest

from checker.arch import target
from checker.language import parse
from checker.litmus import Scalar, StructName
from checker.lowering.layout import Layout
from tests.inputs import drawn, litmus

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
        layout = Layout(target(arch), ())
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
        layout = Layout(target(arch), structs)
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
    layout, name = Layout(target("arm64"), structs), StructName("s")
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
