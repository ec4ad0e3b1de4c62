"""The `litmus` command: what it reads, with which status it ends, and how it is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checker import __version__
from tests.command import BAD, GOOD, LOOP, QUESTION, TORN, WRONG, Litmus, names, one
from tests.inputs import ROOT, litmus

# --- the exit status ------------------------------------------------------------------------------

STATUS = [
    ("it meets its expectation", GOOD, 0),
    ("it does not", WRONG, 1),
    ("an assertion holds", litmus(), 0),
    ("an assertion fails", TORN, 1),
    ("a forall holds", litmus(cond="forall ~torn"), 0),
    ("a forall fails", litmus(cond="forall 1:r0=0"), 1),
    ("a question that is answered no", litmus(cond="exists torn"), 0),
    ("a question that is answered yes", QUESTION, 0),
    ("an expectation overrules an assertion", TORN.replace(
        "Arch = arm64", "Arch = arm64\nExpect = arm64: allowed"), 0),
    ("fragile is not what was asserted", litmus("u64 v = 1; __copy_to_user(x, &v, 8);"), 0),
    ("fragile is not forbidden", litmus("u64 v = 1; __copy_to_user(x, &v, 8);",
                                        head="Arch = arm64\nExpect = arm64: forbidden"), 1),
    ("a limit is hit", LOOP, 3),
    ("a limit that is expected", LOOP.replace(
        "Arch = arm64", "Arch = arm64\nExpect = arm64: unknown"), 0),
    ("it cannot be used", BAD, 2),
    ("it is empty", "", 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "status"), [pytest.param(*c[1:], id=c[0]) for c in STATUS])
def test_the_status_of_one_file(run: Litmus, tmp_path: Path, text: str, status: int) -> None:
    found = run("check", one(tmp_path, text))
    assert found.status == status
    assert bool(found.err) is (status == 2)


@pytest.mark.parametrize(("texts", "status"), [
    ([GOOD, WRONG], 1), ([GOOD, LOOP], 3), ([WRONG, LOOP], 1), ([LOOP, BAD, GOOD], 2),
    ([WRONG, BAD], 2), ([GOOD, GOOD], 0),
])  # fmt: skip
def test_the_worst_of_several_files_is_the_status(
    run: Litmus, tmp_path: Path, texts: list[str], status: int
) -> None:
    paths = [tmp_path / f"{n}.litmus" for n in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    assert run("check", *paths).status == status


@pytest.mark.parametrize("args", [
    [], ["check"], ["chekc", "x"], ["check", "x", "--format", "yaml"],
    ["check", "x", "--jobs", "-1"],
    ["check", "x", "--jobs", "two"], ["check", "x", "--timeout", "-1"], ["check", "x", "--frob"],
    ["check", "x", "--timeout", "nan"], ["check", "x", "--color", "blue"], ["completion", "dos"],
])  # fmt: skip
def test_arguments_that_mean_nothing(run: Litmus, args: list[str]) -> None:
    found = run(*args)
    assert found.status == 2
    assert found.out == ""
    assert "usage: litmus" in found.err


# --- what is read ---------------------------------------------------------------------------------


def test_a_folder_is_searched_at_every_depth_in_order(run: Litmus, folder: Path) -> None:
    found = run("check", folder, "--format", "json")
    assert names(found) == ["wrong", "question", "good", "torn"]
    assert [result["file"] for result in found.json["results"]] == sorted(
        str(path) for path in folder.rglob("*.litmus")
    )


def test_standard_input(run: Litmus) -> None:
    found = run("check", "-", "--format", "json", stdin=GOOD)
    assert found.status == 0
    assert found.json["results"][0]["file"] == "<stdin>"


def test_standard_input_that_is_no_test(run: Litmus) -> None:
    found = run("check", "-", stdin=BAD)
    assert found.status == 2
    assert found.err.startswith("<stdin>:8:1: `frobnicate()`")


def test_standard_input_among_files_that_are_checked_side_by_side(
    run: Litmus, folder: Path
) -> None:
    args = ("check", folder / "torn.litmus", "-", folder / "good.litmus", "--format", "json")
    found = run(*args, "--jobs", 2, stdin=GOOD)
    assert names(found) == ["torn", "test", "good"]


def test_a_list_names_files_and_folders_as_seen_from_itself(run: Litmus, folder: Path) -> None:
    (folder / "below" / "list").write_text(
        "# a comment\n../good.litmus\n\n  question.litmus # another\ndeeper\n"
    )
    found = run("check", f"@{folder / 'below' / 'list'}", "--format", "json")
    assert names(found) == ["good", "question", "wrong"]


def unreadable(folder: Path) -> dict[str, list[object]]:
    """Return arguments that name something which cannot be read."""
    (folder / "empty").mkdir()
    (folder / "link.litmus").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "latin").write_bytes(b"caf\xe9.litmus\n")
    (folder / "missing").write_text("nowhere.litmus\n")
    (folder / "zero").write_bytes(b"a\0b.litmus\n")
    (folder / "dangling").mkdir()
    (folder / "dangling" / "a.litmus").symlink_to(folder / "nowhere")
    return {
        "a missing file": [folder / "nowhere.litmus"],
        "a missing folder": [folder / "nowhere" / "at" / "all"],
        "a link to nothing": [folder / "link.litmus"],
        "a link to itself": [folder / "loop"],
        "a folder without tests": [folder / "empty"],
        "a folder with a link to nothing": [folder / "dangling"],
        "a list that is missing": [f"@{folder / 'nowhere'}"],
        "a list that is a folder": [f"@{folder}"],
        "a list that is not UTF-8": [f"@{folder / 'latin'}"],
        "a list of a missing file": [f"@{folder / 'missing'}"],
        "a list with a zero": [f"@{folder / 'zero'}"],
        "a name that is too long": [folder / ("x" * 300)],
    }


def test_what_cannot_be_read_is_named_and_the_rest_is_checked(run: Litmus, folder: Path) -> None:
    good = folder / "good.litmus"
    for what, args in unreadable(folder).items():
        found = run("check", *args, good, "--format", "json")
        assert found.status == 2, what
        assert names(found) == ["good"], what
        (error,) = found.json["errors"]
        assert error["file"], what
        assert error["message"], what
        assert found.err.startswith(error["file"]), what
        assert "Traceback" not in found.err, what


def test_a_folder_that_cannot_be_listed(
    run: Litmus, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refuse(path: str) -> Any:  # root may list any folder, so the refusal is played
        if str(path).endswith("below"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = run("check", folder, "--format", "json")
    assert found.status == 2
    assert names(found) == ["good", "torn"]
    assert found.json["errors"][0]["file"] == str(folder / "below")
    assert "Permission denied" in found.json["errors"][0]["message"]


def test_several_files_of_which_one_is_bad(run: Litmus, folder: Path) -> None:
    (folder / "middle.litmus").write_text(BAD)
    for jobs in (1, 2):
        found = run("check", folder, "--format", "json", "--jobs", jobs)
        assert found.status == 2
        assert names(found) == ["wrong", "question", "good", "torn"]
        (error,) = found.json["errors"]
        assert (error["line"], error["column"]) == (8, 1)


def test_a_text_report_has_the_verdicts_and_the_problems_apart(run: Litmus, folder: Path) -> None:
    (folder / "middle.litmus").write_text(BAD)
    found = run("check", folder)
    assert "frobnicate" in found.err
    assert "frobnicate" not in found.out
    for name in ("wrong", "question", "good", "torn"):
        assert name in found.out
    assert "1 could not be used" in found.out.splitlines()[-1]


# --- help, version, completion, and the command itself --------------------------------------------


def test_the_help_has_examples_and_every_status(run: Litmus) -> None:
    for args in (["--help"], ["check", "--help"]):
        found = run(*args)
        assert found.status == 0
        assert "litmus check litmus/kvm/stolen-time.litmus" in found.out
        for status in "0123":
            assert f"\n  {status}  " in found.out


def test_the_version(run: Litmus) -> None:
    found = run("--version")
    assert (found.status, found.out) == (0, f"litmus {__version__}\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(run: Litmus, shell: str) -> None:
    found = run("completion", shell)
    assert found.status == 0
    assert "check" in found.out
    assert "unroll" in found.out


def test_completion_without_its_package_says_what_to_install(
    run: Litmus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    found = run("completion", "bash")
    assert found.status == 2
    assert "pip install shtab" in found.err


def command(*args: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "checker", *map(str, args)],
        cwd=ROOT, capture_output=True, text=True, check=False, **options,
    )  # fmt: skip


def test_python_m_checker_is_the_same_command(run: Litmus, tmp_path: Path) -> None:
    for name, text in (("good", GOOD), ("wrong", WRONG), ("bad", BAD)):
        (tmp_path / f"{name}.litmus").write_text(text)
    here, there = run("check", tmp_path), command("check", tmp_path)
    assert (there.returncode, there.stdout, there.stderr) == (here.status, here.out, here.err)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    shell = f"{sys.executable} -m checker check litmus | head -n 1"
    done = subprocess.run(shell, cwd=ROOT, shell=True, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
