"""Operations on one bit of an array of words: the access is one of the word that holds the bit.

Documentation/atomic_bitops.txt, v6.12. Where an architecture's data has such an operation for 1 or
for 4 bytes, it is one of the byte or the 4 bytes with the bit; otherwise of the `unsigned long`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from checker import arch as archs
from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import Const, Expression
from checker.lowering import select, updates
from checker.lowering import values as c
from checker.lowering.layout import spell
from checker.lowering.notation import Piece
from checker.lowering.select import Known
from checker.lowering.values import Address, Integer

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner
    from checker.lowering.operations import Shape

_WORDS = ("long", "unsigned long", "void")

_SUCCESS = Integer(Const(0, 32), True)


def operate(
    run: ThreadRunner, shape: Shape, args: Mapping[str, ast.Expr], known: Known, at: Position
) -> Integer:
    """Run an operation on a bit and return its value; `known` is what is known of its number."""
    number = run.known(run.integer(args["bit"]), args["bit"].at)
    if number < 0:
        raise Diagnostic(f"there is no bit {number}", args["bit"].at, "bits count from 0")
    pointer = run.pointer(args["pointer"], at)
    if not isinstance(pointer.type, ast.Scalar) or pointer.type.name not in _WORDS:
        raise Diagnostic(
            f"a bit is one of an `unsigned long`, not of `{spell(pointer.type)}`",
            args["pointer"].at, "cast the pointer: (unsigned long *)x",
        )  # fmt: skip
    if run.spelled.endswith("_inv"):  # arch/s390/include/asm/bitops.h: from the other end
        if run.layout.target.arch.family != "s390":
            raise Diagnostic(f"{run.spelled}() is of s390 only", at, run.spelled[: -len("_inv")])
        number ^= 8 * run.layout.word - 1
    run.side = known
    place, bit = _place(run, shape.operation, pointer, number)
    mask = Integer(Const(1 << bit, 8 * run.layout.size(place.type)), False)
    if shape.verb == "bit_read":
        return _is_set(run, run.read(shape.operation, place, at), place, mask)

    def after(old: Integer) -> Integer:
        return updates.apply(shape.update, old, mask, at)

    def changes(old: Integer) -> Expression:
        return ex.invert(ex.binary("eq", after(old).value, old.value))

    found = select.select(shape.operation, mask.bits // 8, run.layout.target, "code", run.side)
    if shape.verb == "bit_plain" and not _is_update(found):
        raw = run.read("plain-read", place, at)
        stored = run.raw(after(run.number(raw, place.type)), run.layout.size(place.type))
        run.put(place, stored, shape.operation, at)
    else:
        # test_and_set_bit_lock() may look first, and return that the bit is set already
        lock = run.spelled == "test_and_set_bit_lock"
        skips = lock or (found is not None and found.unchanged == "kept")
        raw = updates.update(run, shape.operation, place, at, after, changes if skips else None)
    return _SUCCESS if shape.result == "status" else _is_set(run, raw, place, mask)


def _is_update(found: select.Lowering | None) -> bool:
    """Whether what the data has of an operation is a read and a write in one."""
    steps = found.alternatives[0] if found else ()
    return any(isinstance(step, Piece) and step.verb == "rmw" for step in steps)


def _is_set(run: ThreadRunner, raw: Expression, place: Address, mask: Integer) -> Integer:
    return c.flag(_and(run.number(raw, place.type), mask).truth())


def _and(value: Integer, mask: Integer) -> Integer:
    return Integer(ex.binary("and", value.value, mask.value), False)


def _place(run: ThreadRunner, operation: str, pointer: Address, number: int) -> tuple[Address, int]:
    """Return what is accessed for a bit, as an unsigned number, and the number of the bit in it."""
    word, bit = divmod(number, 8 * run.layout.word)
    size = next((one for one in (1, 4) if _has(run, operation, one)), run.layout.word)
    index, inside = divmod(bit, 8 * size)
    if run.layout.big_endian:
        index = run.layout.word // size - 1 - index
    offset = pointer.offset + word * run.layout.word + index * size
    return replace(pointer, offset=offset, type=ast.Scalar(f"u{8 * size}")), inside


def _has(run: ThreadRunner, operation: str, size: int) -> bool:
    """Whether the architecture's data has an operation on bits for a size, in its own words."""
    found = select.select(operation, size, run.layout.target, "code", run.side)
    if found is None:
        return False
    signature: str = archs.operations()[found.operation]["signature"]
    return signature.startswith("bit")
