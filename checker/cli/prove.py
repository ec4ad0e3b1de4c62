"""`litmus prove`: arguments in, exit status out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checker.cli import shared
from checker.names import names_of

if TYPE_CHECKING:
    from checker.prove import Request
    from checker.prove.answer import Proofs

_EXAMPLES = """\
examples:
  litmus prove put_user
  litmus prove put_user --size 8 --align 4 --arch arm64,x86-64
  litmus prove 'x86-32: put_user_atomic 8 = rmw.locked 8'
  litmus prove 'arm64+lse2: put_user_atomic 16 = asm stp %[lo], %[hi], %[mem]'
  litmus prove get_user --writers one --format json

exit status:
  0  it holds at every address, with all features that were asked about
  1  it does not, somewhere
  2  something could not be read or used
  3  a limit was reached somewhere, and nothing fails
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    prove = commands.add_parser(
        "prove",
        help="prove that an operation is whole at every address, or say where it is not",
        description="Prove that an operation is whole: at every address that an alignment leaves, "
        "with all features, against all readers and writers. Or say exactly where it is not.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    prove.add_argument(
        "operations", nargs="*", metavar="OPERATION",
        help="as in put_user; plain-read and plain-write are C's own accesses; or an override, as "
        "in 'x86-32: put_user_atomic 8 = rmw.locked 8'",
    )  # fmt: skip
    shared.add_sizes(prove)
    prove.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="architectures; arm64 is asked with all features that can matter, each on and off, "
        "arm64+lse2 with that one on (default: all)",
    )  # fmt: skip
    prove.add_argument(
        "--override", metavar="TEXT", action="append", default=[],
        help="today's code of an operation, as in 'x86-32: put_user_atomic 8 = rmw.locked 8'",
    )  # fmt: skip
    prove.add_argument(
        "--writers",
        choices=("any", "one"),
        default="any",
        help="whether others write beside the operation (default: any)",
    )
    prove.add_argument(
        "-v", "--witness", action="store_true",
        help="show a torn read of each failure of the code, and a test of it",
    )  # fmt: skip
    shared.add_data(prove, "the kernel of architectures that name none, as in 5.3")
    shared.add_output(prove, ("text", "json"))
    shared.add_jobs(prove, 0)
    shared.add_timeout(prove)
    shared.add_colour(prove)


def run(args: argparse.Namespace) -> int:
    """Prove what is asked for, print what came of it, and return the exit status."""
    from checker.diagnostic import Diagnostic
    from checker.prove import asked, prove, tasks

    try:
        request = asked(_request(args))
    except Diagnostic as problem:
        return shared.refused(problem)

    def work(progress: Callable[[str], None]) -> shared.Answer:
        found = prove(request, shared.jobs(args), progress)
        return _rendered(found, args), found.problems, _status(found)

    return shared.answered(args, len(tasks(request)), work)


def _request(args: argparse.Namespace) -> Request:
    """Return what the options ask; raises Diagnostic."""
    from checker.prove import Request

    return Request(
        operations=tuple(args.operations),
        sizes=shared.sizes(args),
        archs=names_of(args.arch),
        kernel=shared.kernel(args),
        align=args.align,
        overrides=tuple(args.override),
        crowd=args.writers == "any",
        witness=args.witness,
        folders=tuple(args.arch_path),
        timeout=shared.milliseconds(args),
    )


def _rendered(found: Proofs, args: argparse.Namespace) -> str:
    if args.format == "json":
        from checker.report import prove_json

        return prove_json.render(found)
    from checker.report import prove
    from checker.report.text import Style

    return prove.render(found, Style(shared.coloured(args)))


def _status(found: Proofs) -> int:
    if any(one.fails for one in found.proofs):
        return 1
    return 3 if any(one.limited for one in found.proofs) else 0
