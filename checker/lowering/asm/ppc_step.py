"""One Power instruction being carried out: its operands by position, and the machine."""

from __future__ import annotations

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.lowering.asm.machine import Machine, Tracked, View, apply, const, malformed

FIELDS = tuple(f"cr{number}" for number in range(8))


def register(name: str) -> View | None:
    """Return what a register's name means; any other behind `%` is one of its own."""
    plain = name.removeprefix("%")
    number = plain.removeprefix("r")
    if plain != number and number.isdecimal() and int(number) < 32:
        return View(f"r{int(number)}")
    return View(name) if name != plain else None


class Step:
    """One instruction being carried out, its operands by position."""

    def __init__(self, instruction: ast.Instruction, machine: Machine, form: str) -> None:
        """Begin an instruction; `form` shows right operands, for a diagnostic."""
        self.instruction = instruction
        self.machine = machine
        self.operands = instruction.operands
        self._form = form

    def wrong(self) -> Diagnostic:
        """Return what to say where an operand is not what the instruction takes."""
        return malformed(self.instruction, f"{self.instruction.name} {self._form}")

    def take(self, *counts: int) -> None:
        """Check how many operands there are."""
        if len(self.operands) not in counts:
            raise self.wrong()

    def name(self, index: int) -> str:
        """Return the register that an operand names."""
        operand = self.operands[index]
        view = register(operand.name) if isinstance(operand, (ast.Reg, ast.NameOf)) else None
        if view is None:
            raise self.wrong()
        return view.register

    def reg(self, index: int) -> Tracked:
        """Return the number in the register that an operand names."""
        return self.machine.reg(self.name(index))

    def reg_or_zero(self, index: int) -> Tracked:
        """Return the same, or 0 for r0, also where that is written 0."""
        operand = self.operands[index]
        if operand == ast.Imm(0) or self.name(index) == "r0":
            return const(0)
        return self.reg(index)

    def number(self, index: int) -> int:
        """Return the constant that an operand is."""
        operand = self.operands[index]
        if not isinstance(operand, ast.Imm):
            raise self.wrong()
        return operand.value

    def set(self, index: int, new: Tracked) -> None:
        """Set the register that an operand names."""
        self.machine.set(self.name(index), new)

    def field(self) -> str:
        """Return the condition register field that the first operand is."""
        match self.operands[0]:
            case ast.Reg(name) | ast.NameOf(name) if name in FIELDS:
                return name
            case ast.Imm(number) if 0 <= number < len(FIELDS):
                return FIELDS[number]
        raise self.wrong()

    def label(self) -> str:
        """Return the label that the last operand is."""
        label = self.operands[-1]
        if not isinstance(label, ast.NameOf):
            raise self.wrong()
        return label.name

    def place(self) -> tuple[str, Tracked]:
        """Return the base register and the address of `4(r2)`, which may be written `4,r2`."""
        self.take(2, 3)
        match self.operands[1:]:
            case (ast.Mem(base, None | ast.Imm() as offset),):
                number = offset.value if offset else 0
            case (ast.Imm(number), ast.Reg(base) | ast.NameOf(base)):
                pass
            case _:
                raise self.wrong()
        view = register(base)
        if view is None:
            raise self.wrong()
        base = view.register
        return base, apply("add", self.machine.reg(base), const(number))

    def indexed(self) -> tuple[str, Tracked]:
        """Return the base register, if any, and the address of `r2,r3`."""
        self.take(3)
        total = apply("add", self.reg(2), self.reg_or_zero(1))
        return ("" if self.operands[1] == ast.Imm(0) else self.name(1)), total
