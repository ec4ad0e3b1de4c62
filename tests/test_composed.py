"""Operations that are made of others, and those that do nothing: what is left of them."""

from __future__ import annotations

import json

import pytest

from checker import cli
from checker.diagnostic import Diagnostic
from tests.inputs import final, litmus, performed, verdict

PARAMETERS = "int *x, int *y"


def made(p0: str, p1: str = "int r9 = 0;", cond: str = "exists true", init: str = "") -> str:
    """Return a test of two threads on two numbers."""
    return litmus(p0, p1, init=init, par=PARAMETERS, cond=cond)


def steps(call: str, arch: str) -> list[str]:
    """Return the accesses and fences of a thread's calls."""
    return performed(made(call), arch)


# --- virtio ---------------------------------------------------------------------------------------

BARRIERS = {
    "x86-64": (["mfence"], [], [], ["mfence"], [], []),
    "arm64": (["dmb.ish"], ["dmb.ishld"], ["dmb.ishst"], ["dsb.sy"], ["dmb.oshld"], ["dmb.oshst"]),
    "arm": (["dmb.ish"], ["dmb.ish"], ["dmb.ishst"], ["dsb.sy"], ["dmb.osh"], ["dmb.oshst"]),
    "riscv64": (["rw,rw"], ["r,r"], ["w,w"], ["iorw,iorw"], ["ir,ir"], ["ow,ow"]),
    "powerpc64": (["sync"], ["lwsync"], ["lwsync"], ["sync"], ["lwsync"], ["lwsync"]),
    "powerpc32": (["sync"], ["lwsync"], ["eieio"], ["sync"], ["lwsync"], ["eieio"]),
    "s390x": (["bcr"], [], [], ["bcr"], ["bcr"], ["bcr"]),
    "alpha": (["mb"], ["mb"], ["wmb"], ["mb"], ["mb"], ["wmb"]),
    "sparc64": (["membar.storeload"], [], [], ["membar.storeload"], [], []),
    "loongarch64": (["dbar-0x10"], ["dbar-0x15"], ["dbar-0x1a"],
                    ["dbar-0x0"], ["dbar-0x5"], ["dbar-0xa"]),
    "mips64": (["sync"],) * 6,
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), BARRIERS.items(), ids=BARRIERS)
def test_a_barrier_is_that_of_processors_or_of_devices(
    arch: str, wanted: tuple[list[str], ...]
) -> None:
    calls = [f"virtio_{name}({weak});" for weak in ("true", "0") for name in ("mb", "rmb", "wmb")]
    assert tuple(steps(call, arch) for call in calls) == wanted


@pytest.mark.parametrize("arch", ["x86-64", "arm64", "riscv64", "powerpc64", "alpha"])
@pytest.mark.parametrize("weak", ["true", "false"])
def test_a_ring_entry_is_seen_behind_its_index(arch: str, weak: str) -> None:
    text = made(
        f"WRITE_ONCE(*x, 1); virtio_wmb({weak}); WRITE_ONCE(*y, 1);",
        f"int r0 = READ_ONCE(*y); virtio_rmb({weak}); int r1 = READ_ONCE(*x);",
        "exists (1:r0=1 /\\ 1:r1=0)",
    )
    assert verdict(text, arch).answer in ("forbidden", "fragile")
    bare = text.replace(f"virtio_rmb({weak});", "")
    assert (verdict(bare, arch).answer == "allowed") is (arch not in ("x86-64", "alpha"))


STORING = {
    "x86-64": ["load.locked 4", "store.locked 4"], "arm64": ["store 4", "dmb.ish"],
    "sh+sh4a": ["load.llsc 4", "store.llsc 4", "synco"], "powerpc64": ["store 4", "sync"],
    "loongarch64": ["load.amo 4", "store.amo 4"], "s390x": ["store 4", "bcr"],
}  # fmt: skip


@pytest.mark.parametrize(("arch", "wanted"), STORING.items(), ids=STORING)
def test_a_store_before_a_barrier(arch: str, wanted: list[str]) -> None:
    assert steps("virtio_store_mb(true, x, 1);", arch) == wanted
    assert steps("smp_store_mb(*x, 1);", arch) == wanted
    assert steps("virtio_store_mb(false, x, 1);", arch) == ["store 4", *steps("mb();", arch)]


@pytest.mark.parametrize("arch", ["x86-64", "arm64", "riscv64", "powerpc64", "s390x", "sparc64"])
@pytest.mark.parametrize(
    "call", ["virtio_store_mb(true, {}, 1);", "virtio_store_mb(false, {}, 1);",
             "smp_store_mb(*{}, 1);", "WRITE_ONCE(*{}, 1); virtio_mb(true);"],
)  # fmt: skip
def test_who_has_stored_looks_after_it(arch: str, call: str) -> None:
    text = made(
        f"{call.format('x')} int r0 = READ_ONCE(*y);",
        f"{call.format('y')} int r0 = READ_ONCE(*x);", "exists (0:r0=0 /\\ 1:r0=0)",
    )  # fmt: skip
    assert verdict(text, arch).answer in ("forbidden", "fragile")
    bare = text.replace(call.format("y"), "WRITE_ONCE(*y, 1);")
    assert verdict(bare, arch).answer == "allowed"


