"""A corpus of classic shapes, in four dialects of assembly, made here: no file is needed.

    python bench/shapes.py RISCV            # decide all final states of each, in this process
    python bench/shapes.py RISCV --list     # print the tests

A shape is what each thread does and what is asked; what orders a thread's two accesses is one of
the dialect's links. A test is a shape with a link for each thread that has two accesses.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product, zip_longest

from checker import arch
from checker.check import Asked, check
from checker.language import parse

Access = tuple[str, str, int]
"""`R` or `W`, a location, and the value: what is written, or what it is asked to have read."""

SHAPES: dict[str, tuple[list[list[Access]], str]] = {
    "MP": ([[("W", "x", 1), ("W", "y", 1)], [("R", "y", 1), ("R", "x", 0)]], ""),
    "SB": ([[("W", "x", 1), ("R", "y", 0)], [("W", "y", 1), ("R", "x", 0)]], ""),
    "LB": ([[("R", "x", 1), ("W", "y", 1)], [("R", "y", 1), ("W", "x", 1)]], ""),
    "S": ([[("W", "x", 2), ("W", "y", 1)], [("R", "y", 1), ("W", "x", 1)]], "x=2"),
    "R": ([[("W", "x", 1), ("W", "y", 1)], [("W", "y", 2), ("R", "x", 0)]], "y=2"),
    "2+2W": ([[("W", "x", 2), ("W", "y", 1)], [("W", "y", 2), ("W", "x", 1)]], "x=2 /\\ y=2"),
    "WRC": ([[("W", "x", 1)], [("R", "x", 1), ("W", "y", 1)], [("R", "y", 1), ("R", "x", 0)]], ""),
    "IRIW": ([[("W", "x", 1)], [("W", "y", 1)],
              [("R", "x", 1), ("R", "y", 0)], [("R", "y", 1), ("R", "x", 0)]], ""),
}  # fmt: skip
"""Each with what is asked of memory."""


@dataclass
class Dialect:
    """How a dialect spells accesses, and what may stand between two."""

    name: str
    init: Callable[[int], str]
    """What a thread's registers hold."""
    store: Callable[[str, int, str], list[str]]
    """Location, value, and what changes the access itself, if anything does."""
    load: Callable[[str, int, str], list[str]]
    """Location, which of the thread's loads it is, and what changes the access."""
    register: Callable[[int], str]
    """What the condition calls the result of a thread's load."""
    fences: Sequence[str]
    dependencies: dict[str, Callable[[str, int], list[str]]] = field(default_factory=dict)
    """From the first load to the second access: location, and the value if it is a store."""
    special: Sequence[str] = ("acq", "rel")
    """Whether a thread's first access, a load, can acquire, and its second, a store, release."""

    def links(self, first: str, second: str) -> Iterator[str]:
        """Yield what may stand between a thread's accesses of two kinds."""
        yield "po"
        yield from self.fences
        if first == "R":
            yield from (
                kind
                for kind in self.dependencies
                if kind in ("ctrl", "data" if second == "W" else "addr")
            )
        fits = {"acq": first == "R", "rel": second == "W"}
        yield from (kind for kind in self.special if fits[kind])

    def thread(self, accesses: Sequence[Access], link: str) -> list[str]:
        """Return a thread's code."""
        code: list[str] = []
        reads = 0
        for number, (kind, location, value) in enumerate(accesses):
            special = link if (number, link) in ((0, "acq"), (1, "rel")) else ""
            if number and link in self.fences:
                code.append(link)
            if number and link in self.dependencies:
                code += self.dependencies[link](location, value if kind == "W" else -1)
            elif kind == "W":
                code += self.store(location, value, special)
            else:
                code += self.load(location, reads, special)
            reads += kind == "R"
        return code

    def tests(self) -> Iterator[str]:
        """Yield the whole corpus."""
        for name, (threads, asked) in SHAPES.items():
            choices = [
                list(self.links(code[0][0], code[1][0])) if len(code) > 1 else ["po"]
                for code in threads
            ]
            for links in product(*choices):
                columns = [self.thread(*one) for one in zip(threads, links, strict=True)]
                title = "+".join((name, *(link.replace(" ", ".") for link in links)))
                yield self.text(title, columns, threads, asked)

    def text(
        self, title: str, columns: list[list[str]], threads: list[list[Access]], asked: str
    ) -> str:
        """Return a test."""
        rows = [[f"P{number}" for number in range(len(columns))]]
        rows += map(list, zip_longest(*columns, fillvalue=""))
        held = [asked] if asked else []
        for number, accesses in enumerate(threads):
            read = [value for kind, _, value in accesses if kind == "R"]
            held += [f"{number}:{self.register(n)}={value}" for n, value in enumerate(read)]
        init = "\n".join(map(self.init, range(len(columns))))
        body = "\n".join(f" {' | '.join(row)} ;" for row in rows)
        condition = " /\\ ".join(held)
        return f"{self.name} {title}\n{{\n{init}\n}}\n{body}\nexists ({condition})\n"


