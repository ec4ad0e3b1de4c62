"""A fix as it is shown: the whole edited file, checked on every architecture, and its diff."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from checker import arch as archs
from checker.arch import Target
from checker.diagnostic import Diagnostic, LimitReached
from checker.fix.answer import Fix
from checker.fix.change import Plan, edits
from checker.fix.decide import RANKS, Judge
from checker.fix.search import Search
from checker.fix.source import Edit
from checker.run import Opened


def made(found: Opened, search: Search, judge: Judge, plan: Plan) -> Fix | None:
    """Return a plan's text and verdicts, or None where the whole check does not bear it out."""
    targets = {one.arch: one.becomes for one in plan if one.becomes}
    first = search.source.edited(edits(plan))
    try:
        text = search.source.edited(
            (*edits(plan), *_expected(found, judge, first, search, targets))
        )
        if "\r\n" in found.source:
            text = re.sub(r"(?<!\r)\n", "\r\n", text)
        names = [targets.get(arch, arch) for arch in search.archs]
        verdicts = tuple(judge.verdict(text, name, found.name) for name in names)
    except (Diagnostic, LimitReached):
        return None
    if not all(one.answer != "unknown" and RANKS[one.answer] <= search.enough for one in verdicts):
        return None
    return Fix(plan, text, _diff(found, text), verdicts)


def _diff(found: Opened, text: str) -> str:
    def lines(whole: str) -> list[str]:
        return [line + "\n" for line in whole.split("\n")]

    before, after = lines(found.source), lines(text)
    if before[-1] == after[-1] == "\n":
        before, after = before[:-1], after[:-1]
    names = (f"a/{found.name.lstrip('/')}", f"b/{found.name.lstrip('/')}")
    return "".join(difflib.unified_diff(before, after, *names))


_EXPECT = re.compile(r"([A-Za-z0-9_+.@-]+)(\s*:\s*)([A-Za-z]+(?:\s+up\s+to\s+\d+\s+rounds?)?)")


def _expected(
    found: Opened, judge: Judge, text: str, search: Search, targets: dict[str, str]
) -> Iterator[Edit]:
    """Yield the edits that make `Expect` say what comes of a test that was changed."""
    asked = {archs.target(name, judge.kernel): name for name in search.archs}
    already = {one.arch for one in found.test.expectations}
    for one in found.test.expectations:
        at = search.source.offset(one.at)
        match = _EXPECT.match(found.source, at)
        assert match
        target = archs.target(one.arch)
        name = next((n for t, n in asked.items() if _same(t, target)), one.arch)
        becomes = targets.get(name, "")
        if becomes in already:
            becomes = ""
        answer = judge.judged(text, becomes or one.arch).answer
        if answer in ("unknown", "unusable"):
            continue
        if becomes:
            yield Edit(match.start(1), match.end(1), becomes)
        if answer != one.verdict:
            yield Edit(match.start(3), match.end(3), answer)


def _same(a: Target, b: Target) -> bool:
    return a.arch is b.arch and a.features == b.features and a.kernel == b.kernel
