"""The runner that compares with a reference, and what it finds in a small sample.

The records of the reference are no part of the project. Where they stand beside it, a sample of
each corpus is compared; the runner itself is tested on records that are written here.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from checker.check import Limits
from checker.model.events import Structure
from checker.model.numbering import Numbering
from tests.asm_run import CORPORA
from tests.inputs import ROOT

sys.path.append(str(ROOT / "bench"))
reference: Any = import_module("reference")

LIMITS = Limits(timeout=60_000)

# --- the runner -----------------------------------------------------------------------------------

MP = """RISCV MP
{ 0:x5=x; 0:x6=y; 0:x7=1; 1:x5=x; 1:x6=y; }
 P0          | P1          ;
 sw x7,0(x5) | lw x8,0(x6) ;
 fence w,w   | fence r,r   ;
 sw x7,0(x6) | lw x9,0(x5) ;
exists (1:x8=1 /\\ 1:x9=0)
"""

SPIN = """AArch64 SPIN
{ 0:X0=x; }
 P0             ;
L0:             ;
 LDR W1,[X0]    ;
 CBZ W1,L0      ;
exists (0:X1=1)
"""

RACE = """C race
{ }
P0(int *x) { WRITE_ONCE(*x, 1); }
P1(int *x) { int r0 = READ_ONCE(*x); }
exists (1:r0=1)
"""

THREE = ["1:x8=0; 1:x9=0;", "1:x8=0; 1:x9=1;", "1:x8=1; 1:x9=1;"]


@pytest.mark.parametrize(
    ("text", "told", "expected"),
    [
        (MP, {"states": THREE}, ("agree", "Never", 0, 0)),
        (MP, {"states": THREE[1:]}, ("states", "Never", 0, 1)),
        (MP, {"states": [*THREE, "1:x8=1; 1:x9=0;"], "observation": "Sometimes"},
         ("verdict", "Never", 1, 0)),
        (MP.replace("fence w,w", "fence.ww "), {"states": THREE}, ("unsupported", "", 0, 0)),
        (SPIN, {"states": []}, ("unknown", "", 0, 0)),
        (RACE, {"states": ["1:r0=0;", "1:r0=1;"], "observation": "Sometimes"},
         ("agree", "Sometimes", 0, 0)),
        (RACE, {"states": ["1:r0=0;"]}, ("verdict", "Sometimes", 0, 1)),
        (RACE, {"states": ["1:r0=0;"], "flagged": ["data-race"]}, ("racy", "Sometimes", 0, 1)),
    ],
)  # fmt: skip
def test_how_an_answer_compares(
    tmp_path: Path, text: str, told: dict[str, Any], expected: tuple[str, str, int, int]
) -> None:
    dialect, name = text.splitlines()[0].split()
    (tmp_path / "one.litmus").write_text(text, "utf-8")
    record = {
        "name": name, "path": "one.litmus", "arch": dialect, "observation": "Never",
        "condition": text.splitlines()[-1], "flagged": [], "seconds": 0.25,
    } | told  # fmt: skip
    corpus = tmp_path / "own.jsonl"
    corpus.write_text(json.dumps(record) + "\n", "utf-8")
    (one,) = reference.records(corpus)
    found = reference.compare(one, tmp_path, "arm64" if dialect == "C" else "", LIMITS)
    assert (found.status, found.found, len(found.missing), len(found.extra)) == expected
    assert found.herd_seconds == 0.25
    assert (found.status in ("unsupported", "unknown")) == bool(found.why)


# --- a sample of the corpora ----------------------------------------------------------------------

SAMPLE = {"aarch64": 14, "aarch64_mixed": 14, "lkmm": 4, "ppc": 10, "riscv": 14, "x86_64": 12}
"""So many records of each are compared."""


def drawn(corpus: str, count: int) -> list[Any]:
    """Return some records of a corpus: always the same."""
    found = list(reference.records(CORPORA / f"{corpus}.jsonl"))
    return random.Random(corpus).sample(found, count)


def compared(one: Any, arch: str = "") -> Any:
    return reference.compare(one, CORPORA, arch, LIMITS)


def locked(one: Any) -> bool:
    """Whether a test for x86 has a locked instruction: see docs/conformance.md."""
    text = (CORPORA / one.path).read_text("utf-8").lower()
    return one.dialect == "X86_64" and ("xchg" in text or "lock" in text)


def between_instructions(made: Structure, a: int, b: int) -> bool:
    """Return program order as herd7 has it: there is none inside an instruction.

    So the load of an XCHG may take from its own store, and from one that comes after that.
    """
    first, second = made.events[a], made.events[b]
    return first.thread == second.thread and first.operation < second.operation


def pairs_between_instructions(numbering: Numbering) -> Iterator[tuple[int, int]]:
    for events in numbering._threads.values():
        for (a_place, a), (b_place, b) in combinations(events, 2):
            if a_place[0] != b_place[0]:
                yield a, b


if CORPORA.is_dir():

    @pytest.mark.parametrize("corpus", SAMPLE)
    def test_a_sample_agrees_but_for_what_the_documents_say(corpus: str) -> None:
        for one in drawn(corpus, SAMPLE[corpus]):
            for arch in ("arm64", "riscv64", "powerpc64") if corpus == "lkmm" else ("",):
                found = compared(one, arch)
                if locked(one):
                    assert found.extra == (), (one.path, found)
                elif corpus == "lkmm":
                    assert found.status in ("agree", "racy", "unsupported"), (one.path, found)
                else:
                    assert found.status == "agree", (one.path, found)

    def test_what_herd7_has_more_of_locked_instructions_is_out_of_the_order_of_their_halves(
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        some = [one for one in drawn("x86_64", 300) if locked(one)][:60]
        differing = [one for one in some if compared(one).status != "agree"]
        assert differing
        monkeypatch.setattr(Structure, "program_order", between_instructions)
        monkeypatch.setattr(Numbering, "program_order", pairs_between_instructions)
        for one in differing:
            assert compared(one).missing == (), one.path
