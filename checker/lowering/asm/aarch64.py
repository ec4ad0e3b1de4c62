"""AArch64: carries out one instruction; what each does stands in tables by subject."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from checker.lowering.asm.aarch64_step import Entry, Step, canonical, width
from checker.lowering.asm.machine import View, unknown

if TYPE_CHECKING:
    from checker import litmus as ast
    from checker.lowering.asm.machine import Machine

_REGISTER = re.compile(r"(?:[xw](?:[12]?[0-9]|30|zr)|w?sp)", re.IGNORECASE)


@cache
def table() -> dict[str, Entry]:
    """Return every instruction by its mnemonic in lower case."""
    from checker.lowering.asm import (
        aarch64_atomic,
        aarch64_bits,
        aarch64_control,
        aarch64_data,
        aarch64_memory,
    )

    return {
        **aarch64_memory.TABLE,
        **aarch64_atomic.TABLE,
        **aarch64_data.TABLE,
        **aarch64_bits.TABLE,
        **aarch64_control.TABLE,
    }


def execute(instruction: ast.Instruction, machine: Machine) -> None:
    """Carry out one instruction; raises Diagnostic, at the instruction, where it has no meaning."""
    entry = table().get(instruction.name.lower())
    if entry is None:
        raise unknown(instruction, table())
    step = Step(instruction, machine, entry.form)
    entry.run(step)
    step.close()


def register(name: str) -> View | None:
    """Return what a register's name stands for; None where it is none."""
    return View(canonical(name), width(name)) if _REGISTER.fullmatch(name) else None
