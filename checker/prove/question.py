"""What a proof asks, as tests: one operation, and everything that may race with it.

The other side is single-copy atomic at any address and of any size, whatever instruction that takes
(`load.ideal`, `store.ideal`): what is whole to it is whole to all that an architecture counts as
single-copy atomic.

**Why one other writer is enough, and why it writes a byte.** Let W be a store that is one unit, R a
read that is one unit and torn by W: at byte x it takes what is W's or newer, at byte y what is
older. A unit takes nothing older beside W's own bytes, so at x it takes from another store V that
is newer than W there, and V does not write y (if it did, R would take nothing older than V there).
Now leave out all stores but W and V, and of V all bytes but x; let R take the initial value
everywhere else. Every axiom still holds: the pairs (V, W) and (V, R) share one byte, which no axiom
about pairs speaks of; (R, W) share no byte that R takes from W; communication has no edge that it
had not before, but from R to W, which it had at y. So whatever number and size of stores tears R,
W and a store of one byte do. Each byte has such a writer here, each in a thread of its own, all at
once: a writer that nobody reads comes last and takes no execution away. A writer that is itself not
atomic is no more than some of these. `tests/test_prove_placements.py` compares with wider writers,
two at a time.

**Why larger and overlapping readers add nothing.** What a reader takes outside of the operation is
not the operation's, and what it takes inside is what a smaller reader takes. Where an operation is
torn to a smaller reader, it is to one of its size, which can take the initial value elsewhere.
Smaller ones are asked about all the same, at each offset, up to MAX_INSIDE bytes: the evidence that
units of different extent tie the bytes they share can be another (on Power it is practice).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Literal

from checker import arch as archs
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.litmus import Call, Evaluate, Statement, Test
from checker.table.question import TYPES, Partner, statements

Situation = Literal["same", "smaller", "others"]
"""What races with the operation: one access of its size; one that is smaller; or one of its size
and, beside it, writers of every byte."""

SITUATIONS: tuple[Situation, ...] = ("same", "smaller", "others")

MAX_INSIDE = 16
"""The largest operation, in bytes, of which smaller readers and writers are asked about too."""

Extent = tuple[int, int]
"""Offset and size of an access within the operation, in bytes."""


def smaller(size: int) -> tuple[Extent, ...]:
    """Return where smaller readers, or writers, of an operation of a size lie; a byte has none."""
    inside = (size >> shift for shift in range(1, size.bit_length() - 1))
    sizes = tuple(inside) if size <= MAX_INSIDE else ()
    return tuple((at, one) for one in sizes for at in range(size - one + 1))


@cache
def questions(
    operation: str, size: int, align: int, partner: Partner, situation: Situation
) -> tuple[Test, ...]:
    """Return the tests of which each asks whether a read is torn; none where C has no such size.

    Readers do not disturb each other: all are threads of one test. Writers are asked about one at
    a time, but in the situation that is about several.
    """
    whole: tuple[Extent, ...] = ((0, size),)
    sides: Iterable[tuple[Extent, ...]] = (whole,)
    if situation == "smaller":
        parts = smaller(size)
        sides = filter(None, [parts]) if partner == "load" else ((one,) for one in parts)
    beside = rivals(size) if situation == "others" else ()
    try:
        return tuple(asking(operation, size, align, partner, side, beside) for side in sides)
    except KeyError:
        return ()


def rivals(size: int) -> tuple[Extent, ...]:
    """Return where the other writers of an operation of a size write: each byte has one."""
    return tuple((at, 1) for at in range(size))


def asking(
    operation: str, size: int, align: int, partner: Partner,
    side: tuple[Extent, ...], beside: tuple[Extent, ...],
) -> Test:  # fmt: skip
    """Return one test, whose other threads' copies are ideal accesses; raises KeyError.

    `side` are the partner's accesses and `beside` those of other writers, each in a thread.
    """
    read = parse(text(operation, size, f"__aligned({align})", partner, side, beside))
    first, *others = read.threads
    names = [f"atomic-{partner}"] * len(side) + ["atomic-store"] * len(beside)
    threads = (
        replace(one, body=tuple(_called(name, statement) for statement in one.body))
        for name, one in zip(names, others, strict=True)
    )
    return replace(read, threads=(first, *threads))


def _called(name: str, statement: Statement) -> Statement:
    """Return a copy as the operation that no C program can name."""
    match statement:
        case Evaluate(Call() as call):
            return Evaluate(replace(call, name=name))
    return statement


def text(
    operation: str, size: int, where: str, partner: Partner,
    side: tuple[Extent, ...], beside: tuple[Extent, ...], header: str = "",
) -> str:  # fmt: skip
    """Return a test's text, with memcpy() in the place of the ideal accesses.

    `where` is the attribute that places the location, and `header` the lines before the init block.
    Raises KeyError where no integer has the size.
    """
    bodies = [copied(partner, *one) for one in side]
    bodies += [copied("store", *one) for one in beside]
    return written(operation, size, where, partner, bodies, header)


def written(
    operation: str, size: int, where: str, partner: Partner, others: list[str], header: str
) -> str:  # fmt: skip
    """Return a test's text: the operation, and beside it threads that do what `others` say."""
    place = f"{TYPES[size]} x" if size in TYPES else f"u8 x[{size}]"
    pointer = f"{TYPES.get(size, 'u8')} *x"
    bodies = [statements(operation, size, partner), *others]
    threads = (f"P{number}({pointer})\n{{\n  {body}\n}}\n" for number, body in enumerate(bodies))
    return f"C prove\n{header}{{ {place} {where}; }}\n{''.join(threads)}exists torn\n"


def not_alone(operation: str) -> Diagnostic:
    """Return what to say of a call that is no operation on one place, or needs more than one."""
    return Diagnostic(
        f"{operation}() cannot be asked about by itself",
        hint="an operation on one place, as in put_user, READ_ONCE, xchg, copy_to_user",
    )


def written_with(operation: str) -> Iterator[str]:
    """Yield an operation and those that it is like: an override of one of them is one of it."""
    name: str | None = operation
    while name is not None:
        yield name
        name = archs.operations().get(name, {}).get("like")


def copied(partner: Partner, at: int, size: int) -> str:
    """Return a thread's memcpy() that loads, or stores, so many bytes at an offset."""
    if partner == "load":
        return f"u8 r{at}[{size}]; memcpy(r{at}, (char *)x + {at}, {size});"
    return f"u8 v{at}[{size}]; memcpy((char *)x + {at}, v{at}, {size});"
