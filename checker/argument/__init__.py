"""Why a test has its verdict: what suffices to forbid it, or how little it takes to reach it.

sets        minimal sets that suffice, of anything
facts       a model in which what a location and a target are said to be can be dropped too
proof       the sets of one test, and what breaks without each of their elements
shortest    the execution with the fewest rows
neighbours  tests that differ in one thing
"""

from __future__ import annotations

import shlex
from dataclasses import replace

from checker.argument.facts import said, weakened
from checker.argument.neighbours import Neighbours, neighbours
from checker.argument.proof import Argument, Proof
from checker.argument.shortest import Shortest, shortest
from checker.check import check, draw
from checker.diagnostic import Diagnostic, LimitReached, nearest
from checker.lowering import programs
from checker.program import Layer
from checker.run import Opened, Request, located, opened, too_deep
from checker.value import value
from checker.verdict import Execution, Problem, Verdict

__all__ = ["Argument", "Explanation", "Outcome", "Trial", "explain_file", "explain_test"]


@value
class Trial:
    """Whether some promises and facts alone suffice."""

    names: tuple[str, ...]
    suffices: bool
    witness: Execution | None
    """What happens where they do not."""


@value
class Explanation:
    """Why a test has its verdict on one architecture."""

    verdict: Verdict
    argument: Argument | None = None
    """With `forbidden`, and with `fragile`: what suffices."""
    shortest: Shortest | None = None
    """With `allowed`: an execution with as few rows as there can be."""
    neighbours: Neighbours | None = None
    """With `allowed`: changes after which it is forbidden."""
    trial: Trial | None = None
    """Where it is asked: whether some promises and facts suffice."""
    limit: str = ""
    """What was not found out, and the limit that was reached."""
    options: str = ""
    """The options of the command that it was asked with, which decide what executions there are."""

    @property
    def limited(self) -> bool:
        """Whether a limit was reached."""
        parts = (self.limit, self.argument and self.argument.limit)
        elements = self.argument.elements if self.argument else ()
        more = any(one.limit for one in elements)
        longer = self.shortest is not None and not self.shortest.least
        near = self.neighbours is not None and self.neighbours.undecided > 0
        return self.verdict.answer == "unknown" or any(parts) or more or longer or near


@value
class Outcome:
    """What came out of one file, and what kept it from being more."""

    explanations: tuple[Explanation, ...]
    problems: tuple[Problem, ...]


def explain_file(path: str, request: Request, only: tuple[str, ...] | None = None) -> Outcome:
    """Return why a file's test has its verdict on each architecture that is asked about.

    With `only`, whether these promises and facts alone suffice.
    """
    found = opened(path, request)
    if isinstance(found, Problem):
        return Outcome((), (found,))
    explanations: list[Explanation] = []
    problems: dict[Problem, None] = {}
    for target in found.targets:
        try:
            explanations.append(explain_test(found, target.name, request, only))
        except Diagnostic as problem:
            problems[located(problem, found.name, found.source)] = None
        except RecursionError:
            problems[located(too_deep(), found.name, found.source)] = None
    return Outcome(tuple(explanations), tuple(problems))


def explain_test(
    found: Opened, arch: str, request: Request, only: tuple[str, ...] | None = None
) -> Explanation:
    """Return why a test has its verdict on an architecture; raises Diagnostic."""
    target = next(one for one in found.targets if one.name == arch)
    limits = request.limits
    verdict = check(found.test, target, found.name, limits, found.asked)
    explanation = Explanation(verdict, options=_options(request))
    try:
        if (verdict.bounded or verdict.answer) in ("forbidden", "fragile") or only is not None:
            proof = proof_of(found, arch, request, practice=not _promised(verdict))
            if only is not None:
                return replace(explanation, trial=_trial(proof, only))
            return replace(explanation, argument=proof.argument())
        if verdict.answer == "allowed":
            drawn = draw(found.test, target, limits, found.asked)
            code = list(programs(found.test, drawn, target, "code"))
            best = shortest(code, limits.timeout, found.asked.ordering)
            explanation = replace(explanation, shortest=best)
            return replace(explanation, neighbours=neighbours(found, target, limits))
    except LimitReached as limit:
        return replace(explanation, limit=str(limit))
    return explanation


def _options(request: Request) -> str:
    faults = " --faults" if request.faults else ""
    return f"{faults} --model {shlex.quote(request.model)}" if request.model else faults


def _promised(verdict: Verdict) -> bool:
    return (verdict.bounded or verdict.answer) == "forbidden"


def _trial(proof: Proof, only: tuple[str, ...]) -> Trial:
    known = proof.names()
    for name in only:
        if name not in known:
            hint = nearest(name, known) or f"there are {', '.join(known) or 'none'}"
            raise Diagnostic(f"no proof here rests on `{name}`", hint=hint)
    if proof.suffices(frozenset(only)) is not None:
        return Trial(only, suffices=True, witness=None)
    return Trial(only, suffices=False, witness=proof.execution(frozenset(only)))


def proof_of(found: Opened, arch: str, request: Request, *, practice: bool) -> Proof:
    """Return what a proof on an architecture can rest on.

    With `practice` it is about what saves today's code; else about what is promised of the code and
    of the contracts. Raises Diagnostic where the test has no meaning there, LimitReached.
    """
    target = next(one for one in found.targets if one.name == arch)
    drawn = draw(found.test, target, request.limits, found.asked)
    facts = said(found.test, drawn, found.name)
    layers: tuple[Layer, ...] = ("code", "contract") if found.test.dialect == "C" else ("code",)
    made = {
        layer: list(programs(found.test, weakened(drawn, facts), target, layer))
        for layer in layers
    }  # fmt: skip
    return Proof(
        made["code"], made.get("contract", []), facts, request.limits.timeout,
        found.asked.ordering, practice=practice,
    )  # fmt: skip
