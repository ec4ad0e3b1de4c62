"""AArch64: loads and stores, of one register and of two, and the exclusives.

Arm ARM DDI 0487 C3.2. The classes of accesses are those of the architecture's rules; what orders
them are the words of `Access.order`.
"""

from __future__ import annotations

from functools import partial

from checker.lowering.asm.aarch64_step import DOUBLE, WORD, Entry, Step
from checker.lowering.asm.machine import Tracked, invert, join, part, resize
from checker.lowering.asm.tracked import from_register, to_register

ACQUIRE, ACQUIRE_PC, RELEASE = "acquire", "acquire-pc", "release"

NARROW = {"": 0, "b": 1, "h": 2}
"""The sizes in bytes that a suffix says; 0 is the register's."""

SIGNED = {"sb": 1, "sh": 2, "sw": 4}
"""The suffixes of loads that widen with the sign."""

# --- one register ---------------------------------------------------------------------------------


def _load(
    step: Step, size: int = 0, *, signed: bool = False, order: str = "", cls: str = "gpr",
    moves: bool = True,
) -> None:  # fmt: skip
    """Carry out a load; `moves` says whether the address may have an offset."""
    size = _size(step, 0, size, signed=signed)
    address = step.address(1) if moves else step.base(1)
    found = step.machine.load(address, size, order=order, cls=cls)
    step.put(0, resize(found, step.width(0), sign=signed))


def _store(step: Step, size: int = 0, *, order: str = "", cls: str = "gpr") -> None:
    size = _size(step, 0, size)
    new = step.get(0, step.width(0))
    step.machine.store(step.address(1), new, size, order=order, cls=cls)


def _size(step: Step, k: int, said: int, *, signed: bool = False) -> int:
    """Return the bytes that are moved, which the mnemonic says or the register's width does."""
    bits = step.width(k)
    if said and (bits <= 8 * said if signed else bits != WORD):
        raise step.wrong()
    return said or bits // 8


def _singles() -> dict[str, Entry]:
    """Return the loads and stores of one register.

    The unscaled and unprivileged forms (LDUR, LDTR) access memory as the others do.
    """
    form = "X0, [X1] with an offset"
    found = {}
    for kind in ("r", "ur", "tr"):
        for suffix, size in NARROW.items():
            found[f"ld{kind}{suffix}"] = Entry(partial(_load, size=size), form)
            found[f"st{kind}{suffix}"] = Entry(partial(_store, size=size), form)
        for suffix, size in SIGNED.items():
            found[f"ld{kind}{suffix}"] = Entry(partial(_load, size=size, signed=True), form)
    return found


def _ordered() -> dict[str, Entry]:
    """Return the acquires and releases: Arm ARM C3.2.10, and FEAT_LRCPC2 and 3.

    FEAT_LRCPC3 lets LDAPR and STLR move their base.
    """
    found = {}
    acquire = partial(_load, cls="acquire")
    release = partial(_store, order=RELEASE, cls="acquire")
    for suffix, size in NARROW.items():
        lar = partial(acquire, size=size, order=ACQUIRE, moves=False)
        found[f"ldar{suffix}"] = Entry(lar, "W0, [X1]")
        for name in ("ldapr", "ldapur"):
            weak = partial(acquire, size=size, order=ACQUIRE_PC)
            found[name + suffix] = Entry(weak, "W0, [X1]")
        for name in ("stlr", "stlur"):
            found[name + suffix] = Entry(partial(release, size=size), "W0, [X1]")
    for suffix, size in SIGNED.items():
        weak = partial(acquire, size=size, signed=True, order=ACQUIRE_PC)
        found[f"ldapur{suffix}"] = Entry(weak, "X0, [X1]")
    return found


# --- two registers --------------------------------------------------------------------------------


