"""The search for the least changes of a test that make its condition hold."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from itertools import combinations
from typing import Protocol

from checker.diagnostic import Diagnostic, LimitReached
from checker.fix import alignment
from checker.fix.change import Change, Kind, Plan, cost, edits, together
from checker.fix.completion import COMPLEMENTS, Completion
from checker.fix.decide import RANKS, Judge, Judged
from checker.fix.fences import Fences
from checker.fix.operations import Operations
from checker.fix.sequence import counter
from checker.fix.source import Edit

SHOWN = 5
"""How many fixes are shown, each after a whole check."""

MOST_CHANGES = 3

TRIPLES = 40
"""With more changes to choose from than these, three at once are not tried."""


class Barriers(Protocol):
    """The fences that a test could have."""

    @property
    def gaps(self) -> Sized:
        """The places for them."""

    def everywhere(self) -> tuple[Edit, ...]:
        """Return fences in every gap, where no other does more."""


class Search(Completion):
    """The search for what makes a text hold on some architectures."""

    strongest = "the strongest operations, every fence and every alignment"
    """What is tried at once, of one architecture, before parts of it are."""
    beside = "one feature and one other instruction"
    """What it is tried with."""
    between = "statements"
    """What fences stand between."""

    def __init__(self, text: str, archs: tuple[str, ...], judge: Judge, *, fragile: bool) -> None:
        """Find the changes that there are."""
        super().__init__(text, archs, judge, fragile=fragile)
        self.cut = ""
        """What was not tried."""
        self.best: dict[Kind, int] = {}
        """How far the best of the changes of one kind alone came: one of `RANKS`."""
        self.reasons: dict[Kind, str] = {}
        self.hopeless: tuple[str, ...] = ()
        """The architectures on which all that could be done at once is not enough."""
        self._fences: Barriers
        self._singles = self._found()

    # --- what there is

    def _found(self) -> list[Change]:
        """Return the changes that are the same on all architectures."""
        fences = Fences(self.c_text, self.sketches)
        self._fences = fences
        wide = alignment.aligned(self.c_text, self.test, self.sketches, alignment.MOST)
        found = [
            *Operations(self.c_text, self.sketches).changes(),
            *wide,
            *alignment.layouts(self.c_text, self.sketches),
            *fences.changes(),
        ]
        kept: dict[tuple[str, str], Change] = {}
        for one in sorted(found, key=lambda change: change.rank):
            if (one.site, one.says) not in kept and self._usable(one):
                kept[one.site, one.says] = one
        return [one for one in found if kept.get((one.site, one.says)) is one]

    def _usable(self, change: Change) -> bool:
        """Whether a change keeps what the threads access, and to which bytes it is."""
        return self.edited((change,)) != self.text and self.same((change,), built=False)

    # --- searching

    def plans(self) -> list[Plan]:
        """Return the plans of the fewest changes, the cheapest first."""
        for count in range(1, MOST_CHANGES + 1):
            if count == 2:
                self.hopeless = tuple(arch for arch in self.archs if self._is_hopeless(arch))
                if self.hopeless or self.cut:
                    return []
            found = least(self._level(count))
            if found:
                return sorted(dict.fromkeys(self._narrowed(one) for one in found), key=cost)
            if self.judge.spent:
                self.cut = self.cut or "not every change was tried" + (
                    f", nor every {count} at once" if count > 1 else ""
                )
                return []
        return []

    def _is_hopeless(self, arch: str) -> bool:
        """Whether all that could be done at once is not enough on one architecture.

        All fences, alignments and the strongest operations, with any one feature and any one other
        instruction: what fails there is not tried in part.
        """
        for order in (("load_acquire", "store_release"), ("atomic64_",)):
            plan = self._strongest(arch, order)
            if self.works(plan, arch):
                return False
            for kinds in COMPLEMENTS:
                if self.complement(plan, arch, kinds) is not None:
                    return False
            if self.on(plan, arch).answer == "unknown":
                self.cut = f"on {arch} it is not known whether {self.strongest} at once are enough"
                return False
        return True

    def _strongest(self, arch: str, preferred: tuple[str, ...]) -> Plan:
        """Return the changes of every site that are usable together on an architecture."""
        plan: Plan = ()
        sites: dict[str, list[Change]] = {}
        for one in self._singles:
            if one.kind != "fence":
                sites.setdefault(one.site, []).append(one)
        for changes in sites.values():
            first = sorted(changes, key=lambda c: (not any(p in c.says for p in preferred),
                                                   "_mb()" in c.says, -c.rank))  # fmt: skip
            for change in first:
                if self.builds((*plan, change), arch) and (
                    not change.layout or self.same((*plan, change), built=False)
                ):
                    plan = (*plan, change)
                    break
        fenced = (*plan, self._every(plan))
        return fenced if self.builds(fenced, arch) else plan

    def _level(self, count: int) -> list[Plan]:
        found = []
        for plan in self._shared(count):
            if self.judge.spent:
                break
            if self.holds(plan):
                found.append(plan)
            self._note(plan)
        for plan in self._shared(count - 1):
            if self.judge.spent:
                break
            found += self.completed(plan, 1)
        if count > 1:
            for plan in self._shared(count - 2):
                if not self.judge.spent:
                    found += self.completed(plan, 2)
        return found

    def _shared(self, count: int) -> Iterable[Plan]:
        """Return so many changes at once, without those that cannot be enough."""
        if count > 2 and self._choices() > TRIPLES:
            self.cut = f"{count} changes at once were not tried: {self._choices()} to choose from"
            return ()
        plans = combinations(self._singles, count)
        return (plan for plan in plans if together(plan) and self._promising(plan))

    def _choices(self) -> int:
        """Return how many changes there are to choose from."""
        return len(self._singles)

    def _promising(self, plan: Plan) -> bool:
        """Whether a fence or an alignment can still help, given the other changes of a plan."""
        if len(plan) < 2:
            return True
        for one in plan:
            if one.site.startswith("align ") and not self._placed(plan, one):
                return False
        if not any(one.kind == "fence" for one in plan):
            return True
        return self._bounded(tuple(one for one in plan if one.kind != "fence"))

    def _placed(self, plan: Plan, change: Change) -> bool:
        """Whether units depend on where the location lies that a change aligns."""
        others = tuple(one for one in plan if one is not change)
        arch, text = next(self.failing(others), ""), self.edited(others)
        try:
            return not arch or text is None or change.site[6:] in self.judge.placed(text, arch)
        except (Diagnostic, LimitReached):
            return True

    def _bounded(self, others: Plan) -> bool:
        """Whether some changes are enough with every fence between any two statements."""
        return next(self.failing((*others, self._every(others))), None) is None

    def _every(self, others: Plan) -> Change:
        """Return every fence between any two statements that other changes leave room for."""
        own = edits(others)
        free = tuple(e for e in self._fences.everywhere() if not any(_within(e, o) for o in own))
        upgrades = [c for c in self._singles if c.kind == "fence" and "becomes" in c.says]
        return Change("fence", "all", (0, 0), (*free, *edits(tuple(upgrades))), site="every fence")

    def _note(self, plan: Plan) -> None:
        """Keep how far the changes of one kind alone came."""
        kinds = {one.kind for one in plan}
        if len(kinds) == 1:
            kind, first = next(iter(kinds)), self.order[0]
            if self.best.get(kind, len(RANKS)) <= self.enough + 1 and not self.works(plan, first):
                return  # it is no better than one that is known
            worst = RANKS[self.on(plan, first).answer]
            self.best[kind] = min(self.best.get(kind, worst), worst)

    # --- the least of a change

    def _narrowed(self, plan: Plan) -> Plan:
        """Return a plan with the lowest alignments that are enough."""
        for one in plan:
            if not one.site.startswith("align "):
                continue
            for multiple in alignment.STEPS:
                changes = alignment.aligned(self.c_text, self.test, self.sketches, multiple)
                lower = next((c for c in changes if c.site == one.site), None)
                if lower is None:
                    continue
                less = tuple(lower if other is one else other for other in plan)
                if self.holds(less):
                    plan = less
                    break
        return plan

    # --- a sequence counter, and why nothing helps

    def sequences(self) -> list[Plan]:
        """Return a sequence counter around the one location that is read and written, if it helps.

        Where there are several the cheapest is the first.
        """
        names = dict.fromkeys(d.place.location for s in self.sketches for d in s.drafts if d.place)
        for name in names:
            change = counter(self.c_text, self.sketches[0], name)
            if isinstance(change, str):
                self.reasons.setdefault("sequence", change)
            elif self.holds((change,)):
                return [(change,)]
            else:
                worst = next(self.failing((change,)), "")
                answer = self.on((change,), worst) if worst else Judged("unusable", "an access "
                                                                        "would fault")  # fmt: skip
                told = answer.why or f"around {name} it is still {answer.answer} on {worst}"
                self.reasons["sequence"] = told
        return []

    def fences_help(self) -> str:
        """Return the architecture on which not even every fence is enough, or nothing."""
        if not self._fences.gaps:
            return ""
        return "" if self._bounded(()) else self.order[0]

    def fenced(self, arch: str) -> str:
        """Return the answer on an architecture with every fence."""
        return self.on((self._every(()),), arch).answer

    @property
    def gaps(self) -> int:
        """How many places there are for a fence."""
        return len(self._fences.gaps)

    def tried(self, kind: Kind) -> int:
        """How many changes of a kind there are."""
        return self.count[kind] or sum(one.kind == kind for one in self._singles)


def least(plans: Iterable[Plan]) -> list[Plan]:
    """Return the plans without those in which a cheaper change of the same site would do."""
    found = {key(plan): plan for plan in plans}
    return [plan for own, plan in found.items() if not any(cheaper(other, own) for other in found)]


Key = tuple[tuple[str, str, int], ...]


def key(plan: Plan) -> Key:
    """Return what tells a plan from one that is the same but for other changes of its sites."""
    return tuple((one.kind, one.site, one.rank) for one in plan)


def cheaper(a: Key, b: Key) -> bool:
    """Whether one plan is another but for cheaper changes of the same sites."""
    sites = [one[:2] for one in a] == [one[:2] for one in b]
    ranks = [(x[2], y[2]) for x, y in zip(a, b, strict=False)]
    return sites and a != b and all(x <= y for x, y in ranks)


def _within(edit: Edit, other: Edit) -> bool:
    return other.start < edit.start < other.end
