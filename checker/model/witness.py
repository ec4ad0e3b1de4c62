"""The picture of an execution: which bytes moved when, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from checker.expression import signed
from checker.lowering.question import sources
from checker.model import Model
from checker.model.candidate import Candidate
from checker.model.events import INITIAL
from checker.program import Access, IsTorn, Logic, Question, Shown
from checker.verdict import ByteSeen, Execution, FaultSeen, Row, TornRead


def execution(
    model: Model,
    found: object,
    rules: frozenset[str],
    rows_of: dict[int, int] | None = None,
    *,
    in_order: bool = False,
) -> Execution:
    """Return the witness that a satisfying model of the solver is; `rules` are those in force.

    `rows_of` says for each event that happens in which row it is, where that is known to have an
    order, and `in_order` whether the order keeps program order.
    """
    candidate = Candidate(model, found)
    program = model.program
    if rows_of is None:
        rows = tuple(_rows(candidate, rules))
    else:
        rows = tuple(_merge(candidate, _sorted(candidate, rows_of, list(rows_of), in_order)))
    return Execution(
        layer=program.layer,
        placement=tuple(
            (name, one.residues[0], one.modulus) for name, one in candidate.placement.items()
        ),
        before=tuple((place.name, place.initial) for place in program.places),
        rows=rows,
        state=tuple(
            (one.text, shown_value(one, candidate.column(one.what))) for one in program.shown
        ),
        torn=tuple(_torn(candidate, rows)),
        threads=tuple((o.number, o.thread) for o in program.operations),
        faults=tuple(_faults(candidate)),
        lowerings=tuple((o.number, o.lowering) for o in program.operations if o.lowering),
    )


def shown_value(shown: Shown, raw: int) -> int | str:
    """Return a column's bits as a final state shows them: a number, an address, or an array."""
    if shown.element:
        mask, width = (1 << shown.element) - 1, shown.element
        one = replace(shown, bits=width, element=0)
        found = [shown_value(one, raw >> at & mask) for at in range(0, shown.bits, width)]
        return f"{{{','.join(map(str, found))}}}"
    if shown.swapped:
        raw = int.from_bytes(raw.to_bytes(shown.bits // 8, "little"), "big")
    for number, name in shown.names:
        if raw == number:
            return name
    return signed(raw, shown.bits) if shown.signed else raw


def _faults(candidate: Candidate) -> Iterator[FaultSeen]:
    for operation in candidate.model.program.operations:
        accesses = list(operation.accesses)
        if not operation.chances:
            continue
        at, moved = (candidate.chosen(one.free) for one in operation.chances)
        if at:
            access = accesses[at - 1]
            place = access.footprint
            yield FaultSeen(
                operation.thread, operation.name, str(access), place.location, place.offset, moved,
                operation.size,
            )  # fmt: skip


# --- rows -----------------------------------------------------------------------------------------


def _rows(candidate: Candidate, rules: frozenset[str]) -> Iterator[Row]:
    """Yield the accesses in an order that communication respects, in as few rows as it allows.

    First with program order, then without, then with each cell of an access by itself: weak memory
    need not have any order in which every access happens at once.
    """
    structure = candidate.model.structure
    happen = [
        e.index for e in structure.events if candidate.true(candidate.model.relations.runs[e.index])
    ]
    tied = _ties(candidate, rules, happen)
    alone = {event: event for event in happen}
    for group, in_order in ((tied, True), (tied, False), (alone, True), (alone, False)):
        try:
            order = _sorted(candidate, group, happen, in_order)
        except CycleError:
            continue
        yield from _merge(candidate, order)
        return


def _ties(candidate: Candidate, rules: frozenset[str], happen: list[int]) -> dict[int, int]:
    """Return a representative for each event: that of the unit it is in."""
    group = {event: event for event in happen}
    for name, units in candidate.model.structure.units.items():
        placed = candidate.model.placements[name].index(candidate.placement[name])
        for unit in units:
            if placed in unit.classes and unit.promise.rule in rules and unit.events[0] in group:
                old = {group[event] for event in unit.events}
                for event, head in group.items():
                    if head in old:
                        group[event] = group[unit.events[0]]
    return group


def _sorted(
    candidate: Candidate, group: dict[int, int], happen: list[int], in_order: bool
) -> list[int]:
    """Return the events in an order; raises CycleError where there is none."""
    structure = candidate.model.structure
    graph: dict[int, set[int]] = {head: set() for head in group.values()}

    def edge(a: int, b: int) -> None:
        if group[a] != group[b]:
            graph[group[b]].add(group[a])
        elif a != b and structure.events[a].cell == structure.events[b].cell:
            raise CycleError("an event before itself", [a, b])

    for stores in candidate.coherence:
        for a, b in pairwise(stores):
            edge(a, b)
    for load, store in candidate.source.items():
        later = candidate.coherence[structure.events[load].cell]
        if store != INITIAL:
            edge(store, load)
            later = later[later.index(store) + 1 :]
        for after in later:
            edge(load, after)
    if in_order:
        _program_order(candidate, happen, edge)
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    members: dict[int, list[int]] = {}
    for event in happen:
        members.setdefault(group[event], []).append(event)
    order: list[int] = []
    ready = list(sorter.get_ready())
    last: tuple[int, int] | None = None
    while ready:
        events = structure.events
        ready.sort(
            key=lambda head: (
                (events[head].operation, events[head].step) != last,
                events[head].operation,
                events[head].step,
                head,
            )
        )
        head = ready.pop(0)
        order += members[head]
        last = (events[head].operation, events[head].step)
        sorter.done(head)
        ready += sorter.get_ready()
    return order


def _program_order(candidate: Candidate, happen: list[int], edge: object) -> None:
    events = candidate.model.structure.events
    threads: dict[int, dict[tuple[int, int], list[int]]] = {}
    for event in happen:
        key = (events[event].operation, events[event].step)
        threads.setdefault(events[event].thread, {}).setdefault(key, []).append(event)
    for accesses in threads.values():
        ordered = [accesses[key] for key in sorted(accesses)]
        for before, after in pairwise(ordered):
            for a in before:
                for b in after:
                    edge(a, b)  # type: ignore[operator]  # a local function of the caller


def _merge(candidate: Candidate, order: list[int]) -> Iterator[Row]:
    """Yield one row for each run of events of one access."""
    events = candidate.model.structure.events
    run: list[int] = []
    for event in order:
        if run and _access_of(candidate, run[0]) != _access_of(candidate, event):
            yield _row(candidate, run)
            run = []
        run.append(event)
        assert events[event].index == event
    if run:
        yield _row(candidate, run)


def _access_of(candidate: Candidate, event: int) -> tuple[int, int]:
    found = candidate.model.structure.events[event]
    return found.operation, found.step


def _row(candidate: Candidate, run: list[int]) -> Row:
    structure = candidate.model.structure
    first = structure.events[run[0]]
    operation = candidate.operation(run[0])
    access = operation.steps[first.step]
    assert isinstance(access, Access)
    return Row(
        thread=first.thread,
        operation=operation.number,
        name=operation.name,
        step=first.step,
        access=str(access),
        location=access.footprint.location,
        reads=first.is_load,
        bytes=tuple(sorted((b for e in run for b in _bytes(candidate, e)), key=lambda b: b.offset)),
    )


def _bytes(candidate: Candidate, event: int) -> Iterator[ByteSeen]:
    found = candidate.model.structure.events[event]
    cell = candidate.model.structure.cells[found.cell]
    source: int | None = None
    if found.is_load:
        store = candidate.source[event]
        source = None if store == INITIAL else candidate.operation(store).number
    content = candidate.value(event).to_bytes(cell.size, "little")
    for index, value in enumerate(content):
        yield ByteSeen(cell.start + index, value, source)


# --- torn reads -----------------------------------------------------------------------------------


def _torn(candidate: Candidate, rows: tuple[Row, ...]) -> Iterator[TornRead]:
    asked = dict.fromkeys(_asked(candidate.model.program.question))
    for number in asked:
        if candidate.true(candidate.model.asker.torn(number)):
            seen: dict[int, ByteSeen] = {}
            own = [row for row in rows if row.operation == number and row.reads]
            for row in own:
                seen |= {byte.offset: byte for byte in row.bytes}
            bytes_ = tuple(seen[offset] for offset in sorted(seen))
            yield TornRead(_label(candidate, number), number, own[0].location, bytes_)


def _asked(question: Question) -> Iterator[int]:
    if isinstance(question, IsTorn):
        yield from (number for number, _ in question.reads)
    elif isinstance(question, Logic):
        for arg in question.args:
            yield from _asked(arg)


def _label(candidate: Candidate, number: int) -> str:
    """Return the register that a read operation set, or the operation's name."""
    program = candidate.model.program
    thread = program.threads[program.operations[number].thread]
    for name, value in thread.registers:
        if any(operation == number for operation, _ in sources(value)):
            return f"{thread.number}:{name}"
    return f"P{thread.number} {program.operations[number].name}"
