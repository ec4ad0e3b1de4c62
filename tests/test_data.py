"""The data that ships: every architecture, rule, lowering and test says what it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from checker import arch as archs
from checker.arch import folders, schema, target
from checker.arch.kernel import bound
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.lowering import expand, notation, select, wellformed
from checker.lowering.operations import BARRIERS
from checker.program import Access, Fence, Footprint
from tests.inputs import SHIPPED

FAMILIES = folders.family_names()


def read(family: str, name: str) -> dict[str, Any]:
    """Return a family's file, or nothing where it cannot be read: that is a test of its own."""
    try:
        return folders.read(folders.SHIPPED / family / name)
    except Diagnostic:
        return {}


def loads(family: str) -> bool:
    """Whether a family's data is well formed."""
    try:
        return bool(archs.family(family))
    except Diagnostic:
        return False


WELL_FORMED = [family for family in FAMILIES if loads(family)]
NAMES = [name for family in WELL_FORMED for name in archs.members(family)]
RULES, FAULTS, AXIOMS = (
    [one for family in WELL_FORMED for one in read(family, "arch.toml").get(kind, [])]
    for kind in ("rule", "fault", "axiom")
)
MEMORY = [
    (family, name, one)
    for family in WELL_FORMED
    for name, one in read(family, "arch.toml").get("memory", {}).items()
]
LOWERINGS = [
    (arch, operation, table)
    for family in WELL_FORMED
    for arch, operations in read(family, "lowering.toml").items()
    for operation, table in operations.items()
]


