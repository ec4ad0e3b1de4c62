"""The tests that two sides are compared on, smallest first.

They come in three groups. `sizes`: two accesses of one location, of every size to 8 bytes, aligned
and at addresses in and across the blocks that promises speak of; one is READ_ONCE() or
WRITE_ONCE(), the other any operation. `parts`: two accesses and one, of all or half of a location.
`order`: two accesses and two of two locations, with what may order a thread's two. Every byte that
is written has a value of its own, so a final state says where each byte of it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Literal

from checker.compare.calls import READS, TYPES, WRITES, call, sets, writes
from checker.diagnostic import Diagnostic
from checker.value import value

Group = Literal["sizes", "parts", "order"]

_SIZES = (1, 2, 4, 8)
"""Of locations that are accessed as a whole, in bytes."""

MAX_READ = _SIZES[-1]
"""Above this READ_ONCE() and its relatives do not build: only halves are read at once."""

MAX_WRITERS = 4
"""Two writers race at sizes up to this: above it bytes mix in too many ways to be listed."""

_BLOCKS = (4, 8, 16, 32, 64)
"""Aligned blocks in bytes that promises speak of, to a cache line."""

_FENCES = {"mb": "smp_mb();", "rmb": "smp_rmb();", "wmb": "smp_wmb();"}


@value
class Access:
    """One operation of a test: on a location, or on half of it."""

    operation: str
    location: str = "x"
    part: str = ""
    """`low` or `high`, by address: the first or the second half; empty for all of it."""

    @property
    def writes(self) -> bool:
        """Whether it is one that writes."""
        return writes(self.operation)


@value
class Shape:
    """One test: what each thread does, what orders its accesses, and how locations are declared."""

    group: Group
    threads: tuple[tuple[Access, ...], ...]
    links: tuple[str, ...]
    """For each thread: what stands between its two accesses; `po` is nothing."""
    size: int
    """Of each location, in bytes."""
    at: int | None = None
    """Where a location lies in its page, in bytes; None is wherever natural alignment lets it."""

    @property
    def accesses(self) -> int:
        """How many operations there are."""
        return sum(map(len, self.threads))

    @property
    def cost(self) -> tuple[int, int, int, int, int]:
        """What is compared to call a test smaller."""
        usual = ("READ_ONCE", "WRITE_ONCE")
        flat = [access for thread in self.threads for access in thread]
        return (
            self.accesses,
            sum(link != "po" for link in self.links),
            sum(access.operation not in usual for access in flat),
            sum(bool(access.part) for access in flat) + (self.at is not None),
            self.size + (self.at or 0),
        )


def shapes(accesses: int, about: tuple[str, int] | None = None) -> list[Shape]:
    """Return all tests of up to so many accesses, smallest first.

    With `about`, an operation and a size in bytes, those that are made with it. Raises Diagnostic
    where none can be.
    """
    made = _about(*about) if about else (*_sizes(), *_parts(), *_order())
    found = {one: None for one in made if one.accesses <= accesses}
    return sorted(found, key=lambda one: one.cost)


def _about(operation: str, size: int) -> Iterator[Shape]:
    """Yield the tests of one operation and size, in the place of WRITE_ONCE() or READ_ONCE()."""
    call(operation)  # it can be called
    if size not in TYPES:
        known = ", ".join(map(str, TYPES))
        raise Diagnostic(f"no test is made of {size} bytes", hint=f"one of {known}")
    own, stands = Access(operation), "WRITE_ONCE" if writes(operation) else "READ_ONCE"
    others = [Access("READ_ONCE")] if writes(operation) else []
    others += [Access("WRITE_ONCE")] if not writes(operation) or size <= MAX_WRITERS else []
    others += [own] if writes(operation) and size <= MAX_WRITERS else []
    if size == 8:  # which is whole where READ_ONCE() and WRITE_ONCE() are two accesses
        others.append(Access("atomic64_read" if writes(operation) else "atomic64_set"))
    for at in (None, *_places(size)):
        for other in others:
            pair = (other, own) if other.writes and not own.writes else (own, other)
            yield Shape("sizes", tuple((one,) for one in pair), ("po", "po"), size, at)
        for half in ("low", "high") if size > 1 else ():
            for other in others[:1]:
                yield Shape(
                    "sizes", ((own,), (Access(other.operation, "x", half),)), ("po", "po"), size, at
                )  # fmt: skip
    for shape in (*(_parts((size,)) if size > 1 else ()), *_order(size)):
        for one in _with(shape, stands, operation):
            if size <= MAX_WRITERS:
                yield one
            elif shape.group == "order":
                yield _halved(one, operation)
            elif all(a.part for thread in one.threads for a in thread if a.operation != operation):
                yield one


def _with(shape: Shape, stands: str, operation: str) -> Iterator[Shape]:
    """Yield a shape with an operation in each single place where another stands for it."""
    for number, thread in enumerate(shape.threads):
        for index, access in enumerate(thread):
            if access.operation == stands and not access.part:
                put = Access(operation, access.location)
                changed = (*thread[:index], put, *thread[index + 1 :])
                threads = (*shape.threads[:number], changed, *shape.threads[number + 1 :])
                yield replace(shape, threads=threads)


def _halved(shape: Shape, operation: str) -> Shape:
    """Return a shape whose other accesses are of the first half: whole ones mix in many ways."""
    threads = tuple(
        tuple(one if one.operation == operation else replace(one, part="low") for one in thread)
        for thread in shape.threads
    )
    return replace(shape, threads=threads)


def _sizes() -> Iterator[Shape]:
    read, write = Access("READ_ONCE"), Access("WRITE_ONCE")
    pairs = [(Access(name), read) for name in WRITES]
    pairs += [(write, Access(name)) for name in READS if name != "READ_ONCE"]
    writers = [(write, Access(name)) for name in WRITES]
    for size in _SIZES:
        for at in (None, *_places(size)):
            for pair in (*pairs, *(writers if size <= MAX_WRITERS else ())):
                yield Shape("sizes", tuple((one,) for one in pair), ("po", "po"), size, at)


def _places(size: int) -> list[int]:
    """Return addresses that are not aligned: inside a block of each kind, and across its end."""
    across = (block - half for block in _BLOCKS for half in (size // 2,) if half)
    return sorted(at for at in {1, size // 2, *across} if at > 0) if size > 1 else []


def _parts(sizes: tuple[int, ...] = (4, 8)) -> Iterator[Shape]:
    each = [
        Access(name, "x", part)
        for name in ("WRITE_ONCE", "READ_ONCE")
        for part in ("", "low", "high")
    ]
    for size in sizes:
        for first, second, other in product(each, repeat=3):
            flat = (first, second, other)
            if any(one.writes for one in flat):
                yield Shape("parts", ((first, second), (other,)), ("po", "po"), size)


def _order(size: int = 4) -> Iterator[Shape]:
    seen = set()
    for kinds, names in product(product((True, False), repeat=4), ("xyxy", "xyyx")):
        flat = [
            Access("WRITE_ONCE" if writes else "READ_ONCE", name)
            for writes, name in zip(kinds, names, strict=True)
        ]
        if {one.location for one in flat if one.writes} != {"x", "y"}:
            continue  # of a location that nobody writes nothing can be told
        pairs = (tuple(flat[:2]), tuple(flat[2:]))
        for links in product(_links(*pairs[0]), _links(*pairs[1])):
            made = tuple(map(_linked, pairs, links))
            key = min(_key(made, links, turned=turned) for turned in (False, True))
            if key not in seen:
                seen.add(key)
                yield Shape("order", made, links, size)


def _links(first: Access, second: Access) -> Iterator[str]:
    """Yield what may order a thread's two accesses."""
    yield from ("po", "mb")
    if first.writes == second.writes:
        yield "wmb" if first.writes else "rmb"
    if not first.writes:
        yield "acquire"
    if second.writes:
        yield "release"
    if not first.writes and second.writes:
        yield from ("data", "ctrl")


