"""`litmus explain`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from checker.cli import shared
from checker.names import names_of

if TYPE_CHECKING:
    from checker.argument import Outcome
    from checker.explain.facts import Facts

_EXAMPLES = """\
examples:
  litmus explain arm64+lse2
  litmus explain put_user --arch x86-32,arm
  litmus explain copy_to_user --arch x86-64 --kernel 5.3
  litmus explain arm64.aligned-gpr
  litmus explain litmus/kvm/stolen-time.litmus --arch arm64 -v
  litmus explain test.litmus --model sc.cat --format markdown

exit status:
  0  it is explained
  2  something could not be read or used, or nothing has that name
  3  of a test: a limit was reached, and is named
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    explain = commands.add_parser(
        "explain",
        help="say what is known of an architecture, an operation or a rule, and why a test holds",
        description="Say what is known of an architecture, an operation or a rule, and its source. "
        "Of a test, say what its verdict rests on: all minimal sets of rules, axioms and facts "
        "that suffice, or the shortest execution and the changes that would forbid it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument(
        "what", metavar="WHAT",
        help="an architecture (arm64+lse2), an operation (put_user), or the id of a rule, an axiom "
        "or a fault (arm64.aligned-gpr), or a test: a file, or what ends in .litmus",
    )  # fmt: skip
    explain.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="the architectures that an operation or a rule is explained for (default: all); "
        "for a test, instead of its own Arch",
    )  # fmt: skip
    shared.add_data(explain, "the kernel that an architecture or an operation is explained for")
    explain.add_argument(
        "--only", metavar="LIST", action="append",
        help="of a test: whether these rules, axioms and facts alone suffice",
    )  # fmt: skip
    explain.add_argument(
        "-v", "--witness", action="store_true",
        help="of a test: show what happens without each rule, axiom or fact",
    )  # fmt: skip
    shared.add_executions(explain)
    shared.add_timeout(explain)
    shared.add_unroll(explain)
    shared.add_output(explain, ("text", "markdown", "json"))
    shared.add_colour(explain)


def run(args: argparse.Namespace) -> int:
    """Print the explanation and return the exit status."""
    if args.what.endswith(".litmus") or os.path.isfile(args.what):
        return _run_test(args)
    from checker.arch.kernel import supported
    from checker.diagnostic import Diagnostic
    from checker.explain import explain

    try:
        shared.use_data(args)
        kernel = supported(args.kernel) if args.kernel else None
        facts = explain(args.what, names_of(args.arch), kernel, os.cpu_count() or 1)
    except Diagnostic as problem:
        return shared.refused(problem)
    return shared.answered(args, 0, lambda _: (_rendered(facts, args), (), 0))


def _run_test(args: argparse.Namespace) -> int:
    """Print why a test has its verdicts and return the exit status."""
    from checker import argument

    request = shared.request(args)
    if request is None:
        return 2
    only = None if args.only is None else names_of(args.only)
    outcome = argument.explain_file(args.what, request, only)
    status = 3 if any(one.limited for one in outcome.explanations) else 0
    return shared.answered(
        args, 0, lambda _: (_rendered_test(outcome, args), outcome.problems, status)
    )


def _rendered_test(outcome: Outcome, args: argparse.Namespace) -> str:
    explanations, problems = outcome.explanations, outcome.problems
    if args.format == "json":
        from checker.report import argument_json

        return argument_json.render(explanations, problems, witness=args.witness)
    if not explanations:
        return ""
    if args.format == "markdown":
        from checker.report import argument_markdown

        return argument_markdown.render(explanations, witness=args.witness)
    from checker.report import argument
    from checker.report.text import Style

    style = Style(shared.coloured(args))
    return argument.test(explanations, style, witness=args.witness) + "\n"


def _rendered(facts: Facts, args: argparse.Namespace) -> str:
    if args.format == "json":
        from checker.report import explain_json

        return explain_json.render(facts)
    from checker.report import explain
    from checker.report.text import Style

    if args.format == "markdown":
        return explain.markdown(facts)
    return explain.text(facts, Style(shared.coloured(args)))
