"""`litmus table`: arguments in, exit status out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checker.cli import shared
from checker.names import names_of

if TYPE_CHECKING:
    from checker.table import Request
    from checker.table.cells import Table

_EXAMPLES = """\
examples:
  litmus table
  litmus table put_user copy_to_user --size 8 --arch x86-64,x86-32 --kernel 5.3,6.12
  litmus table READ_ONCE --arch arm --features
  litmus table put_user --align 4 --format csv -o table.csv

exit status:
  0  every cell was decided
  2  something could not be read or used
  3  a limit was reached in some cell, which shows a question mark
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    table = commands.add_parser(
        "table",
        help="show which operations are whole, by size and architecture",
        description="Decide, for operations, sizes and architectures, whether a racing access of "
        "the same size can see a torn value: what the contract promises, what today's code does.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    table.add_argument(
        "operations", nargs="*", metavar="OPERATION",
        help="as in put_user; plain-read and plain-write are C's own accesses (default: the usual)",
    )  # fmt: skip
    shared.add_sizes(table)
    table.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="architectures, as in arm,arm+lpae (default: all, without features)",
    )  # fmt: skip
    table.add_argument(
        "--features", action="store_true",
        help="add a row for every single feature that changes some cell",
    )  # fmt: skip
    shared.add_data(table, "kernels of architectures that name none, as in 5.3,6.12", "V[,V…]")
    shared.add_output(table, ("text", "markdown", "rst", "csv", "json"))
    shared.add_jobs(table, 0)
    shared.add_timeout(table)
    shared.add_colour(table)


def run(args: argparse.Namespace) -> int:
    """Decide what is asked for, print it, and return the exit status."""
    from checker.diagnostic import Diagnostic
    from checker.table import asked, tabulate, tasks

    try:
        request = asked(_request(args))
    except Diagnostic as problem:
        return shared.refused(problem)

    def work(progress: Callable[[str], None]) -> shared.Answer:
        found = tabulate(request, shared.jobs(args), progress)
        return _rendered(found, args), found.problems, _status(found)

    return shared.answered(args, len(tasks(request)), work)


def _request(args: argparse.Namespace) -> Request:
    """Return what the options ask; raises Diagnostic."""
    from checker.arch.kernel import COMPLETE, supported
    from checker.table import Request

    versions = names_of(args.kernel or "")
    return Request(
        operations=tuple(args.operations),
        sizes=shared.sizes(args),
        archs=names_of(args.arch),
        kernels=tuple(supported(version) for version in versions) or (COMPLETE,),
        align=args.align,
        features=args.features,
        folders=tuple(args.arch_path),
        timeout=shared.milliseconds(args),
    )


def _rendered(found: Table, args: argparse.Namespace) -> str:
    from importlib import import_module

    form = import_module(f"checker.report.table_{args.format}")
    if args.format == "text":
        from checker.report.text import Style

        return str(form.render(found, Style(shared.coloured(args))))
    if args.format in ("markdown", "rst"):
        return str(form.render(found, _command(args)))
    return str(form.render(found))


def _command(args: argparse.Namespace) -> str:
    """Return the command line that asks the same."""
    words = ["litmus", "table", *args.operations]
    for option in ("size", "arch"):
        names = names_of(getattr(args, option))
        words += [f"--{option}", ",".join(names)] if names else []
    words += ["--features"] if args.features else []
    words += ["--align", str(args.align)] if args.align is not None else []
    words += ["--kernel", args.kernel] if args.kernel else []
    for folder in args.arch_path:
        words += ["--arch-path", folder]
    return " ".join([*words, "--format", args.format])


def _status(found: Table) -> int:
    answers = (one for cell in found.cells for one in (cell.contract, cell.code) if one)
    return 3 if any(one.limit for one in answers) else 0
