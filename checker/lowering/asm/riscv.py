"""RISC-V: what the instructions of RV64IMA, Zabha and Zacas do.

The RISC-V Instruction Set Manual, volume I, 20240411; for loads and stores with `.aq` and `.rl` the
Zalasr extension, whose mnemonics herd7 writes `lw.aq` and `sw.rl`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from checker.language.asm.riscv import REGISTERS
from checker.litmus import Imm, Instruction, Mem, NameOf, Operand, Reg
from checker.lowering.asm.machine import (
    Machine,
    Tracked,
    View,
    also,
    apply,
    choose,
    const,
    invert,
    is_zero,
    malformed,
    resize,
    unknown,
)

Handler = Callable[[Machine, Instruction], None]

SIZES = {"b": 1, "h": 2, "w": 4, "d": 8}
"""Bytes of an access by the letter in its mnemonic."""

_LOAD = re.compile(r"l([bhwd])(u?)$")
_STORE = re.compile(r"s([bhwd])$")
_AMO = re.compile(r"amo(swap|add|and|or|xor|max|min|maxu|minu|cas)\.([bhwd])$")
_ORDERED = re.compile(r"(.+?)((?:\.(?:aq|rl|aqrl))+)$")


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
    """Return the words for `.aq`, `.rl`, and both, which herd7 writes `.aq.rl` and others `.aqrl`."""
    acquire = "acquire" if "aq" in suffix else ""
    release = "release" if "rl" in suffix else ""
    return f"{acquire} {release}".strip()


def _names() -> list[str]:
    amo = [f"amo{op}.{size}" for op in (*_UPDATES, "cas") for size in "bhwd"]
    rest = "lb lbu lh lhu lw lwu ld sb sh sw sd lr.w lr.d sc.w sc.d".split()
    return [*_PLAIN, *rest, *amo, "lw.aq", "sw.rl"]


# --- operands -------------------------------------------------------------------------------------


def _read(machine: Machine, operand: Operand) -> Tracked:
    assert isinstance(operand, Reg)
    return const(0) if operand.name == "x0" else machine.reg(operand.name)


def _write(machine: Machine, operand: Operand, new: Tracked) -> None:
    assert isinstance(operand, Reg)
    if operand.name != "x0":
        machine.set(operand.name, new)


def _address(machine: Machine, place: Mem) -> Tracked:
    assert isinstance(place.offset, Imm)
    base = const(0) if place.base == "x0" else machine.reg(place.base)
    return apply("add", base, const(place.offset.value))


def _take(instruction: Instruction, wanted: str, *kinds: type[Operand]) -> tuple[Operand, ...]:
    """Return an instruction's operands; raises Diagnostic where they are of other kinds."""
    given = instruction.operands
    if len(given) != len(kinds) or not all(map(isinstance, given, kinds)):
        raise malformed(instruction, wanted)
    for operand in given:
        if isinstance(operand, Mem) and operand.base not in REGISTERS:
            raise malformed(instruction, wanted)
    return given


# --- memory ---------------------------------------------------------------------------------------


def _load(size: int, order: str, *, sign: bool) -> Handler:
    cls = "zalasr" if order else "gpr"

    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, place = _take(instruction, f"{instruction.name} x5,0(x6)", Reg, Mem)
        assert isinstance(place, Mem)
        found = machine.load(_address(machine, place), size, order=order, cls=cls)
        _write(machine, target, resize(found, 64, sign=sign))

    return carry_out


def _store(size: int, order: str) -> Handler:
    cls = "zalasr" if order else "gpr"

    def carry_out(machine: Machine, instruction: Instruction) -> None:
        source, place = _take(instruction, f"{instruction.name} x5,0(x6)", Reg, Mem)
        assert isinstance(place, Mem)
        new = _read(machine, source)
        machine.store(_address(machine, place), new, size, order=order, cls=cls)

    return carry_out


def _load_reserve(size: int, order: str) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, place = _take(instruction, f"{instruction.name} x5,(x6)", Reg, Mem)
        assert isinstance(place, Mem)
        found = machine.load_reserve(_address(machine, place), size, order=order, cls="lrsc")
        _write(machine, target, resize(found, 64, sign=True))

    return carry_out


def _store_conditional(size: int, order: str) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, source, place = _take(instruction, f"{instruction.name} x5,x6,(x7)", Reg, Reg, Mem)
        assert isinstance(place, Mem)
        new, address = _read(machine, source), _address(machine, place)
        done = machine.store_conditional(address, new, size, order=order, cls="lrsc")
        _write(machine, target, resize(invert(done), 64))

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
        target, source, place = _take(instruction, f"{instruction.name} x5,x6,(x7)", Reg, Reg, Mem)
        assert isinstance(place, Mem)
        operand, address = resize(_read(machine, source), 8 * size), _address(machine, place)
        old = machine.update(
            address, size, lambda old: update(old, operand),
            load_order=order, store_order=order, cls="amo",
        )  # fmt: skip
        _write(machine, target, resize(old, 64, sign=True))

    return carry_out


