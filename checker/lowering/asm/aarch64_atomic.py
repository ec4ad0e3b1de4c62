"""AArch64: the atomic instructions of FEAT_LSE and FEAT_LSE128. Arm ARM DDI 0487 C3.2.17."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker.lowering.asm.aarch64_memory import ACQUIRE, NARROW, RELEASE
from checker.lowering.asm.aarch64_step import DOUBLE, WORD, Entry, Step, is_zero_register
from checker.lowering.asm.machine import Tracked, also, apply, choose, invert, join, part, resize

NO_RETURN = "no-return"

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


def _load_order(step: Step, k: int, acquire: str) -> str:
    """Return the order of the load whose result goes to operand `k`.

    What nobody uses is not acquired: Arm ARM C6.2 LDADD, SWP, CAS with WZR or XZR.
    """
    return NO_RETURN if is_zero_register(step.name(k)) else acquire


def _fetch(step: Step, change: Change, size: int, acquire: str, release: str) -> None:
    bits = step.width(0)
    if size and bits != WORD:
        raise step.wrong()
    size = size or bits // 8
    operand = resize(step.get(0, bits), 8 * size)
    load_order = _load_order(step, 1, acquire)
    old = step.machine.update(
        step.base(2), size, partial(_changed, change, operand),
        load_order=load_order, store_order=release, cls="atomic",
    )  # fmt: skip
    if step.width(1) != bits:
        raise step.wrong()
    step.put(1, resize(old, bits))


def _changed(change: Change, operand: Tracked, old: Tracked) -> Tracked:
    return change(old, operand)


def _change_only(step: Step, change: Change, size: int, release: str) -> None:
    bits = step.width(0)
    if size and bits != WORD:
        raise step.wrong()
    size = size or bits // 8
    operand = resize(step.get(0, bits), 8 * size)
    step.machine.update(
        step.base(1), size, partial(_changed, change, operand),
        load_order=NO_RETURN, store_order=release, cls="atomic",
    )  # fmt: skip


def _compare_and_swap(step: Step, size: int, acquire: str, release: str) -> None:
    bits = step.width(0)
    if size and bits != WORD:
        raise step.wrong()
    size = size or bits // 8
    expected, new = (resize(step.get(k, bits), 8 * size) for k in (0, 1))
    old = step.machine.update(
        step.base(2), size, lambda _: also(new, expected.deps),
        load_order=_load_order(step, 0, acquire), store_order=release, cls="atomic",
        stores_if=lambda old: apply("eq", old, expected),
    )  # fmt: skip
    step.put(0, resize(old, bits))


def _compare_and_swap_pair(step: Step, acquire: str, release: str) -> None:
    bits = step.width(0)
    expected, new = (join(step.get(k, bits), step.get(k + 1, bits)) for k in (0, 2))
    old = step.machine.update(
        step.base(4), bits // 4, lambda _: also(new, expected.deps),
        load_order=acquire, store_order=release, cls="atomic",
        stores_if=lambda old: apply("eq", old, expected),
    )  # fmt: skip
    step.put(0, part(old, 0, bits))
    step.put(1, part(old, bits, bits))


def _fetch_pair(step: Step, change: Change, acquire: str, release: str) -> None:
    operand = join(step.get(0, DOUBLE), step.get(1, DOUBLE))
    old = step.machine.update(
        step.base(2), 16, partial(_changed, change, operand),
        load_order=acquire, store_order=release, cls="atomic",
    )  # fmt: skip
    step.put(0, part(old, 0, DOUBLE))
    step.put(1, part(old, DOUBLE, DOUBLE))


ORDERS = {"": ("", ""), "a": (ACQUIRE, ""), "l": ("", RELEASE), "al": (ACQUIRE, RELEASE)}
"""What the suffix of an atomic instruction says of its load and of its store."""


def _table() -> dict[str, Entry]:
    found = {}
    fetches = {"swp": _swap, **{f"ld{name}": change for name, change in CHANGES.items()}}
    for order, (acquire, release) in ORDERS.items():
        for suffix, size in {"": 0, **NARROW}.items():
            ending, sized = order + suffix, {"size": size, "acquire": acquire, "release": release}
            for name, change in fetches.items():
                found[name + ending] = Entry(
                    partial(_fetch, change=change, **sized), "W0, W1, [X2]"
                )
            found["cas" + ending] = Entry(partial(_compare_and_swap, **sized), "W0, W1, [X2]")
            if acquire:
                continue
            for name, change in CHANGES.items():
                only = partial(_change_only, change=change, size=size, release=release)
                found[f"st{name}{ending}"] = Entry(only, "W0, [X1]")
        both = {"acquire": acquire, "release": release}
        form = "X0, X1, X2, X3, [X4]"
        found["casp" + order] = Entry(partial(_compare_and_swap_pair, **both), form)
        for name, change in {"swpp": _swap, "ldclrp": _clear, "ldsetp": CHANGES["set"]}.items():
            pair = partial(_fetch_pair, change=change, **both)
            found[name + order] = Entry(pair, "X0, X1, [X2]")
    return found


TABLE = _table()
"""What this module knows, by mnemonic."""
