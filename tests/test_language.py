"""The language: what each piece of a litmus file means once it has been read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.language.condition import show
from checker.litmus import (
    Array,
    Assign,
    Attributes,
    Binary,
    Braces,
    Call,
    Cast,
    Connective,
    Declare,
    Equal,
    Evaluate,
    Expectation,
    Expr,
    If,
    Index,
    Initial,
    Location,
    Loop,
    Member,
    Memory,
    Name,
    Number,
    Override,
    Pointer,
    Proposition,
    Register,
    Scalar,
    SizeOf,
    Statement,
    StructName,
    Ternary,
    Torn,
    Type,
    Unary,
)
from tests.inputs import SHIPPED, litmus


def body(text: str) -> tuple[Statement, ...]:
    """Return the statements of a thread that has these."""
    return parse(litmus(text)).threads[0].body


def expression(text: str) -> str:
    """Return an expression with a parenthesis around every operator's operands."""
    (statement,) = body(f"v = {text};")
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.expr, Assign)
    return spelled(statement.expr.value)


def spelled(expr: Expr) -> str:
    match expr:
        case Number(value, suffix):
            return f"{value}{suffix}"
        case Name(name):
            return name
        case Unary(op, of):
            return f"({op}{spelled(of)})"
        case Binary(op, left, right):
            return f"({spelled(left)} {op} {spelled(right)})"
        case Ternary(condition, yes, no):
            return f"({spelled(condition)} ? {spelled(yes)} : {spelled(no)})"
        case Cast(type_, of):
            return f"(({named(type_)}){spelled(of)})"
        case Member(of, name, arrow):
            return f"({spelled(of)}{'->' if arrow else '.'}{name})"
        case Index(of, index):
            return f"({spelled(of)}[{spelled(index)}])"
        case Call(name, args):
            return f"{name}({', '.join(map(spelled, args))})"
        case SizeOf(of):
            inside = named(of) if isinstance(of, Type) else spelled(of)
            return f"sizeof({inside})"
        case Assign(target, op, value):
            return f"({spelled(target)} {op}= {spelled(value)})"
        case Braces(items):
            return f"{{{', '.join(map(spelled, items))}}}"


def named(type_: Type) -> str:
    match type_:
        case Scalar(name):
            return name
        case Pointer(to):
            return f"{named(to)}*"
        case Array(of, count):
            return f"{named(of)}[{count}]"
        case StructName(tag):
            return f"struct {tag}"


# --- types and declarations -----------------------------------------------------------------------

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
    "intptr_t": "long", "bool": "u8", "_Bool": "u8",
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


# --- conditions -----------------------------------------------------------------------------------

R0, R1 = Register(0, "r0"), Register(1, "r1")
A = Equal(R0, 1)
B = Equal(R1, 2)
X = Equal(Memory(Name("x", (0, 0)), "x"), 3)

CONDITIONS: dict[str, Proposition] = {
    "0:r0=1": A,
    "(0:r0=0x1)": A,
    "0:r0=-1": Equal(R0, -1),
    "0:r0=x": Equal(R0, "x"),
    "0:r0!=1": Connective("not", (A,)),
    "torn": Torn(None),
    "torn(1:r1)": Torn(R1),
    "~torn": Connective("not", (Torn(None),)),
    "not (0:r0=1)": Connective("not", (A,)),
    "true": Connective("true", ()),
    "false": Connective("false", ()),
    "0:r0=1 /\\ 1:r1=2": Connective("and", (A, B)),
    "0:r0=1/\\1:r1=2": Connective("and", (A, B)),
    "0:r0=1\\/~1:r1=2": Connective("or", (A, Connective("not", (B,)))),
    "0:r0=1=>1:r1=2": Connective("implies", (A, B)),
    "0:r0=1 \\/ 1:r1=2": Connective("or", (A, B)),
    "0:r0=1 => 1:r1=2": Connective("implies", (A, B)),
    "~0:r0=1 /\\ 1:r1=2": Connective("and", (Connective("not", (A,)), B)),
    "torn \\/ 0:r0=1 /\\ 1:r1=2": Connective("or", (Torn(None), Connective("and", (A, B)))),
    "(torn \\/ 0:r0=1) /\\ 1:r1=2": Connective("and", (Connective("or", (Torn(None), A)), B)),
    "torn => 0:r0=1 => 1:r1=2": Connective("implies", (Torn(None), Connective("implies", (A, B)))),
}


