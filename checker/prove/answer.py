"""What comes out of a proof: at every placement, for every set of features, on both layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import lcm
from typing import Any, Literal

from checker.program import Layer
from checker.prove.words import Placements
from checker.value import value
from checker.verdict import Problem, Reason, Verdict

Grade = Literal["whole", "practice", "torn"]
"""By manuals and contracts; by established practice only; or a read can be torn."""

Reasons = tuple[Reason, ...]

Told = tuple[Grade, Grade, Grade, bool]
"""What is compared of an outcome: everything but the reasons."""


@value
class Outcome:
    """What becomes of an operation at some placements."""

    same: Grade
    """To one access of its size."""
    smaller: Grade
    """To one access of its size, or smaller."""
    others: Grade
    """To one access of its size while others write."""
    faults: bool
    """Whether it is not performed there at all."""
    reasons: Reasons
    """What rules and axioms its proofs rest on."""

    @property
    def fails(self) -> bool:
        """Whether a read can be torn, by today's accesses and established practice."""
        return "torn" in (self.same, self.smaller, self.others)

    @property
    def told(self) -> Told:
        """What is compared."""
        return self.same, self.smaller, self.others, self.faults


@value
class Case:
    """Placements at which the same becomes of an operation."""

    where: Placements
    outcome: Outcome


@value
class LayerAnswer:
    """What one layer does at every placement."""

    notations: tuple[str, ...]
    """The accesses, in the access notation; several where sets of features are taken together."""
    sources: tuple[str, ...]
    exact: bool
    """Whether they are recorded for the kernel asked about, not only for the newest."""
    modulus: int
    outcomes: tuple[tuple[int, Outcome], ...]
    """For every residue of the address that the alignment leaves."""
    limit: str = ""
    """For what is not decided: the limit that was hit."""

    @property
    def fails(self) -> bool:
        """Whether a read can be torn at some placement."""
        return any(outcome.fails for _, outcome in self.outcomes)

    @property
    def folded(self) -> tuple[int, dict[int, Told]]:
        """The smallest modulus that tells the outcomes apart, and what is told of its residues."""
        modulus, told = self.modulus, {residue: one.told for residue, one in self.outcomes}
        while modulus % 2 == 0 and all(
            told.get(residue % (modulus // 2)) == one for residue, one in told.items()
        ):
            modulus //= 2
            told = {residue: one for residue, one in told.items() if residue < modulus}
        return modulus, told

    @property
    def told(self) -> Any:
        """What is compared with another layer, or another set of features."""
        modulus, told = self.folded
        return self.limit or (modulus, tuple(told.items()))

    def cases(self, size: int, align: int) -> tuple[Case, ...]:
        """Return the placements by what becomes of an operation there: what fails comes first."""
        modulus, folded = self.folded
        found: dict[Told, Outcome] = {}
        for _, outcome in self.outcomes:
            before = found.setdefault(outcome.told, outcome)
            found[outcome.told] = replace(before, reasons=union(before.reasons, outcome.reasons))
        made = []
        for told, outcome in found.items():
            residues = frozenset(residue for residue, one in folded.items() if one == told)
            made.append(Case(Placements(size, align, max(modulus, align), residues), outcome))
        return tuple(sorted(made, key=lambda case: not case.outcome.fails))


def together(answers: Sequence[LayerAnswer]) -> LayerAnswer:
    """Return equal answers, of several sets of features, as one that has the reasons of all."""
    first = answers[0]
    modulus = lcm(*(one.modulus for one in answers))
    found: dict[int, Outcome] = {}
    for one in answers:
        for start, outcome in one.outcomes:
            for residue in range(start, modulus, one.modulus):
                before = found.setdefault(residue, outcome)
                reasons = union(before.reasons, outcome.reasons)
                found[residue] = replace(before, reasons=reasons)
    return replace(
        first,
        notations=tuple(dict.fromkeys(text for one in answers for text in one.notations)),
        sources=tuple(dict.fromkeys(text for one in answers for text in one.sources)),
        exact=all(one.exact for one in answers),
        modulus=modulus,
        outcomes=tuple((residue, found[residue]) for residue in sorted(found)),
    )


def union(*several: Reasons) -> Reasons:
    """Return reasons once each."""
    return tuple({one.rule: one for reasons in several for one in reasons}.values())


@value
class Seen:
    """A tear of today's code."""

    arch: str
    address: int
    """Where the operation lies, in bytes from the start of a page."""
    by: str
    """What sees it, or what it sees."""
    text: str
    """A test that `litmus check` reads."""
    verdict: Verdict


@value
class Part:
    """Some of an architecture's sets of features, on which a size has the same answers."""

    features: str
    """The condition in words; empty where it is all of them."""
    targets: tuple[str, ...]
    """The sets as architectures are named, the smallest first."""
    contract: LayerAnswer | None
    """None where nothing is recorded for this size; the same of the code."""
    code: LayerAnswer | None
    seen: Seen | None = None
    """A tear of the code, where that is asked for and there is one."""

    @property
    def layers(self) -> tuple[tuple[Layer, LayerAnswer], ...]:
        """The layers that there are."""
        both: tuple[tuple[Layer, LayerAnswer | None], ...] = (
            ("contract", self.contract), ("code", self.code),
        )  # fmt: skip
        return tuple((layer, one) for layer, one in both if one is not None)

    @property
    def fails(self) -> bool:
        """Whether a read can be torn at some placement."""
        return any(one.fails for _, one in self.layers)

    @property
    def limit(self) -> str:
        """The limit that was hit, if one was."""
        return next((one.limit for _, one in self.layers if one.limit), "")


@value
class Proof:
    """One operation of one size on one architecture, with every set of features."""

    operation: str
    arch: str
    size: int
    align: int
    mattering: tuple[str, ...]
    """The features that can matter: each set of them was looked at."""
    parts: tuple[Part, ...]
    """None where it does not build."""
    limit: str = ""

    @property
    def builds(self) -> bool:
        """Whether the operation has this size, with some set of features."""
        return any(part.layers for part in self.parts)

    @property
    def fails(self) -> bool:
        """Whether a read can be torn somewhere."""
        return any(part.fails for part in self.parts)

    @property
    def limited(self) -> str:
        """The limit that was hit, if one was."""
        return self.limit or next((part.limit for part in self.parts if part.limit), "")


@value
class Proofs:
    """What a whole request came to."""

    operations: tuple[str, ...]
    align: int | None
    """None: the size of each."""
    crowd: bool
    """Whether several writers were asked about."""
    proofs: tuple[Proof, ...]
    problems: tuple[Problem, ...] = ()
