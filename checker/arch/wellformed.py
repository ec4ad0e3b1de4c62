"""What is said of an `arch.toml` without the shape of `schema.py`: file, line, key and hint."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from checker.arch import kernel
from checker.arch.folders import shown
from checker.arch.schema import AXIOMS, EVIDENCE, MEMORY
from checker.diagnostic import Diagnostic, nearest

Tables = Mapping[str, Any]


def _is_text(found: Any) -> bool:
    return isinstance(found, str) and bool(found.strip())


def _is_texts(found: Any) -> bool:
    return isinstance(found, list) and all(_is_text(one) for one in found)


def _is_size(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and found > 0


def _is_block(found: Any) -> bool:
    return _is_size(found) and found & (found - 1) == 0


def _is_kernel(found: Any) -> bool:
    try:
        return bool(kernel.bound(found))
    except (Diagnostic, TypeError):
        return False


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (_is_text, "a text"),
    "texts": (_is_texts, 'a list of names, as in ["lse2"]'),
    "sizes": (
        lambda found: isinstance(found, list) and bool(found) and all(map(_is_size, found)),
        "a list of sizes in bytes, as in [4, 8]",
    ),
    "flag": (lambda found: isinstance(found, bool), "true or false"),
    "block": (_is_block, "a power of two, in bytes"),
    "align": (
        lambda found: found in ("size", "element") or _is_block(found),
        '"size", "element", or a power of two in bytes',
    ),
    "unit": (
        lambda found: found in ("whole", "element", "block") or _is_size(found),
        '"whole", "element", "block", or a number of bytes',
    ),
    "evidence": (lambda found: found in EVIDENCE, " or ".join(EVIDENCE)),
    "memory": (
        lambda found: _is_texts(found) and set(found) <= set(MEMORY),
        f"a list out of {', '.join(MEMORY)}",
    ),
    "kernel": (_is_kernel, 'a kernel version, as in "6.12"'),
    "word": (lambda found: found in (4, 8), "4 or 8 bytes"),
    "endian": (lambda found: found in ("little", "big"), '"little" or "big"'),
    "handler": (lambda found: found in ("stops", "emulates"), '"stops" or "emulates"'),
    "kind": (lambda found: found in AXIOMS, " or ".join(AXIOMS)),
    "table": (lambda found: isinstance(found, dict), "a table"),
    "tables": (lambda found: isinstance(found, list), "tables in double brackets"),
    "lists": (
        lambda found: isinstance(found, dict) and all(map(_is_texts, found.values())),
        'a table of lists of features, as in { arm64 = ["v8"] }',
    ),
    "alignments": (
        lambda found: (
            isinstance(found, dict)
            and all(key.isdecimal() and _is_block(align) for key, align in found.items())
        ),
        "a table from size to alignment, as in { 8 = 4 }",
    ),
}
"""What a key may hold: a test, and how it is described."""

_SCOPE = {
    "id!": "text", "arch!": "texts", "says!": "text", "class!": "texts", "size": "sizes",
    "element": "sizes", "needs": "texts", "lacks": "texts", "memory": "memory",
    "evidence!": "evidence", "source!": "text", "note": "text",
}  # fmt: skip
SHAPES: dict[str, dict[str, str]] = {
    "file": {
        "family!": "text", "title!": "text", "unpromised": "texts", "retried": "texts",
        "loads": "texts", "instructions": "lists", "unordered": "texts",
        "memory": "table",
        "arch!": "table", "rule": "tables", "fault": "tables", "axiom": "tables",
        "order": "tables", "gap": "tables",
    },
    "arch": {
        "title!": "text", "aliases": "texts", "word!": "word", "endian!": "endian",
        "align": "alignments", "source!": "text", "features": "table", "guest": "lists",
        "atomic64": "block",
    },
    "feature": {
        "says!": "text", "implies": "texts", "excludes": "texts", "source!": "text",
        "endian": "endian", "since": "kernel", "atomic64": "block",
    },
    "memory": {"says!": "text", "source!": "text"},
    "rule": _SCOPE
    | {"align": "align", "within": "block", "block": "block", "unit!": "unit", "rmw": "flag"},
    "fault": _SCOPE | {"align!": "align", "handler!": "handler"},
    "order": {
        "file!": "text", "arch!": "texts", "needs": "texts", "evidence!": "evidence",
        "source!": "text", "note": "text",
    },
    "axiom": {
        "id!": "text", "kind!": "kind", "arch!": "texts", "says!": "text", "needs": "texts",
        "memory": "memory", "evidence!": "evidence", "source!": "text", "note": "text",
    },
    "gap": {
        "id!": "text", "arch!": "texts", "feature": "text", "operations!": "texts",
        "size": "sizes", "says!": "text", "source!": "text",
    },
}  # fmt: skip
"""The keys of each table, those that it must have with a `!`, and what each holds."""


def check(files: Sequence[tuple[Path, Tables]], merged: Tables) -> None:
    """Raise Diagnostic for the first thing in a family's files that is not as it should be.

    `merged` is what the files say together: a file that adds to a family need not repeat it.
    """
    for path, data in files:
        complaint = Complaint(path)
        complaint.shape(data, "file", "", whole=False)
        for name, one in data.get("arch", {}).items():
            if not isinstance(one, dict):
                complaint.fail(f"[arch.{name}] is not a table", "", "", "arch")
            _arch(name, data, merged, complaint)
        for name, one in data.get("memory", {}).items():
            if name not in MEMORY[1:]:
                hint = nearest(name, MEMORY[1:]) or f"one of {', '.join(MEMORY[1:])}"
                complaint.fail(f"there is no memory type `{name}`", hint, f"memory.{name}")
            complaint.shape(one, "memory", f"memory.{name}")
        for kind in ("rule", "fault", "axiom", "gap"):
            for number, one in enumerate(data.get(kind, [])):
                _listed(kind, number, one, merged, complaint)
        for number, one in enumerate(data.get("order", [])):
            where = f"order number {number + 1}"
            complaint.shape(one, "order", where)
            complaint.names(one["arch"], merged["arch"], "the family has no architecture", where)
            if not any((other.parent / one["file"]).is_file() for other, _ in files):
                complaint.fail(
                    f"there is no file `{one['file']}`", "beside arch.toml", where, "file"
                )
    Complaint(files[0][0]).shape(merged, "file", "")
    for name, one in merged["arch"].items():
        path = next(path for path, data in files if name in data.get("arch", {}))
        Complaint(path).shape(one, "arch", f"arch.{name}")


def _arch(name: str, data: Tables, merged: Tables, complaint: Complaint) -> None:
    here = f"arch.{name}"
    table = data["arch"][name]
    complaint.shape(table, "arch", here, whole=False)
    features = table.get("features", {})
    known = merged["arch"][name].get("features", {})
    for feature, one in features.items():
        where = f"{here}.features.{feature}"
        complaint.shape(one, "feature", where)
        for key in ("implies", "excludes"):
            complaint.names(one.get(key, []), known, f"{name} has no feature", where, key)
    for host in table.get("guest", {}):
        complaint.names([host], merged["arch"], "the family has no architecture", f"{here}.guest")
    for host, has in table.get("guest", {}).items():
        complaint.names(has, known, f"{name} has no feature", f"{here}.guest", host)


def _listed(kind: str, number: int, one: Any, merged: Tables, complaint: Complaint) -> None:
    if not isinstance(one, dict):
        complaint.fail(
            f"{kind} holds {_toml(one)}", f"tables in double brackets: [[{kind}]]", "", kind
        )
    identity = str(one.get("id", f"number {number + 1}"))
    where = f"{kind} {identity}"
    complaint.shape(one, kind, where)
    complaint.names(one["arch"], merged["arch"], "the family has no architecture", where, "arch")
    for arch in one["arch"]:
        known = merged["arch"][arch].get("features", {})
        for key in ("needs", "lacks"):
            complaint.names(one.get(key, []), known, f"{arch} has no feature", where, key)
        named = [one["feature"]] if "feature" in one else []
        complaint.names(named, known, f"{arch} has no feature", where, "feature")


class Complaint:
    """Says where in a data file something is wrong."""

    def __init__(self, path: Path) -> None:
        """Keep the file's path; its text is read again only when there is something to say."""
        self._path = path

    def fail(self, message: str, hint: str, where: str, key: str = "") -> None:
        """Raise a Diagnostic at a key of a table, or at the table."""
        raise Diagnostic(message, self._position(where, key), hint, shown(self._path))

    def shape(self, table: Any, kind: str, where: str, *, whole: bool = True) -> None:
        """Refuse keys that the kind of table does not have, and wrong values of those it has."""
        known = {key.rstrip("!"): holds for key, holds in SHAPES[kind].items()}
        here = f"[{where}] " if where else ""
        if not isinstance(table, dict):
            self.fail(f"{here}is not a table", "", where)
        for key, found in table.items():
            if key not in known:
                hint = nearest(key, known) or f"it may have {', '.join(known)}"
                self.fail(f"{here}has an unknown key `{key}`".strip(), hint, where, key)
            fits, described = _KINDS[known[key]]
            if not fits(found):
                self.fail(f"{here}{key} is {_toml(found)}", described, where, key)
        for key in SHAPES[kind]:
            if whole and key.endswith("!") and key[:-1] not in table:
                described = _KINDS[known[key[:-1]]][1]
                self.fail(f"{here}lacks `{key[:-1]}`".strip(), described, where)

    def names(
        self, found: Collection[str], known: Collection[str], what: str, where: str, key: str = ""
    ) -> None:
        """Refuse names that are not known."""
        for name in found:
            if name not in known:
                hint = nearest(name, known) or f"known are {', '.join(known) or 'none'}"
                self.fail(f"[{where}] {what} `{name}`", hint, where, key)

    def has(self, where: str) -> bool:
        """Whether the file has a heading for a table."""
        text = self._path.read_text("utf-8")
        return re.search(rf"^\[{re.escape(where)}\]", text, re.MULTILINE) is not None

    def _position(self, where: str, key: str) -> tuple[int, int] | None:
        lines = self._path.read_text("utf-8").splitlines()
        first, last = _block(lines, where)
        pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
        for number in range(first, last):
            if key and pattern.match(lines[number]):
                return number + 1, 1
        for number, line in enumerate(lines):
            if key and not where and re.match(rf"\[+{re.escape(key)}[.\]]", line):
                return number + 1, 1
        return (first + 1, 1) if where else (1, 1)