def dated(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield an operation's table and what it says of other kernels."""
    yield table
    for when in ("before", "since"):
        yield from table.get(when, {}).values()


NOTATIONS = sorted({
    (arch, operation, key, text)
    for arch, operation, table in LOWERINGS
    for one in dated(table)
    for layer in ("contract", "code")
    for key, text in (
        one.get(layer, {}).items() if isinstance(one.get(layer), dict)
        else [("*", one[layer])] if layer in one else []
    )
})  # fmt: skip

REQUIRED = (
    "put_user", "get_user", "put_user_atomic", "raw_copy_to_user", "raw_copy_from_user", "memcpy",
    "memset", "plain-read", "plain-write", "READ_ONCE", "WRITE_ONCE", "smp_load_acquire",
    "smp_store_release", "xchg", "cmpxchg", "atomic_read", "atomic_set", "atomic_rmw",
    "atomic64_read", "atomic64_set", "atomic64_rmw",
)  # fmt: skip


# --- architectures --------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_the_data_of_a_family_is_well_formed(family: str) -> None:
    assert archs.family(family)
    assert folders.files(family, "lowering.toml")
    wellformed.check_family(family)


def test_the_architectures_that_ship() -> None:
    assert {"arm64", "arm", "x86-64", "x86-32", "riscv64", "riscv32"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_architecture_loads_by_its_name_and_by_its_aliases(name: str) -> None:
    found = target(name)
    assert found.arch.name == name
    assert found.arch.word in (4, 8)
    for alias in found.arch.aliases:
        assert target(alias).arch is found.arch
        assert alias not in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_can_be_asked_for(name: str) -> None:
    for feature in target(name).arch.features:
        found = target(f"{name}+{feature.name}")
        assert feature.name in found.features
        assert feature.says
        assert feature.source


@pytest.mark.parametrize("name", NAMES)
def test_what_a_feature_implies_and_excludes_is_a_feature_too(name: str) -> None:
    arch = target(name).arch
    known = {feature.name for feature in arch.features}
    for feature in arch.features:
        assert set(feature.implies) | set(feature.excludes) <= known
        assert not set(feature.implies) & set(feature.excludes)


def test_aliases_are_unique() -> None:
    found = [alias for name in NAMES for alias in target(name).arch.aliases]
    assert len(found) == len(set(found))


def test_a_guest_has_features_that_exist_and_runs_on_its_family_only() -> None:
    for name in NAMES:
        for host, features in target(name).arch.guest:
            assert set(features) <= {feature.name for feature in target(name).arch.features}
            assert set(features) <= archs.guest(name, target(host)).features
    with pytest.raises(Diagnostic):
        archs.guest("arm", target("x86-64"))


# --- rules ----------------------------------------------------------------------------------------


def test_identifiers_are_unique_and_say_where_they_belong() -> None:
    found = [one["id"] for one in (*RULES, *FAULTS, *AXIOMS)]
    assert len(found) == len(set(found))
    for one in (*RULES, *FAULTS, *AXIOMS):
        owner = one["id"].split(".")[0]
        assert owner in (*one["arch"], *FAMILIES), one["id"]


@pytest.mark.parametrize("rule", [*RULES, *FAULTS, *AXIOMS], ids=lambda rule: rule["id"])
def test_a_rule_says_what_it_rests_on(rule: dict[str, Any]) -> None:
    assert rule["evidence"] in ("manual", "practice", "unconfirmed")
    assert re.search(r"\w+[ /]\w+", rule["source"])
    assert len(rule["says"].split()) > 2
    assert not rule["says"].endswith(".")
    assert set(rule["arch"]) <= set(NAMES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["id"])
def test_a_rule_grants_units_that_lie_in_its_access(rule: dict[str, Any]) -> None:
    for name in rule["arch"]:
        (loaded,) = (one for one in target(name).arch.rules if one.id == rule["id"])
        elements = loaded.scope.elements or {1, 2, 4, 8, 16}
        sizes = loaded.scope.sizes or {n * e for e in elements for n in (1, 2, 4)}
        if isinstance(loaded.unit, int):
            sizes = {size for size in sizes if size % loaded.unit == 0}
        fitting = [(s, e) for s in sizes for e in {*elements, s} if s % e == 0]
        granted = 0
        for size, element in fitting:
            access = Access("load", rule["class"][0], Footprint("x", 0, size), element, 0)
            for address in range(64):
                units = archs.granted(loaded, access, address)
                granted += len(units)
                assert all(0 <= start < end for start, end in units)
                assert sum(end - start for start, end in units) in (0, size)
        assert granted, "no access at any address is granted anything"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["id"])
def test_a_fault_speaks_of_some_address_and_not_of_all(fault: dict[str, Any]) -> None:
    for name in fault["arch"]:
        (loaded,) = (one for one in target(name).arch.faults if one.id == fault["id"])
        faulted = set()
        for size in loaded.scope.sizes or {2, 4, 8, 16}:
            for element in loaded.scope.elements or {size}:
                access = Access("load", fault["class"][0], Footprint("x", 0, size), element, 0)
                faulted |= {archs.faulting(loaded, access, address) for address in range(64)}
        assert faulted == {False, True}


@pytest.mark.parametrize(("family", "name", "one"), MEMORY)
def test_a_memory_type_says_what_the_manual_calls_it(
    family: str, name: str, one: dict[str, str]
) -> None:
    assert name in schema.MEMORY
    assert one["says"]
    assert re.search(r"\w+ \w+", one["source"])
    spoken_of = {m for rule in read(family, "arch.toml").get("rule", [])
                 for m in rule.get("memory", [])}  # fmt: skip
    assert spoken_of <= {schema.NORMAL, *read(family, "arch.toml").get("memory", {})}


def test_every_class_of_a_notation_is_known_to_some_rule_or_is_known_to_have_none() -> None:
    for arch, _, _, text in NOTATIONS:
        for step in (step for alternative in notation.parse(text) for step in alternative):
            cls = getattr(step, "cls", "bytes")
            assert cls == "bytes" or cls in target(arch).arch.classes, (arch, text)


def test_a_rule_of_practice_or_none_says_why() -> None:
    bare = [rule["id"] for rule in RULES if rule["evidence"] == "unconfirmed"
            and not rule.get("note")]  # fmt: skip
    assert bare == []


# --- lowerings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_architecture_has_every_operation(name: str) -> None:
    found = archs.lowerings(target(name).arch.family).get(name, {})
    assert set(REQUIRED) - set(found) == set()


@pytest.mark.parametrize(("arch", "operation", "table"), LOWERINGS)
def test_a_lowering_says_where_it_was_read(arch: str, operation: str, table: Any) -> None:
    keys = {"source", "contract_source", "code_source", "contract", "code", "fault", "unchanged"}
    assert arch in NAMES
    assert select.canonical(operation) == operation
    assert set(table) <= keys | {"before", "since"}
    assert re.search(r"\w+[./ ]\w+", table["source"])
    for one in dated(table):
        assert one is table or set(one) <= keys
        assert one.get("fault", "stop") in ("stop", "retry", "first-byte", "oops")
    for when in ("before", "since"):
        for version, one in table.get(when, {}).items():
            assert bound(version)
            assert re.search(r"\w+[./ ]\w+", one["source"]), version


@pytest.mark.parametrize("operation", archs.operations(), ids=str)
def test_an_operation_is_like_one_that_exists(operation: str) -> None:
    table = archs.operations()[operation]
    assert table.get("like", operation) in archs.operations()
    assert table["signature"]
    if {"contract", "code"} & set(table):
        assert table["source"]


@pytest.mark.parametrize(("arch", "operation", "key", "text"), NOTATIONS)
def test_a_notation_covers_every_byte_of_every_size_it_is_for(
    arch: str, operation: str, key: str, text: str
) -> None:
    if all(isinstance(step, Fence) for steps in notation.parse(text) for step in steps):
        assert operation in BARRIERS
        return
    sizes, conditions = select.size_key(key)
    known = {feature.name for feature in target(arch).arch.features}
    told = {c for c in conditions if c == "constant" or c.split()[0] in ("align", "source")}
    assert {condition.removeprefix("not ") for condition in set(conditions) - told} <= known
    assert sizes
    some = (*range(1, 35), 63, 128, 1000, sizes[0], sizes[len(sizes) // 2])
    wanted = [n for n in dict.fromkeys(some) if n in sizes and n <= 4096]
    if key == "*" and "loop" not in text:
        wanted = [1] if "bytes" in text else wanted
    for size in wanted:
        for alternative in notation.parse(text):
            for address in some_addresses(expand.modulus(alternative)):
                for parts in expand.expand(alternative, size, address):
                    assert covered(parts, size) >= set(range(size)), (operation, size, address)


def some_addresses(modulus: int) -> list[int]:
    """Return the addresses in a small block, or some of those in a larger one."""
    return [n for n in range(modulus) if n < 8 or n in (modulus // 2, modulus - 5, modulus - 1)]


def covered(parts: expand.Parts, size: int) -> set[int]:
    """Return the bytes of an operation that its accesses move."""
    place = Footprint("x", 0, size)
    made = expand.steps(parts, reads=False, place=place, contract=("", ""))
    return {
        b
        for a in made
        if isinstance(a, Access) and not a.zeros
        for b in range(a.start, a.start + a.footprint.size)
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_code_does_is_some_form_of_every_size_its_contract_has(name: str) -> None:
    for operation in REQUIRED:
        for size in (1, 2, 4, 8, 16):
            known = select.Known(align=size, source=size)
            contract = select.select(operation, size, target(name), "contract", known)
            code = select.select(operation, size, target(name), "code", known)
            if contract and contract.text != "bytes" and operation != "put_user_atomic":
                assert code, (operation, size)


# --- the tests that ship --------------------------------------------------------------------------


def test_at_least_sixty_tests_ship_and_none_of_the_same_name() -> None:
    names = [parse(path.read_bytes()).name for path in SHIPPED]
    assert len(names) >= 60
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_test_says_what_it_expects_and_where_that_was_read(path: Path) -> None:
    test = parse(path.read_bytes())
    expected = [expectation.arch for expectation in test.expectations]
    assert path.stem in (test.name, test.name.removeprefix(f"{path.parent.name}-"))
    assert [name for name, _ in test.archs] == expected
    assert test.threads
    (comment, *_) = re.findall(r"\(\*.*?\*\)", path.read_text("utf-8"), re.DOTALL)
    assert re.search(r"Source: \S+", comment)


def test_every_architecture_and_every_verdict_but_unknown_is_expected_somewhere() -> None:
    expected = [e for path in SHIPPED for e in parse(path.read_bytes()).expectations]
    assert {target(e.arch).arch.name for e in expected} == set(archs.names())
    assert {e.verdict for e in expected} == {"forbidden", "fragile", "allowed"}
