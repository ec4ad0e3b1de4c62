"""A litmus test as it was written: locations, threads, condition, and what its author expects."""

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


Statement = Declare | Evaluate | If | Loop


# --- instructions of the assembly dialects --------------------------------------------------------


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


# --- conditions -----------------------------------------------------------------------------------


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
class Connective:
    """`not`, `and`, `or`, `implies`, `true` or `false` over propositions."""

    op: Literal["not", "and", "or", "implies", "true", "false"]
    args: tuple[Proposition, ...]


Proposition = Equal | Torn | Faulted | Dirty | Connective


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


# --- the test -------------------------------------------------------------------------------------


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


@value
class Parameter:
    """A thread's parameter: a pointer to the location of the same name."""

    name: str
    type: Type
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
