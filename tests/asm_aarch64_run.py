"""AArch64 instructions run by a thread, for the tests of what they do."""

from __future__ import annotations

from checker import arch, litmus
from checker.expression import Const, ReadValue, evaluate
from checker.language.asm.instruction import instruction
from checker.lowering.asm import flow
from checker.lowering.asm.aarch64 import execute
from checker.lowering.asm.machine import Machine, Path, Trace, Tracked
from checker.lowering.asm.memory import Memory
from checker.lowering.draft import Draft
from checker.program import Access

Code = list[litmus.Instruction | litmus.Label]


SIZE = 256
"""Bytes of the location that X10 points to."""


UNKNOWN = 100
"""Operations from here on are not in a test: what registers hold that are known to depend."""


def code(text: str) -> Code:
    """Return the instructions of a text, separated by `;`, with labels before them."""
    found: Code = []
    for number, cell in enumerate(text.split(";"), 1):
        *labels, rest = (part.strip() for part in cell.split(":"))
        found += [litmus.Label(label, (number, 1)) for label in labels]
        if rest:
            found.append(instruction("AArch64", rest, (number, 1)))
    return found


class Ran:
    """A thread that has been run: X10 points to the location `m`."""

    def __init__(self, text: str, registers: dict[str, Tracked] | None = None) -> None:
        """Run some instructions."""
        memory, self.trace = Memory(), Trace()
        memory.add("m", litmus.Scalar("u64"), SIZE, 8, (0, 0))
        self.base = memory.address("m", (0, 0))
        given = {"X10": Tracked(Const(self.base, 64)), **(registers or {})}
        target = arch.target("arm64")
        machine = Machine(0, target, memory, self.trace, Path(given))
        thread = litmus.Thread(0, (), (), None, (0, 0), tuple(code(text)))
        self.registers = flow.run(machine, thread, execute, 2)

    @property
    def drafts(self) -> list[Draft]:
        """The operations."""
        return self.trace.drafts

    @property
    def accesses(self) -> list[Access]:
        """The accesses."""
        return [step for d in self.drafts for step in d.steps or () if isinstance(step, Access)]

    def number(self, name: str, reads: dict[int, int] | None = None) -> int:
        """Return a register, given what the operations read."""
        known = {**dict.fromkeys(range(UNKNOWN), 0), **(reads or {})}
        return evaluate(self.registers[name].value, known.__getitem__, lambda _: 1)


def depending(*numbers: int) -> Tracked:
    """Return a register of unknown value that depends on operations outside the test."""
    first = numbers[0] if numbers else 0
    return Tracked(ReadValue(UNKNOWN + first, 64), frozenset(UNKNOWN + n for n in numbers))


def holding(*numbers: int) -> dict[str, Tracked]:
    """Return registers X1, X2, … that hold unknown values."""
    return {f"X{k}": depending(k) for k, _ in enumerate(numbers, 1)}


def cases(text: str) -> list[tuple[str, str]]:
    """Return the left and right halves of a table's lines; a right half may stand below."""
    lines = text.strip().replace("\n    ", "  ").splitlines()
    return [(left, right.strip()) for left, right in (line.split("  ", 1) for line in lines)]
