"""The solver's word on an edited test, without the reasons and pictures of a whole check."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import Any

from checker import arch as archs
from checker import litmus as ast
from checker.arch import Target
from checker.arch.kernel import Kernel
from checker.check import Asked, Limits, check, draw
from checker.diagnostic import Diagnostic, LimitReached
from checker.fix.alignment import Touched, accessed, touched
from checker.language import parse
from checker.lowering import programs, select
from checker.lowering.draft import Sketch
from checker.model import PRACTICE
from checker.model.placement import classes
from checker.program import Layer, Logic, Program
from checker.run import too_deep
from checker.solve import Query, reaches_cut
from checker.value import value
from checker.verdict import Verdict

RANKS = {"forbidden": 0, "fragile": 1, "allowed": 2, "unknown": 3, "unusable": 4}
"""How far each answer is from a promise; of what is `unusable` there is no test."""


LAYERS: tuple[Layer, ...] = ("code", "contract")

LATE = "the time for the search is over"

_KEPT = 32
"""Queries whose solvers are kept for the next question."""


@value
class Judged:
    """What is known of a text on one architecture."""

    answer: str
    """A verdict, or `unusable`."""
    why: str = ""
    """The limit, or what makes it unusable."""


class Judge:
    """Decides texts on architectures; what asks the same of the same hardware is asked once."""

    def __init__(
        self, kernel: Kernel, limits: Limits, asked: Asked, budget: int, seconds: float = 0
    ) -> None:
        """Keep what is asked, and what the search may cost.

        `budget` is the number of programs that the solver may be given; after so many `seconds`
        nothing is asked any more, unless they are 0.
        """
        self.kernel, self.limits, self.asked = kernel, limits, asked
        self.left = budget
        self.until = time.monotonic() + seconds if seconds else 0.0
        self._tests: dict[str, ast.Test | Diagnostic] = {}
        self._judged: dict[tuple[str, str], Judged] = {}
        self._solved: dict[Any, bool] = {}
        self._queries: dict[Any, Query] = {}
        self._spoken: dict[tuple[str, str], frozenset[str]] = {}
        self._ran: dict[tuple[str, str], frozenset[str]] = {}
        self._weakest: dict[str, Layer] = {}
        """For each architecture the layer that did not forbid the last text that was judged."""

    @property
    def spent(self) -> bool:
        """Whether the solver was asked as often, or for as long, as it may."""
        return self.left <= 0 or self._late

    @property
    def _late(self) -> bool:
        return bool(self.until) and time.monotonic() > self.until

    def test(self, text: str) -> ast.Test:
        """Return the test of a text; raises Diagnostic."""
        if text not in self._tests:
            try:
                self._tests[text] = parse(text)
            except Diagnostic as problem:
                self._tests[text] = problem
        found = self._tests[text]
        if isinstance(found, Diagnostic):
            raise found
        return found

    def drawn(self, text: str, arch: str) -> Sketch:
        """Return a text's test as an architecture has it; raises Diagnostic."""
        return draw(self.test(text), archs.target(arch, self.kernel), self.limits, self.asked)

    def touched(self, text: str, arch: str) -> Touched:
        """Return what the threads of a text access; raises Diagnostic."""
        test, drawn = self.test(text), self.drawn(text, arch)
        if test.dialect != "C":
            return accessed(drawn)
        return touched(test, archs.target(arch, self.kernel), drawn)

    def judged(self, text: str, arch: str) -> Judged:
        """Return what is known of a text on one architecture."""
        key = text, arch
        if key not in self._judged:
            try:
                self._judged[key] = self._decide(text, arch)
            except LimitReached as limit:
                self._judged[key] = Judged("unknown", str(limit))
            except Diagnostic as problem:
                self._judged[key] = Judged("unusable", problem.message)
            except RecursionError:
                self._judged[key] = Judged("unusable", too_deep().message)
        return self._judged[key]

    def told(self, text: str, verdict: Verdict) -> None:
        """Keep what a whole check said of a text."""
        self._judged[text, verdict.arch] = Judged(verdict.answer, verdict.limit)
        self._weakest[verdict.arch] = "code" if verdict.answer == "allowed" else "contract"

    def enough(self, text: str, arch: str, rank: int) -> bool | None:
        """Whether an answer is of a rank, one of `RANKS`, or better; None where it is unknown.

        Where today's code was not what failed last, the contracts are asked first: no more than a
        `fragile` comes of a text that they do not forbid, whatever today's code does.
        """
        if (text, arch) not in self._judged and not rank and self._weakest.get(arch) == "contract":
            with suppress(Diagnostic, LimitReached, RecursionError):
                test, target = self.test(text), archs.target(arch, self.kernel)
                contract = programs(test, self.drawn(text, arch), target, "contract")
                if any(self._reached(one, practice=False) for one in contract):
                    return False
        answer = self.judged(text, arch).answer
        return None if answer == "unknown" else RANKS[answer] <= rank

    def builds(self, text: str, arch: str) -> bool:
        """Whether there is a test in a text, on one architecture."""
        if (text, arch) not in self._judged:
            with suppress(Diagnostic, LimitReached, RecursionError):
                test, target = self.test(text), archs.target(arch, self.kernel)
                drawn = self.drawn(text, arch)
                for layer in LAYERS:
                    deque(programs(test, drawn, target, layer), maxlen=0)
                return True
        return self.judged(text, arch).answer != "unusable"

    def _decide(self, text: str, arch: str) -> Judged:
        """Answer as `checker.check` does: today's code first, then the contracts."""
        test, target = self.test(text), archs.target(arch, self.kernel)
        drawn = self.drawn(text, arch)
        code = list(programs(test, drawn, target, "code"))
        self._weakest[arch] = "code"
        if any(self._reached(one, practice=True) for one in code):
            return Judged("allowed")
        self._weakest[arch] = "contract"
        contract = list(programs(test, drawn, target, "contract"))
        if drawn.cut:
            for one in (*code, *contract):
                if reaches_cut(one, self.limits.timeout, self.asked.ordering):
                    raise LimitReached(f"loops were followed for {self.limits.unroll} rounds")
        if any(self._reached(one, practice=False) for one in (*contract, *code)):
            return Judged("fragile")
        return Judged("forbidden")

    def promised(self, text: str, arch: str) -> bool:
        """Whether the contracts alone forbid the proposition, whatever today's code is."""
        test, target = self.test(text), archs.target(arch, self.kernel)
        try:
            contract = programs(test, self.drawn(text, arch), target, "contract")
            return not any(self._reached(one, practice=False) for one in contract)
        except (Diagnostic, LimitReached):
            return False

    def _reached(self, program: Program, *, practice: bool) -> bool:
        key = _key(program)
        if (key, practice) not in self._solved:
            if self._late:
                raise LimitReached(LATE)
            self.left -= 1
            query = self._queries.pop(key, None) or Query(
                program, self.limits.timeout, self.asked.ordering
            )
            self._queries[key] = query
            if len(self._queries) > _KEPT:
                del self._queries[next(iter(self._queries))]
            self._solved[key, practice] = query.reachable(practice=practice)
        return self._solved[key, practice]

    def placed(self, text: str, arch: str) -> frozenset[str]:
        """Return the locations of whose address it depends which units are promised."""
        test, target = self.test(text), archs.target(arch, self.kernel)
        drawn = self.drawn(text, arch)
        both = (programs(test, drawn, target, "code"), programs(test, drawn, target, "contract"))
        return frozenset(
            name
            for layer in both
            for program in layer
            for name, found in classes(program, PRACTICE).items()
            if len(found) > 1
        )

    def spoken(self, text: str, arch: str) -> frozenset[str]:
        """Return the features that what a text asks of an architecture depends on."""
        key = text, arch
        if key not in self._spoken:
            target, drawn = archs.target(arch, self.kernel), self.drawn(text, arch)
            both = [programs(self.test(text), drawn, target, layer) for layer in LAYERS]
            found = [program for layer in both for program in layer]
            self._spoken[key] = spoken(target, drawn, found)
        return self._spoken[key]

    # --- before a change is shown

    def verdict(self, text: str, arch: str, file: str) -> Verdict:
        """Return all of the verdict on a text; raises Diagnostic."""
        target = archs.target(arch, self.kernel)
        asked = replace(self.asked, known=self._known)
        return check(self.test(text), target, file, self.limits, asked)

    def _known(self, program: Program) -> Query | None:
        """Return the question that was asked of a program, if it is the same in all it says."""
        query = self._queries.get(_key(program))
        return query if query is not None and query.program == program else None

    def stopped(self, text: str, arch: str) -> frozenset[str]:
        """Return the locations that cannot lie everywhere: there some access is not performed.

        A test that has no execution forbids everything. Raises Diagnostic and LimitReached.
        """
        key = text, arch
        if key not in self._ran:
            test, target = self.test(text), archs.target(arch, self.kernel)
            found: set[str] = set()
            for program in programs(test, self.drawn(text, arch), target, "code"):
                anything = replace(program, question=Logic("and", ()), keep=None)
                query = Query(anything, self.limits.timeout, self.asked.ordering)
                if not query.reachable(practice=True):
                    found |= {place.name for place in program.places}
                else:
                    reached = query.residues(practice=True)
                    found |= {one.location for one in reached if not one.everywhere}
            self._ran[key] = frozenset(found)
        return self._ran[key]


