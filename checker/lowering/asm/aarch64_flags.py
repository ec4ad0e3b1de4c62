"""AArch64: the condition flags, what sets them, and the conditions made of them.

Arm ARM DDI 0487 C1.2.4 and the pseudocode AddWithCarry().
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from checker.expression import FALSE
from checker.lowering.asm.machine import (
    Machine,
    Tracked,
    apply,
    const,
    invert,
    is_zero,
    part,
    resize,
)

LESS = "N!=V"
"""A register of one bit beside the flags N, Z, C and V: after a comparison it is the signed `<`."""

CONDITIONS: dict[str, Callable[[Machine], Tracked]] = {
    "eq": lambda m: m.reg("Z", 1),
    "cs": lambda m: m.reg("C", 1),
    "mi": lambda m: m.reg("N", 1),
    "vs": lambda m: m.reg("V", 1),
    "lt": lambda m: m.reg(LESS, 1),
    "ls": lambda m: apply("or", invert(m.reg("C", 1)), m.reg("Z", 1)),
    "le": lambda m: apply("or", m.reg(LESS, 1), m.reg("Z", 1)),
}
"""Every other condition is one of these inverted."""

OPPOSITE = {
    "ne": "eq", "cc": "cs", "pl": "mi", "vc": "vs", "ge": "lt", "hi": "ls", "gt": "le",
}  # fmt: skip

SAME = {"hs": "cs", "lo": "cc"}


class Flags(NamedTuple):
    """The condition flags, each of one bit, and whether N and V differ."""

    n: Tracked
    z: Tracked
    c: Tracked
    v: Tracked
    less: Tracked


def condition(machine: Machine, name: str) -> Tracked | None:
    """Return in one bit whether a condition holds; None where there is none of that name."""
    name = name.lower()
    name = SAME.get(name, name)
    if name in ("al", "nv"):
        return const(1, 1)
    if name in CONDITIONS:
        return CONDITIONS[name](machine)
    return invert(CONDITIONS[OPPOSITE[name]](machine)) if name in OPPOSITE else None


def set_flags(machine: Machine, flags: Flags) -> None:
    """Set the flags, which are registers of one bit."""
    for name, flag in zip((*"NZCV", LESS), flags, strict=True):
        machine.set(name, flag)


def flags_of(result: Tracked) -> Flags:
    """Return the flags of a logical operation."""
    off = Tracked(FALSE, result.deps)
    negative = sign(result)
    return Flags(negative, is_zero(result), off, off, negative)


def flags_of_sum(a: Tracked, b: Tracked, carry: Tracked) -> Flags:
    """Return the flags of `a` + `b` + a carry of one bit: AddWithCarry() of the Arm ARM."""
    wide = a.bits + 1
    exact = apply("add", apply("add", resize(a, wide), resize(b, wide)), resize(carry, wide))
    result = resize(exact, a.bits)
    negative = sign(result)
    overflow = sign(apply("and", apply("xor", a, result), apply("xor", b, result)))
    out = part(exact, a.bits, 1)
    return Flags(negative, is_zero(result), out, overflow, apply("xor", negative, overflow))


def flags_of_difference(a: Tracked, b: Tracked) -> Flags:
    """Return the flags of `a` - `b`: C is the absence of a borrow."""
    negative, less = sign(apply("sub", a, b)), apply("slt", a, b)
    return Flags(
        negative, apply("eq", a, b), apply("ule", b, a), apply("xor", negative, less), less
    )  # fmt: skip


def sign(a: Tracked) -> Tracked:
    """Return the highest bit of a number."""
    return apply("slt", a, const(0, a.bits))
