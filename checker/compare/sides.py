"""What is compared: an architecture with features and a kernel, under its own axioms or others."""

from __future__ import annotations

import os
from pathlib import Path

from checker import arch as archs
from checker.arch import Target
from checker.arch.kernel import COMPLETE, Kernel
from checker.diagnostic import Diagnostic
from checker.model.cat import cat_model
from checker.model.cat.syntax import CatModel
from checker.value import value


@value
class Side:
    """One of the two that are compared; it is taken to another process, where data is read anew."""

    name: str
    """As it was asked for: an architecture's name, or a file of axioms."""
    arch: str
    """The architecture, with features and kernel."""
    model: str = ""
    """A file of ordering axioms in place of the architecture's own."""

    @property
    def target(self) -> Target:
        """The architecture."""
        return archs.target(self.arch)

    @property
    def ordering(self) -> CatModel | None:
        """The axioms in place of the architecture's own."""
        return cat_model(Path(self.model)) if self.model else None

    @property
    def options(self) -> tuple[str, ...]:
        """What `litmus check` is given to ask this side."""
        return ("--arch", self.arch, *(("--model", self.model) if self.model else ()))


def sides(a: str, b: str, arch: str = "", kernel: Kernel = COMPLETE) -> tuple[Side, Side]:
    """Return the two sides that texts name.

    A model is compared on `arch`, or else on the other side's architecture. Raises Diagnostic for a
    text that is neither an architecture nor a file, and for models that have no architecture.
    """
    own = [None if _is_model(text) else archs.target(text, kernel).name for text in (a, b)]
    base = archs.target(arch, kernel).name if arch else own[0] or own[1]
    if base is None:
        raise Diagnostic("two models need an architecture", hint="--arch NAME")
    if arch and None not in own:
        raise Diagnostic("`--arch` is for models, and both sides are architectures")
    made = [
        Side(text, name) if name else Side(text, base, text)
        for text, name in zip((a, b), own, strict=True)
    ]
    for one in made:
        _ = one.ordering  # it must be well formed
    if len({(one.arch, one.model) for one in made}) == 1:
        raise Diagnostic(f"both sides are {a}")
    return made[0], made[1]


def _is_model(text: str) -> bool:
    return text.endswith(".cat") or os.path.isfile(text)
