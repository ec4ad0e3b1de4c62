"""`litmus compare`: the test it shows tells the sides apart, and none that is smaller does."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from checker import Limits, check, parse
from checker.arch import target
from checker.compare import Comparison, Difference, Request, search, sides
from checker.compare.calls import READS, WRITES
from checker.compare.decide import RANK, Compared, compare
from checker.compare.shapes import Shape, shapes, text
from checker.diagnostic import Diagnostic
from tests.command import Litmus
from tests.inputs import ROOT

SC = str(ROOT / "checker" / "model" / "cats" / "sc.cat")


def compared(
    a: str, b: str, arch: str = "", accesses: int = 2, *, weaker: bool = False
) -> Comparison:
    return search(Request(*sides(a, b, arch), accesses, weaker), 1, lambda _: None)


def answers(one: Difference) -> list[str]:
    return [verdict.answer for verdict in one.verdicts]


# --- the tests that are made ----------------------------------------------------------------------


def test_every_test_is_made_once_and_is_one() -> None:
    every = shapes(4)
    texts = [text(one, "exists true") for one in every]
    assert len(set(texts)) == len(texts)
    assert [one.cost for one in every] == sorted(one.cost for one in every)
    for shape, made in zip(every, texts, strict=True):
        test = parse(made)
        assert sum(len(thread) for thread in shape.threads) == shape.accesses
        assert len(test.threads) == 2
        assert test.shown
    assert {len(shapes(bound)) for bound in (2, 3, 4)} == {
        sum(one.accesses <= bound for one in every) for bound in (2, 3, 4)
    }


def test_every_byte_that_is_written_has_a_value_of_its_own() -> None:
    for shape in shapes(4):
        held = re.findall(r"\b0x([0-9a-f]+)", text(shape, "exists true"))
        found = [number[at : at + 2] for number in held for at in range(0, len(number), 2)]
        assert len(set(found)) == len(found)
        assert "00" not in found


def test_every_operation_and_every_order_is_tried() -> None:
    every = shapes(4)
    used = {access.operation for one in every for thread in one.threads for access in thread}
    assert used == {*READS, *WRITES}
    links = {link for one in every for link in one.links}
    assert links == {"po", "mb", "rmb", "wmb", "acquire", "release", "data", "ctrl"}


CLASSIC = {
    "MP": ("WW", "xy", "RR", "yx"), "SB": ("WR", "xy", "WR", "yx"), "LB": ("RW", "xy", "RW", "yx"),
    "S": ("WW", "xy", "RW", "yx"), "R": ("WW", "xy", "WR", "yx"), "2+2W": ("WW", "xy", "WW", "yx"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSIC)
def test_the_classic_shapes_are_among_them(name: str) -> None:
    def told(one: Shape) -> tuple[tuple[str, str], ...]:
        return tuple(
            ("".join("RW"[a.writes] for a in thread), "".join(a.location for a in thread))
            for thread in one.threads
        )

    kinds, names, others, turned = CLASSIC[name]
    swap = str.maketrans("xy", "yx")
    wanted = [((kinds, names), (others, turned)), ((others, turned), (kinds, names))]
    wanted += [
        tuple((kind, where.translate(swap)) for kind, where in one)  # type: ignore[misc]
        for one in wanted
    ]
    plain = [told(one) for one in shapes(4) if one.group == "order" and one.links == ("po", "po")]
    assert sum(one in wanted for one in plain) == 1


# --- what tells two sides apart -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "weaker", "stronger"),
    [
        ("arm64", "arm64+lse2", None, ["allowed", "forbidden"]),
        ("arm64+lse2", "arm64", ["forbidden", "allowed"], None),
        ("arm64", "x86-64", ["fragile", "allowed"], ["allowed", "forbidden"]),
        ("x86-64@5.3", "x86-64", ["fragile", "allowed"], None),
        ("arm64", "arm64+lrcpc3", None, None),
    ],
)
def test_one_test_for_each_way_or_none(
    a: str, b: str, weaker: list[str] | None, stronger: list[str] | None
) -> None:
    found = compared(a, b)
    assert (found.weaker and answers(found.weaker)) == weaker
    assert (found.stronger and answers(found.stronger)) == stronger
    assert found.decided
    if None in (weaker, stronger):
        assert found.looked == found.tests == len(shapes(2))
    for one in filter(None, (found.weaker, found.stronger)):
        verdicts = check(one.text)
        assert [verdict.answer for verdict in verdicts] == answers(one)
        assert [verdict.ok for verdict in verdicts] == [True, True]
        assert [verdict.arch for verdict in verdicts] == [a, b]


def test_no_smaller_test_tells_them_apart() -> None:
    a, b = sides("arm64", "arm64+lse2")
    found = compared("arm64", "arm64+lse2").stronger
    assert found is not None
    for shape in shapes(2)[: found.number - 1]:
        one = compare(text(shape, "exists true"), a, b, Limits())
        assert one.stronger is None
    assert compare(text(shapes(2)[found.number - 1], "exists true"), a, b, Limits()).stronger


def test_a_model_is_told_from_the_architectures_own() -> None:
    """A thread reads its own narrow store early: x86 allows it, sequential consistency does not."""
    found = compared("x86-64", SC, accesses=3)
    assert found.weaker is None
    assert found.stronger is not None
    assert answers(found.stronger) == ["allowed", "forbidden"]
    for model, answer in ((None, "allowed"), (SC, "forbidden")):
        assert [one.answer for one in check(found.stronger.text, "x86-64", model=model)] == [answer]


def test_a_model_is_the_same_as_itself_in_other_words(tmp_path: Path) -> None:
    same = tmp_path / "same.cat"
    same.write_text(Path(SC).read_text("utf-8").replace('"Sequential consistency"', '"again"'))
    found = compared(SC, str(same), "arm64")
    assert (found.weaker, found.stronger, found.same) == (None, None, 0)
    assert found.looked == found.tests


def test_an_access_that_faults_on_one_side_is_no_promise() -> None:
    """Without lse2 an unaligned store-release faults: nothing is forbidden by having no execution.

    On ARC both fault, one by its manual and one by practice.
    """
    for a, b in (("arm64", "arm64+lse2"), ("arc", "arc+arcv2")):
        found = compared(a, b, weaker=True)
        assert found.weaker is None
        (count,) = (count for reason, count in found.unbuilt if "faults at other" in reason)
        assert count > 50
    shape = next(
        one for one in shapes(2)
        if one.at == 1 and one.size == 2 and one.threads[0][0].operation == "smp_store_release"
    )  # fmt: skip
    one = compare(text(shape, "exists true"), *sides("arm64", "arm64+lse2"), Limits())
    assert one == Compared(unbuilt=one.unbuilt)
    assert "faults" in one.unbuilt


@pytest.mark.parametrize("name", ["arm64+lse2", "arm64+lsui", "arc+unaligned", "alpha+bwx"])
def test_a_feature_takes_no_guarantee_away(name: str) -> None:
    assert compared(name.partition("+")[0], name, weaker=True).weaker is None


def test_the_states_that_are_compared_are_what_check_says() -> None:
    """Of a sample: each state's words on both sides are those of `litmus check`."""
    a, b = sides("arm64", "x86-32")
    sample = [one for one in shapes(3) if one.size in (2, 8)][::37]
    seen = set()
    for shape in sample:
        one = compare(text(shape, "exists true"), a, b, Limits())
        for state, sign in ((one.weaker, -1), (one.stronger, 1)):
            if state is None:
                continue
            asked = " /\\ ".join(f"{place}={held}" for place, held in state)
            first, second = check(text(shape, f"exists ({asked})"), "arm64,x86-32")
            ranks = [RANK[v.answer] for v in (first, second) if v.answer != "unknown"]
            assert (ranks[0] - ranks[1]) * sign > 0
            seen.add(sign)
    assert seen == {-1, 1}


