"""Families in which the executions explode: CPU time by size, and the power it grows by.

    python bench/scaling.py
    python bench/scaling.py --oracle ../shared/oracle/scaling --plot docs/scaling.svg

Every size is parsed and decided, with its reasons or its witness, all in this process; the least of
several rounds counts. With `--oracle`, a folder of reference files, these are decided too, and what
herd7 needed stands beside it: `herd7.tsv` there has a name, seconds, and what came out in a line.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from families import FAMILIES, Family

from checker import arch
from checker.check import Limits, check
from checker.language import parse

LIMIT = 2.0
"""Seconds that no test of these should need."""

OBSERVED = {"Never": "forbidden", "Sometimes": "allowed", "Always": "allowed"}


@dataclass(frozen=True)
class Point:
    """One test of a family."""

    size: int
    answer: str
    seconds: float
    reference: float | None = None
    """Seconds for the reference file of this size."""
    herd: str = ""
    """Seconds that herd7 needed for it, as `1.2`, or `>120` where it did not end."""
    agrees: bool = True
    """Whether herd7's outcome, where it is known, is ours."""


def main() -> None:
    """Measure what is asked for."""
    args = _arguments()
    herd = dict(_herd(args.oracle)) if args.oracle else {}
    decided(FAMILIES[0].make(2), 1)  # grammars and data are read once
    found: dict[Family, list[Point]] = {}
    for family in FAMILIES:
        if not args.only or family.letter in args.only:
            found[family] = [
                _point(family, size, args.rounds, args.oracle, herd) for size in family.sizes
            ]
            print("\n".join(table(family, found[family])), flush=True)
    worst = max((p.seconds, f.letter, p.size) for f, points in found.items() for p in points)
    print(f"slowest       {worst[0]:.3f} s, {worst[1]} at {worst[2]}; the limit is {LIMIT:.0f} s")
    if args.plot:
        draw(found, args.plot)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", metavar="LETTER", help="these families")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3")
    parser.add_argument("--oracle", type=Path, metavar="DIR", help="reference files and herd7.tsv")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it, with matplotlib")
    return parser.parse_args()


# --- measuring ------------------------------------------------------------------------------------


def decided(text: str | bytes, rounds: int) -> tuple[str, float]:
    """Return the verdict on a test, and the least CPU seconds of several rounds."""
    content = text.encode() if isinstance(text, str) else text
    answer, least = "", math.inf
    for _ in range(rounds):
        start = time.process_time()
        verdict = check(parse(content), arch.target("AArch64"), limits=Limits(timeout=120_000))
        least = min(least, time.process_time() - start)
        answer = verdict.answer
    return answer, least


def _point(
    family: Family,
    size: int,
    rounds: int,
    oracle: Path | None,
    herd: dict[str, tuple[str, str]],
) -> Point:
    answer, seconds = decided(family.make(size), rounds)
    name = family.reference.format(n=size)
    path = oracle / f"{name}.litmus" if oracle and name else None
    if path is None or not path.is_file():
        return Point(size, answer, seconds)
    theirs, reference = decided(path.read_bytes(), rounds)
    needed, outcome = herd.get(name, ("", ""))
    return Point(size, answer, seconds, reference, needed, outcome in ("", theirs))


def _herd(oracle: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield, for each reference file, the seconds of herd7 and the verdict, "" if it has none."""
    for line in (oracle / "herd7.tsv").read_text("utf-8").splitlines():
        name, seconds, _, _, outcome, *_ = line.split("\t")
        verdict = OBSERVED.get(outcome.split()[0], "")
        yield name, (seconds if verdict else f">{float(seconds):.0f}", verdict)


def power(points: Sequence[Point]) -> float:
    """Return the power of the size that the time of the larger half grows by (least squares)."""
    half = points[len(points) // 2 :] if len(points) > 3 else points
    xs, ys = [math.log(p.size) for p in half], [math.log(p.seconds) for p in half]
    return statistics.linear_regression(xs, ys).slope


def table(family: Family, points: Sequence[Point]) -> Iterator[str]:
    """Yield the lines for a family."""
    answers = ", ".join(dict.fromkeys(p.answer for p in points))
    title = f"{family.letter:3} {family.title}: {answers}"
    yield f"{title:66} grows with size^{power(points):.1f}"
    rows = [(family.unit, [f"{p.size}" for p in points])]
    rows += [("seconds", [f"{p.seconds:.3f}" for p in points])]
    if any(p.reference is not None for p in points):
        files = ["-" if p.reference is None else f"{p.reference:.3f}" for p in points]
        rows += [("reference files", files)]
    if any(p.herd for p in points):
        rows += [("herd7", [p.herd or "-" for p in points])]
    for name, cells in rows:
        yield f"    {name:16}" + "".join(f"{cell:>8}" for cell in cells)
    for point in points:
        if not point.agrees:
            yield f"    herd7 says otherwise at {point.size}"


# --- the plot -------------------------------------------------------------------------------------


def draw(found: dict[Family, list[Point]], path: Path) -> None:
    """Draw a panel for each family: seconds by size, both logarithmic, ours and herd7's."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "scaling"  # the same numbers give the same file
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    columns = min(4, len(found))
    rows = -(-len(found) // columns)
    figure, panels = pyplot.subplots(
        rows, columns, figsize=(3 * columns, 2.3 * rows), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for panel in panels.flat[len(found) :]:
        panel.axis("off")
    for panel, (family, points) in zip(panels.flat, found.items(), strict=False):
        sizes = [p.size for p in points]
        theirs = [(p.size, float(p.herd)) for p in points if p.herd and ">" not in p.herd]
        beyond = [(p.size, float(p.herd[1:])) for p in points if p.herd.startswith(">")]
        panel.axhline(LIMIT, color="#bbbbbb", linewidth=0.8)
        if theirs:
            label = "herd7 (✕: over 120 s)"
            line = [*theirs, *beyond]
            panel.plot(*zip(*line, strict=True), "--", color="#cc6633", linewidth=1.2, label=label)
            panel.plot(*zip(*theirs, strict=True), "s", color="#cc6633", markersize=3)
        if beyond:
            panel.plot(*zip(*beyond, strict=True), "x", color="#cc6633", markersize=6)
        ours = [p.seconds for p in points]
        panel.plot(sizes, ours, "o-", color="#225588", markersize=3, linewidth=1.4, label="litmus")
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.set_ylim(1e-3, 300)
        ticks = [size for size in sizes if size in (1, 2, 4, 8, 16, 32, 64)]
        panel.set_xticks(ticks, [str(size) for size in ticks])
        panel.minorticks_off()
        panel.set_title(f"{family.title}\nsize^{power(points):.1f}", fontsize=7.5)
        panel.set_xlabel(family.unit, fontsize=7)
        panel.tick_params(labelsize=7)
    for row in panels:
        row[0].set_ylabel("CPU seconds", fontsize=7)
    shown = {
        label: line
        for panel in panels.flat
        for line, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        shown.values(), shown.keys(), loc="outside upper right", ncols=2, fontsize=8, frameon=False
    )
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
