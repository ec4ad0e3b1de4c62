"""A whole litmus test: its locations, threads and condition, and what its author expects."""

from __future__ import annotations

from checker.diagnostic import Position
from checker.litmus.assembly import Given, Instruction, Label
from checker.litmus.c import (
    Attributes,
    Expr,
    Function,
    Parameter,
    Statement,
    Struct,
    Type,
)
from checker.litmus.condition import Condition, Memory, Proposition, Register
from checker.value import value


@value
class Location:
    """A named piece of shared memory, its initial value, and what is known of its address."""

    name: str
    type: Type | None
    attributes: Attributes
    at: Position


@value
class Initial:
    """`place = value` of the init block."""

    place: Expr
    value: Expr
    at: Position


@value
class Thread:
    """One thread; `arch` is set where it differs from the architecture that is asked about."""

    number: int
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    arch: str | None
    at: Position
    code: tuple[Instruction | Label, ...] = ()
    """What it does, in an assembly dialect."""


@value
class Expectation:
    """What `Expect` says of one architecture."""

    arch: str
    verdict: str
    """As it is printed: `forbidden`, or `forbidden up to 2 rounds`."""
    at: Position


@value
class Override:
    """`Override = ARCH: OPERATION SIZE = CODE`: today's code of an operation in this test."""

    arch: str
    operation: str
    size: int
    code: str
    at: Position
    code_at: Position


@value
class Test:
    """One litmus test."""

    __test__ = False  # pytest: the name is the field's, the class is not a test case

    name: str
    dialect: str
    info: tuple[tuple[str, str], ...]
    archs: tuple[tuple[str, Position], ...]
    expectations: tuple[Expectation, ...]
    overrides: tuple[Override, ...]
    structs: tuple[Struct, ...]
    locations: tuple[Location, ...]
    initial: tuple[Initial, ...]
    threads: tuple[Thread, ...]
    condition: Condition
    shown: tuple[Register | Memory, ...] = ()
    """Places named by a `locations` clause: part of every final state."""
    filter: Proposition | None = None
    faults: bool = False
    """Whether it asks about executions in which user copies fault."""
    given: tuple[Given, ...] = ()
    """The init block, in an assembly dialect."""
    functions: tuple[Function, ...] = ()
