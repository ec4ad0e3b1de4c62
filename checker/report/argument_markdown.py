"""Why a test has its verdict, as Markdown: what `argument` says, in the parts of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.argument import Explanation
from checker.argument.proof import Argument, Element
from checker.report import argument, blocks
from checker.report.blocks import Block, Heading, Pairs, Paragraph, Verbatim
from checker.report.text import Style
from checker.verdict import Execution, Verdict

_PLAIN = Style(False)


def render(explanations: Sequence[Explanation], *, witness: bool) -> str:
    """Return what is said of one test; with `witness`, the pictures of what breaks."""
    return blocks.markdown(document(explanations, witness=witness))


def document(explanations: Sequence[Explanation], *, witness: bool) -> Iterator[Block]:
    """Yield the parts of what is said of one test."""
    first = explanations[0].verdict
    yield Heading(first.test)
    yield Verbatim(first.condition)
    shown: dict[str, str] | None = {} if witness else None
    for one in explanations:
        yield from _explanation(one, shown)
    yield Heading("What reproduces it")
    yield Verbatim("\n".join(told for _, told in argument.commands(explanations)))


def _explanation(one: Explanation, shown: dict[str, str] | None) -> Iterator[Block]:
    verdict = one.verdict
    word = verdict.spelled if verdict.bounded else argument.spelled(verdict.answer)
    yield Heading(verdict.arch, word)
    if one.trial is not None:
        names = ", ".join(f"`{name}`" for name in one.trial.names)
        enough = "enough" if one.trial.suffices else "not enough"
        yield Paragraph(f"{names or 'Nothing'}: {enough}.")
        if one.trial.witness:
            yield _picture(verdict, one.trial.witness)
    elif one.argument is not None:
        yield from _argument(verdict, one.argument, shown)
        if verdict.answer == "fragile" and verdict.witness is not None:
            yield Paragraph(_sentence(argument.unpromised(verdict)))
            if shown is not None:
                yield _once(verdict, verdict.witness, shown, f"a promise on {verdict.arch}")
    elif one.shortest is not None:
        yield Paragraph(_sentence(argument.counted_rows(one.shortest)))
        yield _picture(verdict, one.shortest.execution)
    else:
        yield Paragraph(_sentence(verdict.limit))
    if one.neighbours is not None:
        yield Paragraph(_sentence(argument.counted_neighbours(one.neighbours)))
        held = one.neighbours.held
        if held:
            yield Pairs(tuple((near.says, argument.rests(near)) for near in held))
        yield Paragraph(_sentence(argument.tried(one.neighbours)))
    if one.limit:
        yield Paragraph(_sentence(f"not found out: {one.limit}"))


def _argument(verdict: Verdict, found: Argument, shown: dict[str, str] | None) -> Iterator[Block]:
    yield Paragraph(_sentence(argument.counted(found)))
    named = tuple(names for names in found.sets if names)
    if named:
        label = "set {}" if len(found.sets) > 1 else "set"
        yield Pairs(
            tuple(
                (label.format(number), ", ".join(f"`{name}`" for name in names))
                for number, names in enumerate(found.sets, 1)
                if names
            )
        )
    if found.sets == ((),):
        yield Paragraph(_sentence(argument.unneeded(found)))
    if found.limit:
        yield Paragraph(_sentence(f"not found out: whether other sets suffice: {found.limit}"))
    for element in found.elements:
        yield from _element(verdict, found, element, shown)


def _element(
    verdict: Verdict, found: Argument, element: Element, shown: dict[str, str] | None
) -> Iterator[Block]:
    without = f"{argument.spelled(element.without)}{argument.after(found, element)}"
    name = element.reason.rule
    yield Pairs(
        ((name, argument.cited(element.reason)), (f"without {name}", " ".join(without.split())))
    )
    if shown is not None and element.witness is not None:
        yield _once(verdict, element.witness, shown, f"{name} on {verdict.arch}")


def _once(verdict: Verdict, witness: Execution, shown: dict[str, str], name: str) -> Block:
    """Return a picture, or under which name it was shown before."""
    picture = _picture(verdict, witness)
    before = shown.setdefault(picture.text, name)
    return picture if before == name else Paragraph(f"By the same execution as without {before}.")


def _picture(verdict: Verdict, witness: Execution) -> Verbatim:
    return Verbatim("\n".join(argument.drawn(verdict, witness, _PLAIN, 0)))


def _sentence(told: str) -> str:
    told = told[:1].upper() + told[1:]
    return told if told.endswith((".", ":")) else f"{told}."
