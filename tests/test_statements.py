"""The language: expressions, statements, comments and the header."""

from __future__ import annotations

import pytest

from checker.language import parse
from checker.litmus import (
    Assign,
    Attributes,
    Declare,
    Evaluate,
    Expectation,
    If,
    Location,
    Loop,
    Number,
    Override,
    Scalar,
)
from tests.inputs import litmus
from tests.spelled import body, expression, spelled

# --- expressions ----------------------------------------------------------------------------------

EXPRESSIONS = {
    "1 + 2 * 3": "(1 + (2 * 3))",
    "1 * 2 + 3": "((1 * 2) + 3)",
    "1 - 2 - 3": "((1 - 2) - 3)",
    "8 / 4 / 2 % 3": "(((8 / 4) / 2) % 3)",
    "1 << 2 + 3": "(1 << (2 + 3))",
    "1 < 2 << 3": "(1 < (2 << 3))",
    "1 == 2 < 3": "(1 == (2 < 3))",
    "1 & 2 == 3": "(1 & (2 == 3))",
    "1 ^ 2 & 3": "(1 ^ (2 & 3))",
    "1 | 2 ^ 3": "(1 | (2 ^ 3))",
    "1 && 2 | 3": "(1 && (2 | 3))",
    "1 || 2 && 3": "(1 || (2 && 3))",
    "1 || 2 ? 3 : 4": "((1 || 2) ? 3 : 4)",
    "1 ? 2 : 3 ? 4 : 5": "(1 ? 2 : (3 ? 4 : 5))",
    "1 ? 2 ? 3 : 4 : 5": "(1 ? (2 ? 3 : 4) : 5)",
    "(1 + 2) * 3": "((1 + 2) * 3)",
    "a >= 1 != b <= 2": "((a >= 1) != (b <= 2))",
    "a >> 1 > 2": "((a >> 1) > 2)",
    "-1 - -2": "((-1) - (-2))",
    "!a == ~b": "((!a) == (~b))",
    "- ~ ! + a": "(-(~(!(+a))))",
    "*p + &x": "((*p) + (&x))",
    "*p->q.r[2]": "(*(((p->q).r)[2]))",
    "&p->q[1]": "(&((p->q)[1]))",
    "(u32)a + b": "(((u32)a) + b)",
    "(u32)*p": "((u32)(*p))",
    "*(u32 *)((char *)&x + 4)": "(*((u32*)(((unsigned char*)(&x)) + 4)))",
    "*(volatile u64 *)p": "(*((u64*)p))",
    "(struct s *)p": "((struct s*)p)",
    "sizeof(u64) + 1": "(sizeof(u64) + 1)",
    "sizeof(struct s)": "sizeof(struct s)",
    "sizeof *p": "sizeof((*p))",
    "sizeof(p->q)": "sizeof((p->q))",
    "f()": "f()",
    "f(a, b + 1)": "f(a, (b + 1))",
    "a = b = c": "(a = (b = c))",
    "a += b << 1": "(a += (b << 1))",
    "a >>= 1": "(a >>= 1)",
    "0x1fULL": "31ull",
    "0b101": "5",
    "017": "15",
    "a&&&b": "(a && (&b))",
    "a<-1": "(a < (-1))",
    "a*-*b": "(a * (-(*b)))",
    "a-- - --b": "((a -= 1) - (b -= 1))",
    "a^=~b": "(a ^= (~b))",
    "NULL": "0",
    "true + false": "(1 + 0)",
}


@pytest.mark.parametrize(("written", "meant"), EXPRESSIONS.items())
def test_how_tightly_operators_bind(written: str, meant: str) -> None:
    assert expression(written) == meant


@pytest.mark.parametrize(("written", "value", "suffix", "decimal"), [
    ("0", 0, "", True), ("10u", 10, "u", True), ("10UL", 10, "ul", True),
    ("0x10", 16, "", False), ("0XaBcDull", 0xABCD, "ull", False), ("0B11", 3, "", False),
    ("0777", 511, "", False), (str(2**64), 2**64, "", True),
])  # fmt: skip
def test_a_number_keeps_its_suffix_and_whether_it_is_decimal(
    written: str, value: int, suffix: str, decimal: bool
) -> None:
    (statement,) = body(f"v = {written};")
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.expr, Assign)
    assert statement.expr.value == Number(value, suffix, decimal, (8, 5))


def test_steps_are_assignments() -> None:
    found = [spelled(s.expr) for s in body("a++; --a; a += 2;") if isinstance(s, Evaluate)]
    assert found == ["(a += 1)", "(a -= 1)", "(a += 2)"]


# --- statements -----------------------------------------------------------------------------------


