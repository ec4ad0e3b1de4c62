"""32-bit Arm (A32 and T32): what its loads, stores, exclusives and barriers do.

Arm ARM DDI 0406C (Armv7), A8.8; DDI 0487 F5 (Armv8). Instructions with a condition are branches and
moves; others are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.expression import Free
from checker.language.asm.arm import canonical
from checker.lowering.asm import aarch64_flags as flags
from checker.lowering.asm.arm_step import SHIFTS, WORD, Step
from checker.lowering.asm.machine import (
    Machine,
    Tracked,
    View,
    apply,
    choose,
    const,
    invert,
    is_zero,
    join,
    part,
    resize,
    unknown,
)

Run = Callable[[Step], None]

SIZES = {"": 4, "b": 1, "h": 2, "d": 8}
"""Bytes of an access by the letter that ends its mnemonic."""

PAIR = "R2, R3, [R1]"

_REGISTER = re.compile(r"(r(1[0-5]|[0-9])|sp|lr|ip|fp|pc)", re.IGNORECASE)


def register(name: str) -> View | None:
    """Return what a register's name means."""
    return View(canonical(name), WORD) if _REGISTER.fullmatch(name) else None


def execute(instruction: ast.Instruction, machine: Machine) -> None:
    """Carry one instruction out; raises Diagnostic where it has no meaning."""
    known = _table()
    if instruction.name not in known:
        raise unknown(instruction, known)
    run, form = known[instruction.name]
    run(Step(instruction, machine, form))


# --- memory ---------------------------------------------------------------------------------------


def _load(step: Step, size: int, *, sign: bool = False, order: str = "", cls: str = "gpr") -> None:
    step.count(2)
    target = step.name(0)
    address = step.base(1) if order else step.address(1)
    found = step.machine.load(address, size, order=order, cls=cls)
    step.put(target, resize(found, WORD, sign=sign))


def _store(step: Step, size: int, order: str = "", cls: str = "gpr") -> None:
    step.count(2)
    new = part(step.get(step.name(0)), 0, 8 * size)
    address = step.base(1) if order else step.address(1)
    step.machine.store(address, new, size, order=order, cls=cls)


def _pair(step: Step, first: int) -> tuple[str, str]:
    """Return the two registers of a doubleword; the second may be left out, it is the next one."""
    low = step.name(first)
    if first + 1 < len(step.operands) and isinstance(step.operands[first + 1], ast.Reg):
        return low, step.name(first + 1)
    return low, step.known(f"r{int(low[1:]) + 1}")


def _joined(step: Step, names: tuple[str, str]) -> Tracked:
    """Return the number of a doubleword: the first register lies at the lower address."""
    halves = [step.get(name) for name in names]
    return join(*(reversed(halves) if step.machine.target.endian == "big" else halves))


def _parted(step: Step, names: tuple[str, str], both: Tracked) -> None:
    halves = (part(both, 0, WORD), part(both, WORD, WORD))
    for name, half in zip(
        names, reversed(halves) if step.machine.target.endian == "big" else halves, strict=True
    ):
        step.put(name, half)


def _load_pair(step: Step) -> None:
    step.count(2, 3)
    names = _pair(step, 0)
    address = step.address(len(step.operands) - 1)
    _parted(step, names, step.machine.load(address, 8, cls="pair", element=4))


def _store_pair(step: Step) -> None:
    step.count(2, 3)
    new = _joined(step, _pair(step, 0))
    address = step.address(len(step.operands) - 1)
    step.machine.store(address, new, 8, cls="pair", element=4)


def _load_exclusive(step: Step, size: int, order: str = "") -> None:
    """What a lone one promises is of a class of its own: a successful pair is more."""
    address = step.base(len(step.operands) - 1)
    read = step.machine.load_reserve(address, size, order=order, cls="exclusive-alone")
    if size == 8:
        step.count(2, 3)
        _parted(step, _pair(step, 0), read)
    else:
        step.count(2)
        step.put(step.name(0), resize(read, WORD))


