"""The text of inline assembly, as the kernel has it: lines, or strings of C, to instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import litmus as ast
from checker.diagnostic import Position
from checker.inline.operands import Operands
from checker.language.asm.instruction import instruction

_LABEL = re.compile(r"\s*([A-Za-z_.$][\w.$]*|\d{1,3})\s*:\s*")
_LOCAL = re.compile(r"(?<![\w$#.])(\d{1,3})([bf])\b")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_COMMENT = re.compile(r"//.*|/\*.*?\*/")
_READ_OVER = ("_ASM_EXTABLE", "EX_TABLE", ".arch", ".option", ".machine", ".set", ".balign")
"""Lines that make no access: tables of what may fault, and what an assembler is told."""


def code(
    dialect: str, text: str, start: Position, operands: Operands
) -> Iterator[ast.Instruction | ast.Label]:
    """Yield the instructions and labels of a text that begins at a position; raises Diagnostic."""
    defined: dict[str, int] = {}
    skipping = False
    for statement, at in _statements(text, start):
        if statement.startswith((".pushsection", ".section", ".popsection", ".previous")):
            skipping = statement.startswith((".pushsection", ".section"))
            continue
        if skipping or statement.startswith(_READ_OVER):
            continue
        rest, column = statement, at[1]
        while match := _LABEL.match(rest):
            name = match[1]
            defined[name] = defined.get(name, 0) + 1
            yield ast.Label(_local(name, defined[name]) if name.isdecimal() else name, at)
            rest, column = rest[match.end() :], column + match.end()
        if rest:
            here = (at[0], column)
            named = _LOCAL.sub(
                lambda m: _local(m[1], defined.get(m[1], 0) + (m[2] == "f")), rest
            )  # fmt: skip
            yield instruction(dialect, operands.replaced(named, here), here)


def _local(number: str, definition: int) -> str:
    """Return the name of the so-manieth label of a number."""
    return f"local_{number}_{definition}"


def _statements(text: str, start: Position) -> Iterator[tuple[str, Position]]:
    """Yield what stands between ends of lines and semicolons, and where.

    Lines may be strings of C, as they are in the kernel: the quotes and `\\n\\t` are left out.
    """
    for number, line in enumerate(text.split("\n")):
        quoted = _QUOTED.search(line)
        content, column = (quoted[1], quoted.start(1)) if quoted else (line, 0)
        content = re.sub(r"\\[nt]", "  ", content)
        content = _COMMENT.sub(lambda match: " " * len(match[0]), content)
        content = re.sub(r"\block\s*;", lambda match: match[0].replace(";", " "), content)
        column += start[1] if number == 0 else 1
        for one in content.split(";"):
            if one.strip():
                yield one.strip(), (start[0] + number, column + len(one) - len(one.lstrip()))
            column += len(one) + 1
