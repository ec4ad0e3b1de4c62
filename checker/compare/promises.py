"""Every operation at every address, with every set of features: is something lost on the way?

The answers are those of `litmus prove`. Two of them are compared at each residue of the address:
that of a set of features with that of the same set and one more, and that of today's code with that
of the contract. Where an access faults on either side nothing is compared: what is not performed is
no promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm

from checker import arch as archs
from checker.arch import Target
from checker.compare.losses import Held, Loss
from checker.diagnostic import Diagnostic, LimitReached
from checker.program import Layer
from checker.prove.answer import LayerAnswer, Outcome
from checker.prove.decide import Subject, answer, draft, promises_nothing
from checker.prove.features import Variant, Variants, variants
from checker.prove.question import SITUATIONS
from checker.table import SIZES
from checker.value import value
from checker.verdict import Reason

_RANK: dict[Held, int] = {"whole": 0, "practice": 1, "torn": 2, "absent": 3}

_LAYERS: tuple[Layer, ...] = ("contract", "code")

_Layers = tuple[LayerAnswer | None, LayerAnswer | None]
"""Of the contract, and of the code."""


@value
class Looked:
    """What came of one operation on one architecture."""

    losses: tuple[Loss, ...]
    answers: int
    """How many: sizes, alignments, sets of features and layers."""
    limits: tuple[str, ...]


def operations() -> tuple[str, ...]:
    """Return the operations on one place that have a contract or code of their own.

    All others are written with one of these, and become what it becomes.
    """
    own = {
        name for name, table in archs.operations().items() if {"contract", "code"} & table.keys()
    }
    for family, members in archs.families().items():
        for arch in members:
            own |= archs.lowerings(family).get(arch, {}).keys()
    return tuple(name for name in archs.operations() if name in own and _is_asked(name))


def _is_asked(operation: str) -> bool:
    """Whether it can be asked about by itself, as `litmus prove` does: a barrier or lock cannot."""
    base = archs.target(archs.names()[0])
    try:
        return any(draft(Subject(operation, one, one), base) is not None for one in SIZES)
    except Diagnostic:
        return False


def losses(operation: str, base: Target, timeout: int) -> Looked:
    """Return what an operation loses on an architecture; `timeout` is in ms for each question.

    Raises Diagnostic where the data is not well formed.
    """
    found: list[Loss] = []
    limits: list[str] = []
    answers = 0
    for size in SIZES:
        for align in sorted({1, size}, reverse=True):
            subject = Subject(operation, size, align, timeout=timeout)
            try:
                own = draft(subject, base)
                if own is None:
                    continue
                every = variants(own.name, base, ())
            except LimitReached as limit:
                limits.append(f"{base.name} {operation} {size}: {limit}")
                continue
            known = {one.has: _layers(subject, one) for one in every.variants}
            answers += sum(one is not None for both in known.values() for one in both)
            limits += [one.limit for both in known.values() for one in both if one and one.limit]
            found += _in_code(subject, every, known)
            found += _with_features(subject, every, known)
    return Looked(tuple(found), answers, tuple(dict.fromkeys(limits)))


def _layers(subject: Subject, variant: Variant) -> _Layers:
    contract, code = (answer(subject, variant.target, layer) for layer in _LAYERS)
    if code is None and promises_nothing(contract):
        contract = None  # nothing is promised, and there is no such code either
    return contract, code


def _in_code(
    subject: Subject, every: Variants, known: dict[frozenset[str], _Layers]
) -> Iterator[Loss]:
    """Yield where code does less than its contract says."""
    for variant in every.variants:
        contract, code = known[variant.has]
        if lost := _lost(contract, code, subject.align):
            name = variant.target.name
            yield Loss(
                "code", name, name, frozenset(), frozenset({subject.operation}), subject.size,
                "code", lost.before, lost.after, lost.address, reasons=lost.reasons,
            )  # fmt: skip


def _with_features(
    subject: Subject, every: Variants, known: dict[frozenset[str], _Layers]
) -> Iterator[Loss]:
    """Yield where a set of features has less than one that lacks some of it."""
    named = {one.has: one.target for one in every.variants}
    for has, target in named.items():
        for fewer in _just_below(has, frozenset(named)):
            base = named[fewer]
            for layer, without, with_it in zip(_LAYERS, known[fewer], known[has], strict=True):
                if lost := _lost(without, with_it, subject.align):
                    yield Loss(
                        "feature", base.name, target.name, target.features - base.features,
                        frozenset({subject.operation}), subject.size, layer,
                        lost.before, lost.after, lost.address,
                    )  # fmt: skip


def _just_below(has: frozenset[str], every: frozenset[frozenset[str]]) -> Iterator[frozenset[str]]:
    """Yield the sets that have a little less: none lies between them and this one."""
    below = [one for one in every if one < has]
    yield from (one for one in below if not any(one < other for other in below))


@value
class _Lost:
    """What one answer lacks of another, at the first address of those at which it lacks most."""

    before: Held
    after: Held
    address: int
    reasons: tuple[Reason, ...] = ()


def _lost(more: LayerAnswer | None, less: LayerAnswer | None, align: int) -> _Lost | None:
    """Return what is lost from one answer to another, or None where nothing is."""
    if more is None or promises_nothing(more) or more.limit or (less and less.limit):
        return None
    if less is None:
        return _Lost("whole", "absent", 0)
    modulus = lcm(more.modulus, less.modulus)
    before, after = dict(more.outcomes), dict(less.outcomes)
    found: list[_Lost] = []
    for residue in range(0, modulus, align):
        one, other = before[residue % more.modulus], after[residue % less.modulus]
        if not (one.faults or other.faults):
            found += _here(one, other, residue)
    return max(found, key=lambda lost: _RANK[lost.after], default=None)


def _here(one: Outcome, other: Outcome, residue: int) -> Iterator[_Lost]:
    """Yield what is lost at one address, in the simplest situation first."""
    for situation in SITUATIONS:
        before, after = getattr(one, situation), getattr(other, situation)
        if _RANK[after] > _RANK[before]:
            by_practice = tuple(r for r in other.reasons if r.evidence == "practice")
            yield _Lost(before, after, residue, by_practice)
