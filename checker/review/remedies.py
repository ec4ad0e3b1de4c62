"""What would do instead: other accesses of the architecture, each decided by the solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import arch as archs
from checker.arch import Target
from checker.arch.schema import NORMAL
from checker.fix.machine import codes
from checker.litmus import Override
from checker.prove.answer import union
from checker.prove.decide import Subject
from checker.prove.features import extended
from checker.review.answer import ATOMIC, Remedy
from checker.review.claim import KEPT, kept, stands
from checker.table.question import partners

MOST = 3
"""How many are named."""


def remedies(
    subject: Subject,
    align: int,
    base: Target,
    wanting: tuple[str, ...],
    kept_with: tuple[frozenset[str], ...],
) -> Iterator[Remedy]:
    """Yield accesses that are single-copy atomic at multiples of `align`, the plainest first.

    `wanting` are the sets of features, as targets, that have no such access yet. Each access is
    tried with them, and with the features that its rule asks for; not with any of `kept_with`, for
    which the file has one. Raises LimitReached.
    """
    kind = "load" if partners(subject.operation) == ("store",) else "store"
    found = 0
    seen: set[str] = set()
    for target in _targets(base, wanting):
        if any(needs <= target.features for needs in kept_with):
            continue
        for _, _, code in sorted(
            codes(target, subject.size, kind, NORMAL), key=lambda one: (one[0], one[2])
        ):
            if code in seen:
                continue
            one = Override(target.name, subject.operation, subject.size, code, (1, 1), (1, 1))
            asked = replace(subject, align=align, overrides=(one,), crowd=False)
            held = kept(asked, ATOMIC, target)
            standing = stands(held)
            if held is None or standing not in KEPT:
                continue
            seen.add(code)
            reasons = union(*(outcome.reasons for _, outcome in held.outcomes))
            yield Remedy(target.name, code, standing == "by practice", reasons)
            found += 1
            if found == MOST:
                return


def _targets(base: Target, wanting: tuple[str, ...]) -> Iterator[Target]:
    """Yield the sets of features with which other accesses are tried, those that are had first."""
    found = {name: archs.target(name, base.kernel) for name in wanting}
    asked = {tuple(sorted(rule.scope.needs)) for rule in base.arch.rules}
    asked |= {tuple(sorted(needs)) for _, needs in base.arch.instructions}
    for needs in sorted(asked, key=lambda one: (len(one), one)):
        if one := extended(base, needs):
            found.setdefault(one.name, one)
    yield from found.values()
