"""What the subcommands have in common: options, outputs, colour, progress."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.names import names_of

if TYPE_CHECKING:
    from checker.arch.kernel import Kernel
    from checker.diagnostic import Diagnostic
    from checker.run import Request
    from checker.verdict import Problem

# --- options --------------------------------------------------------------------------------------


def add_tests(command: argparse.ArgumentParser) -> None:
    """Add the tests, and the architectures that they are about."""
    paths = command.add_argument(
        "paths", nargs="+", metavar="PATH",
        help="a file, a folder (searched for *.litmus), @list (a file that names files), or -",
    )  # fmt: skip
    paths.complete = {"bash": "_shtab_compgen_files", "zsh": "_files"}  # type: ignore[attr-defined]
    command.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="architectures to ask about, as in arm64,arm64+lse2; instead of the test's own Arch",
    )  # fmt: skip
    add_data(
        command, "the kernel of architectures that name none, as in 5.3 (x86-64@5.3 names one)"
    )


def add_sizes(command: argparse.ArgumentParser) -> None:
    """Add the sizes of operations, and the alignment of what they access."""
    command.add_argument(
        "--size", metavar="LIST", action="append", default=[],
        help="sizes in bytes (default: 1,2,4,8,16)",
    )  # fmt: skip
    command.add_argument(
        "--align", type=count, metavar="N",
        help="the address is a multiple of N bytes (default: of the size)",
    )  # fmt: skip


def add_executions(command: argparse.ArgumentParser) -> None:
    """Add what decides which executions there are."""
    command.add_argument(
        "--faults", action="store_true", help="let accesses to user memory fault, as pages do"
    )
    model = command.add_argument(
        "--model", metavar="FILE",
        help="ordering axioms, in the cat language, in place of the architectures' own",
    )  # fmt: skip
    model.complete = {"bash": "_shtab_compgen_files", "zsh": "_files"}  # type: ignore[attr-defined]


def add_unroll(command: argparse.ArgumentParser) -> None:
    """Add the bound on loops."""
    command.add_argument(
        "--unroll", type=count, default=2, metavar="K", help="rounds of a loop (default: 2)"
    )


def add_data(command: argparse.ArgumentParser, kernel: str, metavar: str = "V") -> None:
    """Add the options that say which data is asked about; `kernel` says what the version is for."""
    command.add_argument("--kernel", metavar=metavar, help=f"{kernel} (default: 6.12)")
    paths = command.add_argument(
        "--arch-path", metavar="DIR", action="append", default=[],
        help="a folder with architectures, rules or lowerings that add to or replace the shipped",
    )  # fmt: skip
    paths.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_files -/"}  # type: ignore[attr-defined]


def add_output(command: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    """Add the options that say in which form and where the answer goes; the first is default."""
    command.add_argument(
        "--format", choices=formats, default=formats[0], help=f"default: {formats[0]}"
    )
    command.add_argument("-o", "--output", metavar="FILE", help="write there, not to the terminal")


def add_jobs(command: argparse.ArgumentParser, default: int) -> None:
    """Add the number of processes."""
    also = "; default: 0" if default == 0 else ""
    command.add_argument(
        "--jobs", type=count, default=default, metavar="N",
        help=f"processes; 0 is one for each core{also}",
    )  # fmt: skip


def add_timeout(command: argparse.ArgumentParser) -> None:
    """Add the limit of the solver's work."""
    command.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="S",
        help="limit of each question to the solver, in seconds; 0 is none (default: 60)",
    )  # fmt: skip


def add_colour(command: argparse.ArgumentParser) -> None:
    """Add whether text is coloured."""
    command.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto",
        help="default: auto, on a terminal; NO_COLOR and FORCE_COLOR are respected",
    )  # fmt: skip


