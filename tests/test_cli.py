"""The `litmus` command: what it takes, what it prints where, and with which status it ends."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checker import __version__, cli
from tests.inputs import ROOT, litmus

GOOD = litmus(head="Arch = arm64\nExpect = arm64: forbidden")
TORN = litmus(init="u64 x __aligned(4);")
WRONG = litmus(head="Arch = arm64\nExpect = arm64: allowed")
BAD = litmus("frobnicate(x);")
LOOP = litmus(p1="u64 r0; do { r0 = READ_ONCE(*x); } while (r0 == 0);", cond="~exists 1:r0=2")
QUESTION = litmus(cond="exists torn(1:r0)", init="u64 x __aligned(4);")


@dataclass
class Run:
    """What a run of the command left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Litmus = Callable[..., Run]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Litmus:
    """Run the command in this process."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def call(*args: object, stdin: str | None = None) -> Run:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        try:
            status = cli.main([str(arg) for arg in args])
        except SystemExit as end:
            status = int(end.code or 0)
        return Run(status, *capsys.readouterr())

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with tests of each kind, one of them further down."""
    (tmp_path / "below" / "deeper").mkdir(parents=True)
    texts = {"good": GOOD, "torn": TORN, "below/question": QUESTION, "below/deeper/wrong": WRONG}
    for name, text in texts.items():
        (tmp_path / f"{name}.litmus").write_text(text.replace("C test", f"C {Path(name).name}"))
    (tmp_path / "notes.txt").write_text("no test")
    return tmp_path


def one(folder: Path, text: str) -> Path:
    path = folder / "one.litmus"
    path.write_text(text)
    return path


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


def names(found: Run) -> list[str]:
    return [result["test"] for result in found.json["results"]]


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


# --- options --------------------------------------------------------------------------------------


def test_architectures_of_the_command_line_replace_those_of_the_test(
    run: Litmus, tmp_path: Path
) -> None:
    path = one(tmp_path, GOOD)
    found = run(
        "check", path, "--arch", "x86-32,arm64+lse2", "--arch", "aarch64", "--format", "json"
    )
    results = found.json["results"]
    assert [result["arch"] for result in results] == ["x86-32", "arm64+lse2", "arm64"]
    assert [result["expected"] for result in results] == [None, None, "forbidden"]


def test_every_architecture_where_none_is_named(run: Litmus, tmp_path: Path) -> None:
    found = run("check", one(tmp_path, litmus(head="")), "--format", "json")
    assert {"arm64", "arm", "x86-64", "x86-32", "riscv64", "riscv32"} <= {
        result["arch"] for result in found.json["results"]
    }


@pytest.mark.parametrize(("arch", "message"), [
    ("arm65", "no architecture `arm65`"), ("arm64,arm64+lse9", "no feature `lse9`"),
])  # fmt: skip
def test_an_architecture_of_the_command_line_that_is_not_known(
    run: Litmus, tmp_path: Path, arch: str, message: str
) -> None:
    found = run("check", one(tmp_path, GOOD), "--arch", arch)
    assert (found.status, found.out) == (2, "")
    assert found.err.startswith("litmus: --arch: ")
    assert message in found.err
    assert "did you mean" in found.err


def test_two_processes_say_what_one_says(run: Litmus, folder: Path) -> None:
    alone, together = (
        run("check", folder, "--states", "--format", "json", "--jobs", jobs) for jobs in (1, 2)
    )
    assert alone.status == together.status == 1
    assert settled(alone) == settled(together)


def settled(found: Run) -> list[dict[str, Any]]:
    """Return the results without their times, and without witnesses: any execution will do."""
    return [
        {key: value for key, value in result.items() if key not in ("ms", "witness")}
        for result in found.json["results"]
    ]


def test_unrolling_further_answers_what_was_unknown(run: Litmus, tmp_path: Path) -> None:
    path = one(tmp_path, litmus(
        p1="int n = 0; u64 r0; do { r0 = READ_ONCE(*x); n++; } while (!r0 && n < 4);",
        cond="~exists 1:n=5",
    ))  # fmt: skip
    assert [run("check", path, "--unroll", k).status for k in (1, 3, 4)] == [3, 3, 0]


