"""An explanation as a document: for a terminal, or as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from checker.explain.facts import (
    ArchitectureFacts,
    Facts,
    FeatureFacts,
    Granted,
    Layered,
    OperationFacts,
    Placement,
    RuleFacts,
    Statement,
    UnitRow,
    Version,
)
from checker.report import blocks
from checker.report.blocks import Block, Grid, Heading, Pairs, Paragraph
from checker.report.text import Style


def text(facts: Facts, style: Style) -> str:
    """Return an explanation for a terminal."""
    return blocks.text(_document(facts), style)


def markdown(facts: Facts) -> str:
    """Return an explanation as Markdown."""
    return blocks.markdown(_document(facts))


def _document(facts: Facts) -> Iterator[Block]:
    match facts:
        case ArchitectureFacts():
            return _architecture(facts)
        case OperationFacts():
            return _operation(facts)
    return _rule(facts)


# --- an architecture ------------------------------------------------------------------------------


def _architecture(facts: ArchitectureFacts) -> Iterator[Block]:
    yield Heading(facts.name, facts.title)
    yield Pairs(
        (
            ("word", f"{facts.word} bytes, {facts.endian}-endian ({facts.source})"),
            ("kernel", facts.kernel),
            ("also called", ", ".join(facts.aliases) or "by no other name"),
            ("family", f"{facts.family}, read from {', '.join(facts.data)}"),
        )
    )
    yield from _units(facts)
    if facts.memory:
        yield Heading("memory types", "beside normal memory: cacheable, write-back, shared")
        yield Pairs(tuple((m.name, f"{m.says} ({m.source})") for m in facts.memory))
    yield Heading("multi-copy atomicity")
    at_once = [one for one in facts.axioms if one.about == "multi-copy-atomic"]
    if at_once:
        yield Pairs(tuple((one.id, _says(one)) for one in at_once))
    else:
        yield Paragraph("nothing is promised: two readers may see two stores in different orders")
    mixed = [one for one in facts.axioms if one.about == "mixed-size"]
    if mixed:
        yield Heading("accesses that overlap in part")
        yield Pairs(tuple((one.id, _says(one)) for one in mixed))
    yield Heading("alignment faults")
    if facts.faults:
        yield Pairs(tuple((one.id, _says(one)) for one in facts.faults))
    else:
        yield Paragraph("none is recorded")
    if facts.features:
        yield Heading("features", "named after +, as in " + _named(facts))
        yield Pairs(tuple((_mark(one), _feature(one)) for one in facts.features))
    if facts.unconfirmed:
        yield Heading("unconfirmed", "recorded, forbids nothing")
        yield Pairs(tuple((one.id, _says(one)) for one in facts.unconfirmed))
    yield Heading("ordering")
    for file in dict.fromkeys(one.file for one in facts.ordering):
        names = [one.id for one in facts.ordering if one.file == file]
        first = next(one for one in facts.ordering if one.file == file)
        grade = "" if first.evidence == "manual" else f" ({first.evidence})"
        note = f"\n{first.note}" if first.note else ""
        yield Pairs(((file, f"{', '.join(names)}{grade}\n{first.source}{note}"),))
    if not facts.ordering:
        yield Paragraph("no axioms are published: only coherence and atomicity count")


def _named(facts: ArchitectureFacts) -> str:
    return f"{facts.name.partition('+')[0].partition('@')[0]}+{facts.features[0].name}"


def _units(facts: ArchitectureFacts) -> Iterator[Block]:
    yield Heading("units", "bytes that an access of normal memory reads or writes at once")
    places = list(dict.fromkeys((g.placement, g.bytes) for row in facts.units for g in row.granted))
    places.sort(key=lambda place: (place[0], -place[1] if place[0] == "align" else place[1]))
    rows = tuple(_unit_row(row, places) for row in facts.units)
    if rows:
        heads = ("class", "size", *(_place(*place) for place in places), "rules")
        yield Grid(heads, rows)
        yield Paragraph(
            "A column says where the access lies: at a multiple of that many bytes, or anywhere "
            "inside an aligned block. ~: by established practice only. Empty: single bytes."
        )
    if facts.unpromised:
        yield Paragraph(f"Nothing above a byte is promised here of: {', '.join(facts.unpromised)}.")


def _place(placement: Placement, number: int) -> str:
    if placement == "within":
        return f"in {number}"
    return "anywhere" if number == 1 else f"at {number}"


def _unit_row(row: UnitRow, places: list[tuple[Placement, int]]) -> tuple[str, ...]:
    by = "" if row.element == row.size else f" by {row.element}"
    found = {(g.placement, g.bytes): _unit(g) for g in row.granted}
    cells = (found.get((placement, number), "") for placement, number in places)
    return (row.cls, f"{row.size}{by}", *cells, " ".join(row.rules))


def _unit(granted: Granted) -> str:
    if granted.unit == granted.practice:
        return str(granted.unit)
    before = f"{granted.unit}, " if granted.unit > 1 else ""
    return f"{before}{granted.practice}~"


def _mark(feature: FeatureFacts) -> str:
    return f"{feature.name} (on)" if feature.on else feature.name


def _feature(one: FeatureFacts) -> str:
    told = [f"{one.says} ({one.source})"]
    for label, names in (
        ("brings", one.implies), ("not with", one.excludes), ("adds", one.adds),
        ("ends", one.ends), ("decides the code of", one.lowerings),
    ):  # fmt: skip
        if names:
            told.append(f"{label} {', '.join(names)}")
    if one.since:
        told.append(f"on from kernel {one.since}")
    return "\n".join(told)


def _says(one: Statement) -> str:
    grade = "" if one.evidence == "manual" else f" ({one.evidence})"
    handler = {"stops": "the access ends there", "emulates": "the kernel does it in pieces"}
    after = f"; {handler[one.handler]}" if one.handler else ""
    note = f"\n{one.note}" if one.note else ""
    return f"{one.says}{after}{grade}\n{one.source}{note}"


# --- an operation ---------------------------------------------------------------------------------


def _operation(facts: OperationFacts) -> Iterator[Block]:
    yield Heading(facts.name, f"{facts.signature.partition('(')[2].rstrip(')')}")
    pairs = [("also called", ", ".join(facts.aliases))] if facts.aliases else []
    pairs += [("asked", f"{facts.asked}() is one of its calls")] * (
        facts.asked not in (facts.name, *facts.aliases)
    )
    pairs += [("like", f"{facts.like}(), where nothing of its own is written")] * bool(facts.like)
    pairs += [("made of", f"{facts.does}   ({facts.source})")] * bool(facts.does)
    pairs += [("since", f"kernel {facts.since}")] * bool(facts.since)
    if pairs:
        yield Pairs(tuple(pairs))
    for one in facts.archs:
        yield Heading(one.arch)
        for version in one.versions:
            yield from _version(version, facts.does, alone=len(one.versions) == 1)


def _version(version: Version, does: str, *, alone: bool) -> Iterator[Block]:
    if not alone:
        until = f" to {version.last}" if version.last else ""
        yield Paragraph(f"kernel {version.first}{until}" if until else f"from {version.first} on")
    if version.contract is None and version.code is None:
        yield Paragraph("what it is made of" if does else "there is no such operation")
        return
    pairs = []
    if version.contract is not None and _same(version.contract, version.code):
        pairs += _layered("contract and code", version.contract)
    else:
        pairs += _layered("contract", version.contract)
        pairs += _layered("code", version.code)
    yield Pairs(tuple(pairs))


def _same(contract: Layered, code: Layered | None) -> bool:
    return code is not None and contract.entries == code.entries


def _layered(name: str, layered: Layered | None) -> list[tuple[str, str]]:
    if layered is None:
        return [(name, "none")]
    lines = [f"{key}: {notation}" for key, notation in layered.entries]
    return [(name, "\n".join([*lines, f"({layered.source})"]))]


# --- a rule ---------------------------------------------------------------------------------------


def _rule(facts: RuleFacts) -> Iterator[Block]:
    one = facts.statement
    yield Heading(one.id, f"{_KINDS[one.kind]}, {one.evidence}")
    yield Paragraph(one.says)
    yield Pairs(tuple((name, told) for name, told in _accesses(one) if told))
    if not facts.family:
        return
    yield Heading("shipped tests that rest on it", f"{len(facts.tests)} of {facts.asked} results")
    if facts.tests:
        rows = tuple((t.file, t.arch, t.verdict) for t in facts.tests)
        yield Grid(("test", "architecture", "verdict"), rows)
    elif one.evidence == "unconfirmed":
        yield Paragraph("none: it is not confirmed, and forbids nothing")
    elif one.handler == "emulates":
        yield Paragraph("none: the kernel performs the access in pieces, of which none is promised")
    else:
        yield Paragraph("none")


_KINDS = {
    "rule": "a rule",
    "axiom": "an axiom of the memory system",
    "fault": "an alignment fault",
    "order": "an ordering axiom",
}


def _accesses(one: Statement) -> Iterator[tuple[str, str]]:
    yield "source", one.source
    yield "note", one.note
    yield "of", ", ".join(one.archs)
    yield "classes", ", ".join(one.classes)
    yield "file", one.file
    if one.kind in ("rule", "fault"):
        yield "sizes", ", ".join(map(str, one.sizes)) or "any"
        yield "elements", ", ".join(map(str, one.elements))
    by = {"size": "its size", "element": "its element's size"}.get(one.align, f"{one.align} bytes")
    if one.align:
        yield "where", f"{'unless ' if one.kind == 'fault' else ''}at a multiple of {by}"
    if one.within:
        yield "inside", f"an aligned block of {one.within} bytes"
    yield "with", ", ".join(one.needs)
    yield "without", ", ".join(one.lacks)
    yield "memory", ", ".join(one.memory)
    unit = {"whole": "the whole access", "element": "each element"}.get(one.unit, one.unit)
    if one.unit:
        more = "; load and store are one read-modify-write" if one.rmw else ""
        yield "unit", (unit if not unit.isdecimal() else f"each {unit} bytes") + more
    yield (
        "then",
        {"stops": "the access is not performed", "": ""}.get(
            one.handler, "the kernel performs it in pieces, in software"
        ),
    )
