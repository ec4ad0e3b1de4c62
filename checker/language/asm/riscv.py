"""RISC-V's instructions: the transformer of `grammar/riscv.lark`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lark import Transformer

from checker.litmus import Imm, Mem, NameOf, Operand, Reg

if TYPE_CHECKING:
    from lark import Token

_ABI = (
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1",
    *(f"a{number}" for number in range(8)),
    *(f"s{number}" for number in range(2, 12)),
    "t3", "t4", "t5", "t6",
)  # fmt: skip

REGISTERS = {f"x{number}": f"x{number}" for number in range(32)}
REGISTERS |= {name: f"x{number}" for number, name in enumerate(_ABI)} | {"fp": "x8"}
"""Every spelling of a register, and its number's."""


def canonical(register: str) -> str:
    """Return a register's number: herd7 prints `x10` for `a0`."""
    return REGISTERS.get(register.lower(), register)


class Rules(Transformer[Any, Any]):
    """One method per rule of the grammar."""

    def start(self, c: list[Any]) -> tuple[str, tuple[Operand, ...]]:
        """Return the mnemonic and the operands."""
        return str(c[0]), tuple(one for one in c[1:] if one is not None)

    def name(self, c: list[Token]) -> Reg | NameOf:
        """Return a register, or a word that is none: a label, or what a fence orders."""
        register = REGISTERS.get(c[0].lower())
        return Reg(register) if register else NameOf(str(c[0]))

    def immediate(self, c: list[Token]) -> Imm:
        """Return a number."""
        return Imm(_number(c[0]))

    def memory(self, c: list[Any]) -> Mem:
        """Return a place in memory."""
        base = str(c[1]).lower()
        return Mem(REGISTERS.get(base, base), Imm(_number(c[0]) if c[0] else 0))


def _number(token: str) -> int:
    digits = token.lstrip("+-").lower()
    value = int(digits, 16 if digits.startswith("0x") else 10)
    return -value if token.startswith("-") else value