def _store_exclusive(step: Step, size: int, order: str = "") -> None:
    status = step.name(0)
    if size == 8:
        step.count(3, 4)
        new = _joined(step, _pair(step, 1))
    else:
        step.count(3)
        new = part(step.get(step.name(1)), 0, 8 * size)
    address = step.base(len(step.operands) - 1)
    done = step.machine.store_conditional(address, new, size, order=order, cls="exclusive")
    step.put(status, resize(invert(done), WORD))


def _clear(step: Step) -> None:
    step.count(0)
    step.machine.here.reserved = ()


# --- barriers and control flow --------------------------------------------------------------------

_REACHES = {
    f"{domain}{kind}": kind or "sy"
    for domain in ("", "ish", "nsh", "osh")
    for kind in ("", "ld", "st")
} | {"sy": "sy"}
"""What a barrier's option orders; how far it reaches makes no difference here."""


def _barrier(step: Step, name: str) -> None:
    step.count(0, 1)
    option = step.operands[0] if step.operands else ast.NameOf("sy")
    if not isinstance(option, ast.NameOf) or option.name.lower() not in _REACHES:
        raise step.wrong()
    step.machine.fence(f"{name} {_REACHES[option.name.lower()]}")


def _instruction_barrier(step: Step) -> None:
    step.count(0, 1)
    step.machine.fence("isb")


def _nothing(step: Step) -> None:
    step.count(0)


def _label(step: Step, k: int) -> str:
    step.count(k + 1)
    operand = step.operands[k]
    if not isinstance(operand, ast.NameOf):
        raise step.wrong()
    return operand.name


def _branch(step: Step) -> None:
    step.machine.jump(_label(step, 0))


def _branch_if(step: Step, condition: str) -> None:
    step.machine.branch(_held(step, condition), _label(step, 0))


def _branch_zero(step: Step, *, zero: bool) -> None:
    label, found = _label(step, 1), is_zero(step.get(step.name(0)))
    step.machine.branch(found if zero else invert(found), label)


def _return(step: Step) -> None:
    step.count(1)
    if step.operands != (ast.Reg("lr"),) and step.operands != (ast.Reg("LR"),):
        raise Diagnostic("a branch to a register other than lr", step.instruction.at)
    step.machine.stop()


def _held(step: Step, condition: str) -> Tracked:
    found = flags.condition(step.machine, condition)
    assert found is not None
    return found


# --- arithmetic -----------------------------------------------------------------------------------


def _move(step: Step, *, inverted: bool = False, sets: bool = False, when: str = "") -> None:
    new = step.second(1)
    new = invert(new) if inverted else new
    target = step.name(0)
    step.put(target, choose(_held(step, when), new, step.get(target)) if when else new)
    if sets:
        _logical_flags(step, new, 1)


def _move_top(step: Step) -> None:
    step.count(2)
    target, high = step.name(0), step.second(1)
    step.put(target, join(part(step.get(target), 0, 16), part(high, 0, 16)))


def _compute(step: Step, op: str, *, sets: bool = False) -> None:
    """Two operands stand for three: the first is then the destination too."""
    three = len(step.operands) > 2 and isinstance(step.operands[1], ast.Reg) and not isinstance(
        step.operands[2], ast.Shift
    )  # fmt: skip
    second = 2 if three else 1
    left = step.get(step.name(second - 1))
    right = step.second(second)
    if op == "bic":
        new = apply("and", left, invert(right))
    elif op == "rsb":
        left, right = right, left
        new = apply("sub", left, right)
    else:
        new = apply(op, left, right)
    step.put(step.name(0), new)
    if not sets:
        return
    if op in ("sub", "rsb"):
        flags.set_flags(step.machine, flags.flags_of_difference(left, right))
    elif op == "add":
        flags.set_flags(step.machine, flags.flags_of_sum(left, right, const(0, 1)))
    else:
        _logical_flags(step, new, second)


def _shift(step: Step, op: str) -> None:
    step.count(3)
    right = step.second(2)
    if isinstance(step.operands[2], ast.Reg):
        right = apply("and", right, const(255, WORD))
    step.put(step.name(0), apply(op, step.get(step.name(1)), right))


def _compare(step: Step, op: str) -> None:
    left, right = step.get(step.name(0)), step.second(1)
    if op == "sub":
        flags.set_flags(step.machine, flags.flags_of_difference(left, right))
    else:
        _logical_flags(step, apply(op, left, right), 1)


