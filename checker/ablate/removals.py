"""What can be taken out of a test: found in the test as one architecture has it, and taken out.

A removal is known by where it stands in the file, so that it is the same one on every architecture,
in every round of a loop and in every thread that runs the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, get_args

from checker import litmus as ast
from checker.diagnostic import Position
from checker.lowering.draft import Draft, Sketch
from checker.lowering.locations import locations
from checker.program import Access, Fence, depends
from checker.value import value

Kind = Literal["barrier", "order", "addr", "data", "ctrl", "align"]


KINDS: tuple[Kind, ...] = get_args(Kind)


@value
class Removal:
    """One thing that orders accesses, or aligns one, and that a test may do without."""

    kind: Kind
    """A barrier; an acquire or a release, which becomes weaker; a dependency; an alignment."""
    at: Position
    """Where it stands: for a dependency, the operation that depends."""
    name: str = ""
    """The barrier, the operation that becomes weaker, or the location."""
    weaker: str = ""
    """What that operation becomes: another, or a variant; of an instruction, what it loses."""
    source: Position | None = None
    """For a dependency: the read that the operation depends on."""


@value
class Found:
    """A removal as one architecture has it."""

    removal: Removal
    threads: tuple[int, ...] = ()
    """The threads that run it; none for an alignment."""
    names: tuple[str, str] = ("", "")
    """The operation as it is called, and that on which it depends; how a location is aligned."""
    align: int = 0
    """For an alignment: what the address is a multiple of, in bytes."""


_PLAIN = {
    "smp_load_acquire": "READ_ONCE",
    "smp_store_release": "WRITE_ONCE",
    "rcu_assign_pointer": "WRITE_ONCE",
    "smp_store_mb": "WRITE_ONCE",
}
"""Accesses that order others, and those that do the same without."""

_UPDATES = frozenset({"xchg", "cmpxchg", "atomic_return", "atomic64_return"})
"""Read-modify-writes that are fully ordered unless their name says less."""

_ATOMIC_ACCESSES = frozenset({"atomic_read", "atomic_set", "atomic64_read", "atomic64_set"})
"""Accesses that order others only if their name says so."""

_LOCKS = "spin_"
"""How calls on locks begin: that they wait for a lock is no dependency that could be left out."""

_WAITS = ("rcu_", "synchronize_rcu", "cpu_relax")
"""Calls that order as a barrier does, and that nobody calls only for that."""

_CONTEXT = ("isb", "isync")
"""Fences that make a branch order the loads behind it."""


# --- finding --------------------------------------------------------------------------------------


def find(test: ast.Test, drawn: Sketch) -> tuple[Found, ...]:
    """Return what can be taken out of a test on one architecture, in the order of the file."""
    found: dict[Removal, Found] = {}
    for one in (*_aligned(test, drawn), *_in_drafts(drawn.drafts)):
        before = found.get(one.removal, one)
        threads = tuple(sorted({*before.threads, *one.threads}))
        found[one.removal] = replace(before, threads=threads)
    return tuple(found.values())


def _in_drafts(drafts: tuple[Draft, ...]) -> Iterator[Found]:
    for draft in drafts:
        shown = draft.spelled or draft.name
        for removal in (*_orders(draft), *_dependencies(draft, drafts)):
            of = next((d.spelled or d.name for d in drafts if d.at == removal.source), "")
            yield Found(removal, (draft.thread,), (shown, of))


def _orders(draft: Draft) -> Iterator[Removal]:
    """Yield the barrier that a draft is, and the ways in which it can be made weaker."""
    if draft.kind == "fence":
        if not draft.name.startswith(_WAITS):
            yield Removal("barrier", draft.at, draft.name)
    elif draft.steps is not None:
        words = dict.fromkeys(word for a in _accesses(draft) for word in a.order.split())
        for word in ("acquire", "acquire-pc", "release"):
            if word in words:
                yield Removal("order", draft.at, draft.spelled, word)
    elif draft.name in _PLAIN:
        yield Removal("order", draft.at, draft.spelled, _PLAIN[draft.name])
    elif draft.kind == "rmw" and draft.name in _UPDATES:
        for kept in _variants(draft.spelled):
            yield Removal("order", draft.at, draft.spelled, _variant(draft.spelled, kept))
    elif draft.name in _ATOMIC_ACCESSES and _plain(draft.spelled) != draft.spelled:
        yield Removal("order", draft.at, draft.spelled, _plain(draft.spelled))


def _accesses(draft: Draft) -> Iterator[Access]:
    return (step for step in draft.steps or () if isinstance(step, Access))


def _variants(spelled: str) -> tuple[str, ...]:
    """Return the weaker variants of an update: Documentation/atomic_t.txt, ORDERING, v6.12."""
    if spelled.endswith("_relaxed"):
        return ()
    if spelled.endswith(("_acquire", "_release")):
        return ("relaxed",)
    return ("acquire", "release", "relaxed")


def _plain(spelled: str) -> str:
    """Return the name of a call without the ordering that it asks for."""
    return spelled.removesuffix("_relaxed").removesuffix("_acquire").removesuffix("_release")


def _variant(spelled: str, kept: str) -> str:
    return f"{_plain(spelled)}_{kept}"


def _dependencies(draft: Draft, drafts: tuple[Draft, ...]) -> Iterator[Removal]:
    """Yield the dependencies that some model could order by.

    Data orders what is stored; a branch orders the stores behind it, and what comes after a fence
    of `_CONTEXT`.
    """
    kinds: list[Literal["addr", "data", "ctrl"]] = ["addr"] if draft.kind != "fence" else []
    if draft.kind in ("store", "rmw"):
        kinds += ["data", "ctrl"]
    elif any(isinstance(step, Fence) and step.name in _CONTEXT for step in draft.steps or ()):
        kinds = ["ctrl"]
    for kind in kinds:
        for number in sorted({depends(one)[0] for one in getattr(draft, kind)}):
            if number != draft.number and not drafts[number].spelled.startswith(_LOCKS):
                yield Removal(kind, draft.at, source=drafts[number].at)


def _aligned(test: ast.Test, drawn: Sketch) -> Iterator[Found]:
    """Yield the alignments of the locations that are accessed, unless their offset is given."""
    if test.dialect != "C":
        return
    used = {draft.place.location for draft in drawn.drafts if draft.place}
    named = {location.name: location for location in locations(test)}
    for place in drawn.places:
        location = named[place.name]
        if place.name in used and place.modulus > 1 and location.attributes.offset is None:
            declared = location.attributes.aligned
            by = f"__aligned({declared})" if declared else "natural alignment"
            removal = Removal("align", location.at, place.name)
            yield Found(removal, names=(by, ""), align=place.modulus)


# --- taking out -----------------------------------------------------------------------------------


def lowered(test: ast.Test, location: str, align: int) -> ast.Test:
    """Return a test in which a location's address is a multiple of `align` and no more is known."""
    changed = tuple(
        replace(one, attributes=replace(one.attributes, aligned=align))
        if one.name == location
        else one
        for one in locations(test)
    )
    return replace(test, locations=changed)


