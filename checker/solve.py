"""The queries: is a proposition reachable, where, by which execution, and why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

import z3

from checker.diagnostic import LimitReached
from checker.model import PRACTICE, Model, sequential, witness
from checker.model.cat.syntax import CatModel
from checker.model.logic import Term
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
            if self.ordering is None and decide(self.model.solver, *rules.values(), self.in_order):
                return True
            self.model.add_ordering(self.ordering)
        return self._core(self._rules(practice)) is None

    @cached_property
    def in_order(self) -> Term:
        """Whether every thread's accesses happen in program order, one after the other."""
        return sequential.literal(self.model)

    def witness(self, *, practice: bool) -> Execution:
        """Return an execution that satisfies it; the proposition must be reachable.

        One that no ordering model could forbid is preferred: in which every thread's accesses
        happen in program order. Of those it is the first in a fixed order of choices, so that the
        same question always shows the same picture.
        """
        rules = self._rules(practice)
        return witness.execution(self.model, self.first(*rules.values()), frozenset(rules))

    def first(self, *assumed: Term, then: Iterable[list[Term]] = ()) -> z3.ModelRef:
        """Return the execution that is to be shown of those in which some terms hold.

        `then` are further alternatives of which each has a first that can be.
        """
        solver, pinned = self.model.solver, list(assumed)
        if decide(solver, *pinned, self.in_order):
            pinned.append(self.in_order)
        elif not decide(solver, *pinned):
            raise ValueError("the proposition is not reachable")
        found = solver.model()
        choices = list(chain(self.model.choices(), then))
        number, ahead = 0, len(choices)
        while number < len(choices):  # the first of many at once where they can be, else of fewer
            firsts = [one[0] for one in choices[number : number + ahead] if one[0] is not True]
            if all(_holds(found, term) for term in firsts):
                pinned += firsts
                number, ahead = number + ahead, 4 * ahead
            elif ahead == 1:
                found = self._settled(found, pinned, choices[number])
                number, ahead = number + 1, 2
            elif decide(solver, *pinned, *firsts):
                found = solver.model()
            else:
                ahead = max(1, ahead // 4)
        return found

    def _settled(self, found: z3.ModelRef, pinned: list[Term], options: list[Term]) -> z3.ModelRef:
        """Pin the first of some alternatives that can be, and return an execution with it."""
        for term in options:
            if term is True:
                break
            if not _holds(found, term):
                if not decide(self.model.solver, *pinned, term):
                    continue
                found = self.model.solver.model()
            pinned.append(term)
            break
        return found

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
            if decide(self.model.solver, *rules, self.in_order, placed):
                return True
            if not decide(self.model.solver, *rules, placed):
                return False
            self.model.add_ordering(self.ordering)
            rules = self._rules(practice).values()
        return decide(self.model.solver, *rules, placed)

    def _rules(self, practice: bool) -> dict[str, z3.BoolRef]:
        return self.model.promises.literals(practice=practice)

    def _core(self, rules: dict[str, z3.BoolRef]) -> frozenset[str] | None:
        """Return the rules that together forbid the proposition, or None where none do."""
        key = frozenset(rules)
        if key not in self._answers:
            reached = decide(self.model.solver, *rules.values())
            names = {str(literal): name for name, literal in rules.items()}
            self._answers[key] = (
                None
                if reached
                else frozenset(names[str(one)] for one in self.model.solver.unsat_core())
            )
        return self._answers[key]


def decide(solver: z3.Solver, *assumptions: z3.BoolRef) -> bool:
    """Return whether a solver finds what is asked; raises LimitReached where it gives up."""
    answer = solver.check(*assumptions)
    if answer == z3.unknown:
        raise LimitReached(f"the solver gave up: {solver.reason_unknown()}")
    return bool(answer == z3.sat)


def _holds(found: z3.ModelRef, term: Term) -> bool:
    return bool(z3.is_true(found.eval(term, model_completion=True)))


def reachable(program: Program, *, practice: bool = True, ordering: CatModel | None = None) -> bool:
    """Return whether an execution of a program satisfies its proposition, at any placement."""
    return Query(program, ordering=ordering).reachable(practice=practice)


def reaches_cut(program: Program, timeout: int = 0, ordering: CatModel | None = None) -> bool:
    """Return whether some execution, of manuals' promises alone, goes on where a loop was cut."""
    beyond = tuple(ValueIs(going_on, 0) for going_on in program.assumed)
    further = replace(program, assumed=(), question=Logic("or", beyond))
    return Query(further, timeout, ordering).reachable(practice=False)


def same_hardware(a: Program, b: Program) -> bool:
    """Whether two programs ask the hardware for the same, so that one answer serves both."""
    same = [_asked(o) for o in a.operations] == [_asked(o) for o in b.operations]
    return same and a.places == b.places


def _asked(operation: Operation) -> Operation:
    return replace(operation, lowering="")
