"""The public functions about operations, architectures and overrides: what the commands do."""

from __future__ import annotations

import os
from collections.abc import Iterable

from checker.arch import names
from checker.arch.kernel import COMPLETE, supported
from checker.check import Limits
from checker.compare import Comparison
from checker.explain.facts import Facts
from checker.names import Names, names_of
from checker.prove.answer import Proofs
from checker.request import Paths, data, diagnostic, listed
from checker.review.answer import Review
from checker.review.changes import Changes
from checker.table.cells import Table


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


def table(
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


def prove(
    operations: Names = (),
    sizes: int | Iterable[int] = (),
    arch: Names = (),
    *,
    override: str | Iterable[str] = (),
    align: int | None = None,
    other_writers: bool = True,
    witness: bool = False,
    kernel: str | None = None,
    limits: Limits | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Proofs:
    """Return where operations, or overrides of them, are whole: at which addresses, on what.

    `override` is today's code of an operation, as in `"x86-32: put_user_atomic 8 = rmw.locked 8"`.
    `align` is what the address is a multiple of, in bytes: of the size, unless it is given. With
    `witness` a torn read is found of each failure of the code. Raises Diagnostic for what stands
    for nothing; what else keeps an operation from being decided is in `problems`.
    """
    from checker.prove import Request as Wanted
    from checker.prove import asked
    from checker.prove import prove as proved

    with data(arch_path):
        wanted = asked(
            Wanted(
                operations=names_of(operations),
                sizes=(sizes,) if isinstance(sizes, int) else tuple(sizes),
                archs=names_of(arch),
                kernel=supported(kernel) if kernel else COMPLETE,
                align=align,
                overrides=(override,) if isinstance(override, str) else tuple(override),
                crowd=other_writers,
                witness=witness,
                folders=listed(arch_path),
                timeout=(limits or Limits()).timeout,
            )
        )
        return proved(wanted, jobs or os.cpu_count() or 1, lambda _: None)


def review(
    path: str | os.PathLike[str],
    *,
    kernel: str | None = None,
    limits: Limits | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Review:
    """Return a review of the overrides in a file: what each is, rests on, costs and lacks.

    Raises Diagnostic where the file, or an override in it, cannot be used.
    """
    (found,) = _reviewed((path,), kernel, limits, arch_path, jobs)
    return found


def review_changes(
    old: str | os.PathLike[str],
    new: str | os.PathLike[str],
    *,
    kernel: str | None = None,
    limits: Limits | None = None,
    arch_path: Paths = (),
    jobs: int = 1,
) -> Changes:
    """Return what a change of a file of overrides gains and loses; raises as `review` does."""
    from checker.review.changes import changes

    return changes(*_reviewed((old, new), kernel, limits, arch_path, jobs))


def _reviewed(
    paths: tuple[str | os.PathLike[str], ...], kernel: str | None, limits: Limits | None,
    arch_path: Paths, jobs: int,
) -> list[Review]:  # fmt: skip
    from checker.review import Request as Wanted
    from checker.review import comparable
    from checker.review import opened as read
    from checker.review import review as looked_at

    with data(arch_path):
        version = supported(kernel) if kernel else None
        timeout = (limits or Limits()).timeout
        wanted = [Wanted(os.fspath(one), version, listed(arch_path), timeout) for one in paths]
        work = [read(one) for one in wanted]
        if len(work) > 1:
            work = comparable(*work)
        found = [looked_at(one, jobs or os.cpu_count() or 1, lambda _: None) for one in work]
        for problem in (one for each in found for one in each.problems):
            raise diagnostic(problem)
        return found


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
