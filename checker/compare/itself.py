"""The data against itself: a feature takes nothing away, and code does what its contract says.

losses    what is missing, and what the data has to say of it
promises  every operation at every address, with every set of features
suite     the tests of a comparison, with a feature and without it, on code and on contracts
example   a test that shows what is missing
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from checker import arch as archs
from checker.arch import folders
from checker.arch.kernel import COMPLETE, Kernel
from checker.arch.schema import Gap
from checker.check import Limits
from checker.compare.example import example
from checker.compare.losses import Loss, Missing, together, unused
from checker.compare.promises import losses, operations
from checker.compare.suite import tried
from checker.pool import mapped
from checker.value import value
from checker.verdict import Reason


@value
class Request:
    """What is looked at."""

    archs: tuple[str, ...] = ()
    """None is all. Of each, all of its features."""
    accesses: int = 2
    """Of a test, at most; 0 is no tests."""
    kernel: Kernel = COMPLETE
    """Of the architectures that name none."""
    limits: Limits = Limits()
    folders: tuple[str, ...] = ()
    """A user's own data, read after the shipped."""


@value
class Practice:
    """Code that keeps its contract by established practice, and no manual says so."""

    arch: str
    operation: str
    sizes: tuple[int, ...]
    """In bytes."""
    reasons: tuple[Reason, ...]


@value
class Itself:
    """What the data says of itself."""

    request: Request
    archs: tuple[str, ...]
    features: int
    """How many the architectures have together."""
    operations: tuple[str, ...]
    answers: int
    """How many answers of operations were compared."""
    pairs: int
    """How many sets of features were compared with one more by tests."""
    tests: int
    """How many such tests had an answer, with those of code against contracts."""
    missing: tuple[Missing, ...]
    """What is missing: those of which the data says nothing come first."""
    practice: tuple[Practice, ...]
    stale: tuple[Gap, ...]
    """What the data says is missing, and is not."""
    silent: tuple[tuple[str, int], ...]
    """Why other tests say nothing, and how many."""
    limits: tuple[tuple[str, int], ...]

    @property
    def unknown(self) -> tuple[Missing, ...]:
        """What is missing, and the data does not say so."""
        return tuple(one for one in self.missing if one.gap is None)

    @property
    def holds(self) -> bool:
        """Whether the data says all that is missing, and nothing that is not."""
        return not self.unknown and not self.stale


_Task = tuple[str, str]
"""An architecture, and an operation; none is the tests."""


@value
class _Done:
    """What came of a task."""

    losses: tuple[Loss, ...]
    answers: int = 0
    pairs: int = 0
    tests: int = 0
    silent: tuple[tuple[str, int], ...] = ()
    limits: tuple[tuple[str, int], ...] = ()


def asked(request: Request) -> Request:
    """Return a request that names every architecture, each once; raises Diagnostic."""
    folders.use(request.folders)
    named = request.archs or tuple(archs.names())
    return replace(
        request,
        archs=tuple(dict.fromkeys(archs.target(name, request.kernel).name for name in named)),
    )


def tasks(request: Request) -> list[_Task]:
    """Return the pieces of work of a request that names everything, the longest first."""
    suites = [(name, "") for name in request.archs] if request.accesses else []
    return [*suites, *((name, one) for name in request.archs for one in operations())]


def itself(request: Request, jobs: int, progress: Callable[[str], None]) -> Itself:
    """Return what the data says of itself; raises Diagnostic where it is not well formed."""
    work = tasks(request)
    done: list[_Done] = []
    for task, one in zip(work, mapped(partial(_done, request), work, jobs), strict=True):
        done.append(one)
        progress(" ".join(task))
    every = [loss for one in done for loss in one.losses]
    targets = [archs.target(name) for name in request.archs]
    missing = together(loss for loss in every if not loss.by_practice)
    whole = request.accesses > 0 and not any(one.limits for one in done)
    plain = [one for one in targets if one.name == one.arch.name]  # others lack some of its sets
    stale = unused(plain, missing) if whole else ()
    return Itself(
        request=request,
        archs=request.archs,
        features=sum(len(target.arch.features) for target in targets),
        operations=operations(),
        answers=sum(one.answers for one in done),
        pairs=sum(one.pairs for one in done),
        tests=sum(one.tests for one in done),
        missing=tuple(replace(one, shown=example(one, request.limits)) for one in missing),
        practice=tuple(_practice(loss for loss in every if loss.by_practice)),
        stale=tuple(stale),
        silent=_summed(one.silent for one in done),
        limits=_summed(one.limits for one in done),
    )


def _done(request: Request, task: _Task) -> _Done:
    folders.use(request.folders)
    arch, operation = task
    base = archs.target(arch)
    if not operation:
        found = tried(base, request.accesses, request.limits)
        return _Done(
            found.losses, 0, found.pairs, found.tests, found.silent, found.limits
        )  # fmt: skip
    looked = losses(operation, base, request.limits.timeout)
    return _Done(
        looked.losses, looked.answers, limits=tuple((limit, 1) for limit in looked.limits)
    )  # fmt: skip


def _summed(several: Iterator[tuple[tuple[str, int], ...]]) -> tuple[tuple[str, int], ...]:
    total: Counter[str] = Counter()
    for counted in several:
        total.update(dict(counted))
    return tuple(total.items())


def _practice(several: Iterator[Loss]) -> Iterator[Practice]:
    """Yield what code keeps by practice, once for each architecture and operation."""
    sizes: dict[tuple[str, str], set[int]] = {}
    reasons: dict[tuple[str, str], dict[str, Reason]] = {}
    for loss in several:
        (operation,) = loss.operations
        key = archs.target(loss.less).arch.name, operation
        sizes.setdefault(key, set()).add(loss.size)
        reasons.setdefault(key, {}).update({one.rule: one for one in loss.reasons})
    for key, found in sizes.items():
        yield Practice(*key, tuple(sorted(found)), tuple(reasons[key].values()))
