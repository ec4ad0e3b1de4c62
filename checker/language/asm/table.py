"""The columns of an assembly test: a thread each, an instruction or a label in a cell."""

from __future__ import annotations

import re
from functools import lru_cache

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.language.asm import distance
from checker.language.asm.instruction import instruction
from checker.language.asm.state import position

_THREAD = re.compile(r"P(\d{1,4})(\.F|:.*)?$", re.DOTALL)
_LABEL = re.compile(r"([A-Za-z_.][A-Za-z0-9_.$]*)\s*:\s*")

Code = list[ast.Instruction | ast.Label]


def threads(dialect: str, text: str, start: int, end: int) -> tuple[ast.Thread, ...]:
    """Return the threads whose columns stand between two indices; raises Diagnostic."""
    line, column = position(text, start)
    heads: list[tuple[int, Position]] = []
    columns: list[Code] = []
    for row in text[start:end].split(";"):
        if not row.strip():
            line, column = _after(line, column, row + ";")
            continue
        cells = row.split("|")
        if not heads:
            for cell in cells:
                at, name = _begin(line, column, cell)
                heads.append((_number(name, at), at))
                columns.append([])
                line, column = _after(line, column, cell + "|")
            continue
        if len(cells) != len(heads):
            at, _ = _begin(line, column, cells[0] if cells[0].strip() else row)
            raise Diagnostic(
                f"a row of {len(cells)} cells among {len(heads)} threads", at,
                "cells are separated by `|`, rows end with `;`",
            )  # fmt: skip
        for column_code, cell in zip(columns, cells, strict=True):
            at, content = _begin(line, column, cell)
            if content:
                column_code.extend(_cell(dialect, content, at))
            line, column = _after(line, column, cell + "|")
    if distance.SPELLED.search(text, start, end):
        columns = [distance.labelled(code) for code in columns]
    return tuple(
        ast.Thread(number, (), (), None, at, tuple(code))
        for (number, at), code in zip(heads, columns, strict=True)
    )


def _after(line: int, column: int, text: str) -> Position:
    """Return the position after a text that begins at a position."""
    lines = text.count("\n")
    if lines:
        return line + lines, len(text) - text.rfind("\n")
    return line, column + len(text)


def _begin(line: int, column: int, text: str) -> tuple[Position, str]:
    """Return where a text begins after its blanks, and the text without those around it."""
    content = text.lstrip()
    blanks = text[: len(text) - len(content)]
    return (_after(line, column, blanks) if blanks else (line, column)), content.rstrip()


def _number(name: str, at: Position) -> int:
    match = _THREAD.match(name)
    if not match:
        raise Diagnostic(f"`{name[:40]}` is not a thread", at, "threads are P0, P1, P2, …")
    if match[2] == ".F":
        raise Diagnostic("fault handlers are not modelled", at)
    return int(match[1])


def _cell(dialect: str, text: str, at: Position) -> Code:
    labels, index, content = _labels(text)
    code: Code = [ast.Label(name, (at[0], at[1] + offset)) for name, offset in labels]
    if content:
        code.append(instruction(dialect, content, (at[0], at[1] + index)))
    return code


@lru_cache(maxsize=1 << 16)
def _labels(text: str) -> tuple[tuple[tuple[str, int], ...], int, str]:
    """Return the labels at the beginning of a cell, and the rest with its index."""
    found, index = [], 0
    while match := _LABEL.match(text, index):
        found.append((match[1], index))
        index = match.end()
    return tuple(found), index, text[index:]