# --- the command ----------------------------------------------------------------------------------


def test_the_text_has_the_tests_and_the_bound(run: Litmus, tmp_path: Path) -> None:
    found = run("compare", "arm64", "arm64+lse2", "--accesses", "2", "--jobs", "2")
    assert found.status == 0
    assert found.out.startswith("arm64  arm64+lse2   arm64+lse2 promises more; nothing that arm64")
    total = len(shapes(2))
    assert f"{total} of {total} tests of up to 2 accesses" in found.out
    shown = re.search(r"(  C told-apart\n.*?)\n\n", found.out, re.DOTALL)
    assert shown is not None
    path = tmp_path / "told-apart.litmus"
    path.write_text("\n".join(line[2:] for line in shown[1].split("\n")))
    commands = re.findall(r"^litmus check told-apart\.litmus (.*)$", found.out, re.MULTILINE)
    assert commands == ["--arch arm64", "--arch arm64+lse2"]
    for options in commands:
        assert run("check", path, *options.split()).status == 0


def test_the_json_has_the_same(run: Litmus) -> None:
    words = ("compare", "arm64", "arm64+lse2", "--accesses", "2", "--format", "json")
    one, two = (run(*words, "--jobs", jobs).json for jobs in ("1", "2"))
    assert one == two
    assert one["schema"] == "litmus-compare/1"
    assert (one["weaker"], one["decided"], one["only_weaker"]) == (None, True, False)
    assert [v["verdict"] for v in one["stronger"]["verdicts"]] == ["allowed", "forbidden"]
    assert one["stronger"]["verdicts"][1]["reasons"][0]["rule"] == "arm64.lse2-gpr"
    assert one["looked"] == one["tests"] == sum(one["groups"].values())


