"""Why no change of a kind is part of a fix."""

from __future__ import annotations

from collections.abc import Iterator

from checker.fix.answer import Fix
from checker.fix.change import KINDS, Kind
from checker.fix.decide import RANKS
from checker.fix.search import Search
from checker.litmus import Test, Torn

_SPELLED = {"forbidden": "forbidden", "fragile": "fragile", "allowed": "ALLOWED"}


def none(search: Search, made: tuple[Fix, ...], test: Test) -> Iterator[tuple[Kind, str]]:
    """Yield the kinds of which no change is part of a fix, and why."""
    used = {change.kind for fix in made for change in fix.changes}
    for kind in KINDS:
        if kind in used:
            continue
        if kind == "sequence":
            if kind in search.reasons:
                yield kind, search.reasons[kind]
            continue
        if kind in search.reasons:
            yield kind, search.reasons[kind]
            continue
        yield kind, _why(search, kind, test, alone=bool(made or search.hopeless or search.cut))


def _why(search: Search, kind: Kind, test: Test, *, alone: bool) -> str:
    count = search.tried(kind)
    failing = next(search.failing(()), search.archs[0])
    still = _SPELLED.get(search.base[failing].answer, "")
    if kind == "fence":
        if not search.gaps and not count:
            return "no thread accesses memory in one statement after another"
        if on := search.fences_help():
            came = search.fenced(on)
            if came == "fragile":
                return (
                    f"with every fence between any two {search.between} it is no more than fragile "
                    f"on {on}, which --fragile-ok takes"
                )
            if came == "unknown":
                return f"with every fence between any two {search.between} it is not known on {on}"
            said = (
                "the read is torn by itself"
                if isinstance(test.condition.proposition, Torn)
                else "it does not rest on order alone"
            )
            return (
                f"{said}: with every fence between any two {search.between} it is still not "
                f"{'forbidden' if search.enough == 0 else 'as wanted'} on {on}"
            )
    if not count:
        return {
            "operation": "no operation here has a form that promises or orders more",
            "align": "no location's alignment is open",
            "feature": f"{', '.join(search.archs)} has no feature that it lacks",
            "instruction": _promises(search),
        }.get(kind, "there is none")
    if kind == "align":
        return f"not even at multiples of 4096 bytes: still {still} on {failing}"
    best = search.best.get(kind, RANKS["allowed"])
    came = "; the best is fragile" if best == 1 and search.enough == 0 else ""
    less = "alone" if alone else "alone or with another change"
    return f"none of {count} is enough {less}{came}"


def _promises(search: Search) -> str:
    """Return why no other code was tried."""
    broken = [arch for arch in search.archs if not search.good(search.base[arch])]
    weak = [arch for arch in broken if not search.judge.promised(search.text, arch)]
    if weak:
        return f"today's code is not all: on {', '.join(weak)} the contracts promise too little"
    return "no rule makes an access of that size whole"
