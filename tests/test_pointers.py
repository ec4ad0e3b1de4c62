"""Pointers that were read from memory: the places they lead to, and what depends on them."""

from __future__ import annotations

import pytest

from checker.diagnostic import Diagnostic
from checker.lowering.draft import Draft
from tests.inputs import drawn, final, litmus, verdict

PUBLISH = "WRITE_ONCE(*x, 1); smp_store_release(p, x);"


def pointing(p0: str, p1: str, *, init: str = "[p]=z;", cond: str = "exists 1:r0=0") -> str:
    """Return a test in which `p` is a location that holds a pointer."""
    return litmus(p0, p1, init=init, par="int *x, int **p", cond=cond)


def of_p1(text: str, arch: str = "arm64") -> list[Draft]:
    return [draft for draft in drawn(text, arch).drafts if draft.thread == 1]


def places(text: str) -> list[tuple[str, str, int, int]]:
    """Return P1's accesses: operation, location, offset and size."""
    return [
        (d.name, d.place.location, d.place.offset, d.place.size) for d in of_p1(text) if d.place
    ]


# --- cases ----------------------------------------------------------------------------------------


def test_an_access_is_made_at_every_address_that_is_stored() -> None:
    text = pointing(PUBLISH, "int *q = READ_ONCE(*p); int r0 = READ_ONCE(*q);")
    read, *followed = places(text)
    assert read == ("READ_ONCE", "p", 0, 8)
    assert followed == [("READ_ONCE", "x", 0, 4), ("READ_ONCE", "z", 0, 4)]


def test_the_cases_are_told_apart_by_their_guards_and_depend_on_the_pointer() -> None:
    text = pointing(PUBLISH, "int *q = READ_ONCE(*p); int r0 = READ_ONCE(*q);")
    read, first, second = of_p1(text)
    assert first.guard != second.guard
    assert {one.addr for one in (first, second)} == {frozenset({read.number})}
    assert {one.ctrl for one in (first, second)} == {frozenset()}
    assert read.addr == frozenset()


def test_what_is_read_by_a_pointer_does_not_hold_the_pointer() -> None:
    """A store of the value depends on the reads by the pointer, and not on the pointer's own."""
    body = "int *q = READ_ONCE(*p); int r0 = READ_ONCE(*q); WRITE_ONCE(*x, r0);"
    read, first, second, store = of_p1(pointing(PUBLISH, body))
    assert store.data == frozenset({first.number, second.number})
    assert read.number not in store.data


def test_a_pointer_that_was_not_stored_is_not_followed() -> None:
    text = pointing("WRITE_ONCE(*x, 1);", "int *q = READ_ONCE(*p); int r0 = READ_ONCE(*q);")
    assert [place for _, place, _, _ in places(text)] == ["p", "z"]


FIELDS = """struct s { u32 a; u32 b[3]; struct s *next; }; struct s one; struct s two;
struct s *p = &one;"""

PATHS = {
    "READ_ONCE(q->a)": [("one", 0, 4)],
    "READ_ONCE(q->b[2])": [("one", 12, 4)],
    "READ_ONCE(*(u16 *)&q->b[1])": [("one", 8, 2)],
    "READ_ONCE(*((u8 *)q + 3))": [("one", 3, 1)],
    "q->a": [("one", 0, 4)],
    "smp_load_acquire(&q->b[0])": [("one", 4, 4)],
    "xchg(&q->a, 1)": [("one", 0, 4)],
    "READ_ONCE(*(u32 *)(u64)q)": [("one", at, 4) for at in range(0, 24, 4)],
    "READ_ONCE(q->next->a)": [("one", 16, 8), ("one", 0, 4)],
}


@pytest.mark.parametrize(("path", "wanted"), PATHS.items(), ids=PATHS)
def test_a_path_leads_through_a_pointer(path: str, wanted: list[tuple[str, int, int]]) -> None:
    body = f"struct s *q = READ_ONCE(*p); u32 r0 = {path};"
    text = litmus("", body, init=FIELDS, par="struct s **p", cond="exists 1:r0=0")
    assert [rest for _, *rest in places(text)] == [["p", 0, 8], *map(list, wanted)]


def test_a_list_is_walked_as_far_as_it_is_linked() -> None:
    init = FIELDS + " one.next = &two; one.a = 1; two.a = 2;"
    body = """u32 r0 = 0; struct s *q = READ_ONCE(*p);
    while (q) { r0 += READ_ONCE(q->a); q = READ_ONCE(q->next); }"""
    text = litmus("", body, init=init, par="struct s **p", cond="exists 1:r0=3")
    assert final(text) == {(3,)}


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("arch", ["arm64", "s390x", "x86-32", "sparc32"])
def test_the_pointer_decides_what_is_read(arch: str) -> None:
    text = pointing(
        "smp_store_release(p, x);", "int *q = READ_ONCE(*p); int r0 = READ_ONCE(*q);",
        init="[p]=z; x=5; z=7;",
    )  # fmt: skip
    assert final(text, arch) == {(5,), (7,)}


