"""Fences between two statements of a thread, and stronger ones where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lark import Tree

from checker.fix.change import Change
from checker.fix.source import Edit, Node, Text
from checker.lowering.draft import Draft, Sketch

_RANK = {"wmb": 1, "rmb": 1, "mb": 2}

_FENCE = re.compile(r"(smp_|virt_|dma_|)(mb|rmb|wmb)$|barrier$")

_STATEMENTS = (
    "block", "declaration", "evaluate", "if_", "while_", "do_", "for_", "exit", "nothing",
)  # fmt: skip


class Gap:
    """The place before a statement that follows another one."""

    def __init__(self, text: Text, before: Node, statement: Node) -> None:
        """Keep the statement before which a fence can stand, and the one after which it does."""
        self.before, self.statement = before, statement
        self.at = text.start(statement)
        body = text.around(self.at)
        self.style = "virt" if body and re.search(r"\bvirt_\w+\(", text.of(body)) else "smp"
        start, _ = text.line(self.at)
        indent = text.text[start : self.at]
        self.joint = f"\n{indent}" if not indent.strip() else " "

    def edit(self, *fences: str) -> Edit:
        """Return the insertion of fences, `wmb` and so on."""
        text = "".join(f"{self.style}_{fence}();{self.joint}" for fence in fences)
        return Edit(self.at, self.at, text)


class Fences:
    """The fences that a test could have."""

    def __init__(self, text: Text, sketches: list[Sketch]) -> None:
        """Find the gaps between statements that access memory."""
        self._text = text
        self._drafts = [d for one in sketches for d in one.drafts]
        self.gaps = [gap for gap in self._between() if self._kinds(gap)]

    def changes(self) -> Iterator[Change]:
        """Yield the changes in the order of the text."""
        text = self._text
        for gap in self.gaps:
            for fence in self._kinds(gap):
                before = " ".join(text.of(gap.statement).split())
                before = before if len(before) < 40 else f"{before[:38]}…"
                says = f"{gap.style}_{fence}() before `{before}`"
                at = text.position(gap.at)
                yield Change("fence", says, at, (gap.edit(fence),), _RANK[fence], f"gap {gap.at}")
        for call in self._calls():
            name = str(call.children[0])
            stronger = f"{'virt' if name.startswith('virt') else 'smp'}_mb"
            if name.endswith("mb") and not name.endswith(("rmb", "wmb")):
                continue
            start, at = text.start(call), text.position(text.start(call))
            edit = Edit(start, start + len(name), stronger)
            yield Change("fence", f"{name}() becomes {stronger}()", at, (edit,), 3, f"at {at}")

    def everywhere(self) -> tuple[Edit, ...]:
        """Return every fence in every gap: no fence there can do more."""
        return tuple(gap.edit("wmb", "rmb", "mb") for gap in self.gaps)

    def _calls(self) -> list[Node]:
        return [n for n in self._text.nodes("call") if _FENCE.match(str(n.children[0]))]

    def _between(self) -> Iterator[Gap]:
        for block in self._text.nodes("block"):
            found = [c for c in block.children if isinstance(c, Tree) and c.data in _STATEMENTS]
            found = [c for c in found if not c.meta.empty]
            for before, statement in pairwise(found):
                if not self._is_fence(before):
                    yield Gap(self._text, before, statement)

    def _is_fence(self, statement: Node) -> bool:
        """Whether a statement is a fence: one before it does as well as one behind it."""
        calls = self._text.nodes("call", within=statement)
        return len(calls) == 1 and bool(_FENCE.match(str(calls[0].children[0])))

    def _kinds(self, gap: Gap) -> list[str]:
        """Return the fences that have something to order at a gap."""
        body = self._text.around(gap.at)
        if body is None:
            return []
        if body.data == "function":
            return ["wmb", "rmb", "mb"]
        number = int(str(body.children[0])[1:])
        inside = range(self._text.start(body), self._text.end(body))
        early, late = set[str](), set[str]()
        for draft in self._drafts:
            if draft.thread == number and draft.kind != "fence":
                offset = self._text.offset(draft.at)
                within = offset in inside
                if not within or offset < gap.at or self._loops(gap):
                    early |= _does(draft)
                if not within or offset >= gap.at or self._loops(gap):
                    late |= _does(draft)
        if not early or not late:
            return []
        kinds = ["wmb"] if "store" in early & late else []
        kinds += ["rmb"] if "load" in early & late else []
        return [*kinds, "mb"]

    def _loops(self, gap: Gap) -> bool:
        """Whether a gap is in a loop, where what follows also comes before."""
        node: Node | None = gap.statement
        while node is not None:
            if node.data in ("while_", "do_", "for_"):
                return True
            node = self._text.parent(node)
        return False


def _does(draft: Draft) -> set[str]:
    return {"load", "store"} if draft.kind == "rmw" else {draft.kind}
