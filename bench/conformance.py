"""Agreement with herd7: verdicts and complete sets of final states, test by test.

    python bench/conformance.py riscv --sample 200 --jobs 2
    python bench/conformance.py ../shared/oracle/ppc.jsonl --only 'IRIW' --verbose

A corpus is NAME.jsonl beside a folder of tests: by its path, or by its name in the folder that
`--oracle` gives, which stands beside the project.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path

from reference import Record, Result, compare, kind_of, records

from checker import arch as archs
from checker.check import Limits
from checker.cli import shared
from checker.names import names_of

ORACLE = Path(__file__).resolve().parent.parent.parent / "shared" / "oracle"

STATUSES = {
    "agree": "agree", "verdict": "verdict differs", "states": "states differ",
    "unsupported": "not supported", "unknown": "unknown", "racy": "data race", "failed": "failed",
}  # fmt: skip


def main() -> int:
    """Compare what is asked for, print the table, and return the exit status."""
    args = _arguments()
    found: list[Result] = []
    for corpus in args.corpora or _all(args.oracle):
        path = _path(corpus, args.oracle)
        if path is None:
            print(
                f"there is no corpus {corpus}: give the path of a .jsonl file, or --oracle DIR",
                file=sys.stderr,
            )
            return 2
        wanted = _chosen(path, args)
        results = list(_run(wanted, path.parent, args))
        found += results
        if args.json != "-":
            print("\n".join(_table(path.stem, results, verbose=args.verbose)), flush=True)
    if not args.corpora and not found:
        print(f"no corpus is in {args.oracle}: nothing was compared", file=sys.stderr)
        return 0
    if args.json:
        text = json.dumps([one.as_dict() for one in found], indent=1, ensure_ascii=False) + "\n"
        if args.json == "-":
            sys.stdout.write(text)
        else:
            Path(args.json).write_text(text, "utf-8")
    return int(any(one.status in ("verdict", "states", "failed") for one in found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help="default: every one there is")
    parser.add_argument("--oracle", type=Path, default=ORACLE, metavar="DIR", help=f"{ORACLE}")
    parser.add_argument("--sample", type=int, metavar="N", help="so many tests, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: 0)")
    parser.add_argument("--only", metavar="REGEX", help="tests whose name or path it is found in")
    parser.add_argument(
        "--arch", metavar="LIST", action="append", default=[],
        help="architectures (default: the dialect's own; of C tests: all)",
    )  # fmt: skip
    parser.add_argument("--unroll", type=int, default=Limits.unroll, metavar="K")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="of one question")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="0 is one for each core")
    parser.add_argument("--verbose", action="store_true", help="show how the sets of states differ")
    parser.add_argument("--json", metavar="FILE", help="write every result there; - is the output")
    return parser.parse_args()


def _all(oracle: Path) -> list[str]:
    return sorted(str(path) for path in oracle.glob("*.jsonl"))


def _path(corpus: str, oracle: Path) -> Path | None:
    choices = (Path(corpus), Path(f"{corpus}.jsonl"), oracle / f"{corpus}.jsonl")
    return next((path for path in choices if path.is_file()), None)


def _chosen(path: Path, args: argparse.Namespace) -> list[Record]:
    wanted = list(records(path))
    if args.only:
        pattern = re.compile(args.only)
        wanted = [one for one in wanted if pattern.search(one.name) or pattern.search(one.path)]
    if args.sample is not None and args.sample < len(wanted):
        wanted = random.Random(args.seed).sample(wanted, args.sample)
    return wanted


def _run(wanted: Sequence[Record], folder: Path, args: argparse.Namespace) -> Iterator[Result]:
    """Yield the result of every test on every architecture, by parallel processes."""
    limits = Limits(timeout=round(1000 * args.timeout), unroll=args.unroll)
    named = names_of(args.arch)
    work = [
        (one, arch)
        for one in wanted
        for arch in named or (tuple(archs.names()) if one.dialect == "C" else ("",))
    ]
    one_of = partial(compare, limits=limits)
    tests, asked = [one for one, _ in work], [arch for _, arch in work]
    jobs = args.jobs or os.cpu_count() or 1
    with shared.progress(len(work)) as progress:
        if jobs == 1 or len(work) < 2:
            for test, arch in work:
                yield one_of(test, folder, arch)
                progress(test.name)
            return
        with ProcessPoolExecutor(jobs) as pool:
            found = pool.map(one_of, tests, repeat(folder), asked, chunksize=8)
            for test, result in zip(tests, found, strict=True):
                yield result
                progress(test.name)


# --- the table ------------------------------------------------------------------------------------


def _table(corpus: str, results: Sequence[Result], *, verbose: bool) -> Iterator[str]:
    """Yield the table of a corpus: a line of counts and times, and what is behind them."""
    by_arch: dict[str, list[Result]] = {}
    for one in results:
        by_arch.setdefault(one.arch or "-", []).append(one)
    if len(by_arch) > 2:  # the C corpus
        for arch, some in by_arch.items():
            yield f"{corpus} on {arch}: {_counts(some)}"
    yield f"{corpus}: {len(results)} results: {_counts(results)}"
    spent, herd = sum(r.seconds for r in results), sum(r.herd_seconds for r in results)
    rate = len(results) / spent if spent else 0.0
    yield f"  time: {spent:.1f} s in all processes, {rate:.1f} tests/s each; herd7: {herd:.1f} s"
    yield from _slowest(results)
    for status in ("failed", "unsupported", "unknown"):
        yield from _reasons(STATUSES[status], (r for r in results if r.status == status))
    for status in ("verdict", "states"):
        for one in results:
            if one.status == status:
                yield from _difference(one, verbose=verbose)


def _counts(results: Iterable[Result]) -> str:
    counts = Counter[str](one.status for one in results)
    return ", ".join(f"{counts[key]} {text}" for key, text in STATUSES.items() if counts[key])


def _slowest(results: Iterable[Result]) -> Iterator[str]:
    slow = sorted((r for r in results if r.seconds > 1), key=lambda r: -r.seconds)[:5]
    if slow:
        yield "  slowest: " + ", ".join(f"{r.name} {r.seconds:.1f} s" for r in slow)


def _reasons(title: str, results: Iterable[Result]) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for one in results:
        found.setdefault(kind_of(one.why), []).append(one.name)
    for why, names in sorted(found.items(), key=lambda item: -len(item[1])):
        yield f"  {title}: {len(names):4}  {why} (as in {names[0]})"


def _difference(one: Result, *, verbose: bool) -> Iterator[str]:
    told = f"herd7 {one.expected}, here {one.found}"
    sets = f"{len(one.missing)} states missing, {len(one.extra)} more"
    on = f" on {one.arch}" if one.arch else ""
    yield f"  {STATUSES[one.status]}: {one.name}{on}: {told}; {sets}   {one.path}"
    if verbose:
        yield from (f"      missing  {state}" for state in one.missing)
        yield from (f"      more     {state}" for state in one.extra)


if __name__ == "__main__":
    sys.exit(main())
