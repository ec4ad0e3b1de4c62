"""The queries: is a proposition reachable, why not, and which final states are there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import z3

from checker.diagnostic import LimitReached
from checker.model import MANUAL, PRACTICE, Model, TableModel, sequential, witness
from checker.model.cat.syntax import CatModel
from checker.model.choices import TooMany
from checker.model.logic import Term, conj
from checker.program import Logic, Operation, Program, ValueIs
from checker.verdict import Execution, Reachable, Reason

COHERENCE = Reason(
    "base.coherence",
    "no promise is needed: the coherence of each byte and the values written forbid it",
    "Alglave, Maranget, Tautschnig, Herding Cats, TOPLAS 2014, 4.3",
)
"""What a proof rests on when it needs no promise."""

HANDLED = Reason(
    "base.faults",
    "no promise is needed: what a fault leaves, coherence and the values written forbid it",
    "the fault handling of uaccess.h, as the operations' lowerings have it",
)
"""The same where user copies may fault."""


@dataclass
class Query:
    """One program and its proposition on a solver of its own; every promise can be dropped."""

    program: Program
    timeout: int = 0
    """Limit of each query in ms; 0 is none."""
    ordering: CatModel | None = None
    """Ordering axioms in place of the architecture's."""
    _answers: dict[frozenset[str], frozenset[str] | None] = field(default_factory=dict, init=False)
    """For each set of rules that was assumed: None if reachable, else the core that forbids it."""

    @cached_property
    def model(self) -> Model:
        """The program's executions that satisfy the proposition."""
        model = Model(self.program, evidence=PRACTICE, droppable=True, timeout=self.timeout)
        model.require(model.asker.term(self.program.question))
        return model

    def reachable(self, *, practice: bool) -> bool:
        """Return whether an execution satisfies the proposition; raises LimitReached.

        Ordering axioms are looked at only where they matter: they forbid nothing that is already
        forbidden, and no execution in which all threads keep their program order.
        """
        rules = self._rules(practice)
        if self._core(rules) is not None:
            return False
        if not self.model.ordered:
            if self.ordering is None and _decide(
                self.model.solver, *rules.values(), self._in_order
            ):
                return True
            self.model.add_ordering(self.ordering)
        return self._core(self._rules(practice)) is None

    @cached_property
    def _in_order(self) -> Term:
        return sequential.literal(self.model)

    def witness(self, *, practice: bool) -> Execution:
        """Return an execution that satisfies it; the proposition must be reachable.

        One that no ordering model could forbid is preferred: in which every thread's accesses
        happen in program order. Of those it is the first in a fixed order of choices, so that the
        same question always shows the same picture.
        """
        rules = self._rules(practice)
        solver, pinned = self.model.solver, list(rules.values())
        if _decide(solver, *pinned, self._in_order):
            pinned.append(self._in_order)
        elif not _decide(solver, *pinned):
            raise ValueError("the proposition is not reachable")
        found = solver.model()
        for options in self.model.choices():
            for term in options:
                if not z3.is_true(found.eval(term, model_completion=True)):
                    if not _decide(solver, *pinned, term):
                        continue
                    found = solver.model()
                pinned.append(term)
                break
        return witness.execution(self.model, found, frozenset(rules))

    def reasons(self, *, practice: bool) -> tuple[Reason, ...]:
        """Return a minimal set of promises that forbids the proposition.

        Dropping any one of them would allow it; of several such sets, one with the rules that stand
        first in the data. The proposition must be unreachable.
        """
        rules = self._rules(practice)
        core = self._core(rules)
        if core is None:
            raise ValueError("the proposition is reachable")
        needed = {name: literal for name, literal in rules.items() if name in core}
        for name in reversed(list(needed)):
            rest = {other: literal for other, literal in needed.items() if other != name}
            if self._core(rest) is not None:
                needed = rest
        return tuple(self.model.promises.reasons[name] for name in needed) or self._nothing

    @property
    def _nothing(self) -> tuple[Reason, ...]:
        faults = any(operation.chances for operation in self.program.operations)
        return (HANDLED,) if faults else (COHERENCE,)

    def residues(self, *, practice: bool) -> tuple[Reachable, ...]:
        """Return, for each location, the residues at which the proposition is reachable."""
        found = []
        for name, classes in self.model.placements.items():
            held = {
                residue
                for number, one in enumerate(classes)
                if self._possible(practice, self.model.promises.placed(name, frozenset({number})))
                for residue in one.residues
            }
            every = sum(len(one.residues) for one in classes)
            modulus = classes[0].modulus
            found.append(Reachable(name, modulus, tuple(sorted(held)), len(held) == every))
        return tuple(found)

    def _possible(self, practice: bool, placed: Term) -> bool:
        if placed is True:
            return True
        rules = self._rules(practice).values()
        if not self.model.ordered and self.ordering is None:
            if _decide(self.model.solver, *rules, self._in_order, placed):
                return True
            if not _decide(self.model.solver, *rules, placed):
                return False
            self.model.add_ordering(self.ordering)
            rules = self._rules(practice).values()
        return _decide(self.model.solver, *rules, placed)

    def _rules(self, practice: bool) -> dict[str, z3.BoolRef]:
        return self.model.promises.literals(practice=practice)

    def _core(self, rules: dict[str, z3.BoolRef]) -> frozenset[str] | None:
        """Return the rules that together forbid the proposition, or None where none do."""
        key = frozenset(rules)
        if key not in self._answers:
            reached = _decide(self.model.solver, *rules.values())
            names = {str(literal): name for name, literal in rules.items()}
            self._answers[key] = (
                None
                if reached
                else frozenset(names[str(one)] for one in self.model.solver.unsat_core())
            )
        return self._answers[key]


