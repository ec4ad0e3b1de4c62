"""Every rule is seen from both sides by a test that ships: where it forbids, and where it ends.

Tests are decided until nothing is missing; `make check` decides all of them.

`python -m tests.test_rules [FAMILY…]` prints what no test shows yet.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator

import pytest

from checker import arch as archs
from checker.arch import Target, faulting, folders, granted
from checker.arch.schema import AlignmentFault, Architecture, Rule
from checker.check import Limits, check, targets
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.litmus import Test
from checker.lowering import programs, sketch
from checker.program import Access, Footprint, Program
from checker.value import value
from checker.verdict import Verdict
from tests.inputs import SHIPPED

LIMITS = Limits(timeout=60_000)


@value
class Performed:
    """An access of a result: by which architecture, to what memory, and where it was reached."""

    target: Target
    access: Access
    memory: str
    addresses: tuple[int, ...]
    """Its addresses, modulo some block, at which the result is reached."""

    def of(self, arch: Architecture, promise: Rule | AlignmentFault) -> bool:
        """Whether the instruction's class is one that an architecture's rule speaks of."""
        return self.target.arch is arch and self.access.cls in promise.scope.classes

    def spoken_of(self, rule: Rule) -> bool:
        """Whether a rule speaks of it, whatever the rule's evidence is."""
        return self.target._within(rule.scope, self.access, self.memory)

    def outside(self, rule: Rule) -> bool:
        """Whether a rule grants it nothing at some address at which the result is reached."""
        return not self.spoken_of(rule) or not all(
            granted(rule, self.access, address) for address in self.addresses
        )


@value
class Result:
    """One shipped test on one architecture."""

    verdict: Verdict
    performed: tuple[Performed, ...] = ()
    """For `allowed`: what today's code asks the hardware for."""


def results(family: str, wanted: Collection[Sight]) -> Iterator[Result]:
    """Yield the results of shipped tests on a family's architectures, its own tests first.

    Left out are those whose Expect says that nothing can be seen there of what is wanted when it
    is their turn, and those that cannot be checked: that is the subject of other tests.
    """
    own = archs.members(family)
    for path in sorted(SHIPPED, key=lambda path: path.parent.name not in own):
        try:
            test = parse(path.read_bytes(), str(path))
            asked = [one for one in targets(test, []) if one.arch.family == family]
        except (Diagnostic, OSError):
            continue
        expected = dict(zip((name for name, _ in test.archs), test.expectations, strict=False))
        for target in asked:
            one = expected.get(target.name)
            if one and not any(sight.allowed == (one.verdict == "allowed") for sight in wanted):
                continue
            try:
                yield _result(test, target, str(path))
            except Diagnostic:
                continue


def _result(test: Test, target: Target, file: str) -> Result:
    verdict = check(test, target, file, LIMITS)
    if verdict.answer != "allowed":
        return Result(verdict)
    code = programs(test, sketch(test, target, LIMITS.unroll), target, "code")
    found = dict.fromkeys(one for program in code for one in _performed(program, verdict))
    return Result(verdict, tuple(found))


def _performed(program: Program, verdict: Verdict) -> Iterator[Performed]:
    reached = {
        one.location: sorted({*one.residues} & {*program.place(one.location).residues(one.modulus)})
        for one in verdict.placements
    }
    for operation in program.operations:
        target = program.threads[operation.thread].target
        for access in operation.accesses:
            at = access.footprint
            residues = reached.get(at.location, ())
            addresses = tuple(residue + at.offset for residue in residues)
            yield Performed(target, access, program.place(at.location).memory, addresses)


# --- what is shown --------------------------------------------------------------------------------


KINDS = ("inside", "outside", "unconfirmed", "fault")


@value
class Sight:
    """Something of a rule that a shipped test is to show."""

    what: str
    """One of KINDS."""
    promise: Rule | AlignmentFault
    where: tuple[Architecture, ...]

    @property
    def allowed(self) -> bool:
        """Whether a result shows it in which the condition is reached."""
        return self.what in ("outside", "unconfirmed")

    @property
    def line(self) -> str:
        """What to say where no test shows it."""
        return f"missing {self.what}: {self.promise.id}"

    def is_in(self, result: Result) -> bool:
        """Whether a result shows it.

        Outside: something is allowed where the rule does not hold, for want of it. Unconfirmed: it
        is allowed although the rule, were it to count, speaks of an access.
        """
        if not self.allowed:
            return any(one.rule == self.promise.id for one in result.verdict.reasons)
        rule = self.promise
        assert isinstance(rule, Rule)
        return any(
            one.of(arch, rule)
            and (one.outside(rule) if self.what == "outside" else one.spoken_of(rule))
            for one in result.performed
            for arch in self.where
        )


