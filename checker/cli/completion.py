"""`litmus completion`: what a shell needs to complete the command's options."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""
    command = commands.add_parser(
        "completion", help="print a completion script", description="Print a completion script."
    )
    command.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    """Print the script and return the exit status."""
    try:
        import shtab
    except ImportError:
        print("litmus: completion needs the package shtab: pip install shtab", file=sys.stderr)
        return 2
    print(shtab.complete(parser, args.shell))
    return 0
