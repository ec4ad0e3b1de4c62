"""AArch64's instructions: the transformer of `grammar/aarch64.lark`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lark import Transformer, v_args

from checker.litmus import Imm, Mem, NameOf, Operand, Reg, Shift

if TYPE_CHECKING:
    from lark import Token


@v_args(inline=True)
class Rules(Transformer[Any, Any]):
    """One method per rule of the grammar."""

    def start(self, mnemonic: str, *operands: Operand | None) -> tuple[str, tuple[Operand, ...]]:
        """Return the mnemonic and the operands; `[X1],#4` is one operand."""
        given = [operand for operand in operands if operand is not None]
        if len(given) > 1 and isinstance(given[-1], Imm) and _is_plain(given[-2]):
            place = given[-2]
            assert isinstance(place, Mem)
            given[-2:] = [replace(place, offset=given[-1], write_back="post")]
        return mnemonic, tuple(given)

    def mnemonic(self, token: Token) -> str:
        """Return a mnemonic."""
        return str(token)

    def register(self, token: Token) -> Reg:
        """Return a register."""
        return Reg(str(token))

    def immediate(self, token: Token) -> Imm:
        """Return a number."""
        return Imm(_number(token))

    def word(self, token: Token) -> NameOf:
        """Return a condition, a barrier's type, a label or a distance: `.+8`."""
        return NameOf("".join(token.split()))

    def shift(self, token: Token, amount: Imm | None) -> Shift:
        """Return how the operand before is changed."""
        return Shift(token.lower(), amount.value if amount else 0)

    def index(self, token: Token, kind: Token | None, amount: Imm | None) -> Mem:
        """Return the second half of a place: a register, and how it is extended and shifted."""
        return Mem(
            "",
            Reg(str(token)),
            extend=kind.lower() if kind else "",
            shift=amount.value if amount else 0,
        )

    def memory(self, base: Token, offset: Imm | Mem | None, bang: Token | None) -> Mem:
        """Return a place in memory."""
        if isinstance(offset, Mem):
            place = replace(offset, base=str(base))
        else:
            place = Mem(str(base), offset)
        return replace(place, write_back="pre") if bang else place


def _is_plain(operand: Operand) -> bool:
    return isinstance(operand, Mem) and operand.offset is None and not operand.write_back


def _number(token: Token) -> int:
    return int("".join(token.split()), 0) if token.strip("-+ \t0") else 0
