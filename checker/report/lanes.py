"""The byte-lane picture of an execution: rows are accesses, oldest first; columns are bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.language.condition import show_value
from checker.verdict import ByteSeen, Execution, Row, TornRead

MAX_LANES = 16
"""Bytes in one line; what is wider is shown in several bands."""

MAX_ROWS = 40
"""Rows of one band; what is longer is cut in the middle."""


def causes(witness: Execution) -> list[str]:
    """Return what makes a read torn: the operations that did not move their bytes at once."""
    involved: dict[int, None] = {}
    for torn in witness.torn:
        involved |= dict.fromkeys(b.source for b in torn.bytes if b.source is not None)
        involved[torn.operation] = None
    told: dict[str, None] = {}
    for number in involved:
        for reads in (False, True):
            own = [r for r in witness.rows if r.operation == number and r.reads == reads]
            if len(own) > 1:
                told[f"{_called(own[0].name)} {_pieces(own)}"] = None
    return list(told) or [_mixture(one, witness.rows) for one in witness.torn[:1]]


def _called(name: str) -> str:
    """Return an operation's name: a C function is called, an instruction is not."""
    return f"{name}()" if name.isidentifier() else f"`{name}`"


def _mixture(torn: TornRead, rows: Sequence[Row]) -> str:
    """Return what a torn read took where every access involved was whole."""
    names = {row.operation: f"P{row.thread} {_called(row.name)}" for row in rows}
    taken = dict.fromkeys(
        "the initial value" if b.source is None else names[b.source] for b in torn.bytes
    )
    return f"{torn.label} mixes {' and '.join(taken)}; each access by itself is whole"


def _pieces(rows: list[Row]) -> str:
    """Return what an operation is, from the rows in which its bytes moved."""
    steps: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.step):
        steps.setdefault(row.step, []).append(row)
    accesses = [own[0].access for own in steps.values()]
    if len(steps) == 1:
        return f"is one {accesses[0]}, which is not single-copy atomic here"
    if len(set(accesses)) == 1 and len(steps) > 2:
        return f"is {len(steps)} times {accesses[0]}"
    starts = [min(b.offset for row in own for b in row.bytes) for own in steps.values()]
    placed = [f"{a} at {at - min(starts)}" for a, at in zip(accesses, starts, strict=True)]
    return f"is {'; '.join(placed)}"


def picture(witness: Execution) -> Iterator[str]:
    """Yield the picture of each location that a row touches."""
    torn = witness.torn[:1]
    locations = dict.fromkeys(row.location for row in witness.rows)
    shown = [torn[0].location] if torn else list(locations)
    for name in shown:
        rows = [row for row in witness.rows if row.location == name]
        before = dict(witness.before)[name]
        origin = torn[0].bytes[0].offset if torn else 0
        place = f"{name}+{origin} " if origin else f"{name} " if len(shown) > 1 else ""
        for band in _bands(rows, torn):
            yield from _band(f"{place}byte", origin, band, before, rows, torn)
    if len(witness.torn) > 1:
        yield f"torn likewise: {', '.join(one.label for one in witness.torn[1:])}"
    if not torn:
        yield "  ".join(f"{place}={show_value(value)}" for place, value in witness.state)


def _bands(rows: list[Row], torn: Sequence[TornRead]) -> list[range]:
    """Return the byte ranges worth showing: those of torn reads, else all that is touched."""
    offsets = [b.offset for one in torn for b in one.bytes] or [
        b.offset for row in rows for b in row.bytes
    ]
    low, high = min(offsets), max(offsets) + 1
    bands = [range(at, min(at + MAX_LANES, high)) for at in range(low, high, MAX_LANES)]
    interesting = [band for band in bands if not torn or any(_mixed(one, band) for one in torn)]
    return (interesting or bands)[:4]


def _mixed(torn: TornRead, band: range) -> bool:
    return len({b.source for b in torn.bytes if b.offset in band}) > 1


def _band(
    title: str,
    origin: int,
    band: range,
    before: tuple[int, ...],
    rows: list[Row],
    torn: Sequence[TornRead],
) -> Iterator[str]:
    touching = [row for row in rows if any(b.offset in band for b in row.bytes)]
    labels = [f"P{row.thread} {row.access}" for row in touching]
    width = max(len(label) for label in [title, "before", *labels])

    def line(label: str, cells: list[str], end: str = "") -> str:
        return f"{label:{width}}  {' '.join(f'{cell:>2}' for cell in reversed(cells))}{end}"

    yield line(title, [str(offset - origin) for offset in band])
    yield line("before", [f"{before[offset]:02x}" for offset in band])
    cut = len(touching) > MAX_ROWS
    for index, (label, row) in enumerate(zip(labels, touching, strict=True)):
        if cut and MAX_ROWS // 2 <= index < len(touching) - MAX_ROWS // 2:
            if index == MAX_ROWS // 2:
                yield f"… {len(touching) - MAX_ROWS} more rows"
            continue
        yield line(label, _lane(row.bytes, band), f"   {row.name}")
    for one in torn:
        lane = _lane(one.bytes, band)
        yield line(one.label, lane, f"   <- torn: {_parts(one, rows, origin)}")


def _lane(seen: tuple[ByteSeen, ...], band: range) -> list[str]:
    values = {b.offset: b.value for b in seen}
    return [f"{values[offset]:02x}" if offset in values else "." for offset in band]


def _parts(torn: TornRead, rows: list[Row], origin: int) -> str:
    """Return where the bytes of a torn read came from, in ranges."""
    threads = {row.operation: f"P{row.thread} {row.name}" for row in rows}
    writers = {b.source for b in torn.bytes} - {None}
    ranges: list[tuple[int, int, int | None]] = []
    for one in torn.bytes:
        if ranges and ranges[-1][2] == one.source and ranges[-1][1] == one.offset - 1:
            ranges[-1] = (ranges[-1][0], one.offset, one.source)
        else:
            ranges.append((one.offset, one.offset, one.source))

    def told(first: int, last: int, source: int | None) -> str:
        first, last = first - origin, last - origin
        span = f"bytes {first}-{last}" if first != last else f"byte {first}"
        if source is None:
            return f"{span} {'old' if len(writers) == 1 else 'initial'}"
        return f"{span} {'new' if len(writers) == 1 else f'from {threads[source]}'}"

    return ", ".join(told(*one) for one in ranges)
