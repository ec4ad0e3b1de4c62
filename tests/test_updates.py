"""Compare and exchange in its forms: what it returns, what it leaves, what it orders, and where."""

from __future__ import annotations

import pytest

from checker.arch import target
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.lowering import programs, sketch
from checker.program import Access, Layer
from tests.inputs import final, litmus, verdict

PARAMETERS = "int *x, int *y, atomic_t *a, atomic64_t *b"


def updating(p0: str, p1: str = "int r9 = 0;", cond: str = "exists true", init: str = "") -> str:
    """Return a test of two threads with two numbers and two atomic ones."""
    return litmus(p0, p1, init=init, par=PARAMETERS, cond=cond)


def steps(call: str, arch: str, layer: Layer = "code") -> str:
    """Return the accesses and fences of the last call of a thread."""
    test, where = parse(updating(call)), target(arch)
    *_, last = next(programs(test, sketch(test, where, 2), where, layer)).operations
    return "; ".join(
        (f"{one} {one.order}".strip() if isinstance(one, Access) else one.name)
        + (" if stored" if one.stored else "")
        for one in last.steps
    )


def update(cls: str, size: int = 4) -> str:
    return f"load.{cls} {size}; store.{cls} {size}"


ALL = ["x86-64", "x86-32", "arm64", "arm64+lse", "arm", "arm+v5", "riscv64", "riscv32", "powerpc64",
       "powerpc32", "s390x", "mips64", "mips32", "alpha", "sparc32", "sparc64", "parisc32",
       "parisc64", "loongarch64", "openrisc", "xtensa", "xtensa+exclusive", "sh", "sh+sh4a",
       "csky", "csky+smp", "arc", "arc+llsc", "m68k", "m68k+cas", "hexagon", "microblaze",
       "nios2"]  # fmt: skip

# --- what is returned, and what is left -----------------------------------------------------------


@pytest.mark.parametrize("arch", ALL)
@pytest.mark.parametrize("order", ["", "_acquire", "_release", "_relaxed"])
def test_what_trying_leaves(arch: str, order: str) -> None:
    for before, left in ((1, (1, 1, 5)), (2, (0, 2, 2))):
        text = updating(
            f"int o = 1; int r0 = try_cmpxchg{order}(x, &o, 5);",
            cond="exists (0:r0=7 /\\ 0:o=7 /\\ [x]=7)", init=f"int x = {before};",
        )  # fmt: skip
        assert final(text, arch) == {left}


@pytest.mark.parametrize("arch", ALL)
def test_atomic_numbers_are_tried_too(arch: str) -> None:
    for name, at, kind in (("atomic", "a", "int"), ("atomic64", "b", "s64")):
        text = updating(
            f"{kind} o = 1; int r0 = {name}_try_cmpxchg({at}, &o, 5);"
            f"{kind} r1 = {name}_cmpxchg({at}, 5, 6);",
            cond=f"exists (0:r0=7 /\\ 0:o=7 /\\ 0:r1=7 /\\ [{at}]=7)",
            init="atomic_t a = 1; atomic64_t b = 1;",
        )
        assert final(text, arch) == {(1, 1, 5, 6)}


def test_one_of_two_who_try_succeeds() -> None:
    mine = "int o = 0; int r0 = try_cmpxchg(x, &o, {});"
    cond = "exists (0:r0=7 /\\ 0:o=7 /\\ 1:r0=7 /\\ 1:o=7)"
    found = final(updating(mine.format(1), mine.format(2), cond))
    assert found == {(1, 0, 0, 1), (0, 2, 1, 0)}


def test_what_was_expected_may_lie_in_memory() -> None:
    text = updating("int r0 = try_cmpxchg(x, y, 5);", cond="exists (0:r0=7 /\\ [x]=7 /\\ [y]=7)",
                    init="int x = 3;")  # fmt: skip
    assert final(text) == {(0, 3, 3)}


def test_a_loop_that_tries_again() -> None:
    adding = "int o = READ_ONCE(*x); while (!try_cmpxchg(x, &o, o + 1)) { }"
    assert final(updating(adding, adding, "exists [x]=9")) == {(2,)}


# --- which access ---------------------------------------------------------------------------------

