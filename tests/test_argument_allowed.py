"""`litmus explain FILE` of what is allowed: the shortest execution, and neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import arch as archs
from checker.argument import explain_file
from checker.check import check
from checker.verdict import Execution
from tests.arguments import KVM, LINUX, MP, REQUEST, explained, named, read
from tests.command import Litmus, one
from tests.inputs import litmus

# --- the shortest execution -----------------------------------------------------------------------

ALLOWED = [
    (KVM / "stolen-time.litmus", "x86-32"),
    (LINUX / "memcpy-writer-8.litmus", "x86-64"),
    (LINUX / "copy-to-user-4.litmus", "x86-64"),
    (LINUX / "get-user-8.litmus", "arm"),
    (LINUX / "rcu-publish-unordered.litmus", "arm64"),
    (LINUX / "three-writers-8.litmus", "x86-32"),
    (KVM / "kvm-x86-wall-clock-version.litmus", "x86-64"),
]


def _replayed(execution: Execution) -> None:
    """Assert that every load takes what memory holds when its row is reached."""
    memory = {name: list(content) for name, content in execution.before}
    for row in execution.rows:
        for byte in row.bytes:
            if row.reads:
                assert memory[row.location][byte.offset] == byte.value
            memory[row.location][byte.offset] = byte.value


@pytest.mark.parametrize("case", ALLOWED, ids=named)
def test_the_shortest_execution_is_one_and_no_longer_than_that_of_check(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    best, shown = explanation.shortest, explanation.verdict.witness
    assert best is not None
    assert shown is not None
    assert best.least
    assert best.rows == len(best.execution.rows) <= len(shown.rows)
    _replayed(best.execution)


@pytest.mark.parametrize(
    ("p0", "p1", "rows"),
    [
        ("WRITE_ONCE(*x, 1);", "u64 r0 = READ_ONCE(*x);", 3),
        ("WRITE_ONCE(*x, 1); WRITE_ONCE(*x, 2);", "u64 r0 = READ_ONCE(*x);", 4),
        ("WRITE_ONCE(*x, 1);", "u64 r1 = READ_ONCE(*x); u64 r0 = READ_ONCE(*x);", 4),
    ],
)
def test_the_number_of_rows_is_the_least(tmp_path: Path, p0: str, p1: str, rows: int) -> None:
    """Two accesses of which one is cut; what else happens has a row each."""
    path = one(tmp_path, litmus(p0, p1, init="u64 x __at(60);"))
    best = explained(path, "x86-64").shortest
    assert best is not None
    assert (best.rows, best.least, best.in_order) == (rows, True, True)


# --- neighbours -----------------------------------------------------------------------------------


def test_neighbours_are_forbidden_as_the_edited_files_are(tmp_path: Path) -> None:
    found = explained(one(tmp_path, MP), "arm64").neighbours
    assert found is not None
    held = {(near.kind, near.at) for near in found.held}
    edits = {
        ("order", (9, 3)): MP.replace("WRITE_ONCE(*y, 1)", "smp_store_release(y, 1)"),
        ("order", (8, 3)): MP.replace("WRITE_ONCE(*x, 1)", "smp_store_release(x, 1)"),
        ("order", (14, 12)): MP.replace("READ_ONCE(*x)", "smp_load_acquire(x)"),
        ("barrier", (9, 3)): MP.replace("  WRITE_ONCE(*y", "  smp_mb(); WRITE_ONCE(*y"),
        ("barrier", (14, 12)): MP.replace("  u32 r1", "  smp_mb(); u32 r1"),
    }
    forbidden = {
        key
        for key, text in edits.items()
        if explained(one(tmp_path, text), "arm64").verdict.answer == "forbidden"
    }
    assert held == forbidden
    assert held == {("order", (9, 3)), ("barrier", (9, 3))}
    assert dict(found.tried)["order"] == 3
    assert dict(found.tried)["barrier"] == 2
    assert found.undecided == 0


def test_an_alignment_is_the_smallest_that_forbids(tmp_path: Path) -> None:
    text = litmus(init="struct s { u64 a; u64 b; } x __aligned(2);", par="struct s *x",
                  p0="WRITE_ONCE(x->b, 1);", p1="u64 r0 = READ_ONCE(x->b);")  # fmt: skip
    found = explained(one(tmp_path, text), "arm64").neighbours
    assert found is not None
    (near,) = (near for near in found.held if near.kind == "alignment")
    assert near.says == "__aligned(8) of x"


def test_a_feature_is_a_neighbour(tmp_path: Path) -> None:
    found = explained(one(tmp_path, litmus(init="u64 x __at(4);")), "arm64").neighbours
    assert found is not None
    assert [near.says.partition(":")[0] for near in found.held] == ["arm64+lse2", "arm64+naa"]
    assert dict(found.tried)["order"] == 2  # an acquire faults there, which is no help


def test_a_feature_that_changes_nothing_is_not_asked_about(tmp_path: Path) -> None:
    """What the shortcut takes for the same has the same verdict."""
    path = one(tmp_path, litmus(init="u64 x __at(4);"))
    found = explained(path, "arm64").neighbours
    assert found is not None
    held = {near.says.partition(":")[0] for near in found.held}
    test = read(path).test
    for feature in archs.target("arm64").arch.features:
        if not feature.endian:
            name = f"arm64+{feature.name}"
            answer = check(test, archs.target(name)).answer
            assert (answer == "forbidden") is (name in held), name


def test_a_fence_behind_an_instruction_is_a_neighbour(tmp_path: Path) -> None:
    text = (
        "X86_64 SB\n{ uint32_t x; uint32_t y; }\n P0 | P1 ;\n movl $1,(x) | movl $1,(y) ;\n"
        " movl (y),%eax | movl (x),%eax ;\nexists (0:rax=0 /\\ 1:rax=0)\n"
    )
    path = one(tmp_path, text.replace("(0:rax=0", "(0:rax=0"))
    found = explain_file(str(path), REQUEST)
    assert not found.problems
    near = found.explanations[0].neighbours
    assert near is not None
    assert near.held == ()  # one side alone does not do
    assert dict(near.tried)["barrier"] == 2


def test_that_nothing_helps_is_said(run: Litmus) -> None:
    found = run("explain", LINUX / "memcpy-writer-8.litmus", "--arch", "x86-64")
    assert "none is forbidden or fragile within one change" in found.out
    assert found.status == 0
