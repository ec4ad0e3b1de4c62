"""The locations of an assembly test: where they lie, their sizes, what they hold at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.diagnostic import Diagnostic, Position, nearest
from checker.expression import Expression
from checker.litmus import Type
from checker.lowering.asm import fold
from checker.program import Footprint, Place

LINE = 4096
"""Locations start on a cache line: their addresses are multiples of this at least."""

SMALLEST = 4
"""Bytes of a location without a type: an `int`, if no access is wider."""

MAX_LOCATION = 1 << 16
MAX_LOCATIONS = 512
MAX_TARGETS = 64
"""How many places one access may have, its address being read or computed."""

_FIRST, _APART = 0x7A00_0000, 0x2_0000
"""Numbers for addresses. Nothing follows from them but which are equal; as they stand, the low 32
bits tell them apart too, and no test writes such numbers."""


@dataclass
class Location:
    """A location while the test is drawn: without a type it grows with its accesses."""

    name: str
    address: int
    size: int
    type: Type | None
    element: int
    """Bytes of an element, for an array; else of the whole."""


class Memory:
    """All locations of a test."""

    def __init__(self) -> None:
        """Begin without any."""
        self.locations: dict[str, Location] = {}

    def add(self, name: str, type_: Type | None, size: int, element: int, at: Position) -> None:
        """Add a location, or give one its type."""
        if size > MAX_LOCATION:
            raise Diagnostic(f"`{name}` has {size:,} bytes", at, f"at most {MAX_LOCATION:,}")
        known = self.locations.get(name)
        if known is None:
            if len(self.locations) == MAX_LOCATIONS:
                raise Diagnostic(f"the test has more than {MAX_LOCATIONS} locations", at)
            address = _FIRST + _APART * len(self.locations)
            self.locations[name] = Location(name, address, size, type_, element)
        elif type_ is not None:
            known.type, known.size, known.element = type_, size, element

    def address(self, name: str, at: Position) -> int:
        """Return the address of a location."""
        if name not in self.locations:
            raise Diagnostic(f"`{name}` is not a location", at, nearest(name, self.locations))
        return self.locations[name].address

    def footprint(self, number: int, size: int, at: Position) -> Footprint:
        """Return the bytes at an address; raises Diagnostic where they are no location's."""
        index, offset = divmod(number - _FIRST, _APART)
        if not 0 <= index < len(self.locations):
            raise Diagnostic(
                f"this accesses address {number:#x}, where there is no location", at,
                "give the register a location in the init block: 0:x5=x",
            )  # fmt: skip
        location = list(self.locations.values())[index]
        if location.type is None:
            location.size = max(location.size, min(offset + size, MAX_LOCATION))
        if offset + size > location.size:
            raise Diagnostic(
                f"{size} bytes at offset {offset} leave `{location.name}`, "
                f"which has {location.size}", at, "give it a larger type in the init block",
            )  # fmt: skip
        return Footprint(location.name, offset, size)

    def candidates(
        self, address: Expression, size: int, at: Position
    ) -> Iterable[tuple[int, Footprint]]:
        """Return each address that an expression can be the address of, with the bytes there."""
        numbers = fold.numbers(address)
        found = list(self._all(size) if numbers is None else self._held(sorted(numbers), size))
        if not 0 < len(found) <= MAX_TARGETS:
            many = f"one of {len(found)} places" if found else "no location's"
            raise Diagnostic(f"this address may be {many}", at, "ask a smaller question")
        return found

    def _held(self, numbers: list[int], size: int) -> Iterator[tuple[int, Footprint]]:
        """Yield those of some addresses at which a location has that many bytes."""
        locations = list(self.locations.values())
        for number in numbers:
            index, offset = divmod(number - _FIRST, _APART)
            if 0 <= index < len(locations):
                location = locations[index]
                if offset == 0 and location.type is None:
                    location.size = max(location.size, size)
                if offset + size <= location.size:
                    yield number, Footprint(location.name, offset, size)

    def _all(self, size: int) -> Iterator[tuple[int, Footprint]]:
        """Yield the aligned addresses at which some location has that many bytes."""
        for location in self.locations.values():
            if location.type is None:
                location.size = max(location.size, size)
            for offset in range(0, location.size - size + 1, size):
                yield location.address + offset, Footprint(location.name, offset, size)

    def place(self, name: str, content: bytes) -> Place:
        """Return a location as programs have it, with what it holds at first."""
        size = self.locations[name].size
        initial = tuple(content[:size].ljust(size, b"\0"))
        return Place(name, size, initial, LINE, 0)

    def spell(self, number: int) -> str | None:
        """Return the name of the location that an address is that of, or None."""
        for location in self.locations.values():
            if location.address == number:
                return location.name
        return None
