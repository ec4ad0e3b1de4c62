"""Every rule is seen from both sides by a test that ships: where it forbids, and where it ends.

`python -m tests.test_rules [FAMILY…]` prints what no test shows yet.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

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


@cache
def results(family: str) -> list[Result]:
    """Return the results of all shipped tests on a family's architectures.

    What cannot be checked has none: that it cannot be is the subject of other tests.
    """
    return list(_results(family))


def _results(family: str) -> Iterator[Result]:
    for path in SHIPPED:
        try:
            test = parse(path.read_bytes(), str(path))
            asked = [one for one in targets(test, []) if one.arch.family == family]
        except (Diagnostic, OSError):
            continue
        for target in asked:
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


def missing(family: str) -> list[str]:
    """Return what no shipped test shows of a family's rules, one line each."""
    architectures = archs.family(family)
    reasons = {one.rule for result in results(family) for one in result.verdict.reasons}
    found: dict[str, list[str]] = {"inside": [], "outside": [], "unconfirmed": [], "fault": []}
    for rule, where in _by_id([(a, rule) for a in architectures for rule in a.rules]).items():
        assert isinstance(rule, Rule)
        if rule.evidence == "unconfirmed":
            if not _is_allowed(family, rule, where):
                found["unconfirmed"].append(rule.id)
            continue
        if rule.id not in reasons:
            found["inside"].append(rule.id)
        if _ends(rule, where) and not _is_left(family, rule, where):
            found["outside"].append(rule.id)
    for fault in _by_id([(a, fault) for a in architectures for fault in a.faults]):
        counts = isinstance(fault, AlignmentFault) and fault.handler == "stops"
        if counts and fault.evidence == "manual" and fault.id not in reasons:
            found["fault"].append(fault.id)
    return [f"missing {what}: {name}" for what, names in found.items() for name in names]


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


def _is_left(family: str, rule: Rule, where: list[Architecture]) -> bool:
    """Whether something is allowed where the rule does not hold, for want of it."""
    return any(
        one.of(arch, rule) and one.outside(rule)
        for result in results(family)
        for one in result.performed
        for arch in where
    )


def _is_allowed(family: str, rule: Rule, where: list[Architecture]) -> bool:
    """Whether something is allowed although the rule, were it to count, speaks of an access."""
    return any(
        one.of(arch, rule) and one.spoken_of(rule)
        for result in results(family)
        for one in result.performed
        for arch in where
    )


@pytest.mark.parametrize("family", folders.family_names())
def test_every_rule_of_a_family_is_seen_from_both_sides(family: str) -> None:
    assert missing(family) == []


def main(wanted: list[str]) -> int:
    """Print what is missing, family by family, and return how much that is."""
    count = 0
    for family in wanted or folders.family_names():
        try:
            lines = missing(family)
        except Diagnostic as problem:
            lines = [f"missing data: {problem.render()}"]
        count += len(lines)
        print("\n".join([f"{family}: {len(results(family))} results", *lines]), flush=True)
    return count


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