def without(removals: tuple[Removal, ...], drawn: Sketch) -> Sketch:
    """Return a drawn test without some of what can be taken out; alignments are none of it."""
    for one in removals:
        drafts = drawn.drafts
        sources = frozenset(draft.number for draft in drafts if draft.at == one.source)
        drawn = replace(
            drawn,
            drafts=tuple(_without(d, one, sources) if d.at == one.at else d for d in drafts),
        )
    return drawn


def _without(draft: Draft, removal: Removal, sources: frozenset[int]) -> Draft:
    if removal.kind == "barrier":
        return replace(draft, steps=()) if draft.kind == "fence" else draft
    if removal.kind == "order":
        return _weakened(draft, removal.weaker) if draft.kind != "fence" else draft

    def kept(kind: Kind, numbers: frozenset[int]) -> frozenset[int]:
        gone = kind == removal.kind
        return frozenset(n for n in numbers if not gone or depends(n)[0] not in sources)

    return replace(
        draft,
        addr=kept("addr", draft.addr), data=kept("data", draft.data), ctrl=kept("ctrl", draft.ctrl),
    )  # fmt: skip


def _weakened(draft: Draft, weaker: str) -> Draft:
    if draft.steps is not None:
        steps = (
            replace(step, order=_less(step.order, weaker)) if isinstance(step, Access) else step
            for step in draft.steps
        )
        return replace(draft, steps=tuple(steps))
    if draft.kind == "rmw":
        asked_for = draft.spelled.removeprefix(_plain(draft.spelled))
        return replace(draft, spelled=_variant(weaker, "relaxed") if asked_for else weaker)
    if draft.name in _ATOMIC_ACCESSES:
        return replace(draft, spelled=weaker)
    return replace(draft, name=weaker, spelled=weaker)


def _less(order: str, word: str) -> str:
    return " ".join(one for one in order.split() if one != word)
