"""`litmus review`: what cannot be used is said where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.diagnostic import Diagnostic
from tests.reviews import of, reviewed

WRONG = {
    "no TOML": ("[arm64\n", (1, 7), "not TOML"),
    "nothing": ("title = 'a'\n", (1, 1), "no override"),
    "a key": ("colour = 1\n", (1, 1), "`colour` is no key"),
    "an architecture": ("[arm46.put_user_atomic]\n", (1, 1), "arm46"),
    "features in the heading": (
        '["arm64+lse2".put_user_atomic]\n', (1, 1), "more than an architecture",
    ),
    "an operation": ("\n[arm64.put_usr]\ncode = {}\n", (2, 1), "`put_usr()` is not an operation"),
    "a barrier": ('[arm64.smp_mb]\ncode = { 8 = "store 8" }\n', (1, 1), "smp_mb"),
    "an update": ('[arm64.xchg]\ncode = { 8 = "rmw.atomic 8" }\n', (1, 1), "reads and writes"),
    "a key of an override": (
        "[arm64.put_user_atomic]\n\ncost = 1\n", (3, 1), "an override has no `cost`",
    ),
    "no code": ("[arm64.put_user_atomic]\n", (1, 1), "no size has any code"),
    "a size": (
        '[arm64.put_user_atomic]\ncode = { 8 = "store 8", 3 = "store 2" }\n', (2, 25), "size `3`",
    ),
    "a size key": ('[arm64.put_user_atomic]\ncode.x = "store 8"\n', (2, 1), "is not a size"),
    "a feature": (
        '[arm64.put_user_atomic]\ncode."8 if lse9" = "store 8"\n', (2, 1), "`lse9` is not",
    ),
    "features that clash": (
        '[arm.put_user_atomic]\ncode."8 if v5 and lpae" = "store.pair 8 by 4"\n', (2, 1), "both",
    ),
    "notation": (of("arm64", 8, "stor 8"), (2, 10), "stor"),
    "a class": (of("arm64", 8, "store.locked 8"), (2, 10), "no instruction class"),
    "a promise": (of("arm64", 8, "store 8 atomic"), (2, 10), "code promises nothing"),
    "the ideal": (of("arm64", 8, "store.ideal 8"), (2, 10), "`ideal`"),
    "a claim": (
        of("arm64", 8, "store 8", 'contract = "store 4 atomic"'), (3, 1), "no claim",
    ),
    "a claim of order": (
        of("arm64", 8, "store.acquire 8 release", 'contract = "store.acquire 8 release"'), (2, 10),
        "about ordering too",
    ),
    "an alignment": (of("arm64", 8, "store 8", "align = 3"), (3, 1), "an alignment of 3 bytes"),
    "a refusal": (of("arm64", 8, "store 8", "refuse = 4"), (3, 1), "no list of sizes"),
    "a size that is refused": (of("arm64", 8, "store 8", "refuse = [3]"), (3, 1), "`3` is not"),
    "refused, with code": (of("arm64", 8, "store 8", "refuse = [8]"), (2, 10), "are refused"),
    "an operation twice": (
        of("arm64", 8, "store 8") + of("aarch64", 8, "loop store 4"), (4, 1), "stands twice",
    ),
    "a kernel": ('kernel = "4.1"\n' + of("arm64", 8, "store 8"), (1, 1), "4.1"),
    "code that is no table": (
        '[arm64.put_user_atomic]\ncode = "store 8"\n', (2, 1), "no table of texts",
    ),
    "assembly that is not read": (
        '[mips64.put_user_atomic]\nasm.8 = "sd $4, 0($5)"\n', (2, 10), "mips64 is not read",
    ),
    "an instruction": (
        "[arm64.put_user_atomic]\nasm.8 = '''\n  nop\n  sturgeon %[val], %[mem]\n'''\n", (4, 3),
        "sturgeon",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_said_where_it_stands(case: str, tmp_path: Path) -> None:
    text, at, message = WRONG[case]
    with pytest.raises(Diagnostic) as problem:
        reviewed(text, tmp_path)
    assert message in problem.value.message
    assert problem.value.at == at
    assert problem.value.file.endswith("overrides.toml")


def test_an_override_that_does_not_cover_its_size_is_a_problem(tmp_path: Path) -> None:
    found = reviewed(of("arm64", 8, "store 4"), tmp_path)
    (problem,) = found.problems
    assert "does not cover its 8 bytes" in problem.message
    assert (problem.line, problem.column) == (2, 10)