def _load_pair(step: Step, cls: str, order: str = "") -> None:
    bits = step.width(0)
    address = step.address(2)
    both = step.machine.load(address, bits // 4, order=order, cls=cls, element=bits // 8)
    _put_pair(step, 0, both)


def _load_pair_signed(step: Step) -> None:
    if step.width(0) != DOUBLE:
        raise step.wrong()
    address = step.address(2)
    both = step.machine.load(address, 8, cls="ldpsw", element=4)
    for k in (0, 1):
        one = from_register(part(both, k * WORD, WORD), k)
        step.put(k, resize(one, DOUBLE, sign=True))


def _store_pair(step: Step, cls: str, order: str = "") -> None:
    bits = step.width(0)
    both = _pair(step, 0, bits)
    step.machine.store(
        step.address(2), both, bits // 4, order=order, cls=cls, element=bits // 8
    )  # fmt: skip


def _load_ordered_pair(step: Step) -> None:
    """Carry LDIAPP out: it reads its registers one after the other, as the pseudocode has it.

    Arm ARM C6.2, LDIAPP: the first register is the one with the lower address.
    """
    _load_pair(step, "rcpc3-pair", f"{ACQUIRE_PC} ascending")


def _store_ordered_pair(step: Step) -> None:
    """Carry STILP out: one register after the other; a stack that grows downwards from its top.

    Arm ARM C6.2, STILP: the form with pre-index, whose offset is negative, begins with the second.
    """
    way = "descending" if step.place(2).write_back == "pre" else "ascending"
    _store_pair(step, "rcpc3-pair", f"{RELEASE} {way}")


def _pair(step: Step, k: int, bits: int) -> Tracked:
    """Return two register operands as one number, the first low: it has the lower address."""
    low, high = step.get(k, bits), step.get(k + 1, bits)
    return join(to_register(low, 0), to_register(high, 1))


def _put_pair(step: Step, k: int, both: Tracked) -> None:
    bits = step.width(k)
    if step.width(k + 1) != bits:
        raise step.wrong()
    step.put(k, from_register(part(both, 0, bits), 0))
    step.put(k + 1, from_register(part(both, bits, bits), 1))


def _pairs() -> dict[str, Entry]:
    form = "X0, X1, [X2] with an offset"
    loads = {
        "ldp": "pair",
        "ldnp": "pair",
        "ldtp": "pair-unprivileged",
        "ldtnp": "pair-unprivileged-nt",
    }
    stores = {
        "stp": "pair",
        "stnp": "pair-nt",
        "sttp": "pair-unprivileged",
        "sttnp": "pair-unprivileged-nt",
    }
    return {
        "ldpsw": Entry(_load_pair_signed, form),
        "ldiapp": Entry(_load_ordered_pair, form),
        "stilp": Entry(_store_ordered_pair, form),
        **{name: Entry(partial(_load_pair, cls=cls), form) for name, cls in loads.items()},
        **{name: Entry(partial(_store_pair, cls=cls), form) for name, cls in stores.items()},
    }


# --- exclusives -----------------------------------------------------------------------------------


def _load_exclusive(step: Step, size: int, order: str) -> None:
    size = _size(step, 0, size)
    found = step.machine.load_reserve(step.base(1), size, order=order)
    step.put(0, resize(found, step.width(0)))


def _store_exclusive(step: Step, size: int, order: str) -> None:
    size = _size(step, 1, size)
    new = step.get(1, step.width(1))
    _put_status(step, step.machine.store_conditional(step.base(2), new, size, order=order))


def _load_exclusive_pair(step: Step, order: str) -> None:
    bits = step.width(0)
    both = step.machine.load_reserve(step.base(2), bits // 4, order=order, element=bits // 8)
    _put_pair(step, 0, both)


def _store_exclusive_pair(step: Step, order: str) -> None:
    bits = step.width(1)
    succeeded = step.machine.store_conditional(
        step.base(3), _pair(step, 1, bits), bits // 4, order=order, cls="exclusive-pair",
        element=bits // 8,
    )  # fmt: skip
    _put_status(step, succeeded)


def _put_status(step: Step, succeeded: Tracked) -> None:
    """Set the status register: 0 where it was stored. No dependency goes through it.

    Arm ARM B2.3.2: a dependency through registers does not pass the status of a Store-Exclusive.
    """
    if step.width(0) != WORD:
        raise step.wrong()
    step.put(0, resize(Tracked(invert(succeeded).value), WORD))


def _exclusives() -> dict[str, Entry]:
    found = {}
    for name, order in {"ldx": "", "ldax": ACQUIRE}.items():
        found[f"{name}p"] = Entry(partial(_load_exclusive_pair, order=order), "X0, X1, [X2]")
        for suffix, size in NARROW.items():
            load = partial(_load_exclusive, size=size, order=order)
            found[f"{name}r{suffix}"] = Entry(load, "W0, [X1]")
    for name, order in {"stx": "", "stlx": RELEASE}.items():
        found[f"{name}p"] = Entry(partial(_store_exclusive_pair, order=order), "W0, X1, X2, [X3]")
        for suffix, size in NARROW.items():
            store = partial(_store_exclusive, size=size, order=order)
            found[f"{name}r{suffix}"] = Entry(store, "W0, W1, [X2]")
    return found


TABLE = {**_singles(), **_ordered(), **_pairs(), **_exclusives()}
"""What this module knows, by mnemonic."""
