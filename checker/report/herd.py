"""herd7's own log, so that its comparison tools (mcompare7, mdiff7, mlog2cond7 …) read it.

    Test NAME Allowed|Forbidden|Required
    States N
    0:X1=0; [x]=1;
    Ok|No
    Witnesses
    Positive: n Negative: m
    Condition exists (0:X1=0)
    Observation NAME Never|Sometimes|Always n m
    Time NAME 0.01
    Hash=…

Where herd7 counts executions, final states are counted: those in which the proposition holds, and
the others. Results without final states (a limit was hit, or the condition is not about values) are
not in a log, as in herd7's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from checker.verdict import Observed, State, Verdict

_HEX = re.compile(r"\b0x[0-9a-f]+\b")
_KINDS = {"exists": "Allowed", "~exists": "Forbidden", "forall": "Required"}


def render(verdicts: Sequence[Verdict]) -> str:
    """Return the log of a run. A test that was asked on several architectures is NAME@ARCH."""
    asked = Counter((verdict.file, verdict.test) for verdict in verdicts)
    parts = []
    for verdict in verdicts:
        if verdict.states is not None and verdict.observed is not None:
            several = asked[verdict.file, verdict.test] > 1
            name = f"{verdict.test}@{verdict.arch}" if several else verdict.test
            parts.append("\n".join(_lines(verdict, name, verdict.states, verdict.observed)) + "\n")
    return "\n".join(parts)


def _lines(
    verdict: Verdict, name: str, states: Iterable[State], observed: Observed
) -> Iterator[str]:
    quantifier, _, proposition = _HEX.sub(_decimal, verdict.condition).partition(" ")
    lines = sorted(" ".join(f"{place}={value};" for place, value in state) for state in states)
    yield f"Test {name} {_KINDS[quantifier]}"
    yield f"States {len(lines)}"
    yield from lines
    yield "Ok" if _holds(quantifier, observed) else "No"
    yield "Witnesses"
    yield f"Positive: {observed.positive} Negative: {observed.negative}"
    yield f"Condition {quantifier} ({proposition})"
    yield f"Observation {name} {observed.observation} {observed.positive} {observed.negative}"
    yield f"Time {name} {verdict.milliseconds / 1000:.2f}"
    if observed.hash:
        yield f"Hash={observed.hash}"


def _decimal(number: re.Match[str]) -> str:
    return str(int(number[0], 16))


def _holds(quantifier: str, observed: Observed) -> bool:
    if quantifier == "forall":
        return observed.negative == 0
    return (observed.positive > 0) == (quantifier == "exists")
