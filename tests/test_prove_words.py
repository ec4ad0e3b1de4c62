"""`litmus prove`: its conditions on features and placements mean what they say."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.arch import target
from checker.prove import features
from checker.prove.decide import Subject, answer, draft
from checker.prove.words import Placements, said
from tests.proofs import one, part_of

# --- features -------------------------------------------------------------------------------------


@pytest.mark.parametrize("arch", ["arm64", "arm", "x86-64", "riscv64", "m68k", "arc", "powerpc64"])
@pytest.mark.parametrize("operation", ["put_user", "READ_ONCE", "copy_to_user", "atomic_add"])
def test_no_other_feature_matters(operation: str, arch: str) -> None:
    """Each feature of the architecture alone has the answer of the part that speaks for it."""
    base = target(arch)
    lowered = draft(Subject(operation, 4, 2), base)
    assert lowered
    asked = features.variants(lowered.name, base, ())
    found = one(operation, arch, 4, align=2)
    for feature in base.arch.features:
        with_it = target(f"{arch}+{feature.name}")
        has = with_it.features & frozenset(asked.features)
        (name,) = [v.target.name for v in asked.variants if v.has == has]
        part = part_of(found, name)
        for which, told in (("contract", part.contract), ("code", part.code)):
            own = answer(Subject(operation, 4, 2), with_it, which)  # type: ignore[arg-type]
            assert (own and own.told) == (told and told.told), (feature.name, which)


FEATURES = ("a", "b", "c", "d")


SETS = [frozenset(some) for count in range(5) for some in combinations(FEATURES, count)]


@given(st.sets(st.sampled_from(SETS), min_size=1), st.sets(st.sampled_from(SETS)))
def test_a_condition_on_features_is_exact(
    chosen: set[frozenset[str]], others: set[frozenset[str]]
) -> None:
    every = chosen | others
    among = features.Variants(FEATURES, tuple(features.Variant(target("sh"), s) for s in every))
    words = features.said(frozenset(chosen), among)
    assert {one for one in every if feature_words(words, one)} == chosen


def feature_words(words: str, has: frozenset[str]) -> bool:
    """Whether a set of features is what a condition says: its own reading of the words."""
    return not words or any(_term(term, has) for term in words.split(", or "))


def _term(term: str, has: frozenset[str]) -> bool:
    held, _, lacks = re.sub(
        r"^without |^with none of |^with ", lambda m: "" if m[0] == "with " else " but ", term
    ).partition(" but ")
    lacks = re.sub(r"^without |^none of ", "", lacks)
    wanted = set(filter(None, held.split(" and ")))
    return wanted <= has and not set(filter(None, lacks.split(", "))) & has


# --- placements in words --------------------------------------------------------------------------


@st.composite
def placements(draw: st.DrawFn) -> Placements:
    size = draw(st.sampled_from([1, 2, 4, 8, 16]))
    align = draw(st.sampled_from([1, 2, 4, 8]))
    modulus = align * draw(st.sampled_from([1, 2, 4, 8, 16]))
    every = range(0, modulus, align)
    chosen = st.sets(st.sampled_from(every), min_size=1)
    block = draw(st.sampled_from([8, 16, 32, 64]))
    crossing = {residue for residue in every if residue % block + size > block}
    return Placements(size, align, modulus, frozenset(crossing or draw(chosen)))


@given(placements())
def test_a_condition_on_placements_is_exact(where: Placements) -> None:
    words = said(where)
    for address in range(0, 4 * where.modulus, where.align):
        held = address % where.modulus in where.residues
        assert address_words(words, address, where.size) == held, (words, address)


def address_words(words: str, address: int, size: int) -> bool:
    """Whether an address is what a condition says: its own reading of the words."""
    if words == "at every address":
        return True
    listed = re.fullmatch(r"whenever the address is ([\d, ]+) modulo (\d+)", words)
    if listed:
        return address % int(listed[2]) in map(int, listed[1].split(", "))
    rest = words.removeprefix("whenever ")
    return all(_condition(one, address, size) for one in rest.split(" and "))


def _condition(words: str, address: int, size: int) -> bool:
    if both := re.fullmatch(r"the address is a multiple of (\d+)(?: but not of (\d+))?", words):
        return address % int(both[1]) == 0 and (both[2] is None or address % int(both[2]) != 0)
    if apart := re.fullmatch(r"the address is no multiple of (\d+)", words):
        return address % int(apart[1]) != 0
    block = re.fullmatch(
        r"(?:the access )?(crosses|lies inside) an? (?:aligned )?(\d+)"
        r"(?: bytes|-byte line|-byte boundary)", words,
    )  # fmt: skip
    assert block, words
    first, last = address // int(block[2]), (address + size - 1) // int(block[2])
    return (first != last) == (block[1] == "crosses")


@pytest.mark.parametrize(
    ("size", "align", "modulus", "residues", "words"),
    [
        (8, 1, 8, {0}, "whenever the address is a multiple of 8"),
        (8, 4, 8, {4}, "whenever the address is a multiple of 4 but not of 8"),
        (8, 4, 64, {60}, "whenever the access crosses a 64-byte line"),
        (8, 1, 16, set(range(9)), "whenever the access lies inside an aligned 16 bytes"),
        (
            8, 1, 64, {60},
            "whenever the address is a multiple of 4 and crosses a 64-byte line",
        ),
        (4, 1, 16, {3, 7, 9}, "whenever the address is 3, 7, 9 modulo 16"),
        (4, 4, 4, {0}, "at every address"),
    ],
)  # fmt: skip
def test_conditions_read_well(
    size: int, align: int, modulus: int, residues: set[int], words: str
) -> None:
    assert said(Placements(size, align, modulus, frozenset(residues))) == words
