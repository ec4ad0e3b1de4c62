"""`litmus review`: differences of two files, and the command."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from checker import cli
from checker.prove import Request as ProveRequest
from checker.prove import asked as prove_asked
from checker.prove import prove
from checker.report import review as report
from checker.report import review_json
from checker.review import Request, comparable, opened, review
from checker.review.changes import Changes, changes
from tests.reviews import of

OVERRIDES = Path(__file__).parent.parent / "docs" / "overrides"


# --- differences ----------------------------------------------------------------------------------

DIFFERENCES: dict[str, tuple[str, str, set[tuple[str, int]]]] = {
    "nothing": (of("arm64", 8, "store 8"), of("arm64", 8, "store 8"), set()),
    "mended": (
        of("x86-32", 8, "store 4; store 4 at 4"), of("x86-32", 8, "rmw.locked 8"), {("gained", 8)},
    ),
    "broken": (
        of("x86-32", 8, "rmw.locked 8"), of("x86-32", 8, "store 4; store 4 at 4"), {("lost", 8)},
    ),
    "other code": (
        of("x86-32", 8, "rmw.locked 8"), of("x86-32", 8, "store.x87 8"), {("changed", 8)},
    ),
    "an architecture more": (
        of("arm64", 8, "store 8"), of("arm64", 8, "store 8") + of("x86-32", 8, "rmw.locked 8"),
        {("gained", 8)},
    ),
    "left out": (
        of("arm64", 8, "store 8") + of("x86-32", 8, "rmw.locked 8"), of("arm64", 8, "store 8"),
        {("lost", 8)},
    ),
    "claimed at more addresses": (
        of("x86-64", 8, "rmw.locked 8"), of("x86-64", 8, "rmw.locked 8", "align = 1"),
        {("gained", 8)},
    ),
    "refused instead of torn": (
        of("x86-32", 8, "store 4; store 4 at 4"), "[x86-32.put_user_atomic]\nrefuse = [8]\n",
        {("gained", 8)},
    ),
}  # fmt: skip


def between(old: str, new: str, folder: Path) -> Changes:
    work = []
    for name, text in (("old", old), ("new", new)):
        (folder / f"{name}.toml").write_text(text, "utf-8")
        work.append(opened(Request(str(folder / f"{name}.toml"))))
    return changes(*(review(one, 1, lambda _: None) for one in comparable(*work)))


@pytest.mark.parametrize("case", DIFFERENCES)
def test_a_change_gains_and_loses_this(case: str, tmp_path: Path) -> None:
    old, new, wanted = DIFFERENCES[case]
    found = between(old, new, tmp_path)
    assert {(one.direction, one.size) for one in found.found} == wanted
    assert found.lost == any(direction == "lost" for direction, _ in wanted)


def test_what_is_lost_with_some_features_only_is_said_of_these(tmp_path: Path) -> None:
    old = of("arm", 8, "rmw.exclusive 8")
    new = '[arm.put_user_atomic]\ncode."8 if lpae" = "store.pair 8 by 4"\n'
    found = between(old, new, tmp_path)
    lost = {name for one in found.found if one.direction == "lost" for name in one.targets}
    assert {"arm", "arm+lpae"} <= lost  # by practice is less than by the manual
    assert not lost & {"arm+v5", "arm+v6"}


# --- the command ----------------------------------------------------------------------------------


def ran(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = cli.main(["review", *arguments, "--jobs", "1", "--color", "never"])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_mail_has_no_wide_line_but_pictures_code_and_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = ran(str(OVERRIDES / "v1.toml"), capsys=capsys)
    assert status == 1
    wide = [line for line in out.splitlines() if len(line) > report.MAIL]
    assert wide
    for line in wide:
        assert line.startswith("    litmus prove '") or "<- torn" in line, line


def test_every_command_of_a_review_can_be_run(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ran(str(OVERRIDES / "v2.toml"), capsys=capsys)
    commands = re.findall(r"^    litmus prove '([^']*)'(?: --align (\d+))?$", out, re.M)
    assert len(commands) >= 12
    for text, align in commands:
        asked = prove_asked(
            ProveRequest((), overrides=(text,), align=int(align) if align else None)
        )
        assert not prove(asked, 1, lambda _: None).problems


def test_a_kernel_is_the_files_or_the_one_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "old.toml"
    path.write_text('kernel = "5.10"\n' + of("arm", 8, "store.pair 8 by 4"), "utf-8")
    _, out, _ = ran(str(path), capsys=capsys)
    assert "about kernel 5.10" in out
    assert re.search(r"store.pair 8 by 4' --kernel 5.10$", out, re.MULTILINE)
    _, out, _ = ran(str(path), "--kernel", "6.12", capsys=capsys)
    assert "about kernel 6.12" in out
    assert "--kernel" not in out


def test_the_exit_status_says_what_came_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first, second = str(OVERRIDES / "v1.toml"), str(OVERRIDES / "v2.toml")
    assert ran(second, capsys=capsys)[0] == 0
    assert ran("--diff", first, second, capsys=capsys)[0] == 0
    assert ran("--diff", second, first, capsys=capsys)[0] == 1
    status, _, error = ran(first, second, capsys=capsys)
    assert (status, "--diff" in error) == (2, True)
    status, _, error = ran(str(tmp_path / "none.toml"), capsys=capsys)
    assert (status, "none.toml" in error) == (2, True)
    path = tmp_path / "wrong.toml"
    path.write_text(of("arm64", 8, "store.telepathy 8"), "utf-8")
    status, _, error = ran(str(path), capsys=capsys)
    assert status == 2
    assert f"{path}:2:10: " in error
    assert "\n             ^" in error


def test_markdown_has_the_same_as_the_mail(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = ran(str(OVERRIDES / "v1.toml"), capsys=capsys)
    _, page, _ = ran(str(OVERRIDES / "v1.toml"), "--format", "markdown", capsys=capsys)
    assert page.startswith("# [PATCH 1/3]")
    assert "| x86-32 | 8 | any | FAILS | 2 stores |" in page
    assert re.findall(r"`store[^`]*`", page) == re.findall(
        r"`store[^`]*`", re.sub(r"\s+", " ", text)
    )


def test_json_says_what_must_not_build_and_shows_the_tear(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = ran(str(OVERRIDES / "v1.toml"), "--format", "json", capsys=capsys)
    document: dict[str, Any] = json.loads(out)
    assert document["schema"] == review_json.SCHEMA
    (one,) = (s for s in document["sizes"] if (s["arch"], s["size"]) == ("x86-32", 8))
    (part,) = one["parts"]
    assert one["fails"]
    assert one["must_not_build"] == part["targets"]
    assert part["override"]["line"] == 17
    assert part["tear"]["witness"]["rows"]
    assert part["cost"]["instructions"] == 2
    assert [r["accesses"] for r in one["remedies"]][-1] == "rmw.locked 8"


def test_json_of_a_difference_names_what_was(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--diff", str(OVERRIDES / "v1.toml"), str(OVERRIDES / "v2.toml"))
    _, out, _ = ran(*arguments, "--format", "json", capsys=capsys)
    document = json.loads(out)
    assert document["schema"] == review_json.DIFFERENCES
    found = {(one["arch"], one["size"]): one for one in document["changes"]}
    assert found["x86-32", 8]["direction"] == "gained"
    assert found["x86-32", 8]["before"].startswith("`store 4 at 0; store 4 at 4`: FAILS")
