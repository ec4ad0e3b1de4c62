"""RISC-V: what the instructions of RV64IMA, Zabha and Zacas do.

The RISC-V Instruction Set Manual, volume I, 20240411; for loads and stores with `.aq` and `.rl` the
Zalasr extension, whose mnemonics herd7 writes `lw.aq` and `sw.rl`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from checker.language.asm.riscv import REGISTERS
from checker.litmus import Instruction, Mem, NameOf, Reg
from checker.lowering.asm.machine import (
    Machine,
    Tracked,
    View,
    also,
    apply,
    choose,
    const,
    invert,
    malformed,
    resize,
    unknown,
)
from checker.lowering.asm.riscv_arithmetic import TABLE, by
from checker.lowering.asm.riscv_step import Binary, Handler, address_of, read, take, write

SIZES = {"b": 1, "h": 2, "w": 4, "d": 8}
"""Bytes of an access by the letter in its mnemonic."""

_LOAD = re.compile(r"l([bhwd])(u?)$")
_STORE = re.compile(r"s([bhwd])$")
_AMO = re.compile(r"amo(swap|add|and|or|xor|max|min|maxu|minu|cas)\.([bhwd])$")
_ORDERED = re.compile(r"(.+?)((?:\.(?:aq|rl|aqrl))+)$")


@cache
def register(name: str) -> View | None:
    """Return what a register's name means."""
    found = REGISTERS.get(name.lower())
    return View(found) if found else None


def execute(instruction: Instruction, machine: Machine) -> None:
    """Carry one instruction out; raises Diagnostic where it has no meaning."""
    handler = _handler(instruction.name)
    if handler is None:
        raise unknown(instruction, _names())
    handler(machine, instruction)


_ACCESSES = (
    "lb", "lbu", "lh", "lhu", "lw", "lwu", "lw.aq", "ld", "ld.aq", "sb", "sh", "sw", "sw.rl", "sd",
    "sd.rl", "lr.w", "lr.d", "sc.w", "sc.d",
)  # fmt: skip


@cache
def _handler(name: str) -> Handler | None:
    """Return what carries a mnemonic out, or None where there is no such instruction."""
    if name in _PLAIN:
        return _PLAIN[name]
    ordered = _ORDERED.match(name)
    plain, order = (ordered[1], _order(ordered[2])) if ordered else (name, "")
    if match := _LOAD.match(plain):
        if match[0] == "ldu":
            return None
        return _load(SIZES[match[1]], order, sign=not match[2])
    if match := _STORE.match(plain):
        return _store(SIZES[match[1]], order)
    if plain in ("lr.w", "lr.d"):
        return _load_reserve(SIZES[plain[-1]], order)
    if plain in ("sc.w", "sc.d"):
        return _store_conditional(SIZES[plain[-1]], order)
    if match := _AMO.match(plain):
        size = SIZES[match[2]]
        return _compare_and_swap(size, order) if match[1] == "cas" else _amo(match[1], size, order)
    return None


def _order(suffix: str) -> str:
    """Return the words for `.aq`, `.rl`, and both: `.aqrl`, or `.aq.rl` as herd7 has it."""
    acquire = "acquire" if "aq" in suffix else ""
    release = "release" if "rl" in suffix else ""
    return f"{acquire} {release}".strip()


def _names() -> list[str]:
    amo = [f"amo{op}.{size}" for op in (*_UPDATES, "cas") for size in "bhwd"]
    return [*_PLAIN, *_ACCESSES, *amo]


# --- memory ---------------------------------------------------------------------------------------


def _load(size: int, order: str, *, sign: bool) -> Handler:
    cls = "zalasr" if order else "gpr"

    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, place = take(instruction, f"{instruction.name} x5,0(x6)", Reg, Mem)
        assert isinstance(place, Mem)
        found = machine.load(address_of(machine, place), size, order=order, cls=cls)
        write(machine, target, resize(found, 64, sign=sign))

    return carry_out


def _store(size: int, order: str) -> Handler:
    cls = "zalasr" if order else "gpr"

    def carry_out(machine: Machine, instruction: Instruction) -> None:
        source, place = take(instruction, f"{instruction.name} x5,0(x6)", Reg, Mem)
        assert isinstance(place, Mem)
        new = read(machine, source)
        machine.store(address_of(machine, place), new, size, order=order, cls=cls)

    return carry_out


def _load_reserve(size: int, order: str) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, place = take(instruction, f"{instruction.name} x5,(x6)", Reg, Mem)
        assert isinstance(place, Mem)
        found = machine.load_reserve(address_of(machine, place), size, order=order, cls="lrsc")
        write(machine, target, resize(found, 64, sign=True))

    return carry_out


def _store_conditional(size: int, order: str) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, source, place = take(instruction, f"{instruction.name} x5,x6,(x7)", Reg, Reg, Mem)
        assert isinstance(place, Mem)
        new, address = read(machine, source), address_of(machine, place)
        done = machine.store_conditional(address, new, size, order=order, cls="lrsc")
        write(machine, target, resize(invert(done), 64))

    return carry_out