def _logical_flags(step: Step, result: Tracked, second: int) -> None:
    """Set N and Z; V stays as it is, and so does C where the second operand is not shifted.

    A shifted one, or a constant that is a rotated byte, leaves a carry of its own: it may be any.
    """
    negative = flags.sign(result)
    machine = step.machine
    machine.set("N", negative)
    machine.set("Z", is_zero(result))
    machine.set(flags.LESS, apply("xor", negative, machine.reg("V", 1)))
    rest = step.operands[second:]
    plain = len(rest) == 1 and not (isinstance(rest[0], ast.Imm) and not 0 <= rest[0].value < 256)
    if not plain:
        name = f"carry {machine.thread} {machine.at} {len(machine.trace.drafts)}"
        machine.set("C", Tracked(Free(name, 1), result.deps))


# --- the table ------------------------------------------------------------------------------------


@cache
def _table() -> dict[str, tuple[Run, str]]:
    """Return what each mnemonic does, and what its operands look like."""
    two, three, label = "R0, [R1]", "R0, R1, R2", "L0"
    found: dict[str, tuple[Run, str]] = {
        "ldrd": (_load_pair, PAIR), "strd": (_store_pair, PAIR),
        "ldrsb": (partial(_load, size=1, sign=True), two),
        "ldrsh": (partial(_load, size=2, sign=True), two),
        "clrex": (_clear, ""), "nop": (_nothing, ""), "isb": (_instruction_barrier, ""),
        "dmb": (partial(_barrier, name="dmb"), "ISH"),
        "dsb": (partial(_barrier, name="dsb"), "ISH"),
        "b": (_branch, label), "bx": (_return, "LR"),
        "cbz": (partial(_branch_zero, zero=True), "R0, L0"),
        "cbnz": (partial(_branch_zero, zero=False), "R0, L0"),
        "movw": (_move, "R0, #1"), "movt": (_move_top, "R0, #1"),
        "cmp": (partial(_compare, op="sub"), "R0, R1"),
        "teq": (partial(_compare, op="xor"), "R0, R1"),
        "tst": (partial(_compare, op="and"), "R0, R1"),
    }  # fmt: skip
    for letter in ("", "b", "h"):
        size = SIZES[letter]
        found[f"ldr{letter}"] = (partial(_load, size=size), two)
        found[f"str{letter}"] = (partial(_store, size=size), two)
        found[f"lda{letter}"] = (partial(_load, size=size, order="acquire", cls="acquire"), two)
        found[f"stl{letter}"] = (partial(_store, size=size, order="release", cls="acquire"), two)
    for letter, size in SIZES.items():
        place = PAIR if size == 8 else two
        status = f"R4, {PAIR}" if size == 8 else "R2, R0, [R1]"
        for name, order in (("ldrex", ""), ("ldaex", "acquire")):
            found[name + letter] = (partial(_load_exclusive, size=size, order=order), place)
        for name, order in (("strex", ""), ("stlex", "release")):
            found[name + letter] = (partial(_store_exclusive, size=size, order=order), status)
    operators = {"add": "add", "sub": "sub", "rsb": "rsb", "and": "and", "orr": "or",
                 "eor": "xor", "bic": "bic"}  # fmt: skip
    for name, op in operators.items():
        found[name] = (partial(_compute, op=op), three)
        found[f"{name}s"] = (partial(_compute, op=op, sets=True), three)
    for name, op in SHIFTS.items():
        found[name] = (partial(_shift, op=op), "R0, R1, #1")
    for name, inverted in (("mov", False), ("mvn", True)):
        found[name] = (partial(_move, inverted=inverted), "R0, #1")
        found[f"{name}s"] = (partial(_move, inverted=inverted, sets=True), "R0, #1")
    for one in (*flags.CONDITIONS, *flags.OPPOSITE, *flags.SAME):
        found[f"b{one}"] = (partial(_branch_if, condition=one), label)
        for name, inverted in (("mov", False), ("mvn", True)):
            found[f"{name}{one}"] = (partial(_move, inverted=inverted, when=one), "R0, #1")
    return found
