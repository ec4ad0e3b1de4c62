"""The C dialect as it was written: types, expressions and statements."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from checker.diagnostic import Position
from checker.value import value

# --- types ----------------------------------------------------------------------------------------


@value
class Scalar:
    """A C integer type by its canonical name: `u8` … `u128`, `s8`, `le16`, `be16`, `long`, …"""

    name: str


@value
class Pointer:
    """A pointer; its size is the architecture's word."""

    to: Type


@value
class Array:
    """`count` elements of one type."""

    of: Type
    count: int


@value
class StructName:
    """A struct by its tag."""

    tag: str
    at: Position = field(default=(0, 0), compare=False)


Type = Scalar | Pointer | Array | StructName


@value
class Attributes:
    """What a declaration says of an address: `__packed`, `__aligned(n)` and `__at(k)`, in bytes.

    And of the memory there: `__memory(uncached)`.
    """

    packed: bool = False
    aligned: int | None = None
    offset: int | None = None
    memory: str | None = None


@value
class Field:
    """A member of a struct."""

    name: str
    type: Type
    attributes: Attributes


@value
class Struct:
    """The definition of a struct."""

    tag: str
    fields: tuple[Field, ...]
    attributes: Attributes


# --- expressions and statements of the C dialect --------------------------------------------------


@value
class Number:
    """An integer constant, with its C suffix in lower case."""

    value: int
    suffix: str
    decimal: bool
    at: Position


@value
class Name:
    """A local variable or a location."""

    name: str
    at: Position


@value
class Unary:
    """A prefix operator: `* & - + ~ !`."""

    op: str
    of: Expr
    at: Position


@value
class Binary:
    """An infix operator."""

    op: str
    left: Expr
    right: Expr
    at: Position


@value
class Ternary:
    """`condition ? yes : no`."""

    condition: Expr
    yes: Expr
    no: Expr
    at: Position


@value
class Cast:
    """`(type)of`."""

    type: Type
    of: Expr
    at: Position


@value
class Member:
    """`of.name`, or `of->name` when `arrow`."""

    of: Expr
    name: str
    arrow: bool
    at: Position


@value
class Index:
    """`of[index]`."""

    of: Expr
    index: Expr
    at: Position


@value
class Call:
    """An operation of the kernel's interface, or a helper such as `cpu_to_le64()`."""

    name: str
    args: tuple[Expr, ...]
    at: Position


@value
class SizeOf:
    """`sizeof` of a type or of an expression's type."""

    of: Type | Expr
    at: Position


@value
class Braces:
    """`{a, b, …}`, an initializer."""

    items: tuple[Expr, ...]
    at: Position


@value
class Assign:
    """`target = value`, or `target op= value`."""

    target: Expr
    op: str
    value: Expr
    at: Position


Expr = (
    Number
    | Name
    | Unary
    | Binary
    | Ternary
    | Cast
    | Member
    | Index
    | Call
    | SizeOf
    | Braces
    | Assign
)


@value
class Declare:
    """A local variable."""

    name: str
    type: Type
    value: Expr | None
    at: Position


@value
class Evaluate:
    """An expression for its effects."""

    expr: Expr


@value
class If:
    """`if (condition) then else otherwise`."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@value
class Loop:
    """`while`, `do … while` (when `body_first`) or `for` (with a `step`), bounded by `--unroll`."""

    condition: Expr
    body: tuple[Statement, ...]
    step: tuple[Statement, ...]
    body_first: bool
    at: Position


@value
class Exit:
    """`return value;`, `break;` or `continue;`."""

    how: Literal["return", "break", "continue"]
    value: Expr | None
    at: Position


Statement = Declare | Evaluate | If | Loop | Exit


# --- what stands beside the threads ---------------------------------------------------------------


@value
class Parameter:
    """A thread's parameter, a pointer to the location of the same name; or a function's."""

    name: str
    type: Type
    """For a thread's: what it points to."""
    at: Position


@value
class Function:
    """A function of the test, which is carried out where it is called."""

    name: str
    returns: Type
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    at: Position
