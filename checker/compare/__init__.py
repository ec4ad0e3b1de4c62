"""A smallest test that tells two sides apart, or that none does up to a bound.

sides   what is compared
shapes  the tests, smallest first
decide  how two sides answer one of them
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain

from checker.arch import folders
from checker.check import Asked, Limits, check
from checker.compare.decide import Compared, compare
from checker.compare.shapes import Group, Shape, shapes, text
from checker.compare.sides import Side, sides
from checker.diagnostic import LimitReached
from checker.language import parse
from checker.states import State
from checker.value import value
from checker.verdict import Verdict

__all__ = ["Comparison", "Difference", "Request", "Side", "search", "sides"]

MAX_ACCESSES = 4
"""Above this no test is made."""


@value
class Request:
    """What is compared, and how far."""

    a: Side
    b: Side
    accesses: int = MAX_ACCESSES
    """Of a test, at most."""
    weaker: bool = False
    """Whether only tests are looked for on which B promises less than A."""
    limits: Limits = Limits()
    folders: tuple[str, ...] = ()
    """A user's own data, read after the shipped."""

    @property
    def about(self) -> tuple[str, int] | None:
        """The operation and size that tests are made of; None is all."""
        return self.a.about or self.b.about


@value
class Difference:
    """A smallest test on which one side promises more than the other."""

    text: str
    """The test, with what both are expected to answer where a test can say so."""
    accesses: int
    number: int
    """Which of the tests it is, from 1: those before it are no larger and show no such thing."""
    verdicts: tuple[Verdict, Verdict]
    """Of A and of B."""


@value
class Comparison:
    """What tells two sides apart."""

    request: Request
    weaker: Difference | None
    """On which B promises less than A."""
    stronger: Difference | None
    """On which B promises more than A; None too where that was not looked for."""
    tests: int
    """How many there are up to the bound."""
    looked: int
    """How many were looked at, smallest first: fewer than all once both kinds were found."""
    groups: tuple[tuple[Group, int], ...]
    """How many of those looked at are of each group."""
    same: int
    """Those of them that would be one question to the solver on both sides."""
    unbuilt: tuple[tuple[str, int], ...]
    """Why tests do not build, or have no execution, on a side, and how many: they say nothing."""
    limits: tuple[tuple[str, int], ...]
    """Limits that were hit, and by how many tests: nothing is known of them."""

    @property
    def decided(self) -> bool:
        """Whether no limit was reached."""
        return not self.limits


def search(request: Request, jobs: int, progress: Callable[[str], None]) -> Comparison:
    """Return what tells two sides apart, with one smallest test for each way.

    Every test is decided by all of its final states. `progress` hears of each that is done. Raises
    Diagnostic where an architecture's data cannot be used.
    """
    folders.use(request.folders)
    every = shapes(request.accesses, request.about)
    weaker: Difference | None = None
    stronger: Difference | None = None
    groups: Counter[Group] = Counter()
    unbuilt: Counter[str] = Counter()
    limits: Counter[str] = Counter()
    same = looked = 0
    with _answers(request, every, jobs) as answers:
        for looked, (shape, found) in enumerate(zip(every, answers, strict=True), 1):
            progress(f"{shape.accesses} accesses")
            groups[shape.group] += 1
            unbuilt.update([found.unbuilt] if found.unbuilt else [])
            limits.update([found.limit] if found.limit else [])
            same += found.same
            if found.weaker is not None and weaker is None:
                weaker = _difference(request, shape, found.weaker, looked)
            if found.stronger is not None and stronger is None and not request.weaker:
                stronger = _difference(request, shape, found.stronger, looked)
            if weaker and (stronger or request.weaker):
                break
    return Comparison(
        request, weaker, stronger, len(every), looked, tuple(groups.items()), same,
        tuple(unbuilt.items()), tuple(limits.items()),
    )  # fmt: skip


@contextmanager
def _answers(request: Request, every: list[Shape], jobs: int) -> Iterator[Iterator[Compared]]:
    """Give how both sides answer each test, in order, in this process or in several."""
    if jobs <= 1 or len(every) < 2:
        yield (_compared(request, shape) for shape in every)
        return
    from concurrent.futures import ProcessPoolExecutor

    work = partial(_several, request)
    size = 8  # small: the first difference is often among the first tests
    chunks = [every[at : at + size] for at in range(0, len(every), size)]
    with ProcessPoolExecutor(jobs) as pool:
        try:
            yield chain.from_iterable(pool.map(work, chunks))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _several(request: Request, several: Iterable[Shape]) -> list[Compared]:
    return [_compared(request, shape) for shape in several]


def _compared(request: Request, shape: Shape) -> Compared:
    folders.use(request.folders)
    return compare(text(shape, "exists true"), request.a, request.b, request.limits)


# --- the test that shows it -----------------------------------------------------------------------


def _difference(request: Request, shape: Shape, state: State, number: int) -> Difference:
    """Return the test that asks about a final state, in as few words as tell the sides apart.

    Both verdicts are decided anew, as `litmus check` does.
    """
    whole = [f"{place}={_shown(held)}" for place, held in state]
    words = _verdicts(request, shape, _asked(whole))
    if "unknown" in (one.answer for one in words):
        raise LimitReached(next(one.limit for one in words if one.limit))
    wanted = tuple(one.answer for one in words)
    assert wanted[0] != wanted[1], (text(shape, _asked(whole)), wanted)
    registers = [place for place, _ in state if place[0].isdigit()]
    best = next(
        (
            [f"torn({place})"]
            for place in registers
            if _answered(request, shape, [f"torn({place})"]) == wanted
        ),
        whole,
    )
    for one in list(best):
        fewer = [other for other in best if other != one]
        if fewer and _answered(request, shape, fewer) == wanted:
            best = fewer
    condition = _asked(best)
    shown = text(shape, condition, _head(request, wanted))
    return Difference(shown, shape.accesses, number, _verdicts(request, shape, condition))


def _answered(request: Request, shape: Shape, parts: list[str]) -> tuple[str, ...]:
    return tuple(one.answer for one in _verdicts(request, shape, _asked(parts)))


def _verdicts(request: Request, shape: Shape, condition: str) -> tuple[Verdict, Verdict]:
    test = parse(text(shape, condition))
    a, b = (
        check(
            replace(test, overrides=side.overrides),
            side.target,
            "",
            request.limits,
            Asked(ordering=side.ordering),
        )
        for side in (request.a, request.b)
    )
    return replace(a, arch=request.a.name), replace(b, arch=request.b.name)


def _asked(parts: list[str]) -> str:
    joined = " /\\ ".join(parts)
    return f"exists ({joined})" if len(parts) > 1 else f"exists {joined}"


def _shown(held: int | str) -> str:
    return hex(held) if isinstance(held, int) and held > 9 else str(held)


def _head(request: Request, wanted: tuple[str, ...]) -> str:
    """Return the header lines that say what is expected: axioms and overrides they cannot name."""
    a, b = request.a, request.b
    if a.model or b.model or a.override or b.override:
        return f"Arch = {', '.join(dict.fromkeys([a.arch, b.arch]))}"
    names = (a.arch, b.arch)
    told = ", ".join(f"{name}: {word}" for name, word in zip(names, wanted, strict=True))
    return f"Arch = {', '.join(names)}\nExpect = {told}"
