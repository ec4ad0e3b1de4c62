"""A text on some architectures, and what comes of changes on each."""

from __future__ import annotations

from collections.abc import Iterator

from checker.diagnostic import Diagnostic, LimitReached
from checker.fix.change import Plan, edits, together
from checker.fix.decide import RANKS, Judge, Judged
from checker.fix.source import Lines, OverlapError, Text


class Question:
    """One text on some architectures, all of which a change must hold on."""

    def __init__(self, text: str, archs: tuple[str, ...], judge: Judge, *, fragile: bool) -> None:
        """Keep what is asked: with `fragile`, what today's code forbids is enough."""
        self.text, self.archs, self.judge = text, archs, judge
        self.enough = RANKS["fragile" if fragile else "forbidden"]
        self.source = self._opened(text)
        self.test = judge.test(text)
        self.base = {arch: judge.judged(text, arch) for arch in archs}
        self.undecided: dict[str, None] = {}
        """The limits that changes met."""
        self.sketches = [
            judge.drawn(text, arch) for arch in archs if self.base[arch].answer != "unusable"
        ]
        self.order = list(archs)
        """The architectures; those first on which changes failed last."""

    def _opened(self, text: str) -> Lines:
        return Text(text)

    @property
    def c_text(self) -> Text:
        """The text, of a test in the C dialect."""
        assert isinstance(self.source, Text)
        return self.source

    def on(self, plan: Plan, arch: str) -> Judged:
        """Return what comes of a plan on one architecture."""
        text = self.edited(plan)
        if text is None:
            return Judged("unusable", "two changes of one place")
        found = self.judge.judged(text, _asked(plan, arch))
        if found.answer == "unknown":
            self.undecided[found.why] = None
        return found

    def works(self, plan: Plan, arch: str) -> bool:
        """Whether a plan is enough on one architecture."""
        text = self.edited(plan)
        if text is None:
            return False
        found = self.judge.enough(text, _asked(plan, arch), self.enough)
        return self.good(self.on(plan, arch)) if found is None else found

    def builds(self, plan: Plan, arch: str) -> bool:
        """Whether there is a test with a plan on one architecture."""
        text = self.edited(plan)
        return text is not None and self.judge.builds(text, _asked(plan, arch))

    def good(self, judged: Judged) -> bool:
        """Whether an answer is as wanted."""
        return RANKS[judged.answer] <= self.enough

    def failing(self, plan: Plan) -> Iterator[str]:
        """Yield the architectures on which a plan is not enough; those that failed last first."""
        for arch in list(self.order):
            if not self.works(plan, arch):
                self.order.remove(arch)
                self.order.insert(0, arch)
                yield arch

    def holds(self, plan: Plan) -> bool:
        """Whether a plan is enough everywhere, and leaves every placement possible."""
        if next(self.failing(plan), None) is not None:
            return False
        if sum(one.kind == "sequence" for one in plan) == 0 and not self.same(plan):
            return False
        return not any(self.stops(plan, arch) for arch in self.archs)

    def same(self, plan: Plan, *, built: bool = True) -> bool:
        """Whether a plan keeps what each thread accesses, field by field.

        Unless it must be `built`, an architecture on which it does not build yet says nothing.
        """
        text = self.edited(plan)
        if text is None:
            return False
        try:
            self.judge.test(text)
        except Diagnostic:
            return False
        for arch in self.archs:
            if self.base[arch].answer == "unusable":
                continue
            try:
                now = self.judge.touched(text, _asked(plan, arch))
                if now != self.judge.touched(self.text, arch):
                    return False
            except LimitReached:
                return False
            except Diagnostic:
                if built:
                    return False
        return True

    def stops(self, plan: Plan, arch: str) -> bool:
        """Whether an access of a plan is not performed where the test as it is performs it."""
        text = self.edited(plan)
        assert text is not None
        try:
            before = frozenset[str]()
            if self.base[arch].answer != "unusable":
                before = self.judge.stopped(self.text, arch)
            return not self.judge.stopped(text, _asked(plan, arch)) <= before
        except (Diagnostic, LimitReached):
            return True

    def edited(self, plan: Plan) -> str | None:
        """Return the text with a plan's edits, or None where two are of one place."""
        if not together(plan):
            return None
        try:
            return self.source.edited(edits(plan))
        except OverlapError:
            return None


def _asked(plan: Plan, arch: str) -> str:
    """Return the architecture that is asked about in place of one: a feature is required."""
    return next((one.becomes for one in plan if one.arch == arch and one.becomes), arch)
