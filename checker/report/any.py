"""What the public functions return, as the commands print it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from checker.ablate import Ablation
from checker.compare import Comparison
from checker.explain.facts import ArchitectureFacts, Facts, OperationFacts, RuleFacts
from checker.report.text import Style, test
from checker.table.cells import Table
from checker.verdict import Verdict

Form = Literal["text", "json"]


def render(
    found: Verdict | Iterable[Verdict] | Ablation | Comparison | Table | Facts,
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
        case ArchitectureFacts() | OperationFacts() | RuleFacts():
            return _facts(found, form, style)
    verdicts = [found] if isinstance(found, Verdict) else list(found)
    for one in verdicts:
        if not isinstance(one, Verdict):
            raise TypeError(f"{type(one).__name__} is not a verdict")
    if form == "json":
        from checker.report import json

        return json.render(verdicts, ())
    tests = groupby(verdicts, lambda one: (one.file, one.test, one.condition))
    return "\n\n".join(test(list(several), style) for _, several in tests) + "\n"


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
