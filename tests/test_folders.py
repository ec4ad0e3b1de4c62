"""A user's folder of data: it adds architectures, rules and lowerings, or replaces them."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import arch as archs
from checker.arch import folders, target
from checker.diagnostic import Diagnostic
from tests.inputs import litmus, verdict
from tests.paper import ARCH, LOWERING, Data, entry

TEST = litmus("put_user(1, x);")


def arm64_rule(identity: str, **keys: str) -> str:
    usual = {"arch": '["arm64"]', "unit": '"whole"', "id": f'"{identity}"'}
    return entry("rule", **usual | keys)


def rules_of(name: str) -> dict[str, str]:
    return {rule.id: rule.says for rule in target(name).arch.rules}


def test_an_architecture_is_added(data: Data) -> None:
    before = archs.names()
    data({"paper/arch.toml": ARCH, "paper/lowering.toml": LOWERING})
    assert archs.names() == sorted({*before, "paper32", "paper64"}, key=archs.names().index)
    assert set(archs.names()) == {*before, "paper32", "paper64"}
    assert archs.families()["paper"] == ("paper64", "paper32")
    assert target("p64").arch.title == "Paper, 64-bit"
    lowerings = LOWERING + '[paper64.READ_ONCE]\nsource = "b"\ncontract = "loop load 8,4,2,1"\n'
    data({"paper/arch.toml": ARCH, "paper/lowering.toml": lowerings})
    found = verdict(TEST, "paper64")
    assert found.answer == "allowed"  # its put_user may be two stores of 4
    override = "Override = paper64: put_user 8 = store 8"
    found = verdict(litmus("put_user(1, x);", head=override), "paper64")
    assert found.answer == "fragile"


def test_what_was_added_is_gone_when_the_folder_is_not_asked_for(data: Data) -> None:
    before, rules = archs.names(), rules_of("arm64")
    data({"paper/arch.toml": ARCH, "arm/arch.toml": arm64_rule("arm64.more")})
    assert "arm64.more" in rules_of("arm64")
    folders.use(())
    assert archs.names() == before
    assert rules_of("arm64") == rules
    with pytest.raises(Diagnostic):
        target("paper64")


def test_a_rule_is_added_to_a_family_that_exists(data: Data) -> None:
    before = rules_of("arm64")
    data({"arm/arch.toml": arm64_rule("arm64.odd", align="4")})
    assert rules_of("arm64") == before | {"arm64.odd": "said of it"}
    found = verdict(litmus(init="u64 x __aligned(4);"))
    assert found.answer == "forbidden"
    assert [reason.rule for reason in found.reasons] == ["arm64.odd"]


def test_a_rule_with_a_known_id_replaces_that_rule(data: Data) -> None:
    assert verdict(TEST).answer == "forbidden"
    before = rules_of("arm64")
    data({"arm/arch.toml": arm64_rule("arm64.aligned-gpr", size="[1]", says='"bytes only"')})
    assert rules_of("arm64") == before | {"arm64.aligned-gpr": "bytes only"}
    assert list(rules_of("arm64")) == list(before)
    assert verdict(TEST).answer == "allowed"


def test_a_rule_that_is_replaced_by_one_of_practice_makes_a_verdict_fragile(data: Data) -> None:
    data({"arm/arch.toml": arm64_rule("arm64.aligned-gpr", align='"size"', evidence='"practice"')})
    found = verdict(TEST)
    assert (found.answer, [reason.evidence for reason in found.reasons]) == (
        "fragile",
        ["practice"],
    )


def test_a_fault_is_added(data: Data) -> None:
    text = litmus(init="u64 x __aligned(4);")
    assert verdict(text).answer == "allowed"
    stops = entry("fault", arch='["arm64"]', align='"size"', handler='"stops"')
    data({"arm/arch.toml": stops})
    found = verdict(text)
    assert found.answer == "forbidden"
    assert {reason.rule for reason in found.reasons} == {"paper.more", "arm64.aligned-gpr"}


def test_an_axiom_is_added(data: Data) -> None:
    axiom = entry("axiom", kind='"multi-copy-atomic"', arch='["paper32"]', id='"paper.mca32"')
    data({"paper/arch.toml": ARCH + axiom})
    assert target("paper32").axiom("multi-copy-atomic") is not None
    assert target("paper32").axiom("multi-copy-atomic", ["normal", "uncached"]) is None


def test_a_feature_and_a_class_are_added(data: Data) -> None:
    data({"arm/arch.toml": """
        unpromised = ["telepathy"]
        [arch.arm64.features.psi]
        says = "s"
        source = "b"
    """.replace("        ", "")})  # fmt: skip
    assert "psi" in target("arm64+psi").features
    override = "Override = arm64: put_user 8 = store.telepathy 8"
    assert verdict(litmus("put_user(1, x);", head=override)).answer == "allowed"


def test_the_lowering_of_an_operation_is_replaced(data: Data) -> None:
    assert verdict(TEST).answer == "forbidden"
    table = '[arm64.put_user]\nsource = "here"\ncontract = { 8 = "store 4; store 4 at 4" }\n'
    data({"arm/lowering.toml": table})
    found = verdict(TEST)
    assert found.answer == "allowed"
    with pytest.raises(Diagnostic) as refused:
        verdict(litmus("put_user(1, (u32 *)x);"))
    assert "put_user of 4 bytes does not build on arm64" in refused.value.message
    # what is not in the folder is as it was
    assert verdict(litmus("WRITE_ONCE(*x, 1);")).answer == "forbidden"


def test_an_operation_that_an_architecture_had_not_is_added(data: Data) -> None:
    text = litmus("put_user(1, x);", "u64 r0; get_user(r0, x);")
    data({"paper/arch.toml": ARCH, "paper/lowering.toml": LOWERING})
    with pytest.raises(Diagnostic) as refused:
        verdict(text, "paper64")
    assert "paper64 has no get_user at all" in refused.value.hint


def test_of_two_folders_the_later_holds(tmp_path: Path, data: Data) -> None:
    del data  # it puts things back
    for name, says in (("one", "first"), ("two", "second")):
        (tmp_path / name / "arm").mkdir(parents=True)
        text = arm64_rule("arm64.more", says=f'"{says}"') + arm64_rule(f"arm64.{name}")
        (tmp_path / name / "arm" / "arch.toml").write_text(text)
    folders.use((str(tmp_path / "one"), str(tmp_path / "two")))
    assert rules_of("arm64")["arm64.more"] == "second"
    assert {"arm64.one", "arm64.two"} <= set(rules_of("arm64"))
    folders.use((str(tmp_path / "two"), str(tmp_path / "one")))
    assert rules_of("arm64")["arm64.more"] == "first"


def test_a_folder_that_is_not_there_leaves_what_was_chosen(tmp_path: Path, data: Data) -> None:
    data({"paper/arch.toml": ARCH})
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for name, message in (
        ("nowhere", "there is no such folder"), ("file", "there is no such folder"),
        ("empty", "this folder holds no architecture"),
    ):  # fmt: skip
        with pytest.raises(Diagnostic) as found:
            folders.use((str(tmp_path / name),))
        assert found.value.message == message
        assert found.value.file == str(tmp_path / name)
        assert target("paper64").arch.name == "paper64"


def test_what_is_wrong_in_an_added_file_is_named_there(data: Data) -> None:
    base = data({"arm/arch.toml": arm64_rule("arm64.more", needs='["lse9"]')})
    with pytest.raises(Diagnostic) as found:
        target("arm64")
    assert found.value.file == str(base / "arm" / "arch.toml")
    assert "arm64 has no feature `lse9`" in found.value.message
    assert "lse2" in found.value.hint


def test_an_addition_need_not_repeat_what_the_family_has(data: Data) -> None:
    data({"arm/arch.toml": '[arch.arm64.features.extra]\nsays = "s"\nsource = "b"\n'})
    found = target("arm64+extra").arch
    assert (found.word, found.endian) == (8, "little")
