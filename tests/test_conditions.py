"""The language: conditions, and whole files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.language.condition import show
from checker.litmus import (
    Connective,
    Equal,
    Memory,
    Name,
    Proposition,
    Register,
    Torn,
)
from tests.inputs import SHIPPED, litmus

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
    ("x[2]=3", "x[2]=3"), ("x[0x2].a=3", "[x[2].a]=3"), ("[x[2]]=3", "x[2]=3"),
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
    text = path.read_text("utf-8")
    test = parse(text)
    names = "\n".join(line for line in text.split("\n") if line.startswith("#define"))
    enums = " ".join(re.findall(r"\benum\b[^;]*;", text))
    again = parse(litmus(cond=test.condition.text, head=names, init=f"{enums} u64 x;"))
    assert bare(again.condition.proposition) == bare(test.condition.proposition)


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
