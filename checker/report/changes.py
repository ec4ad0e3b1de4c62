"""What another version of an override file gains and loses, for a person."""

from __future__ import annotations

from collections.abc import Iterator

from checker.report import blocks
from checker.report.blocks import Block, Heading, Pairs, Paragraph
from checker.report.review import MAIL
from checker.report.text import Style
from checker.review.changes import Change, Changes

_HEADS = {
    "lost": "Lost", "gained": "Gained", "changed": "Other code, neither more nor less",
    "unknown": "Not decided",
}  # fmt: skip
SHOWN = 3
"""How many sets of features are named."""


def render(found: Changes, style: Style) -> str:
    """Return the differences as text for a mail."""
    return blocks.text(document(found), style, MAIL)


def markdown(found: Changes) -> str:
    """Return them as Markdown."""
    return blocks.markdown(document(found))


def document(found: Changes) -> Iterator[Block]:
    """Yield the parts of the document."""
    old, new = found.old.file, found.new.file
    yield Heading(new.title or f"Overrides in {new.path}")
    kernel = found.new.kernel
    about = kernel if found.old.kernel == kernel else f"{found.old.kernel} and {kernel}"
    same = f"{found.same} override{'s' if found.same != 1 else ''} as before"
    yield Paragraph(
        f"From {old.path} to {new.path}, about kernel {about}: {same}, "
        f"{len(found.found) or 'no'} difference{'s' if len(found.found) != 1 else ''}. What "
        "callers get is compared for each set of features, at the addresses that are claimed."
    )
    for direction, head in _HEADS.items():
        own = [one for one in found.found if one.direction == direction]
        if own:
            yield Heading(head)
            yield Pairs(tuple((_name(one), f"{one.after}\nwas {one.before}") for one in own))


def _name(one: Change) -> str:
    shown = ", ".join(one.targets[:SHOWN])
    more = len(one.targets) - SHOWN
    return f"{one.operation} of {one.size} on {shown}{f' and {more} more' if more > 0 else ''}"
