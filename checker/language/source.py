"""The outside of a litmus file: its header lines, and comments turned to blanks.

Everything keeps its line and column, so that later diagnostics point into the file as written.
"""

from __future__ import annotations

import re

from checker.diagnostic import Diagnostic, Position, nearest
from checker.value import value

DIALECTS = ("C", "AArch64", "ARM", "PPC", "RISCV", "X86", "X86_64")

HERD = ("ASL", "BPF", "Bell", "CPP", "JAVA", "LISA", "MIPS", "PPCGen")
"""Dialects of herd7 that are not read."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 60

_INIT = "after the header comes `{ … }`, with locations and their initial values"

_MARK = re.compile(r"\(\*|\*\)|/\*|\*/|//|\n|[{}()\[\]]|^[ \t]*#", re.MULTILINE)
_OPENING = {"}": "{", ")": "(", "]": "["}
"""The bracket that each closing bracket closes."""

_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\r?\n)*[^\n]*", re.MULTILINE)
"""A line that begins with `#`, with the lines that a backslash joins to it."""

_THREAD = re.compile(r"\s*P\d+\s*\(")
_INFO = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*?)[ \t\r]*$")


@value
class Source:
    """A litmus file taken apart: dialect and name, `key = value` lines, and the rest."""

    dialect: str
    name: str
    info: tuple[tuple[str, str, Position], ...]
    body: str
    """The text from the init block on, padded with blank lines so that positions are the file's."""
    directives: tuple[tuple[str, Position], ...] = ()
    """The lines of the C dialect that begin with `#`; in `body` they are blank."""


