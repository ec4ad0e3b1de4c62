"""What only some architectures need beside the changes that are the same for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker.diagnostic import Diagnostic, LimitReached
from checker.fix.change import KINDS, Change, Kind, Plan
from checker.fix.decide import Judge
from checker.fix.machine import features, ideal, overrides
from checker.fix.question import Question

COMPLEMENTS: tuple[tuple[Kind, ...], ...] = (
    ("feature",), ("instruction",), ("feature", "instruction"),
)  # fmt: skip
"""What one architecture can be given beside the changes that are the same for all."""


class Completion(Question):
    """A question, and the features and instructions that complete a plan."""

    def __init__(self, text: str, archs: tuple[str, ...], judge: Judge, *, fragile: bool) -> None:
        """Keep what is asked."""
        super().__init__(text, archs, judge, fragile=fragile)
        self.count = dict.fromkeys(KINDS, 0)
        """How many features and instructions there are."""

    def completed(self, plan: Plan, count: int) -> Iterator[Plan]:
        """Yield a plan with what it lacks, architecture by architecture: features, instructions."""
        failing = list(self.failing(plan))
        if not failing:
            return
        for wanted in (one for one in COMPLEMENTS if len(one) == count):
            whole: Plan | None = plan
            for arch in failing:
                added = self.complement(plan, arch, wanted)
                whole = None if whole is None or added is None else (*whole, *added)
                if whole is None:
                    break
            if whole is not None and self.holds(whole):
                yield whole

    def complement(self, plan: Plan, arch: str, kinds: tuple[Kind, ...]) -> Plan | None:
        """Return the cheapest that makes a plan enough on one architecture."""
        for added in self._additions(plan, arch, kinds):
            if self.judge.spent:
                return None
            whole = (*plan, *added)
            if self.works(whole, arch) and not self.stops(whole, arch):
                return added
        return None

    def _additions(self, plan: Plan, arch: str, kinds: tuple[Kind, ...]) -> Iterator[Plan]:
        if "feature" in kinds:
            spoken = self._spoken(plan, arch)
            for feature in features(self.source, self.test, arch, self.judge.kernel):
                if "instruction" not in kinds:
                    self.count["feature"] += not plan
                    if spoken is None or _last(feature.becomes) in spoken:
                        yield (feature,)
                    continue
                for code in self._codes((*plan, feature), arch, feature.becomes):
                    yield feature, code
        else:
            for code in self._codes(plan, arch, arch):
                yield (code,)

    def _spoken(self, plan: Plan, arch: str) -> frozenset[str] | None:
        """Return the features that can make a difference to a plan; None where any can."""
        text = self.edited(plan)
        if text is None or self.on(plan, arch).answer in ("unusable", "unknown"):
            return None
        try:
            return self.judge.spoken(text, arch)
        except (Diagnostic, LimitReached):
            return None

    def _codes(self, plan: Plan, arch: str, becomes: str) -> list[Change]:
        """Return other code for a plan's operations, where their contracts promise enough."""
        text = self.edited(plan)
        if text is None or self.on(plan, arch).answer in ("unusable", "unknown"):
            return []
        if self.enough == 0 and not self.judge.promised(text, becomes):
            return []
        drawn = self.judge.drawn(text, becomes)
        every = ideal(self.c_text, self.test, becomes, self.judge.kernel, drawn)
        if every is None or not self.works((*plan, every), arch):
            return []
        found = overrides(self.c_text, self.test, becomes, self.judge.kernel, drawn)
        kept = [_of(one, arch) for one in found]
        self.count["instruction"] += len(kept)
        return sorted(kept, key=lambda one: one.rank)


def _last(arch: str) -> str:
    """Return the feature that an architecture's name ends with."""
    return arch.partition("@")[0].rpartition("+")[2]


def _of(change: Change, arch: str) -> Change:
    return replace(change, arch=arch)
