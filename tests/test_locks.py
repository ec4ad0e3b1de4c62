"""Spinlocks: an update that acquires, a store that releases, and nobody who waits."""

from __future__ import annotations

import pytest

from checker.arch import target
from checker.language import parse
from checker.lowering import programs, sketch
from checker.program import Access
from tests.inputs import drawn, final, litmus, verdict

PARAMETERS = "int *x, int *y, spinlock_t *s"


def locking(p0: str, p1: str, cond: str = "exists 1:r0=1") -> str:
    """Return a test of two threads with a lock and two numbers."""
    return litmus(p0, p1, init="", par=PARAMETERS, cond=cond)


LOCKED = "spin_lock(s); WRITE_ONCE(*x, 1); WRITE_ONCE(*x, 2); spin_unlock(s);"
SEEN = "spin_lock(s); int r0 = READ_ONCE(*x); spin_unlock(s);"

ORDERED = ["x86-64", "arm64", "arm64+lse", "arm", "riscv64", "powerpc64", "powerpc32", "alpha",
           "s390x", "sparc64", "sparc32"]  # fmt: skip


@pytest.mark.parametrize("arch", ORDERED)
def test_nobody_sees_what_is_done_under_the_lock(arch: str) -> None:
    assert verdict(locking(LOCKED, SEEN), arch).answer in ("forbidden", "fragile")
    unlocked = locking(LOCKED, "int r0 = READ_ONCE(*x);")
    assert verdict(unlocked, arch).answer == "allowed"


@pytest.mark.parametrize("arch", ["x86-64", "arm64", "riscv64", "powerpc64"])
def test_both_orders_of_two_who_lock_are_there(arch: str) -> None:
    assert final(locking(LOCKED, SEEN), arch) == {(0,), (2,)}


@pytest.mark.parametrize("arch", ORDERED)
def test_a_counter_under_a_lock_loses_nothing(arch: str) -> None:
    adding = "spin_lock(s); int r0 = READ_ONCE(*x); WRITE_ONCE(*x, r0 + 1); spin_unlock(s);"
    assert final(locking(adding, adding, "exists [x]=1"), arch) == {(2,)}


def test_a_lock_that_is_not_dropped_is_not_taken() -> None:
    both = "spin_lock(s); int r0 = 1;"
    assert final(locking("int r0 = 0;", both, "exists 1:r0=1")) == {(1,)}
    assert final(locking(both, both, "exists true")) == set()


# --- operations -----------------------------------------------------------------------------------


def test_a_lock_is_an_update_and_a_store() -> None:
    text = locking("spin_lock(s); spin_unlock(s);", "int r0 = 0;")
    lock, unlock = drawn(text).drafts
    assert [(d.name, d.kind) for d in (lock, unlock)] == [
        ("spin_lock", "rmw"), ("spin_unlock", "store"),
    ]  # fmt: skip
    assert lock.number in unlock.ctrl  # it stands after the branch of who waits


STEPS = {
    "x86-64": ["load.locked 4", "store.locked 4", "store 4"],
    "arm64": ["load.exclusive 4 acquire", "store.exclusive 4", "store.acquire 4 release"],
    "arm64+lse": ["load.atomic 4 acquire", "store.atomic 4", "store.acquire 4 release"],
    "riscv64": [
        "load.amo 4 acquire release",
        "store.amo 4 acquire release",
        "fence rw,w",
        "store 4",
    ],
    "powerpc64": ["load.reservation 4", "store.reservation 4", "lwsync", "lwsync", "store 4"],
    "powerpc32": ["load.reservation 4", "store.reservation 4", "isync", "sync", "store 4"],
    "alpha": ["load.llsc 4", "store.llsc 4", "mb", "mb", "store 4"],
    "sparc32": ["load.swap 4", "store.swap 4", "store 4"],
}


@pytest.mark.parametrize(("arch", "wanted"), STEPS.items(), ids=STEPS)
def test_what_a_lock_becomes(arch: str, wanted: list[str]) -> None:
    test, where = parse(locking("spin_lock(s); spin_unlock(s);", "int r0 = 0;")), target(arch)
    program = next(programs(test, sketch(test, where, 2), where, "code"))
    steps = [step for one in program.operations for step in one.steps]
    assert [
        f"{step} {step.order}".strip() if isinstance(step, Access) else step.name for step in steps
    ] == [one.removeprefix("fence ") for one in wanted]


# --- trying and looking ---------------------------------------------------------------------------


def test_trying_takes_the_lock_or_not() -> None:
    trying = "int r0 = spin_trylock(s);"
    assert final(locking(trying, trying, "exists (0:r0=1 /\\ 1:r0=1)")) == {(0, 1), (1, 0)}
    assert final(locking("int r0 = 0;", trying)) == {(1,)}


@pytest.mark.parametrize("arch", ORDERED)
def test_who_has_tried_and_succeeded_is_alone(arch: str) -> None:
    trying = "int r0 = 0; if (spin_trylock(s)) { r0 = READ_ONCE(*x); spin_unlock(s); }"
    assert verdict(locking(LOCKED, trying), arch).answer in ("forbidden", "fragile")


@pytest.mark.parametrize(("arch", "answer"), [("x86-64", "forbidden"), ("arm64", "allowed")])
def test_an_attempt_that_fails_orders_nothing(arch: str, answer: str) -> None:
    failed = "int r0 = spin_trylock(s); int r1 = READ_ONCE(*x);"
    text = locking("WRITE_ONCE(*x, 1); spin_lock(s);", failed, "exists (1:r0=0 /\\ 1:r1=0)")
    assert verdict(text, arch).answer == answer


def test_looking_at_a_lock() -> None:
    text = locking("spin_lock(s);", "int r0 = spin_is_locked(s);")
    assert final(text) == {(0,), (1,)}


# --- order ----------------------------------------------------------------------------------------

AGAIN = "spin_lock(s); WRITE_ONCE(*x, 1); spin_unlock(s); spin_lock(s); {} int r0 = READ_ONCE(*y);"
OTHER = "WRITE_ONCE(*y, 1); smp_mb(); int r0 = READ_ONCE(*x);"
BUFFERED = "exists (0:r0=0 /\\ 1:r0=0)"


@pytest.mark.parametrize("barrier", ["smp_mb__after_spinlock();", "smp_mb__after_unlock_lock();"])
@pytest.mark.parametrize("arch", [one for one in ORDERED if one != "sparc32"])
def test_with_a_barrier_unlock_and_lock_are_a_full_one(arch: str, barrier: str) -> None:
    text = locking(AGAIN.format(barrier), OTHER, BUFFERED)
    assert verdict(text, arch).answer in ("forbidden", "fragile")


def test_without_one_they_are_none_on_power() -> None:
    assert verdict(locking(AGAIN.format(""), OTHER, BUFFERED), "powerpc64").answer == "allowed"


@pytest.mark.parametrize("arch", ORDERED)
def test_unlock_and_lock_keep_stores_in_order(arch: str) -> None:
    """Documentation/memory-barriers.txt: another processor sees them in order."""
    stores = "spin_lock(s); WRITE_ONCE(*x, 1); spin_unlock(s); spin_lock(s); WRITE_ONCE(*y, 1);"
    reads = "int r0 = READ_ONCE(*y); smp_rmb(); int r1 = READ_ONCE(*x);"
    text = locking(stores, reads, "exists (1:r0=1 /\\ 1:r1=0)")
    assert verdict(text, arch).answer in ("forbidden", "fragile")