def _larger(op: str, a: Tracked, b: Tracked) -> Tracked:
    """Return the one of two numbers that an `amomax…` or `amomin…` keeps."""
    less = apply("ult" if op.endswith("u") else "slt", a, b)
    return choose(less, b, a) if op.startswith("max") else choose(less, a, b)


_UPDATES: dict[str, Callable[[Tracked, Tracked], Tracked]] = {
    "swap": lambda old, operand: operand,
    "add": lambda old, operand: apply("add", old, operand),
    "and": lambda old, operand: apply("and", old, operand),
    "or": lambda old, operand: apply("or", old, operand),
    "xor": lambda old, operand: apply("xor", old, operand),
    "max": lambda old, operand: _larger("max", old, operand),
    "min": lambda old, operand: _larger("min", old, operand),
    "maxu": lambda old, operand: _larger("maxu", old, operand),
    "minu": lambda old, operand: _larger("minu", old, operand),
}
"""The number that each AMO writes, from the old one and its operand."""


def _amo(op: str, size: int, order: str) -> Handler:
    update = _UPDATES[op]

    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, source, place = take(instruction, f"{instruction.name} x5,x6,(x7)", Reg, Reg, Mem)
        assert isinstance(place, Mem)
        operand, address = resize(read(machine, source), 8 * size), address_of(machine, place)
        old = machine.update(
            address, size, lambda old: update(old, operand),
            load_order=order, store_order=order, cls="amo",
        )  # fmt: skip
        write(machine, target, resize(old, 64, sign=True))

    return carry_out


def _compare_and_swap(size: int, order: str) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, source, place = take(instruction, f"{instruction.name} x5,x6,(x7)", Reg, Reg, Mem)
        assert isinstance(place, Mem)
        expected = resize(read(machine, target), 8 * size)
        operand, address = resize(read(machine, source), 8 * size), address_of(machine, place)
        old = machine.update(
            address, size, lambda old: also(operand, expected.deps),
            load_order=order, store_order=order, cls="amo",
            stores_if=lambda old: apply("eq", old, expected),
        )  # fmt: skip
        write(machine, target, resize(old, 64, sign=True))

    return carry_out


# --- fences ---------------------------------------------------------------------------------------


def _fence(machine: Machine, instruction: Instruction) -> None:
    """Add a fence; of devices nothing is known here, so `iorw` is `rw`."""
    sides = []
    for operand in instruction.operands or (NameOf("iorw"), NameOf("iorw")):
        if not isinstance(operand, NameOf) or not set(operand.name.lower()) <= set("iorw"):
            raise malformed(instruction, "fence rw,w")
        sides.append("".join(letter for letter in "rw" if letter in operand.name.lower()))
    if len(sides) != 2:
        raise malformed(instruction, "fence rw,w")
    if all(sides):
        machine.fence(f"fence {sides[0]},{sides[1]}")


def _named_fence(machine: Machine, instruction: Instruction) -> None:
    take(instruction, instruction.name)
    machine.fence(instruction.name)


# --- branches -------------------------------------------------------------------------------------

_CONDITIONS: dict[str, Binary] = {
    "eq": by("eq"),
    "ne": lambda a, b: invert(apply("eq", a, b)),
    "lt": by("slt"),
    "ge": lambda a, b: invert(apply("slt", a, b)),
    "gt": lambda a, b: apply("slt", b, a),
    "le": lambda a, b: invert(apply("slt", b, a)),
    "ltu": by("ult"),
    "geu": lambda a, b: invert(apply("ult", a, b)),
    "gtu": lambda a, b: apply("ult", b, a),
    "leu": lambda a, b: invert(apply("ult", b, a)),
}


def _branch(condition: Binary) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        wanted = f"{instruction.name} x5,x6,LABEL"
        left, right, label = take(instruction, wanted, Reg, Reg, NameOf)
        assert isinstance(label, NameOf)
        machine.branch(condition(read(machine, left), read(machine, right)), label.name)

    return carry_out


def _branch_zero(condition: Binary) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        left, label = take(instruction, f"{instruction.name} x5,LABEL", Reg, NameOf)
        assert isinstance(label, NameOf)
        machine.branch(condition(read(machine, left), const(0)), label.name)

    return carry_out


def _jump(machine: Machine, instruction: Instruction) -> None:
    (label,) = take(instruction, "j LABEL", NameOf)
    assert isinstance(label, NameOf)
    machine.jump(label.name)


def _return(machine: Machine, instruction: Instruction) -> None:
    take(instruction, "ret")
    machine.stop()


_PLAIN: dict[str, Handler] = {
    **TABLE, "fence": _fence, "fence.tso": _named_fence, "fence.i": _named_fence, "j": _jump,
    "ret": _return,
}  # fmt: skip
_PLAIN |= {f"b{name}": _branch(condition) for name, condition in _CONDITIONS.items()}
_PLAIN |= {
    f"b{name}z": _branch_zero(_CONDITIONS[name]) for name in ("eq", "ne", "lt", "ge", "gt", "le")
}
