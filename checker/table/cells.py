"""What a table holds: an answer for each layer of an operation, a size and an architecture."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from checker.value import value
from checker.verdict import Problem, Reason

Grade = Literal["whole", "practice", "torn", "unknown"]


@value
class Answer:
    """What one layer keeps together of an operation; units are in bytes."""

    size: int
    unit: int
    """Every aligned part of this size is whole by what manuals and contracts promise."""
    practice: int
    """The same where established practice counts too."""
    notation: str
    """The accesses it was decided for, in the access notation."""
    source: str
    reasons: tuple[Reason, ...]
    """What the units rest on, from the solver's proofs; none for single bytes."""
    exact: bool = True
    """Whether the accesses are recorded for the kernel asked about, not only for the newest."""
    limit: str = ""
    """For `unknown`: the limit that was hit."""

    @property
    def grade(self) -> Grade:
        """Whether a racing access can see the operation torn."""
        if self.limit:
            return "unknown"
        if self.unit == self.size:
            return "whole"
        return "practice" if self.practice == self.size else "torn"


@value
class Cell:
    """One operation of one size on one architecture; None where it does not build."""

    operation: str
    size: int
    align: int
    """The address is a multiple of this."""
    arch: str
    partners: tuple[str, ...]
    contract: Answer | None
    code: Answer | None

    @property
    def told(self) -> tuple[tuple[int, int, str] | None, ...]:
        """What is compared with another architecture's cell."""
        return tuple(
            (one.unit, one.practice, one.limit) if one else None
            for one in (self.contract, self.code)
        )


@value
class Table:
    """Cells by operation, then architecture, then size; and what kept it from having more."""

    operations: tuple[str, ...]
    sizes: tuple[int, ...]
    archs: tuple[str, ...]
    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...] = ()
    added: tuple[str, ...] = ()
    """Rows that nobody named: of features, for the cells that they change."""

    def cell(self, operation: str, arch: str, size: int) -> Cell | None:
        """Return one cell, or None where the data of an architecture could not be used."""
        for cell in self.of(operation, arch):
            if cell.size == size:
                return cell
        return None

    def of(self, operation: str, arch: str) -> tuple[Cell, ...]:
        """Return a row: an operation's cells on an architecture, by size."""
        return self._rows.get((operation, arch), ())

    def rows(self, operation: str) -> list[str]:
        """Return the rows of an operation: of what was named, and of features that change one."""
        return [
            name
            for name in self.archs
            if name not in self.added or not self.is_same(operation, name)
        ]

    def is_same(self, operation: str, name: str) -> bool:
        """Whether the last of a target's features changes no cell of an operation."""
        before, at, version = name.partition("@")
        less = before.rpartition("+")[0] + at + version
        own, base = self.of(operation, name), self.of(operation, less)
        return [one.told for one in own] == [one.told for one in base]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], tuple[Cell, ...]]:
        rows: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.cells:
            rows.setdefault((cell.operation, cell.arch), []).append(cell)
        return {key: tuple(row) for key, row in rows.items()}
