"""The assembly dialects as they were written: instructions, and what the init block says."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from checker.diagnostic import Position
from checker.litmus.c import Type
from checker.value import value

# --- instructions ---------------------------------------------------------------------------------


@value
class Reg:
    """A register, as the instruction spells it."""

    name: str


@value
class Imm:
    """A number written into an instruction."""

    value: int


@value
class NameOf:
    """A label or a location, named as an operand."""

    name: str


@value
class Shift:
    """An operand that changes the one before it: `LSL #2`, `SXTW`, `UXTW #1`."""

    kind: str
    """In lower case."""
    amount: int = 0


@value
class Word:
    """A word that is no register and no name: `rw`, `sy`, `eq`, `.aqrl`; in lower case."""

    text: str


@value
class Mem:
    """A place in memory by its address."""

    base: str
    """The register; empty where there is none."""
    offset: Operand | None = None
    """What is added: a number, a register, a location (x86's displacement by name)."""
    index: str = ""
    """x86's second register."""
    extend: str = ""
    """How the offset register is extended (`sxtw`, `uxtw`, `lsl`); in lower case."""
    shift: int = 0
    """By how many bits the offset register (x86: the index) is shifted to the left."""
    write_back: Literal["", "pre", "post"] = ""
    """Whether the base becomes the address, before or after the access."""


Operand = Reg | Imm | NameOf | Shift | Word | Mem


@value
class Instruction:
    """One instruction of a thread."""

    name: str
    """The mnemonic, in lower case, with its suffixes: `amoadd.w.aqrl`, `ldr`, `movl`."""
    operands: tuple[Operand, ...]
    at: Position = field(compare=False)
    text: str = ""
    """As it was written, with single blanks."""


@value
class Label:
    """A place in a thread that branches go to: before the instruction that follows."""

    name: str
    at: Position = field(compare=False)


# --- the init block -------------------------------------------------------------------------------


@value
class AddressOf:
    """The address of a location or of an element of it."""

    name: str
    offset: int = 0
    """Bytes that are added to it."""
    index: int = 0


Content = int | AddressOf | tuple["Content", ...]
"""An initial value of an assembly test; several are an array's."""


@value
class Given:
    """A statement of an assembly test's init block: `int 0:x5 = 1`, `x = 1`, `int y[2]`."""

    thread: int | None
    """The thread whose register it speaks of; None for a location."""
    name: str
    index: int | None
    """The element that it speaks of, where it names no type."""
    type: Type | None
    value: Content | None
    at: Position = field(compare=False)