def _compare_and_swap(size: int, order: str) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, source, place = _take(instruction, f"{instruction.name} x5,x6,(x7)", Reg, Reg, Mem)
        assert isinstance(place, Mem)
        expected = resize(_read(machine, target), 8 * size)
        operand, address = resize(_read(machine, source), 8 * size), _address(machine, place)
        old = machine.update(
            address, size, lambda old: also(operand, expected.deps),
            load_order=order, store_order=order, cls="amo",
            stores_if=lambda old: apply("eq", old, expected),
        )  # fmt: skip
        _write(machine, target, resize(old, 64, sign=True))

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
    _take(instruction, instruction.name)
    machine.fence(instruction.name)


# --- arithmetic -----------------------------------------------------------------------------------

Binary = Callable[[Tracked, Tracked], Tracked]


def _by(op: str) -> Binary:
    return lambda a, b: apply(op, a, b)


def _shift(op: str, bits: int) -> Binary:
    """Return a shift by the low bits of its operand, as many as the width has numbers for."""
    return lambda a, b: apply(op, a, apply("and", b, const(bits - 1, bits)))


def _less(op: str) -> Binary:
    return lambda a, b: resize(apply(op, a, b), 64)


def _divide(a: Tracked, b: Tracked) -> Tracked:
    """Divide with a sign; by zero the result is -1: M, norm:div_by_zero."""
    return choose(is_zero(b), const(-1, a.bits), apply("sdiv", a, b))


def _high(sign_a: bool, sign_b: bool) -> Binary:
    """Return the upper half of a product."""

    def multiply(a: Tracked, b: Tracked) -> Tracked:
        wide = apply("mul", resize(a, 128, sign=sign_a), resize(b, 128, sign=sign_b))
        return resize(apply("lshr", wide, const(64, 128)), 64)

    return multiply


_WIDE: dict[str, Binary] = {
    "add": _by("add"), "sub": _by("sub"), "and": _by("and"), "or": _by("or"), "xor": _by("xor"),
    "sll": _shift("shl", 64), "srl": _shift("lshr", 64), "sra": _shift("ashr", 64),
    "slt": _less("slt"), "sltu": _less("ult"), "mul": _by("mul"), "mulh": _high(True, True),
    "mulhu": _high(False, False), "mulhsu": _high(True, False), "div": _divide,
    "divu": _by("udiv"), "rem": _by("srem"), "remu": _by("urem"),
}  # fmt: skip
_NARROW: dict[str, Binary] = {
    "addw": _by("add"), "subw": _by("sub"), "sllw": _shift("shl", 32), "srlw": _shift("lshr", 32),
    "sraw": _shift("ashr", 32), "mulw": _by("mul"), "divw": _divide, "divuw": _by("udiv"),
    "remw": _by("srem"), "remuw": _by("urem"),
}  # fmt: skip
"""Operators on the low 32 bits of registers, whose result is extended with its sign."""

_IMMEDIATE = {
    "addi": "add", "andi": "and", "ori": "or", "xori": "xor", "slti": "slt", "sltiu": "sltu",
    "slli": "sll", "srli": "srl", "srai": "sra", "addiw": "addw", "slliw": "sllw",
    "srliw": "srlw", "sraiw": "sraw",
}  # fmt: skip


def _narrow(compute: Binary) -> Binary:
    return lambda a, b: resize(compute(resize(a, 32), resize(b, 32)), 64, sign=True)


def _operator(compute: Binary) -> Handler:
    """Return an instruction of two registers; assemblers also take a number for the second."""

    def carry_out(machine: Machine, instruction: Instruction) -> None:
        given = instruction.operands
        last: type[Operand] = Imm if len(given) == 3 and isinstance(given[2], Imm) else Reg
        target, left, right = _take(instruction, f"{instruction.name} x5,x6,x7", Reg, Reg, last)
        second = const(right.value) if isinstance(right, Imm) else _read(machine, right)
        _write(machine, target, compute(_read(machine, left), second))

    return carry_out


def _immediate(compute: Binary) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, left, right = _take(instruction, f"{instruction.name} x5,x6,1", Reg, Reg, Imm)
        assert isinstance(right, Imm)
        _write(machine, target, compute(_read(machine, left), const(right.value)))

    return carry_out


