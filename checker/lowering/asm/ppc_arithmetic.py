"""What Power's arithmetic instructions compute from 64-bit registers: Power ISA Book I."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker.lowering.asm.machine import Tracked, apply, const, invert, resize

WORD, DOUBLE = 32, 64
"""Widths in bits."""


def mask(begin: int, end: int) -> int:
    """Return MASK(begin, end): ones from one bit to another, from the highest, around the end."""
    ones = (1 << DOUBLE) - 1
    from_begin, to_end = ones >> begin, ones & ~(ones >> (end + 1))
    return from_begin & to_end if begin <= end else from_begin | to_end


def rotate(a: Tracked, count: int) -> Tracked:
    """Return a number rotated to the left by a number of bits."""
    count %= a.bits
    high = apply("shl", a, const(count, a.bits))
    return apply("or", high, apply("lshr", a, const(a.bits - count, a.bits))) if count else a


def rotate_word(a: Tracked, count: int, begin: int, end: int) -> Tracked:
    """`rlwinm`: the rotated low word, twice, under MASK(begin + 32, end + 32)."""
    word = resize(rotate(resize(a, WORD), count), DOUBLE)
    twice = apply("or", word, apply("shl", word, const(WORD))) if begin > end else word
    return apply("and", twice, const(mask(begin + WORD, end + WORD)))


def _narrow(op: str, a: Tracked, b: Tracked, *, sign: bool = True) -> Tracked:
    """Apply an operator to the low words; the result is widened."""
    return resize(apply(op, resize(a, WORD), resize(b, WORD)), DOUBLE, sign=sign)


def _multiply_words(a: Tracked, b: Tracked) -> Tracked:
    wide = (resize(resize(one, WORD), DOUBLE, sign=True) for one in (a, b))
    return apply("mul", *wide)


def _shift(op: str, a: Tracked, b: Tracked, *, bits: int) -> Tracked:
    """Shift by the low bits of a register, one more than there are: far shifts leave no bit."""
    count = resize(apply("and", b, const(2 * bits - 1)), bits)
    return resize(apply(op, resize(a, bits), count), DOUBLE, sign=op == "ashr")


def _shift_by(a: Tracked, count: int, *, op: str, bits: int) -> Tracked:
    return resize(apply(op, resize(a, bits), const(count, bits)), DOUBLE, sign=op == "ashr")


def _clear_left(a: Tracked, count: int, *, bits: int) -> Tracked:
    return apply("and", resize(resize(a, bits), DOUBLE), const((1 << (bits - count)) - 1))


def _extend(a: Tracked, *, bits: int) -> Tracked:
    return resize(resize(a, bits), DOUBLE, sign=True)


def _same(a: Tracked) -> Tracked:
    return a


THREE: dict[str, Callable[[Tracked, Tracked], Tracked]] = {
    "add": partial(apply, "add"),
    "sub": partial(apply, "sub"),
    "subf": lambda a, b: apply("sub", b, a),
    "and": partial(apply, "and"),
    "or": partial(apply, "or"),
    "xor": partial(apply, "xor"),
    "nand": lambda a, b: invert(apply("and", a, b)),
    "nor": lambda a, b: invert(apply("or", a, b)),
    "eqv": lambda a, b: invert(apply("xor", a, b)),
    "andc": lambda a, b: apply("and", a, invert(b)),
    "orc": lambda a, b: apply("or", a, invert(b)),
    "mullw": _multiply_words,
    "mulld": partial(apply, "mul"),
    "divw": partial(_narrow, "sdiv"),
    "divwu": partial(_narrow, "udiv", sign=False),
    "divd": partial(apply, "sdiv"),
    "divdu": partial(apply, "udiv"),
    "slw": partial(_shift, "shl", bits=WORD),
    "srw": partial(_shift, "lshr", bits=WORD),
    "sraw": partial(_shift, "ashr", bits=WORD),
    "sld": partial(_shift, "shl", bits=DOUBLE),
    "srd": partial(_shift, "lshr", bits=DOUBLE),
    "srad": partial(_shift, "ashr", bits=DOUBLE),
}
"""Instructions of three registers."""

TWO: dict[str, Callable[[Tracked], Tracked]] = {
    "mr": _same,
    "not": invert,
    "neg": lambda a: apply("sub", const(0), a),
    "extsb": partial(_extend, bits=8),
    "extsh": partial(_extend, bits=16),
    "extsw": partial(_extend, bits=32),
}
"""Instructions of two registers."""

NUMBERS: dict[str, tuple[Callable[..., Tracked], int]] = {
    "rlwinm": (rotate_word, 3),
    "clrldi": (partial(_clear_left, bits=DOUBLE), 1),
    "clrlwi": (partial(_clear_left, bits=WORD), 1),
    "slwi": (partial(_shift_by, op="shl", bits=WORD), 1),
    "srwi": (partial(_shift_by, op="lshr", bits=WORD), 1),
    "srawi": (partial(_shift_by, op="ashr", bits=WORD), 1),
    "sldi": (partial(_shift_by, op="shl", bits=DOUBLE), 1),
    "srdi": (partial(_shift_by, op="lshr", bits=DOUBLE), 1),
    "sradi": (partial(_shift_by, op="ashr", bits=DOUBLE), 1),
}
"""Instructions of two registers and some numbers: what they compute, and how many numbers."""
