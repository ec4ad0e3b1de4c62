"""Why an operation is not whole: a test that a person can check, and its execution.

The other side is an operation of the kernel that is itself whole where it lies, if there is one:
then the tear is not its own. Where there is none only an idealised access sees it.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker import arch as archs
from checker.arch import Target
from checker.check import Limits, check
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.litmus import Override
from checker.prove.answer import Outcome, Part, Proof, Seen
from checker.prove.decide import Subject, answer
from checker.prove.question import (
    SITUATIONS,
    Extent,
    Situation,
    copied,
    smaller,
    written,
    written_with,
)
from checker.table.question import TYPES, Partner, partners
from checker.value import value

_REAL: dict[Partner, dict[str, str]] = {
    "load": {
        "READ_ONCE": "{kind} r0 = READ_ONCE(*({kind} *)((char *)x + {at}));",
        "atomic64_read": "u64 r0 = atomic64_read((atomic64_t *)((char *)x + {at}));",
    },
    "store": {
        "WRITE_ONCE": "WRITE_ONCE(*({kind} *)((char *)x + {at}), 0);",
        "atomic64_set": "atomic64_set((atomic64_t *)((char *)x + {at}), 0);",
    },
}
"""Operations that can be the other side, and how each is called at an offset."""


def seen(proof: Proof, part: Part, overrides: tuple[Override, ...], timeout: int) -> Seen | None:
    """Return a tear of what a part's code does, or None where it has none.

    It is in the simplest situation, at the first address and with the smallest set of features.
    """
    failing = [] if part.code is None else [one for one in part.code.outcomes if one[1].fails]
    if not failing:
        return None
    situation, address = min((_simplest(outcome), address) for address, outcome in failing)
    target = archs.target(part.targets[0])
    for side in _sides(proof, target, address, SITUATIONS[situation]):
        head = f"Arch = {target.name}\n"
        head += "".join(
            f"Override = {over}\n" for over in (*side.overrides, *map(_said, overrides))
        )
        where = f"__at({address})"
        try:
            text = written(
                proof.operation, proof.size, where, side.partner, list(side.bodies), head
            )  # fmt: skip
            verdict = check(parse(text), target, limits=Limits(timeout))
        except Diagnostic:
            continue  # the other side does not build there
        if verdict.answer == "allowed":
            return Seen(target.name, address, side.says, text, verdict)
    return None


def _said(one: Override) -> str:
    return f"{one.arch}: {one.operation} {one.size} = {one.code}"


def _simplest(outcome: Outcome) -> int:
    """Return the number of the simplest situation in which an operation is torn."""
    return next(n for n, one in enumerate(SITUATIONS) if getattr(outcome, one) == "torn")


@value
class _Side:
    """What races with an operation: its threads, and what they rest on."""

    says: str
    partner: Partner
    bodies: tuple[str, ...]
    overrides: tuple[str, ...] = ()


def _sides(proof: Proof, target: Target, address: int, situation: Situation) -> Iterator[_Side]:
    """Yield what may make a tear: the kernel's own operations first, the largest first."""
    ideal = []
    for partner in partners(proof.operation):
        extents: list[Extent] = [(0, proof.size), *smaller(proof.size)]
        for extent in extents:
            for writer in range(proof.size) if situation == "others" else (None,):
                yield from _real(target, partner, address, extent, writer)
                ideal.append(_ideal(target, partner, extent, writer))
    if "memcpy" not in written_with(proof.operation):  # which stands for the ideal access
        yield from ideal


def _real(
    target: Target, partner: Partner, address: int, extent: Extent, writer: int | None
) -> Iterator[_Side]:
    """Yield the kernel's operations that are whole where the other side lies."""
    at, size = extent
    beside = () if writer is None else (f"WRITE_ONCE(*((u8 *)x + {writer}), 0);",)
    for operation, call in _REAL[partner].items():
        if size in TYPES and _whole(operation, size, address + at, target):
            says = f"{operation}() of {size} bytes at {at}{_and(writer)}"
            yield _Side(says, partner, (call.format(kind=TYPES[size], at=at), *beside))


def _ideal(target: Target, partner: Partner, extent: Extent, writer: int | None) -> _Side:
    at, size = extent
    bodies, made = [copied(partner, at, size)], [f"memcpy {size} = {partner}.ideal {size}"]
    if writer is not None:
        bodies.append(copied("store", writer, 1))
        made.append("memcpy 1 = store.ideal 1")
    says = f"a {partner} of {size} bytes at {at}, if it is single-copy atomic{_and(writer)}"
    return _Side(says, partner, tuple(bodies), tuple(f"{target.name}: {one}" for one in made))


def _and(writer: int | None) -> str:
    return "" if writer is None else f", beside a store of one byte at {writer}"


def _whole(operation: str, size: int, address: int, target: Target) -> bool:
    """Whether an operation is itself whole at an address, by practice at least."""
    align = min(size, address & -address) if address else size
    found = answer(Subject(operation, size, align, crowd=False), target, "code")
    if found is None or found.limit:
        return False
    outcome = dict(found.outcomes)[address % found.modulus]
    return outcome.same != "torn" and not outcome.faults