TRIED = {
    "x86-64": update("locked"), "x86-32": update("locked"), "alpha": f"mb; {update('llsc')}; mb",
    "arm64": "load.exclusive 4 release; store.exclusive 4 release; dmb.ish if stored",
    "arm64+lse": "load.atomic 4 acquire release; store.atomic 4 acquire release",
    "arm": f"dmb.ish; {update('exclusive')}; dmb.ish",
    "powerpc64": f"sync; {update('reservation')}; sync if stored",
    "riscv64": "load.lrsc 4 release; store.lrsc 4 release; rw,rw if stored",
    "s390x": update("interlocked"), "sparc64": update("cas"), "arc": update("lock-emulated"),
    "arc+llsc": update("llsc"), "csky+smp": f"bar.brwaw; {update('llsc')}; bar.brwarw if stored",
    "mips64": f"sync; {update('llsc')}; sync", "parisc32": update("lock-emulated"),
    "hexagon": update("locked"), "m68k+cas": update("cas"), "xtensa+exclusive": update("llsc"),
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), TRIED.items(), ids=TRIED)
def test_trying_is_the_instruction_of_cmpxchg(arch: str, wanted: str) -> None:
    for call in ("try_cmpxchg(x, &o, 2)", "cmpxchg(x, 1, 2)",
                 "atomic_cmpxchg(a, 1, 2)", "atomic_try_cmpxchg(a, &o, 2)"):  # fmt: skip
        assert steps(f"int o = 1; int r0 = {call};", arch) == wanted, call


WIDE = {
    "x86-32": update("locked", 8), "arm": f"dmb.ish; {update('exclusive', 8)}; dmb.ish",
    "arm+v6": "load.lock-emulated 8 by 4; store.lock-emulated 8 by 4",
    "mips32+cpu64": "load.lock-emulated 8 by 4; store.lock-emulated 8 by 4",
    "powerpc32": "load.lock-emulated 8 by 4; store.lock-emulated 8 by 4",
    "arc+ll64+llsc": f"dmb-3; {update('llsc', 8)}; dmb-3",
    "riscv64": "load.lrsc 8 release; store.lrsc 8 release; rw,rw if stored",
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), WIDE.items(), ids=WIDE)
def test_atomic64_is_not_cmpxchg64_where_there_is_a_lock(arch: str, wanted: str) -> None:
    assert steps("s64 r0 = atomic64_cmpxchg(b, 1, 2);", arch) == wanted


SMALL = {
    "x86-64": (1, 2), "x86-32": (1, 2), "arm64": (1, 2), "arm": (1, 2), "riscv64": (1, 2),
    "powerpc64": (1, 2), "s390x": (1, 2), "alpha": (1, 2), "mips32": (1, 2), "loongarch64": (1, 2),
    "openrisc": (1, 2), "m68k": (1, 2), "sparc64": (1,), "sh": (1,), "xtensa": (1,), "hexagon": (),
}  # fmt: skip


@pytest.mark.parametrize(("arch", "sizes"), SMALL.items(), ids=SMALL)
def test_bytes_and_halves_where_the_kernel_has_them(arch: str, sizes: tuple[int, ...]) -> None:
    for size in (1, 2):
        for call in ("cmpxchg((u{0} *)x, 1, 2)", "try_cmpxchg((u{0} *)x, &o, 2)"):
            text = f"u{8 * size} o = 1; int r0 = {call.format(8 * size)};"
            if size in sizes:
                assert "store." in steps(text, arch)
            else:
                with pytest.raises(Diagnostic, match=f"of {size} bytes does not build"):
                    steps(text, arch)


ONE_SIDED = {
    "powerpc64": (f"{update('reservation')}; lwsync", f"lwsync; {update('reservation')}"),
    "powerpc32": (f"{update('reservation')}; isync", f"sync; {update('reservation')}"),
    "csky+smp": (f"{update('llsc')}; bar.brarw", f"bar.brwaw; {update('llsc')}"),
    "mips64": (f"{update('llsc')}; sync", f"sync; {update('llsc')}"),
}


@pytest.mark.parametrize(("arch", "wanted"), ONE_SIDED.items(), ids=ONE_SIDED)
def test_one_that_acquires_has_the_fence_of_those(arch: str, wanted: tuple[str, str]) -> None:
    found = [steps(f"int r0 = xchg_{order}(x, 1);", arch) for order in ("acquire", "release")]
    assert tuple(found) == wanted


def test_on_arc_what_returns_a_value_is_no_exchange() -> None:
    assert steps("int r0 = atomic_fetch_or(1, a);", "arc") == update("lock-emulated")
    assert steps("int r0 = atomic_add_return(1, a);", "arc+llsc") == update("llsc")


# --- what it orders -------------------------------------------------------------------------------

ORDERED = ["x86-64", "arm64", "arm64+lse", "arm", "riscv64", "powerpc64", "powerpc32", "alpha",
           "s390x", "sparc64", "mips64"]  # fmt: skip
SERIALIZING = ["x86-64", "s390x", "sparc64"]

BUFFERED = "exists (0:r0=0 /\\ 1:r0=0 /\\ 0:r1=1 /\\ 1:r1=1)"


