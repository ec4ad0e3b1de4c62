"""Power, as herd7's PPC dialect has it.

What instructions compute is Power ISA Book I; reservations and barriers are Book II. A base `r0`
is the number 0 in an indexed access, as in `addi` and `addis`; in `lwz r1,0(r0)` it is the
register, as herd7 has it, where the manual has 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from checker import litmus as ast
from checker.lowering.asm import ppc_arithmetic as arithmetic
from checker.lowering.asm.machine import Machine, Tracked, apply, const, invert, resize, unknown
from checker.lowering.asm.ppc_step import Step, register

__all__ = ["execute", "register"]


# --- memory ---------------------------------------------------------------------------------------


def _load(
    step: Step, size: int, *, sign: bool = False, indexed: bool = False, update: bool = False
) -> None:
    base, address = step.indexed() if indexed else step.place()
    step.set(0, resize(step.machine.load(address, size), 64, sign=sign))
    if update:
        step.machine.set(base, address)


def _store(step: Step, size: int, *, indexed: bool = False, update: bool = False) -> None:
    base, address = step.indexed() if indexed else step.place()
    step.machine.store(address, step.reg(0), size)
    if update:
        step.machine.set(base, address)


def _load_reserve(step: Step, size: int) -> None:
    """A fourth operand is a hint: Power ISA Book II, lwarx."""
    step.take(3, 4)
    address = apply("add", step.reg(2), step.reg_or_zero(1))
    read = step.machine.load_reserve(address, size, cls="reservation")
    step.set(0, resize(read, 64))


def _store_conditional(step: Step, size: int) -> None:
    """Sets `eq` of cr0 where it has stored, and neither `lt` nor `gt`."""
    step.take(3)
    address = apply("add", step.reg(2), step.reg_or_zero(1))
    done = step.machine.store_conditional(address, step.reg(0), size, cls="reservation")
    _set_field(step.machine, "cr0", const(0, 1), const(0, 1), done)


def _sync(step: Step) -> None:
    """`sync 1` is lwsync: Power ISA Book II, sync."""
    step.take(0, 1)
    light = step.instruction.name == "sync" and step.operands == (ast.Imm(1),)
    step.machine.fence("lwsync" if light else "sync")


def _fence(step: Step) -> None:
    step.take(0)
    step.machine.fence(step.instruction.name)


def _hint(step: Step) -> None:
    """An instruction without an effect that the model knows."""


# --- arithmetic -----------------------------------------------------------------------------------


def _three(step: Step, compute: Callable[[Tracked, Tracked], Tracked]) -> None:
    step.take(3)
    _result(step, compute(step.reg(1), step.reg(2)))


def _immediate(step: Step, compute: Callable[[Tracked, Tracked], Tracked], shift: int = 0) -> None:
    step.take(3)
    _result(step, compute(step.reg(1), const(step.number(2) << shift)))


def _add_immediate(step: Step, shift: int = 0, factor: int = 1) -> None:
    step.take(3)
    step.set(0, apply("add", step.reg_or_zero(1), const(factor * step.number(2) << shift)))


def _load_immediate(step: Step, shift: int = 0) -> None:
    step.take(2)
    step.set(0, const(step.number(1) << shift))


def _two(step: Step, compute: Callable[[Tracked], Tracked]) -> None:
    step.take(2)
    _result(step, compute(step.reg(1)))


def _by_numbers(step: Step, compute: Callable[..., Tracked], count: int) -> None:
    """`rD,rS` and `count` numbers, such as `rlwinm r3,r4,5,0,31`."""
    step.take(2 + count)
    numbers = [step.number(2 + index) for index in range(count)]
    if not all(0 <= number < 64 for number in numbers):
        raise step.wrong()
    _result(step, compute(step.reg(1), *numbers))


def _insert(step: Step) -> None:
    """`rlwimi`: bits outside the mask stay as they are."""
    step.take(5)
    begin, end = step.number(3), step.number(4)
    kept = const(~arithmetic.mask(begin + 32, end + 32))
    new = arithmetic.rotate_word(step.reg(1), step.number(2), begin, end)
    _result(step, apply("or", new, apply("and", step.reg(0), kept)))


def _result(step: Step, new: Tracked) -> None:
    """Set the first operand; a record form compares it with 0."""
    step.set(0, new)
    if step.instruction.name.endswith("."):
        _compared(step.machine, "cr0", new, const(0), signed=True)


# --- conditions and branches ----------------------------------------------------------------------


def _compare(step: Step, bits: int, *, signed: bool, immediate: bool) -> None:
    """`cmpw r1,r2`, `cmpw cr1,r1,r2` or `cmpw 1,r1,r2`."""
    step.take(2, 3)
    first = len(step.operands) - 2
    field = step.field() if first else "cr0"
    left = resize(step.reg(first), bits)
    right = const(step.number(first + 1)) if immediate else step.reg(first + 1)
    _compared(step.machine, field, left, resize(right, bits), signed=signed)


def _compared(machine: Machine, field: str, left: Tracked, right: Tracked, *, signed: bool) -> None:
    less = "slt" if signed else "ult"
    _set_field(
        machine, field, apply(less, left, right), apply(less, right, left), apply("eq", left, right)
    )


def _set_field(
    machine: Machine, field: str, less: Tracked, greater: Tracked, equal: Tracked
) -> None:
    for name, bit in (("lt", less), ("gt", greater), ("eq", equal)):
        machine.set(f"{field}.{name}", bit)


def _branch_if(step: Step, bit: str, *, wanted: bool) -> None:
    """`beq L1` or `beq cr1,L1`."""
    step.take(1, 2)
    field = step.field() if len(step.operands) == 2 else "cr0"
    found = step.machine.reg(f"{field}.{bit}", 1)
    step.machine.branch(found if wanted else invert(found), step.label())


def _branch(step: Step) -> None:
    step.take(1)
    step.machine.jump(step.label())


def _stop(step: Step) -> None:
    step.take(0)
    step.machine.stop()


# --- the table ------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """What a mnemonic does, and the operands it wants, for a diagnostic."""

    run: Callable[[Step], None]
    form: str


_FORMS: tuple[tuple[str, bool, bool, str], ...] = (
    ("", False, False, "r1,0(r2)"),
    ("x", True, False, "r1,r2,r3"),
    ("u", False, True, "r1,0(r2)"),
    ("ux", True, True, "r1,r2,r3"),
)
"""Last letters of loads and stores: whether indexed, whether updating, and the operands."""


def _accesses() -> dict[str, Entry]:
    found = {}
    runs: dict[str, Callable[..., None]] = {
        "lbz": partial(_load, size=1),
        "lhz": partial(_load, size=2),
        "lha": partial(_load, size=2, sign=True),
        "lwz": partial(_load, size=4),
        "lwa": partial(_load, size=4, sign=True),
        "ld": partial(_load, size=8),
        "stb": partial(_store, size=1),
        "sth": partial(_store, size=2),
        "stw": partial(_store, size=4),
        "std": partial(_store, size=8),
    }
    for name, run in runs.items():
        for letters, indexed, update, form in _FORMS:
            found[name + letters] = Entry(partial(run, indexed=indexed, update=update), form)
    for letter, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        reserve, store = partial(_load_reserve, size=size), partial(_store_conditional, size=size)
        found[f"l{letter}arx"] = Entry(reserve, "r1,r2,r3")
        found[f"st{letter}cx."] = Entry(store, "r1,r2,r3")
    return found


def _arithmetics() -> dict[str, Entry]:
    found = {}
    for name, three in arithmetic.THREE.items():
        found[name] = found[f"{name}."] = Entry(partial(_three, compute=three), "r1,r2,r3")
    for name, two in arithmetic.TWO.items():
        found[name] = found[f"{name}."] = Entry(partial(_two, compute=two), "r1,r2")
    for name, (numbers, count) in arithmetic.NUMBERS.items():
        form = "r1,r2" + ",1" * count
        entry = Entry(partial(_by_numbers, compute=numbers, count=count), form)
        found[name] = found[f"{name}."] = entry
    for name, op in (("and", "and"), ("or", "or"), ("xor", "xor")):
        dot = "." if name == "and" else ""
        for letters, shift in (("i", 0), ("is", 16)):
            compute = partial(_immediate, compute=partial(apply, op), shift=shift)
            found[f"{name}{letters}{dot}"] = Entry(compute, "r1,r2,1")
    found["mulli"] = Entry(partial(_immediate, compute=partial(apply, "mul")), "r1,r2,1")
    found["rlwimi"] = found["rlwimi."] = Entry(_insert, "r1,r2,1,0,31")
    for letters, shift in (("i", 0), ("is", 16)):
        found[f"add{letters}"] = Entry(partial(_add_immediate, shift=shift), "r1,r2,1")
        less = partial(_add_immediate, shift=shift, factor=-1)
        found[f"sub{letters}"] = Entry(less, "r1,r2,1")
        found[f"l{letters}"] = Entry(partial(_load_immediate, shift=shift), "r1,1")
    return found


def _comparisons() -> dict[str, Entry]:
    found = {}
    for letter, bits in (("w", 32), ("d", 64)):
        for kind, signed in (("cmp", True), ("cmpl", False)):
            for suffix, immediate in (("", False), ("i", True)):
                run = partial(_compare, bits=bits, signed=signed, immediate=immediate)
                form = "r1,1" if immediate else "r1,r2"
                found[f"{kind}{letter}{suffix}"] = Entry(run, form)
    return found


def _branches() -> dict[str, Entry]:
    found = {"b": Entry(_branch, "L0"), "blr": Entry(_stop, "")}
    for names, bit, wanted in (
        ("beq", "eq", True), ("bne", "eq", False), ("blt", "lt", True), ("bgt", "gt", True),
        ("bge bnl", "lt", False), ("ble bng", "gt", False),
    ):  # fmt: skip
        for name in names.split():
            for predicted in ("", "+", "-"):
                run = partial(_branch_if, bit=bit, wanted=wanted)
                found[f"{name}{predicted}"] = Entry(run, "L0")
    return found


_OTHERS = {
    "sync": Entry(_sync, ""),
    "hwsync": Entry(_sync, ""),
    "msync": Entry(_sync, ""),
    "lwsync": Entry(_fence, ""),
    "isync": Entry(_fence, ""),
    "eieio": Entry(_fence, ""),
    "nop": Entry(_hint, ""),
    "dcbf": Entry(_hint, "r1,r2"),
    "dcbst": Entry(_hint, "r1,r2"),
    "dcbt": Entry(_hint, "r1,r2"),
    "dcbtst": Entry(_hint, "r1,r2"),
}

_TABLE = _accesses() | _arithmetics() | _comparisons() | _branches() | _OTHERS


def execute(instruction: ast.Instruction, machine: Machine) -> None:
    """Carry one instruction out."""
    entry = _TABLE.get(instruction.name)
    if entry is None:
        raise unknown(instruction, _TABLE)
    entry.run(Step(instruction, machine, entry.form))
