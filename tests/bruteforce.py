"""The definitions of docs/ as a program that tries everything: the oracle of the encoder.

Reads-from and coherence are chosen byte by byte and every axiom is checked as it is written in
DESIGN sections 2 and 6. There is no solver here and nothing of `checker.model` or `checker.solve`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import combinations, islice, permutations, product

from checker.arch import faulting, granted
from checker.expression import Apply, Const, Expression, ReadValue, reads_of
from checker.program import (
    Access,
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Operation,
    Program,
    Question,
    Shown,
    ValueIs,
)

State = tuple[tuple[str, int], ...]
Byte = tuple[str, int]
Edge = tuple[int, int]
Happening = tuple[tuple[Operation, frozenset[int]], ...]
"""The operations that execute, and which of their steps are accesses that happen."""
INIT = -1
"""The initial write of any byte: an event of no thread and no operation, before every other."""


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


# --- events ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """One byte of one access that happens; `index` counts them in program order."""

    index: int
    operation: Operation
    step: int
    access: Access
    k: int
    """Which byte of the access it is."""

    @property
    def store(self) -> bool:
        return self.access.kind == "store"

    @property
    def byte(self) -> Byte:
        return self.access.footprint.location, self.access.footprint.offset + self.k

    @property
    def lane(self) -> int:
        """The byte of the operation's value that it carries."""
        return self.access.start + self.k

    @property
    def own(self) -> bool:
        """Whether it is one of the operation's bytes, and not one beside them."""
        return 0 <= self.lane < self.operation.size


def events_of(program: Program, happening: Happening) -> list[Event]:
    """Return the events of the accesses that happen: of each byte that is in its location."""
    found: list[Event] = []
    for operation, steps in happening:
        for step, access in enumerate(operation.steps):
            if isinstance(access, Access) and step in steps:
                size = program.place(access.footprint.location).size
                for k in range(access.footprint.size):
                    if 0 <= access.footprint.offset + k < size:
                        found.append(Event(len(found), operation, step, access, k))
    return found


def everything(operation: Operation) -> frozenset[int]:
    """Return the steps of an operation that are accesses."""
    return frozenset(n for n, one in enumerate(operation.steps) if isinstance(one, Access))


# --- what is chosen for one byte ------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """Coherence and reads-from of one byte: its stores, oldest first; each load's source."""

    order: tuple[int, ...]
    source: Mapping[int, int]

    def rank(self, store: int) -> int:
        """Return a store's place in coherence order; the initial write has the least."""
        return INIT if store == INIT else self.order.index(store)

    @cached_property
    def co(self) -> list[Edge]:
        return list(combinations(self.order, 2))

    @cached_property
    def rf(self) -> list[Edge]:
        return [(store, load) for load, store in self.source.items() if store != INIT]

    @cached_property
    def fr(self) -> list[Edge]:
        return [
            (load, later)
            for load, store in self.source.items()
            for later in self.order[self.rank(store) + 1 :]
        ]

    @property
    def communication(self) -> list[Edge]:
        return self.rf + self.co + self.fr


def choices(events: Sequence[Event]) -> list[Choice]:
    """Return the coherent choices for one byte, given its events in program order."""
    shape = tuple((event.operation.thread, event.store) for event in events)
    name = {n: event.index for n, event in enumerate(events)} | {INIT: INIT}
    return [
        Choice(tuple(name[s] for s in c.order), {name[n]: name[s] for n, s in c.source.items()})
        for c in _coherent(shape)
    ]


@cache
def _coherent(shape: tuple[tuple[int, bool], ...]) -> list[Choice]:
    """Return the choices where po ∪ rf ∪ co ∪ fr is acyclic, for (thread, is a store) in po."""
    po = [
        (a, b) for (a, (one, _)), (b, (two, _)) in combinations(enumerate(shape), 2) if one == two
    ]
    stores = [n for n, (_, store) in enumerate(shape) if store]
    loads = [n for n, (_, store) in enumerate(shape) if not store]
    found = []
    for order in permutations(stores):
        if not acyclic(po + Choice(order, {}).co):
            continue
        possible = (
            [s for s in (INIT, *order) if acyclic(po + Choice(order, {n: s}).communication)]
            for n in loads
        )
        for sources in product(*possible):
            choice = Choice(order, dict(zip(loads, sources, strict=True)))
            if acyclic(po + choice.communication):
                found.append(choice)
    return found


def acyclic(edges: Iterable[Edge]) -> bool:
    """Return whether no path along the edges leads back to where it began."""
    after: dict[int, set[int]] = {}
    for a, b in edges:
        after.setdefault(a, set()).add(b)
    while True:
        inner = {a: later & after.keys() for a, later in after.items()}
        inner = {a: later for a, later in inner.items() if later}
        if len(inner) == len(after):
            return not after
        after = inner


# --- what the placement grants --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grant:
    """What one access is promised at one address."""

    units: frozenset[tuple[int, int]]
    rmw: bool
    faults: bool
    """Whether the access is not performed there: its thread does not get past it."""


def grant(program: Program, thread: int, access: Access, address: int, practice: bool) -> Grant:
    """Return the units of an access (start and end in it) and whether an RMW of it is atomic."""
    counted = ("manual", "practice") if practice else ("manual",)
    target = next(t.target for t in program.threads if t.number == thread)
    memory = program.place(access.footprint.location).memory
    size = access.footprint.size
    whole = bool(access.promised) and address % size == 0 and memory == "normal"
    units, rmw = {(0, size)} if whole else set(), whole
    for rule in target.rules_for(access, memory):
        if rule.evidence in counted:
            given = granted(rule, access, address)
            units.update(given)
            rmw = rmw or (rule.rmw and bool(given))
    faults = any(
        fault.handler == "stops" and fault.evidence in counted and faulting(fault, access, address)
        for fault in target.faults_for(access, memory)
    )
    return Grant(frozenset(u for u in units if u[1] - u[0] > 1), rmw, faults)


