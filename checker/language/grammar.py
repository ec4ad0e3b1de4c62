"""Lark parsers made from the grammar files, kept between runs in the user's cache."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from checker.diagnostic import Diagnostic, nearest
from checker.resources import cache_folder, data_folder

if TYPE_CHECKING:
    from lark import Lark, Transformer, UnexpectedInput

_SAYS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "TYPENAME": "a type",
    "INTWORD": "a type",
    "INFIX": "an operator",
    "SEMICOLON": "`;`",
    "$END": "the end of the file",
}

_NOT_SPOKEN = {
    "goto": "jumps are not part of the dialect",
    "return": "threads end at their closing brace",
    "switch": "write it with `if`",
    "break": "write the loop's exit into its condition",
    "continue": "write it with `if`",
    "union": "place overlapping fields with casts: *(u32 *)((char *)&x + 4)",
    "typedef": "write the type out",
    "enum": "write the number",
    "asm": "assembly has dialects of its own",
}


@cache
def parser(name: str, transformer: type[Transformer[Any, Any]]) -> Lark:
    """Return the parser of `grammar/NAME.lark`, whose rules build what `transformer` makes of them."""
    from lark import Lark

    folder = data_folder("grammar")
    store = cache_folder()
    return Lark(
        (folder / f"{name}.lark").read_text("utf-8"),
        parser="lalr",
        lexer="basic",  # one scanner, where "contextual" builds one for each state: a third of a start
        import_paths=[str(folder)],
        maybe_placeholders=True,
        transformer=transformer(),
        cache=str(store / f"{name}.grammar") if store else False,
    )


def parse(name: str, transformer: type[Transformer[Any, Any]], text: str) -> Any:
    """Parse a text with `grammar/NAME.lark`; raises Diagnostic where it does not fit the grammar."""
    from lark import UnexpectedInput
    from lark.exceptions import VisitError

    try:
        return parser(name, transformer).parse(text)
    except UnexpectedInput as error:
        raise _explain(error, text) from None
    except VisitError as error:
        if isinstance(error.orig_exc, Diagnostic):
            raise error.orig_exc from None
        raise


def _explain(error: UnexpectedInput, text: str) -> Diagnostic:
    from lark import UnexpectedCharacters, UnexpectedToken

    at = (error.line, error.column)
    if isinstance(error, UnexpectedCharacters):
        return Diagnostic(f"`{error.char}` cannot stand here", at, _expected(error.allowed or ()))
    if isinstance(error, UnexpectedToken):
        word = str(error.token)
        if error.token.type == "$END":
            lines = text.rstrip().split("\n")
            end = (len(lines), len(lines[-1]) + 1)
            return Diagnostic("the file ends too early", end, _expected(error.expected))
        before = getattr(error.interactive_parser, "parser_state", None)
        last = str(before.value_stack[-1]) if before and before.value_stack else ""
        for unknown in (last, word):
            if unknown in _NOT_SPOKEN:
                return Diagnostic(f"`{unknown}` is not in the language", at, _NOT_SPOKEN[unknown])
        hint = nearest(word, (t.strip("_").lower() for t in error.expected)) or _expected(
            error.expected
        )
        return Diagnostic(f"`{word[:40]}` cannot stand here", at, hint)
    return Diagnostic("this cannot be read", at)


def _expected(terminals: Any) -> str:
    """Return a hint that lists what could stand there, in the reader's words, if it is short."""
    from lark import Lark  # noqa: F401  (the parser is loaded already)

    spoken = sorted({_spoken(name) for name in terminals} - {""})
    return f"expected {', '.join(spoken[:6])}" if 0 < len(spoken) <= 6 else ""


_PUNCTUATION = {
    "LPAR": "`(`", "RPAR": "`)`", "LBRACE": "`{`", "RBRACE": "`}`", "LSQB": "`[`", "RSQB": "`]`",
    "COMMA": "`,`", "COLON": "`:`", "DOT": "`.`", "ASSIGN": "`=`", "EQUAL": "`=`", "STAR": "`*`",
    "TILDE": "`~`", "EXISTS": "`exists`", "FORALL": "`forall`",
}  # fmt: skip


def _spoken(name: str) -> str:
    return _SAYS.get(name) or _PUNCTUATION.get(name, "")
