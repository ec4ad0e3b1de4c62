"""AArch64: loads and stores, of one register and of two, and the exclusives.

Arm ARM DDI 0487 C3.2. The classes of accesses are those of the architecture's rules; what orders
them are the words of `Access.order`.
"""

from __future__ import annotations

from functools import partial

from checker.lowering.asm.aarch64_step import DOUBLE, WORD, Entry, Step
from checker.lowering.asm.machine import Tracked, invert, join, part, resize

ACQUIRE, ACQUIRE_PC, RELEASE = "acquire", "acquire-pc", "release"

NARROW = {"b": 1, "h": 2}
"""The sizes in bytes that a suffix says; without one it is the register's."""

# --- one register ---------------------------------------------------------------------------------


def _load(
    step: Step, size: int = 0, signed: bool = False, order: str = "", cls: str = "gpr"
) -> None:
    bits = step.width(0)
    address = step.address(1)
    found = step.machine.load(address, size or bits // 8, order=order, cls=cls)
    step.put(0, resize(found, bits, sign=signed))


def _store(step: Step, size: int = 0, order: str = "", cls: str = "gpr") -> None:
    bits = step.width(0)
    new = step.get(0, bits)
    step.machine.store(step.address(1), new, size or bits // 8, order=order, cls=cls)


def _sized(step: Step, only: int) -> None:
    """Raise Diagnostic where the first register has another width."""
    if step.width(0) != only:
        raise step.wrong()


def _narrow_load(step: Step, size: int, order: str = "", cls: str = "gpr") -> None:
    _sized(step, WORD)
    _load(step, size, order=order, cls=cls)


def _narrow_store(step: Step, size: int, order: str = "", cls: str = "gpr") -> None:
    _sized(step, WORD)
    _store(step, size, order, cls)


def _load_words(step: Step) -> None:
    _sized(step, DOUBLE)
    _load(step, 4, signed=True)


def _singles() -> dict[str, Entry]:
    """Return the loads and stores of one register.

    The unscaled and unprivileged forms (LDUR, LDTR) access memory as the others do.
    """
    form = "X0, [X1] with an offset"
    found = {}
    for kind in ("r", "ur", "tr"):
        found[f"ld{kind}"] = Entry(_load, form)
        found[f"st{kind}"] = Entry(_store, form)
        found[f"ld{kind}sw"] = Entry(_load_words, form)
        for suffix, size in NARROW.items():
            found[f"ld{kind}{suffix}"] = Entry(partial(_narrow_load, size=size), form)
            found[f"st{kind}{suffix}"] = Entry(partial(_narrow_store, size=size), form)
            found[f"ld{kind}s{suffix}"] = Entry(partial(_load, size=size, signed=True), form)
    return found


def _ordered() -> dict[str, Entry]:
    """Return the acquires and releases: Arm ARM C3.2.10 and FEAT_LRCPC2's unscaled forms."""
    form = "W0, [X1]"
    found = {}
    for name, order in {"ldar": ACQUIRE, "ldapr": ACQUIRE_PC, "ldapur": ACQUIRE_PC}.items():
        found[name] = Entry(partial(_load, order=order, cls="acquire"), form)
        for suffix, size in NARROW.items():
            narrow = partial(_narrow_load, size=size, order=order, cls="acquire")
            found[name + suffix] = Entry(narrow, form)
    for suffix, size in {**NARROW, "w": 4}.items():
        signed = partial(_load, size=size, signed=True, order=ACQUIRE_PC, cls="acquire")
        found[f"ldapurs{suffix}"] = Entry(signed, form)
    for name in ("stlr", "stlur"):
        found[name] = Entry(partial(_store, order=RELEASE, cls="acquire"), form)
        for suffix, size in NARROW.items():
            narrow = partial(_narrow_store, size=size, order=RELEASE, cls="acquire")
            found[name + suffix] = Entry(narrow, form)
    return found


# --- two registers --------------------------------------------------------------------------------


def _load_pair(step: Step, cls: str, order: str = "") -> None:
    bits = step.width(0)
    address = step.address(2)
    both = step.machine.load(address, bits // 4, order=order, cls=cls, element=bits // 8)
    _put_pair(step, 0, both)


def _load_pair_signed(step: Step) -> None:
    _sized(step, DOUBLE)
    address = step.address(2)
    both = step.machine.load(address, 8, cls="ldpsw", element=4)
    step.put(0, resize(part(both, 0, WORD), DOUBLE, sign=True))
    step.put(1, resize(part(both, WORD, WORD), DOUBLE, sign=True))


def _store_pair(step: Step, cls: str, order: str = "") -> None:
    bits = step.width(0)
    both = _pair(step, 0, bits)
    step.machine.store(
        step.address(2), both, bits // 4, order=order, cls=cls, element=bits // 8
    )  # fmt: skip


def _pair(step: Step, k: int, bits: int) -> Tracked:
    """Return two register operands as one number, the first low: it has the lower address."""
    return join(step.get(k, bits), step.get(k + 1, bits))


def _put_pair(step: Step, k: int, both: Tracked) -> None:
    bits = step.width(k)
    if step.width(k + 1) != bits:
        raise step.wrong()
    step.put(k, part(both, 0, bits))
    step.put(k + 1, part(both, bits, bits))


def _pairs() -> dict[str, Entry]:
    form = "X0, X1, [X2] with an offset"
    loads = {
        "ldp": ("pair", ""),
        "ldnp": ("pair", ""),
        "ldtp": ("pair-unprivileged", ""),
        "ldtnp": ("pair-unprivileged-nt", ""),
        "ldiapp": ("rcpc3-pair", ACQUIRE_PC),
    }
    stores = {
        "stp": ("pair", ""),
        "stnp": ("pair-nt", ""),
        "sttp": ("pair-unprivileged", ""),
        "sttnp": ("pair-unprivileged-nt", ""),
        "stilp": ("rcpc3-pair", RELEASE),
    }
    return {
        "ldpsw": Entry(_load_pair_signed, form),
        **{n: Entry(partial(_load_pair, cls=c, order=o), form) for n, (c, o) in loads.items()},
        **{n: Entry(partial(_store_pair, cls=c, order=o), form) for n, (c, o) in stores.items()},
    }


# --- exclusives -----------------------------------------------------------------------------------


def _load_exclusive(step: Step, size: int = 0, order: str = "") -> None:
    bits = step.width(0)
    address = step.base(1)
    found = step.machine.load_reserve(address, size or bits // 8, order=order, cls="exclusive")
    step.put(0, resize(found, bits))


def _store_exclusive(step: Step, size: int = 0, order: str = "") -> None:
    bits = step.width(1)
    new = step.get(1, bits)
    succeeded = step.machine.store_conditional(
        step.base(2), new, size or bits // 8, order=order, cls="exclusive"
    )
    _put_status(step, succeeded)


def _load_exclusive_pair(step: Step, order: str = "") -> None:
    bits = step.width(0)
    both = step.machine.load_reserve(
        step.base(2), bits // 4, order=order, cls="exclusive", element=bits // 8
    )
    _put_pair(step, 0, both)


def _store_exclusive_pair(step: Step, order: str = "") -> None:
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
    _sized(step, WORD)
    step.put(0, resize(Tracked(invert(succeeded).value), WORD))


def _exclusives() -> dict[str, Entry]:
    found = {}
    for name, order in {"ldx": "", "ldax": ACQUIRE}.items():
        found[f"{name}r"] = Entry(partial(_load_exclusive, order=order), "W0, [X1]")
        found[f"{name}p"] = Entry(partial(_load_exclusive_pair, order=order), "X0, X1, [X2]")
        for suffix, size in NARROW.items():
            narrow = partial(_load_exclusive, size=size, order=order)
            found[f"{name}r{suffix}"] = Entry(narrow, "W0, [X1]")
    for name, order in {"stx": "", "stlx": RELEASE}.items():
        found[f"{name}r"] = Entry(partial(_store_exclusive, order=order), "W0, W1, [X2]")
        found[f"{name}p"] = Entry(partial(_store_exclusive_pair, order=order), "W0, X1, X2, [X3]")
        for suffix, size in NARROW.items():
            narrow = partial(_store_exclusive, size=size, order=order)
            found[f"{name}r{suffix}"] = Entry(narrow, "W0, W1, [X2]")
    return found


TABLE = {**_singles(), **_ordered(), **_pairs(), **_exclusives()}
"""What this module knows, by mnemonic."""
