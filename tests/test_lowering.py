"""From a test to operations: which a statement makes, and what a thread computes."""

from __future__ import annotations

from typing import Any

import pytest

from checker.expression import Expression
from tests.inputs import computed, drawn, final, litmus, verdict

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


def expressions_of(text: str) -> Expression:
    (draft,) = (d for d in drawn(text).drafts if d.kind == "store")
    assert draft.value is not None
    return draft.value


def test_what_a_store_writes_is_an_expression_over_what_was_read() -> None:
    value = expressions_of(
        litmus("WRITE_ONCE(*x, (READ_ONCE(*x) << 8) + 1);", "", cond="exists x=1")
    )
    assert computed(value, lambda _: 0x0102030405060708) == 0x0203040506070801


@pytest.mark.parametrize(
    ("between", "answer"),
    [
        ("int r1 = r0;", "forbidden"),
        ("int r1 = r0 ^ 1 ^ 1;", "forbidden"),
        ("int r1 = 1; if (!r0) r1 = 2;", "allowed"),
        ("int r1 = r0 ? 1 : 2;", "allowed"),
        ("int r1 = r0 && !r2;", "allowed"),
        ("int r1 = !r0 || r2; r1 = !r1;", "allowed"),
    ],
)
def test_on_what_a_branch_tests_the_value_it_leaves_does_not_depend(
    between: str, answer: str
) -> None:
    """Load buffering: only a dependency keeps P0's store behind its read."""
    body = f"int r0 = READ_ONCE(*x); int r2 = 0; {between} WRITE_ONCE(*y, r1);"
    text = litmus(
        body,
        "int r0 = READ_ONCE(*y); smp_mb(); WRITE_ONCE(*x, 1);",
        init="int x; int y;",
        par="int *x, int *y",
        cond="~exists (0:r0=1 /\\ 1:r0=1)",
    )
    assert verdict(text).answer == answer


@pytest.mark.parametrize("p1", [
    "bool r = READ_ONCE(*x);", "bool r = READ_ONCE(*x) & 0x100;", "int r = (bool)READ_ONCE(*x);",
    "_Bool c; c = READ_ONCE(*x); u64 r = c;", "bool r; get_user(r, x);", "u8 r = (bool)0x100;",
    "WRITE_ONCE(*b, READ_ONCE(*x)); u8 r = READ_ONCE(*(u8 *)b);", "u8 r = READ_ONCE(*(u8 *)b);",
    "bool r = *x; r |= 2;", "bool r = b;",
])  # fmt: skip
def test_what_becomes_a_bool_is_compared_with_zero(p1: str) -> None:
    text = litmus(
        "", p1, init="u64 x = 0x100; bool b = 2;", par="u64 *x, bool *b", cond="forall 1:r=1",
        head="",
    )  # fmt: skip
    for arch in ("x86-64", "powerpc64"):
        assert verdict(text, arch).holds, p1
