"""`litmus explain`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from checker.cli import shared

if TYPE_CHECKING:
    from checker.explain.facts import Facts

_EXAMPLES = """\
examples:
  litmus explain arm64+lse2
  litmus explain put_user --arch x86-32,arm
  litmus explain copy_to_user --arch x86-64 --kernel 5.3
  litmus explain arm64.aligned-gpr
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    explain = commands.add_parser(
        "explain",
        help="say what is known of an architecture, an operation or a rule",
        description="Say what is known of an architecture, an operation or a rule, and its source.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument(
        "what", metavar="WHAT",
        help="an architecture (arm64+lse2), an operation (put_user), or the id of a rule, an axiom "
        "or a fault (arm64.aligned-gpr)",
    )  # fmt: skip
    explain.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="the architectures that an operation or a rule is explained for (default: all)",
    )  # fmt: skip
    shared.add_data(explain, "the kernel that an architecture or an operation is explained for")
    shared.add_output(explain, ("text", "markdown", "json"))
    shared.add_colour(explain)


def run(args: argparse.Namespace) -> int:
    """Print the explanation and return the exit status."""
    from checker.arch.kernel import supported
    from checker.diagnostic import Diagnostic
    from checker.explain import explain

    try:
        if args.arch_path:
            from checker.lowering import wellformed

            wellformed.use(tuple(args.arch_path))
        kernel = supported(args.kernel) if args.kernel else None
        facts = explain(args.what, shared.listed(args.arch), kernel, os.cpu_count() or 1)
    except Diagnostic as problem:
        print(f"litmus: {problem.render()}", file=sys.stderr)
        return 2
    try:
        with shared.output(args.output) as write:
            write(_rendered(facts, args))
    except OSError as error:
        return shared.unwritten(args, error)
    return 0


def _rendered(facts: Facts, args: argparse.Namespace) -> str:
    if args.format == "json":
        from checker.report import explain_json

        return explain_json.render(facts)
    from checker.report import explain
    from checker.report.text import Style

    if args.format == "markdown":
        return explain.markdown(facts)
    return explain.text(facts, Style(shared.coloured(args)))
