"""AArch64: the atomic instructions of FEAT_LSE and FEAT_LSE128. Arm ARM DDI 0487 C3.2.17."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from checker.expression import Free
from checker.lowering.asm.aarch64_memory import ACQUIRE, NARROW, RELEASE
from checker.lowering.asm.aarch64_step import (
    DOUBLE,
    WORD,
    Entry,
    Step,
    is_zero_register,
    picked,
)
from checker.lowering.asm.machine import Tracked, apply, choose, invert, join, part, resize

NO_RETURN = "no-return"


class Said(NamedTuple):
    """What the suffixes of a mnemonic say."""

    acquire: str = ""
    release: str = ""
    size: int = 0
    """In bytes; 0 is the register's."""

    def bytes_of(self, step: Step) -> int:
        """Return the size of the access; raises Diagnostic where the register does not fit it."""
        bits = step.width(0)
        if self.size and bits != WORD:
            raise step.wrong()
        return self.size or bits // 8


ORDERS = {"": ("", ""), "a": (ACQUIRE, ""), "l": ("", RELEASE), "al": (ACQUIRE, RELEASE)}
"""What the suffix of an atomic instruction says of its load and of its store."""

Change = Callable[[Tracked, Tracked], Tracked]
"""The new number, from the old one and the operand."""


def _extreme(less: str, wanted: bool) -> Change:
    """Return the smaller of two numbers, or the larger."""

    def change(old: Tracked, operand: Tracked) -> Tracked:
        low, high = (old, operand) if wanted else (operand, old)
        return choose(apply(less, low, high), old, operand)

    return change


def _clear(old: Tracked, operand: Tracked) -> Tracked:
    return apply("and", old, invert(operand))


CHANGES: dict[str, Change] = {
    "add": partial(apply, "add"),
    "clr": _clear,
    "eor": partial(apply, "xor"),
    "set": partial(apply, "or"),
    "smax": _extreme("slt", wanted=False),
    "smin": _extreme("slt", wanted=True),
    "umax": _extreme("ult", wanted=False),
    "umin": _extreme("ult", wanted=True),
}


def _swap(_old: Tracked, operand: Tracked) -> Tracked:
    return operand


def _load_order(step: Step, k: int, said: Said) -> str:
    """Return the order of the load whose result goes to operand `k`.

    What nobody uses is not acquired: Arm ARM C6.2 LDADD, SWP, CAS with WZR or XZR.
    """
    return NO_RETURN if is_zero_register(step.name(k)) else said.acquire


def _fetch(step: Step, change: Change, said: Said) -> None:
    bits, size = step.width(0), said.bytes_of(step)
    if step.width(1) != bits:
        raise step.wrong()
    operand = resize(step.get(0, bits), 8 * size)
    old = step.machine.update(
        step.base(2), size, lambda old: change(old, operand),
        load_order=_load_order(step, 1, said), store_order=said.release,
    )  # fmt: skip
    step.put(1, resize(old, bits))


def _change_only(step: Step, change: Change, said: Said) -> None:
    bits, size = step.width(0), said.bytes_of(step)
    operand = resize(step.get(0, bits), 8 * size)
    step.machine.update(
        step.base(1), size, lambda old: change(old, operand),
        load_order=NO_RETURN, store_order=said.release,
    )  # fmt: skip


def _compare_and_swap(step: Step, said: Said) -> None:
    bits, size = step.width(0), said.bytes_of(step)
    expected, new = (resize(step.get(k, bits), 8 * size) for k in (0, 1))
    load_order = _load_order(step, 0, said)
    _swap_if(
        step, step.base(2), expected, new, load_order, said,
        lambda found: step.put(0, resize(found, bits)),
    )  # fmt: skip


def _compare_and_swap_pair(step: Step, said: Said) -> None:
    bits = step.width(0)
    expected, new = (join(step.get(k, bits), step.get(k + 1, bits)) for k in (0, 2))

    def put(found: Tracked) -> None:
        step.put(0, part(found, 0, bits))
        step.put(1, part(found, bits, bits))

    _swap_if(step, step.base(4), expected, new, said.acquire, said, put)


def _swap_if(
    step: Step, address: Tracked, expected: Tracked, new: Tracked, load_order: str, said: Said,
    put: Callable[[Tracked], None],
) -> None:  # fmt: skip
    """Store a number where another is expected, and put the old one into registers.

    Where it is as expected the processor may take it from the register that says so, and the load
    only confirms it: then there is a pick dependency on the load, and no other.
    """
    old = step.machine.update(
        address, new.bits // 8, lambda old: picked(new, apply("eq", old, expected)),
        load_order=load_order, store_order=said.release,
        stores_if=lambda old: apply("eq", old, expected),
    )  # fmt: skip
    if NO_RETURN in load_order:
        return
    known = apply("eq", old, expected)
    if expected.deps or expected.picks:
        known = apply("and", known, Tracked(Free(f"known {len(step.machine.trace.drafts)}", 1)))
    confirmed = picked(expected, old)
    step.machine.either(known, lambda: put(confirmed), lambda: put(old))


def _fetch_pair(step: Step, change: Change, said: Said) -> None:
    operand = join(step.get(0, DOUBLE), step.get(1, DOUBLE))
    old = step.machine.update(
        step.base(2), 16, lambda old: change(old, operand),
        load_order=said.acquire, store_order=said.release,
    )  # fmt: skip
    step.put(0, part(old, 0, DOUBLE))
    step.put(1, part(old, DOUBLE, DOUBLE))


def _singles(order: str) -> Iterator[tuple[str, Entry]]:
    """Yield the instructions on one register whose mnemonics say this order."""
    fetches = {"swp": _swap, **{f"ld{name}": change for name, change in CHANGES.items()}}
    for suffix, size in NARROW.items():
        ending, said = order + suffix, Said(*ORDERS[order], size)
        yield "cas" + ending, Entry(partial(_compare_and_swap, said=said), "W0, W1, [X2]")
        for name, change in fetches.items():
            yield name + ending, Entry(partial(_fetch, change=change, said=said), "W0, W1, [X2]")
        if not said.acquire:
            for name, change in CHANGES.items():
                only = partial(_change_only, change=change, said=said)
                yield f"st{name}{ending}", Entry(only, "W0, [X1]")


def _pairs(order: str) -> Iterator[tuple[str, Entry]]:
    """Yield the instructions on two registers."""
    said = Said(*ORDERS[order])
    form = "X0, X1, X2, X3, [X4]"
    yield "casp" + order, Entry(partial(_compare_and_swap_pair, said=said), form)
    for name, change in {"swpp": _swap, "ldclrp": _clear, "ldsetp": CHANGES["set"]}.items():
        yield name + order, Entry(partial(_fetch_pair, change=change, said=said), "X0, X1, [X2]")


TABLE = {
    name: entry
    for order in ORDERS
    for family in (_singles, _pairs)
    for name, entry in family(order)
}
"""What this module knows, by mnemonic."""
