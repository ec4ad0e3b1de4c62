"""Operations on bits: which access each is on every architecture, what it does, what it orders."""

from __future__ import annotations

import pytest

from checker.arch import target
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.lowering import programs, sketch
from checker.program import Access, Layer
from tests.inputs import final, litmus, verdict

PARAMETERS = "unsigned long *w, int *x, int *y"


def bits(p0: str, p1: str = "int r9 = 0;", cond: str = "exists true", init: str = "") -> str:
    """Return a test of two threads with an array of words and two numbers."""
    return litmus(p0, p1, init=init or "unsigned long w;", par=PARAMETERS, cond=cond)


def steps(call: str, arch: str, layer: Layer = "code") -> str:
    """Return the accesses and fences of a call, with their places."""
    test, where = parse(bits(call)), target(arch)
    program = next(programs(test, sketch(test, where, 2), where, layer))
    return "; ".join(
        f"{one} at {one.footprint.offset} {one.order}".strip()
        if isinstance(one, Access)
        else one.name
        for operation in program.operations
        for one in operation.steps
    )


def update(cls: str, size: int, at: int = 0) -> str:
    return f"load.{cls} {size} at {at}; store.{cls} {size} at {at}"


# --- which access ---------------------------------------------------------------------------------

LOCK = "lock-emulated"

SET = {
    "x86-64": update("locked", 1, 1), "x86-32": update("locked", 1, 1),
    "alpha": update("llsc", 4), "arc": update(LOCK, 4), "arc+arcv2+llsc": update("llsc", 4),
    "arm64": update("exclusive", 8), "arm64+lse": update("atomic", 8),
    "arm": update("exclusive", 4), "arm+v5": update(LOCK, 4),
    "csky": update(LOCK, 4), "csky+smp": update("llsc", 4), "hexagon": update("locked", 4),
    "loongarch64": update("amo", 8), "m68k": update("memop", 1, 2), "microblaze": update(LOCK, 4),
    "mips64": update("llsc", 8), "mips32": update("llsc", 4), "nios2": update(LOCK, 4),
    "openrisc": update("llsc", 4), "parisc32": update(LOCK, 4), "parisc64": update(LOCK, 8),
    "powerpc64": update("reservation", 8), "powerpc32": update("reservation", 4),
    "riscv64": update("amo", 8), "riscv32": update("amo", 4),
    "s390x": update("interlocked", 8), "s390x+z196": update("interlocked-access", 8),
    "sh": update(LOCK, 4), "sh+sh4a": update("llsc", 4),
    "sparc32": update(LOCK, 4), "sparc64": update("cas", 8),
    "xtensa": update(LOCK, 4), "xtensa+exclusive": update("llsc", 4),
    "xtensa+s32c1i": update("s32c1i", 4),
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), SET.items(), ids=SET)
def test_a_bit_is_set_by_an_update_that_orders_nothing(arch: str, wanted: str) -> None:
    assert steps("set_bit(9, w);", arch) == wanted
    assert steps("clear_bit(9, w);", arch) == wanted
    assert steps("change_bit(9, w);", arch, "contract") == wanted


