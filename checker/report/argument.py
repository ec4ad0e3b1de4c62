"""Why a test has its verdict, for a person: sets that suffice, what breaks, what would help."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence

from checker.argument import Explanation
from checker.argument.neighbours import Neighbour, Neighbours
from checker.argument.proof import Argument, Element
from checker.argument.shortest import Shortest
from checker.language.condition import show_value
from checker.report import blocks, lanes
from checker.report.text import SPELLED, Style, picture
from checker.solve import COHERENCE, HANDLED
from checker.verdict import Execution, Reason, Verdict

GIVEN = "model."
"""What the axioms of a file that is given are called by: they are in no data."""

_Shown = dict[tuple[str, ...], str]


def test(explanations: Sequence[Explanation], style: Style, *, witness: bool) -> str:
    """Return the paragraph on one test; with `witness`, the picture of what breaks."""
    first = explanations[0].verdict
    width = max(9, *(len(one.verdict.arch) for one in explanations))
    lines = [f"{style(first.test, 'name')}   {first.condition}"]
    shown: _Shown = {}
    for one in explanations:
        lines += _explanation(one, width, style, shown if witness else None)
    told = commands(explanations)
    lines += (style(f"  {what}: {command}", "dim") for what, command in told)
    return "\n".join(line.rstrip() for line in lines)


def _explanation(one: Explanation, width: int, style: Style, shown: _Shown | None) -> Iterator[str]:
    verdict = one.verdict
    word = verdict.spelled if verdict.bounded else spelled(verdict.answer)
    head = f"  {style(f'{verdict.arch:{width}}', 'name')}  {style(f'{word:9}', verdict.answer)}"
    if one.trial is not None:
        yield f"{head}   {', '.join(one.trial.names) or 'nothing'}: {_tried(one, style)}"
        if one.trial.witness:
            yield from drawn(verdict, one.trial.witness, style, 6)
    elif one.argument is not None:
        yield f"{head}   {counted(one.argument)}"
        yield from _argument(verdict, one.argument, style, shown)
        if verdict.answer == "fragile" and verdict.witness is not None:
            yield from _unpromised(verdict, style, shown)
    elif one.shortest is not None:
        yield f"{head}   {counted_rows(one.shortest)}"
        yield from drawn(verdict, one.shortest.execution, style, 6)
    else:
        yield f"{head}   {verdict.limit}"
    if one.neighbours is not None:
        yield from _neighbours(one.neighbours, style)
    if one.limit:
        yield f"    not found out: {one.limit}"


def counted_rows(best: Shortest) -> str:
    """Return how many rows a shortest execution has, in words."""
    rows = f"{best.rows} row{'s' * (best.rows != 1)}"
    least = "no execution" if best.in_order is False else "none in program order"
    than = f"{least} has fewer" if best.least else "whether fewer would do was not decided"
    order = "" if best.in_order else ", not in program order"
    return f"{rows}{order}; {than}"


def spelled(answer: str) -> str:
    """Return a verdict as it is printed."""
    return SPELLED.get(answer, answer)


def _tried(one: Explanation, style: Style) -> str:
    assert one.trial is not None
    return "enough" if one.trial.suffices else style("not enough", "wrong")


# --- what suffices --------------------------------------------------------------------------------


def counted(argument: Argument) -> str:
    """Return how many sets there are, in words."""
    if argument.sets == ((),):
        return "no promise and no fact is needed"
    if argument.limit:
        return f"each of these {len(argument.sets)} sets suffices; of others see below"
    if len(argument.sets) == 1:
        return "this suffices and no part of it does; every set that suffices contains it"
    each = f"each of these {len(argument.sets)} sets suffices and no part of it does"
    return f"{each}; every set that suffices contains one"


def _argument(
    verdict: Verdict, argument: Argument, style: Style, shown: _Shown | None
) -> Iterator[str]:
    several = len(argument.sets) > 1
    for number, names in enumerate(argument.sets, 1):
        if names:
            label = f"    set {number}  " if several else "    "
            yield from _wrapped(label, ", ".join(names), " " * len(label))
    if argument.sets == ((),):
        yield from _wrapped("    ", unneeded(argument), "    ")
    if argument.limit:
        yield f"    not found out: whether other sets suffice: {argument.limit}"
    for element in argument.elements:
        yield from _element(verdict, argument, element, style, shown)


def unneeded(argument: Argument) -> str:
    """Return what it rests on where no promise and no fact is needed."""
    return cited(HANDLED if argument.faults else COHERENCE)


def cited(reason: Reason) -> str:
    """Return what a reason says, how far it is known, and its source."""
    grade = "" if reason.evidence == "manual" else f", {reason.evidence}"
    return f"{reason.says}{grade}   [{reason.cite}]"


def _element(
    verdict: Verdict, argument: Argument, element: Element, style: Style, shown: _Shown | None
) -> Iterator[str]:
    reason = element.reason
    head = f"    {style(reason.rule, 'name')}   "
    yield from _wrapped(head, cited(reason), " " * 6)
    word = style(spelled(element.without), element.without)
    yield from _wrapped("      without it: ", f"{word}{after(argument, element)}", " " * 8)
    if shown is not None and element.witness is not None:
        name = f"{reason.rule} on {verdict.arch}"
        yield from _once(verdict, element.witness, style, shown, name)


def after(argument: Argument, element: Element) -> str:
    """Return what breaks without an element, or what stands in for it."""
    if element.limit:
        return f", {element.limit}"
    others = [n for n in range(1, len(argument.sets) + 1) if n not in element.sets]
    if others and element.witness is not None:
        also = " or ".join(f"set {number}" for number in others)
        own = f"what is left of set {element.sets[0]}"
        return f" still, by {also}; {own} allows: {cause(element.witness)}"
    return f"   {cause(element.witness)}" if element.witness else ""


def cause(witness: Execution) -> str:
    """Return in one line what happens in an execution."""
    state = "  ".join(f"{place}={show_value(value)}" for place, value in witness.state)
    return "; ".join(lanes.causes(witness)) or state or "an execution reaches it"


def _unpromised(verdict: Verdict, style: Style, shown: _Shown | None) -> Iterator[str]:
    """Yield why it is no promise: what a contract, or the manuals alone, allow."""
    assert verdict.witness is not None
    yield from _wrapped("    ", unpromised(verdict), " " * 6)
    if shown is not None:
        yield from _once(verdict, verdict.witness, style, shown, f"a promise on {verdict.arch}")


def unpromised(verdict: Verdict) -> str:
    """Return why a `fragile` is no promise, in words."""
    assert verdict.witness is not None
    contract = verdict.witness.layer == "contract"
    by = "what its contract allows" if contract else "without established practice"
    return f"nobody promised it; {by}: {cause(verdict.witness)}"


# --- pictures -------------------------------------------------------------------------------------


def _once(
    verdict: Verdict, witness: Execution, style: Style, shown: _Shown, name: str
) -> Iterator[str]:
    """Yield a picture, or under which name it was shown before."""
    lines = tuple(drawn(verdict, witness, style, 8))
    before = shown.setdefault(lines, name)
    yield from lines if before == name else [f"        by the same execution as without {before}"]


def drawn(verdict: Verdict, witness: Execution, style: Style, indent: int) -> Iterator[str]:
    """Yield the picture of an execution, below where its locations lie."""
    for name, residue, modulus in witness.placement:
        if residue and name in {row.location for row in witness.rows}:
            yield f"{'':{indent}}{name} at {residue} modulo {modulus}"
    bare = Verdict(verdict.file, verdict.test, verdict.arch, verdict.condition, "allowed")
    yield from (f"{'':{indent}}{line}".rstrip() for line in picture(bare, witness, style))


# --- neighbours -----------------------------------------------------------------------------------

_CALLED = {
    "feature": "feature", "alignment": "alignment", "order": "acquire or release",
    "barrier": "barrier",
}  # fmt: skip


def _neighbours(found: Neighbours, style: Style) -> Iterator[str]:
    answer = found.held[0].answer if found.held else "forbidden"
    told = counted_neighbours(found)
    yield f"    {told.replace(f'{answer} with', f'{style(answer, answer)} with')}"
    for one in found.held:
        yield from _neighbour(one)
    yield f"    {tried(found)}"


def counted_neighbours(found: Neighbours) -> str:
    """Return what comes of one change, in words."""
    if not found.held:
        return "none is forbidden or fragile within one change"
    answer = found.held[0].answer
    none = "" if answer == "forbidden" else "none is forbidden within one change; "
    return f"{none}{answer} with one change:"


def tried(found: Neighbours) -> str:
    """Return which changes were tried, in words."""
    kinds = ", ".join(f"{_CALLED[kind]} ({number})" for kind, number in found.tried)
    more = f"; {found.undecided} not decided" if found.undecided else ""
    return f"tried: {kinds or 'nothing'}{more}"


def rests(one: Neighbour) -> str:
    """Return what the verdict on a neighbour rests on, and where the change is."""
    at = f"at {one.at[0]}:{one.at[1]}; " if one.at else ""
    return at + (", ".join(reason.rule for reason in one.reasons) or "nothing")


def _neighbour(one: Neighbour) -> Iterator[str]:
    line, column = one.at or (0, 0)
    label = f"      {f'{line}:{column}' if one.at else '':6} "
    rests = ", ".join(reason.rule for reason in one.reasons)
    yield from _wrapped(label, f"{one.says}   [{rests}]", " " * len(label))


# --- what reproduces it ---------------------------------------------------------------------------


def commands(explanations: Sequence[Explanation]) -> Iterator[tuple[str, str]]:
    """Yield what reproduces an explanation: what it is, and the command."""
    first, options = explanations[0].verdict, explanations[0].options
    file = shlex.quote(first.file) if first.file != "<stdin>" else "-"
    archs = ",".join(one.verdict.arch for one in explanations)
    yield "the verdicts", f"litmus check {file} --arch {archs}{options}"
    for one in explanations:
        if one.argument and one.argument.elements:
            names = ",".join(one.argument.sets[0])
            arch = one.verdict.arch
            yield "a set", f"litmus explain {file} --arch {arch} --only {names}{options}"
            first_rule = one.argument.elements[0].reason.rule
            if not first_rule.startswith(GIVEN):
                yield "a rule", f"litmus explain {first_rule}"
            break


def _wrapped(label: str, told: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(
        told, blocks.WIDTH + 10, initial_indent=label, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
