"""The `litmus` command: arguments in, exit status out."""

from __future__ import annotations

import argparse
import gc
import io
import math
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from checker import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.arch.kernel import Kernel
    from checker.verdict import Problem, Verdict

_EXAMPLES = """\
examples:
  litmus check litmus/kvm/stolen-time.litmus
  litmus check litmus/ --arch arm64,arm64+lse2 --jobs 2
  litmus check test.litmus --format json -o result.json
  echo "$TEST" | litmus check -

exit status:
  0  every result is as wanted: it meets its Expect; without one, an assertion holds
  1  some result is not
  2  something could not be read or used
  3  nothing worse than an unknown: a limit was reached, and is named
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="litmus",
        description="Decide, per architecture, whether a racing read can be torn.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"litmus {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    check = commands.add_parser(
        "check",
        help="check litmus tests",
        description="Check litmus tests, and compare with what they expect.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    paths = check.add_argument(
        "paths", nargs="+", metavar="PATH",
        help="a file, a folder (searched for *.litmus), @list (a file that names files), or -",
    )  # fmt: skip
    paths.complete = {"bash": "_shtab_compgen_files", "zsh": "_files"}  # type: ignore[attr-defined]
    check.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="architectures to ask about, as in arm64,arm64+lse2; instead of the test's own Arch",
    )  # fmt: skip
    _add_data(check)
    check.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    check.add_argument("-o", "--output", metavar="FILE", help="write there, not to the terminal")
    check.add_argument("--states", action="store_true", help="list every final state")
    check.add_argument(
        "--jobs", type=_count, default=1, metavar="N", help="processes; 0 is one for each core"
    )
    check.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="S",
        help="limit of each question to the solver, in seconds; 0 is none (default: 60)",
    )  # fmt: skip
    check.add_argument(
        "--unroll", type=_count, default=2, metavar="K", help="rounds of a loop (default: 2)"
    )
    check.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto",
        help="default: auto, on a terminal; NO_COLOR and FORCE_COLOR are respected",
    )  # fmt: skip
    completion = commands.add_parser(
        "completion", help="print a completion script", description="Print a completion script."
    )
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def _add_data(command: argparse.ArgumentParser) -> None:
    """Add the options that say which data is asked about."""
    command.add_argument(
        "--kernel", metavar="V",
        help="the kernel of architectures that name none, as in 5.3 (x86-64@5.3 names one; "
        "default: 6.12)",
    )  # fmt: skip
    paths = command.add_argument(
        "--arch-path", metavar="DIR", action="append", default=[],
        help="a folder with architectures, rules or lowerings that add to or replace the shipped",
    )  # fmt: skip
    paths.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_files -/"}  # type: ignore[attr-defined]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    args = parser().parse_args(argv)
    try:
        return _completion(args) if args.command == "completion" else _check(args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def entry() -> NoReturn:
    """Run the command as a process of its own, which starts and ends as fast as it can.

    Nothing it makes is worth collecting before it ends, and nothing is left to tidy up then: the
    garbage collector's passes and the teardown of Z3's context are a tenth of a cold start.
    """
    gc.set_threshold(200_000)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed with the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _check(args: argparse.Namespace) -> int:
    from checker import run
    from checker.check import Limits
    from checker.verdict import Problem

    asked = _asked(args)
    if asked is None:
        return 2
    archs, version = asked
    found = list(run.find(args.paths))
    files = [one for one in found if isinstance(one, str)]
    problems = [one for one in found if isinstance(one, Problem)]
    limits = Limits(timeout=math.ceil(1000 * args.timeout), unroll=args.unroll)
    request = run.Request(archs, limits, args.states, version, tuple(args.arch_path))
    jobs = args.jobs or os.cpu_count() or 1
    verdicts: list[Verdict] = []
    try:
        streams = args.format == "text" and args.output is None and sys.stdout.isatty()
        with _output(args.output) as write, _progress(len(files), not streams) as progress:
            report = _Text(write, _coloured(args)) if args.format == "text" else None
            for outcome in run.check_all(files, request, jobs, progress):
                verdicts += outcome.verdicts
                problems += outcome.problems
                if report and outcome.verdicts:
                    report.test(outcome.verdicts)
            if report:
                report.end(verdicts, problems)
            else:
                from checker.report import json

                write(json.render(verdicts, problems))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"litmus: {args.output}: {error.strerror}", file=sys.stderr)
        return 2
    for problem in problems:
        print(problem.shown, file=sys.stderr)
    return status(verdicts, problems)


def _asked(args: argparse.Namespace) -> tuple[tuple[str, ...], Kernel] | None:
    """Return the architectures and the kernel asked about, or None with a complaint printed."""
    from checker import arch
    from checker.arch import folders
    from checker.arch.kernel import COMPLETE, kernel
    from checker.diagnostic import Diagnostic

    option = "--arch-path"
    try:
        folders.use(tuple(args.arch_path))
        option = "--kernel"
        version = kernel(args.kernel) if args.kernel else COMPLETE
        option = "--arch"
        names = [name.strip() for text in args.arch for name in text.split(",") if name.strip()]
        for name in names:
            arch.target(name, version)
    except Diagnostic as unknown:
        print(f"litmus: {option}: {unknown.render()}", file=sys.stderr)
        return None
    return tuple(names), version


def status(verdicts: Sequence[Verdict], problems: Sequence[Problem]) -> int:
    """Return the exit status of a run."""
    if problems:
        return 2
    if any(verdict.ok is False for verdict in verdicts):
        return 1
    return 3 if any(verdict.ok is None for verdict in verdicts) else 0


class _Text:
    """The text report, written test by test."""

    def __init__(self, write: Callable[[str], Any], colour: bool) -> None:
        from checker.report import text

        self._report = text
        self._write = write
        self._style = text.Style(colour)
        self._count = 0

    def test(self, verdicts: Sequence[Verdict]) -> None:
        before = "\n" if self._count else ""
        self._count += 1
        self._write(f"{before}{self._report.test(verdicts, self._style)}\n")

    def end(self, verdicts: Sequence[Verdict], problems: Sequence[Problem]) -> None:
        if self._count > 1:
            self._write(f"\n{self._report.summary(verdicts, problems, self._style)}\n")


@contextmanager
def _output(path: str | None) -> Iterator[Callable[[str], Any]]:
    if path is None:
        yield sys.stdout.write
        sys.stdout.flush()
        return
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        yield file.write


def _coloured(args: argparse.Namespace) -> bool:
    if args.color != "auto":
        return bool(args.color == "always")
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return args.output is None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def _progress(total: int, wanted: bool) -> Iterator[Callable[[str], None]]:
    """Show how far a run has come, on a terminal's standard error, where there is enough to do.

    Results that appear on the same terminal one by one show it already: then it is not wanted.
    """
    if not wanted or total < 8 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"),
        console=console, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=total)
        yield lambda name: bar.update(task, advance=1, description=os.path.basename(name))


def _completion(args: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError:
        print("litmus: completion needs the package shtab: pip install shtab", file=sys.stderr)
        return 2
    print(shtab.complete(parser(), args.shell))
    return 0


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is less than 0")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return value
