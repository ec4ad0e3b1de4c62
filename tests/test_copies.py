"""Copies of user and guest memory by other names: what they are, return, and mark dirty."""

from __future__ import annotations

import pytest

from checker.arch import target
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.lowering import programs, sketch
from checker.program import Access
from tests.inputs import final, litmus, verdict

WRITES = {
    "copy_to_user_nofault": "copy_to_user_nofault(x, &v, 8)",
    "kvm_write_guest_cached": "kvm_write_guest_cached(kvm, x, &v, 8)",
    "kvm_write_guest_offset_cached": "kvm_write_guest_offset_cached(kvm, w, &v, 8, 8)",
    "kvm_vcpu_write_guest": "kvm_vcpu_write_guest(vcpu, x, &v, 8)",
    "kvm_write_guest": "kvm_write_guest(kvm, x, &v, 8)",
}
READS = {
    "copy_from_user_nofault": "copy_from_user_nofault(&v, x, 8)",
    "kvm_read_guest_cached": "kvm_read_guest_cached(kvm, x, &v, 8)",
    "kvm_read_guest_offset_cached": "kvm_read_guest_offset_cached(kvm, w, &v, 8, 8)",
    "kvm_vcpu_read_guest": "kvm_vcpu_read_guest(vcpu, x, &v, 8)",
    "kvm_read_guest": "kvm_read_guest(kvm, x, &v, 8)",
}


def copying(call: str, cond: str, *, faults: str = "no", kernel: str = "") -> str:
    """Return a test of one call on the second u64 of two; `w` is the first one."""
    call = call.replace("(x,", "(&w[1],").replace(", x,", ", &w[1],")
    return litmus(
        f"u64 v = 0x1111111111111111; int r0 = {call};", "int r9 = 0;", par="u64 *w", cond=cond,
        init="u64 w[2] __aligned(16) = { 0, 0x2222222222222222 };",
        head=f"Arch = x86-64\nFaults = {faults}{kernel}",
    )  # fmt: skip


ALL = ["x86-64", "x86-32", "arm64", "arm", "riscv64", "powerpc64", "powerpc32", "s390x", "mips64",
       "sparc64", "alpha", "loongarch64", "parisc32", "hexagon", "xtensa", "m68k"]  # fmt: skip


@pytest.mark.parametrize("arch", ALL)
def test_all_bytes_arrive(arch: str) -> None:
    written, read = 0x1111111111111111, 0x2222222222222222
    for call in WRITES.values():
        assert final(copying(call, "exists (0:r0=7 /\\ w[1]=7)"), arch) == {(0, written)}
    for call in READS.values():
        assert final(copying(call, "exists (0:r0=7 /\\ 0:v=7)"), arch) == {(0, read)}


def accesses(call: str, arch: str) -> list[list[str]]:
    test, where = parse(copying(call, "exists true")), target(arch)
    return [
        [str(one) for made in program.operations for one in made.steps if isinstance(one, Access)]
        for program in programs(test, sketch(test, where, 2), where, "code")
    ]


@pytest.mark.parametrize("arch", ["x86-64", "arm64", "arm", "riscv64", "powerpc64", "s390x"])
def test_they_are_the_copies_that_kvm_makes(arch: str) -> None:
    for calls, usual in ((WRITES, "kvm_write_guest"), (READS, "kvm_read_guest")):
        for call in calls.values():
            assert accesses(call, arch) == accesses(calls[usual], arch), call


def test_no_size_is_a_constant_in_a_function() -> None:
    assert accesses("copy_to_user(x, &v, 8)", "x86-64@5.6") == [["store 8"]]
    assert accesses(WRITES["kvm_vcpu_write_guest"], "x86-64@5.6") != [["store 8"]]


@pytest.mark.parametrize("name", WRITES)
def test_a_fault_is_an_error(name: str) -> None:
    for arch in ("x86-64", "arm64", "powerpc32"):
        failed = copying(WRITES[name], "exists (0:r0=-14 /\\ fault(P0))", faults="yes")
        assert verdict(failed, arch).answer == "allowed"
        whole = copying(
            WRITES[name], "exists (0:r0=0 /\\ ~(w[1]=0x1111111111111111))", faults="yes"
        )
        assert verdict(whole, arch).answer == "forbidden"


@pytest.mark.parametrize("name", WRITES)
def test_kvm_marks_what_it_has_written_dirty(name: str) -> None:
    kvm = name.startswith("kvm")
    for asked, answer in (
        ("0:r0=0 /\\ ~dirty(w)", "forbidden" if kvm else "allowed"),
        ("0:r0=-14 /\\ dirty(w)", "forbidden"),
        ("0:r0=0 /\\ dirty(w)", "allowed" if kvm else "forbidden"),
    ):
        text = copying(WRITES[name], f"exists ({asked})", faults="yes")
        assert verdict(text).answer == answer, asked


@pytest.mark.parametrize("name", READS)
def test_what_a_read_that_faults_leaves(name: str) -> None:
    text = copying(READS[name], "exists (0:r0=-14 /\\ 0:v=0x1111111111111111)", faults="yes")
    assert verdict(text).answer == "allowed"
    cleared = copying(READS[name], "exists (0:r0=-14 /\\ 0:v=0)", faults="yes")
    assert verdict(cleared).answer == "forbidden"
    assert verdict(copying(READS[name], "exists dirty(w)", faults="yes")).answer == "forbidden"


def test_the_names_came_with_a_kernel() -> None:
    text = copying(WRITES["copy_to_user_nofault"], "exists true")
    with pytest.raises(Diagnostic, match=r"is not in kernel 5\.7"):
        verdict(text, "x86-64@5.7")
    assert verdict(text, "x86-64@5.8").answer == "allowed"
