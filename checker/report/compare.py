"""A comparison for a person: the tests that tell two sides apart, and how far was looked."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checker.compare import Comparison, Difference, Side
from checker.compare.shapes import MAX_READ
from checker.report import text as verdicts
from checker.report.blocks import Block, Heading, Paragraph
from checker.report.blocks import text as document
from checker.report.text import Style

_GROUPS = {
    "sizes": "two accesses of one location, of 1 to 8 bytes, aligned and at addresses inside and "
    "across blocks of 4 to 64 bytes: any operation against READ_ONCE() or WRITE_ONCE()",
    "parts": "two accesses and one, of all or half of 4 and 8 bytes",
    "order": "two accesses and two of two locations of 4 bytes, with barriers, acquire, release, "
    "data and control dependencies",
}


def text(found: Comparison, style: Style) -> str:
    """Return the whole comparison."""
    a, b = found.request.a.name, found.request.b.name
    parts = [f"{style(f'{a}  {b}', 'name')}   {_answer(found)}"]
    sides = (found.request.a, found.request.b)
    parts += [style(f"{one.name} = {one.said}", "dim") for one in sides if one.said]
    parts[-1] += "\n"
    for difference, more, less in ((found.weaker, a, b), (found.stronger, b, a)):
        if difference is not None:
            parts.append(_difference(found, difference, more, less, style))
    blocks: list[Block] = [Heading("how far this goes"), *map(Paragraph, _bound(found))]
    return "\n".join([*parts, document(blocks, style)])


def _answer(found: Comparison) -> str:
    """Return what came of it in a few words."""
    if found.weaker and found.stronger:
        return "each promises what the other does not"
    b, a = found.request.b.name, found.request.a.name
    until = "up to the bound below" if found.decided else "as far as was decided"
    if found.request.weaker:
        return f"{b} promises less" if found.weaker else f"{b} promises no less than {a} {until}"
    if found.weaker or found.stronger:
        more, less = (a, b) if found.weaker else (b, a)
        return f"{more} promises more; nothing that {less} promises is missing there, {until}"
    return f"nothing tells them apart {until}"


def _difference(found: Comparison, one: Difference, more: str, less: str, style: Style) -> str:
    """Return a test, its verdicts, and the commands that decide them."""
    size = f"{one.accesses} accesses, test {one.number} of {found.tests}"
    head = style(f"{more} promises more than {less}", "name")
    report = verdicts.test(one.verdicts, style)
    commands = "\n".join(map(_command, (found.request.a, found.request.b)))
    shown = "\n".join(f"  {line}" for line in one.text.rstrip("\n").split("\n"))
    return f"{head}   {size}\n{shown}\n\n{report}\n{style(commands, 'dim')}\n"


def _command(side: Side) -> str:
    """Return the command that decides the test on a side: an override is put into its header."""
    if side.override is None:
        return shlex.join(["litmus", "check", "told-apart.litmus", *side.options])
    line = f"1aOverride = {side.said}"
    asked = shlex.join(["litmus", "check", "-", *side.options])
    return f"{shlex.join(['sed', line, 'told-apart.litmus'])} | {asked}"


def _bound(found: Comparison) -> Iterator[str]:
    """Yield what was looked at, and of what nothing is said."""
    yield (
        f"{found.looked} of {found.tests} tests of up to {found.request.accesses} accesses, "
        "smallest first, each by all of its final states; every byte that is written has a value "
        "of its own."
    )
    if found.request.about:
        operation, size = found.request.about
        yield (
            f"{operation}() of {size} bytes is in each: against READ_ONCE() and WRITE_ONCE() of "
            "its size and of half of it, aligned and at addresses inside and across blocks of 4 to "
            "64 bytes; and in the place of one of them in the larger tests."
        )
        if size > MAX_READ:
            yield (
                f"No operation of C reads {size} bytes at once, so no such test can see whether "
                f"all of them are whole: litmus prove --override asks that."
            )
    for group, count in () if found.request.about else found.groups:
        yield f"{count}: {_GROUPS[group]}"
    if found.same:
        yield f"{found.same} of them ask both sides the same question."
    for reason, count in found.unbuilt:
        yield f"{count} of them say nothing: {reason}."
    for limit, count in found.limits:
        yield f"{count} of them are not decided: {limit}."