def test_being_weaker_is_a_status(run: Litmus) -> None:
    words = ("--accesses", "2", "--weaker", "--jobs", "1")
    lost = run("compare", "arm64+lse2", "arm64", *words)
    assert lost.status == 1
    assert lost.out.splitlines()[0].endswith("arm64 promises less")
    kept = run("compare", "arm64", "arm64+lse2", *words)
    assert kept.status == 0
    assert "promises no less than arm64 up to the bound" in kept.out


def test_a_limit_is_named_and_nothing_is_claimed(
    run: Litmus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tired(*_: object) -> Compared:
        return Compared(limit="the solver gave up: timeout")

    monkeypatch.setattr(import_module("checker.compare"), "compare", tired)
    found = run("compare", "arm64", "arm64+lse2", "--accesses", "2", "--jobs", "1")
    assert found.status == 3
    assert "as far as was decided" in found.out
    assert "465 of them are not decided: the solver gave up: timeout" in found.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("arm64", "arm65"), "there is no architecture `arm65`"),
        (("arm64", "arm64"), "both sides are arm64"),
        (("arm64", "arm64@6.12"), "both sides are arm64"),
        (("arm64", "none.cat"), "none.cat: No such file"),
        ((SC, SC), "two models need an architecture"),
        (("arm64", "x86-64", "--arch", "arm"), "`--arch` is for models"),
        (("arm64", "x86-64", "--kernel", "six"), "six"),
        (("arm64", "x86-64", "--arch-path", "nowhere"), "there is no such folder"),
    ],
)
def test_what_cannot_be_compared_is_said(run: Litmus, words: tuple[str, ...], message: str) -> None:
    found = run("compare", *words)
    assert found.status == 2
    assert message in found.err


def test_sides_are_named_in_all_ways() -> None:
    assert [one.arch for one in sides("arm64", SC)] == ["arm64", "arm64"]
    assert [one.arch for one in sides(SC, "x86-64@5.3")] == ["x86-64@5.3", "x86-64@5.3"]
    assert [one.arch for one in sides(SC, "x86-64", "arm")] == ["arm", "x86-64"]
    for a, b in product((SC, "arm64"), repeat=2):
        if a != b:
            assert all(target(one.arch) for one in sides(a, b))
    with pytest.raises(Diagnostic):
        sides(SC, SC, "arm64")
