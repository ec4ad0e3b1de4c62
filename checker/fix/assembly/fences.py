"""Barriers between accesses of a thread, and stronger ones where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import litmus as ast
from checker.diagnostic import Position
from checker.fix.assembly.known import Barrier, Known
from checker.fix.assembly.table import Table
from checker.fix.change import Change
from checker.fix.source import Edit
from checker.lowering.draft import Draft, Sketch
from checker.value import value

_DISTANCE = re.compile(r"\.\d+$")
"""The label of a place that a branch goes to by its distance: `B .+8`."""


@value
class Gap:
    """The place before an instruction, with what is ordered there: `WR`, a write before a read."""

    thread: int
    instruction: ast.Instruction
    pairs: frozenset[str]


class Fences:
    """The barriers that a test could have."""

    def __init__(self, table: Table, test: ast.Test, sketches: list[Sketch], known: Known) -> None:
        """Find the gaps between instructions that access memory."""
        self._table, self._test, self._known = table, test, known
        self._does: dict[Position, str] = {}
        for sketch in sketches:
            for draft in sketch.drafts:
                before = self._does.get(draft.at, "")
                self._does[draft.at] = "".join(sorted({*before, *_does(draft)}))
        self.gaps = [gap for thread in test.threads for gap in self._between(thread)]

    def changes(self) -> Iterator[Change]:
        """Yield the changes in the order of the threads."""
        for gap in self.gaps:
            for barrier, rank in self._useful(gap.pairs):
                code = spelled(barrier.code, gap.instruction)
                says = f"{code} before `{gap.instruction.text}` of P{gap.thread}"
                site = f"gap {gap.instruction.at}"
                yield Change(
                    "fence", says, gap.instruction.at, (self._edit(gap, barrier),), rank, site,
                    cite=barrier.source,
                )  # fmt: skip
        for thread in self._test.threads:
            for one in thread.code:
                if isinstance(one, ast.Instruction):
                    yield from self._stronger(thread, one)

    def everywhere(self) -> tuple[Edit, ...]:
        """Return the strongest barrier in every gap: no other does more."""
        return tuple(self._edit(gap, self._known.barriers[-1]) for gap in self.gaps)

    def _edit(self, gap: Gap, barrier: Barrier) -> Edit:
        at = self._table.offset(gap.instruction.at)
        return Edit(at, at, spelled(barrier.code, gap.instruction))

    def _useful(self, pairs: frozenset[str]) -> Iterator[tuple[Barrier, int]]:
        """Yield the barriers that order some pairs, but none that does as a weaker one; the last.

        What that one does more can lie in other threads: it is cumulative where a weaker is not.
        """
        seen = {frozenset[str]()}
        for rank, barrier in enumerate(self._known.barriers, 1):
            effect = barrier.orders & pairs
            if effect not in seen or barrier is self._known.barriers[-1]:
                seen.add(effect)
                yield barrier, rank

    def _stronger(self, thread: ast.Thread, there: ast.Instruction) -> Iterator[Change]:
        codes = [_normal(barrier.code) for barrier in self._known.barriers]
        if _normal(there.text) not in codes:
            return
        orders = self._known.barriers[codes.index(_normal(there.text))].orders
        start = self._table.offset(there.at)
        for rank, barrier in enumerate(self._known.barriers, 1):
            if barrier.orders > orders:
                code = spelled(barrier.code, there)
                end = self._table.end(start, there.text)
                if end is None:
                    return
                says = f"`{there.text}` of P{thread.number} becomes `{code}`"
                yield Change(
                    "fence", says, there.at, (Edit(start, end, code),), rank + len(codes),
                    f"at {there.at}", cite=barrier.source,
                )  # fmt: skip

    # --- gaps

    def _between(self, thread: ast.Thread) -> Iterator[Gap]:
        """Yield the places before accesses, and behind one that a branch or a label follows."""
        labels = {one.name: k for k, one in enumerate(thread.code) if isinstance(one, ast.Label)}
        if any(_DISTANCE.match(name) for name in labels):
            return  # another instruction would change where such a branch goes
        loops = list(_loops(thread, labels))
        for k, one in enumerate(thread.code):
            if not isinstance(one, ast.Instruction) or not self._begins(thread, k, labels):
                continue
            if self._is_barrier(thread, k):
                continue  # a stronger one is another change
            around = [(start, end) for start, end in loops if start < k <= end]
            first = min((start for start, _ in around), default=k)
            last = max((end for _, end in around), default=k)
            early = self._accesses(thread, 0, max(k, last + 1))
            late = self._accesses(thread, min(k, first), len(thread.code))
            pairs = frozenset(a + b for a in early for b in late)
            if pairs:
                yield Gap(thread.number, one, pairs)

    def _begins(self, thread: ast.Thread, k: int, labels: dict[str, int]) -> bool:
        """Whether a gap is before an instruction: it is an access, or the one before it is."""
        if self._does.get(thread.code[k].at):
            return True
        before = [one for one in thread.code[:k] if isinstance(one, ast.Instruction)]
        if not before or not self._does.get(before[-1].at):
            return False
        rest = thread.code[k:]
        until = next((j for j, c in enumerate(rest) if self._does.get(c.at)), len(rest))
        return any(isinstance(c, ast.Label) or _target(c, labels) for c in rest[:until])

    def _is_barrier(self, thread: ast.Thread, k: int) -> bool:
        """Whether the instruction before a place, or there, is a barrier already."""
        known = {_normal(barrier.code) for barrier in self._known.barriers}
        near = [thread.code[k]]
        if k and isinstance(thread.code[k - 1], ast.Instruction):
            near.append(thread.code[k - 1])
        return any(isinstance(c, ast.Instruction) and _normal(c.text) in known for c in near)

    def _accesses(self, thread: ast.Thread, start: int, end: int) -> set[str]:
        """Return the letters of what some instructions do: `R`, `W`."""
        return {letter for one in thread.code[start:end] for letter in self._does.get(one.at, "")}


def _does(draft: Draft) -> str:
    return {"load": "R", "store": "W", "rmw": "RW"}.get(draft.kind, "")


def _loops(thread: ast.Thread, labels: dict[str, int]) -> Iterator[tuple[int, int]]:
    """Yield where each branch back leads, and where it stands."""
    for k, one in enumerate(thread.code):
        target = _target(one, labels)
        if target and labels[target] <= k:
            yield labels[target], k


def _target(one: ast.Instruction | ast.Label, labels: dict[str, int]) -> str:
    """Return the label that an instruction branches to, or nothing."""
    if isinstance(one, ast.Label):
        return ""
    names = (operand.name for operand in one.operands if isinstance(operand, ast.NameOf))
    return next((name for name in names if name in labels), "")


def spelled(code: str, like: ast.Instruction) -> str:
    """Return an instruction in the letters of another; registers with `%` have small ones."""
    mnemonic = like.text.split()[0]
    if mnemonic.islower():
        return code.lower()
    return code.upper() if mnemonic.isupper() and "%" not in code else code


def _normal(text: str) -> str:
    """Return an instruction's text to be compared."""
    return re.sub(r"\s*,\s*", ",", " ".join(text.lower().split()))
