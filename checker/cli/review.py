"""`litmus review`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from checker.cli import shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.review import Request
    from checker.review.answer import Review
    from checker.review.changes import Changes

_EXAMPLES = """\
examples:
  litmus review put_user_atomic.toml
  litmus review put_user_atomic.toml --format markdown -o review.md
  litmus review --diff v2.toml v3.toml

exit status:
  0  every override is what it is claimed to be, by practice at least; nothing is lost
  1  some override is not, or, with --diff, something is lost
  2  something could not be read or used
  3  a limit was reached somewhere, and nothing worse
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    review = commands.add_parser(
        "review",
        help="review overrides of an operation: what they are, rest on, cost and lack",
        description="Review a file of overrides, as of put_user_atomic(): for each architecture "
        "and size whether it is what it is claimed to be, the rules it rests on, what it costs, "
        "what is missing, which addresses fault, and which sizes must not build.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = review.add_argument(
        "files", nargs="+", metavar="FILE", help="an override file; with --diff the old, the new"
    )
    files.complete = {"bash": "_shtab_compgen_files", "zsh": "_files"}
    review.add_argument(
        "--diff", action="store_true", help="say what a change of overrides gains and loses"
    )
    shared.add_data(review, "the kernel, before the file's own, as in 5.3")
    shared.add_output(review, ("text", "markdown", "json"))
    shared.add_jobs(review, 0)
    shared.add_timeout(review)
    shared.add_colour(review)


def run(args: argparse.Namespace) -> int:
    """Review what is asked for, print what came of it, and return the exit status."""
    from checker.diagnostic import Diagnostic
    from checker.review import comparable, opened, review

    wanted = 2 if args.diff else 1
    if len(args.files) != wanted:
        what = "the old file and the new" if args.diff else "one file; two are compared with --diff"
        print(f"litmus: review: {len(args.files)} files: it takes {what}", file=sys.stderr)
        return 2
    try:
        requests = [_request(path, args) for path in args.files]
        work = [opened(one) for one in requests]
    except Diagnostic as problem:
        return shared.refused(problem, _source(problem))
    if args.diff:
        work = comparable(*work)

    def reviewed(progress: Callable[[str], None]) -> shared.Answer:
        done = [review(one, shared.jobs(args), progress) for one in work]
        problems = [one for each in done for one in each.problems]
        return _rendered(done, args), problems, _status(done, args)

    return shared.answered(args, sum(len(one.pieces) for one in work), reviewed)


def _request(path: str, args: argparse.Namespace) -> Request:
    """Return what the options ask of a file; raises Diagnostic."""
    from checker.arch.kernel import supported
    from checker.review import Request

    return Request(
        path,
        supported(args.kernel) if args.kernel else None,
        tuple(args.arch_path),
        shared.milliseconds(args),
    )


def _source(problem: Any) -> str | None:
    """Return the text that a problem points into, where it can be read."""
    try:
        with open(problem.file, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def _rendered(done: list[Review], args: argparse.Namespace) -> str:
    from checker.report import changes, review, review_json
    from checker.report.text import Style
    from checker.review.changes import changes as between

    found: Review | Changes = between(*done) if args.diff else done[0]
    forms: dict[str, Callable[[Any], str]] = {"json": review_json.render}
    page = changes if args.diff else review
    forms["markdown"] = page.markdown
    forms["text"] = lambda one: page.render(one, Style(shared.coloured(args)))
    return forms[args.format](found)


def _status(done: list[Review], args: argparse.Namespace) -> int:
    from checker.review.changes import changes

    if args.diff and changes(*done).lost:
        return 1
    if not args.diff and any(one.fails for one in done[0].sizes):
        return 1
    limited = (part.standing == "unknown" for each in done for s in each.sizes for part in s.parts)
    return 3 if any(limited) or any(s.limit for each in done for s in each.sizes) else 0
