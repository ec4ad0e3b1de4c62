"""The access notation of the data files, as it is parsed: `grammar/access.lark`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from checker.diagnostic import Diagnostic
from checker.program import BYTES, Fence

MAX_TEXT = 4000
MAX_LEAD = 64
MAX_BLOCK = 256
"""Bytes of the largest block that a step may depend on: a cache line."""

Verb = Literal["load", "store", "rmw"]


@dataclass(frozen=True)
class Piece:
    """One access of an operation."""

    verb: Verb | None
    """None for bytes, which are loads or stores as the operation is."""
    cls: str
    size: int
    """0 for bytes: as many as the operation has."""
    element: int
    at: int
    """From the operation's first byte, or if negative, from its end."""
    order: str = ""
    atomic: bool = False
    around: bool = False
    """Whether it touches the aligned blocks of `size` bytes around the operation."""


@dataclass(frozen=True)
class Loop:
    """Pieces that follow one another until the operation's size is used up."""

    verb: Verb
    cls: str
    sizes: tuple[int, ...]
    lead: int = 1
    """Every number of leading bytes below this is tried: the other side's address decides it."""
    align: int = 1
    """Leading pieces go up to the next address that is a multiple of this."""
    down: bool = False
    """Whether it runs from the operation's last byte to its first."""


@dataclass(frozen=True)
class Zero:
    """Stores of zeros to the whole aligned blocks inside the operation: cache lines."""

    cls: str
    size: int


@dataclass(frozen=True)
class Merge:
    """Ordinary loads and stores of the aligned blocks that the operation touches."""

    cls: str
    size: int


Step = Piece | Loop | Zero | Merge | Fence
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
    if isinstance(step, Loop):
        if 0 in step.sizes or not 0 < step.lead <= MAX_LEAD:
            raise Diagnostic(f"a loop moves at least a byte, and leads with less than {MAX_LEAD}")
        _check_block(step.align)
        if step.down and (step.align, step.lead) != (1, 1):
            raise Diagnostic("a loop that runs down has no leading pieces")
    elif isinstance(step, (Zero, Merge)):
        _check_block(step.size)
    elif isinstance(step, Piece) and step.cls != BYTES:
        if step.size == 0:
            raise Diagnostic("an access of no bytes")
        if step.element == 0 or step.size % step.element:
            raise Diagnostic(f"{step.size} bytes are not made of elements of {step.element}")
        if step.around:
            _check_block(step.size)
            if step.verb == "store":
                raise Diagnostic(
                    "a store around an operation would need the bytes beside it",
                    None,
                    "merge, or rmw … around",
                )


def _check_block(size: int) -> None:
    if not 0 < size <= MAX_BLOCK or size & (size - 1):
        raise Diagnostic(f"{size} bytes are no aligned block", None, "a power of two")


@cache
def _rules() -> Any:
    from lark import Token, Transformer

    class AccessRules(Transformer[Token, Any]):
        """One method per rule of `grammar/access.lark`."""

        def start(self, c: list[Alternative]) -> tuple[Alternative, ...]:
            return tuple(c)

        def alternative(self, c: list[Step | None]) -> Alternative:
            return tuple(step for step in c if step is not None)

        def nothing(self, _: list[Any]) -> None:
            return None

        def bytes(self, _: list[Any]) -> Piece:
            return Piece(None, BYTES, 0, 1, 0)

        def cls(self, c: list[Token]) -> str:
            return str(c[0])

        def fence(self, c: list[Token | None]) -> Fence:
            return Fence(str(c[0]).split()[1], stored=c[1] is not None)

        def offset(self, c: list[Token]) -> int:
            text = str(c[0])
            return -int(text.split("-")[1]) if text.startswith("end") else int(text)

        def access(self, c: list[Any]) -> Piece:
            verb, cls, size, element, at, *modifiers = c
            words = {str(m) for m in modifiers}
            return Piece(
                str(verb),  # type: ignore[arg-type]  # the grammar admits only these verbs
                str(cls or "gpr"),
                int(size),
                int(element or size),
                at or 0,
                " ".join(word for word in ("acquire", "release") if word in words),
                "atomic" in words,
                "around" in words,
            )

        def zero(self, c: list[Any]) -> Zero:
            return Zero(str(c[0] or "gpr"), int(c[1]))

        def merge(self, c: list[Any]) -> Merge:
            return Merge(str(c[0] or "gpr"), int(c[1]))

        def lead(self, c: list[Token]) -> tuple[int, int]:
            return int(c[0]), 1

        def align(self, c: list[Token]) -> tuple[int, int]:
            return 1, int(c[0])

        def loop(self, c: list[Any]) -> Loop:
            start, down, verb, cls, *sizes = c
            lead, align = start or (1, 1)
            return Loop(
                str(verb),  # type: ignore[arg-type]  # the grammar admits only these verbs
                str(cls or "gpr"),
                tuple(int(size) for size in sizes),
                lead,
                align,
                down is not None,
            )

    return AccessRules
