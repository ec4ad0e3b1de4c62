"""The kernel's calls: which operation each is, and what part each argument plays in it."""

from __future__ import annotations

import re
from typing import Literal

from checker import arch as archs
from checker.arch.folders import remembered
from checker.lowering import select
from checker.value import value

BARRIERS = frozenset({
    "barrier", "smp_mb", "smp_rmb", "smp_wmb", "mb", "rmb", "wmb", "virt_mb", "virt_rmb",
    "virt_wmb", "dma_mb", "dma_rmb", "dma_wmb", "smp_mb__before_atomic", "smp_mb__after_atomic",
    "smp_mb__after_spinlock", "smp_mb__after_unlock_lock", "smp_acquire__after_ctrl_dep",
    "__atomic_acquire_fence", "__atomic_release_fence", "rcu_read_lock", "rcu_read_unlock",
    "synchronize_rcu", "synchronize_rcu_expedited", "cpu_relax",
})  # fmt: skip
"""Calls that order accesses and make none."""

NOT_MODELLED = {
    "spin_": "locks are spin_lock(), spin_trylock(), spin_unlock() and spin_is_locked()",
    "srcu_": "sleepable RCU is not modelled",
    "synchronize_srcu": "sleepable RCU is not modelled",
    "call_rcu": "callbacks are not modelled",
    "write_seq": "of sequence counters there are seqcount_t's: write_seqcount_begin()",
    "read_seq": "of sequence counters there are seqcount_t's: read_seqcount_begin()",
    "herd": "herd7's internal operations are not part of the dialect",
    "__": "herd7's internal operations are not part of the dialect",
}
"""Beginnings of names that are known and not modelled, with the reason."""

IDEAL = frozenset({"atomic-load", "atomic-store"})
"""The other side of a table's question: operations that no C program can name."""

_ATOMIC = re.compile(
    r"(?:raw_)?atomic(?P<wide>64|_long)?_"
    r"(?:(?P<fetch>fetch_)?(?P<op>add|sub|inc|dec|and|or|xor|andnot)(?P<returns>_return)?"
    r"(?P<test>_and_test)?|(?P<exchange>xchg|cmpxchg|try_cmpxchg))"
    r"(?P<order>_relaxed|_acquire|_release)?$"
)

_BIT = re.compile(r"(?:__)?(?P<test>test_and_)?(?P<op>set|clear|change)_bit")


@value
class Shape:
    """What a call does: the operation it is, its verb, and the role of each argument."""

    operation: str
    verb: str
    roles: tuple[str, ...]
    user: str = ""
    """For a copy: the role of the side that the notation's verb speaks of."""
    update: str = ""
    """For an atomic update, and for one of a bit: the C operator."""
    returns: Literal["", "efault", "left", "label"] = ""
    """What a page fault in it makes the call do: return -EFAULT, return how many bytes are left to
    copy, or leave by a label. Empty for what does not access user memory."""
    clears: bool = False
    """Whether bytes that did not arrive are cleared."""
    result: str = "status"
    """What the call returns: `old` (of a bit: that one), `new`, `zero` (whether the new value is
    zero) or `status`."""
    does: str = ""
    """What it is made of, in the dialect, where an architecture has no form of its own."""

    @property
    def user_side(self) -> Literal["load", "store", "rmw"] | None:
        """Which of the call's accesses are on user memory, if any are."""
        if not self.returns:
            return None
        if self.verb == "try_user":
            return "rmw"
        reads = self.user == "from" or self.verb in ("get", "get_guest")
        return "load" if reads else "store"


@remembered
def shape(name: str) -> Shape | None:
    """Return the shape of a call, or None where there is no such operation."""
    match = _ATOMIC.match(name)
    if match:
        return _atomic(match)
    operation = select.canonical(name)
    table = archs.operations()[operation] if operation else {}
    verb, _, rest = table.get("signature", "").partition("(")
    roles = tuple(role.strip() for role in rest.rstrip(")").split(",") if role.strip())
    if operation is None or not (roles or "does" in table):
        return None
    bit = _BIT.match(name) if verb.startswith("bit") else None
    return Shape(
        operation, verb, roles, table.get("user", ""),
        update={"set": "|", "clear": "&~", "change": "^"}[bit["op"]] if bit else "",
        returns=table.get("returns", ""), clears=table.get("clears", False),
        result="old" if bit is None or bit["test"] else "status", does=table.get("does", ""),
    )  # fmt: skip


_OPERATORS = {
    "add": "+", "inc": "+", "sub": "-", "dec": "-",
    "and": "&", "or": "|", "xor": "^", "andnot": "&~",
}  # fmt: skip


def _atomic(match: re.Match[str]) -> Shape:
    """Return the shape of an `atomic_…()` read-modify-write: Documentation/atomic_t.txt."""
    family = "atomic64" if match["wide"] else "atomic"
    if match["exchange"] == "xchg":
        return Shape(f"{family}_return", "exchange", ("pointer", "value"), result="old")
    if match["exchange"]:
        tries = match["exchange"] == "try_cmpxchg"
        verb, given = ("try", "oldp") if tries else ("compare_exchange", "old")
        return Shape(f"{family}_cmpxchg", verb, ("pointer", given, "value"), result="old")
    counted = match["op"] in ("inc", "dec")
    result = "old" if match["fetch"] else "new" if match["returns"] else "status"
    ordered = result != "status" or match["test"]
    return Shape(
        f"{family}_return" if ordered else f"{family}_rmw",
        "update",
        ("pointer",) if counted else ("value", "pointer"),
        update=_OPERATORS[match["op"]],
        result="zero" if match["test"] else result,
    )


def not_modelled(name: str) -> str:
    """Return why a known call is not modelled, or nothing."""
    return next((why for start, why in NOT_MODELLED.items() if name.startswith(start)), "")
