"""How many examples a test draws: LITMUS_EXAMPLES sets the number, and draws others every time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def drawn(usual: int, part: int = 1) -> settings:
    """Return the settings of a test; one that is slow draws only a part of the number."""
    return settings(
        max_examples=int(os.environ.get("LITMUS_EXAMPLES", usual)) // part,
        deadline=None,
        derandomize="LITMUS_EXAMPLES" not in os.environ,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
