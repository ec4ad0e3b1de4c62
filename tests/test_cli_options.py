"""The options of `litmus check`: what they ask about, and in which form the answer comes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import BAD, GOOD, LOOP, TORN, WRONG, Litmus, Run, one
from tests.inputs import litmus
from tests.paper import ARCH, LOWERING, Data, entry

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


# --- kernels and a user's own data ----------------------------------------------------------------

KERNELS = [
    # the options, and the architectures of the results
    ([], ["x86-64", "x86-64@5.3"]),
    (["--kernel", "6.12"], ["x86-64", "x86-64@5.3"]),
    (["--kernel", "5.4"], ["x86-64@5.4", "x86-64@5.3"]),
    (["--kernel", "v5.4"], ["x86-64@5.4", "x86-64@5.3"]),
    (["--arch", "x86-64@5.4"], ["x86-64@5.4"]),
    (["--arch", "arm64,x86-64@5.4", "--kernel", "6.1"], ["arm64@6.1", "x86-64@5.4"]),
]


@pytest.mark.parametrize(("options", "archs"), KERNELS)
def test_the_kernel_of_architectures_that_name_none(
    run: Litmus, tmp_path: Path, options: list[str], archs: list[str]
) -> None:
    path = one(tmp_path, litmus(head="Arch = x86-64, x86-64@5.3"))
    found = run("check", path, *options, "--format", "json")
    assert found.status == 0
    assert [result["arch"] for result in found.json["results"]] == archs


@pytest.mark.parametrize("version", ["6", "six", "5.2", "7.0.1", ""])
def test_a_kernel_that_is_not_known(run: Litmus, tmp_path: Path, version: str) -> None:
    found = run("check", one(tmp_path, GOOD), f"--kernel={version}")
    if version:
        assert (found.status, found.out) == (2, "")
        assert found.err.startswith("litmus: --kernel: ")
        assert "hint: " in found.err
        assert f" {version}" in found.err.replace("`", " ")
    else:
        assert found.status == 0


OWN = (
    LOWERING
    + """\
[paper64.READ_ONCE]
source = "a book"
contract = "loop load 8,4,2,1"
[paper64.WRITE_ONCE]
source = "a book"
contract = { 8 = "store 8" }
code = { 8 = "store 4; store 4 at 4" }
before."5.5" = { source = "an older book", code = { 8 = "store 8" } }
"""
)


def test_a_folder_of_data_adds_an_architecture(run: Litmus, tmp_path: Path, data: Data) -> None:
    folder = data({"paper/arch.toml": ARCH, "paper/lowering.toml": OWN})
    path = one(tmp_path, litmus(head="Arch = paper64, arm64"))
    for jobs in (1, 2):
        found = run("check", path, path, "--arch-path", folder, "--format", "json", "--jobs", jobs)
        results = [(one["arch"], one["verdict"]) for one in found.json["results"]]
        assert results == [("paper64", "allowed"), ("arm64", "forbidden")] * 2
        (reason,) = found.json["results"][1]["reasons"]
        assert reason["rule"] == "arm64.aligned-gpr"
    old = run("check", path, "--arch-path", folder, "--kernel", "5.3", "--format", "json")
    results = [(one["arch"], one["verdict"]) for one in old.json["results"]]
    assert results == [("paper64@5.3", "forbidden"), ("arm64@5.3", "forbidden")]


def test_a_folder_of_data_changes_a_rule(run: Litmus, tmp_path: Path, data: Data) -> None:
    more = entry("rule", arch='["arm64"]', align="4", unit='"whole"', id='"arm64.odd"')
    folder = data({"arm/arch.toml": more})
    path = one(tmp_path, TORN)
    found = run("check", path, "--arch-path", folder, "--format", "json")
    (result,) = found.json["results"]
    assert (result["verdict"], result["reasons"][0]["rule"]) == ("forbidden", "arm64.odd")
    assert result["reasons"][0]["cite"] == "Paper manual, 9"


def test_of_two_folders_of_data_the_later_holds(run: Litmus, tmp_path: Path, data: Data) -> None:
    folders_ = []
    for align in ("4", "8"):
        more = entry("rule", arch='["arm64"]', align=align, unit='"whole"', id='"arm64.odd"')
        folders_.append(data({"arm/arch.toml": more}))
    path = one(tmp_path, TORN)
    for order, status in ((folders_, 1), (folders_[::-1], 0)):
        options = [option for folder in order for option in ("--arch-path", folder)]
        assert run("check", path, *options).status == status


def bad_folders(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    """Return folders of data that cannot be used, and what is said of them."""
    (tmp_path / "empty").mkdir()
    for name, file, text in (
        ("key", "arch.toml", ARCH.replace("word = 8", "wort = 8")),
        ("toml", "arch.toml", "family ="),
        ("notation", "lowering.toml", OWN.replace("store 8", "stor 8")),
        ("operation", "lowering.toml", OWN.replace("put_user", "put_usr")),
    ):
        base = tmp_path / name / "paper"
        base.mkdir(parents=True)
        (base / "arch.toml").write_text(ARCH)
        (base / "lowering.toml").write_text(OWN)
        (base / file).write_text(text)
    return {
        "one that is missing": (tmp_path / "nowhere", "there is no such folder"),
        "one without data": (tmp_path / "empty", "this folder holds no architecture"),
        "an unknown key": (tmp_path / "key", "unknown key `wort`"),
        "no TOML": (tmp_path / "toml", "not TOML"),
        "a malformed notation": (tmp_path / "notation", "`stor`"),
        "an unknown operation": (tmp_path / "operation", "`put_usr` is not an operation"),
    }


def test_a_folder_of_data_that_cannot_be_used(run: Litmus, tmp_path: Path) -> None:
    path = one(tmp_path, GOOD)
    for what, (folder, message) in bad_folders(tmp_path).items():
        found = run("check", path, "--arch-path", folder)
        assert (found.status, found.out) == (2, ""), what
        assert found.err.startswith(f"litmus: --arch-path: {folder}"), what
        assert message in found.err, what
        assert run("check", path).status == 0, what


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
