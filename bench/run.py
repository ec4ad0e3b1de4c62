"""Cold start, throughput, reviewing and scaling, as ratios to something else in the same run.

    make bench

`scaling.py` goes on with families in which the executions explode.

Absolute times say how fast this machine was today; the ratios are what is kept. Times are CPU
seconds of whole processes (user and system), which the load of the machine disturbs least.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from shapes import DIALECTS

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SHIPPED = ROOT / "litmus"
STOLEN = SHIPPED / "kvm" / "stolen-time.litmus"

_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""An installed command has its byte code: the first, uncounted round writes it here too."""

_PHASES = """
import time
marks = [("", time.perf_counter())]
def mark(name): marks.append((name, time.perf_counter()))
import z3; mark("import z3")
z3.main_ctx(); mark("Z3's context")
import lark; mark("import lark")
import checker.cli, checker.run, checker.report.text, checker.language.c, checker.lowering.notation
mark("import checker")
from checker.language import parse
test = parse(open({path!r}, "rb").read()); mark("grammar and parsing")
from checker import arch
target = arch.target("arm64"); mark("architecture data")
from checker.check import check
check(test, target); mark("first check")
check(test, target); mark("second check")
for (_, before), (name, after) in zip(marks, marks[1:]): print(f"{{name}}\\t{{after - before:.6f}}")
"""


def cpu(*command: str) -> float:
    """Return the CPU seconds of a command, which may fail."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median(measure: Callable[[], float], rounds: int = 9) -> float:
    """Return the median of several measurements, after one that does not count."""
    measure()
    return statistics.median(measure() for _ in range(rounds))


def check(*arguments: str | Path) -> float:
    """Return the CPU seconds of `litmus check`."""
    return cpu(PYTHON, "-m", "checker", "check", *map(str, arguments))


def cold_start() -> float:
    """Print what one test costs in a new process, and return the cost of importing Z3."""
    z3 = median(lambda: cpu(PYTHON, "-c", "import z3"))
    one = median(lambda: check(STOLEN, "--arch", "arm64"))
    print(f"cold start    import z3 {z3:.3f} s, litmus check {one:.3f} s: ratio {one / z3:.2f}")
    runs = []
    for _ in range(5):
        code = _PHASES.format(path=str(STOLEN))
        printed = subprocess.run(
            (PYTHON, "-c", code),
            cwd=ROOT,
            env=_ENVIRONMENT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        runs.append([line.split("\t") for line in printed.splitlines()])
    for index, (name, _) in enumerate(runs[0]):
        spent = statistics.median(float(run[index][1]) for run in runs)
        print(f"              {1000 * spent:6.1f} ms  {name}")
    return z3


def throughput(z3: float) -> None:
    """Print how many small tests one process decides in a second, and in the time of the import."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = [path.read_text("utf-8") for path in sorted(SHIPPED.rglob("*.litmus"))]
        for number in range(1000):
            text = texts[number % len(texts)]
            (folder / f"{number:04}.litmus").write_text(text, "utf-8")
        spent = check(folder)
        few = check(next(folder.iterdir()))
    results = 1000 / (spent - few)
    print(f"throughput    1,000 tests (every architecture of each) {spent:.2f} s:", end=" ")
    print(f"{results:.0f} tests/s, {results * z3:.1f} in the time of the import")
    single = _single_architecture()
    print(f"              1,000 tests on one architecture each: {single:.0f} tests/s")
    for dialect in DIALECTS:
        rate = _shapes(dialect)
        print(f"              all final states of classic shapes, {dialect:8}", end=" ")
        print(f"{rate:4.0f} tests/s, {rate * z3:.1f} in the time of the import")


def _shapes(dialect: str) -> float:
    """Return how many tests of a generated corpus are decided in a second, in one process."""
    count = len(list(DIALECTS[dialect].tests()))
    command = (PYTHON, str(ROOT / "bench" / "shapes.py"), dialect)
    few = min(cpu(*command, "--first", "1") for _ in range(5))
    return (count - 1) / (min(cpu(*command) for _ in range(5)) - few)


def _single_architecture() -> float:
    """Return tests decided in a second when each is asked about one architecture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = STOLEN.read_text("utf-8")
        for number in range(1000):
            own = text.replace("0x1122334455667788", f"{number + 1:#x}ull")
            (folder / f"{number:04}.litmus").write_text(own, "utf-8")
        spent = check(folder, "--arch", "arm64")
        few = check(STOLEN, "--arch", "arm64")
    return 1000 / (spent - few)


def scaling() -> None:
    """Print families that grow, as ratios to their smallest member."""
    small = median(lambda: check(STOLEN, "--arch", "arm64"), 5)
    for path in sorted((ROOT / "bench" / "tests").glob("*.litmus")):
        spent = median(partial(check, path, "--arch", "arm64"), 3)
        print(f"scaling       {path.stem:12} {spent:.2f} s, {spent / small:.2f} of one small test")
    with tempfile.TemporaryDirectory() as name:
        for arch in ("arm64", "riscv32"):
            for count in (2, 4, 6, 8, 10, 12):
                path = Path(name) / "writers.litmus"
                path.write_text(writers(count), "utf-8")
                spent = median(partial(check, path, "--arch", arch), 3)
                print(
                    f"              {count:2} writers, {arch:8} {spent:.2f} s, {spent / small:.2f}"
                )


ASKED = ("kvm/stolen-time", "linux/trylock-failed", "linux/rcu-publish", "linux/plain-write-8",
         "arm64/arm64-casp-whole")  # fmt: skip
"""Shipped tests that are explained and repaired: atomicity, a lock, order, and wide accesses.

The lock's is a question: of that there is nothing to repair."""


def reviews(z3: float) -> None:
    """Print what `litmus explain` and `litmus fix` cost, as ratios to checking the same file.

    Of all three the import of Z3 is taken off, which would make every ratio smaller.
    """
    for name in ASKED:
        path = str(SHIPPED / f"{name}.litmus")
        one = median(partial(check, path), 3) - z3
        found = []
        for command in ("explain", "fix"):
            run = partial(cpu, PYTHON, "-m", "checker", command, path)
            spent = median(run, 3) - z3
            found.append(f"{command} {spent:.2f} s, {spent / one:.1f}")
        print(f"reviewing     {name:24} check {one:.2f} s, {', '.join(found)}")


def writers(count: int) -> str:
    """Return a test in which `count` threads write 8 bytes and one reads them."""
    threads = "".join(
        f"P{n}(u64 *x)\n{{\n  put_user({n + 1:#x}ull, x);\n}}\n\n" for n in range(count)
    )
    reader = f"P{count}(u64 *x)\n{{\n  u64 r0 = READ_ONCE(*x);\n}}\n\n~exists torn({count}:r0)\n"
    return f"C writers-{count}\n\n{{\n  u64 x;\n}}\n\n{threads}{reader}"


def main() -> None:
    """Run all measurements."""
    z3 = cold_start()
    throughput(z3)
    reviews(z3)
    scaling()


if __name__ == "__main__":
    main()
