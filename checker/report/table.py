"""What all forms of a table share: words for cells, and footnotes with rules and sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from checker.program import Layer
from checker.table.cells import Answer, Cell, Table
from checker.value import value
from checker.verdict import Reason

TITLE = "Which accesses are whole, by architecture"

LAYERS: tuple[Layer, ...] = ("contract", "code")

LEGEND = (
    ("contract", "what the operation promises its callers, by what manuals say of it"),
    ("code", "what today's code does, established practice counted"),
    ("whole", "no racing access of the same size can see it torn, or be torn by it"),
    ("whole~", "whole by established practice only: compilers, kernels or emulators rely on it"),
    ("4/8", "of 8 bytes every aligned 4 are whole, and no more is promised"),
    ("4/8~", "the same by established practice only"),
    ("bytes", "nothing above a single byte is promised"),
    ("torn:4", "an access of the same size can see it torn; aligned parts of 4 bytes are whole"),
    ("-", "there is no such operation: it does not build"),
    ("?", "a limit was reached, or the architecture's data cannot be used"),
)  # fmt: skip

REMARKS = (
    "The address is a multiple of the size{align}. The other side is taken to be single-copy "
    "atomic at any address; a read-modify-write meets a load and a store.",
    "Every alternative that the code may take is tried. Copies are of constant size, but "
    "kvm_write_guest() and kvm_read_guest() never are; nothing is known of where the other side "
    "of a copy lies.",
    "A single byte is whole everywhere. In the accesses N stands for the size.",
)


def remarks(table: Table) -> list[str]:
    """Return how the cells are to be read."""
    aligns = {cell.align for cell in table.cells if cell.align != cell.size}
    first, *others = REMARKS
    shown = f" unless --align says otherwise: here of {min(aligns)} bytes" if aligns else ""
    return [first.format(align=shown), *others]


def word(answer: Answer | None, layer: Layer) -> str:
    """Return an answer as a table shows it."""
    if answer is None:
        return "-"
    match answer.grade:
        case "unknown":
            return "?"
        case "whole":
            return "whole"
        case "practice":
            return "whole~"
    if layer == "code":
        return f"torn:{answer.practice}"
    more = "~" if answer.practice > answer.unit else ""
    return "bytes" if answer.practice == 1 else f"{answer.practice}/{answer.size}{more}"


def columns(table: Table, operation: str) -> list[tuple[Layer, int]]:
    """Return the columns of an operation: those of sizes that it has somewhere."""
    built = {
        cell.size
        for arch in table.archs
        for cell in table.of(operation, arch)
        if cell.contract or cell.code
    }
    return [(layer, size) for layer in LAYERS for size in table.sizes if size in built]


def words(table: Table, operation: str, arch: str) -> list[str]:
    """Return the row of an operation on an architecture."""
    row = []
    for layer, size in columns(table, operation):
        cell = table.cell(operation, arch, size)
        row.append(word(answer_of(cell, layer), layer) if cell else "?")
    return row


def answer_of(cell: Cell, layer: Layer) -> Answer | None:
    """Return the answer of one layer."""
    return cell.contract if layer == "contract" else cell.code


# --- footnotes ------------------------------------------------------------------------------------


@value
class Note:
    """A footnote: what it is called, what it says, and where that is written."""

    name: str
    says: str
    source: str


class Notes:
    """Footnotes in the order in which they are first needed, numbered from 1."""

    def __init__(self) -> None:
        """Begin without any."""
        self._numbers: dict[Note, int] = {}

    def of(self, table: Table, operation: str, arch: str) -> list[int]:
        """Return the numbers of what a row rests on: rules, then the code it is about."""
        cells = table.of(operation, arch)
        rules: dict[str, Reason] = {}
        for cell in cells:
            for one in (cell.contract, cell.code):
                rules |= {reason.rule: reason for reason in (one.reasons if one else ())}
        found = [self._number(_of_rule(rules[name])) for name in sorted(rules)]
        return found + [self._number(note) for note in _of_code(operation, cells)]

    def _number(self, note: Note) -> int:
        return self._numbers.setdefault(note, len(self._numbers) + 1)

    def __iter__(self) -> Iterator[tuple[int, Note]]:
        """Yield all, by number."""
        return iter([(number, note) for note, number in self._numbers.items()])


def _of_rule(reason: Reason) -> Note:
    grade = "" if reason.evidence == "manual" else f" ({reason.evidence})"
    return Note(f"{reason.rule}{grade}", reason.says, reason.cite)


def _of_code(operation: str, cells: Iterable[Cell]) -> Iterator[Note]:
    """Yield what an operation becomes: contract and code, one note where they are the same."""
    cells = tuple(cells)
    contract, code = (
        {c.size: one for c in cells if (one := answer_of(c, layer)) is not None} for layer in LAYERS
    )
    same = [size for size, one in code.items() if _written(contract.get(size)) == _written(one)]
    for name, found in (("contract", contract), ("code", code)):
        left = {s: one for s, one in found.items() if name == "contract" or s not in same}
        what = "contract and code" if left and all(s in same for s in left) else name
        for source in dict.fromkeys(one.source for one in left.values()):
            mine = {s: one for s, one in left.items() if one.source == source}
            older = "" if all(one.exact for one in mine.values()) else " (as in 6.12)"
            yield Note(f"{operation}, {what}{older}", _accesses(mine), source)


def _written(answer: Answer | None) -> tuple[str, str] | None:
    return (answer.notation, answer.source) if answer else None


def _accesses(answers: dict[int, Answer]) -> str:
    """Return the accesses of each size, those of one pattern together."""
    same: dict[str, list[int]] = {}
    for size, one in answers.items():
        same.setdefault(one.notation, []).append(size)
    patterns: dict[str, dict[str, list[int]]] = {}
    for notation, sizes in same.items():
        pattern = re.sub(rf"\b{sizes[0]}\b", "N", notation) if len(sizes) == 1 else notation
        patterns.setdefault(pattern, {})[notation] = sizes
    told = []
    for pattern, found in patterns.items():
        shown = pattern if len(found) > 1 else next(iter(found))
        told.append(f"{', '.join(str(s) for sizes in found.values() for s in sizes)}: `{shown}`")
    return ", ".join(told)
