"""A test on one architecture: locations laid out, threads run, the condition resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from checker import arch as archs
from checker import expression as ex
from checker import litmus as ast
from checker.arch import Target
from checker.diagnostic import Diagnostic
from checker.expression import Expression
from checker.lowering.c import ThreadRunner
from checker.lowering.draft import Sketch
from checker.lowering.layout import Layout
from checker.lowering.locations import locations, place_of, types_of
from checker.lowering.objects import State, World
from checker.lowering.outside import Outside
from checker.lowering.pointers import MAX_ROUNDS, MAX_TARGETS
from checker.lowering.question import Resolver, speaks_of_any_read
from checker.lowering.values import Address
from checker.program import (
    Logic,
    Thread,
)


def sketch(
    test: ast.Test, target: Target, unroll: int, *, faults: bool = False,
    fewer_reads: Callable[[], bool] = bool,
) -> Sketch:  # fmt: skip
    """Return a test as `target` sees it; loops that count are run at most `unroll` rounds.

    `fewer_reads` says whether an execution stays one without some of its reads. Raises Diagnostic
    where the test has no meaning on the architecture.
    """
    if test.dialect != "C":
        from checker.lowering.asm.sketch import sketch as sketch_assembly

        return sketch_assembly(test, target, unroll)
    layout, asked = Layout(target, test.structs), (test.condition.proposition, test.filter)
    types = types_of(test)
    places = {location.name: place_of(location, types, layout) for location in locations(test)}
    world = World(
        shared={n: Address(n, local=False, offset=0, type=types[n]) for n in places},
        places=places,
        addresses={name: (index + 1) << 20 for index, name in enumerate(places)},
        unroll=unroll,
        faults=faults,
        functions={one.name: one for one in test.functions},
        overrides=test.overrides,
        awaits=lambda: fewer_reads() and not any(map(speaks_of_any_read, asked)),
    )
    outside = Outside(world, layout)
    for place in list(outside.initial(test.initial)):
        places[place.name] = place
    runners, state = _run(test, target, replace(world, targets=outside.targets))
    threads = [
        Thread(runner.thread, runner.layout.target, tuple(_registers(runner))) for runner in runners
    ]
    resolver = Resolver(runners, world, outside)
    proposition = test.condition.proposition
    question = resolver.question(proposition)
    return Sketch(
        places=tuple(places.values()),
        threads=tuple(threads),
        drafts=tuple(state.drafts),
        question=Logic("not", (question,)) if test.condition.quantifier == "forall" else question,
        shown=tuple(resolver.shown(test)),
        assumed=tuple(map(ex.invert, state.cuts)),
        keep=resolver.question(test.filter) if test.filter else None,
        environment=tuple(state.environment),
        beyond=tuple(sorted(state.beyond)),
    )


def _run(test: ast.Test, target: Target, world: World) -> tuple[list[ThreadRunner], State]:
    """Run the threads, until all that their pointers may hold is known."""
    for _ in range(MAX_ROUNDS):
        runners, state = [], State()
        for thread in test.threads:
            own = _thread_target(thread, target)
            runner = ThreadRunner(thread, Layout(own, test.structs), own.arch.word, world, state)
            runner.run()
            runners.append(runner)
        if not state.followed or state.stored <= world.targets:
            if state.nowhere:
                raise state.nowhere
            return runners, state
        world = replace(world, targets=world.targets | state.stored)
        if len(world.targets) > MAX_TARGETS:
            break
    raise Diagnostic(
        f"the pointers of this test may hold more than {MAX_TARGETS} addresses", state.followed,
        "ask a smaller question",
    )  # fmt: skip


def _thread_target(thread: ast.Thread, target: Target) -> Target:
    if thread.arch is None:
        return target
    try:
        return archs.guest(thread.arch, target)
    except Diagnostic as problem:
        problem.at = thread.at
        raise


def _registers(runner: ThreadRunner) -> Iterator[tuple[str, Expression]]:
    for name, local in runner.locals.items():
        if not isinstance(local.value, Address):
            yield name, runner.number(local.value, local.type).value
        elif local.value.number is not None:
            yield name, runner.address_value(local.value, (0, 0)).value
