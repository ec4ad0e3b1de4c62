"""AArch64: shifts, bit fields, and the orders of bits and bytes. Arm ARM DDI 0487 C3.5."""

from __future__ import annotations

from functools import partial, reduce

from checker.lowering.asm.aarch64_flags import sign
from checker.lowering.asm.aarch64_step import DOUBLE, EXTENDS, Entry, Step, extended, shift
from checker.lowering.asm.machine import (
    Tracked,
    apply,
    choose,
    const,
    join,
    part,
    resize,
)

# --- shifts ---------------------------------------------------------------------------------------


def _shift(step: Step, kind: str) -> None:
    bits = step.width(0)
    step.put(0, shift(kind, step.get(1, bits), step.value(2, bits)))


def _extract(step: Step) -> None:
    """Take a register's width out of two registers end to end, from a bit on."""
    bits = step.width(0)
    both = join(step.get(2, bits), step.get(1, bits))
    step.put(0, part(both, _bit(step, 3), bits))


# --- bit fields -----------------------------------------------------------------------------------


def _bit(step: Step, k: int, lowest: int = 0) -> int:
    """Return an operand that is a bit's number, or a count of bits."""
    number = step.immediate(k)
    if not lowest <= number < step.width(0) + lowest:
        raise step.wrong()
    return number


def _field_move(step: Step, kind: str) -> None:
    """Carry out UBFM, SBFM or BFM: they take the field up to bit `last`, or put it there."""
    bits = step.width(0)
    rotate, last = _bit(step, 2), _bit(step, 3)
    if last >= rotate:
        _field(step, kind, source=rotate, target=0, count=last - rotate + 1)
    else:
        _field(step, kind, source=0, target=bits - rotate, count=last + 1)


def _field_take(step: Step, kind: str) -> None:
    low, count = _bit(step, 2), _bit(step, 3, lowest=1)
    _field(step, kind, source=low, target=0, count=count)


def _field_put(step: Step, kind: str) -> None:
    low, count = _bit(step, 2), _bit(step, 3, lowest=1)
    _field(step, kind, source=0, target=low, count=count)


def _field(step: Step, kind: str, *, source: int, target: int, count: int) -> None:
    """Move `count` bits from one bit to another: among zeros, their sign, or what was there."""
    bits = step.width(0)
    if max(source, target) + count > bits:
        raise step.wrong()
    taken = resize(part(step.get(1, bits), source, count), bits, sign=kind == "s")
    moved = apply("shl", taken, const(target, bits))
    if kind == "b":
        mask = ((1 << count) - 1) << target
        kept = apply("and", step.get(0, bits), const(~mask, bits))
        moved = apply("or", kept, moved)
    step.put(0, moved)


def _extend(step: Step, kind: str) -> None:
    """Widen the low bits of a register; the source may be named as a W or an X register."""
    step.put(0, extended(kind, step.read(step.name(1)), step.width(0)))


# --- orders ---------------------------------------------------------------------------------------


def _exchange(a: Tracked, width: int) -> Tracked:
    """Exchange neighbouring groups of `width` bits."""
    mask = sum(((1 << width) - 1) << low for low in range(0, a.bits, 2 * width))
    by, low = const(width, a.bits), const(mask, a.bits)
    return apply(
        "or", apply("shl", apply("and", a, low), by), apply("and", apply("lshr", a, by), low)
    )


def _reverse(step: Step, group: int, unit: int) -> None:
    """Reverse the units of `unit` bits in each group of `group` bits; 0 is the register."""
    bits = step.width(0)
    group = group or bits
    if group > bits:
        raise step.wrong()
    widths = [width for width in (1, 2, 4, 8, 16, 32) if unit <= width < group]
    step.put(0, reduce(_exchange, widths, step.get(1, bits)))


def _absolute(step: Step) -> None:
    bits = step.width(0)
    a = step.get(1, bits)
    step.put(0, choose(sign(a), apply("sub", const(0, bits), a), a))


# --- counts ---------------------------------------------------------------------------------------


def _leading(a: Tracked) -> Tracked:
    """Return the number of zeros above the highest one."""
    count = const(a.bits, a.bits)
    for low in range(a.bits):
        count = choose(resize(part(a, low, 1), 1), const(a.bits - 1 - low, a.bits), count)
    return count


def _count(step: Step, what: str) -> None:
    bits = step.width(0)
    a = step.get(1, bits)
    if what == "clz":
        found = _leading(a)
    elif what == "ctz":
        found = _leading(reduce(_exchange, [w for w in (1, 2, 4, 8, 16, 32) if w < bits], a))
    elif what == "cls":
        same = apply("xor", a, apply("ashr", a, const(1, bits)))
        found = apply("sub", _leading(same), const(1, bits))
    else:
        found = reduce(partial(apply, "add"), (resize(part(a, k, 1), bits) for k in range(bits)))
    step.put(0, found)


# --- the table ------------------------------------------------------------------------------------


def _table() -> dict[str, Entry]:
    found = {"extr": Entry(_extract, "X0, X1, X2, #bit"), "abs": Entry(_absolute, "X0, X1")}
    for kind in ("lsl", "lsr", "asr", "ror"):
        found[kind] = found[f"{kind}v"] = Entry(partial(_shift, kind=kind), "X0, X1, X2 or #bits")
    for kind, mnemonics in {
        "u": ("ubfm", "ubfx", "ubfiz"),
        "s": ("sbfm", "sbfx", "sbfiz"),
        "b": ("bfm", "bfxil", "bfi"),
    }.items():
        for name, run in zip(mnemonics, (_field_move, _field_take, _field_put), strict=True):
            found[name] = Entry(partial(run, kind=kind), "X0, X1, #bit, #bit")
    for kind in EXTENDS:
        if kind not in ("uxtx", "sxtx"):
            found[kind] = Entry(partial(_extend, kind=kind), "X0, W1")
    for name, group, unit in (
        ("rbit", 0, 1), ("rev", 0, 8), ("rev64", DOUBLE, 8), ("rev32", 32, 8), ("rev16", 16, 8),
    ):  # fmt: skip
        found[name] = Entry(partial(_reverse, group=group, unit=unit), "X0, X1")
    for name in ("clz", "ctz", "cls", "cnt"):
        found[name] = Entry(partial(_count, what=name), "X0, X1")
    return found


TABLE = _table()
"""What this module knows, by mnemonic."""
