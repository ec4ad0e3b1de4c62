"""What becomes of a verdict when something is taken out of its test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

from checker import arch as archs
from checker import litmus as ast
from checker.ablate.removals import Found, lowered, without
from checker.arch import Target
from checker.arch.kernel import Kernel
from checker.check import Asked, Limits, check, draw
from checker.diagnostic import Diagnostic, LimitReached
from checker.lowering import programs
from checker.lowering.draft import Sketch
from checker.lowering.operations import BARRIERS
from checker.lowering.select import canonical
from checker.model.cat.syntax import CatModel
from checker.program import Fence, Logic, Operation, Program
from checker.run import located, too_deep
from checker.solve import Query
from checker.value import value
from checker.verdict import Answer, Problem, Verdict

Effect = Literal["needed", "faults", "not-needed", "absent", "unknown", "unusable"]

WORSE = {"forbidden": 0, "fragile": 1, "allowed": 2}
"""How far each verdict is from a promise."""


@value
class Cell:
    """What comes of one removal on one architecture."""

    arch: str
    effect: Effect
    """`needed`: the verdict gets worse. `faults`: an access is not performed any more wherever it
    may lie now. `not-needed`: the verdict stays. `absent`: the hardware is asked for the same.
    `unknown`: a limit was reached. `unusable`: the test has no meaning without it."""
    answer: Answer | None = None
    """The verdict without it: for an alignment that has this effect, right below that; None where
    it is `unusable`."""
    verdict: Verdict | None = None
    """For `needed`: all of that verdict, with the execution that the removal allows."""
    align: int = 0
    """For an alignment: what the address is a multiple of as it is, in bytes."""
    below: int = 0
    """For an alignment that has this effect: it has it below so many bytes; 0 where that is not
    known."""
    why: str = ""
    """For `unusable`: the reason; for `unknown`: the limit that was hit."""
    milliseconds: float = 0.0

    @property
    def needed(self) -> bool | None:
        """Whether it is needed; None where that is not known."""
        if self.effect in ("unknown", "unusable"):
            return None
        return self.effect in ("needed", "faults")


@value
class Setting:
    """A test on one architecture; it is taken to another process, where data is read anew."""

    test: ast.Test
    file: str
    source: str
    arch: str
    kernel: Kernel
    """Of an architecture that names none."""
    limits: Limits
    asked: Asked

    @property
    def target(self) -> Target:
        """The architecture."""
        return archs.target(self.arch, self.kernel)

    def checked(self, removals: tuple[Found, ...] = (), align: int = 1) -> Verdict:
        """Return the verdict without some things, alignments lowered; raises Diagnostic."""
        test = self.test
        for one in (found.removal for found in removals if found.align):
            test = lowered(test, one.name, align)
        rest = tuple(found.removal for found in removals if not found.align)
        asked = replace(self.asked, edit=partial(without, rest))
        return check(test, self.target, self.file, self.limits, asked)

    def drawn(self, test: ast.Test | None = None) -> Sketch:
        """Return the test, or another in its place, as it is drawn; raises Diagnostic."""
        return draw(test or self.test, self.target, self.limits, self.asked)


def before(setting: Setting) -> Verdict | Problem:
    """Return the verdict on a test as it is, or why it has none."""
    try:
        return setting.checked()
    except Diagnostic as problem:
        return located(problem, setting.file, setting.source)
    except RecursionError:
        return located(too_deep(), setting.file, setting.source)


Question = tuple[Setting, Answer, tuple[Found, ...]]
"""A test, its verdict as it is, and what is taken out of it."""


def answer(question: Question) -> Cell:
    """Return what comes of taking some things out, all at once; alone, an alignment by steps."""
    setting, verdict, removals = question
    start = time.perf_counter()
    try:
        if len(removals) == 1 and removals[0].align:
            cell = _lowering(setting, verdict, removals[0])
        elif not any(found.align for found in removals) and _same(setting, removals):
            cell = Cell(setting.arch, "absent", verdict)
        else:
            cell = _compared(setting, verdict, setting.checked(removals))
    except LimitReached as limit:
        cell = Cell(setting.arch, "unknown", "unknown", why=str(limit))
    except Diagnostic as problem:
        cell = Cell(setting.arch, "unusable", why=problem.message)
    except RecursionError:
        cell = Cell(setting.arch, "unusable", why=too_deep().message)
    return replace(cell, milliseconds=round(1000 * (time.perf_counter() - start), 3))


def _lowering(setting: Setting, verdict: Answer, found: Found) -> Cell:
    """Halve an alignment until the verdict gets worse, or an access cannot be performed.

    A multiple of 8 is one of 4: what holds of any address holds of every aligned one, so that is
    asked first.
    """
    at_all = _aligned(setting, verdict, found, 1)
    if at_all.effect == "not-needed":
        return at_all
    align = found.align
    while (align := align // 2) > 1:
        cell = _aligned(setting, verdict, found, align)
        if cell.effect == "unknown" and at_all.needed:
            return replace(at_all, why=cell.why)  # that it is needed is known, from where on is not
        if cell.effect != "not-needed":
            return replace(cell, below=2 * align)
    return replace(at_all, below=2)


def _aligned(setting: Setting, verdict: Answer, found: Found, align: int) -> Cell:
    """Return what comes of an alignment to `align` bytes instead of the one that there is."""
    cell = _compared(setting, verdict, setting.checked((found,), align))
    if cell.effect == "not-needed" and _faults(setting, found, align):
        cell = replace(cell, effect="faults")
    return replace(cell, align=found.align)


def _compared(setting: Setting, verdict: Answer, after: Verdict) -> Cell:
    if after.answer == "unknown":
        return Cell(setting.arch, "unknown", after.answer, why=after.limit)
    if WORSE[after.answer] <= WORSE[verdict]:
        return Cell(setting.arch, "not-needed", after.answer)
    return Cell(setting.arch, "needed", after.answer, after)


# --- what the hardware is asked for ---------------------------------------------------------------


def _same(setting: Setting, removals: tuple[Found, ...]) -> bool:
    """Whether every program of a test is the same without some things."""
    drawn = setting.drawn()
    less = without(tuple(found.removal for found in removals), drawn)
    return list(_requests(setting, drawn)) == list(_requests(setting, less))


def _requests(setting: Setting, drawn: Sketch) -> Iterator[list[Operation]]:
    """Yield the operations of each program, without how they are called."""
    for layer in ("code", "contract") if setting.test.dialect == "C" else ("code",):
        for program in programs(setting.test, drawn, setting.target, layer):
            yield [_request(one, setting.asked.ordering) for one in program.operations]


def _request(operation: Operation, ordering: CatModel | None) -> Operation:
    """Return an operation without its name, and without calls that become no instruction.

    Axioms of the user's own may speak of such calls; those that there are do not.
    """
    steps = tuple(
        step
        for step in operation.steps
        if ordering or not isinstance(step, Fence) or not _is_nothing(step.name)
    )
    return replace(operation, name="", lowering="", steps=steps)


def _is_nothing(fence: str) -> bool:
    """Whether a barrier is none to the hardware, as `barrier()` is."""
    return fence in BARRIERS and canonical(fence) is None


def _faults(setting: Setting, found: Found, align: int) -> bool:
    """Whether a location can lie where its threads do not go on, and only by a lower alignment.

    There an access faults and the test has no execution, and what has none is forbidden. Raises
    LimitReached.
    """
    target = setting.target
    kinds = {fault.handler for t in setting.drawn().threads for fault in t.target.arch.faults}
    if "stops" not in kinds:
        return False

    def stops(test: ast.Test) -> bool:
        drawn = setting.drawn(test)
        return any(
            _stops(program, found.removal.name, setting.limits.timeout)
            for program in programs(test, drawn, target, "code")
        )

    lower = lowered(setting.test, found.removal.name, align)
    return stops(lower) and not stops(setting.test)


def _stops(program: Program, location: str, timeout: int) -> bool:
    """Whether a program has no execution at some address of a location; raises LimitReached."""
    anything = replace(program, question=Logic("and", ()), keep=None)
    reached = Query(anything, timeout).residues(practice=True)
    return any(one.location == location and not one.everywhere for one in reached)
