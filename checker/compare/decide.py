"""Whether two sides answer one test alike: every final state, and whether it is promised away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

from checker.arch.folders import remembered
from checker.arch.schema import AXIOMS
from checker.check import Asked, Limits, draw
from checker.compare.sides import Side
from checker.diagnostic import Diagnostic, LimitReached
from checker.language import parse
from checker.litmus import Test
from checker.lowering import programs
from checker.model import MANUAL, PRACTICE
from checker.model.placement import classes
from checker.program import Program
from checker.states import State, states
from checker.value import value

Word = Literal["forbidden", "fragile", "allowed"]

FAULTS = "an access faults at other addresses, or by other evidence, on one side"
"""Why a test says nothing of both sides."""

_BLOCK = 4096
"""In bytes: as much as decides where an access faults."""

RANK: dict[Word, int] = {"forbidden": 0, "fragile": 1, "allowed": 2}


@value
class Outcomes:
    """What a side says of a test's final states: those it does not name are forbidden."""

    allowed: frozenset[State]
    """Reached by today's code, established practice counted."""
    fragile: frozenset[State]
    """Reached by what contracts and manuals leave open, and not by today's code."""

    def word(self, state: State) -> Word:
        """Return the verdict on reaching a final state."""
        if state in self.allowed:
            return "allowed"
        return "fragile" if state in self.fragile else "forbidden"


@value
class Compared:
    """What came of one test."""

    weaker: State | None = None
    """A final state on which B promises less than A."""
    stronger: State | None = None
    """A final state on which B promises more than A."""
    same: bool = False
    """Whether both would put the same question to the solver: no answer tells them apart."""
    unbuilt: str = ""
    """Why the test says nothing of both sides: on one it does not build, or has no execution."""
    limit: str = ""
    """The limit that was hit."""


def compare(text: str, a: Side, b: Side, limits: Limits) -> Compared:
    """Return how two sides answer one test."""
    test = parse(text)
    try:
        asked, unbuilt = [], []
        for side in (a, b):
            try:
                asked.append(_Asked(test, side, limits))
            except Diagnostic as problem:
                if problem.file:
                    raise
                unbuilt.append(problem.message)
        if unbuilt:
            return Compared(unbuilt=unbuilt[0])
        if asked[0].key == asked[1].key:
            return Compared(same=True)
        if asked[0].faulting() != asked[1].faulting():
            return Compared(
                unbuilt="an access faults at other addresses, or by other evidence, on one side"
            )
        of_a, of_b = (one.outcomes() for one in asked)
    except LimitReached as limit:
        return Compared(limit=str(limit))
    every = sorted(of_a.allowed | of_a.fragile | of_b.allowed | of_b.fragile, key=str)

    def first(differs: Callable[[int, int], bool]) -> State | None:
        """Return a state on which they differ most; of several the first."""
        found = [one for one in every if differs(RANK[of_a.word(one)], RANK[of_b.word(one)])]
        gap = {one: abs(RANK[of_a.word(one)] - RANK[of_b.word(one)]) for one in found}
        return max(found, key=lambda one: gap[one], default=None)

    return Compared(
        first(lambda in_a, in_b: in_a < in_b), first(lambda in_a, in_b: in_a > in_b)
    )  # fmt: skip


class _Asked:
    """A test as it is put to a side."""

    def __init__(self, test: Test, side: Side, limits: Limits) -> None:
        self._side = side
        self._limits = limits
        drawn = draw(test, side.target, limits, Asked(ordering=side.ordering))
        self._code = list(programs(test, drawn, side.target, "code"))
        self._contract = list(programs(test, drawn, side.target, "contract"))
        key = [tuple(_question(one, side) for one in part) for part in (self._code, self._contract)]
        self.key: Any = (*key, limits)

    def faulting(self) -> frozenset[tuple[bool, str, int]]:
        """Return where some access is not performed: location, and residue modulo `_BLOCK`.

        With whether a manual says so. There a test has no execution, and what has none is
        forbidden, which is no promise.
        """
        return frozenset(
            (evidence == MANUAL, name, residue + shift)
            for program in (*self._code, *self._contract)
            for evidence in (MANUAL, PRACTICE)
            for name, found in classes(program, evidence).items()
            for one in found
            if one.faults
            for residue in one.residues
            for shift in range(0, _BLOCK, one.modulus)
        )

    def outcomes(self) -> Outcomes:
        """Return what can be reached; asked only once of the solver for all that ask the same."""
        known = _known()
        if self.key not in known:
            allowed = frozenset(self._reached(self._code, practice=True))
            promised = frozenset(self._reached([*self._code, *self._contract], practice=False))
            known[self.key] = Outcomes(allowed, promised - allowed)
        found: Outcomes = known[self.key]
        return found

    def _reached(self, asked: list[Program], *, practice: bool) -> Iterator[State]:
        for program in asked:
            yield from states(
                program, practice=practice, timeout=self._limits.timeout,
                ordering=self._side.ordering,
            )  # fmt: skip


@remembered
def _known() -> dict[Any, Outcomes]:
    return {}


def _question(program: Program, side: Side) -> Any:
    """Return all that the model of a program is made of.

    Nothing is left out but names that no axiom and no rule sees: what a feature or a kernel changes
    is in the operations, the units that are granted, the axioms and the locations.
    """
    target = side.target
    operations = tuple(replace(o, name="", lowering="", at=(0, 0)) for o in program.operations)
    values = (program.shown, program.assumed, program.environment, program.question, program.keep)
    granted = tuple(
        tuple((name, tuple(one)) for name, one in classes(program, evidence).items())
        for evidence in (MANUAL, PRACTICE)
    )
    memory = {place.memory for place in program.places}
    axioms = tuple(target.axiom(kind, memory) for kind in AXIOMS)
    order = (side.model,) if side.model else target.order
    plain = (operations, program.places, values)
    return plain, granted, target.arch.name, target.endian, axioms, order
