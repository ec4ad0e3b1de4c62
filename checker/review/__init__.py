"""A review of overrides: what each is, what it costs, what is missing, what must not build.

file       override files, and what in them cannot be used
claim      code held against a claim, at every address, by the solver
decide     one size: every set of features that can matter
remedies   other accesses that would do
cost       accesses, updates, loops, fences
changes    what another version of the file gains and loses
answer     what comes out
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from checker.arch import folders
from checker.arch.kernel import Kernel, spell
from checker.diagnostic import Diagnostic
from checker.lowering import wellformed
from checker.lowering.select import OVERRIDDEN
from checker.pool import mapped
from checker.review.answer import File, Review, Reviewed
from checker.review.changes import widened
from checker.review.decide import Asked, reviewed
from checker.review.file import read
from checker.run import problem_of
from checker.value import value
from checker.verdict import Problem

NATURAL = (1, 2, 4, 8, 16)
"""Sizes in bytes that are spoken of, whether or not the file has them."""


@value
class Request:
    """What is asked."""

    path: str
    kernel: Kernel | None = None
    """Before the file's own; None is the file's, or the newest."""
    folders: tuple[str, ...] = ()
    """A user's own data, read after the shipped."""
    timeout: int = 60_000
    """For each question to the solver, in ms; 0 is none."""


@value
class Work:
    """A file that was read, and the sizes to be decided."""

    file: File
    kernel: Kernel
    folders: tuple[str, ...]
    timeout: int

    @property
    def pieces(self) -> list[Asked]:
        """Return every size: those of the file, and those that an integer has."""
        found = []
        for section in self.file.sections:
            sizes = {one.size for one in section.entries} | {
                *NATURAL,
                *(size for size, _ in section.refused),
            }
            found += [Asked(section, size, self.kernel, self.timeout) for size in sorted(sizes)]
        return found


def opened(request: Request) -> Work:
    """Return a file and what is to be decided of it; raises Diagnostic."""
    if request.folders:
        wellformed.use(request.folders)
    file, kernel = read(request.path, request.kernel)
    return Work(file, kernel, request.folders, request.timeout)


def comparable(old: Work, new: Work) -> list[Work]:
    """Return two versions, each with what callers get today where only the other overrides it."""
    return [
        replace(old, file=widened(old.file, new.file)),
        replace(new, file=widened(new.file, old.file)),
    ]


def review(work: Work, jobs: int, progress: Callable[[str], None]) -> Review:
    """Return what a file came to; `progress` hears what is done."""
    sizes: list[Reviewed] = []
    problems: dict[Problem, None] = {}
    pieces = work.pieces
    decide = partial(_done, work.folders, work.file.path)
    for asked, done in zip(pieces, mapped(decide, pieces, jobs), strict=True):
        if isinstance(done, Problem):
            problems[done] = None
        elif done.builds or done.overridden or done.refused or done.limit:
            sizes.append(done)
        progress(f"{asked.section.arch} {asked.size}")
    return Review(work.file, spell(work.kernel), tuple(sizes), tuple(problems))


def _done(given: tuple[str, ...], path: str, asked: Asked) -> Reviewed | Problem:
    folders.use(given)
    try:
        return reviewed(asked)
    except Diagnostic as problem:
        if OVERRIDDEN in problem.hint:
            problem.hint = ""  # it would name a test that nobody has written
        if not problem.file:  # then it points into a text that nobody has written
            problem.file = path
            problem.at = asked.entries[0].at if asked.entries else asked.section.at
        return problem_of(problem)
