"""Page faults inside a user copy: which accesses still happen, and what the call returns.

A fault is the environment's choice: which access faults (0: none, k: the k-th), and how many bytes
the call has moved from its first one on when it returns. The accesses before the one that faults
have happened; nothing is rolled back (arch/*/lib/*.S and uaccess.h, v6.12).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import expression as ex
from checker.expression import FALSE, TRUE, Const, Expression, Free
from checker.lowering.draft import Draft
from checker.program import BYTES, Access, Chance, Fence, Footprint

POLICIES = ("stop", "retry", "first-byte", "oops")
"""What happens after an access has faulted: nothing more; the bytes from there on are tried one by
one; one byte is tried where the very first access faulted; only the first access may fault, at any
other the kernel dies."""

BITS = 16

EFAULT = -14
"""include/uapi/asm-generic/errno-base.h"""


def number(operation: int) -> Free:
    """Return the number of the access of an operation that faults, from 1, or 0."""
    return Free(f"fault {operation}", BITS)


def moved(operation: int) -> Free:
    """Return how many bytes an operation has moved, from its first one on, when it returns."""
    return Free(f"moved {operation}", BITS)


def happened(operation: int) -> Expression:
    """Return whether an access of an operation faulted."""
    return ex.invert(_is(number(operation), 0))


def complete(operation: int, size: int) -> Expression:
    """Return whether an operation has moved all its bytes, so that it reports success."""
    return _is(moved(operation), size)


def came(drafts: list[Draft], size: int) -> Expression:
    """Return whether the last of some operations has moved all its bytes, if it may fault."""
    return complete(drafts[-1].number, size) if drafts and drafts[-1].faults else TRUE


def died(operation: int) -> Expression:
    """Return whether an access faulted that nothing handles: not the first."""
    return ex.binary("ult", Const(1, BITS), number(operation))


def _is(value: Expression, constant: int) -> Expression:
    return ex.binary("eq", value, Const(constant, BITS))


def _any(terms: Iterator[Expression]) -> Expression:
    found: Expression = FALSE
    for term in terms:
        found = ex.binary("or", found, term)
    return found


def _all(*terms: Expression) -> Expression:
    found: Expression = TRUE
    for term in terms:
        found = ex.binary("and", found, term)
    return found


Steps = tuple[Access | Fence, ...]


def faulting(draft: Draft, steps: Steps, policy: str) -> tuple[Steps, Expression, list[Chance]]:
    """Return the steps of an operation that may fault, and what holds of the choice.

    The accesses happen as far as the fault lets them, and bytes that are tried again follow.
    """
    fault, size = number(draft.number), draft.place.size if draft.place else 0
    made, done, allowed = list[Access | Fence](), set[int](), [_both(fault, 0, _moved(draft, size))]
    limits: list[int] = []
    for step in _apart(steps):
        if isinstance(step, Fence):
            made.append(step)
            continue
        if draft.kind == "rmw" and limits:  # an update faults as a whole, before it has read
            made.append(replace(step, when=_is(fault, 0)))
            continue
        before = _prefix(done)
        limits.append(before)
        index = len(limits)
        if not (policy == "oops" and index > 1):
            allowed.append(_both(fault, index, _left(draft, policy, index, before, size)))
        elif index > 1:
            allowed.append(_both(fault, index, _moved(draft, before)))
        reached = ex.binary("or", _is(fault, 0), ex.binary("ult", Const(index, BITS), fault))
        made.append(replace(step, when=reached))
        done |= set(range(step.start, step.start + step.footprint.size))
    again = list(_again(draft, made, policy, limits, size))
    chances = [
        Chance(fault, tuple(range(len(limits) + 1))),
        Chance(moved(draft.number), tuple(range(size, -1, -1))),
    ]
    return (*made, *again), _any(iter(allowed)), chances


def _apart(steps: Steps) -> Iterator[Access | Fence]:
    """Yield the steps with every byte of which nothing is promised as an access of its own.

    In program order these are one of the orders in which such bytes may move; a copy that promises
    no order may have moved any of them before it faults, and reports a number it can stand for.
    """
    for step in steps:
        if isinstance(step, Fence) or step.cls != BYTES or step.footprint.size == 1:
            yield step
            continue
        place = step.footprint
        for byte in range(place.size):
            one = Footprint(place.location, place.offset + byte, 1)
            yield replace(step, footprint=one, element=1, start=step.start + byte)


def _prefix(done: set[int]) -> int:
    """Return how many bytes from the first one on are among those that were moved."""
    count = 0
    while count in done:
        count += 1
    return count


def _both(fault: Free, index: int, then: Expression) -> Expression:
    return ex.binary("and", _is(fault, index), then)


def _moved(draft: Draft, count: int) -> Expression:
    return _is(moved(draft.number), count)


def _left(draft: Draft, policy: str, index: int, before: int, size: int) -> Expression:
    """Return what a call may have moved when its access number `index` has faulted."""
    if policy == "retry":
        value = moved(draft.number)
        few = ex.binary("ult", value, Const(before, BITS))
        many = ex.binary("ult", Const(size, BITS), value)
        return _all(ex.invert(few), ex.invert(many))
    found = _moved(draft, before)
    if policy == "first-byte" and index == 1:
        return ex.binary("or", found, _moved(draft, 1))
    return found


def _again(
    draft: Draft, made: list[Access | Fence], policy: str, limits: list[int], size: int
) -> Iterator[Access]:
    """Yield the bytes that are tried after a fault, each when it has been moved that way."""
    if policy not in ("retry", "first-byte") or draft.place is None:
        return
    model = next(step for step in made if isinstance(step, Access))
    fault = number(draft.number)
    for byte in range(size if policy == "retry" else 1):
        last = max(index for index, before in enumerate(limits, 1) if before <= byte)
        last = last if policy == "retry" else 1
        tried = _all(
            happened(draft.number),
            ex.binary("ult", fault, Const(last + 1, BITS)),
            ex.binary("ult", Const(byte, BITS), moved(draft.number)),
        )
        place = Footprint(draft.place.location, draft.place.offset + byte, 1)
        yield Access(model.kind, "gpr", place, 1, byte, when=tried)