def _riscv() -> Dialect:
    at = {"x": "x6", "y": "x8"}

    def store(location: str, value: int, link: str) -> list[str]:
        put = f"sw x7,0({at[location]})"
        if link:
            put = f"amoswap.w.rl x0,x7,({at[location]})"
        return [f"ori x7,x0,{value}", put]

    def load(location: str, number: int, link: str) -> list[str]:
        result = f"x{5 - number * 4}"
        if link:
            return [f"lr.w.aq {result},({at[location]})"]
        return [f"lw {result},0({at[location]})"]

    def data(location: str, value: int) -> list[str]:
        return ["xor x9,x5,x5", f"ori x9,x9,{value}", f"sw x9,0({at[location]})"]

    def addr(location: str, _value: int) -> list[str]:
        return ["xor x9,x5,x5", f"add x10,{at[location]},x9", "lw x1,0(x10)"]

    def ctrl(location: str, value: int) -> list[str]:
        access = store(location, value, "") if value >= 0 else load(location, 1, "")
        return ["bne x5,x0,LC00", "LC00:", *access]

    return Dialect(
        "RISCV", lambda n: f"{n}:x6=x; {n}:x8=y;", store, load, lambda n: f"x{5 - n * 4}",
        ("fence rw,rw", "fence w,w", "fence r,rw"),
        {"data": data, "addr": addr, "ctrl": ctrl},
    )  # fmt: skip


def _aarch64() -> Dialect:
    at = {"x": "X6", "y": "X8"}

    def store(location: str, value: int, link: str) -> list[str]:
        return [f"MOV W7,#{value}", f"{'STLR' if link else 'STR'} W7,[{at[location]}]"]

    def load(location: str, number: int, link: str) -> list[str]:
        return [f"{'LDAR' if link else 'LDR'} W{number},[{at[location]}]"]

    def data(location: str, value: int) -> list[str]:
        return ["EOR W9,W0,W0", f"ADD W9,W9,#{value}", f"STR W9,[{at[location]}]"]

    def addr(location: str, _value: int) -> list[str]:
        return ["EOR W9,W0,W0", f"LDR W1,[{at[location]},W9,SXTW]"]

    def ctrl(location: str, value: int) -> list[str]:
        access = store(location, value, "") if value >= 0 else load(location, 1, "")
        return ["CBNZ W0,LC00", "LC00:", *access]

    return Dialect(
        "AArch64", lambda n: f"{n}:X6=x; {n}:X8=y;", store, load, lambda n: f"X{n}",
        ("DMB SY", "DMB LD", "DMB ST"), {"data": data, "addr": addr, "ctrl": ctrl},
    )  # fmt: skip


def _x86_64() -> Dialect:
    def store(location: str, value: int, link: str) -> list[str]:
        if link:
            return [f"movl ${value},%ecx", f"xchgl %ecx,({location})"]
        return [f"movl ${value},({location})"]

    def load(location: str, number: int, _link: str) -> list[str]:
        return [f"movl ({location}),{('%eax', '%ebx')[number]}"]

    return Dialect(
        "X86_64", lambda _: "", store, load, lambda n: ("rax", "rbx")[n], ("mfence", "sfence"),
        special=("rel",),
    )  # fmt: skip


def _ppc() -> Dialect:
    at = {"x": "r6", "y": "r8"}

    def store(location: str, value: int, _link: str) -> list[str]:
        return [f"li r7,{value}", f"stw r7,0({at[location]})"]

    def load(location: str, number: int, _link: str) -> list[str]:
        return [f"lwz r{number + 1},0({at[location]})"]

    def data(location: str, value: int) -> list[str]:
        return ["xor r9,r1,r1", f"addi r9,r9,{value}", f"stw r9,0({at[location]})"]

    def addr(location: str, _value: int) -> list[str]:
        return ["xor r9,r1,r1", f"lwzx r2,r9,{at[location]}"]

    def ctrl(location: str, value: int) -> list[str]:
        access = store(location, value, "") if value >= 0 else load(location, 1, "")
        return ["cmpwi r1,0", "beq LC00", "LC00:", *access]

    return Dialect(
        "PPC", lambda n: f"{n}:r6=x; {n}:r8=y;", store, load, lambda n: f"r{n + 1}",
        ("sync", "lwsync", "eieio"), {"data": data, "addr": addr, "ctrl": ctrl}, special=(),
    )  # fmt: skip


DIALECTS = {one.name: one for one in (_riscv(), _aarch64(), _x86_64(), _ppc())}


def main() -> None:
    """Decide the tests of a dialect, or print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dialect", choices=DIALECTS)
    parser.add_argument("--first", type=int, metavar="N", help="only so many")
    parser.add_argument("--list", action="store_true", help="print them instead")
    args = parser.parse_args()
    tests = list(DIALECTS[args.dialect].tests())[: args.first]
    for text in tests:
        if args.list:
            print(text)
        else:
            found = check(parse(text.encode()), arch.target(args.dialect), asked=Asked(brief=True))
            assert found.states is not None, found.limit
    if not args.list:
        print(f"{len(tests)} tests")


if __name__ == "__main__":
    main()
