"""A program's events as a cat model sees them, and the model's checks as promises.

An event that may not happen is in the sets and relations where it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from checker.arch.schema import Evidence
from checker.model.cat.evaluate import Evaluator
from checker.model.cat.relation import EventSet, Relation, identity
from checker.model.cat.syntax import CatModel, Check
from checker.model.events import INITIAL, Event, Structure
from checker.model.logic import Term, conj, disj, implies, negate, require
from checker.model.numbering import Numbering
from checker.model.promises import Promises
from checker.model.relations import Relations
from checker.program import Operation
from checker.verdict import Reason

FENCES = (
    *(f"{name}.{kind}" for name in ("DMB", "DSB") for kind in ("SY", "LD", "ST")), "DMB", "ISB",
    *(f"Fence.{a}.{b}" for a in ("r", "w", "rw") for b in ("r", "w", "rw")), "Fence.tso", "Fence.i",
    "MFENCE", "SFENCE", "LFENCE", "SYNC", "LWSYNC", "EIEIO", "ISYNC",
    *(f"MEMBAR.{a}{b}" for a in ("LOAD", "STORE") for b in ("LOAD", "STORE")), "STBAR",
    "MB", "WMB", "RMB", "IMB", "BCR", "SYNCO", "MEMW", "L.MSYNC", "DMB.1", "DMB.2", "DMB.3",
    *(f"DBAR.{hint}" for hint in ("0X0", "0X5", "0XA", "0X10", "0X12", "0X14", "0X15", "0X1A")),
    *(f"BAR.{kind}" for kind in ("BRWARW", "BRAR", "BWAW", "BRARW", "BRWAW")),
)  # fmt: skip
"""Names of fence sets that a model may use; those that a program has not are empty."""

SEVERAL = frozenset(("exclusive", "exclusive-pair", "llsc", "llsc-pair", "lrsc", "reservation"))
"""Classes whose read-modify-write is a loop of several instructions: no `amo`, but `lxsx`."""


class Ordering:
    """The base sets and relations of one program, and the checks of a model on them."""

    def __init__(self, made: Structure, relations: Relations, promises: Promises) -> None:
        """Number the events; `relations` says what an execution makes of them."""
        self._made = made
        self._relations = relations
        self._promises = promises
        self._events = Numbering(made)
        self.count = self._events.count

    def require(self, model: CatModel, name: str, cite: str, evidence: Evidence) -> None:
        """Assert the checks of a model, each behind a promise of its own."""
        evaluator = Evaluator(self._relations.solver, self._values(), self.count, f"{name} ")

        def checked(check: Check, holds: Term) -> None:
            number = check.name or f"line {check.at[0]}"
            says = f"the ordering axiom `{number}` of {model.title}"
            promise = Reason(f"{name}.{number}", says, cite, evidence)
            require(self._relations.solver, implies(self._promises.holds(promise), holds))

        evaluator.run(model, checked)

    # --- which events there are

    def _runs(self, event: int) -> Term:
        if event < self._events.memory:
            return self._relations.runs[event]
        if event < self._events.first_initial:
            operation, step, _ = self._events.fences[event - self._events.memory]
            passed = self._relations.values.holds(operation.guard)
            return conj((passed, self._counts(operation, step)))
        return True

    def _counts(self, operation: Operation, step: int) -> Term:
        """Return whether a step orders: only where its operation stores, if it says so."""
        if not operation.steps[step].stored:
            return True
        return self._relations.values.holds(operation.stores_if)

    def _orders(self, event: Event) -> Term:
        """Return whether an event happens, and orders as its access's words say."""
        operation = self._made.program.operations[event.operation]
        return conj((self._running[event.index], self._counts(operation, event.step)))

    @cached_property
    def _running(self) -> list[Term]:
        return [self._runs(event) for event in range(self.count)]

    def _both(self, a: int, b: int) -> Term:
        return conj((self._running[a], self._running[b]))

    def _where(self, events: Iterator[int]) -> EventSet:
        return EventSet.of(self.count, ((event, self._running[event]) for event in events))

    def _pairs(self, pairs: Iterator[tuple[int, int]]) -> Relation:
        return Relation.of(self.count, ((a, b, self._both(a, b)) for a, b in pairs))

    # --- base sets and relations

    def _values(self) -> dict[str, EventSet | Relation]:
        made = self._made
        loads = self._where(e.index for e in made.events if e.is_load)
        stores = self._where(e.index for e in made.events if not e.is_load)
        initial = self._where(iter(range(self._events.first_initial, self.count)))
        writes = stores.union(initial)
        values: dict[str, EventSet | Relation] = {
            "R": loads,
            "W": writes,
            "IW": initial,
            "M": loads.union(writes),
            "F": self._where(iter(range(self._events.memory, self._events.first_initial))),
            "A": self._marked("acquire"),
            "Q": self._marked("acquire-pc"),
            "L": self._marked("release"),
            "X": self._exclusive(),
            "NoRet": self._marked("no-return"),
            "id": identity(self.count),
            "po": self._pairs(self._events.program_order()),
            "loc": self._pairs(self._events.same_cell()),
            "int": self._pairs(self._events.same_thread()),
            "rf": self._reads_from(),
            "co": self._coherence(),
            "fr": self._from_reads(),
            "addr": self._pairs(self._events.depending("addr")),
            "data": self._pairs(self._events.depending("data")),
            "ctrl": self._pairs(self._events.depending("ctrl")),
            "amo": self._updates(),
            "lxsx": self._reservations(),
            "si": self._units(),
        }
        values |= self._fence_sets()
        internal = values["int"]
        assert isinstance(internal, Relation)
        values["ext"] = internal.complement()
        for name in ("rf", "co", "fr"):
            relation = values[name]
            assert isinstance(relation, Relation)
            values[f"{name}i"] = relation.meet(internal)
            values[f"{name}e"] = relation.minus(internal)
        po, loc = values["po"], values["loc"]
        assert isinstance(po, Relation)
        assert isinstance(loc, Relation)
        values["po-loc"] = po.meet(loc)
        amo, lxsx = values["amo"], values["lxsx"]
        assert isinstance(amo, Relation)
        assert isinstance(lxsx, Relation)
        values["rmw"] = amo.union(lxsx)
        return values

    def _marked(self, word: str) -> EventSet:
        marked = (e for e in self._made.events if word in self._made.access(e).order.split())
        return EventSet.of(self.count, ((e.index, self._orders(e)) for e in marked))

    @cached_property
    def _updating(self) -> dict[int, Term]:
        """When each event is part of a read-modify-write that is promised to be one."""
        found: dict[int, Term] = {}
        for name, units in self._made.units.items():
            for unit in (one for one in units if one.rmw):
                placed = self._promises.placed(name, unit.classes)
                held = conj((placed, self._promises.holds(unit.promise)))
                for event in unit.events:
                    found[event] = disj((found.get(event, False), held))
        return found

    def _exclusive(self) -> EventSet:
        """Return the accesses of updates, and those of load-reserves and store-conditionals."""
        return EventSet.of(
            self.count,
            (
                (e.index, conj((self._updating.get(e.index, False), self._orders(e))))
                if "exclusive" not in self._made.access(e).order.split()
                else (e.index, self._running[e.index])
                for e in self._made.events
            ),
        )

    def _fence_sets(self) -> dict[str, EventSet]:
        """Return a set for each kind of fence, by the name that `fence_set` gives it."""
        found: dict[str, list[int]] = {name: [] for name in FENCES}
        for index, (_, _, name) in enumerate(self._events.fences):
            found.setdefault(fence_set(name), []).append(self._events.memory + index)
        return {name: self._where(iter(events)) for name, events in found.items()}

    def _source(self, store: int, load: int) -> int:
        """Return the event that a load takes from: a store's, or its cell's initial write."""
        if store == INITIAL:
            return self._events.first_initial + self._made.events[load].cell
        return store

    def _reads_from(self) -> Relation:
        return Relation.of(
            self.count,
            (
                (self._source(store, event.index), event.index, term)
                for event in self._made.events
                if event.is_load
                for store, term in self._relations.takes[event.index].items()
            ),
        )

    def _coherence(self) -> Relation:
        def terms() -> Iterator[tuple[int, int, Term]]:
            for cell, stores in enumerate(self._made.stores):
                for a in stores:
                    yield self._events.first_initial + cell, a, self._running[a]
                    for b in stores:
                        if a != b:
                            before = self._relations.before(a, b)
                            yield a, b, conj((before, self._both(a, b)))

        return Relation.of(self.count, terms())

    def _from_reads(self) -> Relation:
        def terms() -> Iterator[tuple[int, int, Term]]:
            for cell, loads in enumerate(self._made.loads):
                for load in loads:
                    for store in self._made.stores[cell]:
                        unseen = negate(self._relations.visible(store, load))
                        yield load, store, conj((unseen, self._both(load, store)))

        return Relation.of(self.count, terms())

    # --- dependencies and read-modify-writes

    def _updates(self) -> Relation:
        """Return load and store of each read-modify-write that is one instruction."""
        return Relation.of(
            self.count,
            (pair for pair in self._read_modify_writes if not self._is_several(pair[0])),
        )

    def _reservations(self) -> Relation:
        """Return load and store of each pair of a load-reserve and a store-conditional."""

        def terms() -> Iterator[tuple[int, int, Term]]:
            for operation in self._made.program.operations:
                if operation.pair is not None:
                    for a in self._events.events_of.get(operation.pair, ()):
                        for b in self._events.events_of.get(operation.number, ()):
                            yield a, b, self._both(a, b)
            yield from (pair for pair in self._read_modify_writes if self._is_several(pair[0]))

        return Relation.of(self.count, terms())

    def _is_several(self, load: int) -> bool:
        return self._made.access(self._made.events[load]).cls in SEVERAL

    @cached_property
    def _read_modify_writes(self) -> list[tuple[int, int, Term]]:
        """Load and store of each update that is promised to be one, and when it is."""
        found = []
        for operation in self._made.program.operations:
            events = [e for e in self._made.events if e.operation == operation.number]
            steps = sorted({e.step for e in events if not e.is_load})
            for load in (e for e in events if e.is_load and e.index in self._updating):
                after = next((step for step in steps if step > load.step), None)
                for store in (e for e in events if e.step == after and e.index in self._updating):
                    held = (self._updating[load.index], self._updating[store.index])
                    both = self._both(load.index, store.index)
                    found.append((load.index, store.index, conj((*held, both))))
        return found

    # --- single-copy atomic units

    def _units(self) -> Relation:
        """Return which events of one access are at once: those of a unit that is promised."""
        terms: dict[tuple[int, int], Term] = {}
        for name, units in self._made.units.items():
            for unit in units:
                placed = self._promises.placed(name, unit.classes)
                held = conj((placed, self._promises.holds(unit.promise)))
                for a in unit.events:
                    for b in unit.events:
                        if a != b:
                            terms[a, b] = disj((terms.get((a, b), False), held))
        found = Relation.of(
            self.count, ((a, b, conj((t, self._both(a, b)))) for (a, b), t in terms.items())
        )
        return found.union(identity(self.count))


def fence_set(name: str) -> str:
    """Return the name of the set that a fence belongs to in a model.

    Words of Arm, x86 and Power are capitals (`dmb sy` is DMB.SY); RISC-V keeps its small letters
    (`fence rw,w` is Fence.rw.w). Arm's shareability domains are one to the models.
    """
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name.strip()) if word]
    if words[0].lower() == "fence":
        words = words[1:]
        return ".".join(["Fence", *words])
    if all(set(word) <= set("rwio") for word in words):
        return ".".join(["Fence", *(re.sub("[io]", "", word) for word in words)])
    if words[0].lower() in ("dmb", "dsb"):
        words = [words[0], re.sub("^(ish|osh|nsh)", "", "".join(words[1:]).lower()) or "sy"]
    return ".".join(words).upper()
