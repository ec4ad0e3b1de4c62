"""The encoder and the oracle, asked the same about programs that hypothesis draws.

LITMUS_EXAMPLES raises the number of programs of each test.
"""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import solve
from checker.program import IsTorn
from tests import bruteforce
from tests.strategies import Case, cases

EXAMPLES = int(os.environ.get("LITMUS_EXAMPLES", "150"))
drawn = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="LITMUS_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@drawn
@given(cases(), st.booleans())
def test_reachable(case: Case, practice: bool) -> None:
    reads = {o.number for o in case.program.operations if any(a.kind == "load" for a in o.accesses)}
    each = (IsTorn(((read, case.program.operations[read].guard),)) for read in sorted(reads))
    for question in (case.program.question, *each):
        asked = replace(case.program, question=question)
        expected = bruteforce.reachable(asked, practice=practice)
        assert solve.reachable(asked, practice=practice) is expected, question


@drawn
@given(cases(), st.booleans())
def test_states(case: Case, practice: bool) -> None:
    expected = bruteforce.states(case.program, practice=practice)
    assert solve.states(case.program, practice=practice) == expected
