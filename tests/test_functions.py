"""What a test defines for itself: functions, ways out of them, constants."""

from __future__ import annotations

import pytest

from checker.diagnostic import Diagnostic
from checker.language import parse
from tests.inputs import drawn, final, litmus, unmarked, verdict

HEAD = "C test\nArch = arm64\n{ u32 x; u32 y; }\n"


def with_functions(functions: str, p0: str, cond: str = "exists true", p1: str = "") -> str:
    return f"{HEAD}{functions}\nP0(u32 *x, u32 *y) {{ {p0} }}\nP1(u32 *x) {{ {p1} }}\n{cond}\n"


VALUES = {
    "a value": ("static inline u32 f(u32 a) { return a + 1; }", "u32 r = f(4);", 5),
    "a narrower one": ("static inline u8 f(u32 a) { return a; }", "u32 r = f(0x1ff);", 0xFF),
    "a narrower argument": ("u32 f(u8 a) { return a; }", "u32 r = f(0x1ff);", 0xFF),
    "a signed one": ("int f(int a) { return -a; }", "long r = f(1);", -1),
    "an early one": ("u32 f(u32 a) { if (a > 3) return 7; return 8; }", "u32 r = f(4) + f(1);", 15),
    "one through a pointer": ("void f(u32 *p, u32 v) { *p = v; }", "u32 r; f(&r, 6);", 6),
    "nothing": ("void f(u32 *p) { if (*p) return; *p = 3; }", "u32 r = 1; f(&r);", 1),
    "another function": ("u32 g(u32 a) { return a * 2; } u32 f(u32 a) { return g(a) + g(1); }",
                         "u32 r = f(4);", 10),
    "its own variables": ("u32 f(u32 a) { u32 r = 9; u32 x = a; return x; }",
                          "u32 r = 1; u32 v = f(2); r += v;", 3),
    "a pointer": ("u32 *f(u32 *a, u32 *b, int n) { if (n) return a; return b; }",
                  "u32 a = 1; u32 b = 2; u32 r = *f(&a, &b, 1);", 1),
    "a loop's": ("u32 f(u32 n) { u32 i; u32 s = 0; for (i = 0; ; i++) { if (i == n) return s; "
                 "if (i & 1) continue; s += i; } }", "u32 r = f(7);", 12),
    "an array": ("u32 f(u32 *a) { return a[0] + a[2]; }", "u32 a[3] = {1, 2, 4}; u32 r = f(a);", 5),
    "a struct": ("u32 f(struct s *p) { p->b = 3; return p->a; }",
                 "struct s v = {4, 5}; u32 r = f(&v) + v.b;", 7),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_what_a_function_returns(name: str) -> None:
    functions, p0, value = VALUES[name]
    text = with_functions(functions, p0, f"forall 0:r={value}")
    found = verdict(text.replace("{ u32 x;", "{ struct s { u32 a; u32 b; }; u32 x;"))
    assert (found.answer, found.holds) == ("forbidden", True)


def test_a_call_makes_the_operations_of_its_body_and_no_other() -> None:
    function = "u32 f(u32 *p) { u32 v = READ_ONCE(*p); smp_rmb(); return v; }"
    text = with_functions(function, "u32 a = f(x); u32 b = f(y); WRITE_ONCE(*y, a);")
    assert [d.name for d in drawn(text).drafts] == [
        "READ_ONCE", "smp_rmb", "READ_ONCE", "smp_rmb", "WRITE_ONCE",
    ]  # fmt: skip


def test_a_value_keeps_its_dependency_through_a_call() -> None:
    function = "u32 f(u32 a) { return a + 1; }"
    text = with_functions(function, "u32 a = f(READ_ONCE(*x)); WRITE_ONCE(*y, a);")
    assert drawn(text).drafts[-1].data == {0}


def test_what_follows_an_early_return_depends_on_its_test_until_the_function_ends() -> None:
    function = "void f(u32 *p, u32 a) { if (a) return; WRITE_ONCE(*p, 1); }"
    text = with_functions(function, "u32 a = READ_ONCE(*x); f(y, a); WRITE_ONCE(*y, 2);")
    inside, after = drawn(text).drafts[-2:]
    assert inside.ctrl == {0}
    assert not after.ctrl


EXITS = {
    "a return": ("if (READ_ONCE(*x)) return; WRITE_ONCE(*y, 1);", {(0, 1), (1, 0)}),
    "on both sides": ("if (READ_ONCE(*x)) { WRITE_ONCE(*y, 2); return; } else { WRITE_ONCE(*y, 3); "
                      "return; } WRITE_ONCE(*y, 4);", {(0, 3), (1, 2)}),
    "a break": ("int i; for (i = 0; i < 2; i++) { if (READ_ONCE(*x)) break; } WRITE_ONCE(*y, i);",
                {(0, 2), (1, 0)}),
    "a continue": ("int i; u32 n = 0; u32 v = READ_ONCE(*x); for (i = 0; i < 2; i++) { if (v) "
                   "continue; n++; } WRITE_ONCE(*y, n);", {(0, 2), (1, 0)}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXITS)
def test_where_an_exit_leads(name: str) -> None:
    p0, states = EXITS[name]
    for value in (0, 1):
        text = with_functions("", p0, "locations [x; y] exists true")
        text = text.replace("u32 x;", f"u32 x = {value};")
        assert final(text) == {one for one in states if one[0] == value}


@pytest.mark.parametrize(("p0", "cond", "answer"), [
    ("if (READ_ONCE(*x)) return;", "exists accepted(P0) /\\ x=1", "allowed"),
    ("u32 r = READ_ONCE(*x); if (r) return;", "exists accepted(P0) /\\ 0:r=1", "forbidden"),
    ("u32 r = READ_ONCE(*x); if (r) return;", "exists ~accepted(P0) /\\ 0:r=0", "forbidden"),
    ("u32 r = READ_ONCE(*x);", "exists ~accepted(P0)", "forbidden"),
])  # fmt: skip
def test_accepted_is_what_came_to_its_end(p0: str, cond: str, answer: str) -> None:
    assert verdict(with_functions("", p0, cond, "WRITE_ONCE(*x, 1);")).answer == answer


BAD = {
    "it calls itself": ("u32 f(u32 a) { return §f(a); }", "f(1);", "calls itself"),
    "too many arguments": ("u32 f(u32 a) { return a; }", "§f(1, 2);", "takes 1 argument, not 2"),
    "no value": ("u32 §f(u32 a) { if (a) return 1; }", "", "may end without a value"),
    "a value of none": ("void f(u32 a) { §return a; }", "", "returns no value"),
    "a missing value": ("u32 f(u32 a) { §return; }", "", "returns a value"),
    "a thread's value": ("", "§return 1;", "a thread returns no value"),
    "a break outside": ("", "if (READ_ONCE(*x)) §break;", "outside a loop"),
    "a thread's parameter": ("u32 f(u32 a) { return READ_ONCE(*z§); }".replace("z§", "§z"), "f(1);",
                             "`z` is not declared"),
    "declared twice": ("void f(u32 a) { } void §f(u32 b) { }", "", "declared twice"),
    "a location": ("void §x(u32 a) { }", "", "declared twice"),
    "a struct by value": ("void f(struct s §a) { }", "", "not an integer and no pointer"),
    "what is gone": ("u32 *f(u32 a) { return &a; }", "u32 *p = §f(1);", "is gone"),
    "unknown": ("", "§g(1);", "`g"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_said_of_a_function_that_cannot_be(name: str) -> None:
    functions, p0, message = BAD[name]
    text, at = unmarked(with_functions(functions, p0))
    with pytest.raises(Diagnostic, match=message.replace("(", r"\(")) as found:
        verdict(text)
    assert found.value.at == at


# --- constants ------------------------------------------------------------------------------------

DEFINED = {
    "a number": ("#define A 3", "A", 3),
    "of others": ("#define A 3\n#define B (A + 1)", "B * 2", 8),
    "words, not a value": ("#define A 3 + 1", "A * 2", 5),
    "on two lines": ("#define A \\\n  7", "A", 7),
    "with a comment": ("#define A 7 /* seven */", "A", 7),
    "a bit": ("#define A BIT(4)", "A", 16),
    "bits": ("#define A GENMASK(7, 4)", "A", 0xF0),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFINED)
def test_what_a_constant_stands_for(name: str) -> None:
    lines, expr, value = DEFINED[name]
    text = litmus("", f"u32 r = {expr};", cond=f"forall 1:r={value}", head=f"Arch = arm64\n{lines}")
    assert verdict(text).holds


@pytest.mark.parametrize(("enum", "value"), [
    ("enum { A, B, C };", 2), ("enum e { A = 4, B = A, C };", 5), ("enum { A = (1 << 3), C, };", 9),
])  # fmt: skip
def test_what_an_enumerator_stands_for(enum: str, value: int) -> None:
    text = litmus("", "int r = C;", cond=f"forall 1:r={value}", init=f"{enum} u64 x;")
    assert verdict(text).holds


def test_a_constant_has_its_place_in_declarations_and_conditions() -> None:
    text = litmus(
        "WRITE_ONCE(x[N - 1], LAST);", "u32 r = READ_ONCE(x[1]);", par="u32 *x",
        init="u32 x[N] = {N, 0}; u64 y __aligned(N);", head="#define N 2\n#define LAST 0x11",
        cond="locations [x] exists 1:r=LAST /\\ x[0]=N",
    )  # fmt: skip
    found = verdict(text, states=True)
    assert found.answer == "allowed"
    assert "1:r=LAST" in found.condition
    assert found.observed is not None
    assert found.observed.positive == 1


BAD_CONSTANTS = {
    "a macro": ("#define §F(x) x", "with parameters"),
    "nothing": ("#define §A", "stands for nothing"),
    "another directive": ("§#include <x>", "`#include` is not"),
    "no name": ("§#define", "needs a name"),
    "twice": ("#define A 1\n#define §A 2", "defined twice"),
    "a word": ("#define §if 1", "a word of the language"),
    "too early": ("#define B §A\n#define A 1", "used before it is defined"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CONSTANTS)
def test_what_is_said_of_a_constant_that_cannot_be(name: str) -> None:
    lines, message = BAD_CONSTANTS[name]
    text, at = unmarked(litmus(head=f"Arch = arm64\n{lines}"))
    with pytest.raises(Diagnostic, match=message) as found:
        parse(text)
    assert found.value.at == at


# --- conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("cond", "arch", "holds"), [
    ("byte(1:r, 0)=0x44", "arm64", True), ("byte(1:r, 0)=0x11", "powerpc64", True),
    ("byte(1:r, 3)=0x44", "powerpc64", True), ("byte(1:r, 3)!=0x11", "arm64", False),
    ("byte(x, 1)=0x33", "arm64", True), ("byte(x, 5)=0x22", "powerpc64", True),
    ("byte(x, 7)=0", "arm64", True), ("1:r in {1, 0x11223344, 3}", "arm64", True),
    ("1:r in {1}", "arm64", False), ("x in {0x11223344}", "arm64", True),
])  # fmt: skip
def test_conditions_on_bytes_and_sets(cond: str, arch: str, holds: bool) -> None:
    init = "u64 x = 0x11223344;"
    text = litmus("", "u32 r = READ_ONCE(*x);", init=init, cond=f"forall {cond}", head="")
    assert verdict(text, arch).holds is holds


@pytest.mark.parametrize(("cond", "message"), [
    ("exists §byte(1:r0, 8)=1", "there is no byte 8"), ("exists §byte(x, 9)=1", "no byte 9"),
    ("exists §byte(1:r0, 0)=256", "does not fit"), ("exists §bite(1:r0, 0)=1", "has no value"),
    ("exists accepted(§P7)", "no thread P7"),
])  # fmt: skip
def test_what_is_said_of_a_byte_that_is_not_there(cond: str, message: str) -> None:
    text, at = unmarked(litmus(cond=cond, head=""))
    with pytest.raises(Diagnostic, match=message) as found:
        verdict(text)
    assert found.value.at == at