def test_a_device_may_say_at_run_time_what_it_wants() -> None:
    text = made("virtio_mb(READ_ONCE(*y) == 1);")
    assert steps("virtio_mb(READ_ONCE(*y) == 1);", "arm64") == ["load 4", "dmb.ish", "dsb.sy"]
    assert verdict(text).answer == "allowed"


@pytest.mark.parametrize(("arch", "answer"), [("x86-64", "allowed"), ("arm64", "forbidden")])
def test_before_an_update_some_have_no_barrier(arch: str, answer: str) -> None:
    mine = "WRITE_ONCE(*x, 1); smp_mb__before_atomic(); int r0 = READ_ONCE(*y);"
    other = "WRITE_ONCE(*y, 1); smp_mb__before_atomic(); int r0 = READ_ONCE(*x);"
    assert verdict(made(mine, other, "exists (0:r0=0 /\\ 1:r0=0)"), arch).answer == answer


# --- what does nothing ----------------------------------------------------------------------------

NOTHING = [
    "user_access_end();", "user_read_access_end();", "user_write_access_end();",
    "preempt_disable();", "preempt_enable();", "mark_page_dirty(kvm, gfn);",
    "mark_page_dirty_in_slot(kvm, slot, gfn);", "kvm_vcpu_mark_page_dirty(vcpu, gfn);",
    "int r0 = user_access_begin(x, 4);", "int r0 = user_write_access_begin(x, sizeof(*x));",
]  # fmt: skip


@pytest.mark.parametrize("call", NOTHING)
def test_what_does_nothing_to_memory(call: str) -> None:
    assert steps(call, "x86-64") == []


@pytest.mark.parametrize("arch", ["x86-64", "powerpc32"])
def test_user_memory_between_begin_and_end(arch: str) -> None:
    text = made(
        "if (user_access_begin(x, 4)) { unsafe_put_user(3, x, failed); user_access_end(); }",
        cond="exists [x]=0",
    )
    assert final(text, arch) == {(3,)}


def test_a_warning_is_its_condition() -> None:
    text = made(
        "int r0 = WARN_ON(READ_ONCE(*x) & 6); int r1 = 0; if (WARN_ON_ONCE(!r0)) r1 = 1;",
        cond="exists (0:r0=7 /\\ 0:r1=7)",
    )
    assert final(text.replace("{\n\n}", "{\nint x = 2;\n}")) == {(1, 0)}
    assert final(text.replace("{\n\n}", "{\nint x = 8;\n}")) == {(0, 1)}
    assert steps("WARN_ON(READ_ONCE(*x));", "arm64") == ["load 4"]


def test_an_index_that_is_within_bounds_is_left() -> None:
    text = made(
        "int r0 = array_index_nospec(READ_ONCE(*x), 4); "
        "int r1 = array_index_nospec(array_index_nospec(READ_ONCE(*x), 3) + 1, 4);",
        cond="exists (0:r0=7 /\\ 0:r1=7)", init="int x = 2;",
    )  # fmt: skip
    assert final(text) == {(2, 3)}
    assert final(text.replace("x = 2", "x = 4")) == {(0, 1)}


@pytest.mark.parametrize(("passed", "answer"), [("r0", "forbidden"), ("1", "allowed")])
def test_an_index_carries_its_dependency(passed: str, answer: str) -> None:
    text = made(
        f"int r0 = READ_ONCE(*x); WRITE_ONCE(*y, array_index_nospec({passed}, 2));",
        f"int r0 = READ_ONCE(*y); WRITE_ONCE(*x, array_index_nospec({passed}, 2));",
        "exists (0:r0=1 /\\ 1:r0=1)",
    )
    assert verdict(text, "arm64").answer == answer


# --- the words of such an operation ---------------------------------------------------------------


def test_its_arguments_are_counted() -> None:
    for call, why in (
        ("virtio_mb();", "takes 1 argument, not 0"),
        ("preempt_disable(1);", "takes 0 arguments, not 1"),
        ("virtio_store_mb(true, 3, 1);", "a number and not a pointer"),
    ):
        with pytest.raises(Diagnostic, match=why):
            steps(call, "x86-64")


def test_a_name_inside_it_is_not_one_of_the_thread() -> None:
    text = made("int i = 5; int r0 = array_index_nospec(3, i);", cond="exists (0:r0=7 /\\ 0:i=7)")
    assert final(text) == {(3, 5)}
    with pytest.raises(Diagnostic, match="no register"):
        final(made("int r0 = array_index_nospec(3, 5);", cond="exists 0:i=0"))


def test_explaining_it_says_what_it_is_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "virtio_wmb", "--arch", "arm64"]) == 0
    text = capsys.readouterr().out
    assert "virt_wmb()" in text
    assert "virtio_ring.h" in text
    assert cli.main(["explain", "virtio_wmb", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["does"].startswith("if (weak_barriers)")
