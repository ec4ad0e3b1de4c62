"""The flags of x86: what instructions leave in them, and the conditions made of them.

Each is a register of one bit. `less`, the sign flag against the overflow flag, is kept beside them:
after a comparison it is the signed `<`.
"""

from __future__ import annotations

from checker.lowering.asm.machine import Machine, Tracked, apply, const, invert, is_zero

_ZERO = const(0, 1)


def _sign(a: Tracked) -> Tracked:
    return apply("slt", a, const(0, a.bits))


def after(machine: Machine, op: str, left: Tracked, right: Tracked, *, carry: bool = True) -> None:
    """Set the flags as `left op right` does; `carry` says whether that one is set too."""
    result = apply(op, left, right)
    borrowed, overflow, less = _ZERO, _ZERO, _sign(result)
    if op == "sub":
        borrowed, less = apply("ult", left, right), apply("slt", left, right)
        overflow = apply("xor", less, _sign(result))
    elif op == "add":
        borrowed = apply("ult", result, left)
        changed = apply("and", apply("xor", left, result), apply("xor", right, result))
        overflow = _sign(changed)
        less = apply("xor", _sign(result), overflow)
    _set(machine, result, less, overflow)
    if carry:
        machine.set("cf", borrowed)


def after_shift(machine: Machine, op: str, left: Tracked, count: Tracked) -> None:
    """Set the flags as a shift by a known number does: by 0 it leaves them alone."""
    if is_zero(count).value == const(1, 1).value:
        return
    bits = left.bits
    before = apply(op, left, apply("sub", count, const(1, bits)))
    last = _sign(before) if op == "shl" else apply("and", before, const(1, bits))
    out = last if last.bits == 1 else invert(is_zero(last))
    result = apply(op, left, count)
    overflow = apply("xor", _sign(result), out) if op == "shl" else _ZERO
    _set(machine, result, apply("xor", _sign(result), overflow), overflow)
    machine.set("cf", out)


def _set(machine: Machine, result: Tracked, less: Tracked, overflow: Tracked) -> None:
    machine.set("zf", is_zero(result))
    machine.set("sf", _sign(result))
    machine.set("of", overflow)
    machine.set("less", less)


_FLAGS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("e", "z"): ("zf",),
    ("l", "lt", "nge"): ("less",),
    ("le", "ng"): ("less", "zf"),
    ("b", "c", "nae"): ("cf",),
    ("be", "na"): ("cf", "zf"),
    ("s",): ("sf",),
    ("o",): ("of",),
}
"""Names of a condition, and the flags of which one is set where it holds; `lt` is herd7's."""

_OPPOSITE: dict[tuple[str, ...], str] = {
    ("ne", "nz"): "e",
    ("ge", "nl"): "l",
    ("g", "gt", "nle"): "le",
    ("ae", "nc", "nb"): "b",
    ("a", "nbe"): "be",
    ("ns",): "s",
    ("no",): "o",
}

CONDITIONS: dict[str, tuple[tuple[str, ...], bool]] = {
    name: (found, True) for names, found in _FLAGS.items() for name in names
}
"""Each condition: its flags, and whether one of them is set or none."""

CONDITIONS |= {
    name: (CONDITIONS[other][0], False) for names, other in _OPPOSITE.items() for name in names
}


def condition(machine: Machine, name: str) -> Tracked:
    """Return in one bit whether a condition holds."""
    names, wanted = CONDITIONS[name]
    found = _ZERO
    for one in names:
        found = apply("or", found, machine.reg(one, 1))
    return found if wanted else invert(found)
