"""The access notation of the data files, and the accesses it stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from checker.diagnostic import Diagnostic
from checker.program import BYTES, Access, Fence, Footprint

MAX_TEXT = 4000
MAX_LEAD = 64

Verb = Literal["load", "store", "rmw"]


@dataclass(frozen=True)
class Piece:
    """One access of an operation; `at` counts from the operation's first byte."""

    verb: Verb | None
    """None for bytes, which are loads or stores as the operation is."""
    cls: str
    size: int
    element: int
    at: int
    order: str = ""
    atomic: bool = False


@dataclass(frozen=True)
class Loop:
    """Pieces that follow one another until the operation's size is used up."""

    verb: Verb
    cls: str
    sizes: tuple[int, ...]
    lead: int
    """Every number of leading bytes below this is tried: the source's alignment decides it."""


Step = Piece | Loop | Fence
Alternative = tuple[Step, ...]


@cache
def parse(text: str) -> tuple[Alternative, ...]:
    """Return the alternatives of a notation; raises Diagnostic where it is not well formed."""
    from checker.language import grammar

    rules = _rules()
    if len(text) > MAX_TEXT:
        raise Diagnostic(f"a notation of more than {MAX_TEXT} characters")
    alternatives: tuple[Alternative, ...] = grammar.parse("access", rules, text)
    for step in (step for alternative in alternatives for step in alternative):
        _check(step)
    return alternatives


def _check(step: Step) -> None:
    """Refuse sizes that no access has."""
    if isinstance(step, Loop) and not (0 not in step.sizes and 0 < step.lead <= MAX_LEAD):
        raise Diagnostic(f"a loop moves at least a byte, and leads with less than {MAX_LEAD}")
    if isinstance(step, Piece) and step.cls != BYTES:
        if step.size == 0:
            raise Diagnostic("an access of no bytes")
        if step.element == 0 or step.size % step.element:
            raise Diagnostic(f"{step.size} bytes are not made of elements of {step.element}")


@cache
def _rules() -> Any:
    from lark import Token, Transformer

    class AccessRules(Transformer[Token, Any]):
        """One method per rule of `grammar/access.lark`."""

        def start(self, c: list[Alternative]) -> tuple[Alternative, ...]:
            return tuple(c)

        def alternative(self, c: list[Step]) -> Alternative:
            return tuple(c)

        def bytes(self, _: list[Any]) -> Piece:
            return Piece(None, BYTES, 0, 1, 0)

        def cls(self, c: list[Token]) -> str:
            return str(c[0])

        def fence(self, c: list[Token]) -> Fence:
            return Fence(str(c[0]).split()[1])

        def access(self, c: list[Any]) -> Piece:
            verb, cls, size, element, at, *modifiers = c
            words = {str(m) for m in modifiers}
            return Piece(
                str(verb),  # type: ignore[arg-type]  # the grammar admits only these verbs
                str(cls or "gpr"),
                int(size),
                int(element or size),
                int(at or 0),
                " ".join(word for word in ("acquire", "release") if word in words),
                "atomic" in words,
            )

        def loop(self, c: list[Any]) -> Loop:
            lead, verb, cls, *sizes = c
            return Loop(
                str(verb),  # type: ignore[arg-type]  # the grammar admits only these verbs
                str(cls or "gpr"),
                tuple(int(size) for size in sizes),
                int(lead or 1),
            )

    return AccessRules


def expand(alternative: Alternative, size: int) -> list[tuple[Piece | Fence, ...]]:
    """Return what an alternative becomes for an operation of `size` bytes, without loops.

    A loop with a lead becomes several. Raises Diagnostic where the pieces leave the operation.
    """
    found: list[tuple[Piece | Fence, ...]] = [()]
    for step in alternative:
        if isinstance(step, Loop):
            rounds = _unroll(step, size)
            found = [before + after for before in found for after in rounds]
        elif isinstance(step, Fence):
            found = [(*before, step) for before in found]
        else:
            piece = step if step.size else Piece(None, BYTES, size, 1, 0)
            if piece.at + piece.size > size:
                raise Diagnostic(
                    f"{piece.size} bytes at {piece.at} leave an operation of {size} bytes"
                )
            found = [(*before, piece) for before in found]
    return found


def _unroll(loop: Loop, size: int) -> list[tuple[Piece | Fence, ...]]:
    """Return the pieces of a loop for each number of leading bytes, without repetitions."""
    found: dict[tuple[Piece | Fence, ...], None] = {}
    for lead in range(loop.lead):
        at, pieces = 0, list[Piece | Fence]()
        sizes = [bit for bit in (1, 2, 4, 8, 16, 32) if lead & bit]
        for wanted in sizes:
            if at + wanted <= size:
                pieces.append(Piece(loop.verb, loop.cls, wanted, wanted, at))
                at += wanted
        for wanted in loop.sizes:
            while at + wanted <= size:
                pieces.append(Piece(loop.verb, loop.cls, wanted, wanted, at))
                at += wanted
        if at < size:
            raise Diagnostic(f"a loop of {loop.sizes} leaves {size - at} of {size} bytes over")
        found[tuple(pieces)] = None
    return list(found)


def steps(
    pieces: tuple[Piece | Fence, ...], *, reads: bool, place: Footprint, contract: tuple[str, str]
) -> tuple[Access | Fence, ...]:
    """Return the accesses of an operation that reads or writes a place.

    The other side of a copy mirrors the notation's verb, so the verb counts only for `rmw`.
    `contract` is the name and the source of what promises the pieces that are marked `atomic`.
    """
    made: list[Access | Fence] = []
    for piece in pieces:
        if isinstance(piece, Fence):
            made.append(piece)
        elif piece.verb == "rmw":
            load = _access(piece, "load", place, contract)
            made += [load, replace(load, kind="store")]
        else:
            made.append(_access(piece, "load" if reads else "store", place, contract))
    return tuple(made)


def _access(
    piece: Piece, kind: Literal["load", "store"], place: Footprint, contract: tuple[str, str]
) -> Access:
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
    )