def _block(lines: list[str], where: str) -> tuple[int, int]:
    """Return the lines of a table: the number of its heading from 0, and of the line after it."""
    heads = [number for number, line in enumerate(lines) if line.startswith("[")]
    ends = dict(zip(heads, [*heads, len(lines)][1:], strict=True))
    if not where:
        return 0, heads[0] if heads else len(lines)
    kind, _, identity = where.partition(" ")
    for head in heads:
        if identity and lines[head].startswith(f"[[{kind}]]"):
            block = lines[head : ends[head]]
            if any(re.match(rf'id\s*=\s*"{re.escape(identity)}"', line) for line in block):
                return head, ends[head]
        elif not identity and re.match(rf"\[{re.escape(where)}[.\]]", lines[head]):
            return head, ends[head]
    if identity.startswith("number "):
        of_kind = [head for head in heads if lines[head].startswith(f"[[{kind}]]")]
        number = int(identity.split()[1]) - 1
        if number < len(of_kind):
            return of_kind[number], ends[of_kind[number]]
    return 0, len(lines)


def _toml(found: Any) -> str:
    """Return a value as TOML writes it, as near as a message needs."""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, list):
        return f"[{', '.join(map(_toml, found))}]"
    return f'"{found}"' if isinstance(found, str) else str(found)


def headings(text: str) -> Iterator[str]:
    """Yield the architectures that a data file's headings name, without parsing the rest of it."""
    yield from re.findall(r"^\[arch\.([\w-]+)\]", text, re.MULTILINE)
