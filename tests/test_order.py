"""The ordering models on the shapes that the literature names, as it says of each architecture.

Alglave, Maranget, Tautschnig, "Herding Cats", TOPLAS 2014; Maranget, Sarkar, Sewell, "A Tutorial
Introduction to the ARM and POWER Relaxed Memory Models", 2012; Pulte and others, "Simplifying ARM
Concurrency", POPL 2018; RISC-V unprivileged ISA, appendix A; Owens, Sarkar, Sewell, TPHOLs 2009.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from checker.expression import ReadValue
from checker.program import (
    Fence,
    Footprint,
    Logic,
    MemoryIs,
    Operation,
    Place,
    Question,
    ValueIs,
)
from checker.solve import reachable
from tests.build import load, operation, program, store
from tests.inputs import verdict
from tests.paper import Data

FULL = {
    "arm64": "dmb sy", "arm+v8": "dmb sy", "arm": "dmb sy", "riscv64": "fence rw,rw",
    "x86-64": "mfence", "powerpc64": "sync", "sparc64": "membar storeload", "s390x": "bcr",
    "alpha": "mb",
}  # fmt: skip
LIGHT = {"arm64": "dmb ld", "arm+v8": "dmb ld", "riscv64": "fence r,rw", "powerpc64": "lwsync"}
STORES = {
    "arm64": "dmb st", "arm+v8": "dmb st", "arm": "dmb st", "riscv64": "fence w,w",
    "powerpc64": "lwsync", "alpha": "wmb",
}  # fmt: skip

TSO = ("x86-64", "sparc64", "s390x")
OTHER_MCA = ("arm64", "arm+v8", "riscv64")
NOT_MCA = ("arm", "powerpc64")
ALL = (*TSO, *OTHER_MCA, *NOT_MCA, "alpha")

Shape = tuple[str, ...]

SHAPES: dict[str, tuple[Shape, str]] = {
    "MP": (("W x 1; W y 1", "R y; R x"), "1.0=1 1.1=0"),
    "MP+full+full": (("W x 1; full; W y 1", "R y; full; R x"), "1.0=1 1.2=0"),
    "MP+stores+full": (("W x 1; stores; W y 1", "R y; full; R x"), "1.0=1 1.2=0"),
    "MP+full+addr": (("W x 1; full; W y 1", "R y; R x addr:0"), "1.0=1 1.1=0"),
    "MP+full+ctrl": (("W x 1; full; W y 1", "R y; R x ctrl:0"), "1.0=1 1.1=0"),
    "MP+full+light": (("W x 1; full; W y 1", "R y; light; R x"), "1.0=1 1.2=0"),
    "SB": (("W x 1; R y", "W y 1; R x"), "0.1=0 1.1=0"),
    "SB+light+light": (("W x 1; light; R y", "W y 1; light; R x"), "0.2=0 1.2=0"),
    "SB+full+full": (("W x 1; full; R y", "W y 1; full; R x"), "0.2=0 1.2=0"),
    "LB": (("R x; W y 1", "R y; W x 1"), "0.0=1 1.0=1"),
    "LB+data+data": (("R x; W y 1 data:0", "R y; W x 1 data:0"), "0.0=1 1.0=1"),
    "LB+ctrl+ctrl": (("R x; W y 1 ctrl:0", "R y; W x 1 ctrl:0"), "0.0=1 1.0=1"),
    "2+2W": (("W x 1; W y 2", "W y 1; W x 2"), "x=1 y=1"),
    "2+2W+stores+stores": (("W x 1; stores; W y 2", "W y 1; stores; W x 2"), "x=1 y=1"),
    "S+full+data": (("W x 2; full; W y 1", "R y; W x 1 data:0"), "1.0=1 x=2"),
    "WRC+data+addr": (("W x 1", "R x; W y 1 data:0", "R y; R x addr:0"), "1.0=1 2.0=1 2.1=0"),
    "WRC+light+addr": (("W x 1", "R x; light; W y 1", "R y; R x addr:0"), "1.0=1 2.0=1 2.1=0"),
    "IRIW+addr+addr": (
        ("W x 1", "R x; R y addr:0", "W y 1", "R y; R x addr:0"), "1.0=1 1.1=0 3.0=1 3.1=0",
    ),
    "IRIW+light+light": (
        ("W x 1", "R x; light; R y", "W y 1", "R y; light; R x"), "1.0=1 1.2=0 3.0=1 3.2=0",
    ),
    "IRIW+full+full": (
        ("W x 1", "R x; full; R y", "W y 1", "R y; full; R x"), "1.0=1 1.2=0 3.0=1 3.2=0",
    ),
    "MP+release+acquire": (
        ("W x 1; W y 1 release", "R y acquire; R x"), "1.0=1 1.1=0",
    ),
    "SB+release+acquire": (
        ("W x 1 release; R y acquire", "W y 1 release; R x acquire"), "0.1=0 1.1=0",
    ),
    "SB+release+acquire-pc": (
        ("W x 1 release; R y acquire-pc", "W y 1 release; R x acquire-pc"), "0.1=0 1.1=0",
    ),
    "CoRR": (("W x 1", "R x; R x"), "1.0=1 1.1=0"),
    "PPOCA": (
        ("W x 1; full; W y 1", "R y; W z 1 ctrl:0; R z; R x addr:2"), "1.0=1 1.2=1 1.3=0",
    ),
    "PPOAA": (
        ("W x 1; full; W y 1", "R y; W z 1 addr:0; R z; R x addr:2"), "1.0=1 1.2=1 1.3=0",
    ),
}  # fmt: skip

ALLOWED: dict[str, tuple[str, ...]] = {
    "MP": (*OTHER_MCA, *NOT_MCA, "alpha"),
    "MP+full+full": (),
    "MP+stores+full": (),
    "MP+full+addr": ("alpha",),
    "MP+full+ctrl": (*OTHER_MCA, *NOT_MCA, "alpha"),
    "MP+full+light": (),
    "SB": ALL,
    "SB+light+light": tuple(LIGHT),
    "SB+full+full": (),
    "LB": (*OTHER_MCA, *NOT_MCA, "alpha"),
    "LB+data+data": (),
    "LB+ctrl+ctrl": (),
    "2+2W": (*OTHER_MCA, *NOT_MCA, "alpha"),
    "2+2W+stores+stores": (),
    "S+full+data": ("alpha",),
    "WRC+data+addr": (*NOT_MCA, "alpha"),
    "WRC+light+addr": (),
    "IRIW+addr+addr": (*NOT_MCA, "alpha"),
    "IRIW+light+light": ("powerpc64",),
    "IRIW+full+full": (),
    "MP+release+acquire": (),
    "SB+release+acquire": ("riscv64",),
    "SB+release+acquire-pc": ("arm64",),
    "CoRR": (),
    "PPOCA": (*OTHER_MCA, *NOT_MCA, "alpha"),
    "PPOAA": ("alpha",),
}


def applies(shape: str, arch: str) -> bool:
    """Whether an architecture has what a shape is made of."""
    if "light" in shape and arch not in LIGHT:
        return False
    if "stores" in shape and arch not in STORES:
        return False
    if "acquire-pc" in shape:
        return arch == "arm64"
    return "acquire" not in shape or arch in ("arm64", "arm+v8", "riscv64")


def question(condition: str, sizes: dict[tuple[int, int], int]) -> Question:
    """Return a condition: `thread.index=value` of a read, `location=value` at the end."""
    parts: list[Question] = []
    for part in condition.split():
        what, _, value = part.partition("=")
        if "." in what:
            thread, index = map(int, what.split("."))
            parts.append(ValueIs(ReadValue(sizes[thread, index], 32), int(value)))
        else:
            parts.append(MemoryIs(Footprint(what, 0, 4), int(value)))
    return Logic("and", tuple(parts))


def reached(shape: Shape, condition: str, arch: str) -> bool:
    """Return whether an architecture allows a shape's outcome."""
    operations: list[Operation] = []
    numbers: dict[tuple[int, int], int] = {}
    for thread, text in enumerate(shape):
        for index, words in enumerate(one.split() for one in text.split(";")):
            number = len(operations)
            numbers[thread, index] = number
            operations.append(one_operation(number, thread, words, numbers, arch))
    places = [Place(name, 4, (0,) * 4, 4) for name in "xyz"]
    asked = question(condition, numbers)
    return reachable(program(operations, asked, targets=[arch] * len(shape), places=places))


