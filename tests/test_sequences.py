"""Sequence counters: who reads while one writes tries again, and who waits is not there."""

from __future__ import annotations

import pytest

from checker.diagnostic import Diagnostic
from tests.inputs import final, litmus, performed, verdict

PARAMETERS = "seqcount_t *s, int *x, int *y"

ORDERED = ["x86-64", "x86-32", "arm64", "arm", "riscv64", "powerpc64", "powerpc32", "alpha",
           "s390x", "sparc64", "mips64"]  # fmt: skip


def counted(p0: str, p1: str = "int r9 = 0;", cond: str = "exists true", init: str = "") -> str:
    """Return a test of two threads with a sequence counter and two numbers."""
    return litmus(p0, p1, init=init, par=PARAMETERS, cond=cond)


def steps(call: str, arch: str) -> list[str]:
    """Return the accesses and fences of a thread's calls."""
    return performed(counted(call), arch)


WRITER = "write_seqcount_begin(s); WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 1); write_seqcount_end(s);"
READER = (
    "unsigned q = read_seqcount_begin(s); int r0 = READ_ONCE(*x); int r1 = READ_ONCE(*y);"
    " int r2 = read_seqcount_retry(s, q);"
)
HALF = "exists (1:r0=0 /\\ 1:r1=1 /\\ 1:r2=0)"


@pytest.mark.parametrize("arch", ORDERED)
def test_who_need_not_try_again_has_seen_all_or_nothing(arch: str) -> None:
    for half in (HALF, HALF.replace("1:r0=0 /\\ 1:r1=1", "1:r0=1 /\\ 1:r1=0")):
        assert verdict(counted(WRITER, READER, half), arch).answer in ("forbidden", "fragile")
    assert verdict(counted(WRITER, READER, HALF.replace("r2=0", "r2=1")), arch).answer == "allowed"


@pytest.mark.parametrize("arch", ["arm64", "riscv64", "powerpc64"])
@pytest.mark.parametrize(
    ("whole", "less"),
    [
        ("write_seqcount_begin(s);", "WRITE_ONCE(*s, 1);"),
        ("write_seqcount_end(s);", "WRITE_ONCE(*s, 2);"),
        ("read_seqcount_begin(s)", "READ_ONCE(*s)"),
        ("read_seqcount_retry(s, q)", "__read_seqcount_retry(s, q)"),
    ],
)
def test_every_part_of_it_is_needed(arch: str, whole: str, less: str) -> None:
    text = counted(WRITER, READER, "exists (~(1:r0=1:r1) /\\ 1:r2=0 /\\ ~(1:q=1))")
    assert verdict(text, arch).answer in ("forbidden", "fragile")
    assert verdict(text.replace(whole, less), arch).answer == "allowed"


def test_who_waits_finds_an_even_number() -> None:
    text = counted(WRITER, "int r0 = read_seqcount_begin(s);", "exists 1:r0=7")
    assert final(text) == {(0,), (2,)}
    assert final(text.replace("read_seqcount_begin", "raw_read_seqcount")) == {(0,), (1,), (2,)}
    assert final(text.replace("read_seqcount_begin", "raw_seqcount_begin")) == {(0,), (2,)}


def test_who_waits_for_ever_does_not_end() -> None:
    text = counted("int r0 = read_seqcount_begin(s);", init="seqcount_t s = 1;")
    assert final(text) == set()


def test_a_loop_of_whole_attempts() -> None:
    reader = (
        "unsigned q; int r0; int r1; do { q = read_seqcount_begin(s); r0 = READ_ONCE(*x);"
        " r1 = READ_ONCE(*y); } while (read_seqcount_retry(s, q));"
    )
    text = counted(WRITER, reader, "exists (1:r0=7 /\\ 1:r1=7)")
    assert final(text) == {(0, 0), (1, 1)}


def test_a_counter_is_a_number_of_four_bytes() -> None:
    text = counted(
        "raw_write_seqcount_begin(s); raw_write_seqcount_end(s); write_seqcount_invalidate(s);"
        " raw_write_seqcount_barrier(s);",
        cond="exists [s]=9", init="seqcount_t s = 4;",
    )  # fmt: skip
    assert final(text, "x86-64") == final(text, "powerpc32") == {(10,)}
    field = litmus(
        "write_seqcount_begin(&p->s);", "int r9 = 0;", cond="exists p.s=9",
        init="struct p { u8 a; seqcount_t s; } p;", par="struct p *p",
    )  # fmt: skip
    assert final(field) == {(1,)}


STEPS = {
    "x86-64": (["load 4", "store 4"], ["load 4"], ["load 4"]),
    "arm64": (["load 4", "store 4", "dmb.ishst"], ["load.acquire 4"], ["dmb.ishld", "load 4"]),
    "arm": (["load 4", "store 4", "dmb.ishst"], ["load 4", "dmb.ish"], ["dmb.ish", "load 4"]),
    "riscv64": (["load 4", "store 4", "w,w"], ["load 4", "r,rw"], ["r,r", "load 4"]),
    "powerpc64": (["load 4", "store 4", "lwsync"], ["load 4", "lwsync"], ["lwsync", "load 4"]),
}


@pytest.mark.parametrize(("arch", "wanted"), STEPS.items(), ids=STEPS)
def test_what_they_are_made_of(arch: str, wanted: tuple[list[str], ...]) -> None:
    begun, ended = steps("write_seqcount_begin(s);", arch), steps("write_seqcount_end(s);", arch)
    assert (begun, [*begun[2:], *begun[:2]]) == (wanted[0], ended)
    assert steps("unsigned q = read_seqcount_begin(s);", arch) == wanted[1]
    assert steps("int r0 = read_seqcount_retry(s, 0);", arch) == wanted[2]


def test_the_end_of_waiting_is_no_word_of_the_language() -> None:
    with pytest.raises(Diagnostic, match="`await\\(\\)` is not an operation"):
        steps("await(READ_ONCE(*x));", "arm64")


def test_other_counters_are_not_there() -> None:
    with pytest.raises(Diagnostic, match="not modelled") as found:
        steps("write_seqlock(s);", "arm64")
    assert "write_seqcount_begin" in found.value.hint
