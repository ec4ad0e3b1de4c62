"""What a proof rests on: its minimal sets, and what breaks without each of their elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from checker.argument import sets
from checker.argument.facts import ALIGN, FEATURE, LACKS, FactQuery
from checker.argument.sets import Set
from checker.diagnostic import LimitReached
from checker.model.cat.syntax import CatModel
from checker.program import Program
from checker.solve import same_hardware
from checker.value import value
from checker.verdict import Answer, Execution, Reason

MOST_SETS = 24
"""Minimal sets that are looked for."""

MOST_PROGRAMS = 96
"""Programs that are looked at in which nothing is known of addresses."""


@value
class Element:
    """Something that a proof rests on."""

    reason: Reason
    kind: str
    """`rule`, `axiom`, `order`, `contract`, `fault`, `alignment`, `feature` or `no-feature`."""
    sets: tuple[int, ...]
    """The minimal sets that it is in, counted from 1."""
    without: Answer
    """The verdict where everything but this may be used; `unknown` where a limit was reached."""
    witness: Execution | None
    """What happens without it: where another set still forbids that, without those too."""
    limit: str = ""


@value
class Argument:
    """Why something is forbidden."""

    sets: tuple[tuple[str, ...], ...]
    """Every minimal set that suffices; one that is empty says that nothing is needed."""
    elements: tuple[Element, ...]
    faults: bool
    """Whether user copies may fault, which also forbids what it forbids without a promise."""
    limit: str = ""
    """Why there may be more sets, if so."""


class Proof:
    """The programs of a test, and what is forbidden in all of them."""

    def __init__(
        self, code: list[Program], contract: list[Program], facts: Mapping[str, Reason],
        timeout: int, ordering: CatModel | None, *, practice: bool,
    ) -> None:  # fmt: skip
        """Prepare a question to each program; with `practice` contracts are not asked about."""
        if len(code) + len(contract) > MOST_PROGRAMS:
            raise LimitReached(f"more than {MOST_PROGRAMS} combinations of lowerings and addresses")
        self._practice = practice
        self._code = [FactQuery(one, timeout, ordering, facts=facts) for one in code]
        self._contract = [
            next((query for query in self._code if same_hardware(query.program, one)), None)
            or FactQuery(one, timeout, ordering, facts=facts)
            for one in contract
        ]
        both = chain(self._code, [] if practice else self._contract)
        self._asked = list({id(query): query for query in both}.values())

    def names(self, *, practice: bool | None = None) -> dict[str, Reason]:
        """Return everything that the proof may use, by name."""
        wanted = self._practice if practice is None else practice
        found: dict[str, Reason] = {}
        for query in chain(self._asked, self._code):
            found |= query.named(practice=wanted)
        return dict(sorted(found.items(), key=_rank))

    def suffices(self, names: Set) -> Set | None:
        """Return a part of some promises and facts that forbids it, or None; LimitReached."""
        used: Set = frozenset()
        for place, query in enumerate(self._asked):
            core = query.core(names)
            if core is None:
                self._asked.insert(0, self._asked.pop(place))  # likely to be the next witness too
                return None
            used |= core
        return used

    def execution(self, names: Set) -> Execution:
        """Return what happens where only these may be used; they must not suffice."""
        return next(_reached(self._asked, names)).execution(names)

    def argument(self) -> Argument:
        """Return every minimal set that suffices; raises LimitReached."""
        names = self.names()
        found, complete = sets.minimal(list(names), self.suffices, MOST_SETS)
        limit = "" if complete else f"more than {MOST_SETS} minimal sets"
        used = [name for name in names if any(name in one for one in found)]
        ordered = tuple(tuple(name for name in names if name in one) for one in found)
        return Argument(
            ordered,
            tuple(self._element(names[name], found) for name in used),
            any(operation.chances for q in self._asked for operation in q.program.operations),
            limit,
        )

    # --- what breaks

    def _element(self, reason: Reason, found: list[Set]) -> Element:
        own = tuple(number for number, one in enumerate(found, 1) if reason.rule in one)
        kind = self._kind(reason)
        try:
            answer = self._without(reason.rule)
            rest = frozenset(self.names()) - {reason.rule}
            if self.suffices(rest) is not None:  # another set does: what its own leaves open
                rest = found[own[0] - 1] - {reason.rule}
            return Element(reason, kind, own, answer, self.execution(rest))
        except LimitReached as reached:
            return Element(reason, kind, own, "unknown", None, str(reached))

    def _without(self, name: str) -> Answer:
        """Return the verdict where everything may be used but one thing."""
        practice = frozenset(self.names(practice=True)) - {name}
        if next(_reached(self._code, practice), None):
            return "allowed"
        if self._practice:
            return "fragile"
        manual = frozenset(self.names(practice=False)) - {name}
        return "forbidden" if self.suffices(manual) is not None else "fragile"

    def _kind(self, reason: Reason) -> str:
        name = reason.rule
        for start, kind in ((ALIGN, "alignment"), (FEATURE, "feature"), (LACKS, "no-feature")):
            if name.startswith(start):
                return kind
        if name.endswith(".contract"):
            return "contract"
        for thread in (thread for query in self._asked for thread in query.program.threads):
            arch = thread.target.arch
            named = {one.id: "rule" for one in arch.rules}
            named |= {one.id: "fault" for one in arch.faults}
            named |= {one.id: "axiom" for one in arch.axioms}
            if name in named:
                return named[name]
        return "rule" if name.startswith("base.") else "order"


_PROMISE, _ALIGNMENT, _FEATURE = 0, 1, 2


def _rank(item: tuple[str, Reason]) -> int:
    """Return where something stands: promises before facts, so that facts are left out first."""
    if item[0].startswith(ALIGN):
        return _ALIGNMENT
    return _FEATURE if item[0].startswith((FEATURE, LACKS)) else _PROMISE


def _reached(queries: list[FactQuery], names: Set) -> Iterator[FactQuery]:
    """Yield the questions that some promises and facts do not forbid."""
    return (query for query in queries if query.core(names) is None)
