"""The oracle and the encoder asked the same, and the programs and architectures to ask about."""

from __future__ import annotations

from typing import Any

from checker import solve
from checker import states as listing
from checker.expression import Const, ReadValue, binary
from checker.model.cat.syntax import CatModel
from checker.program import Footprint, Operation, Place, Program, Shown
from tests import bruteforce
from tests.bruteforce import State
from tests.build import load, operation, program, rule, store, synthetic

BASE = CatModel("no order", (), "")
"""Ordering axioms that ask for nothing: the base axioms are left, which the oracle knows."""

NEW = 0x1716151413121110
X, Y = Place("x", 8, (0,) * 8, 8), Place("y", 8, (0,) * 8, 8)
WHOLE = Footprint("x", 0, 8)
MEMORY = Shown("x", WHOLE, 64, signed=False)
SINGLE = synthetic(rule("whole", "gpr", "atom", align="size"))
"""Aligned accesses are whole, and memory is multi-copy atomic."""
SINGLE_NOT_MCA = synthetic(rule("whole", "gpr", "atom", align="size"), mca=None)
BYTES = synthetic()
ATOMIC = synthetic(rule("whole"), rule("whole", "atom", rmw=True))


def reachable(p: Program, *, practice: bool = True) -> bool:
    """Return whether the oracle reaches the question; the encoder must say the same."""
    found = bruteforce.reachable(p, practice=practice)
    assert solve.reachable(p, practice=practice, ordering=BASE) is found
    return found


def states(p: Program, *, practice: bool = True) -> frozenset[State]:
    """Return the oracle's final states; the encoder's must be the same."""
    found = bruteforce.states(p, practice=practice)
    assert listing.states(p, practice=practice, ordering=BASE) == found
    return found


def values(p: Program, *, practice: bool = True) -> set[tuple[int, ...]]:
    """Return the final states without the names of their columns."""
    return {tuple(v for _, v in state) for state in states(p, practice=practice)}


def one_store_one_load(*, modulus: int = 8, residue: int = 0, on: str = "arm64") -> Program:
    write, read = operation(0, 0, store(8), value=NEW), operation(1, 1, load(8))
    return program([write, read], targets=on, places=[Place("x", 8, (0,) * 8, modulus, residue)])


def rmw(number: int, thread: int, size: int = 1, cls: str = "atom", add: int = 1) -> Operation:
    """Return a fetch-and-add, atomic where `cls` is."""
    step: dict[str, Any] = {"cls": cls, "atomic": True}
    value = binary("add", ReadValue(number, 8 * size), Const(add, 8 * size))
    return operation(number, thread, load(size, **step), store(size, **step), value=value)
