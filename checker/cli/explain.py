"""`litmus explain`: arguments in, exit status out."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the subcommand to the parser."""


def run(args: argparse.Namespace) -> int:
    """Decide what is asked for, print it, and return the exit status."""
    return 0
