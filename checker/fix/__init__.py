"""The least changes of a test that make its condition hold, each decided by the solver."""

from __future__ import annotations

import time
from dataclasses import replace

from lark.exceptions import LarkError

from checker.arch import Target
from checker.check import Asked, check
from checker.diagnostic import Diagnostic
from checker.fix.answer import BUDGET, Fix, Fixes, Options, Outcome
from checker.fix.assembly.search import AssemblySearch
from checker.fix.change import KINDS, NAMES, Change, Kind
from checker.fix.decide import LATE, Judge
from checker.fix.made import made
from checker.fix.search import SHOWN, Search
from checker.fix.why import none
from checker.run import Opened, Request, located, opened, too_deep
from checker.verdict import Problem, Verdict

__all__ = [
    "BUDGET", "KINDS", "NAMES", "Change", "Fix", "Fixes", "Kind", "Options", "Outcome", "fix_file",
    "fix_opened",
]  # fmt: skip


def fix_file(path: str, request: Request, options: Options) -> Outcome:
    """Return the least changes of the test in a file, or why there are none."""
    found = opened(path, request)
    if isinstance(found, Problem):
        return Outcome(None, (found,))
    return fix_opened(found, request, options)


def fix_opened(found: Opened, request: Request, options: Options) -> Outcome:
    """Return the least changes of a test that was read, or why there are none."""
    start = time.perf_counter()
    before, problems = _before(found, request)
    if not before:
        return Outcome(None, problems)
    fixes = _fixes(found, request, options, before)
    if options.each and len(fixes.broken) > 1:
        each = tuple(
            _fixes(found, request, options, tuple(one for one in before if one.arch == arch))
            for arch in fixes.broken
        )
        fixes = replace(fixes, each=each)
    spent = round(1000 * (time.perf_counter() - start), 3)
    return Outcome(replace(fixes, milliseconds=spent), problems)


def _before(found: Opened, request: Request) -> tuple[tuple[Verdict, ...], tuple[Problem, ...]]:
    """Return the verdicts on a test as it is, once for each architecture."""
    verdicts: list[Verdict] = []
    problems: dict[Problem, None] = {}
    targets: dict[str, Target] = {target.name: target for target in found.targets}
    for target in targets.values():
        try:
            verdicts.append(check(found.test, target, found.name, request.limits, found.asked))
        except Diagnostic as problem:
            problems[located(problem, found.name, found.source)] = None
        except RecursionError:
            problems[located(too_deep(), found.name, found.source)] = None
    return tuple(verdicts), tuple(problems)


def _fixes(found: Opened, request: Request, options: Options, before: tuple[Verdict, ...]) -> Fixes:
    wanted = "fragile" if options.fragile else "forbidden"
    fixes = Fixes(found.name, found.source, before, wanted)
    unknown = [one for one in before if one.answer == "unknown"]
    if unknown:
        return replace(fixes, limits=tuple(f"{one.arch}: {one.limit}" for one in unknown))
    if not found.test.condition.is_assertion and not options.forbid:
        return replace(fixes, nothing="an `exists` is a question, which nothing has to meet "
                                    "(--forbid takes it for an assertion)")  # fmt: skip
    if not fixes.broken:
        holds = "holds" if found.test.condition.is_assertion else "is not reached"
        return replace(fixes, nothing=f"it {holds} as it is")
    judge = Judge(request.kernel, request.limits, _plain(found.asked), options.budget,
                  options.seconds)  # fmt: skip
    for verdict in before:
        judge.told(found.source, verdict)
    try:
        names = tuple(one.arch for one in before)
        kind = Search if found.test.dialect == "C" else AssemblySearch
        search = kind(found.source, names, judge, fragile=options.fragile)
    except LarkError:
        return replace(
            fixes, limits=("the text is not changed: a definition is more than a value",)
        )
    plans = search.plans()
    if all(any(one.kind == "instruction" for one in plan) for plan in plans):
        plans = [*plans[: SHOWN - 1], *search.sequences(), *plans[SHOWN - 1 :]]
    spent = judge.spent
    judge.until = 0.0  # what was found is checked to the end
    shown = tuple(one for plan in plans[:SHOWN] if (one := made(found, search, judge, plan)))
    limits = [search.cut] if search.cut else []
    if spent and not search.cut:
        limits.append("not every change was tried")
    undecided = [why for why in search.undecided if why != LATE]
    limits += [f"{why}: a change was not decided" for why in undecided]
    return replace(
        fixes, fixes=shown, none=tuple(none(search, shown, found.test)), limits=tuple(limits),
        hopeless=_hopeless(search), more=max(0, len(plans) - SHOWN),
    )  # fmt: skip


def _hopeless(search: Search) -> str:
    """Return what is said of architectures on which all changes at once are not enough."""
    if not search.hopeless:
        return ""
    return (
        f"on {', '.join(search.hopeless)} {search.strongest} at once are not enough, nor with "
        f"{search.beside}: parts of that were not tried"
    )


def _plain(asked: Asked) -> Asked:
    return Asked(False, asked.faults, asked.ordering)
