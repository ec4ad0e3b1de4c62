"""The operands of x86's instructions."""

from __future__ import annotations

from typing import cast

from lark import Token, Transformer, v_args

from checker.diagnostic import Diagnostic
from checker.litmus import Imm, Mem, NameOf, Operand, Reg

SHIFTS = {1: 0, 2: 1, 4: 2, 8: 3}
"""By how many bits each factor of an index shifts it."""

Inside = tuple[Token | None, Token | None, Token | None]
"""Base, index and factor of an address."""


@v_args(inline=True)
class Rules(Transformer[Token, object]):
    """Carries out `grammar/x86_64.lark`."""

    def start(
        self, lock: Token | None, name: Token, *operands: Operand | None
    ) -> tuple[str, list[Operand]]:
        """Return the mnemonic, with its prefix before a blank, and the operands."""
        prefix = "lock " if lock else ""
        return f"{prefix}{name}", [operand for operand in operands if operand]

    def register(self, name: Token) -> Operand:
        """`%eax`, `EAX`."""
        return Reg(str(name))

    def name(self, name: Token) -> Operand:
        """Return a label, or the address of a location."""
        return NameOf(str(name))

    def immediate(self, number: Token) -> Operand:
        """`$1`, `1`."""
        return Imm(int(number, 0))

    def inside(self, *parts: Token | None) -> Inside:
        """Return what stands in the brackets of an address."""
        base, index, factor = parts
        return base, index, factor

    def memory(self, offset: Token | None, inside: Inside) -> Operand:
        """`4(%rax)`, `(x)`, `x(%rip)`, `(%rax,%rbx,4)`."""
        base, index, factor = inside
        moved = _offset(offset)
        if base is not None and base.type == "NAME":
            if moved:
                raise Diagnostic(
                    "a location and a displacement are too much", _at(base),
                    "put the location's address into a register",
                )  # fmt: skip
            moved, base = NameOf(str(base)), None
        if factor is not None and int(factor, 0) not in SHIFTS:
            raise Diagnostic("an index is multiplied by 1, 2, 4 or 8", _at(factor))
        shift = SHIFTS[int(factor, 0)] if factor else 0
        return Mem(str(base or ""), moved, str(index or ""), shift=shift)


def _offset(token: Token | None) -> Operand | None:
    if token is None:
        return None
    return NameOf(str(token)) if token.type == "NAME" else Imm(int(token, 0))


def _at(token: Token) -> tuple[int, int]:
    return cast(tuple[int, int], (token.line, token.column))


def canonical(register: str) -> str:
    """Return how herd7 prints a register in a final state."""
    return register.lower()
