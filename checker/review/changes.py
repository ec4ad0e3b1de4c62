"""What another version of an override file gains and loses, for each set of features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from checker.review.answer import ATOMIC, Entry, File, Part, Review, Reviewed, Section
from checker.review.cost import short
from checker.value import value

Direction = Literal["gained", "lost", "changed", "unknown"]


@value
class Change:
    """One difference, and the sets of features that it is of."""

    direction: Direction
    arch: str
    operation: str
    size: int
    targets: tuple[str, ...]
    """Architectures with features, the smallest set first."""
    before: str
    after: str


@value
class Changes:
    """All differences between two versions of a file."""

    old: Review
    new: Review
    found: tuple[Change, ...]
    same: int
    """How many overrides are as they were."""

    @property
    def lost(self) -> bool:
        """Whether anything is less than it was."""
        return any(one.direction == "lost" for one in self.found)


def widened(file: File, other: File) -> File:
    """Return a file with a section, which overrides nothing, for all that only the other has."""
    own = {(one.arch, one.operation) for one in file.sections}
    more = tuple(
        Section(one.arch, one.operation, "", (), (), (1, 1))
        for one in other.sections
        if (one.arch, one.operation) not in own
    )
    return replace(file, sections=(*file.sections, *more))


def changes(old: Review, new: Review) -> Changes:
    """Return what is different; both reviews are of widened files."""
    before, after = _by_size(old), _by_size(new)
    found: list[Change] = []
    same = 0
    for key in sorted(before.keys() | after.keys()):
        differing = list(_of_size(key, before.get(key), after.get(key)))
        found += differing
        same += not differing and any(one and one.overridden for one in (before.get(key),))
    return Changes(old, new, tuple(found), same)


_Key = tuple[str, str, int]


def _by_size(review: Review) -> dict[_Key, Reviewed]:
    return {(one.arch, one.operation, one.size): one for one in review.sizes}


def _of_size(key: _Key, old: Reviewed | None, new: Reviewed | None) -> Iterator[Change]:
    """Yield the differences in one size, with features together that have the same."""
    names = [
        name for one in (old, new) if one for part in one.parts for name in part.targets
    ]  # fmt: skip
    aligns = (old.align if old else 0, new.align if new else 0)
    groups: dict[tuple[Direction, str, str], list[str]] = {}
    for name in dict.fromkeys(names):
        first, second = _part(old, name), _part(new, name)
        direction = _direction(first, second, aligns)
        if direction:
            told = (direction, _said(first), _said(second))
            groups.setdefault(told, []).append(name)
    for (direction, before, after), targets in groups.items():
        yield Change(direction, *key, tuple(sorted(targets, key=len)), before, after)


def _part(one: Reviewed | None, name: str) -> Part | None:
    """Return what is said of a set of features; those that do not matter there are left out."""
    if one is None:
        return None
    has = set(name.split("+")[1:])
    found: tuple[int, Part] | None = None
    for part in one.parts:
        for target in part.targets:
            features = set(target.split("+")[1:])
            if features <= has and (found is None or len(features) > found[0]):
                found = len(features), part
    return found[1] if found else None


_RANKS = {"FAILS": -1, "by practice": 1, "as claimed": 2}
"""What is torn is less than what does not build, and what claims less than to be atomic."""


def _direction(old: Part | None, new: Part | None, aligns: tuple[int, int]) -> Direction | None:
    """Return whether what callers get is more than it was; None where it is the same."""
    if "unknown" in (_standing(old), _standing(new)):
        return "unknown"
    before, after = _rank(old, aligns[0]), _rank(new, aligns[1])
    if before == after:
        return "changed" if _code(old) != _code(new) else None
    return "gained" if _more(before, after) else "lost"


def _code(part: Part | None) -> str:
    return part.code if part and not part.refused else ""


def _standing(part: Part | None) -> str:
    return part.standing if part else "no code"


def _rank(part: Part | None, align: int) -> tuple[int, int]:
    """Return how much is promised: the evidence, and at how many addresses (fewer is more)."""
    if part is None or part.refused or part.standing == "no code":
        return 0, 0
    if part.standing != "FAILS" and not part.whole:
        return 0, 0
    rank = _RANKS[part.standing]
    return rank, -align if rank > 0 else 0


def _more(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether nothing is less, and something is more."""
    if before[0] <= 0 or after[0] <= 0:
        return after[0] > before[0]
    return after[0] >= before[0] and after[1] >= before[1]


def _said(part: Part | None) -> str:
    if part is not None and part.refused:
        return "refused"
    if part is None or part.standing == "no code":
        return "does not build"
    who = "" if part.entry else "not overridden, "
    claim = _claim(part.entry) if part.entry else ""
    price = f", {short(part.cost)}" if part.cost else ""
    standing = part.standing if part.entry else _today(part)
    return f"{who}`{part.code}`: {standing}{claim}{price}"


def _today(part: Part) -> str:
    words = {"as claimed": "atomic", "by practice": "atomic by practice", "FAILS": "torn"}
    return words.get(part.standing, part.standing)


def _claim(entry: Entry) -> str:
    what = "" if entry.claim == ATOMIC else f" to `{entry.claim}`"
    return what if entry.align == entry.size else f"{what} at multiples of {entry.align}"