TESTED = {
    "x86-64": update("locked", 8), "x86-32": update("locked", 4),
    "alpha": f"mb; {update('llsc', 4)}; mb",
    "arc": update(LOCK, 4), "arc+arcv2+llsc": f"dmb-3; {update('llsc', 4)}; dmb-3",
    "arm64": "load.exclusive 8 at 0 release; store.exclusive 8 at 0 release; dmb.ish",
    "arm": f"dmb.ish; {update('exclusive', 4)}; dmb.ish", "arm+v5": update(LOCK, 4),
    "csky+smp": f"bar.brwarw; {update('llsc', 4)}; bar.brwarw", "hexagon": update("locked", 4),
    "loongarch64": "load.amo 8 at 0 acquire release; store.amo 8 at 0 acquire release",
    "m68k": update("memop", 1, 2), "microblaze": update(LOCK, 4), "nios2": update(LOCK, 4),
    "mips64": f"sync; {update('llsc', 8)}; sync", "mips32": f"sync; {update('llsc', 4)}; sync",
    "openrisc": update("llsc", 4), "parisc32": update(LOCK, 4), "parisc64": update(LOCK, 8),
    "powerpc64": f"sync; {update('reservation', 8)}; sync",
    "powerpc32": f"sync; {update('reservation', 4)}; sync",
    "riscv64": "load.amo 8 at 0 acquire release; store.amo 8 at 0 acquire release",
    "riscv32": "load.amo 4 at 0 acquire release; store.amo 4 at 0 acquire release",
    "s390x": update("interlocked", 8), "s390x+z196": f"{update('interlocked-access', 8)}; bcr",
    "sh+sh4a": update("llsc", 4), "sparc32": update(LOCK, 4), "sparc64": update("cas", 8),
    "xtensa": update(LOCK, 4), "xtensa+exclusive": update("llsc", 4),
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), TESTED.items(), ids=TESTED)
def test_a_bit_that_is_tested_and_set(arch: str, wanted: str) -> None:
    assert steps("test_and_set_bit(9, w);", arch) == wanted
    synco = "; synco" if arch == "sh+sh4a" else ""
    assert steps("test_and_change_bit(9, w);", arch) == wanted + synco


LOCKED = {
    "x86-64": (update("locked", 8), update("locked", 1, 1)),
    "alpha": (f"{update('llsc', 4)}; mb", f"mb; {update('llsc', 4)}"),
    "arm64": (
        "load.exclusive 8 at 0 acquire; store.exclusive 8 at 0",
        "load.exclusive 8 at 0; store.exclusive 8 at 0 release",
    ),
    "arm": (f"{update('exclusive', 4)}; dmb.ish", f"dmb.ish; {update('exclusive', 4)}"),
    "csky+smp": (f"{update('llsc', 4)}; bar.brarw", f"bar.brwaw; {update('llsc', 4)}"),
    "m68k": (update("memop", 1, 2), update("memop", 1, 2)),
    "mips64": (f"{update('llsc', 8)}; sync", f"sync; {update('llsc', 8)}"),
    "powerpc64": (f"{update('reservation', 8)}; lwsync", f"lwsync; {update('reservation', 8)}"),
    "powerpc32": (f"{update('reservation', 4)}; isync", f"sync; {update('reservation', 4)}"),
    "riscv64": (
        "load.amo 8 at 0 acquire; store.amo 8 at 0",
        "load.amo 8 at 0; store.amo 8 at 0 release",
    ),
    "s390x+z196": (f"{update('interlocked-access', 8)}; bcr", update("interlocked-access", 8)),
    "sparc64": (update("cas", 8), update("cas", 8)),
}


@pytest.mark.parametrize(("arch", "wanted"), LOCKED.items(), ids=LOCKED)
def test_a_bit_that_is_a_lock(arch: str, wanted: tuple[str, str]) -> None:
    taken = steps("test_and_set_bit_lock(9, w);", arch)
    assert (taken, steps("clear_bit_unlock(9, w);", arch)) == wanted


READ = {
    "x86-64": ("load 8 at 0", "load 1 at 1"), "x86-32": ("load 4 at 0", "load 1 at 1"),
    "alpha": ("load 8 at 0", "load 8 at 0; mb"),
    "arm64": ("load 8 at 0", "load.acquire 8 at 0 acquire"),
    "arm": ("load 4 at 0", "load 4 at 0; dmb.ish"), "riscv64": ("load 8 at 0", "load 8 at 0; r,rw"),
    "powerpc64": ("load 8 at 0", "load 8 at 0; lwsync"), "hexagon": ("load 4 at 0", "load 4 at 0"),
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), READ.items(), ids=READ)
def test_a_bit_that_is_looked_at(arch: str, wanted: tuple[str, str]) -> None:
    assert steps("int r0 = test_bit(9, w);", arch) == wanted[0]
    assert steps("int r0 = test_bit_acquire(9, w);", arch) == wanted[1]


