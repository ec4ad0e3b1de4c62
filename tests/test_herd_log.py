"""herd7's log, and the runner that compares with its records."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checker.check import Limits
from checker.report import herd
from checker.run import Request, check_file
from tests.inputs import ROOT, litmus

RACE = litmus("WRITE_ONCE(*x, 7);", "u64 r0 = READ_ONCE(*x);", head="Hash=0a1b2c", cond="{cond}")


def log(tmp_path: Path, cond: str, *archs: str) -> list[str]:
    path = tmp_path / "race.litmus"
    path.write_text(RACE.replace("{cond}", cond), "utf-8")
    found = check_file(str(path), Request(archs, Limits(timeout=20_000), states=True))
    assert found.problems == ()
    return herd.render(found.verdicts).split("\n")


@pytest.mark.parametrize(
    ("cond", "kind", "holds", "positive", "negative", "word"),
    [
        ("exists (1:r0=7)", "Allowed", "Ok", 1, 1, "Sometimes"),
        ("exists (1:r0=8)", "Allowed", "No", 0, 2, "Never"),
        ("~exists (1:r0=8)", "Forbidden", "Ok", 0, 2, "Never"),
        ("~exists (1:r0=7)", "Forbidden", "No", 1, 1, "Sometimes"),
        ("forall (1:r0=7 \\/ 1:r0=0)", "Required", "Ok", 2, 0, "Always"),
        ("forall (1:r0=7)", "Required", "No", 1, 1, "Sometimes"),
        ("exists (1:r0=7 => 1:r0=0)", "Allowed", "Ok", 1, 1, "Sometimes"),
        ("exists (~(1:r0=7) /\\ [x]=7)", "Allowed", "Ok", 1, 1, "Sometimes"),
    ],
)
def test_each_quantifier_has_its_words(
    tmp_path: Path, cond: str, kind: str, holds: str, positive: int, negative: int, word: str
) -> None:
    lines = log(tmp_path, cond, "arm64")
    assert lines[0] == f"Test test {kind}"
    assert lines[1] == "States 2"
    assert all(re.fullmatch(r"(1:r0=[07];|\[x\]=7;)( \[x\]=7;)?", line) for line in lines[2:4])
    assert lines[4:7] == [holds, "Witnesses", f"Positive: {positive} Negative: {negative}"]
    assert lines[7] == "Condition " + cond
    assert lines[8] == f"Observation test {word} {positive} {negative}"
    assert re.fullmatch(r"Time test \d+\.\d\d", lines[9])
    assert lines[10:] == ["Hash=0a1b2c", ""]


def test_a_test_on_several_architectures_has_a_name_for_each(tmp_path: Path) -> None:
    lines = log(tmp_path, "exists (1:r0=7)", "arm64", "x86-64")
    assert [line for line in lines if line.startswith("Test")] == [
        "Test test@arm64 Allowed", "Test test@x86-64 Allowed",
    ]  # fmt: skip
    assert lines.count("") == 2


def test_what_values_do_not_decide_is_not_in_a_log(tmp_path: Path) -> None:
    assert log(tmp_path, "~exists torn(1:r0)", "arm64") == [""]


# --- the runner -----------------------------------------------------------------------------------


def compared(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, ROOT / "bench" / "conformance.py", *arguments)
    return subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, check=False
    )


def corpus(tmp_path: Path, **changed: object) -> Path:
    """Return a corpus of one test, whose record may be changed."""
    text = RACE.replace("{cond}", "exists (1:r0=7)").replace("C test", "C race")
    (tmp_path / "race.litmus").write_text(text, "utf-8")
    record = {
        "name": "race", "path": "race.litmus", "arch": "C", "observation": "Sometimes",
        "condition": "exists (1:r0=7)", "states": ["1:r0=0;", "1:r0=7;"], "flagged": [],
        "seconds": 0.01,
    } | changed  # fmt: skip
    path = tmp_path / "small.jsonl"
    path.write_text(json.dumps(record) + "\n", "utf-8")
    return path


def test_a_corpus_that_agrees(tmp_path: Path) -> None:
    found = compared(corpus(tmp_path), "--arch", "arm64,x86-64", "--jobs", "1")
    assert found.returncode == 0, found.stderr
    assert "small: 2 results: 2 agree" in found.stdout


def test_states_and_verdicts_that_differ_are_told_apart(tmp_path: Path) -> None:
    less = corpus(tmp_path, states=["1:r0=7;"], observation="Always")
    found = compared(less, "--arch", "arm64", "--verbose")
    assert found.returncode == 1
    assert "1 states differ" in found.stdout
    assert "more     1:r0=0;" in found.stdout
    never = corpus(tmp_path, states=["1:r0=0;"], observation="Never")
    assert "1 verdict differs" in compared(never, "--arch", "arm64").stdout


def test_json_holds_every_result(tmp_path: Path) -> None:
    found = compared(corpus(tmp_path), "--arch", "arm64", "--json", "-")
    (result,) = json.loads(found.stdout)
    assert (result["name"], result["arch"], result["status"]) == ("race", "arm64", "agree")


def test_it_says_when_there_is_no_corpus(tmp_path: Path) -> None:
    none = compared("--oracle", tmp_path)
    assert none.returncode == 0
    assert "nothing was compared" in none.stderr
    assert compared("nowhere", "--oracle", tmp_path).returncode == 2
