"""Which accesses are whole: operations, sizes and architectures, each cell asked of the solver.

question  one operation against an idealised partner, as a test
decide    one cell: both layers, every alternative
cells     what comes out
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from checker import arch as archs
from checker.arch import folders
from checker.arch.kernel import COMPLETE, Kernel
from checker.diagnostic import Diagnostic
from checker.lowering import wellformed
from checker.pool import mapped
from checker.run import problem_of
from checker.table.cells import Cell, Table
from checker.table.decide import cell
from checker.table.question import check_size, partners
from checker.value import value
from checker.verdict import Problem

OPERATIONS = (
    "put_user", "get_user", "put_user_atomic", "copy_to_user", "copy_from_user",
    "kvm_write_guest", "memcpy", "plain-read", "plain-write", "READ_ONCE", "WRITE_ONCE",
    "smp_load_acquire", "smp_store_release", "xchg", "cmpxchg", "atomic64_read", "atomic64_set",
)  # fmt: skip
"""What is asked about unless operations are named."""

SIZES = (1, 2, 4, 8, 16)

MAX_ALIGN = 4096


@value
class Request:
    """What is asked: nothing named is everything."""

    operations: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    archs: tuple[str, ...] = ()
    kernels: tuple[Kernel, ...] = (COMPLETE,)
    align: int | None = None
    """The address is a multiple of this; None is of the size."""
    features: bool = False
    """Whether every feature that changes some cell has a row."""
    folders: tuple[str, ...] = ()
    """A user's own data, read after the shipped."""
    timeout: int = 60_000
    """For each question to the solver, in ms; 0 is none."""
    added: tuple[str, ...] = ()
    """Those of `archs` that are there for a feature."""


def asked(request: Request) -> Request:
    """Return a request with everything it asks about named, each once; raises Diagnostic."""
    if request.folders:
        wellformed.use(request.folders)
    for size in request.sizes:
        check_size(size)
    align = request.align
    if align is not None and (not 0 < align <= MAX_ALIGN or align & (align - 1)):
        raise Diagnostic(f"an alignment of {align} bytes", hint=f"a power of two to {MAX_ALIGN}")
    for operation in request.operations:
        partners(operation)
    rows = _rows(request.archs or tuple(archs.names()), request)
    return replace(
        request,
        operations=tuple(dict.fromkeys(request.operations or OPERATIONS)),
        sizes=tuple(sorted(set(request.sizes or SIZES))),
        archs=tuple(rows),
        added=tuple(name for name, named in rows.items() if not named),
    )


def _rows(names: tuple[str, ...], request: Request) -> dict[str, bool]:
    """Return the targets that a table has rows for, in order; raises Diagnostic.

    And whether each was named, or is there for a feature. One whose data cannot be read has a row
    too: that is said when its cells are asked for.
    """
    rows: dict[str, bool] = {}
    for name in names:
        for kernel in request.kernels:
            try:
                found = archs.target(name, kernel)
            except Diagnostic as problem:
                if not problem.file:
                    raise
                rows[name] = True
                continue
            rows[found.name] = True
            if request.features:
                rows |= {one: rows.get(one, False) for one in _with_one_more(found)}
    return rows


def _with_one_more(target: archs.Target) -> Iterator[str]:
    """Yield the names of a target with each single feature that it lacks and can have."""
    plain, at, version = target.name.partition("@")
    for feature in target.arch.features:
        if feature.name not in target.features:
            try:
                yield archs.target(f"{plain}+{feature.name}{at}{version}").name
            except Diagnostic:
                continue  # two of its features exclude each other


_Task = tuple[tuple[str, ...], str]
"""The rows of one architecture, with all its features and kernels, and an operation."""


def tasks(request: Request) -> list[_Task]:
    """Return the pieces of work of a request that names everything, one family after another.

    The rows of an architecture stay together: what a feature does not change is asked only once.
    """
    groups: dict[str, list[str]] = {}
    for name in request.archs:
        groups.setdefault(name.partition("@")[0].partition("+")[0], []).append(name)
    return [
        (tuple(rows), operation) for rows in groups.values() for operation in request.operations
    ]


def tabulate(request: Request, jobs: int, progress: Callable[[str], None]) -> Table:
    """Return the table of a request that names everything."""
    cells: list[Cell] = []
    problems: dict[Problem, None] = {}
    work = tasks(request)
    for (rows, operation), (found, wrong) in zip(work, _worked(request, work, jobs), strict=True):
        cells += found
        problems |= dict.fromkeys(wrong)
        progress(f"{rows[0]} {operation}")
    order = {name: number for number, name in enumerate(request.archs)}
    operations = {name: number for number, name in enumerate(request.operations)}
    cells.sort(key=lambda one: (operations[one.operation], order[one.arch], one.size))
    table = Table(
        request.operations, request.sizes, request.archs, tuple(cells), tuple(problems),
        request.added,
    )  # fmt: skip
    return _only_changes(table)


_Done = tuple[list[Cell], list[Problem]]


def _worked(request: Request, work: list[_Task], jobs: int) -> Iterator[_Done]:
    """Return what comes out of each piece of work, in order."""
    chunk = max(1, min(len(request.operations), len(work) // (4 * max(1, jobs))))
    return mapped(partial(_rows_of, request), work, jobs, chunk)


def _rows_of(request: Request, task: _Task) -> _Done:
    """Return the cells of some rows of an operation, and what kept them from being more."""
    names, operation = task
    cells: list[Cell] = []
    problems: list[Problem] = []
    folders.use(request.folders)
    for arch in names:
        for size in request.sizes:
            align = request.align or size
            try:
                target = archs.target(arch)
                cells.append(cell(operation, size, align, target, request.timeout))
            except Diagnostic as problem:
                if not problem.file:  # then it points into a text that nobody has written
                    problem.file, problem.at = arch, None
                problems.append(problem_of(problem))
    return cells, problems


def _only_changes(table: Table) -> Table:
    """Return the table without the rows of features that change no cell."""
    idle = {
        name
        for name in table.added
        if all(table.is_same(operation, name) for operation in table.operations)
    }
    return replace(
        table,
        archs=tuple(name for name in table.archs if name not in idle),
        added=tuple(name for name in table.added if name not in idle),
        cells=tuple(one for one in table.cells if one.arch not in idle),
    )
