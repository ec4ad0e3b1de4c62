"""Control flow of an assembly thread: ways through it become guards.

Code is run once, in program order. A branch splits the way that is being followed; where ways meet
they are joined to one, whose registers are chosen by the guards. Ways that would have other
dependencies are kept apart, since one operation has one set of them. A loop, the code between a
label and a branch back to it, is run so many rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.expression import FALSE, Expression
from checker.lowering.asm import fold
from checker.lowering.asm.machine import Machine, Path, Tracked, const

MAX_PATHS = 64
"""Ways through a thread that are followed side by side."""

Execute = Callable[[ast.Instruction, Machine], None]


def run(machine: Machine, thread: ast.Thread, execute: Execute, unroll: int) -> dict[str, Tracked]:
    """Run a thread and return its registers at the end; raises Diagnostic."""
    return _Flow(machine, thread, execute, unroll).run()


class _Flow:
    """A thread's code, and the ways that wait at each of its instructions."""

    def __init__(self, machine: Machine, thread: ast.Thread, execute: Execute, unroll: int) -> None:
        self._machine = machine
        self._thread = thread
        self._execute = execute
        self._unroll = unroll
        self._code = [one for one in thread.code if isinstance(one, ast.Instruction)]
        machine.labels = _labels(thread)
        self._loops = _loops(self._code, machine.labels)
        self._waiting: dict[int, list[Path]] = {}
        self._rounds: list[tuple[int, dict[int, list[Path]]]] = []
        """The loops being run: where each begins, and the ways that go on in its next round."""

    def run(self) -> dict[str, Tracked]:
        self._waiting[0] = [self._machine.here]
        self._range(0, len(self._code), 0)
        ends = self._waiting.pop(len(self._code), []) + self._machine.ended
        return _registers(ends)

    def _range(self, start: int, end: int, inside: int) -> None:
        """Run the code between two indices, which are within a loop that ends at `inside`."""
        index = start
        while index < end:
            beyond = self._loops.get(index, 0)
            if beyond and not (index == start and beyond == inside):
                self._loop(index, beyond)
                index = beyond
                continue
            for path in self._arrived(index):
                self._step(index, path)
            index += 1

    def _loop(self, start: int, end: int) -> None:
        """Run a loop's rounds; ways that would go on afterwards are cut off there."""
        for _ in range(self._unroll):
            again: dict[int, list[Path]] = {}
            self._rounds.append((start, again))
            self._range(start, end, end)
            self._rounds.pop()
            if not again:
                return
            for index, paths in again.items():
                self._waiting.setdefault(index, []).extend(paths)
        for index in again:
            for path in self._waiting.pop(index):
                self._machine.trace.assumed.append(ex.invert(path.guard))

    def _step(self, index: int, path: Path) -> None:
        machine, instruction = self._machine, self._code[index]
        machine.path, machine.instruction, machine.next = path, instruction, index + 1
        self._execute(instruction, machine)
        if machine.path is not None:
            self._waiting.setdefault(index + 1, []).append(machine.path)
        for label, way in machine.jumps:
            target = machine.labels[label]
            into = self._waiting if target > index else self._round_of(target)
            into.setdefault(target, []).append(way)
        machine.jumps.clear()
        if machine.ways:
            self._waiting.setdefault(index + 1, []).extend(machine.ways)
            machine.ways.clear()

    def _round_of(self, target: int) -> dict[int, list[Path]]:
        """Return the ways of the next round of the innermost loop that a jump back stays in."""
        return next(again for start, again in reversed(self._rounds) if start <= target)

    def _arrived(self, index: int) -> list[Path]:
        """Return the ways that are to go on at an index, joined where they can be."""
        arrived = self._waiting.pop(index, None)
        if arrived is None:
            return []
        if len(arrived) == 1:
            return arrived
        kept: list[Path] = []
        for path in arrived:
            for number, other in enumerate(kept):
                if _alike(path, other):
                    kept[number] = _joined(other, path)
                    break
            else:
                kept.append(path)
        if len(kept) > MAX_PATHS:
            raise Diagnostic(
                f"more than {MAX_PATHS} ways lead here", self._code[index].at,
                "ask a smaller question, or lower --unroll",
            )  # fmt: skip
        return kept


def _labels(thread: ast.Thread) -> dict[str, int]:
    """Return the index of the instruction that each label stands before."""
    found: dict[str, int] = {}
    number = count()
    index = 0
    for one in thread.code:
        if isinstance(one, ast.Instruction):
            index = next(number) + 1
        elif one.name in found:
            raise Diagnostic(f"the label `{one.name}` stands twice", one.at)
        else:
            found[one.name] = index
    return found


def _loops(code: list[ast.Instruction], labels: dict[str, int]) -> dict[int, int]:
    """Return where each loop begins and ends, loops that overlap being one; inner ones too."""
    spans = []
    for index, instruction in enumerate(code):
        for operand in instruction.operands:
            name = getattr(operand, "name", None)
            if name in labels and labels[name] <= index:
                spans.append((labels[name], index + 1))
    found: dict[int, int] = {}
    for start, end in sorted(spans):
        within = [s for s, e in found.items() if s <= start < e]
        for outer in within:
            if outer == start or found[outer] < end:
                found[outer] = max(found[outer], end)
                break
        else:
            found[start] = end
    return found


def _alike(a: Path, b: Path) -> bool:
    """Whether two ways can be joined: what differs in their dependencies are operations of one.

    An operation that only one way has does not happen on the other, so that a dependency on it
    means nothing there.
    """
    return (
        a.reserved == b.reserved
        and _same(a.ctrl, b.ctrl, a, b)
        and all(
            _same(one.deps, other.deps, a, b) and _same(one.picks, other.picks, a, b)
            for name in a.registers.keys() | b.registers.keys()
            for one, other in [(_held(a, name), _held(b, name))]
        )
    )


def _same(first: frozenset[int], second: frozenset[int], a: Path, b: Path) -> bool:
    return first == second or (
        (first - second).isdisjoint(b.done) and (second - first).isdisjoint(a.done)
    )


def _held(path: Path, name: str) -> Tracked:
    return path.registers.get(name) or const(0)


def _joined(a: Path, b: Path) -> Path:
    """Return two ways as one; they exclude each other."""
    registers = {
        name: _either(b.guard, b, a, name) for name in a.registers.keys() | b.registers.keys()
    }
    guard = fold.binary("or", a.guard, b.guard)
    return Path(registers, guard, a.ctrl | b.ctrl, a.done | b.done, a.reserved)


def _either(guard: Expression, a: Path, b: Path, name: str) -> Tracked:
    """Return a register: of way `a` where its guard holds, else of way `b`."""
    one, other = a.registers.get(name), b.registers.get(name)
    if one == other and one is not None:
        return one
    bits = (one or other or const(0)).bits
    one, other = one or const(0, bits), other or const(0, bits)
    found = fold.choose(guard, one.value, other.value)
    return Tracked(found, one.deps | other.deps, one.picks | other.picks)


def _registers(ends: list[Path]) -> dict[str, Tracked]:
    """Return the registers of the way that is taken to the end."""
    if not ends:
        return {}
    last = ends[0]
    for path in ends[1:]:
        if path.guard != FALSE:
            last = _joined(last, path)
    return last.registers
