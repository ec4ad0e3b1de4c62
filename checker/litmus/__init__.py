"""A litmus test as it was written: what `language` makes and `lowering` takes."""

from __future__ import annotations

from checker.litmus.assembly import (
    AddressOf,
    Content,
    Given,
    Imm,
    Instruction,
    Label,
    Mem,
    NameOf,
    Operand,
    Reg,
    Shift,
    Word,
)
from checker.litmus.c import (
    Array,
    Assign,
    Attributes,
    Binary,
    Braces,
    Call,
    Cast,
    Declare,
    Evaluate,
    Expr,
    Field,
    If,
    Index,
    Loop,
    Member,
    Name,
    Number,
    Pointer,
    Scalar,
    SizeOf,
    Statement,
    Struct,
    StructName,
    Ternary,
    Type,
    Unary,
)
from checker.litmus.condition import (
    Condition,
    Connective,
    Dirty,
    Equal,
    Faulted,
    Memory,
    Proposition,
    Register,
    Torn,
)
from checker.litmus.whole import (
    Expectation,
    Initial,
    Location,
    Override,
    Parameter,
    Test,
    Thread,
)

__all__ = [
    "AddressOf", "Array", "Assign", "Attributes", "Binary", "Braces", "Call", "Cast", "Condition",
    "Connective", "Content", "Declare", "Dirty", "Equal", "Evaluate", "Expectation", "Expr",
    "Faulted", "Field", "Given", "If", "Imm", "Index", "Initial", "Instruction", "Label",
    "Location", "Loop", "Mem", "Member", "Memory", "Name", "NameOf", "Number", "Operand",
    "Override", "Parameter", "Pointer", "Proposition", "Reg", "Register", "Scalar", "Shift",
    "SizeOf", "Statement", "Struct", "StructName", "Ternary", "Test", "Thread", "Torn", "Type",
    "Unary", "Word",
]  # fmt: skip
