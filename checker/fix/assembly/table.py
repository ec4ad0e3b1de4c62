"""The text of an assembly test by its rows and cells, and a table that stays readable."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.fix.source import Edit, Lines, OverlapError, edited
from checker.language import asm
from checker.language.source import split
from checker.value import value

SEPARATOR, END = "|", ";"


@value
class Cell:
    """A cell, from `start` to before `end`; its row's and column's numbers."""

    start: int
    end: int
    row: int
    column: int


@value
class Row:
    """A row from after the last `;`, with its own; `before` is what stands on earlier lines."""

    before: str
    cells: tuple[str, ...]

    @property
    def own_line(self) -> bool:
        """Whether nothing but the row stands on its line."""
        return self.before.endswith("\n") and not any("\n" in cell for cell in self.cells)

    def widths(self) -> tuple[int, ...]:
        """Return how many characters each cell has."""
        return tuple(len(cell) for cell in self.cells)

    def text(self) -> str:
        """Return it as it is written."""
        return self.before + SEPARATOR.join(self.cells) + END


class Table(Lines):
    """A litmus file in an assembly dialect.

    An edit that is empty and stands where a cell's instruction begins inserts an instruction before
    it, in a row of its own.
    """

    def __init__(self, text: str) -> None:
        """Take the table apart."""
        super().__init__(text)
        body = split(text).body
        delta = len(text) - len(body)
        self.brace = body.index("{") + delta
        self._rows: list[tuple[Cell, ...]] = []
        start, end, _ = asm.span(body)
        self._start = self._end = start + delta
        for row in body[start:end].split(END)[:-1]:
            cells, at = [], start
            for number, cell in enumerate(row.split(SEPARATOR)):
                cells.append(
                    Cell(at + delta, at + delta + len(cell), len(self._rows), number)
                )  # fmt: skip
                at += len(cell) + 1
            self._rows.append(tuple(cells))
            start = at
            self._end = at + delta

    def _cell(self, offset: int) -> Cell | None:
        """Return the cell that a place is in."""
        cells = (cell for row in self._rows for cell in row)
        return next((cell for cell in cells if cell.start <= offset < cell.end), None)

    def end(self, start: int, instruction: str) -> int | None:
        """Return the place after an instruction; None where a comment stands inside."""
        found = re.compile(r"\s+".join(map(re.escape, instruction.split()))).match(self.text, start)
        return found.end() if found else None

    # --- edits

    def edited(self, edits: tuple[Edit, ...]) -> str:
        """Return the text with all edits made, and the columns padded; raises OverlapError."""
        inner = [edit for edit in edits if self._start <= edit.start < self._end]
        if not inner:
            return edited(self.text, edits)
        outer = [edit for edit in edits if edit not in inner]
        if any(edit.start < self._start < edit.end for edit in outer):
            raise OverlapError
        new: dict[int, dict[int, list[Edit]]] = {}
        within: dict[tuple[int, int], list[Edit]] = {}
        for edit in inner:
            cell = self._cell(edit.start)
            if cell is None or edit.end > cell.end:
                raise OverlapError
            if edit.start == edit.end:
                new.setdefault(cell.row, {}).setdefault(cell.column, []).append(edit)
            else:
                within.setdefault((cell.row, cell.column), []).append(edit)
        before = [self._row(cells) for cells in self._rows]
        after = [one for cells in self._rows for one in self._changed(cells, new, within)]
        early = tuple(edit for edit in outer if edit.start < self._start)
        late = tuple(_moved(edit, -self._end) for edit in outer if edit.start >= self._end)
        return "".join(
            [
                edited(self.text[: self._start], early),
                *(row.text() for row in _padded(before, after)),
                edited(self.text[self._end :], late),
            ]
        )

    def _row(self, cells: tuple[Cell, ...]) -> Row:
        first, *rest = (self.text[cell.start : cell.end] for cell in cells)
        own = first.rfind("\n", 0, len(first) - len(first.lstrip())) + 1 or first.rfind("\n") + 1
        return Row(first[:own], (first[own:], *rest))

    def _changed(
        self,
        cells: tuple[Cell, ...],
        new: dict[int, dict[int, list[Edit]]],
        within: dict[tuple[int, int], list[Edit]],
    ) -> Iterator[Row]:
        """Yield a row with its edits, after the rows that are inserted before it."""
        row, number = self._row(cells), cells[0].row
        inserted, kept = new.get(number, {}), list(row.cells)
        columns: list[list[str]] = [[] for _ in cells]
        for cell in cells:
            raw = kept[cell.column]
            start = cell.end - len(raw)
            own = tuple(_moved(one, -start) for one in within.get((number, cell.column), ()))
            kept[cell.column] = _fitted(edited(raw, own), raw) if own else raw
            for edit in inserted.get(cell.column, ()):
                label = raw[: edit.start - start]  # with its blanks
                lead = raw[: len(raw) - len(raw.lstrip())]
                if columns[cell.column]:
                    label = lead
                else:
                    rest = kept[cell.column][edit.start - start :]
                    kept[cell.column] = _fitted(lead + rest, raw)
                columns[cell.column].append(_fitted(label + edit.text, raw))
        prefix = row.before
        for index in range(max(map(len, columns))):
            found = tuple(
                column[index] if index < len(column) else " " * len(raw)
                for column, raw in zip(columns, row.cells, strict=True)
            )
            yield Row(prefix, found)
            prefix = "\n" if row.before.endswith("\n") else ""
        yield Row(prefix, tuple(kept))


def _moved(edit: Edit, by: int) -> Edit:
    return Edit(edit.start + by, edit.end + by, edit.text)


def _fitted(cell: str, like: str) -> str:
    """Return a cell as wide as another, or with a blank at its end where that has one."""
    blank = " " * (like != like.rstrip())
    return (cell.rstrip() + blank).ljust(len(like))


def _padded(before: list[Row], after: list[Row]) -> Iterator[Row]:
    """Yield rows whose columns are as wide as each other, where they were so before."""
    own = [row for row in before if row.own_line]
    if not own or any(row.widths() != own[0].widths() for row in own):
        yield from after
        return
    rows = [row.widths() for row in after if row.own_line]
    widths = [max(column) for column in zip(*rows, strict=True)]
    for row in after:
        if not row.own_line:
            yield row
            continue
        cells = zip(row.cells, widths, strict=True)
        yield Row(row.before, tuple(cell.ljust(width) for cell, width in cells))
