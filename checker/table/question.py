"""What a table asks, as a test: one operation against a partner that is single-copy atomic."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.litmus import Call, Evaluate, Statement, Test
from checker.lowering.operations import IDEAL, Shape, shape
from checker.lowering.select import unknown_operation

Partner = Literal["load", "store"]
"""What the other side does: it loads what the operation stores, or stores what it loads."""

TYPES = {1: "u8", 2: "u16", 4: "u32", 8: "u64", 16: "u128"}

SIZES = (*TYPES, 32, 64)
"""Sizes in bytes that can be asked about: above 16 there is no integer, but there are copies."""

VALUE = 0x1122334455667788_99AABBCCDDEEFF01

_FAMILIES = {
    "atomic_rmw": "atomic_add",
    "atomic_return": "atomic_xchg",
    "atomic64_rmw": "atomic64_add",
    "atomic64_return": "atomic64_xchg",
}
"""Operations that stand for many calls, and one of those calls."""

_EXPRESSIONS = ("plain-read", "plain-write")
"""Operations that are no calls."""

_BOTH_SIDES = ("memcpy",)
"""Copies of which either side can be the shared one."""


def partners(operation: str) -> tuple[Partner, ...]:
    """Return what an operation can race with; raises Diagnostic where there is none such."""
    if operation in _EXPRESSIONS:
        return ("store",) if operation == "plain-read" else ("load",)
    found = _shape(operation)
    match found.verb:
        case "read" | "get" | "get_guest":
            return ("store",)
        case "exchange" | "compare_exchange" | "update":
            return ("load", "store")
        case "copy" | "copy_guest":
            if found.operation in _BOTH_SIDES:
                return ("load", "store")
            return ("load",) if found.user == "to" else ("store",)
    return ("load",)


def _shape(operation: str) -> Shape:
    found = shape(_FAMILIES.get(operation, operation))
    if found is None or operation in IDEAL:
        raise unknown_operation(operation)
    return found


@cache
def question(operation: str, size: int, align: int, unit: int, partner: Partner) -> Test | None:
    """Return the test whether an aligned part of `unit` bytes can be seen torn.

    None where C has no such operation: no integer has the size. Sizes are in bytes, and the address
    is a multiple of `align`.
    """
    try:
        source = text(operation, size, align, unit, partner)
    except KeyError:
        return None
    test = parse(source)
    first, second = test.threads
    body = tuple(_idealised(statement, partner) for statement in second.body)
    return replace(test, threads=(first, replace(second, body=body)))


def _idealised(statement: Statement, partner: Partner) -> Statement:
    """Return the partner's copy as the operation that no C program can name."""
    match statement:
        case Evaluate(Call() as call):
            return Evaluate(replace(call, name=f"atomic-{partner}"))
    return statement


def text(operation: str, size: int, align: int, unit: int, partner: Partner) -> str:
    """Return the test's text, with memcpy() in the place of the idealised partner.

    Raises KeyError where no integer has the size.
    """
    place = f"{TYPES[size]} x" if size in TYPES else f"u8 x[{size}]"
    pointer = f"{TYPES.get(size, 'u8')} *x"
    parts = range(0, size, unit)
    if partner == "load":
        own = [f"u8 r{at}[{unit}]; memcpy(r{at}, (char *)x + {at}, {unit});" for at in parts]
    else:
        own = [f"u8 v{at}[{unit}]; memcpy((char *)x + {at}, v{at}, {unit});" for at in parts]
    return (
        f"C table\n{{ {place} __aligned({align}); }}\n"
        f"P0({pointer})\n{{\n  {statements(operation, size, partner)}\n}}\n"
        f"P1({pointer})\n{{\n  {' '.join(own)}\n}}\nexists torn\n"
    )


def statements(operation: str, size: int, partner: Partner) -> str:
    """Return the statements of the thread that is asked about."""
    if operation in _EXPRESSIONS:
        kind = TYPES[size]
        return f"{kind} r0 = *x;" if partner == "store" else f"*x = {_value(size)};"
    found = _shape(operation)
    name = _FAMILIES.get(operation, operation)
    if found.verb in ("copy", "copy_guest"):
        return _copy(name, found, size, partner)
    if found.verb == "fill":
        return f"{name}(x, 0x11, {size});"
    kind = TYPES[size]
    words = {
        "kvm": "kvm", "pointer": "x", "lvalue": "*x", "value": "v", "old": "0", "target": "r0",
        "label": "Efault",
    }  # fmt: skip
    call = f"{name}({', '.join(words[role] for role in found.roles)});"
    held = f"{kind} v = {_value(size)}; " if "value" in found.roles else ""
    if "target" in found.roles:
        return f"{kind} r0; {call}"
    return f"{held}{kind} r0 = {call}" if partner == "store" else held + call


def _copy(name: str, found: Shape, size: int, partner: Partner) -> str:
    """Return a copy of constant size; nothing is known of the address of its private side."""
    shared, private = ("to", "from") if partner == "load" else ("from", "to")
    words = {"kvm": "kvm", shared: "x", private: "v", "size": str(size)}
    return f"u8 v[{size}]; {name}({', '.join(words[role] for role in found.roles)});"


def _value(size: int) -> str:
    return f"{VALUE >> 8 * (16 - size):#x}"


def check_size(size: int) -> None:
    """Refuse a size that no table has; raises Diagnostic."""
    if size not in SIZES:
        known = ", ".join(map(str, SIZES))
        raise Diagnostic(f"a size of {size} bytes", hint=f"one of {known}")
