"""`pytest --litmus`: a project's `*.litmus` files run as tests, one for each architecture.

A result that is as wanted passes, by the rule of `litmus check`'s exit status; an `unknown` is not,
unless it is expected. A file that cannot be read, or has no meaning on an architecture, is an
error. Nothing of the checker is imported unless the files are collected.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from checker.arch import Target
    from checker.run import Opened, Request
    from checker.verdict import Verdict

_OPTIONS = {
    "arch": ("LIST", "architectures to ask about, instead of each test's own Arch"),
    "kernel": ("V", "the kernel of architectures that name none (default: 6.12)"),
    "timeout": ("S", "limit of each question to the solver, in seconds; 0 is none (default: 60)"),
    "unroll": ("K", "rounds of a loop (default: 2)"),
    "model": ("FILE", "ordering axioms, in the cat language, in place of the architectures' own"),
    "arch-path": ("DIRS", "folders with data that adds to or replaces the shipped, with commas"),
    "faults": ("yes|no", "whether accesses to user memory may fault (default: no)"),
}
"""What can be said of all files, on the command line or else as `litmus_…` in the ini file."""

_REQUEST = pytest.StashKey["Request"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--litmus` and what goes with it."""
    group = parser.getgroup("litmus", "memory-model litmus tests")
    group.addoption("--litmus", action="store_true", help="collect *.litmus files as tests")
    parser.addini("litmus", "collect *.litmus files as tests", type="bool", default=False)
    for name, (metavar, says) in _OPTIONS.items():
        group.addoption(f"--litmus-{name}", metavar=metavar, help=says)
        parser.addini(f"litmus_{name.replace('-', '_')}", says, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Read the options, where they are used."""
    config.addinivalue_line("markers", "litmus: a litmus test on one architecture (--litmus)")
    if config.getoption("--litmus") or config.getini("litmus"):
        config.stash[_REQUEST] = _request(config)


def _request(config: pytest.Config) -> Request:
    """Return what is asked of every file; raises UsageError."""
    from checker.check import Limits
    from checker.diagnostic import Diagnostic
    from checker.lowering import wellformed
    from checker.names import names_of
    from checker.request import requested

    given = {
        name: str(
            config.getoption(f"--litmus-{name}")
            or config.getini(f"litmus_{name.replace('-', '_')}")
        )
        for name in _OPTIONS
    }
    timeout = _number("timeout", given["timeout"] or "60")
    rounds = _number("unroll", given["unroll"] or "2")
    if rounds != int(rounds):
        raise pytest.UsageError(f"litmus-unroll: {rounds} is no number of rounds")
    limits = Limits(timeout=math.ceil(1000 * timeout), unroll=int(rounds))
    if given["faults"] not in ("", "yes", "no"):
        raise pytest.UsageError(f"litmus-faults: `{given['faults']}` is neither yes nor no")
    folders = names_of(given["arch-path"])
    try:
        wellformed.use(folders)
        return requested(
            given["arch"], given["kernel"] or None, limits,
            faults=given["faults"] == "yes", model=given["model"] or None, arch_path=folders,
        )  # fmt: skip
    except Diagnostic as problem:
        raise pytest.UsageError(f"litmus: {problem.render()}") from None


def _number(name: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < 1e6:
        raise pytest.UsageError(f"litmus-{name}: `{text}` is not a number from 0 on")
    return found


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> LitmusFile | None:
    """Collect a litmus file, where that is asked for."""
    if file_path.suffix != ".litmus" or _REQUEST not in parent.config.stash:
        return None
    return LitmusFile.from_parent(parent, path=file_path)


class LitmusFile(pytest.File):
    """One litmus file: a test for each of its architectures."""

    def collect(self) -> Iterator[LitmusItem]:
        """Yield the tests; what is wrong in the file is an error, with its place."""
        from checker.diagnostic import Diagnostic
        from checker.request import opened

        self.shown = _shown(self.path, self.config.invocation_params.dir)
        try:
            found = opened(self.path, self.config.stash[_REQUEST], name=self.shown)
        except Diagnostic as problem:
            raise self.CollectError(problem.render(self.source(problem.file))) from None
        for name, target in {target.name: target for target in found.targets}.items():
            yield LitmusItem.from_parent(self, name=name, opened=found, target=target)

    def source(self, name: str) -> str | None:
        """Return the text that a diagnostic points into, where that is this file."""
        if name != self.shown:
            return None
        try:
            return self.path.read_text("utf-8-sig", "replace")
        except OSError:
            return None


class LitmusItem(pytest.Item):
    """One litmus test on one architecture."""

    def __init__(self, *, opened: Opened, target: Target, **rest: Any) -> None:
        """Keep what is decided later: a test, and an architecture of its."""
        super().__init__(**rest)
        self._opened = opened
        self._target = target
        self._verdict: Verdict | None = None
        self.add_marker("litmus")

    def setup(self) -> None:
        """Decide it; what keeps it from being decided is an error, and no failure."""
        from checker.check import check
        from checker.diagnostic import Diagnostic
        from checker.request import located

        limits, opened = self.config.stash[_REQUEST].limits, self._opened
        wrong = ""
        try:
            with located(opened.name):
                self._verdict = check(opened.test, self._target, opened.name, limits, opened.asked)
        except Diagnostic as problem:
            wrong = problem.render(opened.source if problem.file == opened.name else None)
        if self._verdict is None:
            pytest.fail(wrong, pytrace=False)
        self.user_properties.append(("litmus", self._verdict.spelled))

    def runtest(self) -> None:
        """Fail with the text report and its picture, unless the verdict is as wanted."""
        from checker.report.any import render

        assert self._verdict is not None
        if self._verdict.ok is not True:
            report = render(self._verdict).rstrip("\n")
            told = f"{_headline(self._verdict)}\n{report}\nthe same: {self._command()}"
            pytest.fail(told, pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the test stands: what it expects of this architecture, or its first line."""
        lines = (one.at[0] for one in self._opened.test.expectations if one.arch == self.name)
        return self.path, next(lines, 1) - 1, f"{self._opened.test.name} on {self.name}"

    def _command(self) -> str:
        """Return the command that decides the same."""
        limits = self.config.stash[_REQUEST].limits
        words = ["litmus", "check", self._opened.name, "--arch", self.name]
        if limits.timeout != 60_000:
            words += ["--timeout", f"{limits.timeout / 1000:g}"]
        if limits.unroll != 2:
            words += ["--unroll", str(limits.unroll)]
        return shlex.join(words)


def _headline(verdict: Verdict) -> str:
    """Return what is said of a result on one line."""
    from checker.report.text import SPELLED

    word = SPELLED.get(verdict.spelled, verdict.spelled)
    if verdict.expected:
        return f"{word}, expected {verdict.expected}"
    why = "a limit was reached" if verdict.ok is None else "the assertion fails"
    return f"{word}: {why}"


def _shown(path: Path, here: Path) -> str:
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
