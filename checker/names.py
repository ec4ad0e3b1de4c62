"""Several names at once, as the command's options and the public functions are given them."""

from __future__ import annotations

from collections.abc import Iterable

Names = str | Iterable[str]
"""Architectures, kernels or operations: one, several with commas, or an iterable of such."""


def names_of(given: Names) -> tuple[str, ...]:
    """Return the names that are given, each by itself."""
    texts = (given,) if isinstance(given, str) else given
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())
