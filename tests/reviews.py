"""Overrides and what `litmus review` finds of them, for its tests."""

from __future__ import annotations

from pathlib import Path

from checker.review import Request, opened, review
from checker.review.answer import Review, Reviewed


def reviewed(text: str, folder: Path) -> Review:
    path = folder / "overrides.toml"
    path.write_text(text, "utf-8")
    return review(opened(Request(str(path))), 1, lambda _: None)


def only(text: str, folder: Path, size: int = 8) -> Reviewed:
    found = reviewed(text, folder)
    assert not found.problems
    return next(one for one in found.sizes if one.size == size)


def of(arch: str, size: int, code: str, more: str = "") -> str:
    return f'[{arch}.put_user_atomic]\ncode = {{ {size} = "{code}" }}\n{more}\n'
