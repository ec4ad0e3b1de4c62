"""Lark parsers made from the grammar files, kept between runs in the user's cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from checker.diagnostic import Diagnostic
from checker.resources import cache_folder, data_folder

if TYPE_CHECKING:
    from lark import Lark, Transformer

NOT_SPOKEN = {
    "goto": "jumps are not part of the dialect",
    "switch": "write it with `if`",
    "case": "write it with `if`",
    "union": "place overlapping fields with casts: *(u32 *)((char *)&x + 4)",
    "typedef": "write the type out",
    "typeof": "write the type out",
    "enum": "`enum { A, B = 4 };` names numbers; what holds one is an `int`",
    "asm": "assembly stands in tests of its own: their first word names the architecture",
    "float": "there are integers, pointers, structs and arrays",
    "double": "there are integers, pointers, structs and arrays",
}
"""Words of C that no grammar here has, and what to write in their place."""


@cache
def parser(
    name: str, transformer: type[Transformer[Any, Any]], starts: tuple[str, ...] = ("start",)
) -> Lark:
    """Return the parser of `grammar/NAME.lark`, whose rules `transformer` carries out."""
    from lark import Lark

    folder = data_folder("grammar")
    store = cache_folder()
    return Lark(
        (folder / f"{name}.lark").read_text("utf-8"),
        parser="lalr",
        start=list(starts),
        # One scanner: "contextual" builds one for each state, which is a tenth of a cold start.
        lexer="basic",
        import_paths=[str(folder)],
        maybe_placeholders=True,
        transformer=transformer(),
        cache=str(store / f"{name}.grammar") if store else False,
    )


def parse(
    name: str, transformer: type[Transformer[Any, Any]], text: str,
    starts: tuple[str, ...] = ("start",), start: str = "start",
) -> Any:  # fmt: skip
    """Parse a text with `grammar/NAME.lark`; raises Diagnostic where it does not fit.

    `starts` are the rules of the grammar that can stand for a whole text, `start` is the one meant.
    """
    made = parser(name, transformer, starts)
    with explained(made, text):
        return made.parse(text, start)


@contextmanager
def explained(parser: Lark, text: str, what: str = "the file") -> Iterator[None]:
    """Turn what a parser raises into a Diagnostic; `what` is the name of the text."""
    from lark import UnexpectedInput
    from lark.exceptions import VisitError

    try:
        yield
    except UnexpectedInput as error:
        from checker.language.mistakes import explain

        raise explain(error, text, parser, what) from None
    except VisitError as error:
        if isinstance(error.orig_exc, Diagnostic):
            raise error.orig_exc from None
        raise
