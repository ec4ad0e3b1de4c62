"""Instructions run one after the other on a machine of one thread, for the tests of dialects."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from checker import arch
from checker.diagnostic import Diagnostic
from checker.expression import Const, Expression, evaluate
from checker.language import parse
from checker.language.asm.instruction import instruction
from checker.litmus import Scalar
from checker.lowering.asm.machine import Machine, Trace, Tracked, const
from checker.lowering.asm.machine import Path as Way
from checker.lowering.asm.memory import Memory
from checker.lowering.draft import Draft, Sketch
from checker.lowering.sketch import sketch
from checker.program import Access

LOCATIONS = ("x", "y")

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "oracle"
"""Tests with reference outcomes, where they are at hand."""


class Ran(NamedTuple):
    """What some instructions did."""

    machine: Machine
    drafts: list[Draft]

    def register(self, name: str) -> Tracked:
        return self.machine.reg(name)

    def number(self, name: str, *read: int) -> int:
        """Return what a register holds when the reads returned these numbers, in memory order."""
        return value_of(self.register(name).value, *read)

    def accesses(self) -> list[str]:
        """Return every access: kind, class, place and size."""
        return [
            f"{step.kind}.{step.cls} {step.footprint.location}+{step.footprint.offset}"
            f" {step.footprint.size}{' atomic' if step.atomic else ''}"
            f"{' ' + step.order if step.order else ''}"
            for draft in self.drafts
            for step in draft.steps or ()
            if isinstance(step, Access)
        ]


def value_of(expression: Expression, *read: int) -> int:
    """Evaluate an expression; the environment chooses 1."""
    return evaluate(expression, lambda operation: read[operation], lambda free: 1)


def run(dialect: str, module: str, architecture: str, code: str, **registers: int | str) -> Ran:
    """Run instructions that `;` separates; registers hold numbers or addresses of locations."""
    memory = Memory()
    for name in LOCATIONS:
        memory.add(name, Scalar("u64"), 8, 8, (1, 1))
    held = {
        name: Tracked(Const(memory.address(one, (1, 1)), 64))
        if isinstance(one, str)
        else const(one)
        for name, one in registers.items()
    }
    trace = Trace()
    machine = Machine(0, arch.target(architecture), memory, trace, Way(held))
    machine.labels = {"L0": 100}
    execute = import_module(f"checker.lowering.asm.{module}").execute
    for text in code.split(";"):
        machine.instruction = instruction(dialect, text.strip(), (1, 1))
        execute(machine.instruction, machine)
    return Ran(machine, trace.drafts)


def drawn(text: str, architecture: str, unroll: int = 2) -> Sketch:
    """Return a whole test as an architecture sees it."""
    return sketch(parse(text), arch.target(architecture), unroll)


def refused(corpus: str, architecture: str) -> dict[str, str]:
    """Return the files of a corpus of reference outcomes that cannot be used, and why."""
    found = {}
    for file in sorted((CORPORA / corpus).rglob("*.litmus")):
        try:
            sketch(parse(file.read_bytes()), arch.target(architecture), 2)
        except Diagnostic as problem:
            found[file.name] = problem.message
    return found
