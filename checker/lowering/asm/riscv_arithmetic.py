"""RISC-V: arithmetic, of M and of the base."""

from __future__ import annotations

from collections.abc import Callable

from checker.litmus import Imm, Instruction, NameOf, Operand, Reg
from checker.lowering.asm.machine import (
    Machine,
    Tracked,
    apply,
    choose,
    const,
    invert,
    is_zero,
    resize,
)
from checker.lowering.asm.riscv_step import Binary, Handler, read, take, write


def by(op: str) -> Binary:
    """Return an operator of `checker.expression.BINARY` as a function."""
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
    "add": by("add"), "sub": by("sub"), "and": by("and"), "or": by("or"), "xor": by("xor"),
    "sll": _shift("shl", 64), "srl": _shift("lshr", 64), "sra": _shift("ashr", 64),
    "slt": _less("slt"), "sltu": _less("ult"), "mul": by("mul"), "mulh": _high(True, True),
    "mulhu": _high(False, False), "mulhsu": _high(True, False), "div": _divide,
    "divu": by("udiv"), "rem": by("srem"), "remu": by("urem"),
}  # fmt: skip
_NARROW: dict[str, Binary] = {
    "addw": by("add"), "subw": by("sub"), "sllw": _shift("shl", 32), "srlw": _shift("lshr", 32),
    "sraw": _shift("ashr", 32), "mulw": by("mul"), "divw": _divide, "divuw": by("udiv"),
    "remw": by("srem"), "remuw": by("urem"),
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
        target, left, right = take(instruction, f"{instruction.name} x5,x6,x7", Reg, Reg, last)
        second = const(right.value) if isinstance(right, Imm) else read(machine, right)
        write(machine, target, compute(read(machine, left), second))

    return carry_out


def _immediate(compute: Binary) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, left, right = take(instruction, f"{instruction.name} x5,x6,1", Reg, Reg, Imm)
        assert isinstance(right, Imm)
        write(machine, target, compute(read(machine, left), const(right.value)))

    return carry_out


def _unary(compute: Callable[[Tracked], Tracked]) -> Handler:
    def carry_out(machine: Machine, instruction: Instruction) -> None:
        target, source = take(instruction, f"{instruction.name} x5,x6", Reg, Reg)
        write(machine, target, compute(read(machine, source)))

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
    target, number = take(instruction, "li x5,1", Reg, Imm)
    assert isinstance(number, Imm)
    write(machine, target, const(number.value))


def _load_upper(machine: Machine, instruction: Instruction) -> None:
    target, number = take(instruction, "lui x5,1", Reg, Imm)
    assert isinstance(number, Imm)
    write(machine, target, resize(const(number.value << 12, 32), 64, sign=True))


def _load_address(machine: Machine, instruction: Instruction) -> None:
    target, name = take(instruction, "la x5,x", Reg, NameOf)
    assert isinstance(name, NameOf)
    write(machine, target, machine.address(name.name))


def _nothing(_: Machine, instruction: Instruction) -> None:
    take(instruction, "nop")


TABLE: dict[str, Handler] = {
    "li": _load_immediate, "lui": _load_upper, "la": _load_address, "nop": _nothing,
}  # fmt: skip
TABLE |= {name: _operator(compute) for name, compute in _WIDE.items()}
TABLE |= {name: _operator(_narrow(compute)) for name, compute in _NARROW.items()}
TABLE |= {
    name: _immediate(_narrow(_NARROW[op]) if op in _NARROW else _WIDE[op])
    for name, op in _IMMEDIATE.items()
}
TABLE |= {name: _unary(compute) for name, compute in _UNARY.items()}
"""What carries out each instruction, by mnemonic."""