def one_operation(
    number: int, thread: int, words: list[str], numbers: dict[tuple[int, int], int], arch: str
) -> Operation:
    fences = {"full": FULL, "light": LIGHT, "stores": STORES}
    if words[0] in fences:
        return operation(number, thread, Fence(fences[words[0]][arch]))
    order = next((w for w in words if w.startswith(("acquire", "release"))), "")
    cls = "acquire" if order and arch != "riscv64" else "gpr"
    if words[0] == "W":
        step = store(4, where=words[1], order=order, cls=cls)
        made = operation(number, thread, step, value=int(words[2]))
    else:
        made = operation(number, thread, load(4, where=words[1], order=order, cls=cls))
    depends: dict[str, Any] = dict(dependencies(words, thread, numbers))
    return replace(made, **depends)


def dependencies(
    words: list[str], thread: int, numbers: dict[tuple[int, int], int]
) -> Iterable[tuple[str, frozenset[int]]]:
    for word in words:
        kind, colon, index = word.partition(":")
        if colon:
            yield kind, frozenset({numbers[thread, int(index)]})


CASES = [(shape, arch) for shape in SHAPES for arch in ALL if applies(shape, arch)]


@pytest.mark.parametrize(("name", "arch"), CASES)
def test_shapes_of_the_literature(name: str, arch: str) -> None:
    shape, condition = SHAPES[name]
    assert reached(shape, condition, arch) == (arch in ALLOWED[name])


