"""A condition as it was written: a quantified proposition on the final state."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from checker.diagnostic import Position
from checker.litmus.c import Expr
from checker.value import value


@value
class Register:
    """`thread:name`, the value of a local variable when its thread has ended."""

    thread: int
    name: str
    at: Position = field(default=(0, 0), compare=False)


@value
class Memory:
    """`[x]`, `x.field` or `x[n]`: the value of a location in the final state."""

    path: Expr
    text: str


@value
class Equal:
    """`place = value`.

    The value is a number, the address of a location, another register's, or all of an array.
    """

    place: Register | Memory
    value: int | str | Register | tuple[int, ...]
    at: Position = field(default=(0, 0), compare=False)


@value
class Byte:
    """`byte(place, index) = value`: one byte of a place, counted from its address."""

    place: Register | Memory
    index: int
    value: int | str
    at: Position = field(default=(0, 0), compare=False)


@value
class Torn:
    """`torn(thread:register)`, the read that set the register; without one, any read."""

    register: Register | None


@value
class Faulted:
    """`fault(P0)`: an access of a user copy of the thread faulted."""

    thread: int
    at: Position = field(default=(0, 0), compare=False)


@value
class Dirty:
    """`dirty(x)`: a write through KVM marked the page of the location dirty."""

    location: str
    at: Position = field(default=(0, 0), compare=False)


@value
class Accepted:
    """`accepted(P1)`: no `return` and no fault ended the thread before its closing brace."""

    thread: int
    at: Position = field(default=(0, 0), compare=False)


@value
class Connective:
    """`not`, `and`, `or`, `implies`, `true` or `false` over propositions."""

    op: Literal["not", "and", "or", "implies", "true", "false"]
    args: tuple[Proposition, ...]


Proposition = Equal | Byte | Torn | Faulted | Dirty | Accepted | Connective


@value
class Condition:
    """A quantified proposition, and its text on one line."""

    quantifier: Literal["exists", "~exists", "forall"]
    proposition: Proposition
    text: str

    @property
    def is_assertion(self) -> bool:
        """Whether the author claims something (`~exists`, `forall`) rather than asks (`exists`)."""
        return self.quantifier != "exists"
