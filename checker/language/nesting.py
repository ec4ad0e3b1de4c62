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
            here = getattr(node, "at", None) or at
            if depth >= MAX_NESTING:
                raise Diagnostic(
                    f"{name} is nested more than {MAX_NESTING} deep", here or (1, 1),
                    "split it, or keep parts of it in local variables",
                )  # fmt: skip
            waiting += [(getattr(node, field), depth + 1, here) for field in fields]
