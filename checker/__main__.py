"""`python -m checker` is the `litmus` command."""

from checker.cli import entry

entry()
