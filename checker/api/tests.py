"""The public functions about a test: each is what a command does, and returns frozen values.

Their arguments are those of the commands. Every call names the data that it asks about: what
another has used is not remembered.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from checker.ablate import Ablation
from checker.argument import Explanation
from checker.check import Limits
from checker.fix import Fixes, Options
from checker.litmus import Test
from checker.names import Names, names_of
from checker.request import (
    Paths,
    Source,
    data,
    diagnostic,
    listed,
    located,
    opened,
    read,
    requested,
)  # fmt: skip
from checker.run import Outcome, Request
from checker.verdict import Problem, Verdict


def parse(source: Source, file: str = "") -> Test:
    """Return a test from its text or from the path of its file.

    `file` is what a diagnostic calls it, where it is a text. Raises Diagnostic where it cannot be
    read.
    """
    return read(source, file)[0]


def check(
    test: Test | Source,
    arch: Names = (),
    *,
    kernel: str | None = None,
    limits: Limits | None = None,
    faults: bool = False,
    states: bool = False,
    model: str | os.PathLike[str] | None = None,
    arch_path: Paths = (),
) -> tuple[Verdict, ...]:
    """Return the verdict on a test's condition on each architecture, in their order.

    `arch`      architectures to ask about, as in `"arm64,arm64+lse2"`; instead of the test's own
    `kernel`    the kernel of architectures that name none, as in `"5.3"`; the newest by default
    `limits`    for each question to the solver, and for loops; reached, the answer is `unknown`
    `faults`    whether accesses to user memory may fault
    `states`    whether to list every final state
    `model`     a file of ordering axioms, in the cat language, in place of the architectures' own
    `arch_path` folders with data that adds to or replaces the shipped

    Raises Diagnostic where the test cannot be read, or has no meaning on one of them; never
    LimitReached.
    """
    from checker.check import check as decide

    with data(arch_path):
        request = requested(
            arch, kernel, limits,
            faults=faults, model=model, states=states, arch_path=arch_path,
        )  # fmt: skip
        found = opened(test, request)
        with located(found.name):
            return tuple(
                decide(found.test, target, found.name, request.limits, found.asked)
                for target in found.targets
            )


def check_all(
    paths: Paths,
    arch: Names = (),
    *,
    kernel: str | None = None,
    limits: Limits | None = None,
    faults: bool = False,
    states: bool = False,
    model: str | os.PathLike[str] | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Iterator[Outcome]:
    """Yield what comes out of each of many files: its verdicts, and its problems.

    `paths` are files, folders (searched for `*.litmus`) and `@list` files; `jobs` is the number of
    processes, 0 one for each core. A file that cannot be used is a problem and never the end. For
    what holds for all of them Diagnostic is raised at the call, before the first is asked for.
    """
    with data(arch_path):
        request = requested(
            arch, kernel, limits,
            faults=faults, model=model, states=states, arch_path=arch_path,
        )  # fmt: skip
    return _checked(listed(paths), request, jobs)


def _checked(paths: tuple[str, ...], request: Request, jobs: int) -> Iterator[Outcome]:
    from checker.run import check_all as decide
    from checker.run import find

    found = list(find(list(paths)))
    for one in found:
        if isinstance(one, Problem):
            yield Outcome((), (one,))
    files = [one for one in found if isinstance(one, str)]
    yield from decide(files, request, jobs or os.cpu_count() or 1, lambda _: None)


def ablate(
    test: Test | Source,
    arch: Names = (),
    *,
    kernel: str | None = None,
    limits: Limits | None = None,
    faults: bool = False,
    model: str | os.PathLike[str] | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Ablation:
    """Return what a test needs: each fence, dependency and alignment, removed one at a time.

    The arguments are those of `check`. What stands at a place is told in the words of the source,
    so a test that was parsed before is told of in fewer. Raises Diagnostic as `check` does.
    """
    from checker.ablate import ablate as removed
    from checker.ablate import mapping

    with data(arch_path):
        request = requested(arch, kernel, limits, faults=faults, model=model, arch_path=arch_path)
        found = opened(test, request)
        with located(found.name), mapping(jobs or os.cpu_count() or 1, request) as mapped:
            outcome = removed(found, request, mapped)
        for problem in outcome.problems:
            raise diagnostic(problem)
        assert outcome.ablation is not None
        return outcome.ablation


def explain_test(
    test: Test | Source,
    arch: Names = (),
    *,
    kernel: str | None = None,
    limits: Limits | None = None,
    faults: bool = False,
    model: str | os.PathLike[str] | None = None,
    only: Names | None = None,
    arch_path: Paths = (),
) -> tuple[Explanation, ...]:
    """Return why a test has its verdict on each architecture: `litmus explain FILE`.

    With `forbidden` and `fragile` that is every minimal set of promises and facts that suffices;
    with `allowed` a shortest execution, and changes after which it is forbidden. `only` asks
    whether these promises and facts alone suffice; the other arguments are those of `check`. Raises
    Diagnostic as `check` does.
    """
    from checker.argument import explain_test as explained

    with data(arch_path):
        request = requested(arch, kernel, limits, faults=faults, model=model, arch_path=arch_path)
        found = opened(test, request)
        names = None if only is None else names_of(only)
        with located(found.name):
            return tuple(explained(found, one.name, request, names) for one in found.targets)


def fix(
    test: Source,
    arch: Names = (),
    *,
    kernel: str | None = None,
    limits: Limits | None = None,
    faults: bool = False,
    model: str | os.PathLike[str] | None = None,
    options: Options | None = None,
    arch_path: Paths = (),
) -> Fixes:
    """Return the least changes that make a test's assertion hold, each with its text and diff.

    `test` is a text or the path of a file, which is not written. Raises Diagnostic as `check` does.
    """
    from checker.fix import fix_opened

    with data(arch_path):
        request = requested(arch, kernel, limits, faults=faults, model=model, arch_path=arch_path)
        outcome = fix_opened(opened(test, request), request, options or Options())
        for problem in outcome.problems:
            raise diagnostic(problem)
        assert outcome.fixes is not None
        return outcome.fixes
