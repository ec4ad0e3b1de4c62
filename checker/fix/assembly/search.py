"""The search for the least changes of an assembly test."""

from __future__ import annotations

from collections.abc import Iterator

from checker import arch as archs
from checker.fix.assembly.accesses import Accesses
from checker.fix.assembly.fences import Fences
from checker.fix.assembly.known import known
from checker.fix.assembly.table import Table
from checker.fix.change import Change, Plan, cost
from checker.fix.search import MOST_CHANGES, SHOWN, Key, Search, cheaper, key, least
from checker.fix.source import Lines
from checker.lowering.asm.memory import LINE


class AssemblySearch(Search):
    """The search for what makes an assembly test hold: features, instructions and fences."""

    strongest = "the instructions that order most and every fence"
    beside = "one feature"
    between = "accesses"

    def _opened(self, text: str) -> Lines:
        return Table(text)

    def _found(self) -> list[Change]:
        assert isinstance(self.source, Table)
        there = known(self.test.dialect)
        targets = [archs.target(name, self.judge.kernel) for name in self.archs]
        fences = Fences(self.source, self.test, self.sketches, there)
        self._fences = fences
        accesses = Accesses(self.source, self.test, self.sketches, there, targets)
        found = [*accesses.changes(), *fences.changes()]
        self.reasons["operation"] = "an assembly test says its instructions itself"
        self.reasons["align"] = (
            f"locations begin at a multiple of {LINE} here, and an offset is the test's own"
        )
        if not any(one.kind == "instruction" for one in found):
            self.reasons["instruction"] = (
                f"none that is known of {self.test.dialect} does the same and orders more"
            )
        if not fences.gaps:
            self.reasons["fence"] = "no thread accesses memory in one instruction after another"
        self._held: list[Key] = []
        usable = [one for one in found if self._usable(one)]
        self._top = {one.site: one for one in usable if one.kind == "fence"}  # the last of a place
        return usable

    def plans(self) -> list[Plan]:
        """Return the plans of the fewest changes; one of fences alone is among those shown.

        Where all of them need a feature there follow those of the fewest changes that do not.
        """
        found = super().plans()
        if found and all(any(one.becomes for one in plan) for plan in found):
            found = [*found[: SHOWN - 1], *self._without_feature()]
        alone = (plan for plan in found if all(one.kind == "fence" for one in plan))
        fenced = next(alone, None)
        if fenced is not None and fenced not in found[:SHOWN]:
            found.remove(fenced)
            found.insert(SHOWN - 1, fenced)
        return found

    def _choices(self) -> int:
        """Return at how many places there are changes; a weaker one is tried where another does."""
        return len({one.site for one in self._singles})

    def _most(self, plan: Plan) -> Plan:
        """Return a plan with the strongest barriers in its places: they do what others do."""
        return tuple(self._top.get(one.site, one) for one in plan)

    def holds(self, plan: Plan) -> bool:
        """Whether a plan is enough everywhere, leaves every access, and none that held is cheaper.

        Of changes of the same places the cheaper are asked about first.
        """
        most, own = self._most(plan), key(plan)
        if any(cheaper(other, own) for other in self._held):
            return False
        if most != plan and next(self.failing(most), None) is not None:
            return False
        if held := super().holds(plan):
            self._held.append(own)
        return held

    def completed(self, plan: Plan, count: int) -> Iterator[Plan]:
        """Yield a plan with the features that it lacks."""
        most = self._most(plan)
        if most == plan or next(super().completed(most, count), None) is not None:
            yield from super().completed(plan, count)

    def _without_feature(self) -> list[Plan]:
        """Return the plans of the fewest changes of the instructions alone."""
        if not all(self.works(self._strongest(arch, ()), arch) for arch in self.archs):
            return []
        for count in range(1, MOST_CHANGES + 1):
            plans = (plan for plan in self._shared(count) if not self.judge.spent)
            if found := least(plan for plan in plans if self.holds(plan)):
                return sorted(found, key=cost)
        return []

    def _codes(self, plan: Plan, arch: str, becomes: str) -> list[Change]:  # noqa: ARG002
        """Return nothing: what accesses are is what the test says."""
        return []

    def _narrowed(self, plan: Plan) -> Plan:
        return plan

    def sequences(self) -> list[Plan]:
        """Return nothing: there is no sequence counter of instructions."""
        return []
