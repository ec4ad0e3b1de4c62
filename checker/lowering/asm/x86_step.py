"""The registers of x86, and the operands of its instructions.

A narrow result keeps the upper bits of its register, one of 32 bits clears them: Intel SDM vol. 1,
3.4.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.lowering.asm.machine import (
    Machine,
    Tracked,
    View,
    apply,
    const,
    malformed,
    part,
    resize,
)

_LETTERS = ("ax", "bx", "cx", "dx")
_WORDS = ("si", "di", "bp", "sp")


def _views() -> dict[str, View]:
    found: dict[str, View] = {}
    for name in (*_LETTERS, *_WORDS):
        found |= {f"r{name}": View(f"r{name}"), f"e{name}": View(f"r{name}", 32)}
        found[name] = View(f"r{name}", 16)
    for name in _LETTERS:
        found[f"{name[0]}l"] = View(f"r{name}", 8)
        found[f"{name[0]}h"] = View(f"r{name}", 8, 8)
    for name in _WORDS:
        found[f"{name}l"] = View(f"r{name}", 8)
    for number in range(8, 16):
        for suffix, bits in (("", 64), ("d", 32), ("w", 16), ("b", 8)):
            found[f"r{number}{suffix}"] = View(f"r{number}", bits)
    return found


REGISTERS = _views()
"""Every spelling of a general register, without `%`."""


def register(name: str) -> View | None:
    """Return what a register's name means; any other name behind `%` is a register of its own."""
    known = REGISTERS.get(name.lower().lstrip("%"))
    return known or (View(name) if name.startswith("%") else None)


_VECTOR = re.compile(r"%?x?mm\d{1,2}$", re.IGNORECASE)


def is_vector(operand: ast.Operand) -> bool:
    """Whether an operand is an MMX or SSE register."""
    return isinstance(operand, ast.Reg) and _VECTOR.match(operand.name) is not None


# --- operands -------------------------------------------------------------------------------------

Place = ast.Mem | View
"""Where an operand is read and written."""


class Step:
    """One instruction being carried out: its operands as places and numbers of one size."""

    def __init__(self, instruction: ast.Instruction, machine: Machine, size: int | None) -> None:
        """Begin an instruction whose mnemonic says its size, or does not."""
        self.instruction = instruction
        self.machine = machine
        self.locked = instruction.name.startswith("lock ")
        views = [v for v in map(_view, instruction.operands) if v]
        self.size = size or (views[-1].bits // 8 if views else 4)
        """In bytes; without a suffix a register decides, and without a register it is 4."""

    @property
    def bits(self) -> int:
        """The instruction's size in bits."""
        return 8 * self.size

    def operands(self, count: int) -> tuple[ast.Operand, ...]:
        """Return the operands; raises Diagnostic where there are not `count`."""
        if len(self.instruction.operands) != count:
            names = ("no operands", "one operand", "two operands: the source, the destination")
            raise malformed(self.instruction, f"it takes {names[count]}")
        return self.instruction.operands

    def place(self, operand: ast.Operand) -> Place:
        """Return where an operand is; raises Diagnostic for a number."""
        view = _view(operand)
        if view:
            return view
        if isinstance(operand, ast.Mem):
            return operand
        raise malformed(self.instruction, "its destination is %eax, (%rax) or (x)")

    def address(self, place: ast.Mem) -> Tracked:
        """Return base + (index << shift) + offset."""
        machine, offset = self.machine, place.offset
        total = const(0)
        if isinstance(offset, ast.NameOf):
            total = machine.address(offset.name)
        elif isinstance(offset, ast.Imm):
            total = const(offset.value)
        for name, shift in ((place.base, 0), (place.index, place.shift)):
            if name and name.lower().lstrip("%") != "rip":
                view = register(name)
                if view is None:
                    raise Diagnostic(f"`{name}` is not a register", machine.at)
                value = resize(machine.reg(view.register), view.bits)
                wide = apply("shl", resize(value, 64), const(shift))
                total = apply("add", wide, total)
        return total

    def read(self, operand: ast.Operand, *, cls: str = "gpr", size: int | None = None) -> Tracked:
        """Return an operand's number."""
        view, size = _view(operand), size or self.size
        if view:
            return resize(part(self.machine.reg(view.register), view.shift, view.bits), 8 * size)
        match operand:
            case ast.Imm(number):
                return const(number, 8 * size)
            case ast.NameOf(name):
                return resize(self.machine.address(name), 8 * size)
            case ast.Mem():
                return self.machine.load(self.address(operand), size, cls=cls)
        raise malformed(self.instruction, "an operand is $1, %rax, (%rax), 4(%rax) or (x)")

    def write(self, place: Place, new: Tracked, *, cls: str = "gpr") -> None:
        """Give a place a new number of the instruction's size."""
        if isinstance(place, ast.Mem):
            self.machine.store(self.address(place), new, self.size, cls=cls)
            return
        old, bits = self.machine.reg(place.register), min(place.bits, self.bits)
        if bits >= 32:
            self.machine.set(place.register, resize(resize(new, bits), 64))
            return
        mask = ((1 << bits) - 1) << place.shift
        moved = apply("shl", resize(resize(new, bits), 64), const(place.shift))
        self.machine.set(
            place.register, apply("or", apply("and", old, const(~mask)), moved)
        )  # fmt: skip

    def change(self, place: Place, new: Callable[[Tracked], Tracked]) -> Tracked:
        """Read a place, write what `new` makes of it, and return what was read.

        Under `lock` at once; without, a read and a write that other threads come between.
        """
        if self.locked and isinstance(place, ast.Mem):
            return self.machine.update(self.address(place), self.size, new, cls="locked")
        if self.locked:
            raise Diagnostic("`lock` needs a destination in memory", self.instruction.at)
        if isinstance(place, ast.Mem):
            old = self.read(place, cls="rmw")
            self.write(place, new(old), cls="rmw")
        else:
            old = part(self.machine.reg(place.register), place.shift, self.bits)
            self.write(place, new(old))
        return old


def _view(operand: ast.Operand) -> View | None:
    return register(operand.name) if isinstance(operand, ast.Reg) else None
