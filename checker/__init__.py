"""Decide, per architecture, whether a racing read can be torn.

The public interface, typed and documented in docs/python.md: what `__all__` names. Nothing of it is
imported before it is asked for, so that `import checker` costs nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Ablation", "ArchitectureFacts", "Cell", "Changes", "Comparison", "Diagnostic", "Execution",
    "Explanation", "Facts", "Fixes", "LimitReached", "Limits", "OperationFacts", "Options",
    "Outcome", "Problem", "Proofs", "Reason", "Review", "RuleFacts", "Source", "Table", "Test",
    "Verdict", "__version__", "ablate", "architectures", "check", "check_all", "compare", "explain",
    "explain_test", "fix", "parse", "prove", "render", "review", "review_changes", "table",
]  # fmt: skip

if TYPE_CHECKING:
    from checker.ablate import Ablation
    from checker.api.questions import (
        architectures,
        compare,
        explain,
        prove,
        review,
        review_changes,
        table,
    )
    from checker.api.tests import ablate, check, check_all, explain_test, fix, parse
    from checker.argument import Explanation
    from checker.check import Limits
    from checker.compare import Comparison
    from checker.diagnostic import Diagnostic, LimitReached
    from checker.explain.facts import ArchitectureFacts, Facts, OperationFacts, RuleFacts
    from checker.fix import Fixes, Options
    from checker.litmus import Test
    from checker.prove.answer import Proofs
    from checker.report.any import render
    from checker.request import Source
    from checker.review.answer import Review
    from checker.review.changes import Changes
    from checker.run import Outcome
    from checker.table.cells import Cell, Table
    from checker.verdict import Execution, Problem, Reason, Verdict

_HOMES = {
    "checker.ablate": ("Ablation",),
    "checker.api.questions": (
        "architectures", "compare", "explain", "prove", "review", "review_changes", "table",
    ),
    "checker.api.tests": ("ablate", "check", "check_all", "explain_test", "fix", "parse"),
    "checker.argument": ("Explanation",),
    "checker.check": ("Limits",),
    "checker.compare": ("Comparison",),
    "checker.diagnostic": ("Diagnostic", "LimitReached"),
    "checker.explain.facts": ("ArchitectureFacts", "Facts", "OperationFacts", "RuleFacts"),
    "checker.fix": ("Fixes", "Options"),
    "checker.litmus": ("Test",),
    "checker.prove.answer": ("Proofs",),
    "checker.report.any": ("render",),
    "checker.request": ("Source",),
    "checker.review.answer": ("Review",),
    "checker.review.changes": ("Changes",),
    "checker.run": ("Outcome",),
    "checker.table.cells": ("Cell", "Table"),
    "checker.verdict": ("Execution", "Problem", "Reason", "Verdict"),
}  # fmt: skip
"""Where each public name is defined: the imports above, for when they are asked for."""

_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(type(sys)):  # type: ignore[misc]  # the class of modules
    """This package. `checker.check` is the function, whether or not the module is loaded too.

    An import of a submodule sets its name in the package; where that name is a function's, the
    module is had by `from checker.check import …`.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name not in _HOME or not isinstance(value, type(sys)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
