"""The operands of Power's instructions."""

from __future__ import annotations

from lark import Token, Transformer, v_args

from checker.litmus import Imm, Mem, NameOf, Operand, Reg


@v_args(inline=True)
class Rules(Transformer[Token, object]):
    """Carries out `grammar/ppc.lark`."""

    def start(self, name: Token, *operands: Operand | None) -> tuple[str, list[Operand]]:
        """Return the mnemonic and the operands."""
        return str(name), [operand for operand in operands if operand]

    def register(self, name: Token) -> Operand:
        """`r3`, `cr1`."""
        return Reg(str(name))

    def name(self, name: Token) -> Operand:
        """Return a label."""
        return NameOf(str(name))

    def immediate(self, number: Token) -> Operand:
        """`-1`, `0x10`."""
        return Imm(int(number, 0))

    def memory(self, offset: Token | None, base: Token) -> Operand:
        """`4(r2)`."""
        return Mem(str(base), Imm(int(offset, 0)) if offset else None)