def test_total_store_order_is_a_feature_of_risc_v() -> None:
    for name, tso in (("MP", False), ("LB", False), ("2+2W", False), ("SB", True)):
        shape, condition = SHAPES[name]
        assert reached(shape, condition, "riscv64+ztso") is tso
        assert reached(shape, condition, "riscv64")


def test_risc_v_loads_and_stores_with_annotations_are_rcsc_with_zalasr() -> None:
    shape, condition = SHAPES["SB+release+acquire"]
    assert reached(shape, condition, "riscv64")
    assert not reached(shape, condition, "riscv64+zalasr")
    assert not reached(shape, condition, "riscv64+zalasr+ztso")


# --- string operations ----------------------------------------------------------------------------


def elements(cls: str) -> str:
    """Return whether the upper of two stores of one operation can be seen before the lower."""
    text = (
        f"C t\nOverride = x86-64: put_user 8 = store.{cls} 4; store.{cls} 4 at 4\n{{ u64 x; }}\n"
        "P0(u64 *x) { put_user(0x100000001, x); }\n"
        "P1(u64 *x) { u32 a = READ_ONCE(*((u32 *)x + 1)); u32 b = READ_ONCE(*(u32 *)x); }\n"
        "exists 1:a=1 /\\ 1:b=0\n"
    )
    return verdict(text, "x86-64").answer


@pytest.mark.parametrize(("cls", "answer"), [("string", "allowed"), ("gpr", "forbidden")])
def test_the_elements_of_a_string_operation_are_in_no_order(cls: str, answer: str) -> None:
    assert elements(cls) == answer


def test_of_which_classes_the_elements_are_in_no_order_is_data(data: Data) -> None:
    data({"x86/arch.toml": 'unordered = ["gpr"]\n'})
    assert elements("gpr") == "allowed"
