"""How a test calls an operation, with a value of its own for each byte that it writes."""

from __future__ import annotations

from functools import cache

from checker.diagnostic import Diagnostic
from checker.lowering.operations import shape
from checker.table.question import partners

TYPES = {1: "u8", 2: "u16", 4: "u32", 8: "u64", 16: "u128"}

WRITES = {
    "WRITE_ONCE": "WRITE_ONCE({lvalue}, {value});",
    "smp_store_release": "smp_store_release({pointer}, {value});",
    "plain-write": "{lvalue} = {value};",
    "put_user": "put_user({value}, {pointer});",
    "put_user_atomic": "put_user_atomic({value}, {pointer});",
    "copy_to_user": "{type} v{number} = {value}; copy_to_user({pointer}, &v{number}, {size});",
    "kvm_write_guest": (
        "{type} v{number} = {value}; kvm_write_guest(kvm, {pointer}, &v{number}, {size});"
    ),
    "memcpy to": "{type} v{number} = {value}; memcpy({pointer}, &v{number}, {size});",
    "xchg": "{type} r{number} = xchg({pointer}, {value});",
    "cmpxchg": "{type} r{number} = cmpxchg({pointer}, 0, {value});",
}
"""Operations that write, and how C calls them; the first stands for all where one is enough."""

READS = {
    "READ_ONCE": "{type} r{number} = READ_ONCE({lvalue});",
    "smp_load_acquire": "{type} r{number} = smp_load_acquire({pointer});",
    "plain-read": "{type} r{number} = {lvalue};",
    "get_user": "{type} r{number}; get_user(r{number}, {pointer});",
    "copy_from_user": "{type} r{number}; copy_from_user(&r{number}, {pointer}, {size});",
    "memcpy from": "{type} r{number}; memcpy(&r{number}, {pointer}, {size});",
}

_SETS = (*READS, "xchg", "cmpxchg")
"""Operations of these that set a register."""

_WORDS = {
    "kvm": "kvm", "pointer": "{pointer}", "lvalue": "{lvalue}", "value": "{value}", "old": "0",
    "target": "r{number}", "label": "Efault", "size": "{size}",
}  # fmt: skip
"""What stands in a call for each role of its arguments."""


def operation(name: str) -> str:
    """Return the operation of the data that a name in a test's shape stands for."""
    return name.removesuffix(" to").removesuffix(" from")


def writes(name: str) -> bool:
    """Whether an operation writes; raises Diagnostic where there is none such."""
    return name in WRITES or (name not in READS and "load" in partners(operation(name)))


def sets(name: str) -> bool:
    """Whether a call of an operation sets a register."""
    return name in _SETS or (name not in WRITES and "store" in partners(operation(name)))


@cache
def call(name: str) -> str:
    """Return how C calls an operation, with fields for its pointer, value and register.

    Raises Diagnostic where no such call can be made: it takes more than one location.
    """
    known = WRITES | READS
    if name in known:
        return known[name]
    found = shape(name)
    if found is None or found.verb == "fill" or not set(found.roles) <= {*_WORDS, "to", "from"}:
        raise Diagnostic(f"no test is made of {name}()", hint=f"as of {', '.join(known)}")
    if "from" in found.roles:
        return _copy(name, found.roles)
    made = f"{name}({', '.join(_WORDS[role] for role in found.roles)});"
    if "target" in found.roles:
        return f"{{type}} r{{number}}; {made}"
    return f"{{type}} r{{number}} = {made}" if sets(name) else made


def _copy(name: str, roles: tuple[str, ...]) -> str:
    """Return a copy, from or to a variable of the test's."""
    shared, private = ("to", "from") if writes(name) else ("from", "to")
    local = "v" if writes(name) else "r"
    words = _WORDS | {shared: "{pointer}", private: f"&{local}{{number}}"}
    made = f"{name}({', '.join(words[role] for role in roles)});"
    held = " = {value}" if writes(name) else ""
    return f"{{type}} {local}{{number}}{held}; {made}"