def wanted(family: str) -> list[Sight]:
    """Return what the shipped tests are to show of a family's rules."""
    architectures = archs.family(family)
    found = []
    for rule, where in _by_id([(a, rule) for a in architectures for rule in a.rules]).items():
        assert isinstance(rule, Rule)
        if rule.evidence == "unconfirmed":
            found.append(Sight("unconfirmed", rule, tuple(where)))
            continue
        found.append(Sight("inside", rule, tuple(where)))
        if _ends(rule, where):
            found.append(Sight("outside", rule, tuple(where)))
    for fault, where in _by_id([(a, fault) for a in architectures for fault in a.faults]).items():
        counts = isinstance(fault, AlignmentFault) and fault.handler == "stops"
        if counts and fault.evidence == "manual":
            found.append(Sight("fault", fault, tuple(where)))
    return sorted(found, key=lambda one: KINDS.index(one.what))


def looked(family: str) -> tuple[list[Result], list[str]]:
    """Return the results that were looked at, and what none shows, one line each."""
    left, found = wanted(family), []
    for result in results(family, left):
        found.append(result)
        left[:] = [one for one in left if not one.is_in(result)]
        if not left:
            break
    return found, [one.line for one in left]


Owned = tuple[Architecture, Rule | AlignmentFault]


def _by_id(owned: list[Owned]) -> dict[Rule | AlignmentFault, list[Architecture]]:
    found: dict[Rule | AlignmentFault, list[Architecture]] = {}
    for arch, promise in owned:
        found.setdefault(promise, []).append(arch)
    return found


def _ends(rule: Rule, where: list[Architecture]) -> bool:
    """Whether an access of a rule's classes can be outside of it.

    Sizes and elements do not count: there may be no such instruction of another size.
    """
    others = {one.name for arch in where for one in arch.memory} - rule.scope.memory
    if rule.scope.needs | rule.scope.lacks | others:
        return True
    return any(_has_outside(rule, arch) for arch in where)


def _has_outside(rule: Rule, arch: Architecture) -> bool:
    """Whether an access is performed at some address at which a rule does not hold."""
    faults = [
        one
        for one in arch.faults
        if one.handler == "stops"
        and one.evidence == "manual"
        and one.scope.classes >= rule.scope.classes
        and one.scope.memory >= rule.scope.memory
        and not one.scope.needs - rule.scope.needs
        and not one.scope.lacks - rule.scope.lacks
    ]
    for size in rule.scope.sizes or {2, 4, 8, 16}:
        for element in rule.scope.elements or {size}:
            access = Access("load", "", Footprint("x", 0, size), element, 0)
            fitting = [
                one
                for one in faults
                if size in (one.scope.sizes or {size})
                and element in (one.scope.elements or {element})
            ]
            for address in range(256):
                if not granted(rule, access, address) and not any(
                    faulting(fault, access, address) for fault in fitting
                ):
                    return True
    return False


@pytest.mark.parametrize("family", folders.family_names())
def test_every_rule_of_a_family_is_seen_from_both_sides(family: str) -> None:
    found, missing = looked(family)
    assert missing == []
    for verdict in (one.verdict for one in found):
        assert verdict.ok is True
        assert bool(verdict.reasons) is (verdict.answer in ("forbidden", "fragile"))
        assert (verdict.witness is not None) is (verdict.answer in ("fragile", "allowed"))


def main(wanted: list[str]) -> int:
    """Print what is missing, family by family, and return how much that is."""
    count = 0
    for family in wanted or folders.family_names():
        found: list[Result] = []
        try:
            found, lines = looked(family)
        except Diagnostic as problem:
            lines = [f"missing data: {problem.render()}"]
        count += len(lines)
        print("\n".join([f"{family}: {len(found)} results", *lines]), flush=True)
    return count


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
