"""`litmus check`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from checker.cli import shared

if TYPE_CHECKING:
    from checker.verdict import Problem, Verdict

EXAMPLES = """\
examples:
  litmus check litmus/kvm/stolen-time.litmus
  litmus check litmus/ --arch arm64,arm64+lse2 --jobs 2
  litmus check test.litmus --format json -o result.json
  echo "$TEST" | litmus check -
  litmus table put_user copy_to_user
  litmus explain arm64

exit status:
  0  every result is as wanted: it meets its Expect; without one, an assertion holds
  1  some result is not
  2  something could not be read or used
  3  nothing worse than an unknown: a limit was reached, and is named
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    check = commands.add_parser(
        "check",
        help="check litmus tests",
        description="Check litmus tests, and compare with what they expect.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared.add_tests(check)
    shared.add_output(check, ("text", "json", "herd"))
    shared.add_executions(check)
    check.add_argument("--states", action="store_true", help="list every final state")
    shared.add_jobs(check, 1)
    shared.add_timeout(check)
    shared.add_unroll(check)
    shared.add_colour(check)


def run(args: argparse.Namespace) -> int:
    """Check what is asked for, print what came out, and return the exit status."""
    from checker import run

    request = shared.request(args, states=args.states, brief=args.format == "herd")
    if request is None:
        return 2
    files, problems = shared.found(args.paths)
    verdicts: list[Verdict] = []
    streams = args.format == "text" and args.output is None and sys.stdout.isatty()
    try:
        with (
            shared.output(args.output) as write,
            shared.progress(len(files), wanted=not streams) as progress,
        ):
            report = _Text(write, shared.coloured(args)) if args.format == "text" else None
            for outcome in run.check_all(files, request, shared.jobs(args), progress):
                verdicts += outcome.verdicts
                problems += outcome.problems
                if report and outcome.verdicts:
                    report.test(outcome.verdicts)
            if report:
                report.end(verdicts, problems)
            elif args.format == "herd":
                from checker.report import herd

                write(herd.render(verdicts))
            else:
                from checker.report import json

                write(json.render(verdicts, problems))
    except OSError as error:
        return shared.unwritten(args, error)
    for problem in problems:
        print(problem.shown, file=sys.stderr)
    return status(verdicts, problems)


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
