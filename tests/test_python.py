"""The public functions: what they return is what the commands print; and docs/python.md runs."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import checker
from checker import (
    Ablation,
    Diagnostic,
    Limits,
    Test,
    Verdict,
    ablate,
    architectures,
    check,
    check_all,
    explain,
    explain_test,
    fix,
    parse,
    prove,
    render,
    review,
    review_changes,
    table,
)  # fmt: skip
from checker.arch import folders
from tests.command import BAD, GOOD, LOOP, QUESTION, TORN, Litmus, one
from tests.inputs import ROOT, litmus
from tests.paper import ARCH, LOWERING

STOLEN = ROOT / "litmus" / "kvm" / "stolen-time.litmus"
V1, V2 = (ROOT / "docs" / "overrides" / f"{name}.toml" for name in ("v1", "v2"))
PUT = ROOT / "litmus" / "linux" / "put-user-8.litmus"
MODEL = ROOT / "checker" / "arch" / "x86" / "order.cat"
PUBLISH = ROOT / "litmus" / "linux" / "rcu-publish.litmus"

# --- names ----------------------------------------------------------------------------------------


def test_every_public_name_is_there_and_typed_where_it_is_defined() -> None:
    """The lazy imports and those that a type checker sees are the same."""
    tree = ast.parse((ROOT / "checker" / "__init__.py").read_text("utf-8"))
    seen = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("checker")
        for alias in node.names
    }
    assert seen == {(module, name) for name, module in checker._HOME.items()}
    assert {*checker._HOME, "__version__"} == set(checker.__all__)
    assert set(checker.__all__) <= set(dir(checker))
    for name in checker.__all__:
        assert getattr(checker, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        checker.chekc  # noqa: B018  # type: ignore[attr-defined]


def test_every_public_function_and_value_is_documented() -> None:
    for name in set(checker.__all__) - {"Facts", "Source", "__version__"}:
        assert getattr(checker, name).__doc__, name


def _printed(code: str) -> str:
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_importing_the_package_imports_nothing_else() -> None:
    loaded = "[m for m in sys.modules if m.split('.')[0] in ('checker', 'z3', 'lark', 'rich')]"
    assert _printed(f"import sys, checker; print({loaded})") == "['checker']"


FUNCTIONS = ("ablate", "check", "compare", "explain", "fix", "prove", "review", "table")


@pytest.mark.parametrize(
    "code",
    [
        "from checker import {0}; import checker.{0}",
        "import checker.{0}; from checker import {0}",
        "from checker.{0} import *; import checker; {0} = checker.{0}",
        "import checker.cli; checker.cli.main(['table', 'memset', '--arch', 'sh', '--jobs', '1', "
        "'-o', '/dev/null']); from checker import {0}",
    ],
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_not_hidden_by_the_module_of_its_name(code: str, name: str) -> None:
    asked = f"import sys; print({name}.__module__, sys.modules['checker.{name}'].__name__)"
    found = _printed(f"{code.format(name)}; import checker.{name}; {asked}")
    assert re.fullmatch(rf"checker\.api\.\w+ checker\.{name}", found)


# --- what they return is what the commands print --------------------------------------------------


def _timeless(shown: str) -> Any:
    return json.loads(re.sub(r'"ms": [\d.]+', '"ms": 0', shown))


@pytest.mark.parametrize(
    ("found", "command"),
    [
        pytest.param(lambda: check(STOLEN), f"check {STOLEN}", id="check"),
        pytest.param(
            lambda: check(STOLEN, "x86-32,x86-64", kernel="5.10", states=True, faults=True),
            f"check {STOLEN} --arch x86-32,x86-64 --kernel 5.10 --states --faults",
            id="check with options",
        ),
        pytest.param(
            lambda: list(
                chain.from_iterable(
                    one.verdicts for one in check_all(ROOT / "litmus" / "faults", jobs=2)
                )
            ),
            f"check {ROOT / 'litmus' / 'faults'}",
            id="check_all",
        ),
        pytest.param(
            lambda: ablate(PUBLISH, ["arm64", "alpha"]),
            f"ablate {PUBLISH} --arch arm64,alpha -v",
            id="ablate",
        ),
        pytest.param(
            lambda: table("put_user,memcpy", (4, 8), "arm,sh", kernel="5.3", align=4),
            "table put_user memcpy --size 4,8 --arch arm,sh --kernel 5.3 --align 4 --jobs 1",
            id="table",
        ),
        pytest.param(
            lambda: table("put_user", 8, "arm", features=True),
            "table put_user --size 8 --arch arm --features --jobs 1",
            id="table of features",
        ),
        pytest.param(lambda: explain("arm64+lse2"), "explain arm64+lse2", id="explain"),
        pytest.param(
            lambda: explain("put_user", "x86-32", kernel="5.3"),
            "explain put_user --arch x86-32 --kernel 5.3",
            id="explain with options",
        ),
        pytest.param(
            lambda: explain("sh.aligned", jobs=2), "explain sh.aligned", id="explain a rule"
        ),
        pytest.param(
            lambda: explain_test(STOLEN, "arm64,x86-32"),
            f"explain {STOLEN} --arch arm64,x86-32 -v",
            id="explain a test",
        ),
        pytest.param(
            lambda: explain_test(STOLEN, "arm64", only="arm64.aligned-gpr"),
            f"explain {STOLEN} --arch arm64 --only arm64.aligned-gpr -v",
            id="explain a set",
        ),
        pytest.param(
            lambda: explain_test(PUT, "x86-32", faults=True),
            f"explain {PUT} --arch x86-32 --faults -v",
            id="explain a test with faults",
        ),
        pytest.param(
            lambda: explain_test(STOLEN, "arm64", model=MODEL),
            f"explain {STOLEN} --arch arm64 --model {MODEL} -v",
            id="explain a test by a model",
        ),
        pytest.param(lambda: fix(STOLEN, "x86-32"), f"fix {STOLEN} --arch x86-32", id="fix"),
        pytest.param(
            lambda: prove("put_user", (4, 8), "arm64,x86-32", align=4, witness=True),
            "prove put_user --size 4,8 --arch arm64,x86-32 --align 4 -v --jobs 1",
            id="prove",
        ),
        pytest.param(
            lambda: prove(
                override=["arm: put_user_atomic 8 = store.pair 8 by 4"],
                other_writers=False,
                kernel="6.1",
            ),
            "prove --override arm:§put_user_atomic§8§=§store.pair§8§by§4 --writers one "
            "--kernel 6.1 --jobs 1",
            id="prove an override",
        ),
        pytest.param(lambda: review(V1), f"review {V1} --jobs 1", id="review"),
        pytest.param(
            lambda: review_changes(V1, V2, kernel="6.6"),
            f"review --diff {V1} {V2} --kernel 6.6 --jobs 1",
            id="review --diff",
        ),
    ],
)
def test_a_function_returns_what_its_command_prints(
    run: Litmus, found: Callable[[], Any], command: str
) -> None:
    value = found()
    words = [word.replace("§", " ") for word in command.split()]
    assert _timeless(render(value, "json")) == _timeless(run(*words, "--format", "json").out)
    if "check" not in words:
        plain = (word for word in words if word != "-v" or "prove" in words)
        assert render(value) == run(*plain).out


def test_the_text_of_verdicts_is_that_of_the_command(run: Litmus) -> None:
    shown = render(check(STOLEN))
    assert shown == run("check", STOLEN).out
    assert "<- torn" in shown
    plain = re.sub(r"\033\[[\d;]*m", "", render(check(STOLEN), colour=True))
    assert plain == shown
    both = render([*check(STOLEN), *check(PUBLISH, "arm64")])
    assert both == f"{shown}\n{render(check(PUBLISH, 'arm64'))}"
    (first, *_) = check(PUBLISH, "arm64")
    assert render(first) == render([first])


def test_a_model_replaces_the_architectures_own(tmp_path: Path) -> None:
    model = tmp_path / "strict.cat"
    model.write_text('"strict"\nacyclic po | rf | co | fr as sc\n')
    mp = litmus(
        "WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 1);",
        "u32 r0 = READ_ONCE(*y); u32 r1 = READ_ONCE(*x);",
        init="u32 x; u32 y;", par="u32 *x, u32 *y", cond="~exists (1:r0=1 /\\ 1:r1=0)",
    )  # fmt: skip
    assert [one.answer for one in check(mp)] == ["allowed"]
    assert [one.answer for one in check(mp, model=model)] == ["forbidden"]
    assert [one.answer for one in check(mp)] == ["allowed"]


def test_a_users_data_counts_for_one_call_only(tmp_path: Path) -> None:
    for name, text in {"arch": ARCH, "lowering": LOWERING}.items():
        (tmp_path / "paper").mkdir(exist_ok=True)
        (tmp_path / "paper" / f"{name}.toml").write_text(text)
    (cell,) = table("put_user", 8, "paper64", arch_path=tmp_path).cells
    assert cell.code is not None
    assert cell.code.grade == "torn"
    assert "paper64" in architectures(arch_path=[tmp_path])
    assert "paper64" not in architectures()
    with pytest.raises(Diagnostic, match="no architecture `paper64`"):
        check(GOOD, "paper64")
    with pytest.raises(Diagnostic, match="there is no such folder"):
        architectures(arch_path=tmp_path / "nowhere")
    assert folders.chosen() == ()


def test_limits_are_those_that_are_given() -> None:
    (two,) = check(LOOP)
    (five,) = check(LOOP, limits=Limits(unroll=5))
    assert (two.answer, two.rounds, five.rounds) == ("unknown", 2, 5)
    assert "--unroll" in two.limit
    before = ablate(LOOP, limits=Limits(unroll=1)).before
    assert [one.rounds for one in before] == [1]


# --- where a test is ------------------------------------------------------------------------------


def test_a_test_is_a_text_its_bytes_a_path_or_what_was_parsed(tmp_path: Path) -> None:
    path = one(tmp_path, TORN)
    sources: dict[str, Test | checker.Source] = {
        "<text>": TORN, str(path): path, "": parse(TORN),
    }  # fmt: skip
    found = {name: check(source) for name, source in sources.items()}
    assert {name: one.file for name, (one,) in found.items()} == {name: name for name in sources}
    same = {dataclasses.replace(one, file="", milliseconds=0) for (one,) in found.values()}
    assert len(same) == 1
    assert parse(TORN.encode()) == parse(str(path)) == parse(path) == parse(TORN)


def test_what_is_parsed_can_be_changed_and_checked() -> None:
    test = parse(GOOD)
    assert [one.ok for one in check(test)] == [True]
    wrong = dataclasses.replace(test.expectations[0], verdict="allowed")
    assert [one.ok for one in check(dataclasses.replace(test, expectations=(wrong,)))] == [False]


def test_a_parsed_test_is_ablated_as_its_text() -> None:
    of_text, of_test = ablate(PUBLISH, "arm64"), ablate(parse(PUBLISH), "arm64")
    assert isinstance(of_text, Ablation)

    def told(found: Ablation) -> list[tuple[object, ...]]:
        return [(row.removal, [cell.effect for cell in row.cells]) for row in found.rows]

    assert told(of_text) == told(of_test)
    assert any(row.text.endswith(", p)") or ", " in row.text for row in of_text.rows)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "file", "at", "message"),
    [
        (lambda: parse("C x\n{}\nP0("), "<text>", (3, 4), "the file ends too early"),
        (lambda: parse("C x\n{}\nP0(", file="mine"), "mine", (3, 4), "the file ends too early"),
        (lambda: parse(b"C x\n\xff"), "<text>", (2, 1), "byte 0xff is not UTF-8"),
        (lambda: check(BAD), "<text>", (8, 1), "`frobnicate()` is not an operation"),
        (lambda: check(parse(BAD)), "", (8, 1), "`frobnicate()` is not an operation"),
        (lambda: ablate(BAD), "<text>", (8, 1), "`frobnicate()` is not an operation"),
        (lambda: check("nowhere.litmus"), "nowhere.litmus", None, "cannot be read"),
        (lambda: check(Path("a\0b")), "a\0b", None, "cannot be read"),
        (lambda: check(ROOT), str(ROOT), None, "cannot be read"),
        (lambda: check(GOOD, "arm65"), "", None, "there is no architecture `arm65`"),
        (lambda: check(GOOD, kernel="six"), "", None, "six"),
        (lambda: check(GOOD, model="none.cat"), "none.cat", None, ""),
        (lambda: check_all("nowhere", "arm65"), "", None, "there is no architecture `arm65`"),
        (lambda: explain("frobnicate"), "", None, "nothing is called `frobnicate`"),
        (lambda: table("frobnicate"), "", None, "frobnicate"),
        (lambda: table("put_user", 3), "", None, "3"),
        (lambda: architectures(arch_path="nowhere"), "nowhere", None, "there is no such folder"),
    ],
)
def test_what_cannot_be_used_is_a_diagnostic(
    call: Callable[[], object], file: str, at: tuple[int, int] | None, message: str
) -> None:
    with pytest.raises(Diagnostic) as raised:
        call()
    problem = raised.value
    assert message in problem.message
    assert (problem.file, problem.at) == (file, at)
    assert str(problem) == problem.render()
    if at:
        assert str(problem).startswith(f"{file}:{at[0]}:{at[1]}: ".removeprefix(":"))


def test_a_file_that_cannot_be_used_is_not_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.litmus").write_text(BAD)
    (tmp_path / "b.litmus").write_text(GOOD)
    (tmp_path / "empty").mkdir()
    found = list(check_all([tmp_path / "empty", tmp_path, "nowhere.litmus"]))
    told = [one.message for outcome in found for one in outcome.problems]
    assert told == [
        "no *.litmus file is in this folder", "`frobnicate()` is not an operation",
        "cannot be read: No such file or directory",
    ]  # fmt: skip
    assert [one.answer for outcome in found for one in outcome.verdicts] == ["forbidden"]


def test_only_what_a_command_prints_is_rendered() -> None:
    for wrong in (["text"], [None], [parse(GOOD)]):
        with pytest.raises(TypeError, match="is not printed as verdicts are"):
            render(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="neither"):
        render((), "yaml")  # type: ignore[arg-type]
    assert _timeless(render((), "json"))["results"] == []


# --- values ---------------------------------------------------------------------------------------


def test_values_are_frozen_compare_and_travel() -> None:
    """They are taken to another process, and a diagnostic is raised from there."""
    (verdict,) = check(QUESTION)
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.answer = "forbidden"  # type: ignore[misc]
    assert isinstance(verdict, Verdict)
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert len({verdict, dataclasses.replace(verdict)}) == 1
    with pytest.raises(Diagnostic) as raised:
        parse("C x\n{}\nP0(")
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


# --- the page -------------------------------------------------------------------------------------

_PAGE = ROOT / "docs" / "python.md"
_SESSION = re.compile(r"```pycon\n(.*?)```", re.DOTALL)


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with the shipped tests."""
    for folder in ("litmus", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    folders.use(())


@pytest.mark.usefixtures("beside")
def test_the_sessions_of_the_page_are_real() -> None:
    """They are one session, from the top of the page to its end."""
    text = _PAGE.read_text("utf-8")
    blocks = _SESSION.findall(text)
    examples = doctest.DocTestParser().get_doctest("".join(blocks), {}, _PAGE.name, None, 0)
    assert len(examples.examples) >= 15
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=told.append)
    assert result.failed == 0, "".join(told)


def test_the_page_names_everything_that_is_public() -> None:
    text = _PAGE.read_text("utf-8")
    for name in checker.__all__:
        assert re.search(rf"\b{name}\b", text), name
