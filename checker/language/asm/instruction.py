"""One instruction at a time: each dialect's grammar, with what was parsed kept by its text.

The same few thousand texts make up every corpus, so a text is parsed once in a process. A dialect
has a grammar and a module of its name with a Lark transformer `Rules`, whose `start` returns the
mnemonic (as it is written) and the operands; a function `canonical` renames registers.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

from checker.diagnostic import Diagnostic, Position
from checker.language import grammar
from checker.litmus import Instruction, Operand

GRAMMARS = {
    "AArch64": "aarch64",
    "ARM": "arm",
    "PPC": "ppc",
    "RISCV": "riscv",
    "X86": "x86_64",
    "X86_64": "x86_64",
}
"""The grammar of each dialect's instructions."""

Parsed = tuple[str, tuple[Operand, ...], str]


def instruction(dialect: str, text: str, at: Position) -> Instruction:
    """Return the instruction that a text without blanks around it is; raises Diagnostic."""
    try:
        name, operands, spelled = _parse(dialect, text)
    except Diagnostic as problem:
        line, column = problem.at or (1, 1)
        raise Diagnostic(
            problem.message, (at[0] + line - 1, column + (at[1] - 1 if line == 1 else 0)),
            problem.hint,
        ) from None  # fmt: skip
    return Instruction(name, operands, at, spelled)


def _module(dialect: str) -> Any:
    return import_module(f"checker.language.asm.{dialect.lower()}")


def canonical(dialect: str, register: str) -> str:
    """Return how herd7 prints a register: some dialects have several names for one."""
    found: str = getattr(_module(dialect), "canonical", str)(register)
    return found


@lru_cache(maxsize=1 << 16)
def _parse(dialect: str, text: str) -> Parsed:
    mnemonic, operands = grammar.parse(GRAMMARS[dialect], _module(dialect).Rules, text)
    return mnemonic.lower(), tuple(operands), " ".join(text.split())
