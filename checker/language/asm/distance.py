"""Branches to a distance: `B .+8` goes two instructions further; each gets a label."""

from __future__ import annotations

import re
from dataclasses import replace

from checker.diagnostic import Diagnostic
from checker.litmus import Instruction, Label, NameOf, Operand

SPELLED = re.compile(r"[\s,]\.\s*[-+]\s*\d")
"""What a text with such a branch contains."""

_DISTANCE = re.compile(r"\.([-+]\d+)")

SIZE = 4
"""Bytes of an instruction."""


def labelled(code: list[Instruction | Label]) -> list[Instruction | Label]:
    """Return code in which every distance is a label; raises Diagnostic where it leads nowhere."""
    total = sum(isinstance(one, Instruction) for one in code)
    found: list[Instruction | Label] = []
    targets: dict[int, str] = {}
    index = 0
    for one in code:
        if isinstance(one, Instruction):
            operands = tuple(_named(one, k, index, total, targets) for k in one.operands)
            found.append(replace(one, operands=operands))
            index += 1
        else:
            found.append(one)
    return _with_labels(found, targets)


def _named(
    instruction: Instruction, operand: Operand, index: int, total: int, targets: dict[int, str]
) -> Operand:
    match = _DISTANCE.fullmatch(operand.name) if isinstance(operand, NameOf) else None
    if match is None:
        return operand
    steps, odd = divmod(int(match[1]), SIZE)
    if odd or not 0 <= index + steps <= total:
        raise Diagnostic(
            f"`{match[0]}` is no instruction of the thread", instruction.at,
            f"a distance is in bytes, {SIZE} for each instruction",
        )  # fmt: skip
    return NameOf(targets.setdefault(index + steps, f".{index + steps}"))


def _with_labels(
    code: list[Instruction | Label], targets: dict[int, str]
) -> list[Instruction | Label]:
    found: list[Instruction | Label] = []
    index = 0
    for one in code:
        if isinstance(one, Instruction):
            if index in targets:
                found.append(Label(targets[index], one.at))
            index += 1
        found.append(one)
    if index in targets:
        found.append(Label(targets[index], code[-1].at))
    return found
