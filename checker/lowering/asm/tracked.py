"""Numbers in a machine, and what they depend on."""

from __future__ import annotations

from typing import NamedTuple

from checker import expression as ex
from checker.expression import Const, Expression
from checker.lowering.asm import fold
from checker.program import dependency, depends
from checker.value import value

NOTHING: frozenset[int] = frozenset()


class Tracked(NamedTuple):
    """What a register or an intermediate result holds."""

    value: Expression
    """Of any width; 64 bits in general registers."""
    deps: frozenset[int] = NOTHING
    """Operations it depends on syntactically: a folded `xor x,r,r` is 0 and depends on r's."""
    picks: frozenset[int] = NOTHING
    """Operations that only chose it among others: Arm's pick dependencies. Those of an address or
    of what is stored count among the operation's `ctrl`: they order it as far as a branch would."""

    @property
    def bits(self) -> int:
        """The width."""
        return self.value.bits


@value
class View:
    """What a register's name stands for: some bits of a canonical register."""

    register: str
    bits: int = 64
    shift: int = 0
    """The lowest of its bits in the canonical register."""


# --- numbers --------------------------------------------------------------------------------------


def const(number: int, bits: int = 64) -> Tracked:
    """Return a known number, modulo its width."""
    return Tracked(Const(number & ((1 << bits) - 1), bits))


def apply(op: str, a: Tracked, b: Tracked) -> Tracked:
    """Apply an operator of `checker.expression.BINARY` to numbers of one width.

    Comparisons yield one bit. What folds keeps its dependencies.
    """
    return Tracked(fold.binary(op, a.value, b.value), a.deps | b.deps, a.picks | b.picks)


def invert(a: Tracked) -> Tracked:
    """Return the bitwise complement; of one bit, the negation."""
    return Tracked(ex.invert(a.value), a.deps, a.picks)


def choose(condition: Tracked, yes: Tracked, no: Tracked) -> Tracked:
    """Return `yes` where the one-bit condition holds, else `no`; depends on all three."""
    found = fold.choose(condition.value, yes.value, no.value)
    picks = condition.picks | yes.picks | no.picks
    return Tracked(found, condition.deps | yes.deps | no.deps, picks)


def pick(condition: Tracked, yes: Tracked, no: Tracked) -> Tracked:
    """Return `yes` where the condition holds, else `no`, which depends on it by picking only."""
    return choose(Tracked(condition.value, NOTHING, condition.deps | condition.picks), yes, no)


def resize(a: Tracked, bits: int, *, sign: bool = False) -> Tracked:
    """Widen (with the sign, or with zeros) or truncate to `bits` bits."""
    if a.value.bits == bits:
        return a
    return Tracked(fold.resize(a.value, bits, sign=sign), a.deps, a.picks)


def part(a: Tracked, low: int, bits: int) -> Tracked:
    """Return `bits` bits of a number, from bit `low` on."""
    moved = apply("lshr", a, const(low, a.bits)) if low else a
    return resize(moved, bits)


def join(low: Tracked, high: Tracked) -> Tracked:
    """Return the number whose low bits are one number and whose high bits are another."""
    bits = low.bits + high.bits
    moved = apply("shl", resize(high, bits), const(low.bits, bits))
    return apply("or", moved, resize(low, bits))


def is_zero(a: Tracked) -> Tracked:
    """Return, in one bit, whether a number is zero."""
    return apply("eq", a, const(0, a.bits))


def from_register(a: Tracked, element: int) -> Tracked:
    """Return what one of several registers holds of an instruction's result."""
    return Tracked(a.value, frozenset(dependency(d, source=element) for d in a.deps), a.picks)


def to_register(a: Tracked, element: int) -> Tracked:
    """Return what goes into one of several registers' parts of memory."""
    found = (depends(d) for d in a.deps)
    deps = frozenset(dependency(n, source, element) for n, source, _ in found)
    return Tracked(a.value, deps, a.picks)


def also(a: Tracked, deps: frozenset[int]) -> Tracked:
    """Return a number that depends on more operations."""
    return Tracked(a.value, a.deps | deps, a.picks)
