"""AArch64: branches, conditional selection and comparison, barriers and hints.

Arm ARM DDI 0487 C3.1, C3.5.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker.lowering.asm.aarch64_flags import (
    CONDITIONS,
    OPPOSITE,
    SAME,
    Flags,
    condition,
    flags_of_difference,
    flags_of_sum,
    set_flags,
)
from checker.lowering.asm.aarch64_step import Entry, Step, picked
from checker.lowering.asm.machine import (
    Tracked,
    apply,
    const,
    invert,
    is_zero,
    part,
)

# --- branches -------------------------------------------------------------------------------------


def _condition(step: Step, name: str) -> Tracked:
    found = condition(step.machine, name)
    if found is None:
        raise step.wrong()
    return found


def _branch_if(step: Step, name: str) -> None:
    step.machine.branch(_condition(step, name), step.word(0))


def _branch(step: Step) -> None:
    step.machine.jump(step.word(0))


def _compare_and_branch(step: Step, zero: bool) -> None:
    equal = is_zero(step.get(0, step.width(0)))
    step.machine.branch(equal if zero else invert(equal), step.word(1))


def _test_and_branch(step: Step, zero: bool) -> None:
    bits, number = step.width(0), step.immediate(1)
    if not 0 <= number < bits:
        raise step.wrong()
    tested = part(step.get(0, bits), number, 1)
    step.machine.branch(invert(tested) if zero else tested, step.word(2))


def _stop(step: Step) -> None:
    if step.count:
        step.name(0)
    step.machine.stop()


# --- selection ------------------------------------------------------------------------------------

Unary = Callable[[Tracked], Tracked]


def _same(a: Tracked) -> Tracked:
    return a


def _increment(a: Tracked) -> Tracked:
    return apply("add", a, const(1, a.bits))


def _negate(a: Tracked) -> Tracked:
    return apply("sub", const(0, a.bits), a)


def _select(step: Step, change: Unary) -> None:
    """Carry out `op Rd, Rn, Rm, cond`: Rn where it holds, else what becomes of Rm."""
    bits = step.width(0)
    yes, no = step.get(1, bits), change(step.get(2, bits))
    step.put_picked(0, _condition(step, step.word(3)), yes, no)


def _change_if(step: Step, change: Unary) -> None:
    """Carry out `op Rd, Rn, cond`: what becomes of Rn where it holds, else Rn."""
    bits = step.width(0)
    source = step.get(1, bits)
    step.put_picked(0, _condition(step, step.word(2)), change(source), source)


def _set_if(step: Step, number: int) -> None:
    bits = step.width(0)
    held = _condition(step, step.word(1))
    step.put_picked(0, held, const(number, bits), const(0, bits))


def _compare_if(step: Step, flags: Callable[[Tracked, Tracked], Flags]) -> None:
    """Carry out `op Rn, Rm, #nzcv, cond`: compare where it holds, else set the flags given."""
    bits = step.width(0)
    compared = flags(step.get(0, bits), step.value_alone(1, bits))
    n, z, c, v = (const(step.immediate(2) >> k, 1) for k in (3, 2, 1, 0))
    given = Flags(n, z, c, v, apply("xor", n, v))
    held = _condition(step, step.word(3))
    yes, no = (
        partial(set_flags, step.machine, Flags(*(picked(flag, held) for flag in one)))
        for one in (compared, given)
    )
    step.machine.either(held, yes, no)


def _flags_add(a: Tracked, b: Tracked) -> Flags:
    return flags_of_sum(a, b, const(0, 1))


# --- barriers and hints ---------------------------------------------------------------------------


def _barrier(step: Step, name: str) -> None:
    """Add a barrier; how far it reaches (SY, ISH, NSH, OSH) makes no difference here."""
    reach = step.word(0).lower()
    kinds = {
        prefix + kind: kind or "sy"
        for prefix in ("", "ish", "nsh", "osh")
        for kind in ("", "ld", "st")
    }
    kinds |= {"sy": "sy"}
    if not reach or reach not in kinds:
        raise step.wrong()
    step.machine.fence(f"{name} {kinds[reach]}")


def _instruction_barrier(step: Step) -> None:
    if step.count and step.word(0).lower() != "sy":
        raise step.wrong()
    step.machine.fence("isb")


def _nothing(_step: Step) -> None:
    """Do nothing that a memory model could see."""


def _prefetch(step: Step) -> None:
    step.operand(0)
    step.place(1)


def _table() -> dict[str, Entry]:
    found = {
        "b": Entry(_branch, "label"),
        "ret": Entry(_stop, ""),
        "isb": Entry(_instruction_barrier, ""),
        "prfm": Entry(_prefetch, "PLDL1KEEP, [X0]"),
        "ccmp": Entry(partial(_compare_if, flags=flags_of_difference), "X0, X1, #nzcv, EQ"),
        "ccmn": Entry(partial(_compare_if, flags=_flags_add), "X0, X1, #nzcv, EQ"),
    }
    for name in (*CONDITIONS, *OPPOSITE, *SAME, "al"):
        found[f"b.{name}"] = Entry(partial(_branch_if, name=name), "label")
    for zero, letters in {True: "z", False: "nz"}.items():
        compare = partial(_compare_and_branch, zero=zero)
        found[f"cb{letters}"] = Entry(compare, "X0, label")
        found[f"tb{letters}"] = Entry(partial(_test_and_branch, zero=zero), "X0, #bit, label")
    changes: dict[str, Unary] = {"inc": _increment, "inv": invert, "neg": _negate}
    found["csel"] = Entry(partial(_select, change=_same), "X0, X1, X2, EQ")
    for ending, change in changes.items():
        found[f"cs{ending}"] = Entry(partial(_select, change=change), "X0, X1, X2, EQ")
        found[f"c{ending}"] = Entry(partial(_change_if, change=change), "X0, X1, EQ")
    found["cset"] = Entry(partial(_set_if, number=1), "X0, EQ")
    found["csetm"] = Entry(partial(_set_if, number=-1), "X0, EQ")
    for name in ("dmb", "dsb"):
        found[name] = Entry(partial(_barrier, name=name), "SY, LD or ST")
    for name in ("nop", "yield", "wfe", "wfi", "sev", "sevl"):
        found[name] = Entry(_nothing, "")
    return found


TABLE = _table()
"""What this module knows, by mnemonic."""
