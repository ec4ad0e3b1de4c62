"""Why a test has its verdict, as its tests ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

from checker.argument import Explanation, explain_file, proof_of
from checker.argument.proof import Proof
from checker.check import Limits
from checker.run import Opened, Request, opened
from tests.inputs import ROOT

REQUEST = Request((), Limits(timeout=20_000), states=False)
KVM, LINUX = ROOT / "litmus" / "kvm", ROOT / "litmus" / "linux"

Set = frozenset[str]


def read(path: Path) -> Opened:
    found = opened(str(path), REQUEST)
    assert isinstance(found, Opened)
    return found


def explained(path: Path, arch: str) -> Explanation:
    return _explained(path, path.read_bytes(), arch)


@cache
def _explained(path: Path, _content: bytes, arch: str) -> Explanation:
    found = explain_file(str(path), replace(REQUEST, archs=(arch,)))
    assert not found.problems
    (explanation,) = found.explanations
    return explanation


def fresh(path: Path, arch: str, *, practice: bool) -> Proof:
    found = opened(str(path), replace(REQUEST, archs=(arch,)))
    assert isinstance(found, Opened)
    return proof_of(found, arch, REQUEST, practice=practice)


def subsets(names: Iterable[str]) -> Iterable[Set]:
    listed = list(names)
    return (frozenset(c) for n in range(len(listed) + 1) for c in combinations(listed, n))


def least(names: Iterable[str], suffices: Callable[[Set], bool]) -> set[Set]:
    """Return the minimal sets that suffice, by asking about every set."""
    found: set[Set] = set()
    for tried in subsets(names):
        if not any(one <= tried for one in found) and suffices(tried):
            found.add(tried)
    return found


def named(case: tuple[Path, str]) -> str:
    return f"{case[0].stem} {case[1]}"


MP = """C test
Arch = arm64
{
  u32 x; u32 y;
}
P0(u32 *x, u32 *y)
{
  WRITE_ONCE(*x, 1);
  WRITE_ONCE(*y, 1);
}
P1(u32 *x, u32 *y)
{
  u32 r0 = smp_load_acquire(y);
  u32 r1 = READ_ONCE(*x);
}
~exists (1:r0=1 /\\ 1:r1=0)
"""
