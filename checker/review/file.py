"""Override files: TOML of the shape of the shipped `lowering.toml`, with a claim for each size.

title = "[PATCH v3 2/4] put_user_atomic()"
[arm.put_user_atomic]
contract = "atomic"                       # of all sizes, or a table by size
code = { 1 = "store 1", 4 = "store 4" }   # access notation
asm."8 if lpae" = "strd …"                # or the architecture's own assembly
align = 4                                 # else the size
refuse = [16]                             # sizes that are not to build
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from checker import arch as archs
from checker.arch.kernel import COMPLETE, Kernel, supported
from checker.arch.schema import IDEAL
from checker.diagnostic import Diagnostic, Position, nearest
from checker.inline import assembly
from checker.litmus import Override
from checker.lowering import notation, select
from checker.lowering.notation import Piece
from checker.program import Fence
from checker.prove.question import not_alone, questions
from checker.review.answer import ATOMIC, Entry, File, Section
from checker.review.places import Places
from checker.table import MAX_ALIGN, SIZES
from checker.table.question import partners

_KEYS = ("contract", "code", "asm", "align", "refuse", "source")
_WHOLE = re.compile(r"(?:load|store) (\d{1,4}) atomic$")
_TOP = ("title", "kernel")
MAX_FILE = 1 << 20
"""Bytes of the largest file that is read."""


def read(path: str, kernel: Kernel | None = None) -> tuple[File, Kernel]:
    """Return an override file and the kernel it is about; `kernel` holds before the file's own.

    Raises Diagnostic where it cannot be read or used.
    """
    try:
        raw = Path(path).read_bytes()
        if len(raw) > MAX_FILE:
            raise Diagnostic("more than a megabyte", hint="an override file is a page or two")
        return _Reader(path, raw.decode("utf-8"), kernel).file()
    except OSError as error:
        raise Diagnostic(error.strerror or "cannot be read", file=path) from None
    except UnicodeDecodeError:
        raise Diagnostic("this is not text in UTF-8", file=path) from None
    except Diagnostic as problem:
        problem.file = problem.file or path
        raise


class _Reader:
    """One file being read."""

    def __init__(self, path: str, text: str, kernel: Kernel | None) -> None:
        self._path, self._text = path, text
        self._where = Places(text)
        try:
            self._tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _not_toml(str(error)) from None
        named = self._word(self._tables, "kernel", (), "")
        try:
            self.kernel = kernel or (supported(named) if named else COMPLETE)
        except Diagnostic as problem:
            problem.at = self._where.of((), "kernel")
            raise

    def file(self) -> tuple[File, Kernel]:
        """Return everything the file says; raises Diagnostic."""
        sections = tuple(self._sections())
        if not sections:
            raise Diagnostic(
                "there is no override here", (1, 1), "as in [arm64.put_user_atomic]"
            )  # fmt: skip
        title = self._word(self._tables, "title", (), "")
        kernel = self._word(self._tables, "kernel", (), "")
        return File(self._path, title, kernel, sections), self.kernel

    def _sections(self) -> Iterator[Section]:
        seen: set[tuple[str, str]] = set()
        for name, of_arch in self._tables.items():
            if name in _TOP:
                continue
            at = self._where.of((name,))
            if not isinstance(of_arch, dict):
                hint = nearest(name, (*_TOP, *archs.names()))
                raise Diagnostic(f"`{name}` is no key of an override file", at, hint)
            try:
                target = archs.target(name, self.kernel)
            except Diagnostic as problem:
                problem.at = at
                raise
            if {"+", "@"} & set(name):
                hint = f'[{target.arch.name}.…], with "8 if {min(target.features, default="f")}"'
                raise Diagnostic(f"`{name}` names more than an architecture", at, hint)
            for operation, table in of_arch.items():
                found = self._section(target, (name, operation), operation, table)
                if (found.arch, found.operation) in seen:
                    raise Diagnostic(
                        f"{found.operation} of {found.arch} stands twice", found.at, "as one table"
                    )
                seen.add((found.arch, found.operation))
                yield found

    def _section(
        self, target: archs.Target, path: tuple[str, ...], operation: str, table: Any
    ) -> Section:
        at = self._where.of(path)
        if not isinstance(table, dict):
            raise Diagnostic(f"`{operation}` is no table", at, f"[{target.arch.name}.{operation}]")
        name = select.canonical(operation) or operation
        try:
            sides = partners(name)
        except Diagnostic as problem:
            problem.at = at
            raise
        if len(sides) > 1:
            raise Diagnostic(
                f"{operation}() both reads and writes", at,
                "a review is of what loads or stores a value, as put_user_atomic() does",
            )  # fmt: skip
        for key in table:
            if key not in _KEYS:
                hint = nearest(key, _KEYS) or f"it may have {', '.join(_KEYS)}"
                raise Diagnostic(f"an override has no `{key}`", self._where.of(path, key), hint)
        refused = self._refused(target, table, path)
        entries = list(self._entries(target, path, name, table))
        for entry in entries:
            if (entry.size, ()) in refused:
                raise Diagnostic(
                    f"{entry.size} bytes are refused, and have code", entry.at, "leave out one"
                )
        if not entries and not refused:
            raise Diagnostic("no size has any code here", at, 'code = { 8 = "store 8" }')
        source = self._word(table, "source", path, "")
        return Section(target.arch.name, name, source, tuple(entries), refused, at)

    # --- entries

    def _entries(
        self, target: archs.Target, path: tuple[str, ...], operation: str, table: dict[str, Any]
    ) -> Iterator[Entry]:
        """Yield the overrides in the order of the file, those in notation first."""
        claims = self._claims(target, path, table)
        for kind in ("code", "asm"):
            for key, text in self._by_size(table, kind, path).items():
                at = self._where.of((*path, kind), key, (*path, kind))
                for size in self._sizes(key, operation, at):
                    needs = self._needs(key, target, at)
                    having = archs.target("+".join((target.arch.name, *needs)), self.kernel)
                    read, start = self._accesses(kind, str(text), at, operation, size, having)
                    claim = _fitting(claims, size, having)
                    entry = Entry(
                        target.arch.name, operation, size, needs, read.notation,
                        text.strip("\n") if kind == "asm" else "", read.instructions, read.retried,
                        claim, self._align(table, path, size), start,
                    )  # fmt: skip
                    self._check(entry, having)
                    yield entry

    def _accesses(
        self, kind: str, text: str, at: Position, operation: str, size: int, target: archs.Target
    ) -> tuple[assembly.Read, Position]:
        """Return what a text says in access notation, and where it begins."""
        if kind == "code":
            return assembly.Read(select.one_line(text), 0, False), at
        start = self._where.text(at)
        stores: assembly.Kind = "store" if "load" in partners(operation) else "load"
        return assembly.read(text, start, stores, size, target), start

    def _check(self, entry: Entry, target: archs.Target) -> None:
        """Refuse accesses that the architecture does not have, and those that no machine has."""
        for text in (entry.code, entry.claim):
            if text == ATOMIC:
                continue
            one = Override(target.name, entry.operation, entry.size, text, entry.at, entry.at)
            select.select(
                entry.operation, entry.size, target, "code", select.NOTHING, (one,)
            )  # fmt: skip
            for step in (step for steps in notation.parse(text) for step in steps):
                if isinstance(step, Piece) and step.cls == IDEAL:
                    raise Diagnostic("no instruction is of the class `ideal`", entry.at)
                ordered = isinstance(step, Fence) or (isinstance(step, Piece) and step.order)
                if text is entry.claim and ordered:
                    raise Diagnostic(
                        f"the claim `{text}` is about ordering too", entry.at,
                        "a review is of what is torn: litmus check has tests for what is ordered",
                    )  # fmt: skip

    def _claims(
        self, target: archs.Target, path: tuple[str, ...], table: dict[str, Any]
    ) -> _Claims:
        found = []
        for key, text in self._by_size(table, "contract", path).items():
            at = self._where.of((*path, "contract"), key, (*path, "contract"))
            sizes, _ = self._size_key(key, at)
            said = select.one_line(str(text))
            spelled = _WHOLE.match(said)  # as the shipped data spells it
            if spelled and [one for one in SIZES if one in sizes] == [int(spelled[1])]:
                said = ATOMIC
            if said != ATOMIC and re.search(r"\batomic\b", said):
                raise Diagnostic(
                    f"`{said}` is no claim", at,
                    'contract = "atomic", or accesses that it is held against',
                )  # fmt: skip
            found.append((sizes, frozenset(self._needs(key, target, at)), said))
        return found

    def _by_size(self, table: dict[str, Any], key: str, path: tuple[str, ...]) -> Mapping[str, Any]:
        """Return a key that may be one text for every size, or a table by size."""
        held = table.get(key, {})
        at = self._where.of((*path, key), "", (*path, key)) if key in table else None
        if isinstance(held, str) and key == "contract":
            return {"*": held}
        if not isinstance(held, dict) or not all(isinstance(one, str) for one in held.values()):
            raise Diagnostic(f"`{key}` is no table of texts", at, f'{key} = {{ 8 = "…" }}')
        return held

    def _size_key(self, key: str, at: Position) -> tuple[range, tuple[str, ...]]:
        try:
            return select.size_key(key)
        except Diagnostic as problem:
            raise Diagnostic(problem.message, at, problem.hint) from None

    def _sizes(self, key: str, operation: str, at: Position) -> list[int]:
        """Return the sizes that a key names; raises Diagnostic where there is none such."""
        named, _ = self._size_key(key, at)
        partner = partners(operation)[0]
        every = [one for one in SIZES if questions(operation, one, one, partner, "same")]
        if not every:
            problem = not_alone(operation)
            problem.at = at
            raise problem
        found = [one for one in every if one in named]
        if not found:
            raise Diagnostic(
                f"{operation} has no size `{key}`", at, f"it has {', '.join(map(str, every))} bytes"
            )
        return found

    def _needs(self, key: str, target: archs.Target, at: Position) -> tuple[str, ...]:
        _, conditions = self._size_key(key, at)
        known = [one.name for one in target.arch.features]
        for one in conditions:
            if one not in known:
                hint = nearest(one, known) or f"{target.arch.name} has {', '.join(known) or 'none'}"
                raise Diagnostic(f"`{one}` is not a feature of {target.arch.name}", at, hint)
        try:
            archs.target("+".join((target.arch.name, *conditions)), self.kernel)
        except Diagnostic as problem:
            problem.at = at
            raise
        return conditions

    # --- single keys

    def _align(self, table: dict[str, Any], path: tuple[str, ...], size: int) -> int:
        align = table.get("align", size)
        if (
            not isinstance(align, int) or isinstance(align, bool)
            or not 0 < align <= MAX_ALIGN or align & (align - 1)
        ):  # fmt: skip
            raise Diagnostic(
                f"an alignment of {align} bytes", self._where.of(path, "align"),
                f"a power of two to {MAX_ALIGN}",
            )  # fmt: skip
        return align

    def _refused(
        self, target: archs.Target, table: dict[str, Any], path: tuple[str, ...]
    ) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Return the sizes that are not to build, and where: `16`, or `"8 if v6"`."""
        refused = table.get("refuse", [])
        at = self._where.of(path, "refuse") if "refuse" in table else (1, 1)
        if not isinstance(refused, list) or not all(type(one) in (int, str) for one in refused):
            raise Diagnostic("`refuse` is no list of sizes", at, 'as in refuse = [16, "8 if f"]')
        found = []
        for one in refused:
            sizes, _ = self._size_key(str(one), at)
            if not any(size in sizes for size in SIZES):
                known = ", ".join(map(str, SIZES))
                raise Diagnostic(f"`{one}` is not a size that there is", at, f"out of {known}")
            needs = self._needs(str(one), target, at)
            found += [(size, needs) for size in SIZES if size in sizes]
        return tuple(found)

    def _word(self, table: Mapping[str, Any], key: str, path: tuple[str, ...], other: str) -> str:
        found = table.get(key, other)
        if not isinstance(found, str):
            raise Diagnostic(f"`{key}` is no text", self._where.of(path, key), f'{key} = "…"')
        return found


_Claims = list[tuple[range, frozenset[str], str]]
"""Sizes, features that are needed, and what is claimed."""


def _fitting(claims: _Claims, size: int, target: archs.Target) -> str:
    """Return what is claimed of a size on a machine with some features."""
    found = (one for sizes, has, one in claims if size in sizes and has <= target.features)
    return next(found, ATOMIC)


def _not_toml(message: str) -> Diagnostic:
    match = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    at = (int(match[1]), int(match[2])) if match and match[1] else (1, 1)
    return Diagnostic(f"not TOML: {message.split(' (at ', maxsplit=1)[0]}", at)
