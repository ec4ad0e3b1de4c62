"""The `litmus` command: arguments in, exit status out. One module for each subcommand."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from checker import __version__
from checker.cli import ablate, check, compare, completion, explain, fix, prove, review, table


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="litmus",
        description="Decide, per architecture, whether a racing read can be torn.",
        epilog=check.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"litmus {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in (check, ablate, prove, review, fix, table, explain, compare, completion):
        command.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    args = parser().parse_args(argv)
    try:
        if args.command == "completion":
            return completion.run(parser(), args)
        runs = {
            "check": check.run, "ablate": ablate.run, "prove": prove.run, "fix": fix.run,
            "review": review.run,
            "table": table.run, "explain": explain.run, "compare": compare.run,
        }  # fmt: skip
        return runs[args.command](args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def entry() -> NoReturn:
    """Run the command as a process of its own, which starts and ends as fast as it can.

    Nothing it makes is worth collecting before it ends, and nothing is left to tidy up then: the
    garbage collector's passes and the teardown of Z3's context are a tenth of a cold start.
    """
    gc.set_threshold(200_000)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed with the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
