"""Pointers that were read or computed: the places they may point to, each a case with its guard.

A pointer in memory holds the address of a location, from the init block or from a thread that
stored it, or a number that is no address (`NULL`). Which addresses a test stores anywhere is found
by running its threads until no more turn up. An access by the pointer is then made at each of them,
under the guard that the pointer holds that one; where it holds none there is no access.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker import expression as ex
from checker.diagnostic import Diagnostic, Position
from checker.expression import FALSE, TRUE, Apply, Const, Expression, ReadValue
from checker.lowering.asm import fold
from checker.lowering.values import Address, Element
from checker.value import value

if TYPE_CHECKING:
    from checker.lowering.objects import World

Target = tuple[str, int]
"""A location's name and an offset in it, in bytes."""

MAX_TARGETS = 64
"""How many places the pointers of a test may point to."""

MAX_ROUNDS = 32
"""How often the threads are run to find them."""


@value
class Case:
    """A place that a pointer may point to, and when it does."""

    when: Expression
    address: Address
    deps: frozenset[int] = frozenset()
    """Operations on whose results the address depends."""


def cases(world: World, address: Address, size: int, deps: frozenset[int]) -> list[Case]:
    """Return the places with so many bytes that an address may be that of."""
    if address.number is None:
        return [Case(TRUE, address)]
    found = []
    if address.element is not None:
        return _elements(world, address, address.element, size, deps)
    for base, offset in _starts(world, address, size):
        at = offset + address.offset
        if 0 <= at <= world.places[base].size - size:
            number = Const(world.addresses[base] + offset, address.number.bits)
            when = fold.binary("eq", address.number, number)
            if when != FALSE:
                place = Address(base, local=False, offset=at, type=address.type)
                found.append(Case(when, place, deps))
    return found


def _elements(
    world: World, address: Address, of: Element, size: int, deps: frozenset[int]
) -> list[Case]:
    """Return the elements of an array that an index may be that of."""
    found = []
    whole = world.places[of.location].size
    for number in range(_count(world, of)):
        at = of.start + number * of.step + address.offset
        when = ex.binary("eq", of.index, Const(number, of.index.bits))
        if 0 <= at <= whole - size and when != FALSE:
            place = Address(of.location, local=False, offset=at, type=address.type)
            found.append(Case(when, place, deps))
    return found


def _count(world: World, of: Element) -> int:
    """Return how many elements an array has."""
    return (world.places[of.location].size - of.start) // of.step


def may_leave(world: World, of: Element) -> bool:
    """Whether an index may be outside of its array, as far as the index by itself says."""
    return ex.highest(of.index) >= _count(world, of)


def _starts(world: World, address: Address, size: int) -> list[Target]:
    """Return the addresses that a pointer's number may be."""
    if address.exact:
        return sorted(world.targets)
    return [
        (base, at - address.offset)
        for base in sorted({base for base, _ in world.targets})
        for at in range(0, world.places[base].size - size + 1, size)
    ]


def moved(world: World, address: Address, step: int) -> Iterator[Target]:
    """Yield the addresses that a pointer, moved by its offset or computed, may become.

    One that was computed is taken to be anywhere in its location, at multiples of `step`.
    """
    if address.exact:
        for base, offset in world.targets:
            if address.offset and 0 <= offset + address.offset < world.places[base].size:
                yield base, offset + address.offset
        return
    for base in {base for base, _ in world.targets}:
        yield from ((base, at) for at in range(0, world.places[base].size, step))


def nowhere(world: World, size: int, at: Position) -> Diagnostic:
    """Return what to say of a pointer by which no access can be made."""
    some = ", ".join(sorted({base for base, _ in world.targets}))
    return Diagnostic(
        f"this pointer never holds the address of {size} bytes of a location", at,
        f"pointers hold addresses of {some} here" if some else "store one: WRITE_ONCE(*p, x), p=x",
    )  # fmt: skip


def reads(value: Expression, split: set[Expression]) -> Iterator[int]:
    """Yield the operations whose results a value is made of.

    What only decides between the values of a choice in `split` is no part of it. What a read by a
    pointer returned is the result of one of its cases; that the pointer decides which of them is an
    address dependency of the read, and none of the value.
    """
    if isinstance(value, ReadValue):
        yield value.operation
    elif isinstance(value, Apply):
        for argument in value.args[1:] if value in split else value.args:
            yield from reads(argument, split)