@pytest.mark.parametrize("arch", ["x86-64", "powerpc64"])
def test_a_pointer_is_shown_by_the_name_it_points_to(arch: str) -> None:
    text = pointing(
        "WRITE_ONCE(*p, x);", "int *r0 = READ_ONCE(*p);", cond="exists (1:r0=x /\\ [p]=x)"
    )
    assert final(text, arch) == {("x", "x"), ("z", "x")}


def test_no_access_is_made_where_a_pointer_is_null() -> None:
    text = pointing(
        "WRITE_ONCE(*p, x);", "int r0 = 9; int *q = READ_ONCE(*p); if (q) r0 = READ_ONCE(*q);",
        init="x=5; int *p = NULL;",
    )  # fmt: skip
    assert final(text) == {(5,), (9,)}


def test_a_store_by_a_pointer_goes_where_it_points() -> None:
    text = pointing(
        "WRITE_ONCE(*p, x);", "int *q = READ_ONCE(*p); WRITE_ONCE(*q, 3);",
        cond="exists ([x]=3 /\\ [z]=3)",
    )  # fmt: skip
    assert final(text) == {(3, 0), (0, 3)}


def test_either_branch_may_have_set_a_pointer() -> None:
    text = pointing(
        "WRITE_ONCE(*x, 1);",
        "int *q; if (READ_ONCE(*x)) q = x; else q = READ_ONCE(*p); WRITE_ONCE(*q, 3);",
        cond="exists ([x]=3 /\\ [z]=3)",
    )
    assert final(text) == {(3, 0), (1, 3)}
    chosen = "q = READ_ONCE(*x) ? x : READ_ONCE(*p);"
    branches = "if (READ_ONCE(*x)) q = x; else q = READ_ONCE(*p);"
    assert final(text.replace(branches, chosen)) == {(3, 0), (1, 3)}


def test_an_exchange_returns_a_pointer() -> None:
    text = pointing(
        "WRITE_ONCE(*p, x);", "int *q = xchg(p, NULL); int r0 = READ_ONCE(*q);", init="[p]=z; x=5;"
    )
    assert final(text) == {(0,), (5,)}


def test_a_pointer_may_be_moved_and_stored() -> None:
    init = "u32 a[4] = {1, 2, 3, 4}; u32 *p = a;"
    p0, p1 = "WRITE_ONCE(*p, READ_ONCE(*p) + 2);", "u32 *q = READ_ONCE(*p); u32 r0 = READ_ONCE(*q);"
    text = litmus(p0, p1, init=init, par="u32 **p", cond="exists 1:r0=3")
    assert final(text) == {(1,), (3,)}


# --- order ----------------------------------------------------------------------------------------

FOLLOW = "int *q = READ_ONCE(*p); int r0 = READ_ONCE(*q);"
MESSAGE = "exists (1:q=x /\\ 1:r0=0)"


@pytest.mark.parametrize(
    ("arch", "release", "plain"),
    [
        ("x86-64", "forbidden", "forbidden"), ("arm64", "forbidden", "allowed"),
        ("riscv64", "forbidden", "allowed"), ("powerpc64", "fragile", "allowed"),
        ("alpha", "fragile", "allowed"),
    ],
)  # fmt: skip
def test_an_address_dependency_keeps_reads_in_order(arch: str, release: str, plain: str) -> None:
    assert verdict(pointing(PUBLISH, FOLLOW, cond=MESSAGE), arch).answer == release
    unordered = "WRITE_ONCE(*x, 1); WRITE_ONCE(*p, x);"
    assert verdict(pointing(unordered, FOLLOW, cond=MESSAGE), arch).answer == plain


def test_a_read_that_does_not_follow_the_pointer_is_not_kept_in_order() -> None:
    body = "int *q = READ_ONCE(*p); int r0 = READ_ONCE(*x);"
    assert verdict(pointing(PUBLISH, body, cond=MESSAGE)).answer == "allowed"
    assert verdict(pointing(PUBLISH, body, cond=MESSAGE), "x86-64").answer == "forbidden"


def test_a_pointer_that_a_branch_chose_does_not_depend_on_the_condition() -> None:
    body = "int *q; if (READ_ONCE(*x)) q = x; else q = READ_ONCE(*p); int r0 = READ_ONCE(*q);"
    flag, pointer, *followed = of_p1(pointing(PUBLISH, body))
    assert {one.addr for one in followed} == {frozenset({pointer.number})}
    assert flag.number in pointer.ctrl


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("init", "p0", "p1", "message"),
    [
        ("x=0; int *p = NULL;", "", FOLLOW, "never holds the address of 4 bytes"),
        ("x=0; char c; int *p = &c;", "", FOLLOW, "never holds the address of 4 bytes"),
        ("int a[100]; int *p = a;", "WRITE_ONCE(*p, READ_ONCE(*p) + 1);", FOLLOW,
         "more than 64 addresses"),
        ("[p]=z;", "", "int q = READ_ONCE(*x); int r0 = READ_ONCE(*q);", "not a pointer"),
    ],
)  # fmt: skip
def test_refuses(init: str, p0: str, p1: str, message: str) -> None:
    with pytest.raises(Diagnostic, match=message):
        drawn(pointing(p0, p1, init=init))


