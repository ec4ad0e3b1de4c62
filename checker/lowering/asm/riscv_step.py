"""The operands of RISC-V's instructions."""

from __future__ import annotations

from collections.abc import Callable

from checker.language.asm.riscv import REGISTERS
from checker.litmus import Imm, Instruction, Mem, Operand, Reg
from checker.lowering.asm.machine import Machine, Tracked, apply, const, malformed

Handler = Callable[[Machine, Instruction], None]
"""What carries an instruction out."""

Binary = Callable[[Tracked, Tracked], Tracked]


def read(machine: Machine, operand: Operand) -> Tracked:
    """Return a register."""
    assert isinstance(operand, Reg)
    return const(0) if operand.name == "x0" else machine.reg(operand.name)


def write(machine: Machine, operand: Operand, new: Tracked) -> None:
    """Set a register."""
    assert isinstance(operand, Reg)
    if operand.name != "x0":
        machine.set(operand.name, new)


def address_of(machine: Machine, place: Mem) -> Tracked:
    """Return the address that a memory operand names."""
    assert isinstance(place.offset, Imm)
    base = const(0) if place.base == "x0" else machine.reg(place.base)
    return apply("add", base, const(place.offset.value))


def take(instruction: Instruction, wanted: str, *kinds: type[Operand]) -> tuple[Operand, ...]:
    """Return an instruction's operands; raises Diagnostic where they are of other kinds."""
    given = instruction.operands
    if len(given) != len(kinds) or not all(map(isinstance, given, kinds)):
        raise malformed(instruction, wanted)
    for operand in given:
        if isinstance(operand, Mem) and operand.base not in REGISTERS:
            raise malformed(instruction, wanted)
    return given
