"""The least changes of a test, for a person: what they are, what they rest on, and the diff."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from checker.fix import Fix, Fixes
from checker.fix.change import NAMES, Change
from checker.report.text import SPELLED, Style

_WIDTH = 100


def test(fixes: Fixes, style: Style, *, pick: int, applied: bool, verbose: bool) -> str:
    """Return the paragraph on one test, and the diff of the fix that is picked; or all of them."""
    first = fixes.before[0]
    lines = [f"{style(first.test, 'name')}   {first.condition}", *_told(fixes, style)]
    for number, fix in enumerate(fixes.fixes, 1):
        if applied and number == pick:
            lines.append(f"  fix {pick} is applied to {fixes.file}")
        if not applied and (verbose or number == pick):
            lines += ["", *_coloured(fix.diff, style)]
    if fixes.fixes and not 0 < pick <= len(fixes.fixes):
        lines.append(f"  there is no fix {pick}")
    for one in fixes.each:
        arch = one.before[0].arch
        lines += ["", f"{style(first.test, 'name')}, on {arch} alone", *_told(one, style)]
        for fix in one.fixes:
            lines += ["", *_coloured(fix.diff, style)]
    return "\n".join(lines)


def _told(fixes: Fixes, style: Style) -> Iterator[str]:
    answers = (f"{one.arch} {SPELLED.get(one.answer, one.answer)}" for one in fixes.before)
    yield from _wrapped("  as it is: ", ", ".join(answers))
    if fixes.nothing:
        yield from _wrapped("  nothing to fix: ", fixes.nothing)
        return
    for number, fix in enumerate(fixes.fixes, 1):
        yield from _fix(number, fix, style)
    if fixes.more:
        yield f"  and {fixes.more} more of as many changes"
    if not fixes.fixes:
        yield f"  no fix was found that makes it {fixes.wanted}"
    for kind, why in fixes.none:
        yield from _wrapped(f"  not by {NAMES[kind]}: ", why)
    if fixes.hopeless:
        yield from _wrapped("  ", fixes.hopeless)
    for limit in fixes.limits:
        yield from _wrapped("  limit: ", limit)


def _fix(number: int, fix: Fix, style: Style) -> Iterator[str]:
    for index, change in enumerate(fix.changes):
        label = f"  {style(f'fix {number}', 'name')}  " if index == 0 else "         "
        yield from _wrapped(label, _change(change), 9)
    width = max(len(one.arch) for one in fix.verdicts)
    shown: dict[tuple[str, ...], None] = {}
    for one in fix.verdicts:
        reasons = tuple(f"{r.says}   [{r.rule} · {r.cite}]" for r in one.reasons)
        told = reasons if reasons not in shown else ("as above",)
        shown[reasons] = None
        for index, reason in enumerate(told):
            head = f"{one.arch:{width}}  {style(f'{one.answer:9}', one.answer)}" if index == 0 \
                else " " * (width + 11)  # fmt: skip
            yield f"         {head}  {reason}"


def _change(change: Change) -> str:
    line, column = change.at
    cite = f"   [{change.cite}]" if change.cite else ""
    return f"{line}:{column} {change.says}{cite}"


def _coloured(diff: str, style: Style) -> Iterator[str]:
    for line in diff.rstrip("\n").split("\n"):
        kind = {"+": "forbidden", "-": "torn", "@": "dim"}.get(line[:1], "")
        yield style(line, kind) if kind else line


def _wrapped(label: str, told: str, indent: int = 4) -> list[str]:
    return textwrap.wrap(
        told, _WIDTH, initial_indent=label, subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
