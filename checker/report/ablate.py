"""What a test needs, for a person: a table of removals and architectures, and what it comes to."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from checker.ablate import Ablation, Cell, Row
from checker.diagnostic import Position
from checker.report import blocks
from checker.report.blocks import Block, Grid, Heading, Pairs
from checker.report.text import SPELLED, Style, picture

_WIDTH = 44
"""Characters of what is removed; what is longer is cut."""

_OPERATION = 18
"""Characters of each of the two operations of a dependency."""

_MARKS = {
    "-": "not needed",
    ".": "the hardware is asked for the same without it; of the compiler nothing is said",
    "<": "where it is aligned to fewer bytes than that",
    "faults": "an access is not performed",
    "n/a": "the test has no meaning without it",
}

_TOGETHER = "all that is not needed alone, at once"


def test(ablation: Ablation, style: Style, *, witness: bool) -> str:
    """Return the paragraph on one test; with `witness`, the execution that each removal allows."""
    first = ablation.before[0]
    lines = [f"{style(first.test, 'name')}   {first.condition}", *_table(ablation, style)]
    lines += [style(f"  {line}", "dim") for line in _legend(ablation)]
    for name, told in _said(ablation):
        lines += textwrap.wrap(
            f"{name}: {told}", blocks.WIDTH, initial_indent="  ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    lines += _executions(ablation, style) if witness else []
    return "\n".join(lines)


def markdown(ablations: Iterable[Ablation]) -> str:
    """Return the whole run as Markdown."""
    return "\n".join(blocks.markdown(_document(one)) for one in ablations)


def _document(ablation: Ablation) -> Iterator[Block]:
    first = ablation.before[0]
    yield Heading(first.test, first.condition)
    heads = ("", *(one.arch for one in ablation.before))
    yield Grid(heads, tuple((name.strip(), *cells) for name, cells in _rows(ablation)))
    yield Pairs((*_said(ablation), *((f"`{m}`", says) for m, says in _marks(ablation))))


# --- what is removed ------------------------------------------------------------------------------

_DEPENDS = {"addr": "address of", "data": "value of", "ctrl": "branch before"}


def _label(row: Row) -> str:
    """Return what is removed, on at most one line."""
    removal = row.removal
    match removal.kind:
        case "barrier":
            return _short(row.text, _WIDTH)
        case "align":
            return f"{row.text} of {removal.name}"
        case "order":
            change = f" as {removal.weaker}()" if row.calls else f" without {removal.weaker}"
            return _short(row.text, _WIDTH - len(change)) + change
    of, source = _short(row.text, _OPERATION), _short(row.source, _OPERATION)
    word = "on" if removal.kind == "ctrl" else "from"
    return f"{_DEPENDS[removal.kind]} {of} {word} {_at(removal.source)} {source}"


def _at(position: Position | None) -> str:
    line, column = position or (0, 0)
    return f"{line}:{column}"


def _short(text: str, width: int) -> str:
    """Return a text in at most so many characters; a call stays one."""
    if len(text) <= width:
        return text
    end = "…)" if text.endswith(")") else "…"
    return text[: width - len(end)] + end


# --- the table ------------------------------------------------------------------------------------


def _rows(ablation: Ablation) -> Iterator[tuple[str, list[str]]]:
    """Yield the lines of the table: what is removed, and a word for each architecture."""
    archs = [one.arch for one in ablation.before]
    yield (
        f"{'':{_NUMBER}}  as it is",
        [SPELLED.get(one.answer, one.answer) for one in ablation.before],
    )
    for row in ablation.rows:
        yield _named(row), [_word(row.on(arch)) for arch in archs]
    if ablation.together:
        found = {cell.arch: cell for cell in ablation.together}
        yield f"{'':{_NUMBER}}  {_TOGETHER}", [_word(found.get(arch)) for arch in archs]


_NUMBER = 7
"""Characters of a line and a column."""


def _named(row: Row) -> str:
    threads = f"{' '.join(f'P{thread}' for thread in row.threads)}  " if row.threads else ""
    return f"{_at(row.removal.at):>{_NUMBER}}  {threads}{_label(row)}"


def _word(cell: Cell | None) -> str:
    if cell is None:
        return ""
    words = {"not-needed": "-", "absent": ".", "faults": "faults", "unusable": "n/a"}
    word = words.get(cell.effect) or SPELLED.get(cell.answer or "", cell.answer or "")
    return f"{word} <{cell.below}" if cell.below else word


def _table(ablation: Ablation, style: Style) -> Iterator[str]:
    """Yield the table, in as many bands as its architectures need."""
    archs = [one.arch for one in ablation.before]
    rows = list(_rows(ablation))
    width = max(len(name) for name, _ in rows)
    columns = [max(len(text) for text in (arch, *(cells[index] for _, cells in rows)))
               for index, arch in enumerate(archs)]  # fmt: skip
    waiting = iter(range(len(archs)))
    while band := list(islice(waiting, _fitting(columns, width))):
        for name, words in (("", archs), *rows):
            cells = "  ".join(
                style(words[index], _colour(words[index]))
                + " " * (columns[index] - len(words[index]))
                for index in band
            )
            yield f"{name:{width}}  {cells}".rstrip()


def _fitting(columns: Sequence[int], width: int) -> int:
    """Return how many columns fit beside each other, at least one."""
    return max(1, (blocks.WIDTH + 20 - width) // (max(columns) + 2))


def _colour(word: str) -> str:
    answer = word.partition(" ")[0].lower()
    known = {"faults": "allowed", "forbidden": "forbidden", "fragile": "fragile",
             "allowed": "allowed", "unknown": "unknown", "-": "dim", ".": "dim"}  # fmt: skip
    return known.get(answer, "name")


def _legend(ablation: Ablation) -> Iterator[str]:
    for mark, says in _marks(ablation):
        yield f"{mark:6} {says}"


def _marks(ablation: Ablation) -> Iterator[tuple[str, str]]:
    """Yield the marks that the table has, and what they mean."""
    words = {cell.partition(" <")[:2] for _, cells in _rows(ablation) for cell in cells}
    used = {part.strip() for word in words for part in word}
    yield from ((mark, says) for mark, says in _MARKS.items() if mark in used)


# --- what it comes to -----------------------------------------------------------------------------


def _said(ablation: Ablation) -> Iterator[tuple[str, str]]:
    """Yield what is needed where, and what is needed nowhere."""
    groups: dict[str, list[str]] = {}
    for row in ablation.rows:
        groups.setdefault(_where(ablation, row), []).append(_cited(row))
    for where in sorted(groups, key=_place):
        yield where, "; ".join(groups[where])
    yield from _notes(ablation)


def _cited(row: Row) -> str:
    return f"{_at(row.removal.at)} {_label(row)}"


def _where(ablation: Ablation, row: Row) -> str:
    """Return where something is needed, in words."""
    archs = [one.arch for one in ablation.before]
    held = [one.arch for one in ablation.before if one.answer in ("forbidden", "fragile")]
    needed = [cell.arch for cell in row.cells if cell.needed]
    anywhere = " anywhere" if len(archs) > 1 else ""
    if needed and needed == held:
        others = ", ".join(arch for arch in archs if arch not in held)
        everywhere = " everywhere" if len(archs) > 1 else ""
        return f"needed{everywhere} but on {others}" if others else f"needed{everywhere}"
    if needed:
        return f"needed on {', '.join(needed)}"
    if ablation.needed(row) is None:
        return "not known to be needed"
    if all(cell.effect == "absent" for cell in row.cells):
        return f"no difference{anywhere}"
    return f"not needed{anywhere}"


def _place(where: str) -> int:
    """Return where a group stands: what is needed everywhere, somewhere, nowhere."""
    first = ("needed everywhere", "needed", "not known", "not needed", "no difference")
    return next(index for index, start in enumerate(first) if where.startswith(start))


def _notes(ablation: Ablation) -> Iterator[tuple[str, str]]:
    some = [cell.arch for cell in ablation.together if cell.needed]
    if some:
        says = "what is not needed alone cannot all go at once: one piece stands in for another"
        yield ", ".join(some), says
    for row in ablation.rows:
        enough = max((cell.below for cell in row.cells), default=0)
        if 0 < enough < min(cell.align for cell in row.cells):
            yield "less would do", f"{_cited(row)}: {enough} is enough"
    for answer, says in (
        ("allowed", "ALLOWED as it is: nothing can be needed"),
        ("fragile", "fragile as it is: needed means that it is ALLOWED without"),
    ):
        archs = [one.arch for one in ablation.before if one.answer == answer]
        if archs:
            yield ", ".join(archs), says
    if not ablation.rows and any(one.answer in ("forbidden", "fragile") for one in ablation.before):
        yield "nothing to remove", "no barrier, acquire, release, dependency or alignment"
    for one in ablation.before:
        if one.answer == "unknown":
            yield one.arch, f"UNKNOWN as it is: {one.limit}"
    for row in ablation.rows:
        for cell in row.cells:
            if cell.why:
                yield f"{cell.arch}, {_at(row.removal.at)}", cell.why
    for cell in ablation.together:
        if cell.why:
            yield f"{cell.arch}, at once", cell.why


# --- executions -----------------------------------------------------------------------------------


def _executions(ablation: Ablation, style: Style) -> Iterator[str]:
    """Yield what each removal allows; a picture that was shown before is not repeated."""
    shown: dict[tuple[str, ...], str] = {}
    for name, cells in (
        *((_named(row).strip(), row.cells) for row in ablation.rows),
        (_TOGETHER, ablation.together),
    ):
        for cell in cells:
            if cell.verdict and cell.verdict.witness:
                yield ""
                yield f"  without {style(name, 'name')}, on {cell.arch}:"
                lines = tuple(picture(cell.verdict, cell.verdict.witness, style))
                shown_as = shown.setdefault(lines, f"{name}, on {cell.arch}")
                if shown_as != f"{name}, on {cell.arch}":
                    lines = (f"the same execution as without {shown_as}",)
                yield from (f"    {line}".rstrip() for line in lines)
