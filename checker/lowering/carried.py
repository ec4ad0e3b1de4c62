"""What a round of a loop takes from those before it: the bytes of variables that rounds change.

A round is tried from variables whose bytes are unknown, each a number of its own. A byte that is
the same number afterwards has not been changed. One that has been is carried to the next round, and
counts where anything that the round does, or leaves, depends on what it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.expression import Apply, Const, Expression, Free
from checker.lowering import values as c
from checker.lowering.exits import never
from checker.lowering.functions import RESULT
from checker.lowering.objects import Local
from checker.lowering.values import Address

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner

MAX_BYTES = 256
"""Of variables that a round changes."""

Locals = dict[str, Local]


class Trial:
    """A thread as it is, so that what is tried with it can be undone."""

    def __init__(self, thread: ThreadRunner) -> None:
        """Remember the thread and all that its test has come to."""
        self._thread = thread
        self._own = _copies(thread)
        self._own["locals"] = thread.copied()
        self._state = _copies(thread.state)

    def undo(self) -> None:
        """Make the thread what it was."""
        vars(self._thread).update(self._own | {"locals": _renewed(self._own["locals"])})
        _restore(self._thread.state, self._state)


def _copies(of: object) -> dict[str, Any]:
    """Return the attributes of an object, of those that change in place a copy."""
    return {
        name: copy(one) if isinstance(one, (list, set, dict)) else one
        for name, one in vars(of).items()
    }


def _restore(of: object, kept: dict[str, Any]) -> None:
    """Give an object its attributes back; a list or set stays the same, for those who hold it."""
    for name, value in kept.items():
        now = getattr(of, name)
        if isinstance(now, list):
            now[:] = value
        elif isinstance(now, set):
            now.clear()
            now.update(value)
        else:
            setattr(of, name, value)


def _renewed(locals_: Locals) -> Locals:
    return {name: replace(local) for name, local in locals_.items()}


class Carried:
    """The variables that a loop's rounds change, as far as is known."""

    def __init__(self) -> None:
        """Begin with none."""
        self._types: dict[str, ast.Type] = {}
        self._bytes: dict[str, int] = {}
        self._changed: set[Expression] = set()

    def enter(self, thread: ThreadRunner) -> Locals:
        """Make the bytes of these variables unknown, and return all variables as they are then."""
        self._changed.clear()
        for name, type_ in self._types.items():
            value: Expression = Const(0, 8 * self._bytes[name])
            for byte in range(self._bytes[name]):
                value = c.replace(value, byte, _unknown(name, byte))
            thread.locals[name] = Local(type_, value)
        return thread.copied()

    def found(self, before: Locals, ended: Locals, thread: ThreadRunner) -> bool:
        """Add the variables that a round has changed; return whether there are more than before.

        A round has `ended` with these variables, and the thread has gone on to the next one.
        """
        more = False
        for after in (ended, thread.locals):
            for name, local in after.items():
                if name in self._types:
                    self._changed.update(self._bytes_changed(name, local))
                elif name not in before or local.value != before[name].value:
                    self._types[name] = local.type
                    self._bytes[name] = thread.layout.size(local.type)
                    more = True
        if sum(self._bytes.values()) > MAX_BYTES:
            raise Diagnostic(f"a round changes more than {MAX_BYTES} bytes")
        return more

    def _bytes_changed(self, name: str, local: Local) -> Iterable[Expression]:
        every = {byte: _unknown(name, byte) for byte in range(self._bytes[name])}
        if isinstance(local.value, Address):
            return every.values()
        return [one for byte, one in every.items() if part(local.value, byte) != one]

    def used(self, ended: Locals, expressions: Iterable[Expression]) -> bool:
        """Whether a byte that is carried counts: in variables at a round's end, or elsewhere."""
        waiting = list(expressions)
        for name, size in self._bytes.items():
            if name not in ended:
                return True
            value = ended[name].value
            if isinstance(value, Address):
                waiting += [] if value.number is None else [value.number]
            else:
                waiting += [
                    one
                    for byte in range(size)
                    if (one := part(value, byte)) != _unknown(name, byte) or one in self._changed
                ]
        seen = set[int]()
        while waiting:
            one = waiting.pop()
            if one in self._changed:
                return True
            if isinstance(one, Apply) and id(one) not in seen:
                seen.add(id(one))
                waiting += one.args
        return False


def outlive(thread: ThreadRunner) -> Locals:
    """Return a thread's variables as far as they still count.

    Of a function that has been left only its result does, and of one that has not, all but that.
    """
    kept, left = thread.copied(), thread.left.function
    if left == ex.FALSE or not thread.frames:
        return kept
    stays, goes = (frozenset(ex.conjuncts(one)) for one in (never(left), left))
    for key, local in kept.items():
        if key.endswith(thread.key("")) and not isinstance(local.value, Address):
            facts = goes if key == thread.key(RESULT) else stays
            local.value = ex.given(local.value, facts)
    return kept


def _unknown(name: str, byte: int) -> Free:
    return Free(f"{name} byte {byte} of a round before", 8)


def part(value: Expression, byte: int) -> Expression:
    """Return a byte of an object in memory order, without what does not count for it."""
    if value.bits == 8 and byte == 0:
        return value
    match value:
        case Const(number, _):
            return Const(number >> 8 * byte & 0xFF, 8)
        case Apply("zext" | "trunc", (inner,)) if inner.bits % 8 == 0:
            return part(inner, byte) if 8 * byte < inner.bits else Const(0, 8)
        case Apply("swap", (inner,)):
            return part(inner, value.bits // 8 - 1 - byte)
        case Apply("shl" | "lshr" as op, (inner, Const(count))) if count % 8 == 0:
            start = byte - count // 8 if op == "shl" else byte + count // 8
            inside = 0 <= start < value.bits // 8
            return part(inner, start) if inside else Const(0, 8)
        case Apply("and" | "or" as op, (a, b)):
            return _masked(op, part(a, byte), part(b, byte))
        case Apply("ite", (condition, yes, no)):
            return ex.choose(condition, part(yes, byte), part(no, byte))
    return c.part(value, byte, 1)


def _masked(op: str, a: Expression, b: Expression) -> Expression:
    """Return a byte of `a & b` or `a | b`."""
    neutral, absorbing = (0xFF, 0) if op == "and" else (0, 0xFF)
    for one, other in ((a, b), (b, a)):
        if one == Const(absorbing, 8):
            return one
        if one == Const(neutral, 8):
            return other
    return ex.binary(op, a, b)
