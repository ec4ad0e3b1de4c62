"""Placements in words: a condition on the address that holds at exactly some of its residues."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from checker.value import value

MAX_ATOMS = 3
"""How many conditions are joined at most; what needs more is listed residue by residue."""

LINE = 64
"""What is called a line rather than a block, in bytes."""


@value
class Placements:
    """Some of the residues that an alignment leaves."""

    size: int
    """Bytes of the operation that lies there."""
    align: int
    modulus: int
    residues: frozenset[int]

    @property
    def every(self) -> range:
        """All residues that the alignment leaves."""
        return range(0, self.modulus, self.align)


@value
class Atom:
    """A condition on an address: a multiple of `number`, or crossing a block of so many bytes."""

    crosses: bool
    number: int
    holds: bool

    def at(self, residue: int, size: int) -> bool:
        """Whether it is met by an operation at an address."""
        if self.crosses:
            return (residue % self.number + size > self.number) == self.holds
        return (residue % self.number == 0) == self.holds


def said(where: Placements) -> str:
    """Return when exactly the placements are met, as `whenever …`; `at every address` if all are.

    Where no short condition is exact, the residues are listed.
    """
    if where.residues == frozenset(where.every):
        return "at every address"
    atoms = exact(where)
    if atoms:
        return f"whenever {_joined(atoms, where)}"
    modulus, residues = _shortest(where)
    listed = ", ".join(map(str, residues))
    return f"whenever the address is {listed} modulo {modulus}"


def exact(where: Placements) -> tuple[Atom, ...]:
    """Return the shortest conjunction that is met at exactly the placements; empty if none is."""
    known = list(_atoms(where))
    for count in range(1, MAX_ATOMS + 1):
        for atoms in combinations(known, count):
            if _meets(atoms, where) == where.residues:
                return atoms
    return ()


def _meets(atoms: tuple[Atom, ...], where: Placements) -> frozenset[int]:
    return frozenset(
        residue for residue in where.every if all(atom.at(residue, where.size) for atom in atoms)
    )


def _atoms(where: Placements) -> Iterator[Atom]:
    """Yield what can be said of an address: simple words first."""
    numbers = [1 << shift for shift in range(1, where.modulus.bit_length())]
    multiples = [number for number in numbers if number > where.align]
    blocks = [number for number in numbers if number >= where.size and number > 1]
    yield from (Atom(False, number, True) for number in multiples)
    yield from (Atom(False, number, False) for number in multiples)
    yield from (Atom(True, number, True) for number in blocks)
    yield from (Atom(True, number, False) for number in blocks)


def _joined(atoms: tuple[Atom, ...], where: Placements) -> str:
    multiple = [atom.number for atom in atoms if not atom.crosses and atom.holds]
    apart = [atom.number for atom in atoms if not atom.crosses and not atom.holds]
    align = max([where.align, *multiple])
    words = []
    if multiple:
        words.append(f"the address is a multiple of {align}")
    if apart:
        lacks = f"not of {min(apart)}" if align > 1 else f"no multiple of {min(apart)}"
        of = f"a multiple of {align} but {lacks}" if align > 1 else lacks
        words = [f"the address is {of}"]
    words += [_crossing(atom, bool(words)) for atom in atoms if atom.crosses]
    return " and ".join(words)


def _crossing(atom: Atom, further: bool) -> str:
    what = "" if further else "the access "
    if atom.holds:
        end = "line" if atom.number == LINE else "boundary"
        article = "an" if atom.number == 8 else "a"
        return f"{what}crosses {article} {atom.number}-byte {end}"
    block = f"a {LINE}-byte line" if atom.number == LINE else f"an aligned {atom.number} bytes"
    return f"{what}lies inside {block}"


def _shortest(where: Placements) -> tuple[int, list[int]]:
    """Return the smallest modulus that tells the placements apart, and their residues."""
    modulus = where.modulus
    while modulus % 2 == 0 and modulus // 2 >= where.align:
        half = modulus // 2
        folded = {residue % half for residue in where.residues}
        unfolded = {r for r in where.every if r % half in folded}
        if unfolded != where.residues:
            break
        modulus = half
    return modulus, sorted({residue % modulus for residue in where.residues})