def by(call: str, cond: str = BUFFERED) -> str:
    """Return store buffering with a call between the store and the load of each thread."""
    mine = f"int o = 0; WRITE_ONCE(*x, 1); int r1 = {call}; int r0 = READ_ONCE(*y);"
    other = mine.replace("*x", "*z").replace("*y", "*x").replace("*z", "*y").replace("(a,", "(c,")
    return litmus(mine, other, init="", par="int *x, int *y, atomic_t *a, atomic_t *c", cond=cond)


@pytest.mark.parametrize("arch", ORDERED)
def test_who_has_succeeded_has_passed_a_full_barrier(arch: str) -> None:
    assert verdict(by("atomic_try_cmpxchg(a, &o, 1)"), arch).answer in ("forbidden", "fragile")
    relaxed = verdict(by("atomic_try_cmpxchg_relaxed(a, &o, 1)"), arch).answer
    assert (relaxed == "allowed") is (arch not in SERIALIZING)


@pytest.mark.parametrize("arch", ["arm64", "powerpc64", "powerpc32"])
def test_who_only_acquires_has_not(arch: str) -> None:
    assert verdict(by("atomic_try_cmpxchg_acquire(a, &o, 1)"), arch).answer == "allowed"
    exchanged = by("atomic_xchg_acquire(a, 1)", "exists (0:r0=0 /\\ 1:r0=0)")
    assert verdict(exchanged, arch).answer == "allowed"


FAILED = "exists (0:r0=0 /\\ 1:r0=0 /\\ 0:r1=0 /\\ 1:r1=0)"


@pytest.mark.parametrize("arch", ["arm64", "arm64+lse", "riscv64"])
def test_who_has_failed_has_passed_none(arch: str) -> None:
    failing = by("atomic_try_cmpxchg(a, &o, 1)", FAILED).replace("int o = 0", "int o = 3")
    assert verdict(failing, arch).answer == "allowed"


@pytest.mark.parametrize("arch", ["arm", "alpha", "mips64", "powerpc64"])
def test_today_some_have_a_barrier_that_nobody_promised(arch: str) -> None:
    failing = by("atomic_try_cmpxchg(a, &o, 1)", FAILED).replace("int o = 0", "int o = 3")
    assert verdict(failing, arch).answer == "fragile"


def passed(taken: str, dropped: str) -> str:
    """Return message passing by what one thread stores and another one takes."""
    return updating(
        f"WRITE_ONCE(*x, 1); int o = 0; int r0 = {dropped};",
        f"int o = 1; int r0 = {taken}; int r1 = READ_ONCE(*x);",
        "exists (1:r0=1 /\\ 1:r1=0)",
    )


@pytest.mark.parametrize("arch", ORDERED)
def test_release_and_acquire_pass_a_message(arch: str) -> None:
    text = passed("atomic_try_cmpxchg_acquire(a, &o, 2)", "atomic_try_cmpxchg_release(a, &o, 1)")
    assert verdict(text, arch).answer in ("forbidden", "fragile")


@pytest.mark.parametrize("arch", ["arm64", "powerpc64", "powerpc32", "riscv64"])
def test_relaxed_ones_pass_none(arch: str) -> None:
    for taken, dropped in (("relaxed", "release"), ("acquire", "relaxed")):
        text = passed(
            f"atomic_try_cmpxchg_{taken}(a, &o, 2)", f"atomic_try_cmpxchg_{dropped}(a, &o, 1)"
        )
        assert verdict(text, arch).answer == "allowed"


# --- user memory ----------------------------------------------------------------------------------


def user(before: int, faults: str = "no") -> str:
    return litmus(
        "int o = 1; int r0 = __try_cmpxchg_user(x, &o, 5, failed);", "int r9 = 0;",
        head=f"Arch = x86-64\nFaults = {faults}", init=f"int x = {before};", par="int *x",
        cond="exists (0:r0=7 /\\ 0:o=7 /\\ [x]=7)",
    )  # fmt: skip


@pytest.mark.parametrize("arch", ["x86-64", "x86-32"])
def test_user_memory_is_exchanged_or_seen_or_missing(arch: str) -> None:
    fault = (-14 & 0xFFFFFFFF, 1)
    assert final(user(1), arch) == {(0, 1, 5)}
    assert final(user(2), arch) == {(1, 2, 2)}
    found = {(int(r) & 0xFFFFFFFF, o, x) for r, o, x in final(user(1, "yes"), arch)}
    assert found == {(0, 1, 5), (*fault, 1)}
    found = {(int(r) & 0xFFFFFFFF, o, x) for r, o, x in final(user(2, "yes"), arch)}
    assert found == {(1, 2, 2), (*fault, 2)}


def test_user_memory_is_exchanged_on_x86_alone() -> None:
    with pytest.raises(Diagnostic, match="does not build on arm64"):
        final(user(1), "arm64")
