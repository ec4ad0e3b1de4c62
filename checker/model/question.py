"""The proposition of a condition, as a term over what an execution chooses."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from checker.expression import Expression
from checker.model.events import Structure
from checker.model.logic import Term, conj, disj, implies, negate
from checker.model.relations import Relations
from checker.program import Footprint, IsTorn, Logic, MemoryIs, Question, ValueIs

Last = list[tuple[Term, int]]
"""Load events of one byte of a read, and when each is the last that happens."""


class Asker:
    """Turns questions into terms."""

    def __init__(self, made: Structure, relations: Relations) -> None:
        """Keep the events of a program and the choices of its executions."""
        self._made = made
        self._relations = relations

    def term(self, question: Question) -> Term:
        """Return whether the execution satisfies the question."""
        match question:
            case ValueIs(value, constant):
                return self._relations.values.equals(value, constant)
            case MemoryIs(footprint, constant):
                return self._memory_is(footprint, constant)
            case IsTorn(reads):
                return disj(
                    conj((self._relations.values.holds(guard), self.torn(read)))
                    for read, guard in reads
                )
            case Logic("not", (inner,)):
                return negate(self.term(inner))
            case Logic("and", args):
                return conj(self.term(arg) for arg in args)
            case Logic("or", args):
                return disj(self.term(arg) for arg in args)
            case Logic("implies", (premise, conclusion)):
                return implies(self.term(premise), self.term(conclusion))
        raise AssertionError(question)

    # --- torn reads

    def torn(self, read: int) -> Term:
        """Return whether a read operation is torn.

        Some write is visible to it at one shared cell and not at another; or it takes cells from
        two writes whose coherence order differs between cells it reads.
        """
        loads = self._cells(read, is_load=True)
        if not loads:
            return False
        last = {cell: self._last(events) for cell, events in loads.items()}
        happens = disj(term for term, _ in next(iter(last.values())))
        writes = {
            operation.number: stores
            for operation in self._made.program.operations
            if operation.number != read and (stores := self._shared(operation.number, last))
        }
        split = disj(self._partly_visible(stores, last) for stores in writes.values())
        crossed = disj(self._crossed(a, b, last) for a, b in combinations(list(writes.values()), 2))
        return conj((happens, disj((split, crossed))))

    def _cells(self, operation: int, *, is_load: bool) -> dict[int, list[int]]:
        """Return the load or store events of an operation by cell, in program order."""
        found: dict[int, list[int]] = {}
        for index in self._made.of_operation[operation]:
            event = self._made.events[index]
            if event.is_load == is_load:
                found.setdefault(event.cell, []).append(index)
        return found

    def _last(self, loads: list[int]) -> Last:
        """Return when each of several loads of a byte is the last that happens."""
        found: Last = []
        after: list[Term] = []
        for load in reversed(loads):
            runs = self._relations.runs[load]
            if not any(runs is one for one in after):
                found.append((conj((runs, *map(negate, after))), load))
                after.append(runs)
        return found

    def _shared(self, write: int, last: dict[int, Last]) -> dict[int, list[int]]:
        stores = self._cells(write, is_load=False)
        return {cell: events for cell, events in stores.items() if cell in last}

    def _partly_visible(self, stores: dict[int, list[int]], last: dict[int, Last]) -> Term:
        """Return whether a write is visible at one shared cell and not at another."""
        seen = [
            disj(
                _when(term, self._relations.visible(store, load))
                for store in events
                for term, load in last[cell]
            )
            for cell, events in stores.items()
        ]
        ran = [disj(self._relations.runs[load] for _, load in last[cell]) for cell in stores]
        missed = [conj((here, negate(one))) for here, one in zip(ran, seen, strict=True)]
        return conj((disj(seen), disj(missed)))

    def _crossed(
        self, a: dict[int, list[int]], b: dict[int, list[int]], last: dict[int, Last]
    ) -> Term:
        """Return whether the read takes from two writes that are ordered both ways."""
        shared = [cell for cell in a if cell in b]
        if len(shared) < 2:
            return False
        orders = [self._first_before(a[cell], b[cell]) for cell in shared]
        return conj(
            (
                self._takes_from(a, last),
                self._takes_from(b, last),
                disj(orders),
                disj(negate(order) for order in orders),
            )
        )

    def _first_before(self, a: list[int], b: list[int]) -> Term:
        """Return whether the coherence-first store of `a` is before that of `b`."""
        return disj(conj(self._relations.before(one, other) for other in b) for one in a)

    def _takes_from(self, stores: dict[int, list[int]], last: dict[int, Last]) -> Term:
        return disj(
            _when(term, self._relations.takes[load].get(store, False))
            for cell, events in stores.items()
            for store in events
            for term, load in last[cell]
        )

    # --- final memory

    def _memory_is(self, footprint: Footprint, constant: int) -> Term:
        terms = []
        for number, cell in self._inside(footprint):
            shift = 8 * (cell.start - footprint.offset)
            expected = constant >> shift & (1 << 8 * cell.size) - 1
            terms.append(self._relations.values.same(self.final(number), expected, 8 * cell.size))
        return conj(terms)

    def memory(self, footprint: Footprint) -> Any:
        """Return the final value of a piece of memory as a bit-vector, in memory order."""
        parts = [self.final(number) for number, _ in self._inside(footprint)]
        return self._relations.values.join(parts, [c.size for _, c in self._inside(footprint)])

    def _inside(self, footprint: Footprint) -> list[tuple[int, Any]]:
        found = [
            (number, cell)
            for number, cell in enumerate(self._made.cells)
            if cell.location == footprint.location
            and footprint.offset <= cell.start < footprint.end
        ]
        return sorted(found, key=lambda pair: pair[1].start)

    def final(self, cell: int) -> Any:
        """Return the value of a cell after all stores: that of the coherence-last one."""
        relations = self._relations
        value = relations.values.initial(cell)
        stores = self._made.stores[cell]
        for store in stores:
            last = conj(
                (
                    relations.runs[store],
                    *(
                        disj((negate(relations.runs[other]), relations.before(other, store)))
                        for other in stores
                        if other != store
                    ),
                )
            )
            value = relations.values.select(last, relations.values.of_store(store, store), value)
        return value

    def bits(self, value: Expression | Footprint) -> Any:
        """Return a column of a final state as a bit-vector."""
        if isinstance(value, Footprint):
            return self.memory(value)
        return self._relations.values.bits(value)


def _when(last: Term, holds: Term) -> Term:
    """Return what holds of a load where it is the last; where it does not happen, nothing does."""
    return holds if last is True else conj((last, holds))
