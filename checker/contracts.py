"""Whether today's code keeps an operation's own promise, for those that make one."""

from __future__ import annotations

from checker.arch import Target, granted
from checker.program import Access, Operation, Program

_LINE = 64
"""Addresses are tried modulo this: the largest block that a rule speaks of, in bytes."""


def unmet(code: list[Program], contract: list[Program]) -> list[str]:
    """Return a sentence for each operation whose code does not do what its contract promises.

    The contracts meant here promise one single-copy atomic access where it is naturally aligned.
    """
    found: dict[str, None] = {}
    for promised in contract[0].operations if contract else ():
        if any(access.promised for access in promised.accesses):
            for program in code:
                today = program.operations[promised.number]
                target = program.threads[today.thread].target
                kept = _evidence(today, target)
                what = f"{today.name}() of {today.size} bytes: today's code `{today.lowering}`"
                if kept is None:
                    found[f"{what} does not meet its contract"] = None
                elif kept != "manual":
                    found[f"{what} meets its contract by {kept} only"] = None
    return list(found)


def _evidence(operation: Operation, target: Target) -> str | None:
    """Return the evidence by which an operation is one whole access wherever it is aligned."""
    kinds = {access.kind: access for access in operation.accesses}
    if len(list(operation.accesses)) != len(kinds):
        return None
    grades = [_grade(access, operation.size, target) for access in kinds.values()]
    if None in grades:
        return None
    return next((grade for grade in grades if grade != "manual"), "manual")


def _grade(access: Access, size: int, target: Target) -> str | None:
    if access.footprint.size != size:
        return None
    grades = set()
    for address in range(0, _LINE, size):
        whole = [
            rule.evidence
            for rule in target.rules_for(access)
            if (0, size) in granted(rule, access, address)
        ]
        if not whole and size > 1:
            return None
        grades.add("manual" if "manual" in whole or size == 1 else "practice")
    return "practice" if "practice" in grades else "manual"
