"""What is asked, as the public functions and the pytest plugin are given it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checker.arch import folders, target
from checker.arch.kernel import COMPLETE, supported
from checker.check import Limits
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.language.source import MAX_BYTES
from checker.litmus import Test
from checker.lowering import wellformed
from checker.model.cat import cat_model
from checker.names import Names, names_of
from checker.run import Opened, Request, as_asked, too_deep
from checker.verdict import Problem

Source = str | bytes | os.PathLike[str]
"""Where a test is: its text, or the path of its file.

A `str` with a line break is a text, as every test has one; without, it is a path. `bytes` are the
UTF-8 of a text.
"""

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""One path, or several."""


@contextmanager
def data(arch_path: Paths) -> Iterator[None]:
    """Have the shipped data read and these folders after it, and then what was read before."""
    before = folders.chosen()
    wellformed.use(listed(arch_path))
    try:
        yield
    finally:
        folders.use(before)


@contextmanager
def located(file: str) -> Iterator[None]:
    """Name the file in what is raised, and raise Diagnostic where values are nested too deeply."""
    try:
        yield
    except Diagnostic as problem:
        problem.file = problem.file or file
        raise
    except RecursionError:
        deep = too_deep()
        deep.file = file
        raise deep from None


def requested(
    arch: Names = (),
    kernel: str | None = None,
    limits: Limits | None = None,
    *,
    faults: bool = False,
    model: str | os.PathLike[str] | None = None,
    states: bool = False,
    arch_path: Paths = (),
) -> Request:
    """Return what is asked of every test; raises Diagnostic for what stands for nothing."""
    version = supported(kernel) if kernel else COMPLETE
    wanted = names_of(arch)
    for name in wanted:
        target(name, version)
    if model is not None:
        cat_model(Path(model))
    return Request(
        wanted, limits or Limits(), states, version,
        faults=faults, model="" if model is None else os.fspath(model), folders=listed(arch_path),
    )  # fmt: skip


def opened(given: Test | Source, request: Request, name: str = "") -> Opened:
    """Return a test and what is asked of it; `name` is what its file is called, if not as given.

    Raises Diagnostic.
    """
    test, name, source = (given, name, "") if isinstance(given, Test) else read(given, name)
    with located(name):
        return as_asked(name, source, test, request)


def read(source: Source, name: str = "") -> tuple[Test, str, str]:
    """Return a test, what its file is called, and its text; raises Diagnostic."""
    raw: bytes | str
    if isinstance(source, bytes) or (isinstance(source, str) and "\n" in source):
        raw, name = source, name or "<text>"
    else:
        name = name or os.fspath(source)
        try:
            with open(source, "rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise Diagnostic(f"cannot be read: {why}", file=name) from error
    text = raw if isinstance(raw, str) else raw.decode("utf-8-sig", "replace")
    return parse(raw, name), name, text


def diagnostic(problem: Problem) -> Diagnostic:
    """Return a problem as what is raised."""
    at = (problem.line, problem.column) if problem.line else None
    return Diagnostic(problem.message, at, problem.hint, problem.file)


def listed(paths: Paths) -> tuple[str, ...]:
    """Return the paths that are given."""
    several = (paths,) if isinstance(paths, str | os.PathLike) else paths
    return tuple(os.fspath(path) for path in several)
