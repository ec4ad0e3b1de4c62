"""The tests of a comparison, on an architecture's own data: with a feature and without it, and
today's code against its contract."""

from __future__ import annotations

from collections import Counter

from checker import arch as archs
from checker.arch import Target
from checker.check import Limits
from checker.compare.calls import operation
from checker.compare.decide import Compared, Kept, compared, kept, posed
from checker.compare.losses import Loss
from checker.compare.shapes import Shape, shapes, text
from checker.compare.sides import Side
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.states import State
from checker.value import value


@value
class Pair:
    """An architecture, and the same with one feature more."""

    base: str
    more: str


@value
class Tried:
    """What came of the tests on one architecture."""

    losses: tuple[Loss, ...]
    pairs: int
    """How many sets of features were compared with one more."""
    tests: int
    """How many of those tests had an answer; one counts for each pair, and for each set."""
    silent: tuple[tuple[str, int], ...]
    """Why others say nothing, and how many."""
    limits: tuple[tuple[str, int], ...]


def pairs(base: Target) -> list[Pair]:
    """Return each feature on top of none, of what it implies, and of each that implies others."""
    plain, at, version = base.name.partition("@")
    implied = {f.name: f.implies for f in base.arch.features}
    grounds: list[tuple[str, ...]] = [(), *((name,) for name, needs in implied.items() if needs)]
    found: dict[tuple[frozenset[str], frozenset[str]], Pair] = {}
    for name, needs in implied.items():
        for ground in dict.fromkeys([*grounds, needs]):
            try:
                less = archs.target("+".join([plain, *ground]) + at + version)
                more = archs.target("+".join([plain, *ground, name]) + at + version)
            except Diagnostic:
                continue  # two of them exclude each other
            if less.features < more.features:
                found.setdefault((less.features, more.features), Pair(less.name, more.name))
    return list(found.values())


def tried(base: Target, accesses: int, limits: Limits) -> Tried:
    """Return what the tests of up to so many accesses show of an architecture's own data.

    Raises Diagnostic where the data is not well formed.
    """
    several = pairs(base)
    sets = (name for pair in several for name in (pair.base, pair.more))
    names = list(dict.fromkeys([base.name, *sets]))
    found: list[Loss] = []
    silent: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    tests = 0
    for shape in shapes(accesses):
        test = parse(text(shape, "exists true"))
        put = {name: posed(test, Side(name, name), limits) for name in names}
        answers: list[tuple[Pair, Compared | Kept, State | None]] = []
        for pair in several:
            one = compared(put[pair.base], put[pair.more])
            answers.append((pair, one, one.weaker))
        for name in names:
            own = kept(put[name])
            answers.append((Pair(name, name), own, own.broken))
        for pair, answer, state in answers:
            tests += not (answer.unbuilt or answer.limit)
            silent.update([answer.unbuilt] if answer.unbuilt else [])
            hit.update([answer.limit] if answer.limit else [])
            if state is not None:
                found.append(_loss(shape, state, pair))
    return Tried(
        tuple(found), len(several), tests, tuple(silent.items()), tuple(hit.items())
    )  # fmt: skip


def _loss(shape: Shape, state: State, pair: Pair) -> Loss:
    more, less = archs.target(pair.base), archs.target(pair.more)
    used = {operation(access.operation) for thread in shape.threads for access in thread}
    return Loss(
        "code" if more is less else "feature", more.name, less.name,
        less.features - more.features, frozenset(used), shape.size, "code", "states", "states",
        test=text(shape, condition(state)),
    )  # fmt: skip


def condition(state: State) -> str:
    """Return the question whether a final state is reached."""
    parts = [f"{place}={_shown(held)}" for place, held in state]
    joined = " /\\ ".join(parts)
    return f"exists ({joined})" if len(parts) > 1 else f"exists {joined}"


def _shown(held: int | str) -> str:
    return hex(held) if isinstance(held, int) and held > 9 else str(held)
