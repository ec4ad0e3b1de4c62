"""Loops: run out, waited for, or followed to a bound that the verdict names."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.arch import target
from checker.check import Asked, check
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.lowering import programs, sketch
from checker.model.cat import cat_model
from checker.states import State, states
from tests.inputs import litmus, verdict

# --- waited for -----------------------------------------------------------------------------------

PAIR = {"init": "u32 s; u64 d;", "par": "u32 *s, u64 *d"}

SEQUENCE = """u32 a; u64 r0;
do {
  do { a = READ_ONCE(*s); } while (a & 1);
  smp_rmb();
  r0 = READ_ONCE(*d);
  smp_rmb();
} while (READ_ONCE(*s) != a);"""
WRITER = "WRITE_ONCE(*s, 1); smp_wmb(); WRITE_ONCE(*d, 0x1111111122222222); smp_wmb(); "

LOOPS = {
    "a flag": ("WRITE_ONCE(*d, 5); smp_store_release(s, 1);",
               "while (!smp_load_acquire(s)) cpu_relax(); u64 r0 = READ_ONCE(*d);", "[1:r0]"),
    "a flag without order": ("WRITE_ONCE(*d, 5); WRITE_ONCE(*s, 1);",
                             "while (!READ_ONCE(*s)) ; u64 r0 = READ_ONCE(*d);", "[1:r0]"),
    "a break": ("WRITE_ONCE(*d, 5); smp_wmb(); WRITE_ONCE(*s, 1);",
                "for (;;) { if (READ_ONCE(*s)) break; cpu_relax(); } u64 r0 = READ_ONCE(*d);",
                "[1:r0]"),
    "a sequence counter": (WRITER + "WRITE_ONCE(*s, 2);", SEQUENCE, "[1:r0]"),
    "a counter that is not odd": (WRITER.replace("*s, 1", "*s, 2"), SEQUENCE, "[1:r0; 1:a]"),
    "a compare-and-exchange": ("u32 q = xchg(s, 1); WRITE_ONCE(*d, q);",
                               "u32 o; do { o = READ_ONCE(*s); } "
                               "while (cmpxchg(s, o, o + 4) != o); u64 r0 = READ_ONCE(*d);",
                               "[1:r0; 1:o; s]"),
    "what was read first stays": ("WRITE_ONCE(*d, 5); smp_wmb(); WRITE_ONCE(*s, 1);",
                                  "u64 r0 = READ_ONCE(*d); u32 r1 = 3; "
                                  "do { r1 = READ_ONCE(*s); } while (!r1);", "[1:r0; 1:r1]"),
    "two loops": ("WRITE_ONCE(*s, 1); while (READ_ONCE(*s) == 1) ; WRITE_ONCE(*d, 7);",
                  "while (!READ_ONCE(*s)) ; WRITE_ONCE(*s, 2); u64 r0 = READ_ONCE(*d);",
                  "[1:r0; s]"),
}  # fmt: skip
"""The threads of tests that wait, and what is looked at in their final states."""

ARCHS = ("x86-64", "arm64", "riscv64")


def _reached(text: str, arch: str, unroll: int, *, awaits: bool) -> frozenset[State]:
    """Return the final states of executions in which no loop goes on for more rounds."""
    test, where = parse(text), target(arch)
    drawn = sketch(test, where, unroll, fewer_reads=lambda: awaits)
    assert drawn.cut is not awaits
    found = (states(program) for program in programs(test, drawn, where, "code"))
    return frozenset(state for one in found for state in one)


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("name", LOOPS)
def test_the_last_round_alone_has_the_final_states_of_all(name: str, arch: str) -> None:
    p0, p1, shown = LOOPS[name]
    text = litmus(p0, p1, cond=f"locations {shown} exists true", head="", **PAIR)
    alone = _reached(text, arch, 1, awaits=True)
    assert alone
    assert _reached(text, arch, 2, awaits=False) == alone


@pytest.mark.parametrize(("barrier", "arch", "answer"), [
    ("smp_wmb();", "riscv32", "forbidden"), ("", "riscv32", "allowed"),
    ("smp_wmb();", "x86-32", "forbidden"), ("barrier();", "x86-32", "forbidden"),
    ("smp_wmb();", "arm", "fragile"), ("barrier();", "arm", "allowed"),
])  # fmt: skip
def test_a_sequence_counter_needs_its_barriers(barrier: str, arch: str, answer: str) -> None:
    writer = f"WRITE_ONCE(*s, 1); {barrier} WRITE_ONCE(*d, 0x1111111122222222); {barrier} "
    text = litmus(writer + "WRITE_ONCE(*s, 2);", SEQUENCE, head="", **PAIR)
    assert verdict(text, arch).answer == answer


NO_AWAIT = {
    "a count of the rounds": "u32 n = 0; do { r0 = READ_ONCE(*x); n++; } while (!r0);",
    "a store in each round": "do { r0 = READ_ONCE(*x); WRITE_ONCE(*x, 3); } while (r0 != 3);",
    "an update that succeeds": "do { r0 = xchg(x, 3); } while (r0 != 3);",
    "a value of the round before": "u64 o = 9; do { r0 = READ_ONCE(*x) + o; o = r0; } "
                                   "while (r0 != 9);",
    "a value that some rounds leave": "do { u64 v = READ_ONCE(*x); if (v != 1) r0 = v; } "
                                      "while (!r0);",
}  # fmt: skip


@pytest.mark.parametrize("name", NO_AWAIT)
def test_a_round_that_leaves_something_behind_is_followed(name: str) -> None:
    found = verdict(litmus(p1=f"u64 r0 = 0; {NO_AWAIT[name]}", cond="~exists 1:r0=77"))
    assert found.answer == "unknown"
    assert found.spelled == "forbidden up to 2 rounds"


def test_a_torn_read_of_an_earlier_round_is_not_lost() -> None:
    loop = "u64 r0; do { r0 = READ_ONCE(*x); } while (r0 == 0x100000002);"
    text = litmus("WRITE_ONCE(*x, 0x100000002);", loop, cond="exists torn", head="")
    assert verdict(text, "riscv32").answer == "allowed"
    assert verdict(text.replace("exists torn", "exists torn(1:r0)"), "riscv32").answer == "allowed"


@pytest.mark.parametrize(("axiom", "spelled"), [
    ("acyclic po | rf | fr | co as sc", "forbidden"),
    ("acyclic (po \\ (po; [W]; po)) | rf | fr | co as written", "forbidden"),
    ("acyclic (po \\ (po; [R]; po)) | rf | fr | co as next", "forbidden up to 2 rounds"),
])  # fmt: skip
def test_a_model_that_fewer_reads_may_offend_has_no_waiting(
    axiom: str, spelled: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.cat"
    path.write_text(f"{axiom}\nlet hb = po | rf | fr | co\nacyclic hb\n")
    p0, p1, _ = LOOPS["a flag without order"]
    test = parse(litmus(p0, p1, cond="~exists 1:r0=0", **PAIR))
    found = check(test, target("arm64"), asked=Asked(ordering=cat_model(path)))
    assert found.spelled == spelled


# --- run out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("loop", "n"), [
    ("for (i = 0; i < 7; i++) n += 2;", 14),
    ("for (i = 0; i < 7; i++) { if (i == 2) continue; if (i == 5) break; n += i; }", 8),
    ("while (i < 6) { i++; if (i & 1) continue; n += i; }", 12),
    ("do { n++; for (j = 0; j < 3; j++) { if (j == 1) break; n += 10; } i++; } while (i < 2);", 22),
    ("for (;;) { if (++n > 30) break; }", 31),
    ("while (0) n = 5;", 0),
])  # fmt: skip
def test_a_loop_that_counts_is_run_to_its_end(loop: str, n: int) -> None:
    text = litmus(p1=f"int i = 0; int j = 0; u32 n = 0; {loop}", cond=f"forall 1:n={n}")
    found = verdict(text)
    assert (found.answer, found.holds) == ("forbidden", True)


def test_a_retry_that_counts_is_run_to_its_end() -> None:
    loop = "int i; u64 r0 = 0; for (i = 0; i < 3; i++) { r0 = READ_ONCE(*x); if (r0) break; }"
    for cond, answer in (("1:i=3 /\\ 1:r0=0", "allowed"), ("1:i=2 /\\ 1:r0=1", "allowed"),
                         ("1:i=3 /\\ 1:r0=1", "forbidden"), ("1:i=1 /\\ 1:r0=0", "forbidden"),
                         ("1:i=4", "forbidden")):  # fmt: skip
        assert verdict(litmus(p1=loop, cond=f"exists {cond}"), unroll=1).answer == answer, cond


def test_a_loop_that_never_ends_is_refused() -> None:
    with pytest.raises(Diagnostic, match="1000 rounds"):
        verdict(litmus(p1="while (1) ;"))


# --- followed -------------------------------------------------------------------------------------

COUNTS = "u32 n = 0; u64 r0; do { r0 = READ_ONCE(*x); n++; } while (r0 == 0 && n < 4);"


@pytest.mark.parametrize(("expect", "ok"), [
    ("", None), ("forbidden", None), ("unknown", True), ("allowed", None),
    ("forbidden up to 2 rounds", True), ("forbidden up to 3 rounds", None),
    ("fragile up to 2 rounds", None),
])  # fmt: skip
def test_a_bounded_answer_meets_its_own_expectation_only(expect: str, ok: bool | None) -> None:
    head = f"Expect = arm64: {expect}" if expect else ""
    found = verdict(litmus(p1=COUNTS, cond="~exists 1:r0=7", head=head))
    assert (found.answer, found.spelled) == ("unknown", "forbidden up to 2 rounds")
    assert found.ok is ok


def test_a_proof_is_not_what_a_bounded_answer_expects() -> None:
    head = "Expect = arm64: forbidden up to 4 rounds"
    found = verdict(litmus(p1=COUNTS, cond="~exists 1:r0=7", head=head), unroll=4)
    assert (found.spelled, found.ok) == ("forbidden", False)


def test_a_bounded_answer_has_its_reasons_and_its_limit() -> None:
    found = verdict(litmus(p1=COUNTS))
    assert found.reasons
    assert "--unroll" in found.limit
    assert (found.bounded, found.rounds, found.holds) == ("forbidden", 2, None)


def test_the_early_exit_of_a_function_leaves_nothing_but_its_result() -> None:
    function = (
        "static inline bool get(u32 *s, u64 *d, u64 *out) { u32 a; u64 v; do { a = READ_ONCE(*s); "
        "if (!a) return false; smp_rmb(); v = READ_ONCE(*d); smp_rmb(); } "
        "while (READ_ONCE(*s) != a); *out = v; return true; }\n"
    )
    text = litmus(
        WRITER.replace("*s, 1", "*s, 0") + "WRITE_ONCE(*s, 2);",
        "u64 r0 = 0; bool ok = get(s, d, &r0);", cond="~exists 1:ok=1 /\\ torn(1:r0)",
        init="u32 s = 1; u64 d;", par=PAIR["par"], head="",
    ).replace("P0(", function + "P0(", 1)  # fmt: skip
    assert verdict(text, "riscv32").spelled == "forbidden"
    assert verdict(text.replace("smp_wmb();", ""), "riscv32").spelled == "allowed"
