"""The definitions of docs/ as a program that tries everything: the oracle of the encoder.

Reads-from and coherence are chosen byte by byte and every axiom is checked as it is written in
DESIGN sections 2 and 6. There is no solver here and nothing of `checker.model` or `checker.solve`.
Its parts are `oracle_bytes`, `oracle_grants`, `oracle_values` and `oracle_execution`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, permutations, product

from checker.expression import Expression, reads_of
from checker.program import (
    Operation,
    Program,
)
from tests.oracle_bytes import (
    Byte,
    Choice,
    Edge,
    Event,
    Happening,
    acyclic,
    choices,
    events_of,
    everything,
    happens,
)
from tests.oracle_execution import Execution
from tests.oracle_grants import Grants, multi_copy_atomic, placements
from tests.oracle_values import nothing_read, number

State = tuple[tuple[str, int], ...]


def states(program: Program, *, practice: bool = True) -> frozenset[State]:
    """Return the final states that `keep` admits, over all placements."""
    return frozenset(state for state, _ in outcomes(program, practice))


def reachable(program: Program, *, practice: bool = True) -> bool:
    """Return whether some execution that `keep` admits satisfies the question."""
    return any(holds for _, holds in outcomes(program, practice))


def reached(program: Program, place: str, *, practice: bool = True) -> frozenset[int]:
    """Return the addresses of a location, modulo 64, at which the question is reachable."""
    known = program.place(place)
    return frozenset(
        address
        for address in {(known.residue + n * known.modulus) % 64 for n in range(64)}
        if any(
            x.holds(program.question) and (program.keep is None or x.holds(program.keep))
            for x in executions(program, practice=practice, fixed={place: address})
        )
    )


@lru_cache(maxsize=8)
def outcomes(program: Program, practice: bool) -> frozenset[tuple[State, bool]]:
    """Return the final state of every admitted execution, and whether the question holds in it."""
    return frozenset(
        (tuple((shown.text, x.show(shown)) for shown in program.shown), x.holds(program.question))
        for x in executions(program, practice=practice)
        if program.keep is None or x.holds(program.keep)
    )


def executions(
    program: Program, *, practice: bool = True, fixed: Mapping[str, int] | None = None
) -> Iterator[Execution]:
    """Yield every candidate execution that the axioms admit, at every placement.

    A location may be fixed at an address.
    """
    operations = sorted(program.operations, key=lambda o: (o.thread, o.number))
    mca = multi_copy_atomic(program, practice)
    for happening in happenings(operations):
        events = events_of(program, happening)
        performed = {(event.operation.number, event.step) for event in events}
        options = {
            byte: choices([event for event in events if event.byte == byte])
            for byte in sorted({event.byte for event in events})
        }
        for grants in placements(program, practice, fixed):
            if any(grants[access].faults for access in performed):
                continue
            for chosen in atomic(Ties(events, grants), options, mca):
                execution = Execution(program, happening, events, chosen)
                if execution.makes_sense():
                    yield execution


def happenings(operations: Sequence[Operation]) -> Iterator[Happening]:
    """Yield each guess of which operations execute and which of their accesses happen."""

    def guesses(condition: Expression) -> list[bool]:
        constant = next(reads_of(condition), None) is None
        return [number(condition, nothing_read) == 1] if constant else [True, False]

    def cases(operation: Operation) -> Iterator[tuple[Operation, frozenset[int]] | None]:
        executes = guesses(operation.guard)
        if False in executes:
            yield None
        if True in executes:
            conditions = dict.fromkeys(happens(operation, n) for n in everything(operation))
            for guess in product(*(guesses(one) for one in conditions)):
                held = dict(zip(conditions, guess, strict=True))
                steps = (n for n in everything(operation) if held[happens(operation, n)])
                yield operation, frozenset(steps)

    for guess in product(*map(cases, operations)):
        yield tuple(case for case in guess if case is not None)


def atomic(
    ties: Ties, options: Mapping[Byte, Sequence[Choice]], mca: bool
) -> Iterator[Mapping[Byte, Choice]]:
    """Yield the choices for all bytes together that obey atomicity, extended byte by byte."""
    allowed = [(b, [c for c in some if ties.undisturbed(c)]) for b, some in options.items()]

    def extend(done: dict[Byte, Choice], edges: list[Edge]) -> Iterator[Mapping[Byte, Choice]]:
        if len(done) == len(allowed):
            yield done
            return
        byte, some = allowed[len(done)]
        for choice in some:
            lifted = edges + ties.lift(choice) if mca else []
            if acyclic(lifted) and all(
                ties.whole(choice, other, at) and ties.whole(other, choice, byte)
                for at, other in done.items()
            ):
                yield from extend(done | {byte: choice}, lifted)

    return extend({}, [])


class Ties:
    """What atomicity ties together: events of one unit, and of one read-modify-write."""

    def __init__(self, events: Sequence[Event], grants: Grants) -> None:
        self.thread = [event.operation.thread for event in events]
        self.partner: dict[tuple[int, Byte], int] = {}
        """The event at another byte that is in a unit of the same access with this event."""
        self.node = list(range(len(events)))
        """For multi-copy atomicity: the least event that units of its access tie an event to."""
        accesses: dict[tuple[int, int], list[Event]] = {}
        for event in events:
            accesses.setdefault((event.operation.number, event.step), []).append(event)
        for access, own in accesses.items():
            spans = sorted(grants[access].units)
            units = [[event for event in own if start <= event.k < end] for start, end in spans]
            for unit in units:
                for one, other in permutations(unit, 2):
                    self.partner[one.index, other.byte] = other.index
            for unit in [unit for unit in units if unit] * len(units):
                least = min(self.node[event.index] for event in unit)
                for event in unit:
                    self.node[event.index] = least
        self.rmw = [
            (load.index, store.index)
            for load in events
            if not load.store and load.access.atomic
            if grants[load.operation.number, load.step].rmw
            for store in self._store_of(load, events)
        ]

    @staticmethod
    def _store_of(load: Event, events: Sequence[Event]) -> list[Event]:
        """Return the store that makes a read-modify-write with a load, if it happens."""
        later = (
            event
            for event in events
            if event.operation is load.operation
            and event.byte == load.byte
            and event.step > load.step
            and event.store
            and event.access.atomic
        )
        return [*islice(later, 1)]

    def undisturbed(self, choice: Choice) -> bool:
        """Return whether no store comes between the halves of a read-modify-write."""
        return all(
            choice.rank(choice.source[load]) == choice.rank(store) - 1
            for load, store in self.rmw
            if load in choice.source
        )

    def whole(self, one: Choice, two: Choice, at: Byte) -> bool:
        """Return whether units that two bytes (the second is `at`) share are single-copy atomic.

        Two stores are ordered the same way at both. A load that takes the first byte from a store
        does not take the second from a write that is coherence-before that store.
        """

        def shared(edges: Iterable[Edge]) -> Iterator[Edge]:
            there = ((self.partner.get((a, at)), self.partner.get((b, at))) for a, b in edges)
            return ((a, b) for a, b in there if a is not None and b is not None)

        return all(two.rank(a) < two.rank(b) for a, b in shared(one.co)) and all(
            two.rank(store) <= two.rank(two.source[load]) for store, load in shared(one.rf)
        )

    def lift(self, choice: Choice) -> list[Edge]:
        """Return the communication between threads at one byte, between units."""
        return [
            (self.node[a], self.node[b])
            for a, b in choice.communication
            if self.thread[a] != self.thread[b]
        ]
