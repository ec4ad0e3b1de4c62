"""What the public functions return, as the commands print it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Literal

from checker.ablate import Ablation
from checker.argument import Explanation
from checker.compare import Comparison
from checker.explain.facts import ArchitectureFacts, Facts, OperationFacts, RuleFacts
from checker.fix import Fixes
from checker.prove.answer import Proofs
from checker.report.text import Style, test
from checker.review.answer import Review
from checker.review.changes import Changes
from checker.table.cells import Table
from checker.verdict import Verdict

Form = Literal["text", "json"]


One = Ablation | Changes | Comparison | Facts | Fixes | Proofs | Review | Table
"""What a command prints as a whole."""


_Page = tuple[Callable[[Any, Style], str], Callable[[Any], str]]
"""How a value is printed: as text, and as JSON."""


def _ablation() -> _Page:
    from checker.report import ablate, ablate_json

    return (
        lambda found, style: f"{ablate.test(found, style, witness=False)}\n",
        lambda found: ablate_json.render([found], (), witness=True),
    )


def _comparison() -> _Page:
    from checker.report import compare, compare_json

    return compare.text, compare_json.render


def _table() -> _Page:
    from checker.report import table_json, table_text

    return table_text.render, table_json.render


def _proofs() -> _Page:
    from checker.report import prove, prove_json

    return prove.render, prove_json.render


def _fixes() -> _Page:
    from checker.report import fix, fix_json

    return (
        lambda found, style: fix.test(found, style, pick=1, applied=False, verbose=False) + "\n",
        lambda found: fix_json.render([found], []),
    )


def _review() -> _Page:
    from checker.report import review, review_json

    return review.render, review_json.render


def _changes() -> _Page:
    from checker.report import changes, review_json

    return changes.render, review_json.render


def _facts() -> _Page:
    from checker.report import explain, explain_json

    return explain.text, explain_json.render


def _verdicts() -> _Page:
    from checker.report import json

    def text(found: list[Verdict], style: Style) -> str:
        tests = groupby(found, lambda one: (one.file, one.test, one.condition))
        return "\n\n".join(test(list(several), style) for _, several in tests) + "\n"

    return text, lambda found: json.render(found, ())


def _explanations() -> _Page:
    from checker.report import argument, argument_json

    return (
        lambda found, style: argument.test(found, style, witness=False) + "\n",
        lambda found: argument_json.render(found, (), witness=True),
    )


_WHOLE: dict[type, Callable[[], _Page]] = {
    Ablation: _ablation, ArchitectureFacts: _facts, Changes: _changes, Comparison: _comparison,
    Fixes: _fixes, OperationFacts: _facts, Proofs: _proofs, Review: _review, RuleFacts: _facts,
    Table: _table,
}  # fmt: skip
"""The page of what stands by itself; it is imported where it is needed."""

_SEVERAL: dict[type, Callable[[], _Page]] = {Explanation: _explanations, Verdict: _verdicts}
"""The page of what may stand together."""


def render(
    found: One | Verdict | Explanation | Iterable[Verdict] | Iterable[Explanation],
    form: Form = "text",
    *,
    colour: bool = False,
) -> str:
    """Return a value as its command prints it: as text, or as the JSON of docs/json.md.

    Verdicts on one test that stand together are one paragraph, with a picture for each witness.
    Raises TypeError for what no command prints.
    """
    if form not in ("text", "json"):
        raise TypeError(f"`{form}` is neither `text` nor `json`")
    page, shown = _of(found)
    text, json = page()
    return json(shown) if form == "json" else text(shown, Style(colour))


def _of(found: Any) -> tuple[Callable[[], _Page], Any]:
    """Return the page of a value, and what is printed on it; raises TypeError."""
    if type(found) in _WHOLE:
        return _WHOLE[type(found)], found
    several = [found] if type(found) in _SEVERAL else list(found)
    kinds = {type(one) for one in several} or {Verdict}
    if len(kinds) > 1 or not kinds <= _SEVERAL.keys():
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"{names} is not printed as verdicts are")
    return _SEVERAL[kinds.pop()], several
