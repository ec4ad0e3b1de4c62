"""What names an architecture: features, byte order, a kernel, and who is a guest of whom."""

from __future__ import annotations

import pytest

from checker import arch as archs
from checker.arch import target
from checker.arch.kernel import COMPLETE, NEWEST, OLDEST, bound, spell, supported
from checker.check import targets
from checker.diagnostic import Diagnostic
from checker.language import parse
from tests.inputs import litmus, verdict
from tests.paper import ARCH, LOWERING, Data

VERSIONS = [
    ("6.12", (6, 12)), ("v6.12", (6, 12)), ("5.3", (5, 3)), ("6.9", (6, 9)), ("6.16", (6, 16)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "version"), VERSIONS)
def test_a_kernel_version(text: str, version: tuple[int, int]) -> None:
    assert supported(text) == bound(text) == version
    assert spell(version) == text.removeprefix("v")


@pytest.mark.parametrize(("text", "message"), [
    ("", "is not a kernel version"), ("6", "is not a kernel version"),
    ("6.12.1", "is not a kernel version"), ("6.123", "is not a kernel version"),
    ("six", "is not a kernel version"), (" 6.12", "is not a kernel version"),
    ("6.12-rc1", "is not a kernel version"), ("5.2", "nothing is recorded of kernel 5.2"),
    ("4.19", "nothing is recorded of kernel 4.19"), ("9.99", "nothing is recorded of kernel 9.99"),
])  # fmt: skip
def test_a_text_that_is_no_kernel_version(text: str, message: str) -> None:
    with pytest.raises(Diagnostic) as found:
        supported(text)
    assert message in found.value.message
    assert found.value.hint in ("as in 6.12", f"{spell(OLDEST)} to {spell(NEWEST)}")


def test_the_versions_are_in_order() -> None:
    assert OLDEST < COMPLETE <= NEWEST


@pytest.fixture
def paper(data: Data) -> None:
    data({"paper/arch.toml": ARCH, "paper/lowering.toml": LOWERING})


@pytest.mark.usefixtures("paper")
@pytest.mark.parametrize(("text", "name", "features", "version"), [
    ("paper64", "paper64", "", COMPLETE),
    (" paper64 ", "paper64", "", COMPLETE),
    ("p64", "paper64", "", COMPLETE),
    ("paper64@6.12", "paper64", "", COMPLETE),
    ("paper64@v6.12", "paper64", "", COMPLETE),
    ("paper64@5.3", "paper64@5.3", "", (5, 3)),
    ("paper64@v5.3", "paper64@5.3", "", (5, 3)),
    ("paper64+wide@5.3", "paper64+wide@5.3", "wide", (5, 3)),
    ("p64+copy@6.4", "paper64+copy@6.4", "copy wide", (6, 4)),
    ("paper64+big+wide", "paper64+big+wide", "big wide", COMPLETE),
])  # fmt: skip
def test_what_a_target_names(text: str, name: str, features: str, version: tuple[int, int]) -> None:
    found = target(text)
    assert (found.name, found.arch.name, found.kernel) == (name, "paper64", version)
    implied = {"modern"} if version >= (6, 10) else set()
    assert found.features == {*features.split()} | implied
    assert found.endian == ("big" if "big" in features else "little")


@pytest.mark.usefixtures("paper")
@pytest.mark.parametrize(("text", "message", "hint"), [
    ("paper46", "there is no architecture `paper46`", "paper64"),
    ("paper64+wise", "paper64 has no feature `wise`", "did you mean wide?"),
    ("paper64+qq", "paper64 has no feature `qq`", "paper64 has wide, copy, big, modern"),
    ("paper32+wide", "paper32 has no feature `wide`", "paper32 has none"),
    ("paper64@5", "`5` is not a kernel version", "as in 6.12"),
    ("paper64@5.2", "nothing is recorded of kernel 5.2", "5.3 to"),
    ("paper64@5.3+wide", "`5.3+wide` is not a kernel version", "as in 6.12"),
    ("@5.3", "there is no architecture ``", "known are"),
    ("", "there is no architecture ``", "known are"),
    ("paper64+", "paper64 has no feature ``", ""),
])  # fmt: skip
def test_a_text_that_names_no_target(text: str, message: str, hint: str) -> None:
    with pytest.raises(Diagnostic) as found:
        target(text)
    assert found.value.message == message
    assert hint in found.value.hint