PLAIN = {
    "x86-64": "load 8 at 0; store 8 at 0", "arm": "load 4 at 0; store 4 at 0",
    "alpha": "load 4 at 0; store 4 at 0", "s390x": "load 8 at 0; store 8 at 0",
    "hexagon": update("locked", 4), "m68k": update("memop", 1, 2),
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), PLAIN.items(), ids=PLAIN)
def test_a_bit_that_is_set_without_being_atomic(arch: str, wanted: str) -> None:
    assert steps("__set_bit(9, w);", arch) == wanted
    assert steps("__test_and_clear_bit(9, w);", arch) == wanted


def test_only_a_constant_number_is_one_of_a_byte() -> None:
    assert steps("int n = 9; set_bit(n, w);", "x86-64") == update("locked", 8)


PLACES = {
    ("x86-64", 0): update("locked", 1, 0), ("x86-64", 70): update("locked", 1, 8),
    ("powerpc64", 64): update("reservation", 8, 8), ("m68k", 0): update("memop", 1, 3),
    ("m68k", 33): update("memop", 1, 7), ("alpha", 40): update("llsc", 4, 4),
}  # fmt: skip


@pytest.mark.parametrize(("where", "wanted"), PLACES.items(), ids=str)
def test_where_a_bit_lies(where: tuple[str, int], wanted: str) -> None:
    arch, number = where
    test = parse(bits(f"set_bit({number}, w);", init="unsigned long w[2];"))
    program = next(programs(test, sketch(test, target(arch), 2), target(arch), "code"))
    (operation,) = program.operations
    made = [one for one in operation.steps if isinstance(one, Access)]
    assert "; ".join(f"{one} at {one.footprint.offset}" for one in made) == wanted


# --- what it does ---------------------------------------------------------------------------------

ENDS = ["x86-64", "m68k", "powerpc64", "s390x", "alpha", "arm"]


@pytest.mark.parametrize("arch", ENDS)
def test_what_the_word_is_then(arch: str) -> None:
    for call, word in (
        ("set_bit(4, w);", 0x11D), ("clear_bit(8, w);", 0x00D), ("change_bit(0, w);", 0x10C),
        ("__set_bit(4, w);", 0x11D), ("__clear_bit(8, w);", 0x00D),
        ("clear_bit_unlock(2, w);", 0x109),
    ):  # fmt: skip
        text = bits(call, cond="exists [w]=0", init="unsigned long w = 0x10d;")
        assert final(text, arch) == {(word,)}, call


@pytest.mark.parametrize("arch", ENDS)
def test_what_is_returned(arch: str) -> None:
    for call, before, word in (
        ("test_and_set_bit(4, w)", 0, 0x11D), ("test_and_set_bit(8, w)", 1, 0x10D),
        ("test_and_clear_bit(8, w)", 1, 0x00D), ("test_and_change_bit(1, w)", 0, 0x10F),
        ("test_and_set_bit_lock(1, w)", 0, 0x10F), ("test_and_set_bit_lock(2, w)", 1, 0x10D),
        ("__test_and_set_bit(1, w)", 0, 0x10F), ("__test_and_clear_bit(0, w)", 1, 0x10C),
        ("test_bit(8, w)", 1, 0x10D), ("test_bit_acquire(1, w)", 0, 0x10D),
    ):  # fmt: skip
        cond = "exists (0:r0=7 /\\ [w]=0)"
        text = bits(f"int r0 = {call};", cond=cond, init="unsigned long w = 0x10d;")
        assert final(text, arch) == {(before, word)}, call


def test_bits_that_count_from_the_other_end() -> None:
    text = bits("set_bit_inv(0, w);", cond="exists [w]=0")
    assert final(text, "s390x") == {(1 << 63,)}
    with pytest.raises(Diagnostic, match="of s390 only"):
        final(text, "x86-64")


@pytest.mark.parametrize(
    "arch", ["x86-64", "arm64", "alpha", "powerpc64", "s390x+z196", "m68k+cas"]
)
def test_neighbours_are_kept_by_atomic_operations_alone(arch: str) -> None:
    both = bits("set_bit(3, w);", "set_bit(5, w);", "exists ~([w]=0x28)")
    found = verdict(both, arch).answer
    assert found == (
        "allowed" if arch.startswith("m68k") else "forbidden" if arch != "s390x+z196" else "fragile"
    )
    plain = bits("__set_bit(3, w);", "__set_bit(5, w);", "exists ~([w]=0x28)")
    assert verdict(plain, arch).answer == "allowed"


