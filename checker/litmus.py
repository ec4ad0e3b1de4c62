"""A litmus test as it was written: locations, threads, condition, and what its author expects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from checker.diagnostic import Position

# --- types ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scalar:
    """A C integer type by its canonical name: `u8` … `u128`, `s8` …, `le16` …, `be16` …, `long`, …"""

    name: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer; its size is the architecture's word."""

    to: Type


@dataclass(frozen=True, slots=True)
class Array:
    """`count` elements of one type."""

    of: Type
    count: int


@dataclass(frozen=True, slots=True)
class StructName:
    """A struct by its tag."""

    tag: str
    at: Position = field(default=(0, 0), compare=False)


Type = Scalar | Pointer | Array | StructName


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a declaration says of an address: `__packed`, `__aligned(n)` and `__at(k)`, in bytes."""

    packed: bool = False
    aligned: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a struct."""

    name: str
    type: Type
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Struct:
    """The definition of a struct."""

    tag: str
    fields: tuple[Field, ...]
    attributes: Attributes


# --- expressions and statements of the C dialect --------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """An integer constant, with its C suffix in lower case."""

    value: int
    suffix: str
    decimal: bool
    at: Position


@dataclass(frozen=True, slots=True)
class Name:
    """A local variable or a location."""

    name: str
    at: Position


@dataclass(frozen=True, slots=True)
class Unary:
    """A prefix operator: `* & - + ~ !`."""

    op: str
    of: Expr
    at: Position


@dataclass(frozen=True, slots=True)
class Binary:
    """An infix operator."""

    op: str
    left: Expr
    right: Expr
    at: Position


@dataclass(frozen=True, slots=True)
class Ternary:
    """`condition ? yes : no`."""

    condition: Expr
    yes: Expr
    no: Expr
    at: Position


@dataclass(frozen=True, slots=True)
class Cast:
    """`(type)of`."""

    type: Type
    of: Expr
    at: Position


@dataclass(frozen=True, slots=True)
class Member:
    """`of.name`, or `of->name` when `arrow`."""

    of: Expr
    name: str
    arrow: bool
    at: Position


@dataclass(frozen=True, slots=True)
class Index:
    """`of[index]`."""

    of: Expr
    index: Expr
    at: Position


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of the kernel's interface, or a helper such as `cpu_to_le64()`."""

    name: str
    args: tuple[Expr, ...]
    at: Position


@dataclass(frozen=True, slots=True)
class SizeOf:
    """`sizeof` of a type or of an expression's type."""

    of: Type | Expr
    at: Position


@dataclass(frozen=True, slots=True)
class Braces:
    """`{a, b, …}`, an initializer."""

    items: tuple[Expr, ...]
    at: Position


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Declare:
    """A local variable."""

    name: str
    type: Type
    value: Expr | None
    at: Position


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression for its effects."""

    expr: Expr


@dataclass(frozen=True, slots=True)
class If:
    """`if (condition) then else otherwise`."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`while`, `do … while` (when `body_first`) or `for` (with a `step`), bounded by `--unroll`."""

    condition: Expr
    body: tuple[Statement, ...]
    step: tuple[Statement, ...]
    body_first: bool
    at: Position


Statement = Declare | Evaluate | If | Loop


# --- conditions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Register:
    """`thread:name`, the value of a local variable when its thread has ended."""

    thread: int
    name: str
    at: Position = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """`[x]`, `x.field` or `x[n]`: the value of a location in the final state."""

    path: Expr
    text: str


@dataclass(frozen=True, slots=True)
class Equal:
    """`place = value`; the value is a number or the address of a location."""

    place: Register | Memory
    value: int | str
    at: Position = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Torn:
    """`torn(thread:register)`, the read that set the register; without one, any read."""

    register: Register | None


@dataclass(frozen=True, slots=True)
class Connective:
    """`not`, `and`, `or`, `implies`, `true` or `false` over propositions."""

    op: Literal["not", "and", "or", "implies", "true", "false"]
    args: tuple[Proposition, ...]


Proposition = Equal | Torn | Connective


@dataclass(frozen=True, slots=True)
class Condition:
    """A quantified proposition, and its text on one line."""

    quantifier: Literal["exists", "~exists", "forall"]
    proposition: Proposition
    text: str

    @property
    def is_assertion(self) -> bool:
        """Whether the author claims something (`~exists`, `forall`) rather than asks (`exists`)."""
        return self.quantifier != "exists"


# --- the test -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Location:
    """A named piece of shared memory, its initial value, and what is known of its address."""

    name: str
    type: Type | None
    attributes: Attributes
    at: Position


@dataclass(frozen=True, slots=True)
class Initial:
    """`place = value` of the init block."""

    place: Expr
    value: Expr
    at: Position


@dataclass(frozen=True, slots=True)
class Parameter:
    """A thread's parameter: a pointer to the location of the same name."""

    name: str
    type: Type
    at: Position


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread; `arch` is set where it differs from the architecture that is asked about."""

    number: int
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    arch: str | None
    at: Position


@dataclass(frozen=True, slots=True)
class Expectation:
    """What `Expect` says of one architecture."""

    arch: str
    verdict: str
    at: Position


@dataclass(frozen=True, slots=True)
class Override:
    """`Override = ARCH: OPERATION SIZE = CODE`: today's code of an operation, as this test has it."""

    arch: str
    operation: str
    size: int
    code: str
    at: Position


@dataclass(frozen=True, slots=True)
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