@pytest.mark.parametrize(("written", "meant"), CONDITIONS.items())
@pytest.mark.parametrize("quantifier", ["exists", "~exists", "forall"])
def test_a_condition(written: str, meant: Proposition, quantifier: str) -> None:
    condition = parse(litmus(cond=f"{quantifier} {written}")).condition
    assert condition.proposition == meant
    assert condition.quantifier == quantifier
    assert condition.is_assertion is (quantifier != "exists")


@pytest.mark.parametrize(("written", "shown"), [
    ("x=3", "[x]=3"), ("[x]=3", "[x]=3"), ("x.a=3", "[x.a]=3"), ("[x.a.b]=3", "[x.a.b]=3"),
    ("x[2]=3", "[x[2]]=3"), ("x[0x2].a=3", "[x[2].a]=3"), ("[x[2]]=3", "[x[2]]=3"),
])  # fmt: skip
def test_a_place_in_memory(written: str, shown: str) -> None:
    assert parse(litmus(cond=f"exists {written}")).condition.text == f"exists {shown}"


def test_locations_and_filter_stand_before_the_condition() -> None:
    test = parse(litmus(cond="locations [0:r0; x; y.a;] filter 0:r0=1 ~exists torn"))
    assert [getattr(place, "text", None) or place for place in test.shown] == [R0, "x", "y.a"]
    assert test.filter == A
    assert test.condition.text == "~exists torn"


places = st.sampled_from([R0, R1, Memory(Name("x", (0, 0)), "x")])
leaves = st.one_of(
    st.builds(Equal, places, st.one_of(st.integers(-(2**127), 2**128 - 1), st.just("y"))),
    st.builds(Torn, st.sampled_from([None, R0, R1])),
    st.sampled_from([Connective("true", ()), Connective("false", ())]),
)
propositions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda p: Connective("not", (p,))),
        st.lists(inner, min_size=2, max_size=3).map(lambda ps: Connective("and", tuple(ps))),
        st.lists(inner, min_size=2, max_size=3).map(lambda ps: Connective("or", tuple(ps))),
        st.tuples(inner, inner).map(lambda ps: Connective("implies", ps)),
    ),
    max_leaves=12,
)


def bare(proposition: Proposition) -> Proposition:
    """Return a proposition without the positions of its places."""
    match proposition:
        case Equal(Memory(_, text), value):
            return Equal(Memory(Name(text, (0, 0)), text), value)
        case Connective(op, args):
            return Connective(op, tuple(bare(arg) for arg in args))
        case _:
            return proposition


@given(propositions, st.sampled_from(["exists", "~exists", "forall"]))
def test_a_condition_that_is_printed_reads_as_it_was(
    proposition: Proposition, quantifier: str
) -> None:
    again = parse(litmus(cond=f"{quantifier} {show(proposition)}")).condition
    assert bare(again.proposition) == bare(proposition)
    assert again.text == f"{quantifier} {show(proposition)}"


# --- whole files ----------------------------------------------------------------------------------


def test_bytes_and_text_are_the_same_test() -> None:
    assert parse(litmus().encode()) == parse(litmus())


def test_a_diagnostic_names_the_file_it_was_given() -> None:
    with pytest.raises(Diagnostic) as found:
        parse("", "some.litmus")
    assert found.value.file == "some.litmus"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_file_prints_its_condition_so_that_it_reads_as_it_was(path: Path) -> None:
    test = parse(path.read_bytes())
    assert bare(parse(litmus(cond=test.condition.text)).condition.proposition) == bare(
        test.condition.proposition
    )


LKMM = """\
C MP+porevlocks

(*
 * Result: Never
 *
 * herd7's own layout: (* nested *) comments, no declarations, int parameters.
 *)

{
    x = 1; int y = 0; z=x;
}

P0(int *x, int *y, volatile int* z) // Consumer
{
	int r0;
	int r1 = 5;

	r0 = READ_ONCE(*x);
	smp_rmb();
	r1 = smp_load_acquire(z);
	if (r0)
		WRITE_ONCE(*y, r1);
	else
		atomic_inc(z);
}

P1(int *x)
{
	rcu_read_lock();
	smp_store_release(x, 1);
	rcu_read_unlock();
}

locations [x; 0:r0]
exists (0:r0=0 /\\ ~(0:r1=1 \\/ z=x)) (* Bad outcome. *)
"""


def test_a_file_in_the_style_of_the_kernels_own_tests() -> None:
    test = parse(LKMM)
    assert test.name == "MP+porevlocks"
    assert [len(thread.body) for thread in test.threads] == [6, 3]
    assert test.condition.text == "exists 0:r0=0 /\\ ~(0:r1=1 \\/ [z]=x)"