def test_if_and_else_belong_to_the_nearest_if() -> None:
    (outer,) = body("if (a) if (b) f(); else g();")
    assert isinstance(outer, If)
    assert outer.otherwise == ()
    (inner,) = outer.then
    assert isinstance(inner, If)
    assert [len(inner.then), len(inner.otherwise)] == [1, 1]


@pytest.mark.parametrize(("written", "first", "steps"), [
    ("while (a) f();", False, 0),
    ("do f(); while (a);", True, 0),
    ("do { f(); } while (a);", True, 0),
    ("for (; a; a++) f();", False, 1),
    ("for (; a;) { f(); }", False, 0),
])  # fmt: skip
def test_loops(written: str, first: bool, steps: int) -> None:
    (loop,) = body(written)
    assert isinstance(loop, Loop)
    assert spelled(loop.condition) == "a"
    assert loop.body_first is first
    assert (len(loop.body), len(loop.step)) == (1, steps)


def test_a_for_without_a_condition_goes_on() -> None:
    (start, loop) = body("for (int i = 0;;) f();")
    assert isinstance(start, Declare)
    assert isinstance(loop, Loop)
    assert spelled(loop.condition) == "1"


def test_blocks_and_empty_statements_leave_nothing_behind() -> None:
    assert len(body("; { } { ; f(); { } } ;")) == 1


def test_names_may_be_used_again_where_the_first_is_gone() -> None:
    text = "for (int i = 0; i < 2; i++) ; for (int i = 0; i < 2; i++) { int j; } { int j; }"
    assert [s.name for s in body(text) if isinstance(s, Declare)] == ["i", "i", "j"]


# --- comments and the header ----------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [
    ("C test", "(* one *)\nC test"),
    ("C test", "(* one (* in *) (* another *) *)\nC test"),
    ("C test", "(* over\nlines { ( [ *)\nC test (* at the end *)"),
    ("{\nu64", "{ (* in init *) // to the end { (*\n/* C { */ u64"),
    ("P0(u64 *x)\n{", "(* between *)\nP0(u64 *x)\n{ /* ( { */ // } \n"),
    ("~exists", "(* before { *)\n~exists"),
    ("torn(1:r0)", "torn(1:r0) (* after ( *)"),
    ("C test", "C test\n\"a quoted line: (x;y)\""),
])  # fmt: skip
def test_comments_mean_nothing(before: str, after: str) -> None:
    plain, commented = parse(litmus()), parse(litmus().replace(before, after, 1))
    assert commented.condition == plain.condition
    assert commented.name == plain.name
    assert [len(thread.body) for thread in commented.threads] == [1, 1]


def test_a_star_after_a_parenthesis_is_no_comment_in_a_thread() -> None:
    assert [spelled(s.expr) for s in body("f(*a); g((u64 *)b); h((*c));")
            if isinstance(s, Evaluate)] == ["f((*a))", "g(((u64*)b))", "h((*c))"]  # fmt: skip


def test_a_hundred_pointer_casts_are_not_a_hundred_open_brackets() -> None:
    assert len(body("f((u64 *)x); " * 100)) == 100


def test_positions_are_those_of_the_file_with_its_comments() -> None:
    test = parse("(* a\n comment *) C test\n\n{ (* b *) u64 x; }\nP0(u64 *x) { }\nexists true\n")
    assert test.locations == (Location("x", Scalar("u64"), Attributes(), (4, 15)),)
    assert test.threads[0].at == (5, 1)


def test_info_lines_are_kept_and_those_of_ours_are_read() -> None:
    test = parse(litmus(head="\n".join([
        "Cycle = Rfe PodRR Fre",
        "Arch = arm64, x86-32",
        "Expect = arm64: forbidden,  x86-32: ALLOWED",
        "Expect = arm64+lse2: fragile",
        "Override = x86-32: put_user_atomic 8 = rmw.locked 8",
        "Arch = arm64+lse2",
    ])))  # fmt: skip
    assert test.info[0] == ("Cycle", "Rfe PodRR Fre")
    assert test.archs == (("arm64", (3, 8)), ("x86-32", (3, 15)), ("arm64+lse2", (7, 8)))
    assert test.expectations == (
        Expectation("arm64", "forbidden", (4, 10)),
        Expectation("x86-32", "allowed", (4, 29)),
        Expectation("arm64+lse2", "fragile", (5, 10)),
    )
    (override,) = test.overrides
    assert isinstance(override, Override)
    assert (override.arch, override.operation, override.size, override.code) == (
        "x86-32", "put_user_atomic", 8, "rmw.locked 8",
    )  # fmt: skip