def spoken(target: Target, drawn: Sketch, found: list[Program]) -> frozenset[str]:
    """Return the features that rules, axioms and lowerings of a test's programs speak of."""
    words = set[str]()
    used = {a.cls for one in found for operation in one.operations for a in operation.accesses}
    for own in {thread.target.name: thread.target for thread in drawn.threads}.values():
        scopes = [rule.scope for rule in own.arch.rules]
        scopes += [fault.scope for fault in own.arch.faults]
        for scope in scopes:
            if scope.classes & used:
                words |= scope.needs | scope.lacks
        words |= {name for axiom in own.arch.axioms for name in axiom.needs}
        words |= {name for order in own.arch.orders for name in order.needs}
        words |= {feature.name for feature in own.arch.features if feature.atomic64}
        for draft in drawn.drafts:
            words |= _named(draft.name, own)
    implying = {f.name for f in target.arch.features if words.intersection(f.implies)}
    return frozenset(words | implying)


def _named(operation: str, target: Target) -> set[str]:
    """Return the words of the conditions under which an operation has its forms."""
    words = set[str]()
    name: str | None = operation
    while name is not None:
        known = select.canonical(name)
        for layer in LAYERS:
            found = select.written(known, target, layer) if known else None
            if found is not None and not isinstance(found.entries, str):
                for key in found.entries:
                    words |= {word for part in select.size_key(key)[1] for word in part.split()}
        name = archs.operations().get(known or "", {}).get("else")
    return words


def _key(program: Program) -> Any:
    """Return all that a query is made of, without what operations are called."""
    operations = tuple(replace(o, name="", lowering="", at=(0, 0)) for o in program.operations)
    granted = tuple((name, tuple(one)) for name, one in classes(program, PRACTICE).items())
    memory = {place.memory for place in program.places}
    kinds = ("multi-copy-atomic", "mixed-size")
    axioms = tuple(t.target.axiom(kind, memory) for t in program.threads for kind in kinds)
    orders = tuple(t.target.order for t in program.threads)
    threads = tuple((t.target.arch.name, t.registers) for t in program.threads)
    return (
        operations, granted, axioms, orders, threads, program.places, program.question,
        program.assumed, program.environment, program.keep,
    )  # fmt: skip
