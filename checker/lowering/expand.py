"""From the access notation to accesses: loops unrolled, blocks found around the address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from checker.diagnostic import Diagnostic
from checker.lowering.notation import Alternative, Loop, Merge, Piece, Step, Zero
from checker.program import Access, Fence, Footprint


@dataclass(frozen=True)
class Part:
    """One access of an operation of known size at a known place in its blocks."""

    kind: Literal["load", "store", "as asked"]
    piece: Piece
    zeros: bool = False


Parts = tuple[Part | Fence, ...]


def modulus(alternative: Alternative) -> int:
    """Return the block, in bytes, within which an address decides what the alternative becomes."""
    return max((_block(step) for step in alternative), default=1)


def _block(step: Step) -> int:
    match step:
        case Loop():
            return step.align
        case Zero() | Merge():
            return step.size
        case Piece() if step.around:
            return step.size
    return 1


def expand(alternative: Alternative, size: int, address: int = 0) -> list[Parts]:
    """Return what an alternative becomes for an operation of `size` bytes at an address.

    The address counts modulo `modulus`. A loop with a lead becomes several. Raises Diagnostic where
    the pieces leave the operation.
    """
    found: list[Parts] = [()]
    for step in alternative:
        match step:
            case Loop():
                rounds = _unroll(step, size, address)
                found = [before + after for before in found for after in rounds]
            case Fence():
                found = [(*before, step) for before in found]
            case _:
                after = tuple(_parts(step, size, address))
                found = [before + after for before in found]
    return found


def covers(parts: Parts, size: int) -> bool:
    """Whether the parts move every byte of an operation; zeros alone are not its value."""
    pieces = [one.piece for one in parts if isinstance(one, Part) and not one.zeros]
    moved = {byte for piece in pieces for byte in range(piece.at, piece.at + piece.size)}
    return moved.issuperset(range(size))


def _parts(step: Piece | Zero | Merge, size: int, address: int) -> Iterator[Part]:
    match step:
        case Zero(cls, block):
            first = -address % block
            for at in range(first, size - block + 1, block):
                yield Part("store", Piece("store", cls, block, block, at), zeros=True)
        case Merge(cls, block):
            for at in range(-(address % block), size, block):
                piece = Piece(None, cls, block, block, at, around=True)
                yield Part("load", piece)
                yield Part("store", piece)
        case Piece(around=True):
            for at in range(-(address % step.size), size, step.size):
                yield from _access(replace(step, at=at))
        case Piece():
            sized = step if step.size else replace(step, size=size)
            at = sized.at + size if sized.at < 0 else sized.at
            if not 0 <= at <= size - sized.size:
                raise Diagnostic(f"{sized.size} bytes at {at} leave an operation of {size} bytes")
            yield from _access(replace(sized, at=at))


def _access(piece: Piece) -> Iterator[Part]:
    if piece.verb == "rmw":
        yield Part("load", piece)
        yield Part("store", piece)
    else:
        yield Part("as asked", piece)


def _unroll(loop: Loop, size: int, address: int) -> list[Parts]:
    """Return the pieces of a loop for each number of leading bytes, without repetitions."""
    found: dict[Parts, None] = {}
    for lead in range(loop.lead):
        pieces = list(_leading(loop, size, lead, address))
        at = sum(piece.size for piece in pieces)
        for wanted in loop.sizes:
            while at + wanted <= size:
                place = size - at - wanted if loop.down else at
                pieces.append(Piece(loop.verb, loop.cls, wanted, wanted, place))
                at += wanted
        if at < size:
            raise Diagnostic(f"a loop of {loop.sizes} leaves {size - at} of {size} bytes over")
        found[tuple(part for piece in pieces for part in _access(piece))] = None
    return list(found)


def _leading(loop: Loop, size: int, lead: int, address: int) -> Iterator[Piece]:
    """Yield the pieces before the greedy part: ascending, as far as the operation reaches."""
    at = 0
    for wanted in (bit for bit in (1, 2, 4, 8, 16, 32) if lead & bit):
        if at + wanted <= size:
            yield Piece(loop.verb, loop.cls, wanted, wanted, at)
            at += wanted
    while (address + at) % loop.align and at < size:
        reach = (address + at) & -(address + at)
        fitting = [one for one in loop.sizes if one <= reach and at + one <= size]
        if not fitting:
            raise Diagnostic(f"a loop of {loop.sizes} cannot reach a multiple of {loop.align}")
        yield Piece(loop.verb, loop.cls, max(fitting), max(fitting), at)
        at += max(fitting)


def steps(
    parts: Parts, *, reads: bool, place: Footprint, contract: tuple[str, str]
) -> tuple[Access | Fence, ...]:
    """Return the accesses of an operation that reads or writes a place.

    The other side of a copy mirrors the notation's verb: a side that is read has no stores.
    `contract` is the name and the source of what promises the pieces that are marked `atomic`.
    """
    made: list[Access | Fence] = []
    for part in parts:
        if isinstance(part, Fence):
            made.append(part)
            continue
        kind = part.kind
        if kind == "as asked":
            kind = "load" if reads else "store"
        elif reads and kind == "store" and part.piece.verb != "rmw":
            continue
        made.append(_made(part, kind, place, contract))
    return tuple(made)


def _made(
    part: Part, kind: Literal["load", "store"], place: Footprint, contract: tuple[str, str]
) -> Access:
    piece = part.piece
    promised, cite = contract if piece.atomic else ("", "")
    return Access(
        kind=kind,
        cls=piece.cls,
        footprint=Footprint(place.location, place.offset + piece.at, piece.size),
        element=piece.element,
        start=piece.at,
        order=piece.order,
        promised=promised,
        cite=cite,
        atomic=piece.verb == "rmw",
        around=piece.around,
        zeros=part.zeros,
    )
