"""A review for a mailing list: what each override is, what it rests on, costs and lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.arch.kernel import COMPLETE, spell
from checker.prove.answer import LayerAnswer
from checker.prove.words import said
from checker.report import blocks
from checker.report.blocks import Block, Grid, Heading, Pairs, Paragraph, Verbatim
from checker.report.prove import Notes, outcome
from checker.report.text import Style, picture
from checker.review import cost
from checker.review.answer import ATOMIC, Part, Remedy, Review, Reviewed

MAIL = 72
"""Columns of a mail."""

COVERED = (
    "Decided by the solver at every address, with every set of the features that can matter, "
    "against readers and writers of any size; nothing is sampled. Memory is normal (cacheable, "
    "write-back). Other operations are not looked at, nor is ordering."
)


def render(review: Review, style: Style) -> str:
    """Return the review as text for a mail."""
    return blocks.text(document(review, style), style, MAIL)


def markdown(review: Review) -> str:
    """Return the review as Markdown."""
    return blocks.markdown(document(review, Style(False)))


def document(review: Review, style: Style) -> Iterator[Block]:
    """Yield the parts of a review."""
    file = review.file
    yield Heading(file.title or f"Overrides in {file.path}")
    yield Paragraph(f"{file.path}, about kernel {review.kernel}. {COVERED}")
    yield Heading("Summary")
    yield Grid(("architecture", "bytes", "features", "is", "cost"), tuple(_rows(review)))
    notes = Notes()
    for group in _alike(review, notes):
        yield from _override(group, review.kernel, notes, style)
    rest = tuple(_rest(review, notes))
    if rest:
        yield Heading("Sizes without an override")
        yield Pairs(rest)
        yield Paragraph("To decide today's code, and what would do, again:")
        yield Verbatim("\n".join((*_today_again(review), *_remedies_again(review))))
    unbuilt = tuple(_unbuilt(review))
    if unbuilt:
        yield Heading("Must not build")
        yield Paragraph(
            "Nothing that a caller gets here is single-copy atomic: a BUILD_BUG(), or code that "
            "does not ask for it."
        )
        yield Pairs(unbuilt)
    if notes.found:
        yield Heading("What this rests on")
        yield Pairs(tuple(_notes(notes)))


# --- overrides ------------------------------------------------------------------------------------

_Group = list[tuple[Reviewed, Part]]
"""Sizes of one architecture of which the same is said."""


def _rows(review: Review) -> Iterator[tuple[str, ...]]:
    for one in review.sizes:
        for part in one.parts:
            if part.entry:
                price = cost.short(part.cost) if part.cost else ""
                yield one.arch, str(one.size), part.features or "any", part.standing, price
            elif part.refused:
                yield one.arch, str(one.size), part.features or "any", "refused", ""


def _alike(review: Review, notes: Notes) -> Iterator[_Group]:
    groups: dict[object, _Group] = {}
    for one in review.sizes:
        for part in one.parts:
            if part.entry:
                key = (
                    one.arch,
                    one.operation,
                    part.features,
                    part.seen,
                    *_told(one, part, notes, "N"),
                )
                groups.setdefault(key, []).append((one, part))
    yield from groups.values()


def _told(one: Reviewed, part: Part, notes: Notes, size: str) -> tuple[tuple[str, str], ...]:
    """Return what is said of an override of so many bytes; `size` is how that number is shown."""
    pairs = [
        ("claim", _claim(one, part, size)),
        ("code", f"`{_sized(part.code, one.size, size)}`"),
        ("is", _is(one, part, notes, size)),
        *((f"elsewhere{_with(away.features)}", _cases(away.answer, one.size, 1, size))
          for away in part.away),
        ("cost", _cost(one, part)),
        *(("missing", told) for told in _missing(one, part, notes)),
    ]  # fmt: skip
    return tuple(pairs)


def _override(group: _Group, kernel: str, notes: Notes, style: Style) -> Iterator[Block]:
    one, part = group[0]
    assert part.entry is not None
    sizes = ", ".join(str(size.size) for size, _ in group)
    features = f", {part.features}" if part.features else ""
    plural = "s" if sizes != "1" else ""
    standing = part.standing.upper()
    heading = f"{one.arch}: {one.operation} of {sizes} byte{plural}{features}"
    yield Heading(heading, standing)
    for size, other in group:
        if other.entry and other.entry.assembly:
            if len(group) > 1:
                yield Paragraph(f"{size.size} bytes:")
            yield Verbatim(other.entry.assembly)
    yield Pairs(_told(one, part, notes, str(one.size) if len(group) == 1 else "N"))
    if part.seen and part.seen.verdict.witness and part.claimed:
        where = f"{part.seen.address} modulo {part.claimed.modulus}"
        yield Paragraph(f"Torn at an address that is {where}, seen by {part.seen.by}:")
        lines = picture(part.seen.verdict, part.seen.verdict.witness, style)
        yield Verbatim("\n".join(line.rstrip() for line in lines))
    yield Paragraph("To decide it again:")
    yield Verbatim("\n".join(command(other, kernel) for _, other in group))


def command(part: Part, kernel: str) -> str:
    """Return what decides an override again."""
    entry = part.entry
    assert entry is not None
    align = f" --align {entry.align}" if entry.align != entry.size else ""
    return f"litmus prove '{entry.override}'{align}{_version(kernel)}"


def _version(kernel: str) -> str:
    return f" --kernel {kernel}" if kernel != spell(COMPLETE) else ""


def _sized(text: str, size: int, shown: str) -> str:
    return re.sub(rf"(?<![\w-]){size}\b", shown, text)


def _claim(one: Reviewed, part: Part, size: str) -> str:
    assert part.entry is not None
    entry = part.entry
    what = "single-copy atomic"
    if entry.claim != ATOMIC:
        what = f"no less than `{_sized(entry.claim, one.size, size)}`"
    if one.align == 1:
        return f"{what} wherever it lies"
    number = size if one.align == one.size else str(one.align)
    return f"{what} wherever the address is a multiple of {number}"


def _is(one: Reviewed, part: Part, notes: Notes, size: str) -> str:
    """Return how an override stands to its claim, and by which rules."""
    if part.limit:
        return f"UNKNOWN: {part.limit}"
    marks = notes.marks(part.reasons)
    others = (
        "; what other writers do beside it can tear it, as it can any access here"
        if part.crowded
        else ""
    )
    match part.standing:
        case "as claimed":
            told = f"as claimed: no read is torn{others}"
        case "by practice":
            told = f"as claimed by practice only: no manual says so{others}"
        case _:
            assert part.claimed is not None
            told = _cases(part.claimed, one.size, one.align, size)
    return f"{told} {marks}".strip()


def _cases(answer: LayerAnswer, size: int, align: int, shown: str) -> str:
    """Return what becomes of an operation, address by address."""
    cases = answer.cases(size, align)
    told = []
    for case in cases:
        words = outcome(case.outcome)
        if len(cases) == 1:
            return words
        where = "otherwise" if case is cases[-1] else said(case.where)
        told.append(f"{words}{',' if ',' in words else ''} {where}")
    return _sized("; ".join(told), size, shown)


def _with(features: str) -> str:
    return f", {features}" if features else ""


def _cost(one: Reviewed, part: Part) -> str:
    own = cost.said(part.cost) if part.cost else "bytes, in any order"
    today = cost.said(one.today) if one.today else "does not build"
    return own if own == today else f"{own}; today's code: {today}"


def _missing(one: Reviewed, part: Part, notes: Notes) -> Iterator[str]:
    """Yield what an override lacks."""
    for name in part.needless:
        yield f"nothing, and {name} is not needed: without it the same code is as claimed"
    if part.standing == "FAILS":
        yield _instead(one, notes)


def _instead(one: Reviewed, notes: Notes) -> str:
    if one.remedies:
        return "; ".join(_remedy(remedy, one, notes) for remedy in one.remedies)
    return (
        f"no access of {one.arch} that a rule speaks of would do: the size must not build, or "
        "readers need a sequence counter"
    )


def _remedy(remedy: Remedy, one: Reviewed, notes: Notes) -> str:
    with_ = "" if remedy.target == one.arch else f" on {remedy.target}"
    practice = ", by practice" if remedy.practice else ""
    return f"`{remedy.code}` would do{with_}{practice} {notes.marks(remedy.rests)}".rstrip()


# --- sizes without an override --------------------------------------------------------------------


def _rest(review: Review, notes: Notes) -> Iterator[tuple[str, str]]:
    """Yield what callers get of sizes, or with features, that no override is for."""
    for one in review.sizes:
        for part in one.parts:
            name = f"{one.arch} {one.size}{_with(part.features)}"
            if part.refused:
                yield name, _refused(one, part, notes)
            elif part.entry is None and part.standing != "no code":
                yield name, _today(one, part, notes)


def _today_again(review: Review) -> Iterator[str]:
    """Yield what decides today's code again, an operation and an architecture on a line."""
    sizes: dict[tuple[str, str], list[str]] = {}
    for one in review.sizes:
        if any(part.entry is None and part.standing != "no code" for part in one.parts):
            sizes.setdefault((one.operation, one.arch), []).append(str(one.size))
    for (operation, arch), several in sizes.items():
        line = f"litmus prove {operation} --arch {arch} --size {','.join(several)}"
        yield line + _version(review.kernel)


