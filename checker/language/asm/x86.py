"""The operands of the X86 dialect: x86 in Intel's order, `MOV [x],$1`, the destination first."""

from __future__ import annotations

from lark import Token, v_args

from checker.language.asm import x86_64
from checker.litmus import Operand


@v_args(inline=True)
class Rules(x86_64.Rules):
    """Carries out `grammar/x86_64.lark`."""

    def start(
        self, lock: Token | None, name: Token, *operands: Operand | None
    ) -> tuple[str, list[Operand]]:
        """Return the mnemonic and the operands, the source first as in AT&T's order."""
        return super().start(lock, name, *reversed(operands))


def canonical(register: str) -> str:
    """Return how herd7 prints a register in a final state."""
    return register.upper()
