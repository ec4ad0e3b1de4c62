"""What orders an access that is more than one read or one write: updates, and ordered pairs.

RISC-V unprivileged ISA, chapter RVWMO: an AMO is one memory operation, an LR and its SC are two.
Arm ARM DDI 0487: CAS and pick dependencies in B2.3; LDIAPP and STILP in C6.2.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker import arch as archs
from checker.check import Asked, Limits, check
from checker.expression import ReadValue
from checker.language import parse
from checker.program import Access, Logic, Operation, Place, ValueIs
from checker.solve import reachable
from tests.build import load, operation, program, store


def observation(text: str, arch: str) -> str:
    """Return whether the condition holds in no final state, in some, or in all."""
    found = check(parse(text), archs.target(arch), limits=Limits(), asked=Asked(brief=True))
    assert found.observed is not None
    return found.observed.observation


def columns(dialect: str, init: str, threads: tuple[str, ...], condition: str) -> str:
    """Return a test from the code of its threads, instructions apart by `;`."""
    rows = [[line.strip() for line in thread.split(";")] for thread in threads]
    height = max(map(len, rows))
    names = " | ".join(f"P{number}" for number in range(len(rows)))
    lines = [
        " | ".join(row[k] if k < len(row) else "" for row in rows) + " ;" for k in range(height)
    ]
    return "\n".join((f"{dialect} test", f"{{ {init} }}", f"{names} ;", *lines, condition))


# --- RISC-V: an AMO is one operation --------------------------------------------------------------


def riscv(*threads: str) -> str:
    """Return SB, MP or LB: what a0 and a1 hold in the end is asked for."""
    *code, condition = threads
    init = " ".join(f"{n}:s0=x; {n}:s1=y; {n}:s2=z; {n}:t1=1; {n}:t2=2;" for n in range(len(code)))
    return columns("RISCV", init, tuple(code), condition)


SB = "exists (0:a0=0 /\\ 1:a0=0)"
MP = "exists (1:a0=1 /\\ 1:a1=0)"
LB = "exists (0:a0=2 /\\ 1:a0=1)"

RISCV = {
    "a load is after the AMO whose operand another load decides": (
        ("sw t1,0(s0); fence rw,rw; sw t1,0(s1)",
         "lw a0,0(s1); sub t3,a0,a0; amoadd.w a2,t3,(s2); sub a3,a2,a2; add s0,s0,a3; lw a1,0(s0)",
         MP), "Never",
    ),
    "nothing carries over from a store to a load that are two instructions": (
        ("sw t1,0(s0); fence rw,rw; sw t1,0(s1)",
         "lw a0,0(s1); sub t3,a0,a0; sw t3,0(s2); lw a2,0(s2); fence.i; lw a1,0(s0)",
         MP), "Sometimes",
    ),
    "FENCE.TSO orders an AMO before a load, as it loads": (
        ("amoswap.w a2,t1,(s0); fence.tso; lw a0,0(s1)",
         "amoswap.w a2,t1,(s1); fence.tso; lw a0,0(s0)", SB), "Never",
    ),
    "FENCE.TSO does not order a store before a load": (
        ("sw t1,0(s0); fence.tso; lw a0,0(s1)",
         "amoswap.w a2,t1,(s1); fence.tso; lw a0,0(s0)", SB), "Sometimes",
    ),
    "FENCE W,W orders the load of an AMO": (
        ("amoswap.w a0,t1,(s0); fence w,w; sw t2,0(s1)",
         "amoswap.w a0,x0,(s1); fence w,w; sw t2,0(s0)",
         "exists (0:a0=2 /\\ 1:a0=2)"), "Never",
    ),
    "FENCE W,W does not order a load": (
        ("lw a0,0(s0); fence w,w; sw t2,0(s1)",
         "amoswap.w a0,x0,(s1); fence w,w; sw t2,0(s0)",
         "exists (0:a0=2 /\\ 1:a0=2)"), "Sometimes",
    ),
    "an AMO that releases loads after what precedes it": (
        ("sw t1,0(s0); amoor.w.rl a0,x0,(s1)", "sw t1,0(s1); amoor.w.rl a0,x0,(s0)", SB), "Never",
    ),
    "an AMO that acquires stores before what follows it": (
        ("amoswap.w.aq a2,t1,(s0); lw a0,0(s1)", "amoswap.w.aq a2,t1,(s1); lw a0,0(s0)", SB),
        "Never",
    ),
    "an LR that acquires leaves its SC behind": (
        ("lr.w.aq a2,(s0); sc.w a3,t1,(s0); lw a0,0(s1)",
         "lr.w.aq a2,(s1); sc.w a3,t1,(s1); lw a0,0(s0)",
         "exists (0:a0=0 /\\ 1:a0=0 /\\ 0:a3=0 /\\ 1:a3=0)"), "Sometimes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("says", RISCV)
def test_an_amo_has_one_place_in_the_global_memory_order(says: str) -> None:
    threads, expected = RISCV[says]
    assert observation(riscv(*threads), "riscv64") == expected


def test_an_amo_does_not_wait_for_its_own_value() -> None:
    one = "amoadd.w a0,t1,(s0); addi a0,a0,1; amoadd.w a0,a0,(s0)"
    assert observation(riscv(one, "forall (0:a0=1 /\\ x=2)"), "riscv64") == "Always"


@pytest.mark.parametrize("arch", ["riscv64+zalasr", "riscv64+ztso"])
def test_an_amo_is_one_operation_in_the_extensions_too(arch: str) -> None:
    for says, (threads, expected) in RISCV.items():
        if expected == "Never" or arch != "riscv64+ztso":
            assert observation(riscv(*threads), arch) == expected, says


@pytest.mark.parametrize(("cls", "allowed"), [("amo", False), ("lrsc", True)])
def test_an_update_by_a_loop_of_lr_and_sc_is_two_operations(cls: str, allowed: bool) -> None:
    def half(step: Access, order: str = "") -> Access:
        return replace(step, cls=cls, atomic=True, order=order)

    operations: list[Operation] = []
    for thread, (mine, other) in enumerate((("x", "y"), ("y", "x"))):
        steps = half(load(4, where=mine), "acquire"), half(store(4, where=mine))
        operations.append(operation(2 * thread, thread, *steps, value=1))
        operations.append(operation(2 * thread + 1, thread, load(4, where=other)))
    both = Logic("and", tuple(ValueIs(ReadValue(number, 32), 0) for number in (1, 3)))
    places = [Place(name, 4, (0,) * 4, 4) for name in "xy"]
    asked = program(operations, both, targets=["riscv64"] * 2, places=places)
    assert reachable(asked) is allowed


# --- Arm: what CAS compares -----------------------------------------------------------------------


def arm(*threads: str) -> str:
    *code, condition = threads
    init = "uint64_t x; uint64_t y; uint64_t z; " + " ".join(
        f"{n}:X0=x; {n}:X1=y; {n}:X2=z; {n}:X9=1;" for n in range(len(code))
    )
    return columns("AArch64", init, tuple(code), condition)


LOADED = "exists (0:X3=1 /\\ 1:X3=1)"

PICKED = {
    "a CAS may load before it is known what it compares with": (
        "MOV X4,X3; CAS X4,XZR,[X2]; EOR X5,X4,X4; STR X9,[X0,X5]", "Sometimes",
    ),
    "a number that was picked, stored and forwarded decides where": (
        "CMP X3,#1; CSEL X4,XZR,X9,EQ; STR X4,[X2]; LDR X5,[X2]; EOR X5,X5,X5; STR X9,[X0,X5]",
        "Never",
    ),
    "a number that was picked is stored": (
        "CMP X3,#1; CSEL X4,X9,X9,EQ; STR X4,[X0]", "Never",
    ),
    "where a load goes was picked, and a store follows": (
        "CMP X3,#1; CSEL X4,XZR,XZR,EQ; LDR X5,[X2,X4]; STR X9,[X0]", "Never",
    ),
}  # fmt: skip


@pytest.mark.parametrize("says", PICKED)
def test_what_is_picked_orders_stores(says: str) -> None:
    code, expected = PICKED[says]
    first = "LDR X3,[X0]; DMB SY; STR X9,[X1]"
    assert observation(arm(first, f"LDR X3,[X1]; {code}", LOADED), "arm64+lse") == expected


# --- Arm: ordered pairs ---------------------------------------------------------------------------


def halves(writer: str, reader: str) -> dict[str, str]:
    """Return what is seen of a pair, on an architecture where it may be two accesses, and one."""
    init = "uint64_t x[2]; 0:X0=x; 1:X0=x; 0:X1=1; 0:X2=1;"
    condition = "exists (1:X3={0} /\\ 1:X4={1})"
    found = {}
    for name, low, high in (("low first", 1, 0), ("high first", 0, 1)):
        asked = condition.format(low, high)
        text = columns("AArch64", init, (writer, reader), asked)
        for arch in ("arm64+lrcpc3", "arm64+lrcpc3+lse2"):
            found[f"{name} {arch.count('+')}"] = observation(text, arch)
    return found


LOW, HIGH = "LDR X3,[X0]", "LDR X4,[X0,#8]"
LOW_TO_HIGH, HIGH_TO_LOW = f"{LOW}; DMB LD; {HIGH}", f"{HIGH}; DMB LD; {LOW}"
UP, DOWN = "STR X1,[X0]; DMB ST; STR X1,[X0,#8]", "STR X1,[X0,#8]; DMB ST; STR X1,[X0]"


@pytest.mark.parametrize(
    ("writer", "reader", "two", "one"),
    [
        ("STILP X1,X2,[X0]", HIGH_TO_LOW, {"low first"}, {"low first"}),
        ("STP X1,X2,[X0]", HIGH_TO_LOW, {"low first", "high first"}, {"low first"}),
        ("ADD X0,X0,#16; STILP X1,X2,[X0,#-16]!", LOW_TO_HIGH, {"high first"}, {"high first"}),
        ("STILP X1,X2,[X0]", LOW_TO_HIGH, {"low first", "high first"}, {"high first"}),
        (DOWN, "LDIAPP X3,X4,[X0]", {"high first"}, {"high first"}),
        (DOWN, "LDP X3,X4,[X0]", {"low first", "high first"}, {"high first"}),
        (UP, "LDIAPP X3,X4,[X0]", {"low first", "high first"}, {"low first"}),
        ("STILP X1,X2,[X0]", "LDIAPP X3,X4,[X0]", {"low first", "high first"}, set()),
    ],
)
def test_an_ordered_pair_is_one_register_after_the_other(
    writer: str, reader: str, two: set[str], one: set[str]
) -> None:
    found = halves(writer, reader)
    for count, seen in (("1", two), ("2", one)):
        for name in ("low first", "high first"):
            expected = "Sometimes" if name in seen else "Never"
            assert found[f"{name} {count}"] == expected, (name, count)


# --- Arm: what comes from one register of a pair --------------------------------------------------


@pytest.mark.parametrize(
    ("register", "arch", "expected"),
    [
        ("X2", "arm64", "Never"),
        ("X3", "arm64", "Sometimes"),
        ("X2", "arm64+lse2", "Never"),
        ("X3", "arm64+lse2", "Never"),
    ],
)
def test_a_dependency_through_one_register_of_a_pair_orders_its_half_alone(
    register: str, arch: str, expected: str
) -> None:
    """The flag is the lower half: an address made of the upper half follows only one access."""
    text = columns(
        "AArch64",
        "uint64_t y[2]; 0:X0=x; 0:X1=y; 0:X2=1; 1:X0=x; 1:X1=y;",
        (
            "STR X2,[X0]; DMB SY; STR X2,[X1]",
            f"LDP X2,X3,[X1]; EOR X4,{register},{register}; LDR X5,[X0,X4]",
        ),
        "exists (1:X2=1 /\\ 1:X5=0)",
    )
    assert observation(text, arch) == expected
