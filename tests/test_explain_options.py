"""`litmus explain FILE` with `--faults`, `--model` and `--format markdown`: the same, asked so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.command import Litmus, one
from tests.inputs import ROOT

KVM, LINUX = ROOT / "litmus" / "kvm", ROOT / "litmus" / "linux"

SB = """C sb
Arch = x86-64
{ u32 x; u32 y; }
P0(u32 *x, u32 *y) { WRITE_ONCE(*x, 1); u32 r0 = READ_ONCE(*y); }
P1(u32 *x, u32 *y) { WRITE_ONCE(*y, 1); u32 r0 = READ_ONCE(*x); }
~exists (0:r0=0 /\\ 1:r0=0)
"""
SC = '"SC"\nacyclic po | rf | co | fr as sc\n'


def verdicts(found: str) -> list[tuple[str, str]]:
    """Return architecture and verdict of each paragraph of a text."""
    return re.findall(r"^  (\S+) +(forbidden|fragile|ALLOWED)\b", found, re.MULTILINE)


@pytest.mark.parametrize("name", ["put-user-8", "copy-to-user-8", "xchg-8"])
def test_with_faults_it_explains_the_verdict_that_check_has(name: str, run: Litmus) -> None:
    asked = (LINUX / f"{name}.litmus", "--arch", "x86-64,x86-32", "--faults")
    checked = run("check", *asked, "--format", "json").json["results"]
    explained = run("explain", *asked, "--format", "json").json["results"]
    assert [one["verdict"] for one in explained] == [one["verdict"] for one in checked]


def test_faults_make_executions(run: Litmus) -> None:
    path = LINUX / "put-user-8.litmus"
    without, with_ = (
        run("explain", path, "--arch", "x86-32", *more).out for more in ((), ("--faults",))
    )
    assert "faults at" not in without
    assert "P0 put_user() faults at store 4" in with_


def test_a_proof_rests_on_the_axioms_of_a_file(tmp_path: Path, run: Litmus) -> None:
    path, model = one(tmp_path, SB), tmp_path / "sc.cat"
    model.write_text(SC)
    assert verdicts(run("explain", path).out) == [("x86-64", "ALLOWED")]
    (result,) = run("explain", path, "--model", model, "--format", "json").json["results"]
    assert (result["verdict"], result["sets"]) == ("forbidden", [["model.sc"]])
    (element,) = result["elements"]
    assert (element["without"], element["cite"]) == ("allowed", "sc.cat")


def test_the_commands_that_it_names_repeat_it(tmp_path: Path, run: Litmus) -> None:
    path, model = one(tmp_path, SB), tmp_path / "my sc.cat"
    model.write_text(SC)
    out = run("explain", path, "--model", model, "--faults").out
    found = re.findall(r"^  (the verdicts|a set|a rule): litmus (.*)$", out, re.MULTILINE)
    assert [what for what, _ in found] == ["the verdicts", "a set"], "no data has the file's axiom"
    check, only = (run(*shlex.split(command)) for _, command in found)
    assert check.status == 0
    assert "model.sc: enough" in only.out


def test_a_model_that_is_none_is_status_2(tmp_path: Path, run: Litmus) -> None:
    found = run("explain", one(tmp_path, SB), "--model", tmp_path / "absent.cat")
    assert (found.status, found.out) == (2, "")
    assert "absent.cat" in found.err


# --- Markdown -------------------------------------------------------------------------------------

#   a test, architectures, options
SHOWN = [
    (LINUX / "narrow-over-wide.litmus", "x86-64", ("-v",)),
    (LINUX / "memcpy-writer-8.litmus", "arm64", ("-v",)),
    (LINUX / "memcpy-writer-8.litmus", "arm64,x86-32", ()),
    (ROOT / "litmus/arm64/arm64-u64-at-4.litmus", "arm64,arm64+lse2", ("-v",)),
    (LINUX / "narrow-over-wide.litmus", "x86-64", ("--only", "x86-64.aligned,align:x")),
    (LINUX / "put-user-8.litmus", "x86-32", ("--faults",)),
]  # fmt: skip


def words(text: str) -> set[str]:
    """Return the words of a report, whatever stands around them."""
    return {word for part in text.split() if (word := part.strip("`*#.,:;-()[]")) and word != "set"}


@pytest.mark.parametrize(("path", "arch", "options"), SHOWN)
def test_markdown_says_what_the_text_says(
    path: Path, arch: str, options: tuple[str, ...], run: Litmus
) -> None:
    text = run("explain", path, "--arch", arch, *options).out
    found = run("explain", path, "--arch", arch, *options, "--format", "markdown").out
    known = {word.lower() for word in words(found)}
    labels = {"the", "verdicts", "a", "rule", "it", "6:12"}
    missing = {word for word in words(text) if word.lower() not in known} - labels
    assert {word for word in missing if not re.fullmatch(r"\d+:\d+", word)} == set()
    for name, answer in verdicts(text):
        assert f"## {name}: {answer}\n" in found


@pytest.mark.parametrize(("path", "arch", "options"), SHOWN)
def test_its_fences_close_and_its_lines_stand_apart(
    path: Path, arch: str, options: tuple[str, ...], run: Litmus
) -> None:
    found = run("explain", path, "--arch", arch, *options, "--format", "markdown").out
    assert found.startswith("# ")
    assert found.count("\n```") % 2 == 0
    outside = re.sub(r"```.*?```", "", found, flags=re.DOTALL)
    assert "\033" not in found
    assert not re.search(r"[^\n]\n#", outside)


def test_pictures_are_drawn_where_they_are_asked_for(run: Litmus) -> None:
    path = LINUX / "narrow-over-wide.litmus"
    asked = ("explain", path, "--arch", "x86-64", "--format", "markdown")
    assert "<- torn" not in run(*asked).out
    drawn = run(*asked, "-v").out
    assert drawn.count("<- torn") == 3
    assert "By the same execution as without x86.multi-copy-atomic on x86-64." in drawn


def test_loops_that_are_cut_say_so_in_markdown(tmp_path: Path, run: Litmus) -> None:
    spin = (
        "C spin\nArch = arm64\n{ u32 x; }\nP0(u32 *x) { WRITE_ONCE(*x, 1); }\n"
        "P1(u32 *x) { u32 r0; u32 n = 0; do { r0 = READ_ONCE(*x); n++; } while (r0 == 0); }\n"
        "~exists (1:r0=2)\n"
    )
    found = run("explain", one(tmp_path, spin), "--format", "markdown")
    assert found.status == 3
    assert "rounds" in found.out