def _linked(pair: tuple[Access, ...], link: str) -> tuple[Access, ...]:
    """Return a thread's accesses with what a link makes of them."""
    first, second = pair
    if link == "acquire":
        return Access("smp_load_acquire", first.location), second
    if link == "release":
        return first, Access("smp_store_release", second.location)
    return pair


_Key = tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def _key(threads: tuple[tuple[Access, ...], ...], links: tuple[str, ...], *, turned: bool) -> _Key:
    """Return what tests have in common that differ in the names of threads and locations only."""
    pairs = list(zip(threads, links, strict=True))
    names: dict[str, int] = {}
    return tuple(
        (link, tuple((a.operation, names.setdefault(a.location, len(names))) for a in thread))
        for thread, link in (reversed(pairs) if turned else pairs)
    )


# --- as a text ------------------------------------------------------------------------------------


def text(shape: Shape, condition: str, head: str = "") -> str:
    """Return a shape as a litmus test with a condition; `head` are lines below its name.

    Without such lines its final states show all registers and locations.
    """
    names = sorted({access.location for thread in shape.threads for access in thread})
    kind = TYPES[shape.size]
    placed = f" __at({shape.at})" if shape.at is not None else ""
    declared = " ".join(f"{kind} {name}{placed};" for name in names)
    parameters = ", ".join(f"{kind} *{name}" for name in names)
    lines = ["C told-apart", *filter(None, [head]), "{", f"  {declared}", "}"]
    written = 0
    for number, thread in enumerate(shape.threads):
        lines += [f"P{number}({parameters})", "{"]
        for index, access in enumerate(thread):
            statement = _statement(access, shape.size, index, written)
            written += access.writes
            if index and (link := shape.links[number]) == "ctrl":
                statement = f"if (r0) {statement}"
            elif index and link == "data":
                statement = statement.replace("0x", "r0 + 0x", 1)
            elif index and link in _FENCES:
                lines.append(f"  {_FENCES[link]}")
            lines.append(f"  {statement}")
        lines.append("}")
    registers = [
        f"{number}:r{index}"
        for number, thread in enumerate(shape.threads)
        for index, access in enumerate(thread)
        if sets(access.operation)
    ]
    shown = " ".join(f"{name};" for name in (*registers, *names))
    lines += [] if head else [f"locations [{shown}]"]
    return "\n".join([*lines, condition, ""])


def _statement(access: Access, size: int, number: int, written: int) -> str:
    pointer, part = access.location, size // 2 if access.part else size
    kind = TYPES[part]
    if access.part:
        at = f"(char *){access.location} + {part}" if access.part == "high" else access.location
        pointer = f"({kind} *)({at})" if access.part == "high" else f"({kind} *){at}"
    bytes_ = [0x20 * (written + 1) + one + 1 for one in range(part)]
    return call(access.operation).format(
        type=kind, number=number, size=part, pointer=pointer, lvalue=f"*{pointer}",
        value=f"0x{''.join(f'{one:02x}' for one in reversed(bytes_))}",
    )  # fmt: skip
