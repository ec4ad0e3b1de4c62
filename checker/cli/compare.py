"""`litmus compare`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from checker.cli import shared
from checker.names import names_of

if TYPE_CHECKING:
    from checker.arch.kernel import Kernel
    from checker.check import Limits
    from checker.compare import Comparison, Request
    from checker.compare.itself import Itself

_EXAMPLES = """\
examples:
  litmus compare arm64 arm64+lse2
  litmus compare x86-64@5.3 x86-64 --accesses 2
  litmus compare x86-64 strict.cat
  litmus compare a.cat b.cat --arch arm64
  litmus compare 'arm64: put_user 8 = store 4 at 0; store 4 at 4'
  litmus compare --self --arch arm64,arm

exit status:
  0  it was decided: by a test for each way, or by all tests up to the bound
  1  with --weaker: B promises less than A; with --self: something is missing that the data has no
     reason for, or is recorded and not found
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
            name, metavar=name.upper(), nargs="?",
            help="an architecture (arm64+lse2, x86-64@5.3), a file of axioms (strict.cat), or an "
            "override ('arm64: put_user 8 = store 4 at 0; store 4 at 4'), by default against "
            "today's code",
        )  # fmt: skip
        side.complete = {"bash": "_shtab_compgen_files", "zsh": "_files"}
    compare.add_argument(
        "--self", action="store_true", dest="own",
        help="the data against itself: no feature takes a guarantee away, and code does what its "
        "contract says",
    )  # fmt: skip
    compare.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="the architecture of models (default: that of the other side); with --self those that "
        "are looked at (default: all)",
    )  # fmt: skip
    compare.add_argument(
        "--accesses", type=int, choices=(0, 2, 3, 4),
        help="accesses of a test, at most (default: 4, with --self 2; 0 is no tests)",
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
    from checker.diagnostic import Diagnostic, LimitReached

    try:
        found = _itself(args) if args.own else _searched(args)
    except Diagnostic as problem:
        return shared.refused(problem)
    except LimitReached as limit:
        print(f"litmus: {limit}", file=sys.stderr)
        return 3
    return shared.answered(args, 0, lambda _: (_rendered(found, args), (), _status(found)))


def _searched(args: argparse.Namespace) -> Comparison:
    """Compare two sides; raises Diagnostic, and LimitReached."""
    from checker.compare import search

    request = _request(args)
    with shared.progress(8) as progress:
        return search(request, shared.jobs(args), progress)


def _itself(args: argparse.Namespace) -> Itself:
    """Compare the data with itself; raises Diagnostic."""
    from checker.compare import itself
    from checker.diagnostic import Diagnostic

    if args.a or args.weaker:
        raise Diagnostic("`--self` has no sides", hint="litmus compare --self --arch LIST")
    version, limits, folders = _data(args)
    accesses = 2 if args.accesses is None else args.accesses
    request = itself.asked(itself.Request(names_of(args.arch), accesses, version, limits, folders))
    with shared.progress(len(itself.tasks(request))) as progress:
        return itself.itself(request, shared.jobs(args), progress)


def _request(args: argparse.Namespace) -> Request:
    """Return what the options ask of two sides; raises Diagnostic."""
    from checker.compare import Request, sides
    from checker.diagnostic import Diagnostic

    if not args.a or not (args.b or ":" in args.a):
        raise Diagnostic("two sides are needed", hint="litmus compare A B, or --self")
    if args.accesses == 0:
        raise Diagnostic("a test of no accesses", hint="--accesses 2, 3 or 4")
    version, limits, folders = _data(args)
    named = names_of(args.arch)
    if len(named) > 1:
        raise Diagnostic("models are compared on one architecture", hint=f"--arch {named[0]}")
    pair = sides(args.a, args.b or "", named[0] if named else "", version)
    return Request(*pair, args.accesses or 4, args.weaker, limits, folders)


def _data(args: argparse.Namespace) -> tuple[Kernel, Limits, tuple[str, ...]]:
    """Return the kernel, the limits and the folders that the options name; raises Diagnostic."""
    from checker.check import Limits

    shared.use_data(args)
    limits = Limits(timeout=shared.milliseconds(args))
    return shared.kernel(args), limits, tuple(args.arch_path)


def _rendered(found: Comparison | Itself, args: argparse.Namespace) -> str:
    from checker.compare.itself import Itself

    if args.format == "json":
        from checker.report import compare_json, compare_self_json

        if isinstance(found, Itself):
            return compare_self_json.render(found)
        return compare_json.render(found)
    from checker.report import compare, compare_self
    from checker.report.text import Style

    style = Style(shared.coloured(args))
    if isinstance(found, Itself):
        return compare_self.text(found, style)
    return compare.text(found, style)


def _status(found: Comparison | Itself) -> int:
    from checker.compare.itself import Itself

    if isinstance(found, Itself):
        return 1 if not found.holds else 3 if found.limits else 0
    if found.request.weaker and found.weaker:
        return 1
    return 0 if found.decided else 3