Grants = Mapping[tuple[int, int], Grant]
"""By operation's number and step."""


def placements(
    program: Program, practice: bool, fixed: Mapping[str, int] | None = None
) -> Iterator[Grants]:
    """Yield what the accesses are granted, once for each way in which placements differ in it.

    A location may be fixed at an address.
    """
    by_place = []
    for place in program.places:
        residues = {(place.residue + n * place.modulus) % 64 for n in range(64)}
        if fixed and place.name in fixed:
            residues = {fixed[place.name]}
        accesses = [
            (operation, step, access)
            for operation in program.operations
            for step, access in enumerate(operation.steps)
            if isinstance(access, Access) and access.footprint.location == place.name
        ]
        by_place.append({
            tuple(
                ((o.number, step), grant(program, o.thread, a, r + a.footprint.offset, practice))
                for o, step, a in accesses
            )
            for r in residues
        })  # fmt: skip
    for chosen in product(*by_place):
        yield {access: what for part in chosen for access, what in part}


def multi_copy_atomic(program: Program, practice: bool) -> bool:
    """Return whether every thread's architecture makes a store visible to all others at once."""
    allowed = ("manual", "practice") if practice else ("manual",)
    memory = {place.memory for place in program.places}
    axioms = [thread.target.axiom("multi-copy-atomic", memory) for thread in program.threads]
    return all(axiom is not None and axiom.evidence in allowed for axiom in axioms)


# --- executions -----------------------------------------------------------------------------------


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
        return [number(condition, _nothing_read) == 1] if constant else [True, False]

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


def happens(operation: Operation, step: int) -> Expression:
    """Return when an access happens, of the times that its operation is executed."""
    access = operation.steps[step]
    assert isinstance(access, Access)
    if access.kind == "load":
        return access.when
    return Apply("and", (operation.stores_if, access.when), 1)


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
            if write != read and len({rank[at] >= stored[at] for at in stored}) == 2:
                return True
        found = [self.events[store] for store in taken.values() if store != INIT]
        sources = {event.operation.number for event in found if event.own}
        for one, two in combinations((first[write] for write in sources), 2):
            if len({one[at] < two[at] for at in one.keys() & two.keys()}) == 2:
                return True
        return False

    def show(self, shown: Shown) -> int:
        what = shown.what
        value = self.memory(what) if isinstance(what, Footprint) else self.number(what)
        if shown.swapped:
            value = int.from_bytes(value.to_bytes(shown.bits // 8, "little"), "big")
        return _signed(value, shown.bits) if shown.signed else value


# --- expressions ----------------------------------------------------------------------------------

BYTEWISE = ("and", "or", "xor", "not", "zext", "trunc", "ite")
Lane = Callable[[int, int], int]
"""What an operation returned in one byte."""


def _nothing_read(operation: int, lane: int) -> int:
    raise AssertionError((operation, lane))


def _signed(value: int, bits: int) -> int:
    return value - (value >> (bits - 1) << bits)


def byte(expression: Expression, k: int, lane: Lane) -> int:
    """Compute one byte of an expression, from no more than the bytes of reads it depends on."""
    here = (1 << expression.bits) - 1 >> 8 * k & 0xFF
    match expression:
        case Const(value):
            return value >> 8 * k & here
        case ReadValue(operation):
            return lane(operation, k) & here if here else 0
        case Apply("and", (Const(mask), _) | (_, Const(mask))) if not mask >> 8 * k & 0xFF:
            return 0
        case Apply("and" | "or" | "xor" as op, (a, b)):
            bitwise = {"and": int.__and__, "or": int.__or__, "xor": int.__xor__}[op]
            return bitwise(byte(a, k, lane), byte(b, k, lane))
        case Apply("zext" | "trunc" | "not" as op, (a,)):
            return (byte(a, k, lane) ^ (0xFF if op == "not" else 0)) & here
        case Apply("ite", (condition, yes, no)):
            return byte(yes if number(condition, lane) else no, k, lane)
        case Apply("shl", (a, Const(count))) if count % 8 == 0:
            return byte(a, k - count // 8, lane) & here if k >= count // 8 else 0
        case Apply("lshr", (a, Const(count))) if count % 8 == 0:
            return byte(a, k + count // 8, lane)
    return number(expression, lane) >> 8 * k & here


def number(expression: Expression, lane: Lane) -> int:
    """Compute an expression from what the operations returned."""
    bits = expression.bits
    if not isinstance(expression, Apply) or expression.op in BYTEWISE:
        return sum(byte(expression, k, lane) << 8 * k for k in range((bits + 7) // 8))
    n = expression.args[0].bits
    a, *rest = (number(argument, lane) for argument in expression.args)
    b = rest[0] if rest else 0
    x, y = _signed(a, n), _signed(b, n)
    quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1) if y else 0
    result = {
        "sext": lambda: x,
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "shl": lambda: a << b if b < n else 0,
        "lshr": lambda: a >> b if b < n else 0,
        "ashr": lambda: x >> min(b, n),
        "udiv": lambda: a // b if b else -1,
        "urem": lambda: a % b if b else a,
        "sdiv": lambda: quotient,
        "srem": lambda: x - y * quotient,
        "eq": lambda: int(a == b),
        "ult": lambda: int(a < b),
        "ule": lambda: int(a <= b),
        "slt": lambda: int(x < y),
        "sle": lambda: int(x <= y),
    }[expression.op]()
    return result & ((1 << bits) - 1)
