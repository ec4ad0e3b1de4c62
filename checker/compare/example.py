"""A test that shows what is missing, with what it is expected to answer."""

from __future__ import annotations

from collections.abc import Iterator

from checker import arch as archs
from checker.check import Limits, check
from checker.compare.decide import RANK
from checker.compare.losses import Loss, Missing, Shown
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.prove.question import copied, smaller, written
from checker.table.question import TYPES, Partner, partners
from checker.verdict import Verdict

_TRIED = 8
"""Of how many losses a test is looked for."""

_OTHERS: dict[Partner, str] = {
    "load": "{kind} r0 = READ_ONCE(*({kind} *)((char *)x + {at}));",
    "store": "WRITE_ONCE(*({kind} *)((char *)x + {at}), 0);",
}
"""The kernel's own operations on the other side, at an offset."""


def example(missing: Missing, limits: Limits) -> Shown | None:
    """Return a test that shows one of the losses, or None where no test can be written.

    The simplest is taken: without established practice, on the fewest features, the smallest size.
    """
    named = missing.gap.operations if missing.gap else frozenset()
    ranked = sorted(missing.losses, key=lambda loss: (not loss.operations & named, *_simple(loss)))
    for loss in ranked[:_TRIED]:
        for text in _tests(loss):
            if shown := _shown(text, loss, limits):
                return shown
    return None


def _simple(loss: Loss) -> tuple[bool, bool, int, int, str]:
    names = sorted(loss.operations)
    return loss.after == "absent", bool(loss.test), len(loss.less.split("+")), loss.size, names[0]


def _tests(loss: Loss) -> Iterator[str]:
    """Yield tests that may show a loss, with a line `Arch` that says where."""
    names = list(dict.fromkeys([loss.more, loss.less]))
    head = f"Arch = {', '.join(names)}\n"
    if loss.test:
        shown = [line for line in loss.test.split("\n") if not line.startswith("locations [")]
        yield "\n".join([shown[0], head.rstrip("\n"), *shown[1:]])
        return
    (operation,) = loss.operations
    where = f"__at({loss.address})"
    plain = archs.target(loss.more).arch.name
    for partner in partners(operation):
        for at, size in ((0, loss.size), *smaller(loss.size)):
            bodies = [(_OTHERS[partner].format(kind=TYPES[size], at=at), "")] if size <= 8 else []
            if operation != "memcpy":  # which stands for an access that is whole anywhere
                ideal = f"Override = {plain}: memcpy {size} = {partner}.ideal {size}\n"
                bodies.append((copied(partner, at, size), ideal))
            for body, override in bodies:
                yield written(operation, loss.size, where, partner, [body], head + override)


def _shown(text: str, loss: Loss, limits: Limits) -> Shown | None:
    """Return a test with its verdicts where they differ as they should, or else None."""
    names = list(dict.fromkeys([loss.more, loss.less]))
    try:
        test = parse(text)
        verdicts = tuple(check(test, archs.target(name), "", limits) for name in names)
    except Diagnostic:
        return None
    if "unknown" in (one.answer for one in verdicts) or not _differ(loss, verdicts):
        return None
    told = ", ".join(f"{one.arch}: {one.answer}" for one in verdicts)
    first, arch, rest = text.replace("C prove", "C missing", 1).split("\n", 2)
    lines = [first.replace("told-apart", "missing"), arch, f"Expect = {told}", rest]
    return Shown("\n".join(lines), verdicts)


def _differ(loss: Loss, verdicts: tuple[Verdict, ...]) -> bool:
    """Whether the side that has less answers worse; of code, whether it reaches what is asked."""
    ranks = [RANK[one.answer] for one in verdicts if one.answer != "unknown"]
    return ranks[0] == RANK["allowed"] if loss.kind == "code" else ranks[0] < ranks[-1]
