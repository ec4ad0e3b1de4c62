"""One record of a reference corpus against what the program says of the same test.

A record holds what herd7 said: whether the condition's proposition holds in no final state, in some
or in all, and every final state. In the C corpus that is the kernel's own model, which promises
what all architectures do: there, nothing may be reachable that the model does not have.
"""

from __future__ import annotations

import json
import re
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from checker import arch as archs
from checker.check import Asked, Limits, check
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.verdict import Verdict

Status = Literal["agree", "verdict", "states", "unsupported", "unknown", "racy", "failed"]

State = frozenset[str]
"""The columns of a final state, as in `0:X1=1`."""


@dataclass(frozen=True)
class Record:
    """What the reference said of a test."""

    name: str
    path: str
    dialect: str
    observation: str
    condition: str
    states: frozenset[State]
    seconds: float
    racy: bool
    """Whether it was flagged: the kernel's model says nothing of a test with a data race."""


@dataclass(frozen=True)
class Result:
    """What came out for one test on one architecture."""

    name: str
    path: str
    arch: str
    status: Status
    expected: str
    found: str = ""
    missing: tuple[str, ...] = ()
    """Final states that only the reference has."""
    extra: tuple[str, ...] = ()
    """Final states that only the program has."""
    why: str = ""
    """What is not supported, or the limit that was hit."""
    seconds: float = field(default=0.0, compare=False)
    herd_seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def records(corpus: Path) -> Iterator[Record]:
    """Yield the records of a `.jsonl` file."""
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            yield Record(
                name=one["name"],
                path=one["path"],
                dialect=one["arch"],
                observation=one["observation"],
                condition=one["condition"],
                states=frozenset(columns(state) for state in one["states"]),
                seconds=one["seconds"],
                racy=bool(one["flagged"]),
            )


def columns(state: str) -> State:
    """Return the columns of a state as herd prints it: `0:X1=1; [x]=2;`."""
    return frozenset(column.strip() for column in state.split(";") if column.strip())


def compare(record: Record, folder: Path, arch: str, limits: Limits) -> Result:
    """Return how the program's answer on one architecture compares; "" is its dialect's own."""
    start = time.perf_counter()
    found = _answer(record, folder, arch, limits)
    spent = time.perf_counter() - start
    return Result(**(asdict(found) | {"seconds": spent, "herd_seconds": record.seconds}))


def _answer(record: Record, folder: Path, arch: str, limits: Limits) -> Result:
    def result(status: Status, **more: Any) -> Result:
        return Result(
            record.name, record.path, more.pop("arch", arch), status, record.observation, **more
        )

    try:
        test = parse((folder / record.path).read_bytes(), record.path)
        target = archs.target(arch or record.dialect)
        verdict = check(test, target, limits=limits, asked=Asked(brief=True))
    except Diagnostic as problem:
        return result("unsupported", why=problem.message)
    except Exception as error:  # a defect: it is reported, and the run goes on
        line = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{Path(line.filename).name}:{line.lineno}"
        return result("failed", why=f"{type(error).__name__} at {at}: {error}")
    if verdict.answer == "unknown" or verdict.observed is None or verdict.states is None:
        return result("unknown", arch=target.name, why=verdict.limit)
    states = frozenset(_columns(verdict))
    missing, extra = record.states - states, states - record.states
    observation = verdict.observed.observation
    details = {
        "arch": target.name, "found": observation, "missing": _shown(missing),
        "extra": _shown(extra),
    }  # fmt: skip
    if record.dialect == "C":
        if record.racy:
            return result("racy", **details)
        wrong = record.observation == "Never" and observation != "Never"
        return result("verdict" if wrong else "states" if extra else "agree", **details)
    wrong = observation != record.observation
    return result("verdict" if wrong else "states" if missing | extra else "agree", **details)


def _columns(verdict: Verdict) -> Iterator[State]:
    for state in verdict.states or ():
        yield frozenset(f"{place}={value}" for place, value in state)


def _shown(states: frozenset[State]) -> tuple[str, ...]:
    return tuple(sorted("; ".join(sorted(state)) + ";" for state in states))


def kind_of(why: str) -> str:
    """Return a reason without what is particular to one test, so that reasons can be counted."""
    return re.sub(r"\b(0x)?\d+\b", "N", why)
