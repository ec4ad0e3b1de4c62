"""The overrides of one size: what is said of each set of features that can matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import arch as archs
from checker.arch import Target
from checker.arch.kernel import Kernel
from checker.diagnostic import LimitReached
from checker.litmus import Override
from checker.lowering import select
from checker.prove.answer import LayerAnswer, Proof, Seen, together, union
from checker.prove.answer import Part as Proved
from checker.prove.decide import Subject, answer, draft
from checker.prove.features import Variant, Variants, said, variants
from checker.prove.witness import seen
from checker.review.answer import (
    ATOMIC,
    Away,
    Cost,
    Entry,
    Part,
    Reviewed,
    Section,
)
from checker.review.claim import KEPT, kept, stands, where
from checker.review.cost import cost
from checker.review.remedies import remedies
from checker.table.question import partners
from checker.value import value


@value
class Asked:
    """One size of an operation, as it is asked about."""

    section: Section
    size: int
    kernel: Kernel
    timeout: int
    """For each question to the solver, in ms; 0 is none."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its overrides, in the order of the file."""
        return tuple(one for one in self.section.entries if one.size == self.size)

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The same as a test has them."""
        return tuple(
            Override(one.target, one.operation, one.size, one.code, one.at, one.at)
            for one in self.entries
        )

    def refuses(self, target: Target) -> bool:
        """Whether the file says that it is not to build on a machine with some features."""
        found = (needs for size, needs in self.section.refused if size == self.size)
        return any(set(needs) <= target.features for needs in found)

    @property
    def align(self) -> int:
        """What the address is claimed to be a multiple of."""
        return next((one.align for one in self.entries), self.size)

    @property
    def loads(self) -> bool:
        """Whether the operation loads a value."""
        return partners(self.section.operation) == ("store",)

    @property
    def subject(self) -> Subject:
        """The question, at every address."""
        operation = self.section.operation
        return Subject(operation, self.size, 1, self.overrides, timeout=self.timeout)


def reviewed(asked: Asked) -> Reviewed:
    """Return what is said of one size; raises Diagnostic where an override has no meaning."""
    section = asked.section
    base = archs.target(section.arch, asked.kernel)
    empty = Reviewed(
        section.arch, section.operation, asked.size, asked.align, section.source,
        bool(asked.entries), (), None, (),
    )  # fmt: skip
    try:
        own = draft(asked.subject, base)
        if own is None:
            return empty
        parts = tuple(_parts(asked, variants(own.name, base, asked.overrides)))
        empty = replace(empty, parts=parts, today=_today(asked, base))
        wanting = tuple(name for part in empty.unkept for name in part.targets)
        failing = {one.entry for one in empty.unkept}
        has = tuple(frozenset(one.needs) for one in asked.entries if one not in failing)
        found = remedies(asked.subject, asked.align, base, wanting, has) if wanting else ()
        return replace(empty, remedies=tuple(found))
    except LimitReached as limit:
        return replace(empty, limit=str(limit))


def _today(asked: Asked, base: Target) -> Cost | None:
    lowering = select.select(
        asked.section.operation, asked.size, base, "code", select.Known(align=asked.align)
    )
    if lowering is None:
        return None
    return cost(lowering.text, asked.size, asked.align, base, loads=asked.loads)


# --- what is said of each set of features ---------------------------------------------------------


@value
class _Member:
    """A set of features, and what the code is with it at every address, as far as is claimed."""

    variant: Variant
    entry: Entry | None
    refused: bool
    held: LayerAnswer | None
    align: int

    @property
    def claimed(self) -> LayerAnswer | None:
        """At the addresses that the claim speaks of."""
        return where(self.held, self.align) if self.held else None

    @property
    def away(self) -> LayerAnswer | None:
        """At all others; None where there are none, or no code."""
        return (
            where(self.held, self.align, multiple=False) if self.held and self.align > 1 else None
        )


def _parts(asked: Asked, found: Variants) -> Iterator[Part]:
    """Yield what is said, with sets of features together of which the same is said."""
    groups: dict[object, list[_Member]] = {}
    for variant in found.variants:
        refused = asked.refuses(variant.target)
        entry = None if refused else _chosen(asked, variant.target)
        subject = asked.subject if entry else replace(asked.subject, overrides=())
        held = kept(subject, entry.claim if entry else ATOMIC, variant.target)
        one = _Member(variant, entry, refused, held, asked.align)
        told = (entry, refused, one.claimed.told if one.claimed else None)
        groups.setdefault(told, []).append(one)
    for members in groups.values():
        yield _part(asked, members, found)


def _chosen(asked: Asked, target: Target) -> Entry | None:
    """Return the override that a machine with some features uses."""
    return next((one for one in asked.entries if set(one.needs) <= target.features), None)


def _part(asked: Asked, members: list[_Member], found: Variants) -> Part:
    claims = [one.claimed for one in members if one.claimed]
    claimed = together(claims) if claims else None
    outcomes = [one for _, one in claimed.outcomes] if claimed else []
    first = members[0]
    part = Part(
        features=said(frozenset(one.variant.has for one in members), found),
        targets=tuple(one.variant.target.name for one in members),
        entry=first.entry,
        refused=first.refused,
        code=" or ".join(claimed.notations) if claimed else "",
        standing=stands(claimed),
        claimed=claimed,
        away=tuple(_away(members, found)),
        reasons=union(*(one.reasons for one in outcomes if not one.fails)),
        cost=_cost(asked, first.entry, first.variant.target),
        seen=None,
        crowded=_crowded(asked, first),
        needless=tuple(_needless(asked, first)),
        limit=claimed.limit if claimed else "",
    )
    return replace(part, seen=_seen(asked, part)) if part.entry else part


def _crowded(asked: Asked, one: _Member) -> bool:
    """Whether it is whole where it is claimed to be, but for what other writers do."""
    if one.entry is None:
        return False
    plain = answer(asked.subject, one.variant.target, "code")
    outcomes = where(plain, asked.align).outcomes if plain else ()
    return any(here.same != "torn" == here.others for _, here in outcomes)


def _needless(asked: Asked, one: _Member) -> Iterator[str]:
    """Yield features without which an override would be no less than it is claimed to be."""
    entry = one.entry
    if entry is None or stands(one.claimed) not in KEPT:
        return
    for name in entry.needs:
        others = tuple(other for other in entry.needs if other != name)
        target = archs.target("+".join((entry.arch, *others)), asked.kernel)
        if name in target.features:
            continue  # another that it needs implies it
        code = Override(
            target.name, entry.operation, entry.size, entry.code, entry.at, entry.at
        )  # fmt: skip
        subject = replace(asked.subject, overrides=(code,))
        held = kept(subject, entry.claim, target)
        if held and stands(where(held, asked.align)) == stands(one.claimed):
            yield name


def _away(members: list[_Member], found: Variants) -> Iterator[Away]:
    """Yield what the code is at other addresses, by the features that matter there."""
    groups: dict[object, list[tuple[Variant, LayerAnswer]]] = {}
    for one in members:
        if one.away and not one.away.limit:
            groups.setdefault(one.away.told, []).append((one.variant, one.away))
    own = frozenset(one.variant.has for one in members)
    among = replace(found, variants=tuple(one for one in found.variants if one.has in own))
    for alike in groups.values():
        features = said(frozenset(variant.has for variant, _ in alike), among)
        yield Away(features, together([answer for _, answer in alike]))


def _cost(asked: Asked, entry: Entry | None, target: Target) -> Cost | None:
    if entry is None:
        return None
    return cost(
        entry.code, asked.size, asked.align, target, loads=asked.loads,
        instructions=entry.instructions, retried=entry.retried,
    )  # fmt: skip


def _seen(asked: Asked, part: Part) -> Seen | None:
    """Return a torn read of what an override does where it is claimed to be whole."""
    if part.standing != "FAILS":
        return None
    proof = Proof(
        asked.section.operation, part.targets[0], asked.size, asked.align, (), ()
    )  # fmt: skip
    proved = Proved(part.features, part.targets, None, part.claimed)
    return seen(proof, proved, asked.overrides, asked.timeout)
