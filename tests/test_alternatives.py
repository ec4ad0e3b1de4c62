"""What becomes of an operation where its address decides, and it is not known."""

from __future__ import annotations

from itertools import product

import pytest

from checker.arch import target
from checker.language import parse
from checker.lowering import programs
from checker.program import Operation, Program
from tests.inputs import drawn, litmus, verdict
from tests.paper import ARCH, Data

NOTATIONS = [
    "store 4", "align 4 loop store 4,2,1", "align 8 loop store 4,1", "merge 8",
    "zero 4; loop store 2,1", "merge 4 | store 4", "lead 4 loop store 4,2,1",
    "align 2 loop store 2,1 | align 4 loop store 4,1",
    "store 2; store 2 at end-2; zero 2; align 4 loop store 2,1",
]  # fmt: skip
DECLARED = [("__aligned(1)", 1, 0), ("__aligned(2)", 2, 0), ("", 4, 0), ("__aligned(16)", 16, 0)]


def code(text: str, arch: str = "arm64") -> list[Program]:
    return list(programs(parse(text), drawn(text, arch), target(arch), "code"))


def put(notation: str, declared: str, p0: str = "put_user(1, x);") -> str:
    return litmus(
        p0, "u8 r0 = READ_ONCE(*(u8 *)x);", init=f"u32 x {declared};", par="u32 *x",
        head=f"Override = arm64: put_user 4 = {notation}",
    )  # fmt: skip


def made(found: list[Program], address: int) -> set[tuple[Operation, ...]]:
    """Return the operations of the programs that admit an address."""
    return {
        one.operations
        for one in found
        if address % one.places[0].modulus == one.places[0].residue % one.places[0].modulus
    }


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(("declared", "modulus", "residue"), DECLARED)
def test_at_each_address_it_is_what_it_would_be_were_the_address_known(
    notation: str, declared: str, modulus: int, residue: int
) -> None:
    found = code(put(notation, declared))
    for address in range(residue, 32, modulus):
        known = code(put(notation, f"__at({address})"))
        assert made(found, address) == made(known, address) != set()
    assert len(found) == len({(one.operations, one.places) for one in found})


def test_operations_agree_on_where_their_location_lies() -> None:
    """Two operations by different blocks: every address of the larger one is tried once."""
    text = put("align 8 loop store 4,2,1", "__aligned(1)", "put_user(1, x); put_user(2, x);")
    found = code(text)
    assert len(found) == 8
    for address in range(16):
        known = code(text.replace("__aligned(1)", f"__at({address})"))
        assert made(found, address) == made(known, address)
        assert len(known) == 1


@pytest.mark.parametrize(("notation", "declared", "told_apart"), [
    ("store 4", "__aligned(1)", 1), ("align 4 loop store 4,1", "__aligned(1)", 4),
    ("align 4 loop store 4,1", "__at(6)", 4), ("merge 8", "__aligned(16)", 8),
    ("lead 4 loop store 4,1", "", 1),
])  # fmt: skip
def test_addresses_are_told_apart_as_far_as_accesses_depend_on_them(
    notation: str, declared: str, told_apart: int
) -> None:
    assert {one.places[0].told_apart for one in code(put(notation, declared))} == {told_apart}


# --- verdicts -------------------------------------------------------------------------------------

LOWERING = """\
[paper64.put_user]
source = "a book"
contract = { 4 = "CONTRACT" }
code = { 4 = "CODE" }
[paper64.READ_ONCE]
source = "a book"
contract = "loop load 8,4,2,1"
"""
WORST = ["forbidden", "fragile", "allowed"]
PAIRS = [
    ("store 4", "align 4 loop store 4,2,1"), ("align 4 loop store 4,2,1", "store 4"),
    ("bytes", "align 4 loop store 4,2,1"), ("store 4 | loop store 2", "align 2 loop store 2,1"),
    ("merge 8", "store 4"), ("store 4", "merge 4"),
]  # fmt: skip
READS = ("u16 r0 = READ_ONCE(*(u16 *)((char *)x + 2));", "u32 r0 = READ_ONCE(*x);")


@pytest.mark.parametrize(("contract", "today"), PAIRS)
@pytest.mark.parametrize("read", READS)
def test_a_verdict_is_the_worst_of_those_at_each_address(
    data: Data, contract: str, today: str, read: str
) -> None:
    lowering = LOWERING.replace("CONTRACT", contract).replace("CODE", today)
    data({"paper/arch.toml": ARCH, "paper/lowering.toml": lowering})

    def answer(declared: str) -> str:
        text = litmus("put_user(0x11223344, x);", read, init=f"u32 x {declared};", par="u32 *x")
        return verdict(text, "paper64").answer

    known = [answer(f"__at({address})") for address in range(8)]
    for modulus, declared in ((1, "__aligned(1)"), (2, "__aligned(2)"), (4, "")):
        some = {known[address] for address in range(0, 8, modulus)}
        assert answer(declared) == max(some, key=WORST.index)


def test_the_addresses_of_a_verdict_are_those_at_which_it_is_reached(data: Data) -> None:
    for (contract, today), read in product(PAIRS, READS):
        lowering = LOWERING.replace("CONTRACT", contract).replace("CODE", today)
        data({"paper/arch.toml": ARCH, "paper/lowering.toml": lowering})

        def asked(declared: str, read: str = read) -> str:
            return litmus("put_user(0x11223344, x);", read, init=f"u32 x {declared};", par="u32 *x")

        found = verdict(asked("__aligned(1)"), "paper64")
        if found.answer != "allowed":
            continue
        (place,) = found.placements
        for address in range(place.modulus):
            known = verdict(asked(f"__at({address})"), "paper64").answer
            assert (known == "allowed") is (address in place.residues), (contract, today, address)
