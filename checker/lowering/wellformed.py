"""What is said of a `lowering.toml` that is not as it should be: file, line, key and hint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from checker import arch as archs
from checker.arch import folders, kernel
from checker.arch.schema import Architecture
from checker.arch.wellformed import Complaint
from checker.diagnostic import Diagnostic, nearest
from checker.lowering import expand, faults, notation, select
from checker.lowering.operations import BARRIERS
from checker.program import BYTES, Fence

_KEYS = ("contract", "code", "source", "contract_source", "code_source", "fault", "unchanged")
_DATED = ("before", "since")
_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128)
"""Sizes in bytes that a notation is tried with, where its key admits them."""

Tables = Mapping[str, Any]


def use(paths: tuple[str, ...]) -> None:
    """Read a user's folders after the shipped data, and check all that they say.

    Raises Diagnostic, and reads none of them then.
    """
    before = folders.chosen()
    folders.use(paths)
    try:
        for name in folders.touched():
            check_family(name)
    except Diagnostic:
        folders.use(before)
        raise


def check_family(name: str) -> None:
    """Raise Diagnostic for the first thing in a family's lowerings that is not as it should be."""
    architectures = {one.name: one for one in archs.family(name)}
    for path in folders.files(name, "lowering.toml"):
        check(path, folders.read(path), architectures)


def check(path: Path, data: Tables, architectures: Mapping[str, Architecture]) -> None:
    """Raise Diagnostic for the first thing in one file that is not as it should be."""
    complaint = Complaint(path)
    known = archs.operations()
    for name, operations in data.items():
        if name not in architectures:
            hint = nearest(name, architectures) or f"known are {', '.join(architectures)}"
            complaint.fail(f"the family has no architecture `{name}`", hint, name)
        if not isinstance(operations, dict):
            complaint.fail(f"`{name}` is not a table of operations", "", "", name)
        for operation, table in operations.items():
            where = f"{name}.{operation}"
            if operation not in known:
                hint = nearest(operation, known)
                complaint.fail(f"`{operation}` is not an operation", hint, where)
            _Table(complaint, architectures[name], where).check(table, dated=True)


class _Table:
    """One operation's table on one architecture, and those for other kernels inside it."""

    def __init__(self, complaint: Complaint, arch: Architecture, where: str) -> None:
        self._complaint = complaint
        self._arch = arch
        self._where = where
        self._moves = where.split(".")[1] not in BARRIERS

    def check(self, table: Any, *, dated: bool) -> None:
        """Refuse what the table must not say, and a lowering without a source."""
        if not isinstance(table, dict):
            self._complaint.fail(f"[{self._where}] is not a table", "", self._where)
        known = (*_KEYS, *_DATED) if dated else _KEYS
        for key, value in table.items():
            if key not in known:
                hint = nearest(key, known) or f"it may have {', '.join(known)}"
                self._fail(f"has an unknown key `{key}`", hint, key)
            if key in _DATED:
                self._versions(key, value)
            elif key in ("contract", "code"):
                if not (table.get("source") or table.get(f"{key}_source")):
                    self._fail("lacks `source`", "the file it was read in, with its version", key)
                self._entries(key, value)
            elif not isinstance(value, str) or not value.strip():
                self._fail(f"{key} is {value!r}", "a text", key)
        if table.get("fault", "stop") not in faults.POLICIES:
            self._fail(f"fault is `{table['fault']}`", " or ".join(faults.POLICIES), "fault")
        if table.get("unchanged", "stored") not in ("stored", "kept"):
            self._fail(f"unchanged is `{table['unchanged']}`", "stored or kept", "unchanged")

    def _fail(self, message: str, hint: str, *keys: str) -> None:
        inner, key = self._where, keys[0]
        if len(keys) > 1 and self._complaint.has(f"{inner}.{key}"):
            inner, key = f"{inner}.{key}", keys[1]
        self._complaint.fail(f"[{self._where}] {message}", hint, inner, key)

    def _versions(self, key: str, tables: Any) -> None:
        if not isinstance(tables, dict):
            self._fail(f"{key} is no table", f'[{self._where}.{key}."6.4"]', key)
        for version, table in tables.items():
            try:
                kernel.bound(version)
            except Diagnostic as problem:
                hint = problem.hint if isinstance(table, dict) else "quote it"
                self._fail(f"{key}: {problem.message}", f'{hint}: {key}."6.4"', key)
            inner = f'{self._where}.{key}."{version}"'
            _Table(self._complaint, self._arch, inner).check(table, dated=False)

    # --- the entries of a layer

    def _entries(self, layer: str, entries: Any) -> None:
        if isinstance(entries, str):
            entries = {"*": entries}
        if not isinstance(entries, dict) or not entries:
            self._fail(
                f"{layer} is {entries!r}", "a notation, or a table from sizes to them", layer
            )
        taken: list[tuple[str, range]] = []
        for key, text in entries.items():
            sizes, conditions = self._size_key(layer, key)
            for other, covered in taken:
                if sizes[0] in covered and sizes[-1] in covered:
                    self._fail(f"{layer} `{key}` never holds", f"`{other}` before it", layer, key)
            if not conditions:
                taken.append((key, sizes))
            if not isinstance(text, str):
                self._fail(f"{layer} `{key}` is {text!r}", "a notation", layer, key)
            self._notation(layer, key, text, sizes)

    def _size_key(self, layer: str, key: str) -> tuple[range, tuple[str, ...]]:
        try:
            sizes, conditions = select.size_key(key)
        except Diagnostic as problem:
            self._fail(f"{layer}: {problem.message}", problem.hint, layer, key)
            raise
        features = [feature.name for feature in self._arch.features]
        for condition in conditions:
            match condition.split():
                case ["align" | "source", number] if number.isdecimal() and int(number) > 0:
                    pass
                case ["constant"]:
                    pass
                case [name] | ["not", name] if name in features:
                    pass
                case _:
                    hint = nearest(condition.removeprefix("not "), [*features, "constant"])
                    self._fail(
                        f"{layer} `{key}`: `{condition}` is no condition",
                        hint or "a feature, `not` one, align N, source N or constant", layer, key,
                    )  # fmt: skip
        return sizes, conditions

    def _notation(self, layer: str, key: str, text: str, sizes: range) -> None:
        try:
            alternatives = notation.parse(text)
            for step in (step for alternative in alternatives for step in alternative):
                if not isinstance(step, Fence) and step.cls not in (BYTES, *self._arch.classes):
                    hint = nearest(step.cls, self._arch.classes)
                    raise Diagnostic(f"there is no instruction class `{step.cls}`", None, hint)
            for alternative in alternatives:
                for size in _tried(sizes):
                    for address in range(expand.modulus(alternative)):
                        for parts in expand.expand(alternative, size, address):
                            if self._moves and not expand.covers(parts, size):
                                raise Diagnostic(f"`{text}` does not cover its {size} bytes")
        except Diagnostic as problem:
            self._fail(f"{layer} `{key}`: {problem.message}", problem.hint, layer, key)


def _tried(sizes: range) -> Iterator[int]:
    yield from (size for size in sorted({*_SIZES, sizes[0]}) if size in sizes)
