"""What is compared: an architecture with features and a kernel, under its own axioms or others, and
with today's code or another."""

from __future__ import annotations

import os
from pathlib import Path

from checker import arch as archs
from checker.arch import Target
from checker.arch.kernel import COMPLETE, Kernel
from checker.diagnostic import Diagnostic
from checker.litmus import Override
from checker.model.cat import cat_model
from checker.model.cat.syntax import CatModel
from checker.prove import read_overrides
from checker.value import value


@value
class Side:
    """One of the two that are compared; it is taken to another process, where data is read anew."""

    name: str
    """As it was asked for: an architecture's name, or a file of axioms. An override is `override`,
    and one of two `override A` or `override B`."""
    arch: str
    """The architecture, with features and kernel."""
    model: str = ""
    """A file of ordering axioms in place of the architecture's own."""
    override: Override | None = None
    """Code in place of today's, of one operation and size."""

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

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The overrides of its tests."""
        return (self.override,) if self.override else ()

    @property
    def said(self) -> str:
        """The override as it is written; empty where there is none."""
        over = self.override
        return f"{over.arch}: {over.operation} {over.size} = {over.code}" if over else ""

    @property
    def about(self) -> tuple[str, int] | None:
        """The operation and size that its override is about; None where it has none."""
        return (self.override.operation, self.override.size) if self.override else None


def sides(a: str, b: str, arch: str = "", kernel: Kernel = COMPLETE) -> tuple[Side, Side]:
    """Return the two sides that texts name.

    A model is compared on `arch`, or else on the other side's architecture. An override is a side
    of its own; where it stands alone it is compared with today's code. Raises Diagnostic for a text
    that is none of these, and for models that have no architecture.
    """
    given = [_override(text, kernel) for text in (a, b)]
    if given[0] and not b:
        b, given = a, [None, given[0]]
        a = given[1].arch if given[1] else a
    own = [
        archs.target(over.arch, kernel).name
        if over
        else None
        if _is_model(text)
        else archs.target(text, kernel).name
        for over, text in zip(given, (a, b), strict=True)
    ]
    base = archs.target(arch, kernel).name if arch else own[0] or own[1]
    if base is None:
        raise Diagnostic("two models need an architecture", hint="--arch NAME")
    if arch and None not in own:
        raise Diagnostic("`--arch` is for models, and both sides are architectures")
    labels = ("override A", "override B") if all(given) else ("override", "override")
    made = [
        Side(label if over else text, name, override=over) if name else Side(text, base, text)
        for text, name, over, label in zip((a, b), own, given, labels, strict=True)
    ]
    for one in made:
        _ = one.ordering  # it must be well formed
    if len({(one.arch, one.model, one.said) for one in made}) == 1:
        raise Diagnostic(f"both sides are {a}")
    about = {one.about for one in made if one.about}
    if len(about) > 1:
        raise Diagnostic(
            "the overrides are of two operations or sizes", hint="compare each with today's code"
        )
    return made[0], made[1]


def _override(text: str, kernel: Kernel) -> Override | None:
    """Return what an override says, or None for a text that is none; raises Diagnostic."""
    if ":" not in text or "=" not in text or os.path.isfile(text):
        return None
    return read_overrides((text,), kernel)[0]


def _is_model(text: str) -> bool:
    return text.endswith(".cat") or os.path.isfile(text)
