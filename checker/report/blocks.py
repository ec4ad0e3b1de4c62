"""A small document of headings, facts, tables and lists, for a terminal or as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from checker.report.text import Style
from checker.value import value

WIDTH = 100


@value
class Heading:
    """A heading: the first of a document is its title."""

    text: str
    after: str = ""
    """What follows it on the same line."""


@value
class Paragraph:
    """A text of its own."""

    text: str


@value
class Pairs:
    """Names and what they are; a name can stand in for several lines."""

    pairs: tuple[tuple[str, str], ...]


@value
class Grid:
    """A table of short texts."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@value
class Verbatim:
    """Lines that stay as they are: code, a picture of an execution, a command."""

    text: str


Block = Heading | Paragraph | Pairs | Grid | Verbatim


def text(blocks: Iterable[Block], style: Style, width: int = WIDTH) -> str:
    """Return a document for a terminal, or for a mail of `width` columns."""
    parts = []
    for number, block in enumerate(blocks):
        match block:
            case Heading(name, after):
                told = f"   {after}" if after else ""
                parts.append(("\n" if number else "") + style(name, "name") + told)
            case Paragraph(told):
                parts.append(_wrapped("  ", told, width))
            case Pairs(pairs):
                parts += _pairs(pairs, width)
            case Grid(heads, rows):
                parts += _grid(heads, rows, style)
            case Verbatim(told):
                parts.append(textwrap.indent(told, "    "))
    return "\n".join(parts) + "\n"


def _pairs(pairs: tuple[tuple[str, str], ...], width: int) -> Iterator[str]:
    names = max(len(name) for name, _ in pairs) if pairs else 0
    if names > 24:
        for name, told in pairs:
            yield f"  {name}"
            yield _wrapped("      ", told, width)
    else:
        for name, told in pairs:
            yield _wrapped(f"  {name:{names}}  ", told, width)


def _grid(heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...], style: Style) -> Iterator[str]:
    widths = [max(len(row[n]) for row in (heads, *rows)) for n in range(len(heads))]
    for index, row in enumerate((heads, *rows)):
        line = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"  {style(line.rstrip(), 'dim') if index == 0 else line.rstrip()}"


def _wrapped(label: str, told: str, width: int) -> str:
    lines: list[str] = []
    for line in told.split("\n"):
        lines += textwrap.wrap(
            line, width, initial_indent=" " * len(label) if lines else label,
            subsequent_indent=" " * len(label), break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(lines) or label.rstrip()


def markdown(blocks: Iterable[Block]) -> str:
    """Return a document as Markdown."""
    parts: list[str] = []
    for number, block in enumerate(blocks):
        match block:
            case Heading(name, after):
                parts.append(f"{'##' if number else '#'} {name}{f': {after}' if after else ''}")
            case Paragraph(told):
                parts.append(told)
            case Pairs(pairs):
                parts.append("\n".join(_item(name, told) for name, told in pairs))
            case Grid(heads, rows):
                lines = [heads, ("---",) * len(heads), *rows]
                parts.append("\n".join(f"| {' | '.join(map(_cell, row))} |" for row in lines))
            case Verbatim(told):
                parts.append(f"```\n{told}\n```")
    return "\n\n".join(parts) + "\n"


def _item(name: str, told: str) -> str:
    return f"- **{name}**: {told}".replace("\n", "  \n  ")


def _cell(told: str) -> str:
    return told.replace("|", "\\|")