def _decide(solver: z3.Solver, *assumptions: z3.BoolRef) -> bool:
    answer = solver.check(*assumptions)
    if answer == z3.unknown:
        raise LimitReached(f"the solver gave up: {solver.reason_unknown()}")
    return bool(answer == z3.sat)


def reachable(program: Program, *, practice: bool = True, ordering: CatModel | None = None) -> bool:
    """Return whether an execution of a program satisfies its proposition, at any placement."""
    return Query(program, ordering=ordering).reachable(practice=practice)


State = tuple[tuple[str, int | str], ...]


def states(
    program: Program,
    *,
    practice: bool = True,
    timeout: int = 0,
    ordering: CatModel | None = None,
) -> frozenset[State]:
    """Return every final state of a program, at any placement, in the columns it shows.

    Raises LimitReached when `timeout`, in ms for all of it, is over.
    """
    evidence = PRACTICE if practice else MANUAL
    try:
        return _tabled(TableModel(program, evidence=evidence), ordering)
    except TooMany:
        pass
    model = Model(program, evidence=evidence, droppable=False)
    model.add_ordering(ordering)
    return frozenset(_enumerate(program, model, timeout))


def _tabled(model: TableModel, ordering: CatModel | None) -> frozenset[State]:
    """Return every final state from a table of all executions; raises TooMany."""
    model.add_ordering(ordering)
    found: dict[State, Term] = {(): model.valid}
    if not model.valid:
        return frozenset()
    for one in model.program.shown:
        cases = model.asker.bits(one.what)
        found = {
            (*state, (one.text, witness.shown_value(one, number))): both
            for state, held in found.items()
            for number, term in cases.items()
            if (both := conj((held, term))) is not False
        }
    return frozenset(found)


def _enumerate(program: Program, model: Model, timeout: int) -> Iterator[State]:
    columns = [model.asker.bits(one.what) for one in program.shown]
    model.relations.values.settle()
    deadline = time.monotonic() + timeout / 1000 if timeout else None
    while _decide(model.solver):
        found = model.solver.model()
        values = [found.eval(column, model_completion=True) for column in columns]
        yield tuple(
            (one.text, witness.shown_value(one, value.as_long()))
            for one, value in zip(program.shown, values, strict=True)
        )
        if not columns:
            return
        if deadline is not None and time.monotonic() > deadline:
            raise LimitReached(f"{timeout} ms were not enough to list the final states")
        model.solver.add(z3.Or([c != v for c, v in zip(columns, values, strict=True)]))


def reaches_cut(program: Program, timeout: int = 0) -> bool:
    """Return whether some execution, of manuals' promises alone, goes on where a loop was cut."""
    beyond = tuple(ValueIs(going_on, 0) for going_on in program.assumed)
    return Query(replace(program, assumed=(), question=Logic("or", beyond)), timeout).reachable(
        practice=False
    )


def same_hardware(a: Program, b: Program) -> bool:
    """Whether two programs ask the hardware for the same, so that one answer serves both."""
    return [_asked(o) for o in a.operations] == [_asked(o) for o in b.operations]


def _asked(operation: Operation) -> Operation:
    return replace(operation, lowering="")
