"""One candidate execution of the oracle: its values, and what is torn in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from checker.expression import Expression
from checker.program import (
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Program,
    Question,
    Shown,
    ValueIs,
)
from tests.oracle_bytes import INIT, Byte, Choice, Event, Happening, everything, happens
from tests.oracle_values import byte, number, signed


class OutOfThinAirError(Exception):
    """A value that is computed from itself."""


class Execution:
    """One candidate execution: what it computes, what it leaves behind, and what is torn in it."""

    def __init__(
        self,
        program: Program,
        happening: Happening,
        events: Sequence[Event],
        chosen: Mapping[Byte, Choice],
    ) -> None:
        self.program, self.events, self.chosen = program, events, chosen
        self.steps = {operation.number: steps for operation, steps in happening}
        self.last = {(e.operation.number, e.lane): e for e in events if not e.store and e.own}
        """The load that counts for a byte of what an operation returned."""
        self.taken: dict[int, dict[Byte, int]] = {}
        """For each operation that reads, the store event from which it took each byte."""
        for (operation, _), e in self.last.items():
            self.taken.setdefault(operation, {})[e.byte] = chosen[e.byte].source[e.index]
        self.values: dict[int, int | None] = {}

    def returned(self, operation: int, lane: int) -> int:
        """Return a byte of what an operation returned: 0 where it loaded none."""
        load = self.last.get((operation, lane))
        return 0 if load is None else self.loaded(load)

    def loaded(self, load: Event) -> int:
        """Return the byte that a load event took."""
        if load.index not in self.values:
            self.values[load.index] = None
            source = self.chosen[load.byte].source[load.index]
            self.values[load.index] = self.written(load.byte, source)
        value = self.values[load.index]
        if value is None:
            raise OutOfThinAirError
        return value

    def written(self, at: Byte, store: int) -> int:
        """Return the value of a byte that a store event, or the initial write, writes."""
        if store == INIT:
            return self.program.place(at[0]).initial[at[1]]
        event = self.events[store]
        if event.access.zeros:
            return 0
        if not event.own:
            return self.loaded(self.put_back(event))
        assert event.operation.value is not None
        return byte(event.operation.value, event.lane, self.returned)

    def put_back(self, store: Event) -> Event:
        """Return the load whose byte a store beside its operation's bytes puts back."""
        *_, load = (
            event
            for event in self.events[: store.index]
            if event.operation is store.operation and event.byte == store.byte and not event.store
        )
        return load

    def makes_sense(self) -> bool:
        """Return whether every value has an origin and what was guessed to happen happens."""
        try:
            for load in (event for event in self.events if not event.store):
                self.loaded(load)
        except OutOfThinAirError:
            return False
        for o in self.program.operations:
            if (self.number(o.guard) == 1) != (o.number in self.steps):
                return False
            for step in everything(o) if o.number in self.steps else ():
                happened = step in self.steps[o.number]
                if (self.number(happens(o, step)) == 1) != happened:
                    return False
        return all(self.number(e) == 1 for e in self.program.assumed)

    def number(self, expression: Expression) -> int:
        return number(expression, self.returned)

    def memory(self, footprint: Footprint) -> int:
        """Return what memory finally holds: of each byte, the coherence-last write."""
        found = []
        for offset in range(footprint.offset, footprint.end):
            at = footprint.location, offset
            order = self.chosen[at].order if at in self.chosen else ()
            found.append(self.written(at, order[-1] if order else INIT))
        return int.from_bytes(found, "little")

    def holds(self, question: Question) -> bool:
        match question:
            case ValueIs(value, constant):
                return (self.number(value) - constant) % (1 << value.bits) == 0
            case MemoryIs(footprint, constant):
                return (self.memory(footprint) - constant) % (1 << 8 * footprint.size) == 0
            case IsTorn(reads):
                return any(self.number(guard) == 1 and self.torn(r) for r, guard in reads)
            case Logic("not", (one,)):
                return not self.holds(one)
            case Logic("and", args):
                return all(map(self.holds, args))
            case Logic("or", args):
                return any(map(self.holds, args))
            case Logic("implies", (one, two)):
                return not self.holds(one) or self.holds(two)
        raise AssertionError(question)

    def torn(self, read: int) -> bool:
        """Return whether an operation's bytes are a mixture, by where they come from."""
        taken = self.taken.get(read, {})
        rank = {at: self.chosen[at].rank(store) for at, store in taken.items()}
        first: dict[int, dict[Byte, int]] = {}  # the rank of each write's first store to each byte
        for at in taken:
            for n, store in enumerate(self.chosen[at].order):
                if self.events[store].own:
                    number = self.events[store].operation.number
                    first.setdefault(number, {}).setdefault(at, n)
        for write, stored in first.items():
            visible = {at: rank[at] >= n for at, n in stored.items()}
            never = dict.fromkeys(self.to_store(write) & taken.keys() - stored.keys(), False)
            if write != read and len({*visible.values(), *never.values()}) == 2:
                return True
        found = [self.events[store] for store in taken.values() if store != INIT]
        sources = {event.operation.number for event in found if event.own}
        for one, two in combinations((first[write] for write in sources), 2):
            if len({one[at] < two[at] for at in one.keys() & two.keys()}) == 2:
                return True
        return False

    def to_store(self, write: int) -> set[Byte]:
        """Return the bytes that an operation is to write: also those to which it never comes."""
        (operation,) = (o for o in self.program.operations if o.number == write)
        return {
            (a.footprint.location, a.footprint.offset + k)
            for a in operation.accesses
            if a.kind == "store"
            for k in range(a.footprint.size)
            if 0 <= a.start + k < operation.size
        }

    def show(self, shown: Shown) -> int:
        what = shown.what
        value = self.memory(what) if isinstance(what, Footprint) else self.number(what)
        if shown.swapped:
            value = int.from_bytes(value.to_bytes(shown.bits // 8, "little"), "big")
        return signed(value, shown.bits) if shown.signed else value
