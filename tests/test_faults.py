"""Page faults inside user copies: what is left, what is returned, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.arch import folders, target
from checker.check import Asked, check
from checker.diagnostic import Diagnostic
from checker.language import parse
from tests.inputs import final, litmus, verdict

# --- every policy against a simulation ------------------------------------------------------------

NEW, OLD, SIZE = 0x22, 0x11, 4

ARCH = """
family = "faulty"
title = "Architectures that fault in every way"
[arch.faulty]
title = "Faulty"
word = 8
endian = "little"
source = "none: a test"
[[rule]]
id = "faulty.aligned"
arch = ["faulty"]
says = "an aligned access is atomic"
class = ["gpr"]
align = "size"
unit = "whole"
evidence = "manual"
source = "none: a test"
"""

LOWERING = """
[faulty.raw_copy_to_user]
source = "none: a test"
code = "{notation}"
contract = "{notation}"
fault = "{policy}"
"""

ACCESSES = {
    "store 4": [(0, 4)],
    "loop store 2": [(0, 2), (2, 2)],
    "loop store 1": [(0, 1), (1, 1), (2, 1), (3, 1)],
    "down loop store 2": [(2, 2), (0, 2)],
    "store 2; store 1 at 2; store 2 at end-2": [(0, 2), (2, 1), (2, 2)],
    "bytes": [(0, 1), (1, 1), (2, 1), (3, 1)],
}


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Path]:
    """Return a folder of data, which is read no more afterwards."""
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "arch.toml").write_text(ARCH)
    yield tmp_path
    folders.use(())


def simulated(accesses: list[tuple[int, int]], policy: str) -> set[tuple[int, int]]:
    """Return what a copy leaves in memory and returns, for each access at which it may fault."""

    def state(written: set[int], moved: int) -> tuple[int, int]:
        content = bytes(NEW if byte in written else OLD for byte in range(SIZE))
        return SIZE - moved, int.from_bytes(content, "little")

    found = {state(set(range(SIZE)), SIZE)}
    for index in range(len(accesses)):
        written = {at + k for at, size in accesses[:index] for k in range(size)}
        prefix = next(k for k in range(SIZE + 1) if k not in written)
        found.add(state(written, prefix))
        if policy == "retry":
            for moved in range(prefix, SIZE + 1):
                found.add(state(written | set(range(prefix, moved)), moved))
        if policy == "first-byte" and index == 0:
            found.add(state({0}, 1))
    return found


@pytest.mark.parametrize("policy", ["stop", "retry", "first-byte"])
@pytest.mark.parametrize("notation", ACCESSES)
def test_a_copy_leaves_and_returns_what_a_simulation_of_its_accesses_does(
    faulty: Path, notation: str, policy: str
) -> None:
    table = LOWERING.format(notation=notation, policy=policy)
    (faulty / "faulty" / "lowering.toml").write_text(table)
    folders.use((str(faulty),))
    text = (
        f"C test\nArch = faulty\nFaults = yes\n{{\n u32 x __aligned(8) = {OLD * 0x01010101}; }}\n"
        f"P0(u32 *x) {{ u32 v = {NEW * 0x01010101}; int r0 = copy_to_user(x, &v, 4); }}\n"
        "locations [0:r0; x;]\nexists false\n"
    )
    assert final(text, "faulty") == simulated(ACCESSES[notation], policy)


def test_where_the_kernel_dies_nothing_follows(faulty: Path) -> None:
    table = LOWERING.format(notation="loop store 2", policy="oops")
    (faulty / "faulty" / "lowering.toml").write_text(table)
    folders.use((str(faulty),))
    text = (
        "C test\nArch = faulty\nFaults = yes\n{ u32 x = 0; u32 y; }\n"
        "P0(u32 *x, u32 *y) { u32 v = 0x22222222; int r0 = copy_to_user(x, &v, 4);\n"
        "  *y = 1; int r1 = 1; }\n"
        "locations [x; y; 0:r0; 0:r1;]\nexists false\n"
    )
    assert final(text, "faulty") == {
        (0x22222222, 1, 0, 1),  # no fault
        (0, 1, 4, 1),  # the first access faults: it is handled
        (0x2222, 0, 0, 0),  # the second does, and nobody handles it
    }


# --- what can be asked ----------------------------------------------------------------------------

PUT = "int r0 = put_user(1, x);"


def test_nothing_faults_unless_it_is_asked_for() -> None:
    text = litmus(PUT, cond="exists fault(P0)")
    assert verdict(text).answer == "forbidden"
    assert check(parse(text), target("arm64"), asked=Asked(faults=True)).answer == "allowed"
    asked = text.replace("Arch = arm64", "Arch = arm64\nFaults = yes")
    assert verdict(asked).answer == "allowed"


def test_an_expectation_holds_only_of_the_question_that_the_test_asks() -> None:
    text = litmus(PUT, cond="exists fault(P0)", head="Arch = arm64\nExpect = arm64: forbidden")
    without, with_faults = (
        check(parse(text), target("arm64"), asked=Asked(faults=f)) for f in (False, True)
    )
    assert (without.expected, without.ok) == ("forbidden", True)
    assert (with_faults.expected, with_faults.answer) == (None, "allowed")


def test_only_accesses_to_user_memory_fault() -> None:
    body = "WRITE_ONCE(*x, 1); u64 v = 2; memcpy(x, &v, 8); xchg(x, 3);"
    text = litmus(body, cond="exists fault(P0)", head="Arch = arm64\nFaults = yes")
    assert verdict(text).answer == "forbidden"


@pytest.mark.parametrize(
    ("call", "dirties"),
    [
        ("kvm_put_guest(kvm, x, 1ULL);", True),
        ("u64 v = 1; kvm_write_guest(kvm, x, &v, 8);", True),
        ("put_user(1, x);", False),
        ("u64 v = 1; copy_to_user(x, &v, 8);", False),
    ],
)
def test_a_page_is_dirty_where_kvm_wrote_it_and_nothing_failed(call: str, dirties: bool) -> None:
    faulty = litmus(call, cond="exists (dirty(x) /\\ x=0)", head="Arch = arm64\nFaults = yes")
    assert verdict(faulty).answer == "forbidden"
    plain = litmus(call, cond="exists dirty(x)")
    assert verdict(plain).answer == ("allowed" if dirties else "forbidden")


def test_a_witness_says_where_the_fault_was() -> None:
    text = litmus(
        "int r0 = put_user(-1ULL, x);",
        head="Arch = x86-32\nFaults = yes",
        cond="exists (fault(P0) /\\ ~(x=0))",
    )
    witness = verdict(text, "x86-32").witness
    assert witness is not None
    (fault,) = witness.faults
    assert (fault.name, fault.access, fault.offset, fault.moved, fault.size) == (
        "put_user", "store 4", 4, 4, 8,
    )  # fmt: skip


def test_a_torn_read_counts_only_where_its_call_succeeded() -> None:
    text = litmus(
        p1="u64 r0; int r1 = get_user(r0, x);",
        head="Arch = x86-32\nFaults = yes",
        cond="exists (torn(1:r0) /\\ ~(1:r1=0))",
        init="u64 x __aligned(8);",
    )
    assert verdict(text, "x86-32").answer == "forbidden"
    assert verdict(text.replace("~(1:r1=0)", "1:r1=0"), "x86-32").answer == "allowed"


@pytest.mark.parametrize(
    ("cond", "message"),
    [
        ("exists fault(P7)", "there is no thread P7"),
        ("exists fault(x)", "`fault(x)` is not a proposition"),
        ("exists dirty(y)", "`y` is not a location"),
        ("exists faulted(P0)", "`faulted(P0)` is not a proposition"),
    ],
)
def test_a_proposition_about_faults_that_means_nothing_is_refused(cond: str, message: str) -> None:
    with pytest.raises(Diagnostic, match=message.replace("(", r"\(").replace(")", r"\)")):
        verdict(litmus(PUT, cond=cond))


def test_faults_is_yes_or_no() -> None:
    with pytest.raises(Diagnostic, match="neither yes nor no"):
        parse(litmus(PUT, head="Arch = arm64\nFaults = perhaps"))


def test_a_copy_that_may_fault_needs_a_local_variable_to_go_to() -> None:
    text = (
        "C test\nArch = arm64\nFaults = yes\n{ u64 x; u64 y; }\n"
        "P0(u64 *x, u64 *y) { copy_from_user(y, x, 8); }\nexists true\n"
    )
    with pytest.raises(Diagnostic, match="needs a local variable"):
        verdict(text)
