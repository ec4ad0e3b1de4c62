"""Whether two sides answer one test alike: every final state, and whether it is promised away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
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
    return compared(posed(test, a, limits), posed(test, b, limits))


def compared(a: Posed | Silent, b: Posed | Silent) -> Compared:
    """Return how two sides answer a test that was put to both."""
    for one in (a, b):
        if isinstance(one, Silent):
            return Compared(unbuilt=one.unbuilt, limit=one.limit)
    assert isinstance(a, Posed)
    assert isinstance(b, Posed)
    if a.key == b.key:
        return Compared(same=True)
    try:
        if a.faulting != b.faulting:
            return Compared(unbuilt=FAULTS)
        of_a, of_b = a.outcomes(), b.outcomes()
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


@value
class Kept:
    """Whether today's code keeps what the contracts of one test promise."""

    broken: State | None = None
    """A final state that code reaches, established practice counted, and contracts exclude."""
    same: bool = False
    """Whether both layers put the same question to the solver."""
    unbuilt: str = ""
    """Why the test says nothing, as in `Compared`."""
    limit: str = ""
    """The limit that was hit."""


def kept(one: Posed | Silent) -> Kept:
    """Return whether code keeps the contracts' promises in one test."""
    if isinstance(one, Silent):
        return Kept(unbuilt=one.unbuilt, limit=one.limit)
    try:
        if one.same:
            return Kept(same=True)
        return Kept(one.broken()) if one.alike() else Kept(unbuilt=FAULTS)
    except LimitReached as limit:
        return Kept(limit=str(limit))


@value
class Silent:
    """Why a test says nothing of a side: it does not build there, or a limit was hit."""

    unbuilt: str = ""
    limit: str = ""


def posed(test: Test, side: Side, limits: Limits) -> Posed | Silent:
    """Return a test as it is put to a side; raises Diagnostic for data that is not well formed."""
    try:
        return Posed(test, side, limits)
    except Diagnostic as problem:
        if problem.file:
            raise
        return Silent(unbuilt=problem.message)
    except LimitReached as limit:
        return Silent(limit=str(limit))


class Posed:
    """A test as it is put to a side."""

    def __init__(self, test: Test, side: Side, limits: Limits) -> None:
        """Lower the test; raises Diagnostic where it does not build, and LimitReached."""
        self._side = side
        self._limits = limits
        test = replace(test, overrides=side.overrides)
        drawn = draw(test, side.target, limits, Asked(ordering=side.ordering))
        self._code = list(programs(test, drawn, side.target, "code"))
        self._contract = list(programs(test, drawn, side.target, "contract"))
        code, contract = (
            tuple(_question(one, side) for one in part) for part in (self._code, self._contract)
        )
        self.key = _numbers().setdefault((code, contract, limits), len(_numbers()))
        """One number for all that ask the same."""
        self.same = code == contract

    @cached_property
    def faulting(self) -> tuple[_Faulting, _Faulting]:
        """Return where code, and where contracts, have an access that is not performed.

        There a test has no execution, and what has none is forbidden, which is no promise.
        """
        return _faulting(self._code), _faulting(self._contract)

    def alike(self) -> bool:
        """Whether code and contracts are not performed at the same addresses."""
        code, contract = self.faulting
        return code == contract

    def broken(self) -> State | None:
        """Return the first final state that code reaches and contracts exclude."""
        known = _known()
        if ("broken", self.key) not in known:
            promised = frozenset(self._reached(self._contract, practice=False))
            known["broken", self.key] = min(self._today() - promised, key=str, default=None)
        found: State | None = known["broken", self.key]
        return found

    def outcomes(self) -> Outcomes:
        """Return what can be reached; asked only once of the solver for all that ask the same."""
        known = _known()
        if self.key not in known:
            allowed = self._today()
            promised = frozenset(self._reached([*self._code, *self._contract], practice=False))
            known[self.key] = Outcomes(allowed, promised - allowed)
        found: Outcomes = known[self.key]
        return found

    def _today(self) -> frozenset[State]:
        """Return what code reaches, established practice counted."""
        known = _known()
        if ("today", self.key) not in known:
            known["today", self.key] = frozenset(self._reached(self._code, practice=True))
        found: frozenset[State] = known["today", self.key]
        return found

    def _reached(self, asked: list[Program], *, practice: bool) -> Iterator[State]:
        for program in asked:
            yield from states(
                program, practice=practice, timeout=self._limits.timeout,
                ordering=self._side.ordering,
            )  # fmt: skip


_Faulting = frozenset[tuple[bool, str, int]]
"""Whether a manual says so, a location, and a residue of its address modulo `_BLOCK`."""


def _faulting(programs: Iterable[Program]) -> _Faulting:
    return frozenset(
        (evidence == MANUAL, name, residue + shift)
        for program in programs
        for evidence in (MANUAL, PRACTICE)
        for name, found in classes(program, evidence).items()
        for one in found
        if one.faults
        for residue in one.residues
        for shift in range(0, _BLOCK, one.modulus)
    )


@remembered
def _known() -> dict[Any, Any]:
    return {}


@remembered
def _numbers() -> dict[Any, int]:
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
