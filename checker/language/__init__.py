"""From the text of a litmus file to a Test, one module per dialect."""

from __future__ import annotations

from checker.diagnostic import Diagnostic
from checker.language.source import decode, split
from checker.litmus import Test


def parse(raw: bytes | str, file: str = "") -> Test:
    """Return the test that a file holds.

    Raises Diagnostic, with `file` in it, where the file cannot be read as a litmus test.
    """
    try:
        source = split(decode(raw) if isinstance(raw, bytes) else raw)
        if source.dialect == "C":
            from checker.language.c import parse as parse_c

            return parse_c(source)
        from checker.language.asm import parse as parse_asm

        return parse_asm(source)
    except Diagnostic as problem:
        problem.file = problem.file or file
        raise
