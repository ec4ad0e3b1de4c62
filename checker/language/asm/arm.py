"""32-bit Arm's instructions: the transformer of `grammar/arm.lark`; operands are as AArch64's."""

from __future__ import annotations

from checker.language.asm.aarch64 import Rules

__all__ = ["Rules", "canonical"]

_NAMES = {"fp": "r11", "ip": "r12", "sp": "r13", "lr": "r14", "pc": "r15"}
"""Registers that have a name beside their number: AAPCS32 6.1.1."""


def canonical(register: str) -> str:
    """Return a register's number, as herd7 prints it: `R11` for `fp`."""
    return _NAMES.get(register.lower(), register).upper()
