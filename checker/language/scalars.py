"""C's integer types: their many spellings, and the one name that each has here."""

from __future__ import annotations

import re

from checker.litmus import Scalar

_SCALARS = {
    "size_t": "unsigned long",
    "ssize_t": "long",
    "uintptr_t": "unsigned long",
    "intptr_t": "long",
    "_Bool": "bool",
    "atomic_t": "s32",
    "atomic_long_t": "long",
}


_INTEGERS = {
    "": "int",
    "int": "int",
    "char": "char",
    "short": "short",
    "int short": "short",
    "long": "long",
    "int long": "long",
    "long long": "long long",
    "int long long": "long long",
}
"""The integer types, without their sign: their words in alphabetical order, and their name."""

_FIXED = re.compile(r"(u?)int(\d+)_t$")


def integer(words: list[str]) -> Scalar | None:
    """Return the type that the words `unsigned`, `long`, `int`, … spell, or None where none."""
    signs = [word for word in words if word in ("signed", "unsigned")]
    size = " ".join(sorted(word for word in words if word not in signs))
    if len(signs) > 1 or size not in _INTEGERS:
        return None
    name = _INTEGERS[size]
    # The kernel is built with -funsigned-char: Makefile, v6.2.
    unsigned = signs == ["unsigned"] or (name == "char" and not signs)
    return Scalar(f"unsigned {name}" if unsigned else name)


def named(word: str) -> Scalar:
    """Return the type that one word names: `u32`, `__le64`, `int8_t`, `size_t`."""
    name = word.removeprefix("__")
    fixed = _FIXED.match(name)
    if fixed:
        name = f"{'u' if fixed[1] else 's'}{fixed[2]}"
    return Scalar(_SCALARS.get(name, name))


def scalar(words: list[str]) -> Scalar | None:
    """Return the type that words spell, qualifiers among them, or None where they spell none."""
    kept = [word for word in words if word not in ("const", "volatile")]
    if len(kept) == 1 and kept[0].endswith(("_t", "void")):
        return named(kept[0])
    return integer(kept)
