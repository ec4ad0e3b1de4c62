"""`litmus compare`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import math
import os
import sys
from typing import TYPE_CHECKING, Any

from checker.cli import shared

if TYPE_CHECKING:
    from checker.compare import Comparison, Request

_EXAMPLES = """\
examples:
  litmus compare arm64 arm64+lse2
  litmus compare x86-64@5.3 x86-64 --accesses 2
  litmus compare x86-64 strict.cat
  litmus compare a.cat b.cat --arch arm64

exit status:
  0  it was decided: by a test for each way, or by all tests up to the bound
  1  with --weaker: B promises less than A
  2  something could not be read or used
  3  a limit was reached in some test, and is named
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    compare = commands.add_parser(
        "compare",
        help="find a smallest test that tells two architectures or models apart",
        description="Find a smallest test on which one side promises more than the other, for each "
        "of the two ways; or decide that no test up to a bound does.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in ("a", "b"):
        side = compare.add_argument(
            name, metavar=name.upper(),
            help="an architecture (arm64+lse2, x86-64@5.3), or a file of axioms (strict.cat)",
        )  # fmt: skip
        side.complete = {"bash": "_shtab_compgen_files", "zsh": "_files"}
    compare.add_argument(
        "--arch", metavar="NAME", default="",
        help="the architecture of models (default: that of the other side)",
    )  # fmt: skip
    compare.add_argument(
        "--accesses", type=int, choices=(2, 3, 4), default=4,
        help="accesses of a test, at most (default: 4)",
    )  # fmt: skip
    compare.add_argument(
        "--weaker", action="store_true", help="look only for what A promises and B does not"
    )
    shared.add_data(compare, "the kernel of architectures that name none")
    shared.add_output(compare, ("text", "json"))
    shared.add_jobs(compare, 0)
    shared.add_timeout(compare)
    shared.add_colour(compare)


def run(args: argparse.Namespace) -> int:
    """Compare, print what came of it, and return the exit status."""
    from checker.compare import search
    from checker.diagnostic import Diagnostic, LimitReached

    try:
        request = _request(args)
        with shared.progress(8) as progress:
            found = search(request, args.jobs or os.cpu_count() or 1, progress)
    except Diagnostic as problem:
        print(f"litmus: {problem.render()}", file=sys.stderr)
        return 2
    except LimitReached as limit:
        print(f"litmus: {limit}", file=sys.stderr)
        return 3
    try:
        with shared.output(args.output) as write:
            write(_rendered(found, args))
    except OSError as error:
        return shared.unwritten(args, error)
    return _status(found)


def _request(args: argparse.Namespace) -> Request:
    """Return what the options ask; raises Diagnostic."""
    from checker.arch.kernel import COMPLETE, supported
    from checker.check import Limits
    from checker.compare import Request, sides

    if args.arch_path:
        from checker.lowering import wellformed

        wellformed.use(tuple(args.arch_path))
    version = supported(args.kernel) if args.kernel else COMPLETE
    return Request(
        *sides(args.a, args.b, args.arch, version), args.accesses, args.weaker,
        Limits(timeout=math.ceil(1000 * args.timeout)), tuple(args.arch_path),
    )  # fmt: skip


def _rendered(found: Comparison, args: argparse.Namespace) -> str:
    if args.format == "json":
        from checker.report import compare_json

        return compare_json.render(found)
    from checker.report import compare
    from checker.report.text import Style

    return compare.text(found, Style(shared.coloured(args)))


def _status(found: Comparison) -> int:
    if found.request.weaker and found.weaker:
        return 1
    return 0 if found.decided else 3