def _remedies_again(review: Review) -> Iterator[str]:
    for one in review.sizes:
        for remedy in one.remedies:
            align = f" --align {one.align}" if one.align != one.size else ""
            code = f"{remedy.target}: {one.operation} {one.size} = {remedy.code}"
            yield f"litmus prove '{code}'{align}{_version(review.kernel)}"


def _today(one: Reviewed, part: Part, notes: Notes) -> str:
    words = {
        "as claimed": "is single-copy atomic", "by practice": "is single-copy atomic by practice",
        "FAILS": "is torn", "unknown": f"is not decided: {part.limit}",
    }  # fmt: skip
    told = f"today's `{part.code}` {words[part.standing]} {notes.marks(part.reasons)}".rstrip()
    return told if part.whole or part.standing == "unknown" else f"{told}; {_instead(one, notes)}"


def _refused(one: Reviewed, part: Part, notes: Notes) -> str:
    """Return whether a size is refused for want of any code."""
    if part.whole:
        return f"refused, though today's `{part.code}` is single-copy atomic"
    here = [remedy for remedy in one.remedies if remedy.target in part.targets]
    told = "; ".join(_remedy(remedy, one, notes) for remedy in here or one.remedies)
    if here:
        return f"refused, though {told}"
    rightly = "refused, rightly: no access that a rule speaks of is single-copy atomic"
    return f"{rightly}; with more features, {told}" if told else rightly


def _unbuilt(review: Review) -> Iterator[tuple[str, str]]:
    for one in review.sizes:
        parts = [part for part in one.unkept if part.standing != "unknown"]
        if not parts:
            continue
        named = ", or ".join(part.features for part in parts if part.features)
        every = len(parts) == len(one.parts)
        yield f"{one.arch} {one.size}", "with any features" if every else named


def _notes(notes: Notes) -> Iterator[tuple[str, str]]:
    for number, reason in enumerate(notes.found.values(), 1):
        grade = "" if reason.evidence == "manual" else f", {reason.evidence}"
        yield f"[{number}]", f"{reason.rule}: {reason.says}{grade}\n{reason.cite}"