def test_final_states_are_listed_where_they_are_asked_for(run: Litmus, tmp_path: Path) -> None:
    path = one(tmp_path, litmus(init="u8 x = 7;", par="u8 *x", p1="u8 r0 = *x;",
                                cond="locations [x] ~exists 1:r0=9"))  # fmt: skip
    (result,) = run("check", path, "--states", "--format", "json").json["results"]
    assert result["states"] == [{"1:r0": 1, "[x]": 1}, {"1:r0": 7, "[x]": 1}]
    (result,) = run("check", path, "--format", "json").json["results"]
    assert "states" not in result
    printed = run("check", path, "--states").out
    assert "1:r0=1; [x]=1;" in printed
    assert "1:r0=7; [x]=1;" in printed


def test_output_goes_to_a_file(run: Litmus, tmp_path: Path) -> None:
    path, target = one(tmp_path, GOOD), tmp_path / "out"
    shown = run("check", path)
    kept = run("check", path, "-o", target)
    assert (kept.status, kept.out) == (0, "")
    assert target.read_text("utf-8") == shown.out
    run("check", path, "--format", "json", "--output", target)
    assert json.loads(target.read_text("utf-8"))["schema"] == "litmus/1"


@pytest.mark.parametrize("where", ["nowhere/out", "."])
def test_output_that_cannot_be_written(run: Litmus, tmp_path: Path, where: str) -> None:
    found = run("check", one(tmp_path, GOOD), "-o", tmp_path / where)
    assert found.status == 2
    assert found.err.startswith(f"litmus: {tmp_path / where}: ")


ESCAPE = "\033["


@pytest.mark.parametrize(("environment", "args", "coloured"), [
    ({}, [], False), ({"FORCE_COLOR": "1"}, [], True), ({"NO_COLOR": "1"}, [], False),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False), ({"NO_COLOR": ""}, [], False),
    ({}, ["--color", "always"], True), ({"NO_COLOR": "1"}, ["--color", "always"], True),
    ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
])  # fmt: skip
def test_colour(
    run: Litmus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str], args: list[str], coloured: bool,
) -> None:  # fmt: skip
    path = one(tmp_path, WRONG)
    plain = run("check", path).out
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = run("check", path, *args).out
    assert (ESCAPE in found) is coloured
    assert uncoloured(found) == plain


def uncoloured(text: str) -> str:
    kept, *rest = text.split(ESCAPE)
    return kept + "".join(piece.partition("m")[2] for piece in rest)


def test_a_terminal_is_coloured_unless_it_asks_not_to_be(
    run: Litmus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = one(tmp_path, TORN)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert ESCAPE in run("check", path).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE not in run("check", path).out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in run("check", path).out


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


# --- JSON -----------------------------------------------------------------------------------------

RESULT = {
    "file": str, "test": str, "arch": str, "condition": str, "verdict": str, "holds": bool,
    "expected": str, "ok": bool, "placements": list, "reasons": list, "ms": float,
}  # fmt: skip


def test_every_key_of_the_schema(run: Litmus, folder: Path) -> None:
    (folder / "bad.litmus").write_text(BAD)
    document = run("check", folder, "--states", "--format", "json").json
    assert document["schema"] == "litmus/1"
    for result in document["results"]:
        for key, kind in RESULT.items():
            assert result[key] is None or isinstance(result[key], kind), key
        assert all({"rule", "cite"} <= set(reason) for reason in result["reasons"])
        assert isinstance(result["states"], list)
        assert ("witness" in result) is (result["verdict"] in ("allowed", "fragile"))
    for error in document["errors"]:
        assert {"file", "line", "column", "message"} <= set(error)
        assert isinstance(error["line"], int)


def test_json_says_what_holds_what_was_expected_and_whether_that_is_so(
    run: Litmus, folder: Path
) -> None:
    found = {r["test"]: r for r in run("check", folder, "--format", "json").json["results"]}
    told = {
        name: (r["verdict"], r["holds"], r["expected"], r["ok"]) for name, r in found.items()
    }  # fmt: skip
    assert told == {
        "good": ("forbidden", True, "forbidden", True),
        "wrong": ("forbidden", True, "allowed", False),
        "torn": ("allowed", False, None, False),
        "question": ("allowed", True, None, True),
    }
    assert found["torn"]["placements"] == [4]
    assert found["good"]["reasons"][0]["rule"] == "arm64.aligned-gpr"


def test_json_of_an_unknown_names_its_limit(run: Litmus, tmp_path: Path) -> None:
    (result,) = run("check", one(tmp_path, LOOP), "--format", "json").json["results"]
    assert (result["verdict"], result["holds"], result["ok"]) == ("unknown", None, None)
    assert "unroll" in result["limit"]
