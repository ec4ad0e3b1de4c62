"""Families of AArch64 tests that grow, in which the number of executions explodes.

Each is a function from a size to a test: what is counted differs, bytes, writers, rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ONES, TWOS = 0x0101010101010101, 0x0202020202020202


@dataclass(frozen=True)
class Family:
    """Tests of one kind."""

    letter: str
    """What the reference files call it."""
    title: str
    unit: str
    """What a size counts."""
    sizes: tuple[int, ...]
    make: Callable[[int], str]
    reference: str
    """The name of the reference file of a size, with `{n}` for the size; "" if there is none."""


def test(init: str, threads: Sequence[Sequence[str]], condition: str) -> str:
    """Return an AArch64 test with these columns, and every thread's X1 at `x`."""
    rows = max(map(len, threads))
    columns = [
        [f"P{number}", *code, *[""] * (rows - len(code))] for number, code in enumerate(threads)
    ]
    widths = [max(map(len, column)) for column in columns]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    ]
    pointers = " ".join(f"{number}:X1=x;" for number in range(len(threads)))
    body = "".join(f" {line} ;\n" for line in lines)
    return f"AArch64 family\n{{\n{init}\n{pointers}\n}}\n{body}exists ({condition})\n"


def array(size: int) -> str:
    """Return the declaration of `x`, of so many bytes."""
    words = max(1, (size + 7) // 8)
    return f"uint64_t x[{words}]={{{','.join('0' * words)}}};"


def moves(operation: str, registers: Sequence[str], step: int) -> list[str]:
    """Return an access for each register, at offsets that grow by a step."""
    return [
        f"{operation} {register},[X1,#{step * number}]" for number, register in enumerate(registers)
    ]


def stores(size: int, step: int, source: str = "2") -> list[str]:
    """Return stores of `size` bytes in all, each of `step` bytes."""
    operation, width = {1: ("STRB", "W"), 4: ("STR", "W"), 8: ("STR", "X")}[step]
    return moves(operation, [width + source] * (size // step), step)


def loads(size: int, step: int) -> list[str]:
    """Return loads of `size` bytes in all: the first to register 3, the last to 4, others to 5."""
    operation, width = {1: ("LDRB", "W"), 4: ("LDR", "W"), 8: ("LDR", "X")}[step]
    count = size // step
    names = ["3", *["5"] * (count - 2), "4"] if count > 1 else ["3"]
    return moves(operation, [width + name for name in names], step)


def byte_stores(n: int) -> str:
    """Return n byte stores against as many byte loads: is the first seen and the last not?"""
    init = f"{array(n)} 0:X2=1;"
    return test(init, [stores(n, 1), loads(n, 1)], "1:X3=1 /\\ 1:X4=0")


def _writers(k: int, reader: list[str], condition: str, extra: str = "") -> str:
    values = " ".join(f"uint64_t {n}:X2={(n + 1) * ONES:#x};" for n in range(k))
    threads = [["STR X2,[X1]"]] * k
    return test(f"uint64_t x=0; {values} {extra}", [*threads, reader], condition)


def writers(k: int) -> str:
    """Return k aligned 64-bit writers against one load: does it see part of a value?"""
    return _writers(k, ["LDR X3,[X1]"], f"{k}:X3=0x1", f"uint64_t {k}:X3;")


def writers_by_halves(k: int) -> str:
    """Return k 64-bit writers against two 32-bit loads."""
    return _writers(k, loads(8, 4), f"{k}:X3={ONES >> 32:#x} /\\ {k}:X4=0")


def wide_and_bytes(n: int) -> str:
    """Return a 64-bit writer and n byte stores against a 64-bit load."""
    init = f"uint64_t x=0; uint64_t 0:X2={TWOS:#x}; 1:X2=1; uint64_t 2:X3;"
    seen = TWOS - ONES % (1 << 8 * n)
    return test(init, [stores(8, 8), stores(n, 1), loads(8, 8)], f"2:X3={seen:#x}")


def copied(store: int, load: int) -> Callable[[int], str]:
    """Return copies of n bytes by stores of one size, against loads of another."""

    def copy(n: int) -> str:
        init = f"{array(n)} uint64_t 0:X2={ONES % (1 << 8 * store):#x};"
        init += " uint64_t 1:X3; uint64_t 1:X4;"
        whole = ONES % (1 << 8 * load)
        if n == load:  # one load: only some of the bytes have been written
            return test(init, [stores(n, store), loads(n, load)], f"1:X3={whole >> 8 * store:#x}")
        parts = f"1:X3={whole:#x} /\\ 1:X4=0"
        return test(init, [stores(n, store), loads(n, load)], parts)

    return copy


def byte_writers(k: int) -> str:
    """Return k writers of 8 bytes, byte by byte, against one load."""
    values = " ".join(f"{n}:X2={n + 1};" for n in range(k))
    init = f"uint64_t x=0; {values} uint64_t {k}:X3;"
    return test(init, [*[stores(8, 1)] * k, loads(8, 8)], f"{k}:X3=1")


def two_rounds(n: int) -> str:
    """Return two copies of n bytes, one after the other: may their parts be seen the other way?"""
    return rounds(n, 2)


def rounds(n: int, count: int) -> str:
    """Return so many copies of n bytes by 8, against loads of 4 bytes each."""
    sources = [str(10 + number) for number in range(count)]
    values = " ".join(
        f"uint64_t 0:X{source}={(number + 1) * ONES:#x};" for number, source in enumerate(sources)
    )
    writer = [line for source in sources for line in stores(n, 8, source)]
    new, old = count * (ONES >> 32), (count - 1) * (ONES >> 32)
    part = loads(n, 4)
    seen = f"1:X3={new:#x} /\\ 1:X4={old:#x}"
    return test(f"{array(n)} {values}", [writer, part], seen)


def many_rounds(count: int) -> str:
    """Return so many copies of 16 bytes."""
    return rounds(16, count)


def releases(n: int) -> str:
    """Return n store-releases against n load-acquires, reversed: seen in order, so never."""
    writer = [line for at in range(n) for line in (f"ADD X5,X1,#{at}", "STLRB W2,[X5]")]
    names = ["3", *["5"] * (n - 2), "4"]
    reader = [
        line
        for at, name in zip(reversed(range(n)), names, strict=True)
        for line in (f"ADD X6,X1,#{at}", f"LDARB W{name},[X6]")
    ]
    return test(f"{array(n)} 0:X2=1;", [writer, reader], "1:X3=1 /\\ 1:X4=0")


def seqcount(n: int) -> str:
    """Return a copy of n bytes that a sequence count guards, read by halves: never torn."""
    init = f"{array(n)} uint32_t s=0; 0:X8=s; 1:X8=s; 0:X2=1; 0:X7=2; uint64_t 0:X9={ONES:#x};"
    writer = ["STR W2,[X8]", "DMB ST", *stores(n, 8, "9"), "DMB ST", "STR W7,[X8]"]
    reader = ["LDR W6,[X8]", "DMB LD", *loads(n, 4), "DMB LD", "LDR W7,[X8]"]
    even = "1:X6=1:X7 /\\ (1:X6=0 \\/ 1:X6=2)"
    return test(init, [writer, reader], f"{even} /\\ not (1:X3=1:X4)")


FAMILIES = (
    Family("B", "n byte stores, n byte loads", "bytes", (2, 4, 6, 8, 10, 12, 16, 24, 32),
           byte_stores, "B-bytes{n}-vs-bytes{n}"),
    Family("C", "k 64-bit writers, one load", "writers", (1, 2, 3, 4, 5, 6, 7, 8, 10, 12),
           writers, "C-writers{n}-x64-vs-load64"),
    Family("D", "k 64-bit writers, two 32-bit loads", "writers", (1, 2, 3, 4, 5, 6, 7, 8),
           writers_by_halves, "D-writers{n}-x64-vs-2x32"),
    Family("E", "64-bit writer and n byte stores, one load", "bytes", (1, 2, 3, 4, 5, 6, 7, 8),
           wide_and_bytes, "E-x64-and-bytes{n}-vs-load64"),
    Family("F1", "copy by 1 byte, 8-byte loads", "bytes", (8, 16, 24, 32, 40, 48, 56, 64),
           copied(1, 8), "F-copy{n}-1B-vs-8B"),
    Family("F4", "copy by 4 bytes, 8-byte loads", "bytes", (8, 16, 24, 32, 40, 48, 56, 64),
           copied(4, 8), ""),
    Family("F8", "copy by 8 bytes, 4-byte loads", "bytes", (8, 16, 24, 32, 40, 48, 56, 64),
           copied(8, 4), "F-copy{n}-8B-vs-4B"),
    Family("G", "k byte-wise writers of 8 bytes, one load", "writers", (1, 2, 3, 4, 5, 6),
           byte_writers, "G-{n}writers-bytes8-vs-load8"),
    Family("H", "two rounds of a copy, 4-byte loads", "bytes", (8, 16, 24, 32, 40, 48, 56, 64),
           two_rounds, "H-2rounds-copy{n}"),
    Family("Hr", "rounds of a 16-byte copy, 4-byte loads", "rounds", (2, 3, 4, 5, 6, 7, 8),
           many_rounds, ""),
    Family("I", "n store-releases, n load-acquires", "bytes", (2, 4, 6, 8, 10, 12, 16, 24, 32),
           releases, "I-rel{n}-vs-acq{n}"),
    Family("S", "copy under a sequence count, by halves", "bytes", (8, 16, 24, 32, 40, 48, 56),
           seqcount, "S-seqcount{n}"),
)  # fmt: skip