def _unary(compute: Callable[[Tracked], Tracked]) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, source = _take(instruction, f"{instruction.name} x5,x6", Reg, Reg)
        _write(machine, target, compute(_read(machine, source)))

    return carry_out


_UNARY: dict[str, Callable[[Tracked], Tracked]] = {
    "mv": lambda a: a,
    "not": invert,
    "neg": lambda a: apply("sub", const(0), a),
    "negw": lambda a: resize(apply("sub", const(0, 32), resize(a, 32)), 64, sign=True),
    "sext.b": lambda a: resize(resize(a, 8), 64, sign=True),
    "sext.h": lambda a: resize(resize(a, 16), 64, sign=True),
    "sext.w": lambda a: resize(resize(a, 32), 64, sign=True),
    "zext.b": lambda a: resize(resize(a, 8), 64),
    "zext.h": lambda a: resize(resize(a, 16), 64),
    "zext.w": lambda a: resize(resize(a, 32), 64),
    "seqz": lambda a: resize(is_zero(a), 64),
    "snez": lambda a: resize(invert(is_zero(a)), 64),
    "sltz": lambda a: resize(apply("slt", a, const(0)), 64),
    "sgtz": lambda a: resize(apply("slt", const(0), a), 64),
}


def _load_immediate(machine: Machine, instruction: Instruction) -> None:
    target, number = _take(instruction, "li x5,1", Reg, Imm)
    assert isinstance(number, Imm)
    _write(machine, target, const(number.value))


def _load_upper(machine: Machine, instruction: Instruction) -> None:
    target, number = _take(instruction, "lui x5,1", Reg, Imm)
    assert isinstance(number, Imm)
    _write(machine, target, resize(const(number.value << 12, 32), 64, sign=True))


def _load_address(machine: Machine, instruction: Instruction) -> None:
    target, name = _take(instruction, "la x5,x", Reg, NameOf)
    assert isinstance(name, NameOf)
    _write(machine, target, machine.address(name.name))


def _nothing(machine: Machine, instruction: Instruction) -> None:
    _take(instruction, "nop")


# --- branches -------------------------------------------------------------------------------------

_CONDITIONS: dict[str, Binary] = {
    "eq": _by("eq"),
    "ne": lambda a, b: invert(apply("eq", a, b)),
    "lt": _by("slt"),
    "ge": lambda a, b: invert(apply("slt", a, b)),
    "gt": lambda a, b: apply("slt", b, a),
    "le": lambda a, b: invert(apply("slt", b, a)),
    "ltu": _by("ult"),
    "geu": lambda a, b: invert(apply("ult", a, b)),
    "gtu": lambda a, b: apply("ult", b, a),
    "leu": lambda a, b: invert(apply("ult", b, a)),
}


def _branch(condition: Binary) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        wanted = f"{instruction.name} x5,x6,LABEL"
        left, right, label = _take(instruction, wanted, Reg, Reg, NameOf)
        assert isinstance(label, NameOf)
        machine.branch(condition(_read(machine, left), _read(machine, right)), label.name)

    return carry_out


def _branch_zero(condition: Binary) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        left, label = _take(instruction, f"{instruction.name} x5,LABEL", Reg, NameOf)
        assert isinstance(label, NameOf)
        machine.branch(condition(_read(machine, left), const(0)), label.name)

    return carry_out


def _jump(machine: Machine, instruction: Instruction) -> None:
    (label,) = _take(instruction, "j LABEL", NameOf)
    assert isinstance(label, NameOf)
    machine.jump(label.name)


def _return(machine: Machine, instruction: Instruction) -> None:
    _take(instruction, "ret")
    machine.stop()


_PLAIN: dict[str, Handler] = {
    "fence": _fence, "fence.tso": _named_fence, "fence.i": _named_fence, "nop": _nothing,
    "li": _load_immediate, "lui": _load_upper, "la": _load_address, "j": _jump, "ret": _return,
}  # fmt: skip
_PLAIN |= {name: _operator(compute) for name, compute in _WIDE.items()}
_PLAIN |= {name: _operator(_narrow(compute)) for name, compute in _NARROW.items()}
_PLAIN |= {
    name: _immediate(_narrow(_NARROW[op]) if op in _NARROW else _WIDE[op])
    for name, op in _IMMEDIATE.items()
}
_PLAIN |= {name: _unary(compute) for name, compute in _UNARY.items()}
_PLAIN |= {f"b{name}": _branch(condition) for name, condition in _CONDITIONS.items()}
_PLAIN |= {
    f"b{name}z": _branch_zero(_CONDITIONS[name]) for name in ("eq", "ne", "lt", "ge", "gt", "le")
}
