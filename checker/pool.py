"""Pieces of work in this process or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def mapped(work: Callable[[A], B], pieces: Sequence[A], jobs: int, chunk: int = 1) -> Iterator[B]:
    """Yield what comes of each piece, in order; another process is handed `chunk` of them at once.

    What is started here has ended when the last is taken. A piece is told all that it needs: what
    this process has remembered is not known to another.
    """
    if jobs <= 1 or len(pieces) < 2:
        yield from map(work, pieces)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(min(jobs, len(pieces))) as pool:
        yield from pool.map(work, pieces, chunksize=chunk)
