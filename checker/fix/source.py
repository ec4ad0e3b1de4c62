"""The text of a C test by its syntax: where each call, access and declaration begins and ends."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from lark import Token, Tree

from checker.diagnostic import Position
from checker.language import directives
from checker.language.source import split
from checker.resources import cache_folder, data_folder
from checker.value import value

if TYPE_CHECKING:
    from lark import Lark

Node = Tree[Any]


@value
class Edit:
    """A piece of a text, from `start` to before `end`, and what stands there instead."""

    start: int
    end: int
    text: str


class OverlapError(ValueError):
    """Two edits of the same piece of a text."""


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """Return a text with all edits made; raises OverlapError.

    Insertions at one place stand in the order in which they are given.
    """
    parts, kept = [], 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < kept:
            raise OverlapError
        parts += [text[kept : edit.start], edit.text]
        kept = edit.end
    return "".join([*parts, text[kept:]])


@cache
def _parser() -> Lark:
    """Return a parser of the C dialect that keeps where everything stands."""
    from lark import Lark

    folder, store = data_folder("grammar"), cache_folder()
    return Lark(
        (folder / "c.lark").read_text("utf-8"),
        parser="lalr",
        lexer="basic",
        import_paths=[str(folder)],
        maybe_placeholders=True,
        propagate_positions=True,
        cache=str(store / "c.placed.grammar") if store else False,
    )


class Lines:
    """A litmus file by its lines; it must be well formed."""

    brace: int
    """Where the init block begins."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self.text = text
        self._lines = [0, *(m.end() for m in re.finditer("\n", text))]

    def position(self, offset: int) -> Position:
        """Return the line and column of a place."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def offset(self, at: Position) -> int:
        """Return the place of a line and column."""
        return self._lines[at[0] - 1] + at[1] - 1

    def line(self, offset: int) -> tuple[int, int]:
        """Return where the line with a place begins, and where it ends, without its newline."""
        start = self._lines[bisect_right(self._lines, offset) - 1]
        end = self.text.find("\n", start)
        return start, len(self.text) if end < 0 else end

    def edited(self, edits: tuple[Edit, ...]) -> str:
        """Return the text with all edits made; raises OverlapError."""
        return edited(self.text, edits)


class Text(Lines):
    """A litmus file in the C dialect."""

    def __init__(self, text: str) -> None:
        """Take the text apart; raises lark's UnexpectedInput where definitions carry syntax."""
        super().__init__(text)
        source = split(text)
        body, _ = directives.taken(source)
        self._delta = len(text) - len(body)
        self.tree: Node = _parser().parse(body)
        self.brace = self.start(self.nodes("init")[0])
        self.parents = {
            id(child): node
            for node in self.tree.iter_subtrees()
            for child in node.children
            if isinstance(child, Tree)
        }

    # --- places

    def start(self, node: Node | Token) -> int:
        """Return where a piece of syntax begins in the text."""
        at = node.start_pos if isinstance(node, Token) else node.meta.start_pos
        assert at is not None
        return int(at) + self._delta

    def end(self, node: Node | Token) -> int:
        """Return the place after its last character."""
        at = node.end_pos if isinstance(node, Token) else node.meta.end_pos
        assert at is not None
        return int(at) + self._delta

    def of(self, node: Node | Token) -> str:
        """Return a piece of syntax as it is written, comments and all."""
        return self.text[self.start(node) : self.end(node)]

    # --- syntax

    def nodes(self, *names: str, within: Node | None = None) -> list[Node]:
        """Return the pieces of some kinds, in the order of the text."""
        found = (within or self.tree).iter_subtrees()
        kept = [one for one in found if one.data in names and not one.meta.empty]
        return sorted(kept, key=lambda one: (self.start(one), -self.end(one)))

    def parent(self, node: Node) -> Node | None:
        """Return what a piece of syntax stands in."""
        return self.parents.get(id(node))

    def bodies(self) -> Iterator[Node]:
        """Yield the threads and functions."""
        yield from self.nodes("thread", "function")

    def around(self, offset: int) -> Node | None:
        """Return the thread or function that a place is in."""
        return next((n for n in self.bodies() if self.start(n) <= offset < self.end(n)), None)

    def at(self, offset: int) -> Node | None:
        """Return the smallest piece of syntax that a place is in."""
        inside = [n for n in self.tree.iter_subtrees() if not n.meta.empty]
        inside = [n for n in inside if self.start(n) <= offset < self.end(n)]
        return min(inside, key=lambda n: self.end(n) - self.start(n), default=None)

    def call(self, at: Position, name: str) -> Node | None:
        """Return the innermost call of a function around a position."""
        node = self.at(self.offset(at))
        while node is not None and not (node.data == "call" and str(node.children[0]) == name):
            node = self.parent(node)
        return node

    def assignment(self, at: Position) -> Node | None:
        """Return the assignment whose value, or whose `+=`, is at a position."""
        offset = self.offset(at)
        node = self.at(offset)
        while node is not None:
            if node.data == "assign" and offset >= self.start(node.children[1]):
                return node
            node = self.parent(node)
        return None

    def reads(self) -> dict[Position, Node]:
        """Return the expressions that may read memory, by the positions that drafts have."""
        found: dict[Position, Node] = {}
        for node in self.nodes("unary", "member_of", "member_at", "index", "name"):
            found.setdefault(self.position(self.start(mark(node))), node)
        return found


def mark(node: Node) -> Node | Token:
    """Return the part of an expression that its position is that of."""
    if node.data in ("member_of", "member_at"):
        return next(c for c in reversed(node.children) if isinstance(c, Token))
    return node


def arguments(call: Node) -> list[Node]:
    """Return what stands between a call's parentheses."""
    return [child for child in call.children[1:] if isinstance(child, Tree)]


def prefixed(node: Node, sign: str) -> Node | None:
    """Return what a prefix operator stands before, or None where it is no such expression."""
    if node.data == "unary" and str(node.children[0].children[0]) == sign:
        of = node.children[1]
        return of if isinstance(of, Tree) else None
    return None
