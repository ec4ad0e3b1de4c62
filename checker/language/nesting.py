"""A bound on how deep a test may be nested: everything that reads a syntax tree recurses."""

from __future__ import annotations

from typing import Any

from checker.diagnostic import Diagnostic, Position

MAX_NESTING = 100
"""Levels of the syntax tree. A level of statements costs six frames of Python's thousand."""


def bound(tree: Any, name: str = "the test") -> None:
    """Raise Diagnostic where a syntax tree has more than `MAX_NESTING` levels; never recurses."""
    waiting: list[tuple[Any, int, Position | None]] = [(tree, 0, None)]
    while waiting:
        node, depth, at = waiting.pop()
        if isinstance(node, (tuple, list)):
            waiting += [(item, depth, at) for item in node]
        elif fields := getattr(node, "__dataclass_fields__", None):
            at = _position(node) or at
            if depth >= MAX_NESTING:
                raise Diagnostic(
                    f"{name} is nested more than {MAX_NESTING} deep", at or _first_position(node),
                    "split it, or keep parts of it in local variables",
                )  # fmt: skip
            waiting += [(getattr(node, field), depth + 1, at) for field in fields]


def _position(node: Any) -> Position | None:
    at: Position | None = getattr(node, "at", None)
    return at if at and at[0] else None


def _first_position(tree: Any) -> Position:
    """Return the position of some node of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (tuple, list)):
            waiting += reversed(node)
        elif fields := getattr(node, "__dataclass_fields__", None):
            if at := _position(node):
                return at
            waiting += [getattr(node, field) for field in reversed(fields)]
    return (1, 1)
