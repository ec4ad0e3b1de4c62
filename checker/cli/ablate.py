"""`litmus ablate`: arguments in, exit status out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checker.cli import shared

if TYPE_CHECKING:
    from checker.ablate import Ablation
    from checker.verdict import Problem

_EXAMPLES = """\
examples:
  litmus ablate litmus/linux/rcu-publish.litmus
  litmus ablate test.litmus --arch arm64,x86-64 --witness
  litmus ablate litmus/linux --jobs 0 --format json -o needs.json

exit status:
  0  every removal was decided
  2  something could not be read or used
  3  a limit was reached somewhere, and is named
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    ablate = commands.add_parser(
        "ablate",
        help="say which fences, dependencies and alignments a test needs",
        description="Take out of a test, one at a time, each barrier, acquire, release, dependency "
        "and alignment, and say on which architectures the verdict gets worse without it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared.add_tests(ablate)
    shared.add_output(ablate, ("text", "markdown", "json"))
    shared.add_executions(ablate)
    ablate.add_argument(
        "-v", "--witness", action="store_true", help="show the execution that each removal allows"
    )
    shared.add_jobs(ablate, 1)
    shared.add_timeout(ablate)
    shared.add_unroll(ablate)
    shared.add_colour(ablate)


def run(args: argparse.Namespace) -> int:
    """Take things out of tests, print what came of it, and return the exit status."""
    from checker.ablate import ablate_all

    request = shared.request(args)
    if request is None:
        return 2
    files, problems = shared.found(args.paths)

    def work(progress: Callable[[str], None]) -> shared.Answer:
        ablations: list[Ablation] = []
        for outcome in ablate_all(files, request, shared.jobs(args), progress):
            problems.extend(outcome.problems)
            if outcome.ablation:
                ablations.append(outcome.ablation)
        limited = any(one.limited for one in ablations)
        return _rendered(ablations, problems, args), problems, 3 if limited else 0

    return shared.answered(args, len(files), work)


def _rendered(ablations: list[Ablation], problems: list[Problem], args: argparse.Namespace) -> str:
    if args.format == "json":
        from checker.report import ablate_json

        return ablate_json.render(ablations, problems, witness=args.witness)
    from checker.report import ablate
    from checker.report.text import Style

    if args.format == "markdown":
        return ablate.markdown(ablations)
    style = Style(shared.coloured(args))
    return "\n".join(f"{ablate.test(one, style, witness=args.witness)}\n" for one in ablations)
