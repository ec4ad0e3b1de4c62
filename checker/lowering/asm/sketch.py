"""A whole assembly test on one architecture: memory, threads, and the condition's meaning."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from checker import litmus as ast
from checker.arch import Target
from checker.diagnostic import Diagnostic
from checker.expression import Const
from checker.lowering.asm import flow, fold
from checker.lowering.asm.machine import Machine, Path, Trace, Tracked, View
from checker.lowering.asm.memory import SMALLEST, Memory
from checker.lowering.asm.resolve import Resolver, Run
from checker.lowering.draft import Sketch
from checker.lowering.layout import Layout
from checker.program import Logic, Place, Thread

MODULES = {
    "AArch64": "aarch64", "ARM": "arm", "PPC": "ppc", "RISCV": "riscv", "X86": "x86",
    "X86_64": "x86",
}  # fmt: skip
"""The ISA module of each dialect."""


def sketch(test: ast.Test, target: Target, unroll: int) -> Sketch:
    """Return an assembly test as `target` sees it; loops are run at most `unroll` rounds.

    Raises Diagnostic where the test has no meaning.
    """
    for override in test.overrides:
        raise Diagnostic("an override speaks of an operation of C", override.at, "write it in C")
    isa: Any = import_module(f"checker.lowering.asm.{MODULES[test.dialect]}")
    layout = Layout(target, ())
    memory = _memory(test, layout)
    trace, runs = Trace(), []
    for thread in test.threads:
        given = [one for one in test.given if one.thread == thread.number]
        registers, types = _registers(given, isa, memory, layout)
        machine = Machine(thread.number, target, memory, trace, Path(registers))
        runs.append(Run(flow.run(machine, thread, isa.execute, unroll), types))
    _check_threads(test)
    places = tuple(_places(test, memory, layout))
    resolver = Resolver(runs, memory, layout, isa.register, trace)
    question = resolver.question(test.condition.proposition)
    return Sketch(
        places=places,
        threads=tuple(
            Thread(thread.number, target, tuple((n, t.value) for n, t in run.registers.items()))
            for thread, run in zip(test.threads, runs, strict=True)
        ),
        drafts=tuple(trace.drafts),
        question=Logic("not", (question,)) if test.condition.quantifier == "forall" else question,
        shown=tuple(resolver.shown(test)),
        assumed=tuple(trace.assumed),
        keep=resolver.question(test.filter) if test.filter else None,
        environment=tuple(trace.environment),
    )


# --- locations ------------------------------------------------------------------------------------


def _memory(test: ast.Test, layout: Layout) -> Memory:
    """Return the locations: those that the init block speaks of, then those that code names."""
    memory = Memory()
    for given in test.given:
        if given.thread is None:
            _declare(given, memory, layout)
        for one in _addresses(given.value):
            memory.add(one.name, None, SMALLEST, SMALLEST, given.at)
    for thread in test.threads:
        labels = {one.name for one in thread.code if isinstance(one, ast.Label)}
        for name, at in _named(thread):
            if name not in labels and name not in memory.locations and name.isidentifier():
                memory.add(name, None, SMALLEST, SMALLEST, at)
    return memory


def _declare(given: ast.Given, memory: Memory, layout: Layout) -> None:
    if given.index is not None:
        size = SMALLEST * (given.index + 1)
        memory.add(given.name, None, size, SMALLEST, given.at)
        location = memory.locations[given.name]
        if location.type is None:
            location.size = max(location.size, size)
        return
    type_ = given.type
    if type_ is None and isinstance(given.value, ast.AddressOf):
        type_ = ast.Pointer(ast.Scalar("int"))
    if type_ is None and isinstance(given.value, tuple):
        type_ = ast.Array(ast.Scalar("int"), len(given.value))
    size = layout.size(type_) if type_ else SMALLEST
    element = layout.size(type_.of) if isinstance(type_, ast.Array) else size
    memory.add(given.name, type_, size, element, given.at)


def _addresses(value: ast.Content | None) -> Iterator[ast.AddressOf]:
    if isinstance(value, ast.AddressOf):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _addresses(one)


def _named(thread: ast.Thread) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the names in a thread's memory operands, and those that are operands themselves."""
    for one in thread.code:
        if isinstance(one, ast.Instruction):
            for operand in one.operands:
                inner = operand.offset if isinstance(operand, ast.Mem) else None
                if isinstance(inner, ast.NameOf):
                    yield inner.name, one.at


def _places(test: ast.Test, memory: Memory, layout: Layout) -> Iterator[Place]:
    """Yield the locations with their initial bytes."""
    content: dict[str, bytearray] = {n: bytearray(o.size) for n, o in memory.locations.items()}
    for given in test.given:
        if given.thread is None and given.value is not None:
            location = memory.locations[given.name]
            start = (given.index or 0) * location.element
            whole = location.size if given.index is None else location.element
            values = given.value if isinstance(given.value, tuple) else (given.value,)
            size = location.element if isinstance(given.value, tuple) else whole
            for number, one in enumerate(values):
                raw = _number(one, memory, given) & ((1 << 8 * size) - 1)
                at = start + number * size
                if at + size > location.size:
                    raise Diagnostic(f"`{given.name}` has fewer elements", given.at)
                held = raw.to_bytes(size, "big" if layout.big_endian else "little")
                content[given.name][at : at + size] = held
    for name, raw_bytes in content.items():
        yield memory.place(name, bytes(raw_bytes))


def _number(value: ast.Content, memory: Memory, given: ast.Given) -> int:
    if isinstance(value, ast.AddressOf):
        start = memory.address(value.name, given.at)
        return start + value.offset + value.index * memory.locations[value.name].element
    if isinstance(value, tuple):
        raise Diagnostic("a list of values stands where one must", given.at)
    return value


# --- registers ------------------------------------------------------------------------------------


def _registers(
    given: list[ast.Given], isa: Any, memory: Memory, layout: Layout
) -> tuple[dict[str, Tracked], dict[str, ast.Type]]:
    """Return a thread's registers at its beginning, and the types of those that have one."""
    registers: dict[str, Tracked] = {}
    types: dict[str, ast.Type] = {}
    for one in given:
        view: View | None = isa.register(one.name) or isa.register(one.name.lstrip("%"))
        if view is None:
            raise Diagnostic(f"`{one.name}` is not a register", one.at)
        if one.type is not None:
            types[view.register] = one.type
        if one.value is None:
            continue
        number = Const(_number(one.value, memory, one) & ((1 << 64) - 1), 64)
        if one.type is not None and isinstance(one.type, ast.Scalar):
            bits, sign = 8 * layout.size(one.type), layout.is_signed(one.type)
            sized = fold.resize(fold.resize(number, min(64, bits), sign=False), 64, sign=sign)
        else:
            sized = number
        assert isinstance(sized, Const)
        raw = (sized.value & ((1 << view.bits) - 1)) << view.shift
        registers[view.register] = Tracked(Const(raw, max(64, view.bits)))
    return registers, types


def _check_threads(test: ast.Test) -> None:
    for one in test.given:
        if one.thread is not None and one.thread >= len(test.threads):
            raise Diagnostic(
                f"there is no thread P{one.thread}", one.at,
                f"the test has P0 to P{len(test.threads) - 1}",
            )  # fmt: skip