@pytest.mark.parametrize("cond", ["exists p[0]=1", "exists *p=1"])
def test_a_condition_follows_no_pointer(cond: str) -> None:
    with pytest.raises(Diagnostic):
        drawn(pointing("", "int r0 = 0;", cond=cond))


# --- indices that were read -----------------------------------------------------------------------

RING = (
    "u32 x[3] = {10, 11, 12}; u32 i; struct s { u16 a; u16 b; }; struct s r[2] = {{1, 2}, {3, 4}};"
)


@pytest.mark.parametrize(("p1", "cond", "answer"), [
    ("u32 n = READ_ONCE(*i); u32 v = READ_ONCE(x[n]);", "1:n=2 /\\ 1:v=12", "allowed"),
    ("u32 n = READ_ONCE(*i); u32 v = READ_ONCE(x[n]);", "1:n=2 /\\ 1:v!=12", "forbidden"),
    ("u32 n = READ_ONCE(*i); u32 v = READ_ONCE(x[n - 1]);", "1:n=2 /\\ 1:v=11", "allowed"),
    ("u32 n = READ_ONCE(*i); u32 *p = x + 2; u32 v = READ_ONCE(*(p - n));", "1:n=2 /\\ 1:v=10",
     "allowed"),
    ("u32 n = READ_ONCE(*i); u32 *p = x + 2; u32 v = READ_ONCE(*(p - n));", "1:n=2 /\\ 1:v!=10",
     "forbidden"),
    ("u32 n = READ_ONCE(*i); struct s *p = &r[n & 1]; u16 v = READ_ONCE(p->b);", "1:n=0 /\\ 1:v=2",
     "allowed"),
    ("u32 n = READ_ONCE(*i); u16 v = READ_ONCE(r[n >> 1].b);", "1:n=2 /\\ 1:v!=4", "forbidden"),
    ("u32 n = READ_ONCE(*i); WRITE_ONCE(x[n], 7);", "x[2]=7 /\\ x[0]=10", "allowed"),
    ("u32 n = READ_ONCE(*i); WRITE_ONCE(x[n], 7);", "x[2]=7 /\\ x[0]=7", "forbidden"),
])  # fmt: skip
def test_an_index_that_was_read(p1: str, cond: str, answer: str) -> None:
    text = litmus(
        "WRITE_ONCE(*i, 2);", p1, init=RING, par="u32 *x, u32 *i, struct s *r",
        cond=f"exists {cond}",
    )  # fmt: skip
    for arch in ("arm64", "powerpc64"):
        assert verdict(text, arch).answer == answer


def test_an_access_by_an_index_that_was_read_depends_on_it() -> None:
    p1 = "u32 n = READ_ONCE(*i); u32 v = READ_ONCE(x[n]);"
    text = litmus("", p1, init=RING, par="u32 *x, u32 *i, struct s *r", cond="exists true")
    assert [draft.addr for draft in drawn(text).drafts] == [frozenset(), *[frozenset({0})] * 3]


def test_outside_of_the_array_there_is_no_access() -> None:
    text = litmus(
        "WRITE_ONCE(*i, 3);", "u32 n = READ_ONCE(*i); WRITE_ONCE(x[n], 7);", init=RING,
        par="u32 *x, u32 *i, struct s *r",
        cond="exists 1:n=3 /\\ ~(x[0]=10 /\\ x[1]=11 /\\ x[2]=12)",
    )  # fmt: skip
    assert verdict(text).answer == "forbidden"


@pytest.mark.parametrize(("access", "noted"), [
    ("x[n]", ["x"]), ("x[n & 3]", ["x"]), ("x[n % 3]", []), ("x[(n & 1) + 1]", []),
    ("x[(n & 1) + 2]", ["x"]), ("x[n - 1]", ["x"]), ("r[n & 1].b", []), ("r[n >> 31].b", []),
    ("r[n >> 30].b", ["r"]), ("x[n ? 2 : 0]", []), ("x[2]", []), ("x[n] + r[n].b", ["r", "x"]),
])  # fmt: skip
def test_an_index_that_may_be_outside_is_noted(access: str, noted: list[str]) -> None:
    text = litmus(
        "", f"u32 n = READ_ONCE(*i); u32 v = {access};", init=RING,
        par="u32 *x, u32 *i, struct s *r", cond="exists true",
    )  # fmt: skip
    said = [note for note in verdict(text).notes if "outside" in note]
    assert said == [f"an index outside of `{name}` makes no access" for name in noted]
