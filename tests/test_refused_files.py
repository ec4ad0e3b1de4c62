"""Files that cannot be used as a whole: too deep, no text, cut off; and how that is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checker.diagnostic import Diagnostic, nearest
from tests.inputs import litmus
from tests.problems import only_problem, outcome

MANY = 5000
DEEP = {
    "parentheses": (litmus(f"WRITE_ONCE(*x, {'(' * MANY}1{')' * MANY});"), "more than 60 deep"),
    "blocks": (litmus("{" * MANY + "}" * MANY), "brackets are nested more than 60 deep"),
    "brackets of a condition": (litmus(cond=f"exists {'(' * MANY}torn{')' * MANY}"), "brackets"),
    "initializers": (litmus(init=f"u64 x = {'{' * MANY}1{'}' * MANY};"), "brackets are nested"),
    "complements": (litmus(f"WRITE_ONCE(*x, {'~' * MANY}1);"), "nested more than 100 deep"),
    "casts": (litmus(f"WRITE_ONCE(*x, {'(u64)' * MANY}1);"), "nested more than 100 deep"),
    "sums": (litmus(f"WRITE_ONCE(*x, {'1+' * MANY}1);"), "nested more than 100 deep"),
    "choices": (litmus(f"WRITE_ONCE(*x, {'1?1:' * MANY}1);"), "nested more than 100 deep"),
    "assignments": (litmus(f"u64 r; {'r=' * MANY}1;"), "nested more than 100 deep"),
    "fields": (litmus(f"x{'.a' * MANY} = 1;"), "nested more than 100 deep"),
    "sizes": (litmus(f"WRITE_ONCE(*x, {'sizeof ' * MANY}*x);"), "nested more than 100 deep"),
    "conditions": (litmus("if (1) " * MANY + ";"), "nested more than 100 deep"),
    "alternatives": (litmus("if (1) ; else " * MANY + ";"), "nested more than 100 deep"),
    "loops": (litmus("while (1) " * MANY + ";"), "nested more than 100 deep"),
    "counted loops": (litmus("for (;;) " * MANY + ";"), "nested more than 100 deep"),
    "negations": (litmus(cond=f"exists {'~' * MANY}torn"), "nested more than 100 deep"),
    "implications": (litmus(cond=f"exists {'torn => ' * MANY}torn"), "nested more than 100 deep"),
    "pointers": (litmus(f"u64 {'*' * MANY}p;"), "nested more than 100 deep"),
    "dimensions": (litmus(init=f"u64 x{'[1]' * MANY};"), "nested more than 100 deep"),
    "an array's size": (litmus(init=f"u64 x[{'1+' * MANY}1];"), "nested more than 100 deep"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), DEEP.values(), ids=DEEP)
def test_deep_nesting_is_refused_where_it_is_too_deep(
    tmp_path: Path, text: str, message: str
) -> None:
    problem = only_problem(tmp_path, text)
    assert message in problem.message
    assert problem.line > 0
    assert len(problem.shown) < 1000


def test_a_hundred_terms_and_fifty_brackets_are_not_too_deep(tmp_path: Path) -> None:
    terms = "+".join(["1"] * 90)
    text = litmus(f"WRITE_ONCE(*x, {'(' * 50}{terms}{')' * 50});" * 3)
    assert outcome(tmp_path, text).problems == ()


BYTES = {
    "binary": (b"\x7fELF\x02\x01\0\0", (1, 7), "this is a binary file", "is this a litmus test?"),
    "a zero in a test": (b"C test\n{ \0 }", (2, 3), "this is a binary file", "is this a litmus"),
    "latin-1": ("C test\n(* café */".encode("latin-1"), (2, 7), "byte 0xe9 is not UTF-8", "UTF-8"),
    "after umlauts": ("(* äöü ".encode() + b"\xff", (1, 8), "byte 0xff is not UTF-8", "UTF-8"),
    "UTF-16": ("C test".encode("utf-16"), (1, 1), "is not UTF-8", "save the file as UTF-8"),
    "cut in a character": ("C test\n(* é".encode()[:-1], (2, 4), "byte 0xc3 is not UTF-8", ""),
    "10 MB": (b"C test\n" + b"x" * 10_000_000, (0, 0), "more than the 1,048,576 bytes", "litmus"),
}


@pytest.mark.parametrize(("raw", "at", "message", "hint"), BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_text(
    tmp_path: Path, raw: bytes, at: tuple[int, int], message: str, hint: str
) -> None:
    problem = only_problem(tmp_path, raw)
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == at


@pytest.mark.parametrize("change", [
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: text.replace("\n", "\n\t").encode(),
    lambda text: text.rstrip().encode(),
], ids=["byte order mark", "CR LF", "tabs", "no last line end"])  # fmt: skip
def test_ways_to_save_a_file_that_make_no_difference(tmp_path: Path, change: Any) -> None:
    found = outcome(tmp_path, change(litmus()))
    assert found.problems == ()
    assert [verdict.answer for verdict in found.verdicts] == ["forbidden"]


def test_every_truncation_has_a_diagnostic_with_a_position(tmp_path: Path) -> None:
    text = litmus(
        "if (*x) { put_user(0x11, x); } /* c */",
        init="struct s { u64 a; } y; u64 x __aligned(8) = 1;",
        head="(* a comment *)\nArch = arm64",
        cond="~exists (1:r0=1 /\\ torn(1:r0))",
    )
    last = text.index("torn(1:r0))")
    for end in range(last):
        problem = only_problem(tmp_path, text[:end])
        assert problem.line > 0, text[:end]
        assert problem.column > 0, text[:end]


def test_the_picture_shows_the_line_and_a_caret_under_the_column(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, litmus("\tWRITE_ONCE(*x, valeu);"))
    where, line, caret, *_ = problem.shown.split("\n")
    assert where.startswith(f"{tmp_path / 'test.litmus'}:8:17: ")
    assert line.strip() == "WRITE_ONCE(*x, valeu);"
    assert line[caret.index("^") :].startswith("valeu")


def test_the_picture_of_a_long_line_is_short_and_still_has_its_caret(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, litmus(f"WRITE_ONCE(*x, {'1 + ' * 40}why);"))
    _, line, caret, *_ = problem.shown.split("\n")
    assert len(line) < 120
    assert line[caret.index("^") :].startswith("why")


def test_a_problem_of_every_architecture_is_told_once(tmp_path: Path) -> None:
    text = litmus("frobnicate(x);", head="Arch = arm64, x86-64, riscv64, arm")
    assert "frobnicate" in only_problem(tmp_path, text).message


def test_a_problem_of_one_architecture_leaves_the_others(tmp_path: Path) -> None:
    text = litmus("smp_store_release(x, 1);", head="Arch = arm64, x86-32, x86-64")
    found = outcome(tmp_path, text)
    assert [verdict.arch for verdict in found.verdicts] == ["arm64", "x86-64"]
    (problem,) = found.problems
    assert "does not build on x86-32" in problem.message


def test_a_chain_of_values_that_is_too_long_is_a_problem(tmp_path: Path) -> None:
    chain = "r0 = r0 + 1; " * 3000
    assert "terms" in only_problem(tmp_path, litmus(p1=f"u64 r0 = *x; {chain}")).message


def test_a_diagnostic_without_a_position_names_the_file_only() -> None:
    problem = Diagnostic("what is wrong", hint="what to do", file="a.litmus")
    assert problem.render("any text") == "a.litmus: what is wrong\n  hint: what to do"


@pytest.mark.parametrize(("word", "known", "hint"), [
    ("aple", ["apple", "pear"], "did you mean apple?"),
    ("plum", ["apple", "pear"], ""),
    ("", ["apple"], ""),
])  # fmt: skip
def test_the_nearest_known_word(word: str, known: list[str], hint: str) -> None:
    assert nearest(word, known) == hint
