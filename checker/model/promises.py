"""The promises a program rests on, each behind a literal, and the choice of placement."""

from __future__ import annotations

import z3

from checker.arch.schema import Evidence
from checker.model.choices import Solved, Tabled
from checker.model.logic import Term, conj, disj, variable
from checker.model.placement import PlacementClass
from checker.program import Program
from checker.verdict import Reason


class Promises:
    """Literals for rules, contracts and axioms; and which placement class each location is in."""

    def __init__(
        self,
        program: Program,
        placements: dict[str, list[PlacementClass]],
        choices: Solved | Tabled,
        *,
        evidence: frozenset[Evidence],
        droppable: bool,
    ) -> None:
        """Make them; without `droppable` every promise of that evidence is simply true."""
        self.droppable = droppable
        self._evidence = evidence
        self._program = program
        self._literals: dict[str, z3.BoolRef] = {}
        self.reasons: dict[str, Reason] = {}
        self.chosen: dict[str, list[Term]] = {}
        """For each location: whether it lies in each of its placement classes."""
        for name, classes in placements.items():
            names = [f"at {name} {number}" for number in range(len(classes))]
            self.chosen[name] = choices.one_of(names)
        self.multi_copy_atomic = self._multi_copy_atomic(program)

    def holds(self, promise: Reason) -> Term:
        """Return the literal of a promise."""
        self.reasons[promise.rule] = promise
        if not self.droppable:
            return True
        if promise.rule not in self._literals:
            self._literals[promise.rule] = variable(f"rule {promise.rule}")
        return self._literals[promise.rule]

    def settled(self, promise: Reason, /) -> bool:
        """Whether a promise is not in question: it is assumed whenever any is."""
        return promise.evidence == "manual" or not self.droppable

    def placed(self, location: str, classes: frozenset[int]) -> Term:
        """Return whether a location lies in one of some placement classes."""
        terms = self.chosen[location]
        return True if len(classes) == len(terms) else disj(terms[c] for c in sorted(classes))

    def literals(self, *, practice: bool) -> dict[str, z3.BoolRef]:
        """Return the literals of promises, by name; those of established practice only if asked."""
        return {
            rule: literal
            for rule, literal in self._literals.items()
            if practice or self.reasons[rule].evidence == "manual"
        }

    def mixed_size(self, *threads: int) -> Term:
        """Return whether units of different extent tie the bytes that they share."""
        found: list[Term] = []
        for thread in dict.fromkeys(threads):
            arch = self._program.threads[thread].target.arch
            for axiom in (one for one in arch.axioms if one.kind == "mixed-size"):
                if axiom.evidence not in self._evidence:
                    return False
                reason = Reason(axiom.id, axiom.says, axiom.source, axiom.evidence)
                found.append(self.holds(reason))
        return conj(found)

    def _multi_copy_atomic(self, program: Program) -> Term:
        """Return whether the system is multi-copy atomic by each thread's architecture."""
        memory = {place.memory for place in program.places}
        axioms = [t.target.axiom("multi-copy-atomic", memory) for t in program.threads]
        found = []
        for axiom in axioms:
            if axiom is None or axiom.evidence not in self._evidence:
                return False
            found.append(Reason(axiom.id, axiom.says, axiom.source, axiom.evidence))
        return conj(self.holds(reason) for reason in dict.fromkeys(found))
