"""Values come from somewhere: data never flows in a circle through reads-from.

An execution in which a value justifies itself has no values to speak of, so it is no execution.
Only data counts here; that a condition depends on a read is left to the ordering axioms.
"""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

import z3

from checker import expression as ex
from checker.expression import TRUE, Apply, Const, Expression, Free, ReadValue
from checker.model.events import Structure
from checker.model.logic import Keeps, conj
from checker.model.order import Order
from checker.model.relations import Relations

Flow = tuple[Expression, int, int]
"""When a byte depends on a byte of a read operation: condition, operation, byte."""


def ground(made: Structure, relations: Relations, solver: z3.Solver | Keeps) -> None:
    """Assert that no value justifies itself, where the program's shape leaves room for it."""
    feeds: dict[int, list[tuple[Expression, int]]] = {}
    for event in made.events:
        value = made.program.operations[event.operation].value
        if event.is_load or made.access(event).zeros:
            continue
        kept = made.put_back(event)
        if kept is not None:
            feeds[event.index] = [(TRUE, kept)]
        elif value is not None and not isinstance(value, Const):
            size = made.cells[event.cell].size
            flows = bytes_of(value)[event.byte : event.byte + size]
            feeds[event.index] = list(_loads(made, {flow for byte in flows for flow in byte}))
    if not feeds:
        return
    graph: dict[int, list[int]] = {s: [load for _, load in found] for s, found in feeds.items()}
    for event in made.events:
        if event.is_load:
            graph[event.index] = [s for s in relations.takes[event.index] if s in feeds]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        rank = Order(solver, "rank", len(made.events))
        for store, found in feeds.items():
            for condition, load in found:
                holds = conj((relations.runs[store], relations.values.holds(condition)))
                rank.before(holds, load, store)
        for event in made.events:
            if event.is_load:
                for store, term in relations.takes[event.index].items():
                    if store in feeds:
                        rank.before(term, store, event.index)
        rank.close()


def _loads(made: Structure, flows: set[Flow]) -> Iterable[tuple[Expression, int]]:
    """Yield the load events that supply bytes of read operations, and when they matter."""
    for condition, operation, byte in flows:
        last = None
        for index in made.of_operation[operation]:
            event = made.events[index]
            size = made.cells[event.cell].size
            if event.is_load and event.byte <= byte < event.byte + size:
                if last is not None and made.conditional:
                    yield condition, last  # the later one may not happen
                last = index
        if last is not None:
            yield condition, last


def bytes_of(value: Expression) -> list[frozenset[Flow]]:
    """Return what each byte of an expression depends on, lowest byte first.

    Moving bytes keeps them apart; arithmetic mixes them all.
    """
    count = max(1, value.bits // 8)
    match value:
        case Const() | Free():
            return [frozenset()] * count
        case ReadValue(operation):
            return [frozenset({(TRUE, operation, byte)}) for byte in range(count)]
        case Apply("zext" | "trunc" | "not", (inner,)):
            found = bytes_of(inner)
            return (found + [frozenset()] * count)[:count]
        case Apply("swap", (inner,)):
            return bytes_of(inner)[::-1]
        case Apply("shl" | "lshr" as op, (inner, Const(shift))) if shift % 8 == 0:
            found, empty = bytes_of(inner), [frozenset[Flow]()] * (shift // 8)
            moved = empty + found if op == "shl" else found[shift // 8 :] + empty
            return moved[:count]
        case Apply("and" | "or" | "xor" as op, (a, b)):
            return [
                (frozenset[Flow]() if op == "and" and _zero(a, b, byte) else first | second)
                for byte, (first, second) in enumerate(zip(bytes_of(a), bytes_of(b), strict=True))
            ]
        case Apply("ite", (condition, yes, no)):
            decides = frozenset().union(*bytes_of(condition))
            return [
                decides | _under(condition, first) | _under(ex.invert(condition), second)
                for first, second in zip(bytes_of(yes), bytes_of(no), strict=True)
            ]
        case Apply(_, args):
            mixed = frozenset[Flow]().union(*(byte for arg in args for byte in bytes_of(arg)))
            return [mixed] * count
    raise AssertionError(value)


def _zero(a: Expression, b: Expression, byte: int) -> bool:
    return any(isinstance(x, Const) and not x.value >> (8 * byte) & 0xFF for x in (a, b))


def _under(condition: Expression, flows: frozenset[Flow]) -> frozenset[Flow]:
    return frozenset((ex.binary("and", condition, when), op, byte) for when, op, byte in flows)
