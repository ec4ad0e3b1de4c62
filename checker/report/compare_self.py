"""The data against itself, for a person: what is missing, why, and how far was looked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from checker.compare.itself import Itself, Practice
from checker.compare.losses import Loss, Missing
from checker.report.blocks import WIDTH, Block, Heading, Paragraph
from checker.report.blocks import text as document
from checker.report.text import Style

_HEADS = {
    "feature": "promises less with a feature than without it",
    "code": "code does less than its contract says",
}


def text(found: Itself, style: Style) -> str:
    """Return the whole answer."""
    parts = [f"{style('the data against itself', 'name')}   {_answer(found)}\n"]
    for kind, head in _HEADS.items():
        own = [one for one in found.missing if one.kind == kind]
        if own:
            parts.append(style(head, "name") + "\n")
            parts += [_missing(one, style) for one in own]
    blocks: list[Block] = []
    if found.stale:
        blocks += [Heading("recorded, and not found"), *_stale(found)]
    if found.practice:
        blocks += [Heading("code keeps its contract by established practice"), *_practice(found)]
    blocks += [Heading("how far this goes"), *map(Paragraph, _bound(found))]
    return "\n".join([*parts, document(blocks, style)])


def _answer(found: Itself) -> str:
    if not found.missing:
        said = "nothing is missing"
    elif found.unknown:
        said = f"{len(found.unknown)} of {_counted(len(found.missing), 'difference')} unexplained"
    else:
        said = f"{_counted(len(found.missing), 'difference')}, each with its reason in the data"
    if found.stale:
        said += f"; {len(found.stale)} recorded and not found"
    return said + ("; as far as was decided" if found.limits else "")


def _counted(number: int, what: str) -> str:
    """Return a number of things."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _missing(one: Missing, style: Style) -> str:
    """Return what is missing, the reason, and a test that shows it."""
    lines = [*_wrapped(2, ", ".join(dict.fromkeys(map(_name, one.losses))))]
    if one.gap is None:
        lines.append("    " + style("UNEXPLAINED: the data has no reason for it", "wrong"))
    else:
        lines += _wrapped(4, f"{one.gap.id}: {one.gap.says}")
        lines += [style(line, "dim") for line in _wrapped(4, f"[{one.gap.source}]")]
    lines += _wrapped(4, _what(one))
    if one.shown is not None:
        lines += [f"      {line}" for line in one.shown.text.rstrip("\n").split("\n")]
    else:
        loss = one.losses[0]
        asked = f"litmus prove {min(loss.operations)} --size {loss.size} --arch {loss.less}"
        lines.append("      " + style(asked, "dim"))
    return "\n".join(lines) + "\n"


def _wrapped(indent: int, told: str) -> list[str]:
    pad = " " * indent
    return textwrap.wrap(
        told, WIDTH, initial_indent=pad, subsequent_indent=pad + "  ", break_on_hyphens=False
    )  # fmt: skip


def _name(loss: Loss) -> str:
    """Return what has less: an architecture with the features that take it away."""
    plain = loss.less.partition("+")[0]
    return "+".join([plain, *sorted(loss.features)]) if loss.kind == "feature" else plain


def _what(one: Missing) -> str:
    """Return the operations and sizes at which something is missing."""
    sizes: dict[str, set[int]] = {}
    for loss in one.losses:
        if not loss.test:
            sizes.setdefault(min(loss.operations), set()).add(loss.size)
    tests = sum(bool(loss.test) for loss in one.losses)
    said = [f"{name} {', '.join(map(str, sorted(held)))}" for name, held in sizes.items()]
    said += [_counted(tests, "test")] if tests else []
    return "; ".join(said)


def _stale(found: Itself) -> Iterator[Block]:
    for gap in found.stale:
        yield Paragraph(f"{gap.id}: {gap.says}")


def _practice(found: Itself) -> Iterator[Block]:
    """Yield who rests on which rules."""
    rules: dict[tuple[str, str], list[Practice]] = {}
    for one in found.practice:
        for reason in one.reasons:
            rules.setdefault((reason.rule, reason.cite), []).append(one)
    for (rule, cite), several in rules.items():
        who = "; ".join(
            f"{one.arch} {one.operation} {', '.join(map(str, one.sizes))}" for one in several
        )
        yield Paragraph(f"{who}   [{rule} · {cite}]")


def _bound(found: Itself) -> Iterator[str]:
    """Yield what was looked at, and of what nothing is said."""
    yield (
        f"{_counted(len(found.archs), 'architecture')} with {_counted(found.features, 'feature')}. "
        f"{_counted(len(found.operations), 'operation')} of 1 to 16 bytes, at every address of any "
        f"alignment and of their size: {found.answers} answers, those of every set of the features "
        "that can matter compared with those of one more, and code with its contract."
    )
    if found.tests:
        yield (
            f"The tests of up to {found.request.accesses} accesses, by all of their final states: "
            "each feature on top of none, of what it implies, and of each that implies others "
            f"({_counted(found.pairs, 'pair')}), and code with its contract: {found.tests} answers."
        )
    yield (
        "Barriers, locks and bit operations are looked at only where such a test has them; where "
        "an access faults on one side nothing is compared."
    )
    for reason, count in found.limits:
        yield f"{count} not decided: {reason}."
