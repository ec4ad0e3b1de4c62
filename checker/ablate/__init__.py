"""Which fences, acquires, releases, dependencies and alignments a test needs, each tried alone.

removals  what can be taken out: found, and taken out
answer    what becomes of the verdict
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from checker.ablate.answer import Cell, Question, Setting, answer, before
from checker.ablate.excerpt import excerpt
from checker.ablate.removals import KINDS, Found, Removal, find
from checker.arch import folders
from checker.run import Opened, Request, opened
from checker.value import value
from checker.verdict import Problem, Verdict

__all__ = ["Ablation", "Cell", "Outcome", "Row", "ablate", "ablate_all"]


@value
class Row:
    """One thing that was taken out, and what came of it on each architecture that has it."""

    removal: Removal
    threads: tuple[int, ...]
    """The threads that run it; none for an alignment."""
    text: str
    """What stands there: a call or an instruction; of an alignment, how it is declared."""
    source: str
    """For a dependency: the read that it is one on."""
    calls: bool
    """Whether operations are calls, and no instructions."""
    cells: tuple[Cell, ...]

    def on(self, arch: str) -> Cell | None:
        """Return what came of it on an architecture, None where it was not tried."""
        return next((cell for cell in self.cells if cell.arch == arch), None)


@value
class Ablation:
    """What came of taking things out of one test."""

    before: tuple[Verdict, ...]
    """The verdict of the test as it is, on each architecture; there is at least one."""
    rows: tuple[Row, ...]
    together: tuple[Cell, ...]
    """What comes of taking out at once all that is not needed alone, where that is several."""

    @property
    def limited(self) -> bool:
        """Whether a limit was reached somewhere."""
        cells = (*self.together, *(cell for row in self.rows for cell in row.cells))
        found = (*(one.answer for one in self.before), *(cell.effect for cell in cells))
        return "unknown" in found

    def needed(self, row: Row) -> bool | None:
        """Whether something is needed on any architecture; None where that is not known."""
        if any(cell.needed for cell in row.cells):
            return True
        undecided = any(cell.needed is None for cell in row.cells)
        return None if undecided or any(one.answer == "unknown" for one in self.before) else False


@value
class Outcome:
    """What came out of one file, and what kept it from being more."""

    ablation: Ablation | None
    problems: tuple[Problem, ...]


Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class Mapping(Protocol):
    """`map`, in this process or in several."""

    def __call__(
        self, function: Callable[[Asked], Answered], asked: Iterable[Asked], /
    ) -> Iterator[Answered]:
        """Yield what a function makes of each."""


def ablate_all(
    files: list[str], request: Request, jobs: int, progress: Callable[[str], None]
) -> Iterator[Outcome]:
    """Yield what comes of each file, in order; `progress` hears the name of each that is done."""
    with mapping(jobs, request) as mapped:
        for path in files:
            found = opened(path, request)
            if isinstance(found, Problem):
                yield Outcome(None, (found,))
            else:
                yield ablate(found, request, mapped)
            progress(path)


@contextmanager
def mapping(jobs: int, request: Request) -> Iterator[Mapping]:
    if jobs <= 1:
        yield map
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs, initializer=folders.use, initargs=(request.folders,)) as pool:
        yield pool.map


def ablate(opened: Opened, request: Request, mapped: Mapping) -> Outcome:
    """Return what comes of taking things out of a test, one at a time."""
    settings = [
        Setting(
            opened.test, opened.name, opened.source, arch, request.kernel, request.limits,
            opened.asked,
        )
        for arch in dict.fromkeys(target.name for target in opened.targets)
    ]  # fmt: skip
    results = list(mapped(before, settings))
    problems = tuple(dict.fromkeys(one for one in results if isinstance(one, Problem)))
    verdicts = tuple(one for one in results if isinstance(one, Verdict))
    if not verdicts:
        return Outcome(None, problems)
    held = {v.arch: v.answer for v in verdicts if v.answer in ("forbidden", "fragile")}
    asked = [one for one in settings if one.arch in held]
    single: list[Question] = [
        (setting, held[setting.arch], (found,))
        for setting in asked
        for found in find(setting.test, setting.drawn())
    ]
    cells = list(mapped(answer, single))
    rows = _rows(opened, single, cells)
    several: list[Question] = [
        (setting, held[setting.arch], idle)
        for setting in asked
        if len(idle := _idle(setting.arch, single, cells)) > 1
    ]
    together = tuple(mapped(answer, several))
    return Outcome(Ablation(verdicts, rows, together), problems)


def _rows(opened: Opened, asked: list[Question], cells: list[Cell]) -> tuple[Row, ...]:
    """Return the answers by what was taken out, in the order of the file."""
    found: dict[Removal, list[tuple[Found, Cell]]] = {}
    for (_, _, (one,)), cell in zip(asked, cells, strict=True):
        found.setdefault(one.removal, []).append((one, cell))
    rows = []
    for removal in sorted(found, key=lambda one: (one.at, KINDS.index(one.kind), one.source)):
        first, calls = found[removal][0][0], opened.test.dialect == "C"
        text, source = first.names
        if calls and removal.kind != "align":
            text = excerpt(opened.source, removal.at, text)
        if calls and removal.source:
            source = excerpt(opened.source, removal.source, source)
        threads = sorted({thread for one, _ in found[removal] for thread in one.threads})
        cells_of = tuple(cell for _, cell in found[removal])
        rows.append(Row(removal, tuple(threads), text, source, calls, cells_of))
    return tuple(rows)


def _idle(arch: str, asked: list[Question], cells: list[Cell]) -> tuple[Found, ...]:
    """Return what is not needed alone on an architecture."""
    return tuple(
        one
        for (_, _, (one,)), cell in zip(asked, cells, strict=True)
        if cell.arch == arch and cell.effect == "not-needed"
    )