def count(text: str) -> int:
    """Return a number that is not negative; raises ValueError or ArgumentTypeError."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is less than 0")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return value


# --- what the options say -------------------------------------------------------------------------


def jobs(args: argparse.Namespace) -> int:
    """Return the number of processes."""
    return int(args.jobs) or os.cpu_count() or 1


def milliseconds(args: argparse.Namespace) -> int:
    """Return the limit of each question to the solver."""
    return math.ceil(1000 * float(args.timeout))


def sizes(args: argparse.Namespace) -> tuple[int, ...]:
    """Return the sizes of operations in bytes; raises Diagnostic."""
    from checker.diagnostic import Diagnostic

    found = names_of(args.size)
    for size in found:
        if not size.isdecimal():
            raise Diagnostic(f"`{size}` is not a size in bytes", hint="as in --size 4,8")
    return tuple(map(int, found))


def kernel(args: argparse.Namespace) -> Kernel:
    """Return the kernel of architectures that name none; raises Diagnostic."""
    from checker.arch.kernel import COMPLETE, supported

    return supported(args.kernel) if args.kernel else COMPLETE


def use_data(args: argparse.Namespace) -> None:
    """Have the user's own data read after the shipped; raises Diagnostic."""
    if args.arch_path:
        from checker.lowering import wellformed

        wellformed.use(tuple(args.arch_path))


def asked(args: argparse.Namespace) -> tuple[tuple[str, ...], Kernel] | None:
    """Return the architectures and the kernel asked about, or None with a complaint printed."""
    from checker import arch
    from checker.diagnostic import Diagnostic

    option = "--arch-path"
    try:
        use_data(args)
        option = "--kernel"
        version = kernel(args)
        option = "--arch"
        names = names_of(args.arch)
        for name in names:
            arch.target(name, version)
        option = "--model"
        if args.model:
            from checker.model.cat import cat_model

            cat_model(Path(args.model))
    except Diagnostic as unknown:
        print(f"litmus: {option}: {unknown.render()}", file=sys.stderr)
        return None
    return names, version


def request(
    args: argparse.Namespace, *, states: bool = False, brief: bool = False
) -> Request | None:
    """Return what is asked of every test, or None with a complaint printed."""
    from checker.check import Limits
    from checker.run import Request

    known = asked(args)
    if known is None:
        return None
    archs, version = known
    return Request(
        archs, Limits(timeout=milliseconds(args), unroll=args.unroll), states, version,
        brief=brief, faults=getattr(args, "faults", False), model=args.model or "",
        folders=tuple(args.arch_path),
    )  # fmt: skip


def found(paths: list[str]) -> tuple[list[str], list[Problem]]:
    """Return the files that paths stand for, and what kept others from being found."""
    from checker import run

    several = list(run.find(paths))
    files = [one for one in several if isinstance(one, str)]
    return files, [one for one in several if not isinstance(one, str)]


# --- outputs --------------------------------------------------------------------------------------

Answer = tuple[str, Sequence["Problem"], int]
"""What a command prints, what it could not do, and its exit status if it could do all."""


def answered(
    args: argparse.Namespace, total: int, work: Callable[[Callable[[str], None]], Answer]
) -> int:
    """Write what a command's work returns, and return the exit status.

    The work hears of each of `total` pieces that is done, and says so.
    """
    try:
        with output(args.output) as write:
            with progress(total) as step:
                text, problems, status = work(step)
            write(text)
    except OSError as error:
        return unwritten(args, error)
    for problem in problems:
        print(problem.shown, file=sys.stderr)
    return 2 if problems else status


def refused(problem: Diagnostic, source: str | None = None) -> int:
    """Say what cannot be used, and return the exit status; `source` is the text it points into."""
    print(f"litmus: {problem.render(source)}", file=sys.stderr)
    return 2


@contextmanager
def output(path: str | None) -> Iterator[Callable[[str], Any]]:
    """Give a function that writes to a file, or to the standard output."""
    if path is None:
        yield sys.stdout.write
        sys.stdout.flush()
        return
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        yield file.write


def unwritten(args: argparse.Namespace, error: OSError) -> int:
    """Say why the output could not be written, and return the exit status; a closed pipe is not."""
    if isinstance(error, BrokenPipeError):
        raise error
    print(f"litmus: {args.output}: {error.strerror}", file=sys.stderr)
    return 2


def coloured(args: argparse.Namespace) -> bool:
    """Whether the output is to be coloured."""
    if args.color != "auto":
        return bool(args.color == "always")
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return args.output is None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(total: int, *, wanted: bool = True) -> Iterator[Callable[[str], None]]:
    """Show how far a run has come, on a terminal's standard error, where there is enough to do.

    Results that appear on the same terminal one by one show it already: then it is not wanted.
    """
    if not wanted or total < 8 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"),
        console=console, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=total)
        yield lambda name: bar.update(task, advance=1, description=os.path.basename(name))
