"""One instruction of 32-bit Arm being carried out: its operands by position, and the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.language.asm.arm import canonical
from checker.lowering.asm.machine import Tracked, apply, const, malformed, resize

if TYPE_CHECKING:
    from checker.lowering.asm.machine import Machine

WORD = 32
"""Bits of a register."""

SHIFTS = {"lsl": "shl", "lsr": "lshr", "asr": "ashr"}


class Step:
    """The operands of one instruction, and what its machine does."""

    def __init__(self, instruction: ast.Instruction, machine: Machine, form: str) -> None:
        """Begin; `form` shows right operands, for a diagnostic."""
        self.machine = machine
        self.instruction = instruction
        self.operands = instruction.operands
        self._form = form

    def wrong(self) -> Diagnostic:
        """Return what to say of operands that do not fit."""
        return malformed(self.instruction, f"{self.instruction.name.upper()} {self._form}".strip())

    def count(self, *allowed: int) -> None:
        """Raise Diagnostic where there are not so many operands."""
        if len(self.operands) not in allowed:
            raise self.wrong()

    # --- registers

    def name(self, k: int) -> str:
        """Return the register that an operand is; raises Diagnostic where it is none."""
        operand = self.operands[k] if k < len(self.operands) else None
        if not isinstance(operand, ast.Reg):
            raise self.wrong()
        return self.known(operand.name)

    def known(self, spelled: str) -> str:
        """Return a register by any of its names; the program counter is no place for data."""
        name = canonical(spelled)
        if name == "R15":
            raise Diagnostic("the program counter is not modelled", self.instruction.at)
        return name

    def get(self, name: str) -> Tracked:
        """Return what a register holds."""
        return resize(self.machine.reg(name), WORD)

    def put(self, name: str, new: Tracked) -> None:
        """Set a register."""
        self.machine.set(name, resize(resize(new, WORD), 64))

    # --- operands

    def second(self, k: int) -> Tracked:
        """Return the flexible operand that begins at a position: a number, a register, shifted."""
        rest = self.operands[k:]
        match rest:
            case (ast.Imm(number),):
                return const(number, WORD)
            case (ast.Reg(name),):
                return self.get(self.known(name))
            case (ast.Reg(name), ast.Shift(kind, amount)):
                return apply(SHIFTS[kind], self.get(self.known(name)), const(amount, WORD))
        raise self.wrong()

    def address(self, k: int) -> Tracked:
        """Return the address of a place in memory, and change its base where it is written back."""
        place = self.operands[k] if k < len(self.operands) else None
        if not isinstance(place, ast.Mem) or k + 1 < len(self.operands):
            raise self.wrong()
        name = self.known(place.base)
        base = self.get(name)
        match place.offset:
            case None:
                moved = base
            case ast.Imm(number):
                moved = apply("add", base, const(number, WORD))
            case ast.Reg(index):
                kind = SHIFTS[place.extend or "lsl"]
                shifted = apply(kind, self.get(self.known(index)), const(place.shift, WORD))
                moved = apply("add", base, shifted)
            case _:
                raise self.wrong()
        if place.write_back:
            self.put(name, moved)
        return resize(base if place.write_back == "post" else moved, 64)

    def base(self, k: int) -> Tracked:
        """Return the address of a place that is a register alone."""
        place = self.operands[k] if k < len(self.operands) else None
        if not isinstance(place, ast.Mem) or place.offset not in (None, ast.Imm(0)):
            raise self.wrong()
        return self.address(k)
