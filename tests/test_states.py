"""Final states from a table and from the solver: two ways to hold choices, one set of axioms."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from checker import arch as archs
from checker.arch import target
from checker.language import parse
from checker.lowering import programs, sketch
from checker.model.cat import cat_model
from checker.model.choices import TooMany
from checker.program import Program
from checker.states import enumerated, states, tabled
from tests.asked import BASE
from tests.build import Case
from tests.examples import drawn
from tests.inputs import ROOT
from tests.strategies import cases

MODELS = sorted((ROOT / "checker" / "arch").glob("*/*.cat"))


def in_a_table(program: Program, **rest: object) -> frozenset[object] | None:
    """Return the states from a table, or None where it has no room."""
    try:
        return tabled(program, **rest)  # type: ignore[arg-type]  # passed through
    except TooMany:
        return None


@drawn(150)
@given(cases())
def test_a_table_and_the_solver_list_the_same_states(case: Case) -> None:
    listed = in_a_table(case.program, ordering=BASE)
    assert listed in (None, enumerated(case.program, ordering=BASE))


@drawn(150)
@given(cases())
def test_a_table_and_the_solver_agree_under_the_ordering_of_the_architecture(case: Case) -> None:
    listed = in_a_table(case.program)
    assert listed in (None, enumerated(case.program))


THREADS = """C test
{{ u32 x; u32 y; u64 z; }}
P0(u32 *x, u32 *y, u64 *z) {{ {0} }}
P1(u32 *x, u32 *y, u64 *z) {{ {1} }}
locations [x; y; z; 0:r0; 1:r0; 1:r1;]
exists true
"""

BODIES = {
    "message passing": (
        "u32 r0 = 0; WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);",
        "u32 r0 = READ_ONCE(*y); smp_rmb(); u32 r1 = READ_ONCE(*x);",
    ),
    "store buffering": (
        "WRITE_ONCE(*x, 1); smp_mb(); u32 r0 = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1); u32 r0 = READ_ONCE(*x); u32 r1 = READ_ONCE(*x);",
    ),
    "control": (
        "u32 r0 = READ_ONCE(*x); if (r0) WRITE_ONCE(*y, r0);",
        "u32 r0 = READ_ONCE(*y); u32 r1 = 0; if (r0 == 1) { r1 = 2; WRITE_ONCE(*x, 1); }",
    ),
    "updates": (
        "u32 r0 = xchg(x, 1); smp_store_release(y, r0 + 1);",
        "u32 r0 = smp_load_acquire(y); u32 r1 = cmpxchg_relaxed(x, 0, 3);",
    ),
    "mixed sizes": (
        "u32 r0 = 0; WRITE_ONCE(*z, 0x100000001); WRITE_ONCE(*(u32 *)z, 2);",
        "u32 r0 = READ_ONCE(*((u32 *)z + 1)); u32 r1 = READ_ONCE(*(u32 *)z);",
    ),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("name", sorted(n for n in archs.names() if target(n).arch.orders))
def test_every_ordering_model_lists_the_same_in_a_table(name: str, body: str) -> None:
    test, on = parse(THREADS.format(*BODIES[body])), target(name)
    for program in programs(test, sketch(test, on, 2), on, "code"):
        assert tabled(program) == enumerated(program) == states(program)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_model_allows_what_sequential_consistency_allows(path: Path) -> None:
    """Program order, reads-from, coherence and from-reads in one order satisfy every axiom."""
    test, on = parse(THREADS.format(*BODIES["store buffering"])), target("x86-64")
    sc = cat_model(ROOT / "checker" / "model" / "cats" / "sc.cat")
    for program in programs(test, sketch(test, on, 2), on, "code"):
        assert states(program, ordering=sc) <= states(program, ordering=cat_model(path))


def test_a_program_with_too_many_executions_for_a_table_is_left_to_the_solver() -> None:
    bodies = " ".join(f"WRITE_ONCE(*x, {n});" for n in range(1, 4))
    text = "C test\n{ u32 x; }\n" + "".join(f"P{n}(u32 *x) {{ {bodies} }}\n" for n in range(4))
    test, on = parse(text + "locations [x;]\nexists true\n"), target("arm64")
    (program,) = programs(test, sketch(test, on, 2), on, "code")
    with pytest.raises(TooMany):
        tabled(program)
    assert states(program) == {(("[x]", 3),)}
