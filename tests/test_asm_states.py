"""What locations and registers of an assembly test hold at first and at the end."""

from __future__ import annotations

import pytest

from tests.asm_riscv_text import riscv, sketched, states, verdict
from tests.asm_run import drawn

INITIAL = {
    "x=1": ("x", "01000000"),
    "int x=-2": ("x", "feffffff"),
    "uint8_t x=255": ("x", "ff"),
    "int64_t x=0x102": ("x", "0201000000000000"),
    "uint16_t x[3]={1,2}": ("x", "010002000000"),
    "[x]=7": ("x", "07000000"),
    "unsigned long x": ("x", "0000000000000000"),
}


@pytest.mark.parametrize(("init", "expected"), INITIAL.items(), ids=INITIAL)
def test_locations_hold_what_they_are_given(init: str, expected: tuple[str, str]) -> None:
    places = {place.name: place for place in sketched("nop", init=init).places}
    name, content = expected
    assert bytes(places[name].initial).hex() == content
    assert (places[name].modulus, places[name].residue) == (4096, 0)


def test_an_untyped_location_is_as_wide_as_its_widest_access() -> None:
    init = "0:x6=x; 0:x7=y; 0:x8=z"
    drawn_ = sketched("ld x5,0(x6); sb x5,0(x7); sw x5,4(x8)", init=init)
    assert {place.name: place.size for place in drawn_.places} == {"x": 8, "y": 4, "z": 8}


def test_pointers_are_followed_to_each_place_they_may_have() -> None:
    init = "int x=1; int y=2; int *p=&x; 0:x6=p; 0:x7=y; 1:x6=p"
    text = riscv(
        "sd x7,0(x6)", "ld x5,0(x6); lw x8,0(x5)", init=init, cond="exists (1:x5=y /\\ 1:x8=2)"
    )
    found = drawn(text, "riscv64")
    targets_ = [draft.place.location for draft in found.drafts[2:] if draft.place]
    assert {"x", "y"} <= set(targets_)
    assert all(draft.addr == {1} for draft in found.drafts[2:])
    assert states(text) == [
        (("1:x5", "x"), ("1:x8", 1)), (("1:x5", "y"), ("1:x8", 2)),
    ]  # fmt: skip


def test_registers_are_printed_by_their_type_and_by_their_number() -> None:
    init = "uint64_t 0:a1; int64_t 0:a2; uint8_t 0:a3"
    code = "li a0,-1; li a1,-1; li a2,-1; li a3,-1"
    cond = "locations [0:a0; 0:a1; 0:a2; 0:a3;] forall true"
    assert states(riscv(code, init=init, cond=cond)) == [
        (("0:x10", -1), ("0:x11", (1 << 64) - 1), ("0:x12", -1), ("0:x13", 255)),
    ]  # fmt: skip


def test_arrays_are_printed_as_a_whole_and_by_element() -> None:
    init = "int x[2]={1,-2}; 0:x6=x; 0:x7=x[1]"
    text = riscv("lw x5,4(x6); sw x0,0(x7)", init=init, cond="locations [x; x[0];] forall true")
    assert states(text) == [(("x", "{1,0}"), ("x[0]", 1))]


HOLDS = {
    "forall 0:x5=0:x7": True,
    "forall ~(0:x5=0:x6)": True,
    "forall 0:x5<>1": False,
    "forall 0:x5!=2": True,
    "forall not (x[1]=5 /\\ 0:x5=1)": True,
    "forall x={3,4}": True,
    "forall (x[0]=3 /\\ x[1]=4)": True,
    "forall x={3,5}": False,
    "forall 0:x6=x": True,
    "exists 0:x5=0x1": True,
    "~exists 0:x5=-1": True,
    "filter 0:x5=2 forall false": True,
    "forall (0:x5=1 => false)": False,
}


@pytest.mark.parametrize(("cond", "holds"), HOLDS.items(), ids=HOLDS)
def test_conditions_mean_what_they_say(cond: str, holds: bool) -> None:
    text = riscv("li x5,1; li x7,1", init="int x[2]={3,4}; 0:x6=x", cond=cond)
    assert verdict(text).holds is holds


def test_torn_names_the_reads_behind_a_register() -> None:
    init = "uint64_t x; 0:x6=x; 1:x6=x"
    half = "li x5,-1; sw x5,0(x6); sw x5,4(x6)"
    for code, answer in ((half, "forbidden"), ("li x5,-1; sd x5,0(x6)", "forbidden")):
        text = riscv(code, "ld x7,0(x6)", init=init, cond="~exists torn(1:x7)")
        assert verdict(text).answer == answer
    split = riscv(
        "li x5,-1; sd x5,0(x6)", "lwu x7,0(x6); lwu x8,4(x6); slli x8,x8,32; or x7,x7,x8",
        init=init, cond="exists (1:x7=0xffffffff)",
    )  # fmt: skip
    assert verdict(split).answer == "allowed"
