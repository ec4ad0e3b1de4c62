"""`litmus fix`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checker.cli import shared

if TYPE_CHECKING:
    from checker.fix import Fixes
    from checker.verdict import Problem

_EXAMPLES = """\
examples:
  litmus fix litmus/linux/copy-to-user-8.litmus
  litmus fix test.litmus --arch x86-32 --apply
  litmus fix test.litmus --pick 2 --apply
  litmus fix litmus/kvm --fragile-ok --format json -o fixes.json

exit status:
  0  changes were found, or nothing has to change
  1  for some test there are none
  2  something could not be read, used or written
  3  none were found, but a limit was reached, and is named
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    fix = commands.add_parser(
        "fix",
        help="find the least changes that make a test hold",
        description="Find the least changes of a test that make its assertion hold on all "
        "architectures that are asked about, and show them as a diff, or apply them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared.add_tests(fix)
    fix.add_argument(
        "--fragile-ok", action="store_true", help="what today's code forbids is enough"
    )
    fix.add_argument(
        "--forbid", action="store_true",
        help="take an `exists` for something that must not happen",
    )  # fmt: skip
    fix.add_argument("--apply", action="store_true", help="change the file; default: show a diff")
    fix.add_argument(
        "--pick", type=shared.count, default=1, metavar="N",
        help="which of the fixes is shown as a diff, or applied (default: 1, the cheapest)",
    )  # fmt: skip
    fix.add_argument(
        "-v", "--verbose", action="store_true",
        help="show every diff, and fix each architecture alone too",
    )  # fmt: skip
    fix.add_argument(
        "--seconds", type=shared.count, default=20, metavar="S",
        help="how long to look for changes of one test; 0 is no limit (default: 20)",
    )  # fmt: skip
    shared.add_output(fix, ("text", "json"))
    shared.add_executions(fix)
    shared.add_timeout(fix)
    shared.add_unroll(fix)
    shared.add_colour(fix)


def run(args: argparse.Namespace) -> int:
    """Look for changes, print or make them, and return the exit status."""
    from checker.fix import Options, fix_file

    request = shared.request(args)
    if request is None:
        return 2
    files, problems = shared.found(args.paths)
    options = Options(args.fragile_ok, args.forbid, args.verbose, seconds=args.seconds)

    def work(progress: Callable[[str], None]) -> shared.Answer:
        fixes: list[Fixes] = []
        for path in files:
            outcome = fix_file(path, request, options)
            problems.extend(outcome.problems)
            if outcome.fixes:
                fixes.append(outcome.fixes)
                if args.apply:
                    problems.extend(_applied(path, outcome.fixes, args.pick))
            progress(path)
        return _rendered(fixes, problems, args), problems, _status(fixes)

    return shared.answered(args, len(files), work)


def _applied(path: str, fixes: Fixes, pick: int) -> list[Problem]:
    """Write a fix to its file, and return what kept it from being written."""
    from checker.diagnostic import Diagnostic
    from checker.run import problem_of

    if not 0 < pick <= len(fixes.fixes):
        return []
    problem = ""
    if path == "-":
        problem = "what was read from the standard input cannot be changed"
    else:
        try:
            with open(path, "rb") as file:
                raw = file.read()
            if raw.decode("utf-8-sig") != fixes.source:
                problem = "the file has changed since it was read"
            else:
                mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
                _replace(path, mark + fixes.fixes[pick - 1].text.encode())
        except OSError as error:
            problem = f"cannot be written: {error.strerror}"
    return [problem_of(Diagnostic(problem, file=path))] if problem else []


def _replace(path: str, content: bytes) -> None:
    """Write a file as a whole, or leave it as it is."""
    path = os.path.realpath(path)
    beside = f"{path}.fix"
    with open(beside, "xb") as file:
        file.write(content)
    os.chmod(beside, os.stat(path).st_mode)
    os.replace(beside, path)


def _rendered(fixes: list[Fixes], problems: list[Problem], args: argparse.Namespace) -> str:
    if args.format == "json":
        from checker.report import fix_json

        return fix_json.render(fixes, problems)
    from checker.report import fix
    from checker.report.text import Style

    style = Style(shared.coloured(args))
    shown = [
        fix.test(one, style, pick=args.pick, applied=args.apply, verbose=args.verbose)
        for one in fixes
    ]
    return "\n".join(f"{one}\n" for one in shown)


def _status(fixes: list[Fixes]) -> int:
    without = [one for one in fixes if not one.fixes and not one.nothing]
    if any(not one.limits for one in without):
        return 1
    return 3 if without else 0
