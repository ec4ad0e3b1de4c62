"""Constants that a test defines before it is parsed: `#define NAME …` and `enum { A, B = 4 };`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.diagnostic import Diagnostic, Position, nearest
from checker.language.source import Source, position
from checker.value import value

_DEFINE = re.compile(r"\s*#\s*([A-Za-z]*)\s*([A-Za-z_]\w*)?(\()?(.*)$", re.DOTALL)
_ENUM = re.compile(r"\benum\b\s*(?:[A-Za-z_]\w*\s*)?\{([^{}]*)\}\s*;")
_ENUMERATOR = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:=(?=\s*\S)(.*))?$", re.DOTALL)


@value
class Definition:
    """A name, and the text that it stands for."""

    name: str
    text: str
    at: Position
    """Where the name stands."""
    text_at: Position


def taken(source: Source) -> tuple[str, tuple[Definition, ...]]:
    """Return a test's text without its definitions, and these in order.

    Raises Diagnostic for a directive of C's preprocessor that the dialect lacks.
    """
    found = [_defined(text, at) for text, at in source.directives]
    for match in _ENUM.finditer(source.body):
        found += _enumerators(source.body, match.start(1), match.end(1))
    body = _ENUM.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source.body)
    return body, tuple(sorted(found, key=lambda one: one.at))


def _defined(text: str, at: Position) -> Definition:
    """Return what one directive defines."""
    match = _DEFINE.match(text)
    assert match

    def place(index: int) -> Position:
        line, column = position(text, index)
        return at[0] + line - 1, column + (at[1] - 1 if line == 1 else 0)

    word, name = match[1], match[2]
    if word != "define":
        start = place(text.index("#"))
        hint = nearest(word, ("define",)) or "of the preprocessor there is `#define NAME number`"
        raise Diagnostic(f"`#{word}` is not in the language", start, hint)
    if name is None:
        raise Diagnostic("`#define` needs a name", place(text.index("#")), "#define NAME number")
    if match[3]:
        raise Diagnostic(
            f"`{name}` is a macro with parameters", place(match.start(2)),
            f"write a function: static inline u32 {name}(u32 value) {{ return …; }}",
        )  # fmt: skip
    if not match[4].strip(" \t\r\n\\"):
        raise Diagnostic(f"`{name}` stands for nothing", place(match.start(2)), f"#define {name} 1")
    body = re.sub(r"\\(?=\r?\n)", " ", match[4])
    return Definition(name, body, place(match.start(2)), place(match.start(4)))


def _enumerators(text: str, start: int, end: int) -> Iterator[Definition]:
    """Yield what an enumeration defines; each is the one before it and 1, unless it says else."""
    previous = ""
    for first, last in _items(text, start, end):
        item = text[first:last]
        match = _ENUMERATOR.match(item)
        if not match:
            if item.strip() or not previous:
                begins = first + len(item) - len(item.lstrip())
                raise Diagnostic(
                    "this is not an enumeration", position(text, begins), "enum { A, B = 4 };"
                )
            continue
        at = position(text, first + match.start(1))
        stands_for, text_at = f"({previous} + 1)" if previous else "0", at
        if match[2]:
            line, column = position(text, first + match.start(2))
            stands_for, text_at = f"({match[2]})", (line, column - 1)
        previous = match[1]
        yield Definition(previous, stands_for, at, text_at)


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the items of a list begin and end; a comma in parentheses is none of its."""
    depth, first = 0, start
    for index in range(start, end):
        depth += (text[index] == "(") - (text[index] == ")")
        if text[index] == "," and depth == 0:
            yield first, index
            first = index + 1
    yield first, end
