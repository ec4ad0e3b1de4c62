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
    names = request.archs or tuple(archs.names())
    return replace(
        request,
        operations=tuple(dict.fromkeys(request.operations or OPERATIONS)),
        sizes=tuple(sorted(set(request.sizes or SIZES))),
        archs=tuple(_rows(names, request)),
    )


def _rows(names: tuple[str, ...], request: Request) -> dict[str, None]:
    """Return the targets that a table has rows for, in order; raises Diagnostic.

    One whose data cannot be read has a row too: that is said when its cells are asked for.
    """
    rows: dict[str, None] = {}
    for name in names:
        for kernel in request.kernels:
            try:
                found = archs.target(name, kernel)
            except Diagnostic as problem:
                if not problem.file:
                    raise
                rows[name] = None
                continue
            rows[found.name] = None
            if request.features:
                rows |= dict.fromkeys(_with_one_more(found))
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


def units(request: Request) -> int:
    """Return how many pieces of work a request is; it names everything."""
    return len(request.archs) * len(request.operations)


def tabulate(request: Request, jobs: int, progress: Callable[[str], None]) -> Table:
    """Return the table of a request that names everything."""
    cells: list[Cell] = []
    problems: dict[Problem, None] = {}
    for name, found, wrong in _worked(request, jobs):
        cells += found
        problems |= dict.fromkeys(wrong)
        progress(name)
    table = Table(request.operations, request.sizes, request.archs, tuple(cells), tuple(problems))
    return _only_changes(table) if request.features else table


_Done = tuple[str, list[Cell], list[Problem]]


def _worked(request: Request, jobs: int) -> Iterator[_Done]:
    """Yield the rows of every architecture and operation, those of a family one after another."""
    tasks = [(arch, operation) for arch in request.archs for operation in request.operations]
    work = partial(_row, request)
    if jobs <= 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor

    chunk = max(1, min(len(request.operations), len(tasks) // (4 * jobs)))
    with ProcessPoolExecutor(min(jobs, len(tasks))) as pool:
        yield from pool.map(work, tasks, chunksize=chunk)


def _row(request: Request, task: tuple[str, str]) -> _Done:
    """Return the cells of one operation on one architecture, and what kept it from having more."""
    arch, operation = task
    cells: list[Cell] = []
    problems: list[Problem] = []
    folders.use(request.folders)
    for size in request.sizes:
        align = request.align or size
        try:
            target = archs.target(arch)
            cells.append(cell(operation, size, align, target, request.timeout))
        except Diagnostic as problem:
            if not problem.file:  # then it points into a text that nobody has written
                problem.file, problem.at = arch, None
            problems.append(problem_of(problem))
    return f"{arch} {operation}", cells, problems


def _only_changes(table: Table) -> Table:
    """Return the table without the rows of features that change no cell."""
    kept = tuple(name for name in table.archs if not _is_same(table, name, _base(name, table)))
    cells = tuple(one for one in table.cells if one.arch in kept)
    return replace(table, archs=kept, cells=cells)


def _base(name: str, table: Table) -> str:
    """Return the row that a row is compared with: of one feature less, else itself."""
    before, at, version = name.partition("@")
    less = before.rpartition("+")[0] + at + version
    return less if less in table.archs else name


def _is_same(table: Table, name: str, base: str) -> bool:
    return name != base and all(
        [one.told for one in table.of(operation, name)]
        == [one.told for one in table.of(operation, base)]
        for operation in table.operations
    )
