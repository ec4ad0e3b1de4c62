"""What an operation costs: accesses, updates, loops and fences, once and wherever it may lie."""

from __future__ import annotations

from collections.abc import Iterator

from checker.arch import Target
from checker.lowering import expand, notation
from checker.lowering.expand import Part, Parts
from checker.program import BYTES, Fence
from checker.review.answer import Cost, Span

LOCKED = "locked"
"""The class of x86's locked instructions."""

EMULATED = "lock-emulated"
"""The class of what is done by plain accesses under a lock of the kernel's own."""


def cost(
    text: str, size: int, align: int, target: Target, *, loads: bool, instructions: int = 0,
    retried: bool = False,
) -> Cost | None:  # fmt: skip
    """Return what accesses in notation cost an operation, or None of bytes, which are no code.

    `loads` says whether the operation loads. Raises Diagnostic where they leave the operation.
    """
    forms = list(_forms(text, size, align))
    every = [part for parts in forms for part in parts]
    pieces = [part.piece for part in every if isinstance(part, Part)]
    if any(piece.cls == BYTES for piece in pieces):
        return None
    updates = [piece for piece in pieces if piece.verb == "rmw"]
    reads, stores, made = (
        Span(min(numbers), max(numbers))
        for numbers in zip(*(_counted(parts, loads=loads) for parts in forms), strict=True)
    )
    fences = dict.fromkeys(one.name for one in every if isinstance(one, Fence))
    return Cost(
        loads=reads,
        stores=stores,
        updates=made,
        locked=any(piece.cls == LOCKED for piece in updates),
        retried=retried or any(piece.cls in target.arch.retried for piece in updates),
        emulated=any(piece.cls == EMULATED for piece in updates),
        fences=tuple(fences),
        beside=any(piece.around for piece in pieces),
        instructions=instructions,
    )


def _forms(text: str, size: int, align: int) -> Iterator[Parts]:
    """Yield what each alternative is at each address that is a multiple of `align`."""
    for alternative in notation.parse(text):
        modulus = max(align, expand.modulus(alternative))
        for address in range(0, modulus, align):
            yield from expand.expand(alternative, size, address)


def _counted(parts: Parts, *, loads: bool) -> tuple[int, int, int]:
    """Return how many loads, stores and updates there are; the last are not among the others."""
    own = [part for part in parts if isinstance(part, Part)]
    updates = sum(part.piece.verb == "rmw" for part in own) // 2
    others = [part for part in own if part.piece.verb != "rmw"]
    reads = sum(part.kind == "load" or (part.kind == "as asked" and loads) for part in others)
    return reads, len(others) - reads, updates


def said(one: Cost) -> str:
    """Return a cost in words."""
    words = [
        _number(span, name)
        for span, name in ((one.loads, "load"), (one.stores, "store"))
        if span.most
    ]
    if one.updates.most:
        how = "locked " if one.locked else "" if one.emulated else "atomic "
        update = _number(one.updates, f"{how}read-modify-write")
        update += " under a lock of the kernel's own" if one.emulated else ""
        words.append(update + (", in a loop until it succeeds" if one.retried else ""))
    if one.fences:
        words.append(_number(Span(len(one.fences), len(one.fences)), "fence") + _named(one.fences))
    if one.beside:
        words.append("it writes the bytes beside its own too")
    text = "; ".join(words) or "nothing"
    many = one.instructions
    return f"{text} ({many} instruction{'s' if many > 1 else ''})" if many else text


def short(one: Cost) -> str:
    """Return a cost in few words, for a table."""
    words = [
        _number(span, name)
        for span, name in ((one.loads, "load"), (one.stores, "store"))
        if span.most
    ]
    if one.updates.most:
        how = "locked " if one.locked else "lock and " if one.emulated else ""
        words.append(_number(one.updates, f"{how}update") + (", loop" if one.retried else ""))
    if one.fences:
        words.append(_number(Span(len(one.fences), len(one.fences)), "fence"))
    return ", ".join(words)


def _named(fences: tuple[str, ...]) -> str:
    return f" ({', '.join(fences)})"


def _number(span: Span, name: str) -> str:
    plural = "" if span.most == 1 else "s"
    least = f"{span.least} to " if span.least != span.most else ""
    return f"{least}{span.most} {name}{plural}"
