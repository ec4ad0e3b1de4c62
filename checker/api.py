"""The public functions: what the commands do, as functions that return frozen values.

`from checker import check, …` is how they are had; docs/python.md shows each. Their arguments are
those of the commands. Every call names the data that it asks about: what another has used is not
remembered. Z3 has one context for each process, so ask from one thread, or from several processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from checker.ablate import Ablation
from checker.arch import names
from checker.arch.kernel import COMPLETE, supported
from checker.check import Limits
from checker.compare import Comparison
from checker.explain.facts import Facts
from checker.litmus import Test
from checker.request import (
    Names,
    Paths,
    Source,
    data,
    diagnostic,
    listed,
    located,
    names_of,
    opened,
    read,
    requested,
)  # fmt: skip
from checker.run import Outcome, Request
from checker.table.cells import Table
from checker.verdict import Problem, Verdict


def parse(source: Source, file: str = "") -> Test:
    """Return a test from its text or from the path of its file.

    `file` is what a diagnostic calls it, where it is a text. Raises Diagnostic where it cannot be
    read.
    """
    return read(source, file)[0]


def check(  # noqa: PLR0913 - the options of a command
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


def check_all(  # noqa: PLR0913 - the options of a command
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


def explain(
    what: str,
    arch: Names = (),
    *,
    kernel: str | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Facts:
    """Return what is known of an architecture, an operation, or the id of a rule.

    `arch` are those that an operation or a rule is explained for: none is all. Which shipped tests
    rest on a rule is decided anew, by so many processes. Raises Diagnostic for an unknown name.
    """
    from checker.explain import explain as explained

    with data(arch_path):
        version = supported(kernel) if kernel else None
        return explained(what, names_of(arch), version, jobs or os.cpu_count() or 1)


def table(  # noqa: PLR0913 - the options of a command
    operations: Names = (),
    sizes: int | Iterable[int] = (),
    arch: Names = (),
    *,
    kernel: Names = (),
    align: int | None = None,
    features: bool = False,
    limits: Limits | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Table:
    """Return which operations are whole, by size and architecture; nothing named is everything.

    `align` is what the address is a multiple of, in bytes: of the size, unless it is given.
    `features` adds a row for every single feature that changes a cell. Of the limits only the
    solver's counts. Raises Diagnostic for a name that stands for nothing; what else keeps a cell
    from being decided is in `problems`.
    """
    from checker.table import Request as Wanted
    from checker.table import asked, tabulate

    with data(arch_path):
        wanted = asked(
            Wanted(
                names_of(operations),
                (sizes,) if isinstance(sizes, int) else tuple(sizes),
                names_of(arch),
                tuple(map(supported, names_of(kernel))) or (COMPLETE,),
                align,
                features,
                listed(arch_path),
                (limits or Limits()).timeout,
            )
        )
        return tabulate(wanted, jobs or os.cpu_count() or 1, lambda _: None)


def ablate(  # noqa: PLR0913 - the options of a command
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


def compare(
    a: str,
    b: str,
    arch: str = "",
    *,
    accesses: int = 4,
    limits: Limits | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Comparison:
    """Return a smallest test on which `a` promises more than `b`, one for the other way, or none.

    Each side is an architecture, or the path of a file of axioms, which are compared on `arch`, or
    else on the other side's architecture. `accesses` is the bound: what has no such test has none
    of so many accesses, of those that are made. Raises Diagnostic for what is neither; LimitReached
    where a test that tells them apart was found and could not be decided anew.
    """
    from checker.compare import Request as Wanted
    from checker.compare import search, sides

    with data(arch_path):
        wanted = Wanted(
            *sides(a, b, arch),
            accesses=accesses,
            limits=limits or Limits(),
            folders=listed(arch_path),
        )
        return search(wanted, jobs or os.cpu_count() or 1, lambda _: None)


def architectures(*, arch_path: Paths = ()) -> tuple[str, ...]:
    """Return the names of all architectures, without features."""
    with data(arch_path):
        return tuple(names())
