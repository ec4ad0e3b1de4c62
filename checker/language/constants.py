"""Names that stand for a text: `#define NAME (1 << 3)` and enumerators, put in where they are used.

As C's preprocessor has it, a name is replaced by the words of its definition. A final condition is
written in another language: there a name is kept, and means the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lark import Token, UnexpectedInput

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.language.arithmetic import constant
from checker.language.condition import where
from checker.language.grammar import explained
from checker.language.nesting import bound

if TYPE_CHECKING:
    from lark import Lark

    from checker.language.declarations import Parsed
    from checker.language.directives import Definition

MAX_WORDS = 1000
"""Words that one name may stand for."""

_CONDITION = ("EXISTS", "FORALL", "LOCATIONS", "FILTER")
"""With one of these words the final condition begins."""

_IN_LIST = ("LSQB", "LBRACE", "COMMA")
"""After one of these there must be a number in it: `x[N]`, `{1,N}`."""


class Expanded(Token):
    """A word that is read where a name stands."""

    name: str
    """That name."""


class Constants:
    """The names that a test defines, and the reading of a text in which they stand."""

    def __init__(self, parser: Lark, definitions: tuple[Definition, ...]) -> None:
        """Read the definitions; raises Diagnostic where one is not an expression."""
        self._parser = parser
        self._words: dict[str, list[Token]] = {}
        self._places = {one.name: one.at for one in reversed(definitions)}
        self._values: dict[str, ast.Expr] = {}
        for definition in definitions:
            self._define(definition)

    def settle(self, parsed: Parsed) -> None:
        """Put the numbers of the names into the conditions; as text they keep the names."""
        found = parsed.condition
        parsed.condition = replace(found, proposition=self._numbers(found.proposition))
        if parsed.filter is not None:
            parsed.filter = self._numbers(parsed.filter)

    def _numbers(self, of: ast.Proposition) -> ast.Proposition:
        match of:
            case ast.Equal(_, str() as name) | ast.Byte(_, _, str() as name):
                known = self._values.get(name)
                return of if known is None else replace(of, value=constant(known))
            case ast.Connective(op, args):
                return ast.Connective(op, tuple(map(self._numbers, args)))
        return of

    def _define(self, definition: Definition) -> None:
        name, at = definition.name, definition.at
        if name in self._words:
            raise Diagnostic(f"`{name}` is defined twice", at)
        if [word.type for word in self._lexed(name)] != ["NAME"]:
            raise Diagnostic(f"`{name}` is a word of the language", at, "choose another name")
        words: list[Token] = []

        def keep(word: Token) -> None:
            words.append(word)
            if len(words) > MAX_WORDS:
                raise Diagnostic(f"`{name}` stands for more than {MAX_WORDS} words", at)

        line, column = definition.text_at
        text = "\n" * (line - 1) + " " * (column - 1) + definition.text
        value = self.read(text, "expression", keep, f"the definition of `{name}`")
        bound(value, f"`{name}`")
        self._words[name], self._values[name] = words, value

    def _lexed(self, text: str) -> Iterator[Token]:
        reading: Any = self._parser.parse_interactive(text, "expression")
        words: Iterator[Token] = reading.lexer_thread.lex(reading.parser_state)
        return words

    def read(
        self, text: str, start: str = "start", keep: Callable[[Token], None] | None = None,
        what: str = "the file",
    ) -> Any:  # fmt: skip
        """Parse a text in which the names may stand; `keep` is given each word that is read.

        Raises Diagnostic where the text does not fit the grammar; `what` is its name there.
        """
        reading: Any = self._parser.parse_interactive(text, start)
        before: Token | None = None
        in_condition = False
        with explained(self._parser, text, what):
            try:
                for word in reading.lexer_thread.lex(reading.parser_state):
                    in_condition |= word.type in _CONDITION
                    for one in self._expanded(word, before if in_condition else None, in_condition):
                        reading.feed_token(one)
                        if keep:
                            keep(one)
                    before = word
                return reading.feed_eof(before)
            except UnexpectedInput as error:
                error.interactive_parser = reading
                raise

    def _expanded(self, word: Token, before: Token | None, in_condition: bool) -> Iterator[Token]:
        """Yield the words that are read for one; in a condition it follows the one `before`."""
        name = str(word)
        if word.type != "NAME" or name not in self._places:
            yield word
            return
        if name not in self._words or where(word) < self._places[name]:
            raise Diagnostic(
                f"`{name}` is used before it is defined", where(word),
                f"it is defined on line {self._places[name][0]}",
            )  # fmt: skip
        words = self._words[name]
        if in_condition:
            if before is None or before.type not in _IN_LIST:
                yield word
                return
            words = [Token("NUMBER", str(constant(self._values[name])))]
        for one in words:
            made = Expanded.new_borrow_pos(one.type, str(one), word)
            made.name = name
            yield made
