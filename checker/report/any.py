"""What the public functions return, as the commands print it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

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
    style = Style(colour)
    match found:
        case Ablation():
            return _ablation(found, form, style)
        case Comparison():
            return _comparison(found, form, style)
        case Table():
            return _table(found, form, style)
        case Proofs():
            return _proofs(found, form, style)
        case Fixes():
            return _fixes(found, form, style)
        case Review():
            return _review(found, form, style)
        case Changes():
            return _changes(found, form, style)
        case ArchitectureFacts() | OperationFacts() | RuleFacts():
            return _facts(found, form, style)
    several = [found] if isinstance(found, Verdict | Explanation) else list(found)
    verdicts = [one for one in several if isinstance(one, Verdict)]
    explanations = [one for one in several if isinstance(one, Explanation)]
    if len(explanations) == len(several) and several:
        return _explanations(explanations, form, style)
    if len(verdicts) < len(several):
        kinds = ", ".join(sorted({type(one).__name__ for one in several}))
        raise TypeError(f"{kinds} is not printed as verdicts are")
    return _verdicts(verdicts, form, style)


def _verdicts(verdicts: list[Verdict], form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import json

        return json.render(verdicts, ())
    tests = groupby(verdicts, lambda one: (one.file, one.test, one.condition))
    return "\n\n".join(test(list(several), style) for _, several in tests) + "\n"


def _explanations(found: list[Explanation], form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import argument_json

        return argument_json.render(tuple(found), (), witness=True)
    from checker.report import argument

    return argument.test(tuple(found), style, witness=False) + "\n"


def _proofs(found: Proofs, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import prove_json

        return prove_json.render(found)
    from checker.report import prove

    return prove.render(found, style)


def _fixes(found: Fixes, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import fix_json

        return fix_json.render([found], [])
    from checker.report import fix

    return fix.test(found, style, pick=1, applied=False, verbose=False) + "\n"


def _review(found: Review, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import review_json

        return review_json.render(found)
    from checker.report import review

    return review.render(found, style)


def _changes(found: Changes, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import review_json

        return review_json.render(found)
    from checker.report import changes

    return changes.render(found, style)


def _ablation(found: Ablation, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import ablate_json

        return ablate_json.render([found], (), witness=True)
    from checker.report import ablate

    return f"{ablate.test(found, style, witness=False)}\n"


def _comparison(found: Comparison, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import compare_json

        return compare_json.render(found)
    from checker.report import compare

    return compare.text(found, style)


def _table(found: Table, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import table_json

        return table_json.render(found)
    from checker.report import table_text

    return table_text.render(found, style)


def _facts(found: Facts, form: Form, style: Style) -> str:
    if form == "json":
        from checker.report import explain_json

        return explain_json.render(found)
    from checker.report import explain

    return explain.text(found, style)
