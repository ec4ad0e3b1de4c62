"""Many files: finding them, checking them side by side, and gathering what came out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from checker.arch import Target, folders
from checker.arch.kernel import COMPLETE, Kernel
from checker.check import Asked, Limits, check, targets
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.language.source import MAX_BYTES
from checker.litmus import Test
from checker.model.cat import cat_model
from checker.pool import mapped
from checker.value import value
from checker.verdict import Problem, Verdict


@value
class Request:
    """What is asked of every file."""

    archs: tuple[str, ...]
    limits: Limits
    states: bool
    kernel: Kernel = COMPLETE
    """Of the architectures that name none."""
    brief: bool = False
    """Whether the final states are all that is wanted, where they decide the condition."""
    faults: bool = False
    """Whether user copies may fault."""
    model: str = ""
    """A file of ordering axioms in place of the architectures' own."""
    folders: tuple[str, ...] = ()
    """A user's own data, read after the shipped."""
    standard_input: bytes | None = None
    """What `-` stands for, where it was read already."""


@value
class Outcome:
    """What came out of one file."""

    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...]


def find(paths: list[str]) -> Iterator[str | Problem]:
    """Yield the litmus files that the arguments name: files, folders, `@list` files and `-`."""
    for path in paths:
        if path == "-":
            yield path
        elif path.startswith("@"):
            yield from _listed(Path(path[1:]))
        elif os.path.isdir(path):
            yield from _in_folder(path)
        else:
            yield path


def _in_folder(folder: str) -> Iterator[str | Problem]:
    """Yield the tests below a folder in order; a folder that cannot be read is a problem."""
    unreadable: list[Problem] = []

    def note(error: OSError) -> None:
        unreadable.append(_problem(Diagnostic(_why(error), file=str(error.filename)), None))

    found = []
    for base, below, files in os.walk(folder, onerror=note):
        below.sort()
        found += [os.path.join(base, name) for name in files if name.endswith(".litmus")]
    yield from unreadable
    if not found and not unreadable:
        yield _problem(Diagnostic("no *.litmus file is in this folder", file=folder), None)
    yield from sorted(found)


def _listed(path: Path) -> Iterator[str | Problem]:
    """Yield what a herd list names, one a line, as seen from the list's own folder."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        yield _problem(Diagnostic("this list is not UTF-8", file=str(path)), None)
        return
    except (OSError, ValueError) as error:
        yield _problem(Diagnostic(_why(error), file=str(path)), None)
        return
    for line in text.splitlines():
        name = line.split("#")[0].strip()
        if name:
            found = str(path.parent / name)
            yield from _in_folder(found) if os.path.isdir(found) else [found]


@value
class Opened:
    """A file that was read: its test, and what is asked of it."""

    name: str
    source: str
    test: Test
    targets: tuple[Target, ...]
    asked: Asked


def opened(path: str, request: Request) -> Opened | Problem:
    """Return the test in a file, or why there is none."""
    name = "<stdin>" if path == "-" else path
    try:
        raw = _content(path, request)
    except (OSError, ValueError) as error:
        return _problem(Diagnostic(_why(error), file=name), None)
    source = raw.decode("utf-8-sig", "replace")
    try:
        folders.use(request.folders)
        return as_asked(name, source, parse(raw, name), request)
    except Diagnostic as problem:
        return located(problem, name, source)


def as_asked(name: str, source: str, test: Test, request: Request) -> Opened:
    """Return a test with what is asked of it; raises Diagnostic."""
    ordering = cat_model(Path(request.model)) if request.model else None
    wanted = targets(test, list(request.archs), request.kernel)
    asked = Asked(request.states, request.faults, ordering, request.brief)
    return Opened(name, source, test, tuple(wanted), asked)


def check_file(path: str, request: Request) -> Outcome:
    """Return the verdicts on one file, and what kept it from having more."""
    found = opened(path, request)
    if isinstance(found, Problem):
        return Outcome((), (found,))
    verdicts: list[Verdict] = []
    problems: dict[Problem, None] = {}
    for target in found.targets:
        try:
            verdicts.append(check(found.test, target, found.name, request.limits, found.asked))
        except Diagnostic as problem:
            problems[located(problem, found.name, found.source)] = None
        except RecursionError:
            problems[located(too_deep(), found.name, found.source)] = None
    return Outcome(tuple(verdicts), tuple(problems))


def too_deep() -> Diagnostic:
    """Return what to say of a test whose values are nested too deeply."""
    return Diagnostic(
        "a value depends on too long a chain of others", (1, 1),
        "fewer statements, or a smaller --unroll",
    )  # fmt: skip


def located(problem: Diagnostic, name: str, source: str) -> Problem:
    """Return a diagnostic as a value; one that names no file is about this one."""
    own = problem.file in ("", name)
    problem.file = problem.file or name
    return _problem(problem, source if own else None)


def _content(path: str, request: Request) -> bytes:
    """Return a file's bytes, or enough of them to see that it is no litmus test."""
    if path != "-":
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    if request.standard_input is not None:
        return request.standard_input
    if sys.stdin is None:
        raise ValueError("there is no standard input")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def check_all(
    files: list[str], request: Request, jobs: int, progress: Callable[[str], None]
) -> Iterator[Outcome]:
    """Yield the outcome of each file, in order; `progress` hears the name of each that is done."""
    if "-" in files and jobs > 1 and len(files) > 1:  # another process has no standard input
        request = replace(request, standard_input=_content("-", request))
    chunk = max(1, len(files) // (8 * max(1, jobs)))
    results = mapped(partial(check_file, request=request), files, jobs, chunk)
    for path, outcome in zip(files, results, strict=True):
        yield outcome
        progress(path)


def problem_of(diagnostic: Diagnostic) -> Problem:
    """Return a diagnostic without a source text as a value."""
    return _problem(diagnostic, None)


def _problem(problem: Diagnostic, source: str | None) -> Problem:
    line, column = problem.at or (0, 0)
    return Problem(
        problem.file, line, column, problem.message, problem.hint, problem.render(source)
    )


def _why(error: OSError | ValueError) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"
