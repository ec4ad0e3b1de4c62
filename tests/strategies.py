"""Small programs, drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import prod
from typing import Literal

from hypothesis import strategies as st

from checker.arch import Target
from checker.expression import (
    TRUE,
    Const,
    Expression,
    ReadValue,
    binary,
)  # fmt: skip
from checker.program import (
    Access,
    Fence,
    Footprint,
    IsTorn,
    Logic,
    MemoryIs,
    Operation,
    Place,
    Program,
    Question,
    Shown,
    Thread,
    ValueIs,
)  # fmt: skip
from tests import oracle_bytes, oracle_grants
from tests.build import Case, Kind, operation, result, returned
from tests.drawn_expressions import conditions, expressions
from tests.drawn_targets import TYPES, USUAL, classes_of, targets

Connective = Literal["not", "and", "or", "implies"]


@dataclass(frozen=True)
class Mode:
    """What sort of programs to draw: each finds other disagreements."""

    shapes: tuple[str, ...]
    sizes: tuple[int, ...]
    places: tuple[int, ...] = (1,)
    threads: tuple[int, ...] = (3, 2, 3, 2)
    usual: bool = True
    """Whether to keep to usual architectures, alignments and columns."""
    small: bool = False
    """Whether most accesses are of a part of a location that is not zero at first."""
    flows: int = 0
    """How often, out of 4, a value or guard depends on what was read."""


BLOCKS = (
    "exchange around", "merge", "load around", "store after zeros", "load with holes",
    "exchange halves",
)  # fmt: skip
"""Shapes that reach beyond their operation, or not over all of it."""
SHAPES = (
    "store", "load", "store", "load", "store halves", "load halves", "store twice", "load twice",
    "exchange", "add", "compare", "copy", "fence", *BLOCKS,
)  # fmt: skip
MODES = (
    Mode(("store", "load", "store", "load", "add", "exchange"), (2, 4, 2, 8), threads=(3, 4, 3)),
    Mode(SHAPES, (2, 1, 4, 8), (1, 1, 2), (2, 3, 2, 1), usual=False, flows=2),
    Mode(("store halves", "load", "store twice", "load twice", "store", "load halves"), (2, 2, 4)),
    Mode(("store", "load", "store", "load"), (2, 4, 2), threads=(2, 2, 3), usual=False),
    Mode((*BLOCKS, "store", "load"), (4, 2, 4), threads=(2, 2, 3), small=True, flows=1),
    Mode(("copy", "load", "store", "load", "store", "compare"), (1, 1, 2), (2, 2, 1), flows=3),
)


@dataclass
class Sketch:
    """A program that is being drawn."""

    places: list[Place]
    targets: list[Target]
    operations: list[Operation]
    mode: Mode

    def cost(self) -> int:
        """Return about how many candidates there are to try, were nothing atomic."""
        whole = Program(
            "", self.targets[0], "code", tuple(self.places),
            tuple(Thread(n, t) for n, t in enumerate(self.targets)), tuple(self.operations),
            Logic("and", ()),
        )  # fmt: skip
        in_order = sorted(self.operations, key=lambda o: (o.thread, o.number))
        events = oracle_bytes.events_of(
            whole, tuple((o, oracle_bytes.everything(o)) for o in in_order)
        )
        placed = len(set(islice(map(str, oracle_grants.placements(whole, practice=True)), 200)))
        here = [[e for e in events if e.byte == at] for at in {e.byte for e in events}]
        if any(len(some) > 7 for some in here):
            return 1 << 30
        conditions = [(o.guard, *{a.when for a in o.accesses}) for o in self.operations]
        guesses = 1 << sum(one != TRUE for some in conditions for one in some)
        tries: int = prod(len(oracle_bytes.choices(some)) for some in here)
        return guesses * placed * tries

    def reads(self, thread: int | None = None) -> list[Operation]:
        """Return the operations, of one thread or of all, that load."""
        return [
            o
            for o in self.operations
            if thread in (None, o.thread) and any(a.kind == "load" for a in o.accesses)
        ]


@st.composite
def places(draw: st.DrawFn, name: str, mode: Mode) -> Place:
    size = draw(st.sampled_from(mode.sizes))
    if mode.usual:
        told_apart = draw(st.sampled_from([1, 1, 2, 16]))
        modulus = draw(st.sampled_from([8, 8, 8, 2, 4, 1]))
        initial = tuple(range(0xA0, 0xA0 + size)) if mode.small else (0,) * size
        return Place(name, size, initial, modulus, told_apart=told_apart)
    modulus = draw(st.sampled_from([8, 1, 2, 4, 16, 64]))
    residue = draw(st.integers(0, modulus - 1)) if draw(st.booleans()) else 0
    initial = tuple(range(0xA0, 0xA0 + size)) if draw(st.booleans()) else (0,) * size
    memory = draw(st.sampled_from(["normal", "normal", *TYPES]))
    return Place(name, size, initial, modulus, residue, memory, draw(st.sampled_from([1, 8])))


@st.composite
def footprints(draw: st.DrawFn, sketch: Sketch, multiple: int = 1) -> Footprint:
    """Draw a place to access: whole, a part, aligned or not; its size a multiple of a number."""
    fit = [p for p in sketch.places if p.size >= multiple]
    place = draw(st.sampled_from(fit))
    sizes = [size for size in (place.size, 1, 2, 4, 8) if multiple <= size <= place.size]
    if sketch.mode.usual:
        half = max(multiple, place.size // 2)
        few = (half, half, multiple) if sketch.mode.small else (place.size, half)
        sizes = [place.size, *few]
    size = draw(st.sampled_from(sizes))
    if sketch.mode.usual:
        return Footprint(place.name, draw(st.sampled_from([0, place.size - size])), size)
    offset = draw(st.integers(0, place.size - size)) if draw(st.booleans()) else 0
    return Footprint(place.name, offset, size)


@st.composite
def accesses(
    draw: st.DrawFn, kind: Kind, at: Footprint, start: int, one: Target, *, rmw: bool = False
) -> Access:
    """Draw an instruction for some bytes."""
    known = classes_of(one, rmw=rmw)
    if one in USUAL and draw(st.integers(0, 3)) < 3:
        cls = draw(st.sampled_from(known if known and rmw else ["gpr", "gpr", "pair"]))
        return Access(kind, cls, at, at.size, start, atomic=rmw)
    common = draw(st.integers(0, 9))
    cls = "bytes" if common == 0 and not rmw else "gpr"
    if known and (rmw or common >= 6):
        cls = draw(st.sampled_from(known))
    element = at.size // 2 if cls.endswith("pair") and at.size > 1 else at.size
    if draw(st.integers(0, 5)) == 5:
        element = draw(st.sampled_from([e for e in (1, 2, 4) if at.size % e == 0]))
    promised = "contract" if draw(st.integers(0, 4)) == 4 else ""
    return Access(kind, cls, at, element, start, promised=promised, atomic=rmw)


def cut(at: Footprint, *, descending: bool = False) -> Iterator[tuple[Footprint, int]]:
    """Yield the halves of some bytes, and the byte of the operation that each begins with."""
    half = at.size // 2
    for start, size in (
        ((half, at.size - half), (0, half)) if descending else ((0, half), (half, at.size - half))
    ):
        yield Footprint(at.location, at.offset + start, size), start


@st.composite
def steps_of(
    draw: st.DrawFn, shape: str, at: Footprint, sketch: Sketch, one: Target
) -> list[Access | Fence]:
    """Draw the accesses of an operation of some shape."""
    kind: Kind = "store" if shape.startswith("store") else "load"
    steps: list[Access | Fence] = []
    if shape == "fence":
        return [Fence("fence")]
    if shape.endswith("halves"):
        descending = draw(st.booleans())
        steps = [draw(accesses(kind, f, s, one)) for f, s in cut(at, descending=descending)]
        return [steps[0], Fence("fence"), steps[1]] if draw(st.booleans()) else steps
    if shape.endswith("twice"):
        again = draw(st.sampled_from([(at, 0), *cut(at)]))
        steps = [draw(accesses(kind, *which, one)) for which in ((at, 0), again)]
        return steps[::-1] if draw(st.booleans()) else steps
    if shape in ("exchange", "add", "compare"):
        first = draw(accesses("load", at, 0, one, rmw=True))
        fences = [Fence("fence")] * draw(st.integers(0, 1))
        return [first, *fences, replace(first, kind="store")]
    if shape == "copy":
        fit = [p for p in sketch.places if p.size >= at.size]
        to = draw(st.sampled_from([p for p in fit if p.name != at.location] or fit))
        for f, s in cut(at) if at.size > 1 and draw(st.booleans()) else [(at, 0)]:
            steps.append(draw(accesses("load", f, s, one)))
            steps.append(draw(accesses("store", Footprint(to.name, s, f.size), s, one)))
        return steps
    if shape in BLOCKS:
        return draw(blocks(shape, at, one))
    return [draw(accesses(kind, at, 0, one))]


@st.composite
def blocks(draw: st.DrawFn, shape: str, at: Footprint, one: Target) -> list[Access | Fence]:
    """Draw the accesses of a shape that reaches beyond its operation, or not over all of it."""
    block = draw(st.sampled_from([2, 4]))
    before = at.offset % block if draw(st.integers(0, 3)) else draw(st.integers(0, block - 1))
    around = [
        (Footprint(at.location, at.offset + start, block), start)
        for start in range(-before, at.size, block)
    ]
    if shape == "load around":
        return [replace(draw(accesses("load", *which, one)), around=True) for which in around]
    if shape == "load with holes":
        some = draw(st.sets(st.sampled_from(range(at.size)), min_size=1))
        bytes_ = [(Footprint(at.location, at.offset + k, 1), k) for k in sorted(some)]
        return [draw(accesses("load", *which, one)) for which in bytes_]
    if shape == "store after zeros":
        where, start = draw(st.sampled_from([(at, 0), *(cut(at) if at.size > 1 else ())]))
        zeros = replace(draw(accesses("store", where, start, one)), zeros=True)
        return [zeros, *(draw(accesses("store", *which, one)) for which in halves(draw, at))]
    steps: list[Access | Fence] = []
    rmw = shape != "merge"
    for where, start in halves(draw, at) if shape == "exchange halves" else around:
        first = draw(accesses("load", where, start, one, rmw=rmw))
        first = replace(first, around=shape != "exchange halves")
        steps += [first, *[Fence("fence")] * draw(st.integers(0, 1)), replace(first, kind="store")]
    return steps


def halves(draw: st.DrawFn, at: Footprint) -> list[tuple[Footprint, int]]:
    """Draw whether some bytes are accessed in one piece or in two."""
    return [*cut(at)] if at.size % 2 == 0 and draw(st.booleans()) else [(at, 0)]


@st.composite
def operations(draw: st.DrawFn, sketch: Sketch) -> Operation:
    """Draw the next operation: one access, or several."""
    number, threads = len(sketch.operations), len(sketch.targets)
    thread = number if number < threads else draw(st.integers(0, threads - 1))
    mode, wide = sketch.mode, ("halves", "twice")
    widest = max(place.size for place in sketch.places)
    shapes = [s for s in mode.shapes if widest > 1 or not s.endswith(wide)]
    if number < 2 and not mode.flows:
        shapes = [s for s in shapes if s.startswith(("store", "load")[number])]
    shape = draw(st.sampled_from(shapes))
    at = draw(footprints(sketch, 2 if shape.endswith(wide) else 1))
    steps = draw(steps_of(shape, at, sketch, sketch.targets[thread]))
    reads, own = sketch.reads(thread), ReadValue(number, 8 * at.size)
    value: Expression | None = Const(
        sum((16 * (number + 1) + k) << 8 * k for k in range(at.size)), own.bits
    )
    stores_if: Expression = TRUE
    if shape == "compare":
        initial = int.from_bytes(bytes(range(0xA0, 0xA0 + at.size)), "little")
        stores_if = binary("eq", own, Const(draw(st.sampled_from([0, initial])), own.bits))
    if not any(isinstance(s, Access) and s.kind == "store" for s in steps):
        value = None
    elif shape == "add":
        value = binary("add", own, Const(1, own.bits))
    elif shape == "copy":
        changed = binary(draw(st.sampled_from(["add", "and", "or"])), own, Const(16, own.bits))
        value = draw(st.sampled_from([own, own, changed]))
    elif reads and draw(st.integers(1, 4)) <= mode.flows:
        value = draw(expressions(reads, own.bits, draw(st.integers(0, 2))))
    guard = draw(conditions(reads)) if draw(st.integers(1, 8)) <= mode.flows else TRUE
    if draw(st.integers(1, 12)) <= mode.flows:
        steps = conditional(draw, steps, reads)
    found = operation(number, thread, *steps, value=value, guard=guard, stores_if=stores_if)
    return replace(found, size=at.size)


def conditional(
    draw: st.DrawFn, steps: Sequence[Access | Fence], reads: Sequence[Operation]
) -> list[Access | Fence]:
    """Draw when some accesses happen: not half of a read-modify-write, nor of what puts back."""
    when = draw(conditions(reads))
    return [
        replace(step, when=when)
        if isinstance(step, Access) and not (step.atomic or step.around) and draw(st.booleans())
        else step
        for step in steps
    ]


@st.composite
def questions(draw: st.DrawFn, sketch: Sketch, depth: int = 2) -> Question:
    """Draw a question about a sketch."""
    reads = sketch.reads()
    kinds = ["memory"] + ["value", "torn", "torn"] * bool(reads) + ["logic"] * bool(depth)
    kind = draw(st.sampled_from(kinds))
    if kind == "value":
        read = draw(st.sampled_from(reads))
        value: Expression = result(read)
        if draw(st.booleans()):
            value = draw(expressions(reads, draw(st.sampled_from([1, 8, 16]))))
        return ValueIs(value, draw(numbers(sketch, (value.bits + 7) // 8)))
    if kind == "torn":
        some = draw(st.lists(st.sampled_from(reads), min_size=1, unique=True))
        return IsTorn(tuple((o.number, o.guard) for o in some))
    if kind == "memory":
        footprint = draw(footprints(sketch))
        return MemoryIs(footprint, draw(numbers(sketch, footprint.size)))
    connectives: list[Connective] = ["not", "and", "or", "implies"]
    op = draw(st.sampled_from(connectives))
    few = {"not": (1, 1), "implies": (2, 2)}.get(op, (0, 3))
    args = st.lists(questions(sketch, depth - 1), min_size=few[0], max_size=few[1])
    return Logic(op, tuple(draw(args)))


@st.composite
def numbers(draw: st.DrawFn, sketch: Sketch, size: int) -> int:
    """Draw a number with a chance to be seen: each byte one that some store writes there."""
    some = [0, 0xA0, *(16 * (o.number + 1) for o in sketch.operations)]
    bytes_ = [draw(st.sampled_from(some)) for _ in range(size)] if draw(st.booleans()) else None
    if bytes_ is None:
        bytes_ = [draw(st.sampled_from(some))] * size
    return sum((b + k if b else 0) << 8 * k for k, b in enumerate(bytes_))


@st.composite
def programs(draw: st.DrawFn, budget: int = 1500) -> Program:
    """Draw a program of up to three threads and six operations, small enough to try everything."""
    mode = draw(st.sampled_from(MODES))
    found = draw(targets(draw(st.sampled_from(mode.threads)), usual=mode.usual))
    names = "xy"[: draw(st.sampled_from(mode.places))]
    sketch = Sketch([draw(places(name, mode)) for name in names], found, [], mode)
    for _ in range(draw(st.sampled_from([4, 5, 6, 4, 3, 3 if mode.usual else 1]))):
        sketch.operations.append(draw(operations(sketch)))
        if sketch.cost() > budget:
            sketch.operations.pop()
    reads = sketch.reads()
    columns = [*returned(*reads)]
    columns += [
        Shown(p.name, Footprint(p.name, 0, p.size), 8 * p.size, signed=False) for p in sketch.places
    ]
    shown = [
        replace(c, signed=draw(st.booleans()), swapped=draw(st.booleans()) and c.bits >= 16)
        for c in columns
        if mode.usual or draw(st.integers(0, 3)) < 3
    ]
    if reads and draw(st.integers(0, 3)) == 0:
        bits = draw(st.sampled_from([1, 8, 32]))
        shown.append(Shown("e", draw(expressions(reads, bits)), bits, signed=False))
    rare = st.just(0) if mode.usual else st.integers(0, 5)
    return Program(
        "drawn", found[0], "code", tuple(sketch.places),
        tuple(Thread(n, t) for n, t in enumerate(found)), tuple(sketch.operations),
        draw(questions(sketch)), tuple(shown),
        assumed=(draw(conditions(reads)),) if draw(rare) == 5 else (),
        keep=draw(questions(sketch, 0)) if draw(rare) == 5 else None,
    )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a program that prints itself."""
    return Case(draw(programs()))