def test_a_number_that_is_none() -> None:
    for call, why in (
        ("set_bit(-1, w);", "there is no bit -1"),
        ("set_bit(READ_ONCE(*x), w);", "depends on what was read"),
        ("set_bit(1, x);", "not of `int`"),
    ):
        with pytest.raises(Diagnostic, match=why):
            steps(call, "x86-64")


# --- what it orders -------------------------------------------------------------------------------

ORDERED = ["x86-64", "arm64", "arm64+lse", "arm", "riscv64", "powerpc64", "powerpc32", "alpha",
           "s390x", "s390x+z196", "sparc64", "mips64"]  # fmt: skip


def by(call: str) -> str:
    """Return store buffering with a call between the store and the load of each thread."""
    mine = f"WRITE_ONCE(*x, 1); {call} int r0 = READ_ONCE(*y);"
    other = mine.replace("*x", "*z").replace("*y", "*x").replace("*z", "*y").replace(", w)", ", v)")
    return litmus(
        mine, other, init="unsigned long w; unsigned long v;",
        par=f"{PARAMETERS}, unsigned long *v", cond="exists (0:r0=0 /\\ 1:r0=0)",
    )  # fmt: skip


@pytest.mark.parametrize("arch", ORDERED)
def test_what_returns_a_value_is_a_full_barrier(arch: str) -> None:
    assert verdict(by("test_and_set_bit(0, w);"), arch).answer in ("forbidden", "fragile")
    assert verdict(by("test_and_clear_bit(0, w);"), arch).answer in ("forbidden", "fragile")


@pytest.mark.parametrize("arch", ORDERED)
def test_what_returns_none_is_no_barrier(arch: str) -> None:
    serializes = arch in ("x86-64", "s390x", "s390x+z196", "sparc64")
    assert (verdict(by("set_bit(0, w);"), arch).answer == "allowed") is not serializes


def section(taken: str, dropped: str) -> str:
    """Return a test in which a second thread takes what the first one has dropped."""
    return bits(
        f"WRITE_ONCE(*x, 1); {dropped}", f"int r0 = {taken}; int r1 = READ_ONCE(*x);",
        "exists (1:r0=0 /\\ 1:r1=0)", "unsigned long w = 1;",
    )  # fmt: skip


@pytest.mark.parametrize("arch", ORDERED)
def test_who_takes_the_lock_sees_what_was_done_before_it_was_dropped(arch: str) -> None:
    locked = section("test_and_set_bit_lock(0, w)", "clear_bit_unlock(0, w);")
    assert verdict(locked, arch).answer in ("forbidden", "fragile")


@pytest.mark.parametrize(
    "arch", [one for one in ORDERED if one in ("arm64", "powerpc64", "riscv64")]
)
def test_a_bit_that_is_no_lock_orders_neither(arch: str) -> None:
    for taken, dropped in (
        ("test_bit(0, w)", "clear_bit_unlock(0, w);"),
        ("test_and_set_bit_lock(0, w)", "clear_bit(0, w);"),
    ):
        assert verdict(section(taken, dropped), arch).answer == "allowed"
    found = verdict(section("test_bit_acquire(0, w)", "clear_bit_unlock(0, w);"), arch)
    assert found.answer in ("forbidden", "fragile")


@pytest.mark.parametrize(("arch", "answer"), [("x86-64", "forbidden"), ("arm64", "allowed")])
def test_a_lock_that_is_not_taken_orders_nothing(arch: str, answer: str) -> None:
    failed = bits(
        "WRITE_ONCE(*x, 1); smp_mb(); set_bit(0, w);",
        "int r0 = test_and_set_bit_lock(0, w); int r1 = READ_ONCE(*x);",
        "exists (1:r0=1 /\\ 1:r1=0)",
    )
    assert verdict(failed, arch).answer == answer
