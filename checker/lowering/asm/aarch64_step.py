"""One AArch64 instruction being carried out: its operands by position, and the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from checker import litmus as ast
from checker.lowering.asm.machine import (
    Tracked,
    apply,
    const,
    malformed,
    pick,
    resize,
)

if TYPE_CHECKING:
    from checker.diagnostic import Diagnostic
    from checker.lowering.asm.machine import Machine

WORD, DOUBLE = 32, 64
"""The widths of W and of X registers, in bits."""

ZERO = ("wzr", "xzr")


def width(name: str) -> int:
    """Return the bits of a register by its name."""
    return WORD if name[0] in "wW" else DOUBLE


def canonical(name: str) -> str:
    """Return the 64-bit register that a register is part of: `X3`, `SP`."""
    name = name.upper()
    return "SP" if name == "WSP" else "X" + name[1:] if name[0] == "W" else name


def is_zero_register(name: str) -> bool:
    """Whether a register reads as zero and forgets what is written to it."""
    return name.lower() in ZERO


class Entry(NamedTuple):
    """What a mnemonic does, and the operands it wants, for a diagnostic."""

    run: Callable[[Step], None]
    form: str


class Step:
    """The operands of one instruction, and what its machine does.

    Every operand that is looked at counts as wanted: `close` finds those that are left over.
    """

    def __init__(self, instruction: ast.Instruction, machine: Machine, form: str) -> None:
        """Begin; `form` shows right operands, for a diagnostic."""
        self.machine = machine
        self._instruction = instruction
        self._operands = instruction.operands
        self._form = form
        self._seen = 0

    @property
    def count(self) -> int:
        """The number of operands."""
        return len(self._operands)

    def wrong(self) -> Diagnostic:
        """Return what to say of operands that do not fit."""
        return malformed(self._instruction, f"{self._instruction.name.upper()} {self._form}")

    def close(self) -> None:
        """Raise Diagnostic where there are operands that nothing wanted."""
        if self._seen < len(self._operands):
            raise self.wrong()

    def operand(self, k: int) -> ast.Operand | None:
        """Return an operand; None behind the last."""
        self._seen = max(self._seen, k + 1)
        return self._operands[k] if k < len(self._operands) else None

    # --- registers

    def name(self, k: int) -> str:
        """Return the name of the register that an operand is."""
        operand = self.operand(k)
        if not isinstance(operand, ast.Reg):
            raise self.wrong()
        return operand.name

    def width(self, k: int = 0) -> int:
        """Return the bits of a register operand."""
        return width(self.name(k))

    def get(self, k: int, bits: int) -> Tracked:
        """Return a register operand, which must have this width."""
        name = self.name(k)
        if width(name) != bits:
            raise self.wrong()
        return self.read(name)

    def read(self, name: str) -> Tracked:
        """Return a register by its name, at its width."""
        if is_zero_register(name):
            return const(0, width(name))
        return resize(self.machine.reg(canonical(name)), width(name))

    def put(self, k: int, new: Tracked) -> None:
        """Set a register operand; the upper half of a W register becomes zeros."""
        name = self.name(k)
        if not is_zero_register(name):
            self.machine.set(canonical(name), resize(resize(new, width(name)), DOUBLE))

    def put_picked(self, k: int, held: Tracked, yes: Tracked, no: Tracked) -> None:
        """Set a register operand to one of two numbers: it depends on that one, and picks it.

        Where the two have other dependencies the thread goes on in two ways.
        """
        yes, no = picked(yes, held), picked(no, held)
        if yes.deps == no.deps and yes.picks == no.picks:
            self.put(k, pick(held, yes, no))
        else:
            self.machine.either(held, lambda: self.put(k, yes), lambda: self.put(k, no))

    # --- other operands

    def immediate(self, k: int) -> int:
        """Return the number that an operand is."""
        operand = self.operand(k)
        if not isinstance(operand, ast.Imm):
            raise self.wrong()
        return operand.value

    def word(self, k: int) -> str:
        """Return a name that is no register, as it was written."""
        operand = self.operand(k)
        if not isinstance(operand, ast.NameOf):
            raise self.wrong()
        return operand.name

    def value_alone(self, k: int, bits: int) -> Tracked:
        """Return a number or a register."""
        operand = self.operand(k)
        if isinstance(operand, ast.Imm):
            return const(operand.value, bits)
        return self.get(k, bits)

    def value(self, k: int, bits: int) -> Tracked:
        """Return a number or a register that the next operand may shift or extend."""
        operand, change = self.operand(k), self.change(k + 1)
        if isinstance(operand, ast.Imm):
            found = const(operand.value, bits)
            return shifted("lsl", found, change.amount) if change else found
        if not isinstance(operand, ast.Reg):
            raise self.wrong()
        if change is None or change.kind in SHIFTS:
            found = self.get(k, bits)
            return shifted(change.kind, found, change.amount) if change else found
        return shifted("lsl", extended(change.kind, self.read(operand.name), bits), change.amount)

    def change(self, k: int) -> ast.Shift | None:
        """Return an operand that shifts or extends the one before; None behind the last."""
        if k >= self.count:
            return None
        operand = self.operand(k)
        if not isinstance(operand, ast.Shift):
            raise self.wrong()
        return operand

    # --- addresses

    def place(self, k: int) -> ast.Mem:
        """Return the operand that names a place in memory."""
        operand = self.operand(k)
        if not isinstance(operand, ast.Mem):
            raise self.wrong()
        return operand

    def base(self, k: int) -> Tracked:
        """Return the address of a place without an offset: `[X1]`, and `[X1,#0]`."""
        place = self.place(k)
        if place.write_back or place.offset not in (None, ast.Imm(0)):
            raise self.wrong()
        return self._base(place)

    def address(self, k: int) -> Tracked:
        """Return the address of a place, and set its base register where it is written back."""
        place = self.place(k)
        base = self._base(place)
        if place.offset is None:
            return base
        moved = apply("add", base, self._offset(place))
        if place.write_back:
            self.machine.set(canonical(place.base), moved)
        return base if place.write_back == "post" else moved

    def _base(self, place: ast.Mem) -> Tracked:
        if width(place.base) != DOUBLE or is_zero_register(place.base):
            raise self.wrong()
        return self.read(place.base)

    def _offset(self, place: ast.Mem) -> Tracked:
        if isinstance(place.offset, ast.Imm):
            return const(place.offset.value)
        if not isinstance(place.offset, ast.Reg):
            raise self.wrong()
        kind = place.extend
        if kind not in ("", "lsl", "uxtw", "sxtw", "sxtx"):
            raise self.wrong()
        if kind in ("", "lsl") and width(place.offset.name) != DOUBLE:
            raise self.wrong()
        offset = self.read(place.offset.name)
        if kind in EXTENDS:
            offset = extended(kind, offset, DOUBLE)
        return shifted("lsl", offset, place.shift)


def picked(a: Tracked, held: Tracked) -> Tracked:
    """Return a number that a condition has picked."""
    return Tracked(a.value, a.deps, a.picks | held.deps | held.picks)


# --- shifts and extensions ------------------------------------------------------------------------

SHIFTS = {"lsl": "shl", "lsr": "lshr", "asr": "ashr", "ror": ""}

EXTENDS = {
    f"{sign}xt{size}": bits
    for sign in "us"
    for size, bits in zip("bhwx", (8, 16, 32, 64), strict=True)
}
"""The bits that each extension keeps."""


def extended(kind: str, a: Tracked, bits: int) -> Tracked:
    """Return the low bits of a number, widened to `bits` with zeros or with their sign."""
    low = resize(a, min(EXTENDS[kind], a.bits))
    return resize(low, bits, sign=kind[0] == "s")


def shifted(kind: str, a: Tracked, amount: int) -> Tracked:
    """Shift or rotate by a known amount."""
    return shift(kind, a, const(amount, a.bits)) if amount else a


def shift(kind: str, a: Tracked, amount: Tracked) -> Tracked:
    """Shift or rotate by an amount of the same width, which counts modulo that width."""
    by = apply("and", amount, const(a.bits - 1, a.bits))
    if kind != "ror":
        return apply(SHIFTS[kind], a, by)
    rest = apply("and", apply("sub", const(0, a.bits), by), const(a.bits - 1, a.bits))
    return apply("or", apply("lshr", a, by), apply("shl", a, rest))
