"""What is missing where the data is compared with itself, and what the data has to say of it.

A guarantee can be missing in two ways: an architecture promises less with a feature than without
it, or today's code of an operation does less than its contract says. Where that is known the data
has a gap (`checker.arch.schema.Gap`, or `gap` in `operations.toml`) with a reason and its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from checker import arch as archs
from checker.arch import Target
from checker.arch.schema import Gap
from checker.program import Layer
from checker.prove.answer import Grade
from checker.prove.question import written_with
from checker.value import value
from checker.verdict import Reason, Verdict

Kind = Literal["feature", "code"]
"""Missing with a feature, or in today's code of what the contract says."""

Held = Grade | Literal["absent", "states"]
"""How far an operation is whole; `absent` does not build, `states` are final states it reaches."""


@value
class Loss:
    """One guarantee that is missing."""

    kind: Kind
    more: str
    """The architecture that has it; of code, the one it is about."""
    less: str
    """The architecture that lacks it; the same of code."""
    features: frozenset[str]
    """What `less` has and `more` has not."""
    operations: frozenset[str]
    """One operation, or all those of a test."""
    size: int
    """In bytes."""
    layer: Layer
    before: Held
    after: Held
    address: int = 0
    """The first at which it is missing, modulo the largest block."""
    test: str = ""
    """A test that shows it, where it was found by one."""
    reasons: tuple[Reason, ...] = ()
    """What `after` rests on, where it is whole by practice."""

    @property
    def by_practice(self) -> bool:
        """Whether code keeps its contract by established practice: its rules say why."""
        return self.kind == "code" and self.after == "practice"


@value
class Shown:
    """A test in which a guarantee is missing."""

    text: str
    verdicts: tuple[Verdict, ...]


@value
class Missing:
    """Guarantees that are missing for one reason, or for none that is known."""

    kind: Kind
    gap: Gap | None
    """What the data says of it; None where it says nothing."""
    losses: tuple[Loss, ...]
    shown: Shown | None = None


def known(loss: Loss) -> Gap | None:
    """Return what the data says of a loss, or None where it says nothing."""
    target = archs.target(loss.less)
    for operation in sorted(loss.operations):
        named = set(written_with(operation))
        for gap in target.arch.gaps:
            fits = gap.feature in loss.features if loss.kind == "feature" else not gap.feature
            if fits and gap.operations & named and (gap.sizes is None or loss.size in gap.sizes):
                return gap
        general = _general(operation) if loss.kind == "code" else None
        if general is not None:
            return general
    return None


def _general(operation: str) -> Gap | None:
    """Return the gap that `operations.toml` has for an operation's code everywhere."""
    for name in written_with(operation):
        table = archs.operations()[name]
        if "gap" in table:
            source = table["gap_source"]
            return Gap(f"{name}.gap", "", frozenset({name}), None, table["gap"], source)
    return None


def together(losses: Iterable[Loss]) -> tuple[Missing, ...]:
    """Return losses by their reasons; those without one come first, each feature's by itself."""
    groups: dict[object, list[Loss]] = {}
    gaps: dict[object, Gap | None] = {}
    for loss in dict.fromkeys(losses):
        gap = known(loss)
        own = (_family(loss.less), loss.features, loss.operations)
        key = (loss.kind, gap.id) if gap else (loss.kind, *own)
        groups.setdefault(key, []).append(loss)
        gaps[key] = gap
    made = [Missing(group[0].kind, gaps[key], tuple(group)) for key, group in groups.items()]
    return tuple(sorted(made, key=lambda one: (one.gap is not None, one.kind != "feature")))


def _family(name: str) -> str:
    return archs.target(name).arch.family


def unused(targets: Iterable[Target], found: Iterable[Missing]) -> Iterator[Gap]:
    """Yield the gaps of architectures that nothing shows: what they say is no longer so."""
    used = {one.gap.id for one in found if one.gap}
    every = {gap.id: gap for target in targets for gap in target.arch.gaps}
    yield from (gap for gap in every.values() if gap.id not in used)