@pytest.mark.usefixtures("paper")
def test_a_kernel_that_is_asked_for_elsewhere_is_that_of_targets_that_name_none() -> None:
    assert target("paper64", (5, 3)).name == "paper64@5.3"
    assert target("paper64@6.12", (5, 3)).kernel == COMPLETE
    test = parse(litmus(head="Arch = paper64, paper64@6.4"))
    assert [one.name for one in targets(test, [], (5, 3))] == ["paper64@5.3", "paper64@6.4"]
    assert [one.name for one in targets(test, ["p64"], (5, 3))] == ["paper64@5.3"]


@pytest.mark.usefixtures("paper")
def test_a_feature_that_every_machine_has_is_implied_from_its_kernel_on() -> None:
    for version, has in (("5.3", False), ("6.9", False), ("6.10", True), ("6.12", True)):
        assert ("modern" in target(f"paper64@{version}").features) is has
    assert "modern" in target("paper64+modern@5.3").features


@pytest.mark.usefixtures("paper")
def test_a_guest_runs_the_kernel_of_its_host() -> None:
    found = archs.guest("paper32", target("paper64@5.3"))
    assert (found.arch.name, found.kernel) == ("paper32", (5, 3))
    with pytest.raises(Diagnostic):
        archs.guest("paper32", target("arm64"))


# --- in a test ------------------------------------------------------------------------------------


def test_an_expectation_is_of_its_kernel() -> None:
    head = "Arch = x86-64, x86-64@5.3\nExpect = x86-64: forbidden, x86-64@5.3: allowed"
    text = litmus("put_user(1, x);", head=head)
    assert verdict(text, "x86-64").expected == "forbidden"
    assert verdict(text, "x86-64@6.12").expected == "forbidden"
    assert verdict(text, "x86-64@5.3").expected == "allowed"
    assert verdict(text, "x86-64@5.4").expected is None


def test_an_override_is_of_its_kernel() -> None:
    override = "Override = x86-64@5.3: put_user 8 = store 4; store 4 at 4"
    text = litmus("put_user(1, x);", head=override)
    assert verdict(text, "x86-64").answer == "forbidden"
    assert verdict(text, "x86-64@5.3").answer == "allowed"
    assert verdict(text, "x86-64@5.4").answer == "forbidden"


@pytest.mark.parametrize("head", [
    "Arch = x86-64@5.2", "Expect = x86-64@six: allowed",
    "Override = x86-64@: put_user 8 = store 8",
])  # fmt: skip
def test_a_kernel_in_a_header_that_is_none_is_pointed_at(head: str) -> None:
    with pytest.raises(Diagnostic) as found:
        targets(parse(litmus(head=head)), [])
    assert found.value.at is not None
    assert found.value.at[0] == 2


INEXACT = """\
[paper64.put_user]
source = "a book"
contract = "loop store 8,4,2,1"
before."5.5" = { source = "an older book", code = "bytes" }
[paper64.READ_ONCE]
source = "a book"
contract = "loop load 8,4,2,1"
"""


def test_what_is_not_recorded_of_a_kernel_is_said(data: Data) -> None:
    data({"paper/arch.toml": ARCH, "paper/lowering.toml": INEXACT})
    text = litmus("put_user(1, x);")
    for version, names in (("5.3", "READ_ONCE"), ("6.4", "put_user, READ_ONCE"), ("6.12", "")):
        notes = " ".join(verdict(text, f"paper64@{version}").notes)
        assert (f"kernel {version}: {names} as in 6.12" in notes) is bool(names)


def test_an_operation_that_came_later_is_not_in_an_older_kernel() -> None:
    newer = {n: t["since"] for n, t in archs.operations().items() if "since" in t}
    assert newer
    for version in newer.values():
        assert OLDEST < bound(version) <= NEWEST
