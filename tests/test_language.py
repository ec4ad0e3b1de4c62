"""The language: what types and declarations mean once they have been read."""

from __future__ import annotations

import pytest

from checker.language import parse
from checker.litmus import (
    Array,
    Attributes,
    Declare,
    Initial,
    Pointer,
    Scalar,
    StructName,
)
from tests.inputs import litmus
from tests.spelled import body, named, spelled

TYPES = {
    "u8": "u8", "u16": "u16", "u32": "u32", "u64": "u64", "u128": "u128",
    "s8": "s8", "s16": "s16", "s32": "s32", "s64": "s64", "s128": "s128",
    "__u32": "u32", "__s64": "s64", "__le64": "le64", "__be16": "be16", "__u128": "u128",
    "le16": "le16", "le32": "le32", "le64": "le64", "be16": "be16", "be32": "be32", "be64": "be64",
    "uint8_t": "u8", "uint64_t": "u64", "int16_t": "s16", "int32_t": "s32",
    "int": "int", "signed": "int", "unsigned": "unsigned int", "unsigned int": "unsigned int",
    "short": "short", "short int": "short", "unsigned short": "unsigned short",
    "long": "long", "long int": "long", "unsigned long": "unsigned long",
    "long unsigned int": "unsigned long", "long long": "long long",
    "unsigned long long": "unsigned long long", "long long unsigned int": "unsigned long long",
    "char": "unsigned char", "signed char": "char", "unsigned char": "unsigned char",
    "size_t": "unsigned long", "ssize_t": "long", "uintptr_t": "unsigned long",
    "intptr_t": "long", "bool": "bool", "_Bool": "bool",
    "atomic_t": "s32", "atomic64_t": "atomic64_t", "atomic_long_t": "long",
    "const u64": "u64", "volatile u32": "u32", "u64 __user": "u64", "static const int": "int",
}  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), TYPES.items())
def test_a_type_by_each_of_its_names(written: str, meant: str) -> None:
    assert parse(litmus(init=f"{written} x;")).locations[0].type == Scalar(meant)
    assert body(f"{written} v;") == (Declare("v", Scalar(meant), None, at=(8, len(written) + 2)),)


DECLARATORS = {
    "u64 v": "u64", "u64 *v": "u64*", "u64 **v": "u64**", "u64 *const v": "u64*",
    "u64 v[2]": "u64[2]", "u64 v[2][3]": "u64[3][2]", "u64 *v[4]": "u64*[4]",
    "u64 v[2*2+1]": "u64[5]", "u64 v[0x10]": "u64[16]", "u64 v[8-1]": "u64[7]",
    "struct s v": "struct s", "struct s *v": "struct s*", "struct s v[2]": "struct s[2]",
}  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), DECLARATORS.items())
def test_a_declarator(written: str, meant: str) -> None:
    test = parse(litmus(init=f"struct s {{ u64 a; }};\n{written};"))
    type_ = test.locations[0].type
    assert type_ is not None
    assert named(type_) == meant


def test_one_declaration_of_several_variables() -> None:
    assert [
        (s.name, named(s.type), s.value and spelled(s.value))
        for s in body("u64 a, *b = x, c[2] = {1, 2};")
        if isinstance(s, Declare)
    ] == [("a", "u64", None), ("b", "u64*", "x"), ("c", "u64[2]", "{1, 2}")]


ATTRIBUTES = {
    "": Attributes(),
    "__packed": Attributes(packed=True),
    "__aligned(4)": Attributes(aligned=4),
    "__aligned(2 * 8)": Attributes(aligned=16),
    "__at(60)": Attributes(offset=60),
    "__packed __aligned(8)": Attributes(packed=True, aligned=8),
    "__aligned(4) __at(0x3c)": Attributes(aligned=4, offset=60),
}


@pytest.mark.parametrize(("written", "meant"), ATTRIBUTES.items())
@pytest.mark.parametrize("end", [";", " = 1;"])
def test_attributes_stand_after_the_name_and_before_the_value(
    written: str, meant: Attributes, end: str
) -> None:
    (location,) = parse(litmus(init=f"u64 x {written}{end}")).locations
    assert location.attributes == meant


def test_structs_with_attributes_of_their_own_and_of_their_fields() -> None:
    test = parse(litmus(init="struct s { u8 a, b __aligned(4); u64 c __packed; } __packed x[2];"))
    (struct,) = test.structs
    assert struct.attributes == Attributes(packed=True)
    assert [(f.name, f.type, f.attributes) for f in struct.fields] == [
        ("a", Scalar("u8"), Attributes()),
        ("b", Scalar("u8"), Attributes(aligned=4)),
        ("c", Scalar("u64"), Attributes(packed=True)),
    ]
    assert test.locations[0].type == Array(StructName("s"), 2)


def test_a_struct_inside_another_is_recorded_before_it() -> None:
    test = parse(litmus(init="struct a { struct b { u64 c; } d; struct a *next; } x;"))
    assert [struct.tag for struct in test.structs] == ["b", "a"]
    assert [field.type for field in test.structs[1].fields] == [
        StructName("b"), Pointer(StructName("a")),
    ]  # fmt: skip


INITIAL = {
    "u64 x = 5;": ("x", "5"),
    "x = 5;": ("x", "5"),
    "[x] = -1;": ("x", "(-1)"),
    "x.a.b = 1;": ("((x.a).b)", "1"),
    "x[2] = 1;": ("(x[2])", "1"),
    "[x.a[3]] = 1;": ("((x.a)[3])", "1"),
    "x = {1, {2, 3}};": ("x", "{1, {2, 3}}"),
    "x = {1, 2,};": ("x", "{1, 2}"),
    "x = &y;": ("x", "(&y)"),
    "x = cpu_to_be64(1) | 2;": ("x", "(cpu_to_be64(1) | 2)"),
}


@pytest.mark.parametrize(("written", "meant"), INITIAL.items())
def test_an_initial_value(written: str, meant: tuple[str, str]) -> None:
    (initial,) = parse(litmus(init=written)).initial
    assert isinstance(initial, Initial)
    assert (spelled(initial.place), spelled(initial.value)) == meant


def test_an_empty_init_block() -> None:
    test = parse(litmus(init=""))
    assert (test.locations, test.initial, test.structs) == ((), (), ())


def test_a_parameter_names_a_location_and_what_it_points_to() -> None:
    (thread, _) = parse(litmus(par="u64 *x, struct s *y, volatile int *z, u32 w[2]")).threads
    assert [(p.name, named(p.type)) for p in thread.parameters] == [
        ("x", "u64"), ("y", "struct s"), ("z", "int"), ("w", "u32[2]"),
    ]  # fmt: skip


def test_a_thread_on_another_architecture() -> None:
    threads = parse(litmus(guest=" __arch(arm+lpae)")).threads
    assert [thread.arch for thread in threads] == [None, "arm+lpae"]
