"""What a fix is made of: changes of a test, each an edit of its text."""

from __future__ import annotations

from typing import Literal, get_args

from checker.diagnostic import Position
from checker.fix.source import Edit
from checker.value import value

Kind = Literal["operation", "align", "feature", "instruction", "fence", "sequence"]
"""Another operation, an alignment or a layout, a required feature, an `Override`, a fence, a
sequence counter: the cheapest first."""

KINDS: tuple[Kind, ...] = get_args(Kind)

NAMES: dict[Kind, str] = {
    "operation": "another operation",
    "align": "an alignment",
    "feature": "a feature",
    "instruction": "another instruction",
    "fence": "a fence",
    "sequence": "a sequence counter",
}
"""What each kind is called."""


@value
class Change:
    """One change of a test."""

    kind: Kind
    says: str
    """What changes, on one line."""
    at: Position
    edits: tuple[Edit, ...]
    rank: int = 0
    """How it compares with other changes of its kind; the least is the cheapest."""
    site: str = ""
    """What it changes: of two changes of the same site only one is made."""
    layout: bool = False
    """Whether it moves fields."""
    arch: str = ""
    """The one architecture that it is about."""
    becomes: str = ""
    """For a feature: the architecture that is asked about instead."""
    cite: str = ""
    """For an instruction: the rule that it rests on, and its source."""


Plan = tuple[Change, ...]


def cost(plan: Plan) -> tuple[int, int, int, int]:
    """Return what plans are compared by: changes, their kinds, their ranks, their place.

    Changes of one kind on several architectures, one on each, are one change.
    """
    kinds = [KINDS.index(one.kind) for one in plan if not one.arch]
    kinds += [KINDS.index(kind) for kind in {one.kind for one in plan if one.arch}]
    places = sum(one.at[0] for one in plan)
    return len(kinds), sum(kinds), sum(one.rank for one in plan), places


def edits(plan: Plan) -> tuple[Edit, ...]:
    """Return all edits of a plan."""
    return tuple(edit for one in plan for edit in one.edits)


def together(plan: Plan) -> bool:
    """Whether no two changes are of the same site."""
    sites = [one.site for one in plan]
    return len(set(sites)) == len(sites)