def decode(raw: bytes) -> str:
    """Return the text of a file; raises Diagnostic where it is no text a litmus test could be."""
    if len(raw) > MAX_BYTES:
        raise Diagnostic(
            f"the file has more than the {MAX_BYTES:,} bytes of a litmus test",
            hint="is this a litmus test?",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig")
        raise Diagnostic(
            f"byte 0x{raw[error.start]:02x} is not UTF-8", position(before, len(before)),
            "save the file as UTF-8",
        ) from None  # fmt: skip
    zero = text.find("\0")
    if zero >= 0:
        raise Diagnostic("this is a binary file", position(text, zero), "is this a litmus test?")
    return text


def position(text: str, index: int) -> Position:
    """Return line and column of a character."""
    return text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1


def split(text: str) -> Source:
    """Take a litmus file apart; raises Diagnostic where its outside is not well formed."""
    if not text.strip():
        raise Diagnostic("the file is empty", (1, 1), "a litmus test begins with `C name`")
    clean = _blank_comments(text, assembly=text.split(None, 1)[0] in DIALECTS[1:])
    directives: list[tuple[str, Position]] = []
    if clean.split(None, 1)[:1] == ["C"]:
        found = _DIRECTIVE.finditer(clean)
        directives = [(one[0], position(clean, one.start())) for one in found]
        clean = _DIRECTIVE.sub(lambda one: _blank(one[0]), clean)
    brace = clean.find("{")
    header = clean if brace < 0 else clean[:brace]
    lines = header.split("\n")
    number = next((n for n, line in enumerate(lines) if line.strip()), 0)
    words = lines[number].split()
    if not words:
        raise Diagnostic("the file has no test", (1, 1), "a litmus test begins with `C name`")
    at = (number + 1, len(lines[number]) - len(lines[number].lstrip()) + 1)
    if len(words) < 2 or (len(words) > 2 and words[0] not in DIALECTS[1:]):
        raise Diagnostic(
            "the first line is not a dialect and a name", at, "a litmus test begins with `C name`"
        )
    _check_dialect(words[0], at)
    info = tuple(_info_lines(lines, number + 1, free=words[0] in DIALECTS[1:]))
    if brace < 0:
        raise Diagnostic("there is no init block", (len(lines), 1), _INIT)
    body = "\n" * header.count("\n") + " " * (brace - header.rfind("\n") - 1) + clean[brace:]
    return Source(words[0], words[1], info, body, tuple(directives))


def _check_dialect(name: str, at: Position) -> None:
    if name in HERD:
        raise Diagnostic(
            f"`{name}` is a dialect of herd7 that is not read here", at,
            f"those that are: {', '.join(DIALECTS)}",
        )  # fmt: skip
    if name not in DIALECTS:
        hint = (
            nearest(name, DIALECTS)
            or nearest(name.upper(), DIALECTS)
            or "a litmus test begins with `C name`"
        )
        raise Diagnostic(f"`{name[:40]}` is not a dialect", at, hint)


def _info_lines(lines: list[str], start: int, *, free: bool) -> list[tuple[str, str, Position]]:
    """Return the header's `key = value` lines; where it is `free`, other text may stand there."""
    found: list[tuple[str, str, Position]] = []
    for number, line in enumerate(lines[start:], start + 1):
        match = _INFO.match(line)
        if match:
            found.append((match[1], match[2], (number, match.start(2) + 1)))
        elif _THREAD.match(line):
            raise Diagnostic("there is no init block", (number, 1), _INIT)
        elif line.strip() and not line.strip().startswith('"') and not free:
            column = len(line) - len(line.lstrip()) + 1
            raise Diagnostic(
                f"`{line.strip()[:40]}` is neither a comment nor `key = value`",
                (number, column),
                "before the init block there are comments, a quoted line and `key = value` lines",
            )
    return found


def _blank_comments(text: str, *, assembly: bool) -> str:
    """Replace comments by blanks: `(* *)` outside threads, `/* */` and `//` from the init block on.

    Inside a thread of the C dialect `(*` is a dereference. On a line that begins with `#` all three
    are comments, and brackets are not counted. In the header of an assembly test a comment that
    nothing closes ends before the init block, as herd7 has it.
    """
    parts: list[str] = []
    brackets = _Brackets(text)
    kept = index = 0
    directive = False
    while match := _MARK.search(text, index):
        mark, start, index = match[0], match.start(), match.end()
        end = 0
        if mark[-1] == "#":
            directive = not assembly
        elif mark == "\n":
            directive &= text[kept:start].endswith(("\\", "\\\r"))
        elif mark == "(*" and (directive or not brackets.in_thread):
            end = _end_of_comment(text, start, assembly and not brackets.blocks)
        elif mark == "//" and (directive or brackets.blocks):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
        elif mark == "/*" and (directive or brackets.blocks):
            end = text.find("*/", start + 2) + 2
            if end < 2:
                raise Diagnostic("this comment does not end", position(text, start), "close it: */")
        elif directive:
            continue
        elif mark == "(*":
            index = start + 1
            brackets.opens("(", start)
        elif mark == "*)" or mark in _OPENING:
            brackets.closes(mark[-1])
        elif mark in _OPENING.values():
            brackets.opens(mark, start)
        if end:
            parts += [text[kept:start], _blank(text[start:end])]
            kept = index = end
    brackets.end()
    parts.append(text[kept:])
    return "".join(parts)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


class _Brackets:
    """The brackets that are open where the text has been read to.

    Their nesting is bounded, because everything after this recurses.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[tuple[str, int]] = []
        self._braces = 0
        self.blocks = 0
        """How many blocks have begun: the first is the init block, the others are threads."""

    @property
    def in_thread(self) -> bool:
        return self._braces > 0 and self.blocks > 1

    def opens(self, mark: str, index: int) -> None:
        self._open.append((mark, index))
        if len(self._open) > MAX_DEPTH:
            raise Diagnostic(
                f"brackets are nested more than {MAX_DEPTH} deep", position(self._text, index)
            )
        if mark == "{":
            self.blocks += self._braces == 0
            self._braces += 1

    def closes(self, mark: str) -> None:
        """Close a bracket, and those in it that nothing closed: the grammar will speak of them."""
        if any(bracket == _OPENING[mark] for bracket, _ in self._open):
            while self._open.pop()[0] != _OPENING[mark]:
                pass
        self._braces -= mark == "}" and self._braces > 0

    def end(self) -> None:
        for bracket, index in self._open:
            if bracket == "{":
                raise Diagnostic(
                    "this `{` is not closed", position(self._text, index), "close it: }"
                )


def _end_of_comment(text: str, start: int, in_header: bool) -> int:
    """Return the index after an OCaml comment, which may hold others."""
    depth, index = 0, start
    while match := re.compile(r"\(\*|\*\)").search(text, index):
        depth += 1 if match[0] == "(*" else -1
        index = match.end()
        if depth == 0:
            return index
    block = text.find("{", start)
    if in_header and block >= 0:
        return block
    raise Diagnostic(
        "this comment does not end", position(text, start),
        "close it: *); outside the threads (* begins a comment",
    )  # fmt: skip
