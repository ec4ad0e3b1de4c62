"""Ordering models against theory: sequential consistency is interleaving, and each model its place.

Programs are drawn with accesses of several sizes to the same bytes, each of them a unit.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from checker.model.cat import cat_model
from checker.model.cat.syntax import CatModel
from checker.program import Access, Fence, Footprint, Operation, Place, Program, Shown
from checker.states import states
from tests.build import load, operation, program, returned, rule, store, synthetic
from tests.examples import drawn
from tests.inputs import ROOT

SIZE = 4
WHOLE = synthetic(rule("whole", align="size"))
"""Every aligned access is one unit, and memory is multi-copy atomic."""


def model(path: str) -> CatModel:
    return cat_model(ROOT / "checker" / path)


SC = model("model/cats/sc.cat")
TSO = model("arch/x86/order.cat")
RVWMO = model("arch/riscv/order.cat")
ARM = model("arch/arm/order.cat")


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Draw two or three threads of up to three loads and stores of one to four bytes."""
    operations: list[Operation] = []
    for thread in range(draw(st.sampled_from([2, 2, 3]))):
        for _ in range(draw(st.integers(1, 3 if thread < 2 else 1))):
            size = draw(st.sampled_from([1, 2, 4]))
            at = draw(st.sampled_from(range(0, SIZE, size)))
            name = draw(st.sampled_from("xy"))
            number = len(operations)
            if draw(st.booleans()):
                access: Access = load(size, at)
                value = None
            else:
                access = store(size, at)
                value = int.from_bytes(bytes([number + 1] * size), "little")
            place = replace(access.footprint, location=name)
            step = replace(access, footprint=place)
            operations.append(operation(number, thread, step, value=value))
    places = [Place(name, SIZE, (0,) * SIZE, SIZE) for name in "xy"]
    reads = [o for o in operations if o.value is None]
    memory = tuple(Shown(n, Footprint(n, 0, SIZE), 8 * SIZE, signed=False) for n in "xy")
    return program(operations, targets=WHOLE, places=places, shown=(*returned(*reads), *memory))


def interleaved(one: Program) -> set[tuple[int, ...]]:
    """Return the final states of every interleaving, each access at once."""
    threads: dict[int, list[Operation]] = {}
    for each in one.operations:
        threads.setdefault(each.thread, []).append(each)
    found: set[tuple[int, ...]] = set()
    columns = [o.number for o in one.operations if o.value is None]

    def run(memory: dict[str, bytes], read: dict[int, int], done: dict[int, int]) -> None:
        going = [t for t, all_of in threads.items() if done[t] < len(all_of)]
        if not going:
            seen = tuple(read[number] for number in columns)
            found.add((*seen, *(int.from_bytes(memory[n], "little") for n in "xy")))
        for thread in going:
            each = threads[thread][done[thread]]
            (access,) = each.accesses
            place, after, got = access.footprint, dict(memory), dict(read)
            if access.kind == "load":
                got[each.number] = int.from_bytes(
                    memory[place.location][place.offset : place.end], "little"
                )
            else:
                content = bytearray(memory[place.location])
                number = int.from_bytes(bytes([each.number + 1] * place.size), "little")
                content[place.offset : place.end] = number.to_bytes(place.size, "little")
                after[place.location] = bytes(content)
            run(after, got, done | {thread: done[thread] + 1})

    run({name: bytes(SIZE) for name in "xy"}, {}, dict.fromkeys(threads, 0))
    return found


def values(one: Program, ordering: CatModel) -> set[tuple[int | str, ...]]:
    return {tuple(value for _, value in state) for state in states(one, ordering=ordering)}


@drawn(150)
@given(programs())
def test_sequential_consistency_is_every_interleaving(one: Program) -> None:
    assert values(one, SC) == interleaved(one)


@drawn(150)
@given(programs())
def test_models_allow_what_stronger_ones_allow(one: Program) -> None:
    sc, tso, weak = values(one, SC), values(one, TSO), [values(one, m) for m in (RVWMO, ARM)]
    assert sc <= tso
    assert all(tso <= each for each in weak)


@drawn(150)
@given(programs(), st.data())
def test_a_fence_never_allows_more(one: Program, data: st.DataObject) -> None:
    number = data.draw(st.sampled_from([o.number for o in one.operations]))
    for ordering, name in ((ARM, "dmb sy"), (RVWMO, "fence rw,rw"), (TSO, "mfence")):
        fenced = [
            replace(o, steps=(Fence(name), *o.steps)) if o.number == number else o
            for o in one.operations
        ]
        assert values(replace(one, operations=tuple(fenced)), ordering) <= values(one, ordering)


@drawn(150)
@given(programs())
def test_a_rule_never_allows_more(one: Program) -> None:
    bytewise = [replace(thread, target=synthetic()) for thread in one.threads]
    without = replace(one, threads=tuple(bytewise), target=synthetic())
    for ordering in (SC, TSO, ARM):
        assert values(one, ordering) <= values(without, ordering)


def test_the_drawn_programs_are_not_all_alike() -> None:
    """Interleaving and the weak models differ on some program: the properties are not empty."""
    buffering = [
        operation(0, 0, store(4), value=1), operation(1, 0, load(4, 4)),
        operation(2, 1, store(4, 4), value=1), operation(3, 1, load(4)),
    ]  # fmt: skip
    one = program(buffering, targets=WHOLE)
    found = [values(one, m) for m in (SC, TSO, ARM)]
    assert all(a < b for a, b in combinations(found[:2], 2))
