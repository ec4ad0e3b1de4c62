"""AArch64 instructions: what they access, what they compute, and what depends on what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import arch, litmus
from checker.diagnostic import Diagnostic
from checker.expression import Const, ReadValue, evaluate
from checker.language import parse
from checker.language.asm.instruction import instruction
from checker.lowering.asm import flow
from checker.lowering.asm.aarch64 import execute, register, table
from checker.lowering.asm.machine import Machine, Path, Trace, Tracked, View
from checker.lowering.asm.memory import Memory
from checker.lowering.asm.sketch import sketch
from checker.lowering.draft import Draft
from checker.program import Access, Fence, depends

Code = list[litmus.Instruction | litmus.Label]

SIZE = 256
"""Bytes of the location that X10 points to."""

UNKNOWN = 100
"""Operations from here on are not in a test: what registers hold that are known to depend."""


def code(text: str) -> Code:
    """Return the instructions of a text, separated by `;`, with labels before them."""
    found: Code = []
    for number, cell in enumerate(text.split(";"), 1):
        *labels, rest = (part.strip() for part in cell.split(":"))
        found += [litmus.Label(label, (number, 1)) for label in labels]
        if rest:
            found.append(instruction("AArch64", rest, (number, 1)))
    return found


class Ran:
    """A thread that has been run: X10 points to the location `m`."""

    def __init__(self, text: str, registers: dict[str, Tracked] | None = None) -> None:
        """Run some instructions."""
        memory, self.trace = Memory(), Trace()
        memory.add("m", litmus.Scalar("u64"), SIZE, 8, (0, 0))
        self.base = memory.address("m", (0, 0))
        given = {"X10": Tracked(Const(self.base, 64)), **(registers or {})}
        target = arch.target("arm64")
        machine = Machine(0, target, memory, self.trace, Path(given))
        thread = litmus.Thread(0, (), (), None, (0, 0), tuple(code(text)))
        self.registers = flow.run(machine, thread, execute, 2)

    @property
    def drafts(self) -> list[Draft]:
        """The operations."""
        return self.trace.drafts

    @property
    def accesses(self) -> list[Access]:
        """The accesses."""
        return [step for d in self.drafts for step in d.steps or () if isinstance(step, Access)]

    def number(self, name: str, reads: dict[int, int] | None = None) -> int:
        """Return a register, given what the operations read."""
        known = {**dict.fromkeys(range(UNKNOWN), 0), **(reads or {})}
        return evaluate(self.registers[name].value, known.__getitem__, lambda _: 1)


def depending(*numbers: int) -> Tracked:
    """Return a register of unknown value that depends on operations outside the test."""
    first = numbers[0] if numbers else 0
    return Tracked(ReadValue(UNKNOWN + first, 64), frozenset(UNKNOWN + n for n in numbers))


def holding(*numbers: int) -> dict[str, Tracked]:
    """Return registers X1, X2, … that hold unknown values."""
    return {f"X{k}": depending(k) for k, _ in enumerate(numbers, 1)}


# --- accesses -------------------------------------------------------------------------------------

ACCESSES = """
LDR X0,[X10]               load gpr 8
LDR W0,[X10]               load gpr 4
LDRB W0,[X10]              load gpr 1
LDRH W0,[X10]              load gpr 2
LDRSB X0,[X10]             load gpr 1
LDRSH W0,[X10]             load gpr 2
LDRSW X0,[X10]             load gpr 4
LDUR W0,[X10,#4]           load gpr 4
LDTRH W0,[X10]             load gpr 2
STR WZR,[X10]              store gpr 4
STURB W0,[X10]             store gpr 1
LDAR X0,[X10]              load acquire 8 acquire
LDARB W0,[X10]             load acquire 1 acquire
LDAPR W0,[X10]             load acquire 4 acquire-pc
LDAPUR X0,[X10,#8]         load acquire 8 acquire-pc
LDAPURSH X0,[X10]          load acquire 2 acquire-pc
STLR W0,[X10]              store acquire 4 release
STLRH W0,[X10]             store acquire 2 release
STLUR X0,[X10,#8]          store acquire 8 release
LDP X0,X1,[X10]            load pair 16/8
LDNP W0,W1,[X10]           load pair 8/4
LDPSW X0,X1,[X10]          load ldpsw 8/4
STP W0,W1,[X10,#8]         store pair 8/4
STNP X0,X1,[X10]           store pair-nt 16/8
LDIAPP X0,X1,[X10]         load rcpc3-pair 16/8 acquire-pc ascending
STILP W0,W1,[X10]          store rcpc3-pair 8/4 release ascending
LDXR X0,[X10]              load exclusive 8 exclusive
LDAXRB W0,[X10]            load exclusive 1 acquire exclusive
LDAXP X0,X1,[X10]          load exclusive 16/8 acquire exclusive
LDADD W0,W1,[X10]          load atomic 4 + store atomic 4
LDADDA W0,W1,[X10]         load atomic 4 acquire + store atomic 4
LDSETAL X0,X1,[X10]        load atomic 8 acquire + store atomic 8 release
LDCLRLH W0,W1,[X10]        load atomic 2 + store atomic 2 release
LDEORALB W0,WZR,[X10]      load atomic 1 no-return + store atomic 1 release
STSMAX X0,[X10]            load atomic 8 no-return + store atomic 8
STUMINLB W0,[X10]          load atomic 1 no-return + store atomic 1 release
SWPAL W0,W1,[X10]          load atomic 4 acquire + store atomic 4 release
SWPA W0,WZR,[X10]          load atomic 4 no-return + store atomic 4
CASAL W0,W1,[X10]          load atomic 4 acquire + store atomic 4 release
CASH W0,W1,[X10]           load atomic 2 + store atomic 2
CASPA X0,X1,X2,X3,[X10]    load atomic 16 acquire + store atomic 16
LDCLRPL X0,X1,[X10]        load atomic 16 + store atomic 16 release
LDXR W0,[X10];STLXR W2,W1,[X10]
    load exclusive 4 exclusive + store exclusive 4 release exclusive
LDXP W0,W1,[X10];STXP W2,W0,W1,[X10]
    load exclusive 8/4 exclusive + store exclusive-pair 8/4 exclusive
"""


def _cases(text: str) -> list[tuple[str, str]]:
    """Return the left and right halves of a table's lines; a right half may stand below."""
    lines = text.strip().replace("\n    ", "  ").splitlines()
    return [(left, right.strip()) for left, right in (line.split("  ", 1) for line in lines)]


@pytest.mark.parametrize(("text", "wanted"), _cases(ACCESSES))
def test_what_an_instruction_accesses(text: str, wanted: str) -> None:
    found = []
    for one in Ran(text).accesses:
        size = one.footprint.size
        whole = str(size) if one.element == size else f"{size}/{one.element}"
        words = sorted(one.order.split())
        found.append(" ".join((one.kind, one.cls, whole, *words)))
    assert " + ".join(found) == " + ".join(
        " ".join((*part.split()[:3], *sorted(part.split()[3:]))) for part in wanted.split(" + ")
    )


@pytest.mark.parametrize(("text", "_"), _cases(ACCESSES))
def test_of_every_access_some_rule_speaks(text: str, _: str) -> None:
    for access in Ran(text).accesses:
        assert arch.target("arm64").rules_for(access), access


def test_halves_of_atomic_instructions_are_atomic_and_of_one_operation() -> None:
    ran = Ran("LDADD W0,W1,[X10]")
    assert [access.atomic for access in ran.accesses] == [True, True]
    assert [draft.kind for draft in ran.drafts] == ["rmw"]


def test_a_store_exclusive_is_paired_with_its_load() -> None:
    load, store = Ran("LDXR W0,[X10];STXR W2,W1,[X10]").drafts
    assert store.pair == load.number


def test_a_store_exclusive_without_a_load_does_nothing() -> None:
    ran = Ran("STXR W2,W1,[X10]")
    assert not ran.drafts
    assert ran.number("X2") == 1


FENCES = """
DMB SY      dmb sy
DMB ISH     dmb sy
DMB ISHLD   dmb ld
DMB OSHST   dmb st
dmb ld      dmb ld
DSB NSH     dsb sy
DSB ST      dsb st
ISB         isb
ISB SY      isb
"""


@pytest.mark.parametrize(("text", "wanted"), _cases(FENCES))
def test_barriers(text: str, wanted: str) -> None:
    (draft,) = Ran(text).drafts
    assert draft.kind == "fence"
    assert draft.steps == (Fence(wanted),)


# --- addresses ------------------------------------------------------------------------------------

ADDRESSES = """
LDR X0,[X10]                 0 0
LDR X0,[X10,#16]             16 0
LDR X0,[X10, 0x10]           16 0
LDR X0,[X10,#16]!            16 16
LDR X0,[X10],#16             0 16
LDR X0,[X10],#0              0 0
LDP X0,X1,[X10],#16          0 16
STP X0,X1,[X10,#32]!         32 32
STILP X0,X1,[X10,#16]!       16 16
LDR X0,[X10,X5]              8 0
LDR X0,[X10,X5,LSL #3]       64 0
LDR X0,[X10,X5,LSL 0]        8 0
LDR W0,[X10,W5,UXTW]         8 0
LDR W0,[X10,W5,UXTW #2]      32 0
LDR W0,[X10,W6,SXTW]         8 0
LDRB W0,[X10,X6,SXTW]        8 0
LDRH W0,[X10,X5,SXTX #1]     16 0
"""


@pytest.mark.parametrize(("text", "wanted"), _cases(ADDRESSES))
def test_addresses_and_what_is_written_back(text: str, wanted: str) -> None:
    known = {"X5": Tracked(Const(8, 64)), "X6": Tracked(Const(0xFFFF_FFFF_0000_0008, 64))}
    ran = Ran(text, known)
    offset, moved = (int(number) for number in wanted.split())
    assert ran.accesses[0].footprint.offset == offset
    assert ran.number("X10") == ran.base + moved


def test_a_negative_word_is_sign_extended() -> None:
    known = {"X5": Tracked(Const(0xFFFF_FFFC, 64)), "X10": Tracked(Const(0, 64))}
    ran = Ran("MOV X11,X10;ADD X11,X11,#8;LDR W0,[X11,W5,SXTW]", {"X5": known["X5"]})
    assert ran.accesses[0].footprint.offset == 4


# --- values ---------------------------------------------------------------------------------------

M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def s(number: int, bits: int) -> int:
    """Read bits as a two's complement number."""
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def reversed_bits(number: int, bits: int) -> int:
    """Return the bits in the other order."""
    return int(f"{number & ((1 << bits) - 1):0{bits}b}"[::-1], 2)


def reversed_bytes(number: int, size: int, group: int) -> int:
    """Return the bytes of each group in the other order."""
    raw = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    parts = [raw[k : k + group][::-1] for k in range(0, size, group)]
    return int.from_bytes(b"".join(parts), "little")


def ror(number: int, by: int, bits: int) -> int:
    """Rotate to the right."""
    number, by = number & ((1 << bits) - 1), by % bits
    return (number >> by | number << (bits - by)) & ((1 << bits) - 1)


def quotient(a: int, b: int) -> int:
    """Divide towards zero; by zero it is zero."""
    return 0 if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


Compute = Callable[[int, int, int], int]

VALUES: dict[str, Compute] = {
    "MOV X0,X1": lambda a, b, c: a,
    "MOV W0,W1": lambda a, b, c: a & M32,
    "MOV X0,#-2": lambda a, b, c: -2 & M64,
    "MOV W0,#-2": lambda a, b, c: -2 & M32,
    "MOV X0,12": lambda a, b, c: 12,
    "MOVZ W0,#42,LSL #16": lambda a, b, c: 42 << 16,
    "MOVN X0,#1,LSL #16": lambda a, b, c: ~(1 << 16) & M64,
    "MOV X0,X1;MOVK X0,#7,LSL #32": lambda a, b, c: a & ~(0xFFFF << 32) | 7 << 32,
    "MOV W0,W1;MOVK W0,#7": lambda a, b, c: a & 0xFFFF_0000 | 7,
    "MVN X0,X1": lambda a, b, c: ~a & M64,
    "MVN W0,W1,LSL #4": lambda a, b, c: ~(a << 4) & M32,
    "ADD X0,X1,X2": lambda a, b, c: (a + b) & M64,
    "ADD X0,X1,#-8": lambda a, b, c: (a - 8) & M64,
    "ADD X0,X1,#1,LSL #12": lambda a, b, c: (a + 4096) & M64,
    "ADD W0,W1,W2": lambda a, b, c: (a + b) & M32,
    "ADD X0,X1,X2,ASR #2": lambda a, b, c: (a + (s(b, 64) >> 2)) & M64,
    "ADD X0,X1,W2,SXTW": lambda a, b, c: (a + s(b, 32)) & M64,
    "ADD X0,X1,W2,UXTW": lambda a, b, c: (a + (b & M32)) & M64,
    "ADD X0,X1,W2,SXTB 2": lambda a, b, c: (a + (s(b, 8) << 2)) & M64,
    "ADD W0,W1,W2,UXTH #1": lambda a, b, c: (a + ((b & 0xFFFF) << 1)) & M32,
    "SUB X0,X1,X2,LSR #3": lambda a, b, c: (a - (b >> 3)) & M64,
    "SUB W0,WZR,W1": lambda a, b, c: -a & M32,
    "NEG W0,W1,LSL 2": lambda a, b, c: -(a << 2) & M32,
    "NEGS X0,X1": lambda a, b, c: -a & M64,
    "CMP X1,X2;ADC X0,X1,X2": lambda a, b, c: (a + b + (a >= b)) & M64,
    "CMP X1,X2;SBC X0,X1,X2": lambda a, b, c: (a - b - (a < b)) & M64,
    "CMP W1,W2;NGC W0,W1": lambda a, b, c: (-a - ((a & M32) < (b & M32))) & M32,
    "AND X0,X1,X2": lambda a, b, c: a & b,
    "ANDS W0,W1,#0xff": lambda a, b, c: a & 0xFF,
    "BIC X0,X1,X2": lambda a, b, c: a & ~b,
    "BICS W0,W1,W2": lambda a, b, c: a & ~b & M32,
    "ORR W0,W1,#1": lambda a, b, c: (a | 1) & M32,
    "ORN X0,X1,X2": lambda a, b, c: (a | ~b) & M64,
    "EOR X0,X1,X2,ROR #8": lambda a, b, c: a ^ ror(b, 8, 64),
    "EON W0,W1,W2": lambda a, b, c: (a ^ ~b) & M32,
    "EOR X0,X1,X1": lambda a, b, c: 0,
    "MUL X0,X1,X2": lambda a, b, c: a * b & M64,
    "MNEG W0,W1,W2": lambda a, b, c: -a * b & M32,
    "MADD X0,X1,X2,X3": lambda a, b, c: (c + a * b) & M64,
    "MSUB W0,W1,W2,W3": lambda a, b, c: (c - a * b) & M32,
    "SMULL X0,W1,W2": lambda a, b, c: s(a, 32) * s(b, 32) & M64,
    "UMULL X0,W1,W2": lambda a, b, c: (a & M32) * (b & M32),
    "SMADDL X0,W1,W2,X3": lambda a, b, c: (c + s(a, 32) * s(b, 32)) & M64,
    "UMSUBL X0,W1,W2,X3": lambda a, b, c: (c - (a & M32) * (b & M32)) & M64,
    "SMNEGL X0,W1,W2": lambda a, b, c: -s(a, 32) * s(b, 32) & M64,
    "SMULH X0,X1,X2": lambda a, b, c: (s(a, 64) * s(b, 64) >> 64) & M64,
    "UMULH X0,X1,X2": lambda a, b, c: a * b >> 64,
    "SDIV W0,W1,W2": lambda a, b, c: quotient(s(a, 32), s(b, 32)) & M32,
    "UDIV X0,X1,X2": lambda a, b, c: quotient(a, b),
    "SMAX X0,X1,X2": lambda a, b, c: max(s(a, 64), s(b, 64)) & M64,
    "UMIN W0,W1,W2": lambda a, b, c: min(a & M32, b & M32),
    "LSL X0,X1,#3": lambda a, b, c: a << 3 & M64,
    "LSL W0,W1,W2": lambda a, b, c: a << (b % 32) & M32,
    "LSR X0,X1,X2": lambda a, b, c: a >> (b % 64),
    "ASR X0,X1,#2": lambda a, b, c: s(a, 64) >> 2 & M64,
    "ASR W0,W1,W2": lambda a, b, c: s(a, 32) >> (b % 32) & M32,
    "ROR W0,W1,#5": lambda a, b, c: ror(a, 5, 32),
    "ROR X0,X1,X2": lambda a, b, c: ror(a, b, 64),
    "EXTR X0,X1,X2,#20": lambda a, b, c: (a << 64 | b) >> 20 & M64,
    "UBFM W0,W1,#0,#2": lambda a, b, c: a & 7,
    "UBFM X0,X1,#60,#3": lambda a, b, c: (a & 15) << 4,
    "SBFM X0,X1,#4,#11": lambda a, b, c: s(a >> 4, 8) & M64,
    "SBFM W0,W1,#30,#3": lambda a, b, c: s(a, 4) << 2 & M32,
    "UBFX X0,X1,#8,#16": lambda a, b, c: a >> 8 & 0xFFFF,
    "SBFIZ X0,X1,#8,#4": lambda a, b, c: s(a, 4) << 8 & M64,
    "MOV X0,X2;BFI X0,X1,#8,#4": lambda a, b, c: b & ~0xF00 | (a & 15) << 8,
    "MOV X0,X2;BFXIL X0,X1,#8,#4": lambda a, b, c: b & ~15 | a >> 8 & 15,
    "SXTW X0,W1": lambda a, b, c: s(a, 32) & M64,
    "SXTB W0,W1": lambda a, b, c: s(a, 8) & M32,
    "UXTH W0,W1": lambda a, b, c: a & 0xFFFF,
    "REV X0,X1": lambda a, b, c: reversed_bytes(a, 8, 8),
    "REV W0,W1": lambda a, b, c: reversed_bytes(a, 4, 4),
    "REV16 X0,X1": lambda a, b, c: reversed_bytes(a, 8, 2),
    "REV32 X0,X1": lambda a, b, c: reversed_bytes(a, 8, 4),
    "RBIT X0,X1": lambda a, b, c: reversed_bits(a, 64),
    "RBIT W0,W1": lambda a, b, c: reversed_bits(a, 32),
    "ABS W0,W1": lambda a, b, c: abs(s(a, 32)) & M32,
    "CLZ X0,X1": lambda a, b, c: 64 - a.bit_length(),
    "CTZ W0,W1": lambda a, b, c: 32 - reversed_bits(a, 32).bit_length(),
    "CLS W0,W1": lambda a, b, c: 31 - ((a ^ s(a, 32) >> 1) & M32).bit_length(),
    "CNT X0,X1": lambda a, b, c: a.bit_count(),
    "CMP X1,X2;CSEL X0,X1,X3,HI": lambda a, b, c: a if a > b else c,
    "CMP W1,W2;CSINC W0,W1,W3,EQ": lambda a, b, c: (a if (a ^ b) & M32 == 0 else c + 1) & M32,
    "CMP X1,X2;CSINV X0,X1,X3,LO": lambda a, b, c: a if a < b else ~c & M64,
    "CMP X1,X2;CSNEG X0,X1,X3,GE": lambda a, b, c: a if s(a, 64) >= s(b, 64) else -c & M64,
    "CMP X1,X2;CINC X0,X3,LT": lambda a, b, c: (c + (s(a, 64) < s(b, 64))) & M64,
    "CMP X1,#0;CSETM W0,MI": lambda a, b, c: M32 if a >> 63 else 0,
    "CMP X1,X2;CCMP X1,X3,#4,NE;CSET X0,EQ": lambda a, b, c: int(a in (b, c)),
    "CMP X1,X2;CCMN X1,#1,#0,EQ;CSET X0,EQ": lambda a, b, c: int(a == b and a == M64),
}  # fmt: skip

numbers = st.one_of(
    st.integers(0, M64),
    st.sampled_from([0, 1, 2, 7, 31, 0x7FFF_FFFF, 0x8000_0000, M32, 1 << 63, (1 << 63) - 1, M64]),
)


@pytest.mark.parametrize("text", VALUES)
@given(a=numbers, b=numbers, c=numbers)
def test_what_an_instruction_computes(text: str, a: int, b: int, c: int) -> None:
    wanted = VALUES[text](a, b, c) & M64
    given_numbers = {1: a, 2: b, 3: c}
    known = {f"X{k}": Tracked(Const(n, 64)) for k, n in given_numbers.items()}
    assert Ran(text, known).number("X0") == wanted
    unknown = Ran(text, holding(a, b, c))
    assert unknown.number("X0", {UNKNOWN + k: n for k, n in given_numbers.items()}) == wanted


CONDITIONS: dict[str, Callable[[int, int, int], bool]] = {
    "EQ": lambda a, b, n: a == b,
    "NE": lambda a, b, n: a != b,
    "CS": lambda a, b, n: a >= b,
    "HS": lambda a, b, n: a >= b,
    "CC": lambda a, b, n: a < b,
    "LO": lambda a, b, n: a < b,
    "HI": lambda a, b, n: a > b,
    "LS": lambda a, b, n: a <= b,
    "GE": lambda a, b, n: s(a, n) >= s(b, n),
    "LT": lambda a, b, n: s(a, n) < s(b, n),
    "GT": lambda a, b, n: s(a, n) > s(b, n),
    "LE": lambda a, b, n: s(a, n) <= s(b, n),
    "MI": lambda a, b, n: s(a - b, n) < 0,
    "PL": lambda a, b, n: s(a - b, n) >= 0,
    "VS": lambda a, b, n: s(a, n) - s(b, n) != s(a - b, n),
    "VC": lambda a, b, n: s(a, n) - s(b, n) == s(a - b, n),
}


@pytest.mark.parametrize("name", CONDITIONS)
@given(a=numbers, b=numbers)
def test_conditions_after_a_comparison(name: str, a: int, b: int) -> None:
    for letter, bits in (("X", 64), ("W", 32)):
        mask = (1 << bits) - 1
        wanted = CONDITIONS[name](a & mask, b & mask, bits)
        ran = Ran(f"CMP {letter}1,{letter}2;CSET X0,{name}", holding(a, b))
        assert ran.number("X0", {UNKNOWN + 1: a, UNKNOWN + 2: b}) == wanted


@given(a=numbers, b=numbers)
def test_flags_of_a_sum_and_of_logic(a: int, b: int) -> None:
    reads = {UNKNOWN + 1: a, UNKNOWN + 2: b}
    low, high = a & M32, b & M32
    after_sum = {
        "EQ": (low + high) & M32 == 0,
        "MI": s(low + high, 32) < 0,
        "CS": low + high > M32,
        "VS": s(low, 32) + s(high, 32) != s(low + high, 32),
        "LT": s(low, 32) + s(high, 32) < 0,
    }
    after_and = {"EQ": a & b == 0, "MI": a & b >> 63 == 1, "CS": False, "VS": False}
    after_and["MI"] = (a & b) >> 63 == 1
    for before, wanted in (("ADDS W3,W1,W2", after_sum), ("TST X1,X2", after_and)):
        for name, held in wanted.items():
            ran = Ran(f"{before};CSET X0,{name}", holding(a, b))
            assert ran.number("X0", reads) == held, (before, name)


LOADED: dict[str, int] = {
    "LDR X0,[X10]": 0xF1F2_F3F4_F5F6_F7F8,
    "LDR W0,[X10]": 0xF5F6_F7F8,
    "LDRB W0,[X10]": 0xF8,
    "LDRSB W0,[X10]": 0xFFFF_FFF8,
    "LDRSB X0,[X10]": 0xFFFF_FFFF_FFFF_FFF8,
    "LDRSH X0,[X10]": 0xFFFF_FFFF_FFFF_F7F8,
    "LDRSW X0,[X10]": 0xFFFF_FFFF_F5F6_F7F8,
    "LDP W0,W1,[X10]": 0xF5F6_F7F8,
    "LDP W1,W0,[X10]": 0xF1F2_F3F4,
    "LDPSW X1,X0,[X10]": 0xFFFF_FFFF_F1F2_F3F4,
    "LDXR W0,[X10]": 0xF5F6_F7F8,
    "SWPH W1,W0,[X10]": 0xF7F8,
    "CAS X0,X1,[X10]": 0xF1F2_F3F4_F5F6_F7F8,
    "CASB W0,W1,[X10]": 0xF8,
    "CASP W2,W0,W4,W5,[X10]": 0xF1F2_F3F4,
}


@pytest.mark.parametrize("text", LOADED)
def test_what_a_load_returns(text: str) -> None:
    ran = Ran(text, {"X0": Tracked(Const(M64, 64))})
    assert ran.number("X0", {0: 0xF1F2_F3F4_F5F6_F7F8}) == LOADED[text]


OLD, OPERAND = 0x8000_00F0, 0x1_0000_003C

STORED: dict[str, int] = {
    "STR X1,[X10]": OPERAND,
    "STR W1,[X10]": 0x3C,
    "STRB W1,[X10]": 0x3C,
    "STP W1,W2,[X10]": 5 << 32 | 0x3C,
    "STP X1,X2,[X10]": 5 << 64 | OPERAND,
    "SWP X1,X0,[X10]": OPERAND,
    "LDADD W1,W0,[X10]": 0x8000_012C,
    "LDCLR W1,W0,[X10]": 0x8000_00C0,
    "STEOR W1,[X10]": 0x8000_00CC,
    "LDSETH W1,W0,[X10]": 0x00FC,
    "LDSMAX W1,W0,[X10]": 0x3C,
    "LDSMIN W1,W0,[X10]": 0x8000_00F0,
    "LDUMAX W1,W0,[X10]": 0x8000_00F0,
    "STUMIN W1,[X10]": 0x3C,
    "LDADDB W1,W0,[X10]": 0x2C,
    "CAS W0,W1,[X10]": 0x3C,
    "CASP X2,X3,X4,X5,[X10]": 7,
    "LDXR X0,[X10];STXR W6,X1,[X10]": OPERAND,
    "LDXP X0,X3,[X10];STXP W6,X1,X2,[X10]": 5 << 64 | OPERAND,
}


@pytest.mark.parametrize("text", STORED)
def test_what_a_store_writes(text: str) -> None:
    known = {"X1": OPERAND, "X2": 5, "X4": 7}
    ran = Ran(text, {name: Tracked(Const(number, 64)) for name, number in known.items()})
    written = ran.drafts[-1].value
    assert written is not None
    assert evaluate(written, lambda _: OLD, lambda _: 1) == STORED[text]


@pytest.mark.parametrize(("read", "stores"), [(5, 1), (6, 0), (5 | 1 << 32, 1)])
def test_a_compare_and_swap_stores_where_the_old_number_is_expected(read: int, stores: int) -> None:
    (draft,) = Ran("CAS W2,W1,[X10]", {"X2": Tracked(Const(5, 64))}).drafts
    assert evaluate(draft.stores_if, lambda _: read & M32, lambda _: 1) == stores


# --- dependencies ---------------------------------------------------------------------------------

DEPENDENCIES = """
EOR W0,W1,W1            1
SUB X0,X1,X1            1
AND W0,W1,#0            1
MUL X0,X1,XZR           1
ADD X0,X1,X2            1 2
MOVK X1,#1;MOV X0,X1    1
MOV X0,#1               none
MOV W0,WZR              none
CSEL X0,X3,X3,EQ        3
CMP X1,X2;CSET X0,EQ    (1) (2)
CMP X1,X2;CSEL X0,X3,X3,LT      (1) (2) 3
CMP X1,X2;CINC X0,X3,LT         (1) (2) 3
SUBS X1,X1,X2;CSET X0,VS        (1) (2)
CMP X1,#0;CSET X4,EQ;ADD X0,X4,X3       (1) 3
ADDS X1,X1,X2;ADC X0,XZR,XZR    1 2
BFI X0,X1,#0,#4         1
LDR X0,[X10]            m
LDR X0,[X10,X1]         m
LDADD X1,X0,[X10]       m
SWP X1,X0,[X10]         m
LDXR W0,[X10];STXR W0,W1,[X10]  none
LDP X0,X1,[X10]         m
"""


@pytest.mark.parametrize(("text", "wanted"), _cases(DEPENDENCIES))
def test_what_a_register_depends_on(text: str, wanted: str) -> None:
    known = holding(1, 2, 3)
    if "[X10,X1]" in text:
        known["X1"] = Tracked(Const(8, 64), frozenset((UNKNOWN + 1,)))
    found = Ran(text, known).registers["X0"]
    names = {UNKNOWN + 1: "1", UNKNOWN + 2: "2", UNKNOWN + 3: "3", 0: "m"}
    words = [names[depends(one)[0]] for one in found.deps] + [
        f"({names[one]})" for one in found.picks
    ]
    assert sorted(words) == ([] if wanted == "none" else wanted.split())


def test_a_selection_depends_on_the_number_that_it_took() -> None:
    """Numbers with other dependencies make two ways of the thread."""
    ran = Ran("LDR W1,[X10];LDR W2,[X10];LDR W3,[X10];CMP W1,#0;CSEL W0,W2,W3,EQ;STR W0,[X10]")
    stores = ran.drafts[3:]
    assert [draft.data for draft in stores] == [{1}, {2}]
    assert all(draft.ctrl == {0} for draft in stores)
    assert [_happens(draft, 0) for draft in stores] == [True, False]
    assert [_happens(draft, 1) for draft in stores] == [False, True]


def test_a_compare_and_swap_picks_the_number_that_it_expects() -> None:
    ran = Ran("CAS W2,W1,[X10];STR W2,[X10,#8]", {"X2": Tracked(Const(5, 64))})
    swap, confirmed, other = ran.drafts
    assert confirmed.data == set()
    assert swap.number in confirmed.ctrl
    assert other.data == {swap.number}
    assert [_happens(draft, 5) for draft in (confirmed, other)] == [True, False]
    assert [_happens(draft, 6) for draft in (confirmed, other)] == [False, True]


@pytest.mark.parametrize("known", [0, 1])
def test_an_expected_number_that_was_read_is_taken_from_either_side(known: int) -> None:
    ran = Ran("LDR X1,[X10];CAS X1,X3,[X10];STR X1,[X10,#8]")
    load, swap, confirmed, other = ran.drafts
    assert swap.number in confirmed.ctrl
    assert confirmed.data == {load.number}
    assert other.data == {swap.number}
    assert evaluate(other.guard, lambda _: 5, lambda _: known) == 1 - known


def test_a_conditional_comparison_picks_its_flags() -> None:
    ran = Ran("CMP X1,X2;CCMP X3,#0,#4,EQ;CSET X0,EQ", holding(1, 2, 3))
    assert {UNKNOWN + 1, UNKNOWN + 2} <= ran.registers["X0"].picks


def test_what_an_access_depends_on() -> None:
    """A register that folds to a number still carries its dependency."""
    ran = Ran("LDR W0,[X10];EOR W1,W0,W0;STR W1,[X10,W1,SXTW];ADD X10,X10,X1;LDR W2,[X10]")
    load, store, last = ran.drafts
    assert (load.addr, load.data, load.ctrl) == (frozenset(),) * 3
    assert store.addr == store.data == {0}
    assert last.addr == {0}


def test_a_base_that_is_written_back_depends_on_what_moved_it() -> None:
    ran = Ran("LDR W0,[X10];EOR X1,X0,X0;LDR W2,[X10,X1];LDR W3,[X10],#4;LDR W4,[X10]")
    assert [draft.addr for draft in ran.drafts] == [set(), {0}, set(), set()]


BRANCHES = {
    "CBZ W0,L": (0, 1),
    "CBNZ W0,L": (1, 0),
    "CMP W0,#1;B.EQ L": (1, 0),
    "CMP W0,#1;B.NE L": (0, 1),
    "TBZ W0,#0,L": (2, 1),
    "TBNZ X0,#1,L": (2, 1),
    "SUBS W3,W0,#3;B.CC L": (2, 3),
    "B.AL L": (0, None),
}


@pytest.mark.parametrize("text", BRANCHES)
def test_a_branch_is_taken_where_its_condition_holds(text: str) -> None:
    ran = Ran(f"LDR W0,[X10];{text};STR W1,[X10,#4];L: STR W2,[X10,#8]")
    stores = ran.drafts[1:]
    for number, offsets in zip(BRANCHES[text], ([8], [4, 8]), strict=True):
        done = [draft for draft in stores if number is not None and _happens(draft, number)]
        places = [draft.place.offset for draft in done if draft.place]
        assert number is None or places == offsets
    assert all(draft.ctrl == ({0} if len(stores) == 2 else set()) for draft in stores)


def _happens(draft: Draft, read: int) -> bool:
    return evaluate(draft.guard, lambda _: read, lambda _: 1) == 1


def test_a_branch_on_a_status_is_no_dependency() -> None:
    ran = Ran("LDXR W0,[X10];STXR W1,W2,[X10];CBNZ W1,L;L: STR W3,[X10,#8]")
    assert ran.drafts[-1].ctrl == frozenset()


@pytest.mark.parametrize("branch", ["B .+8", "B . + 8", "B .+12"])
def test_a_branch_to_a_distance(branch: str) -> None:
    cells = ["P0", branch, "STR W0,[X1]", "STR W0,[X1,#4]", "L: STR W0,[X1,#8]"]
    text = f"AArch64 t\n{{ int x[4]; 0:X1=x; }}\n{' ;'.join(cells)} ;\nexists (x[0]=0)"
    drawn = sketch(parse(text), arch.target("arm64"), 2)
    offsets = [draft.place.offset for draft in drawn.drafts if draft.place]
    assert offsets == ([8] if "12" in branch else [4, 8])


@pytest.mark.parametrize("branch", ["B .+20", "B .-8", "B .+6"])
def test_a_distance_that_is_no_instruction(branch: str) -> None:
    with pytest.raises(Diagnostic, match="no instruction of the thread"):
        parse(f"AArch64 t\n{{ }}\nP0 ;\n{branch} ;\nNOP ;\nexists (x=0)")


def test_a_jump_and_the_end() -> None:
    ran = Ran("B L;STR W0,[X10];L: STR W0,[X10,#8];RET;STR W0,[X10]")
    assert [access.footprint.offset for access in ran.accesses] == [8]


def test_instructions_that_do_nothing() -> None:
    assert not Ran("NOP;YIELD;WFE;SEV;PRFM PLDL1KEEP,[X10]").drafts


# --- spelling -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["ldr w0, [x10, #4]", "LDR  W0 , [ X10 , 4 ]", "Ldr W0,[x10,#0x4]", "LDR w0,[X10,#+4]"],
)
def test_spellings_of_one_instruction(text: str) -> None:
    (access,) = Ran(text).accesses
    assert (access.footprint.offset, access.footprint.size) == (4, 4)


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("X3", View("X3", 64)),
        ("w30", View("X30", 32)),
        ("SP", View("SP", 64)),
        ("wzr", View("XZR", 32)),
        ("X31", None),
        ("R0", None),
    ],
)
def test_registers(name: str, view: View | None) -> None:
    assert register(name) == view


WRONG = {
    "LDRR W0,[X10]": "did you mean ldr",
    "LDR W0": "LDR X0, [X1] with an offset",
    "LDR W0,[X10],#4,#8": "LDR X0, [X1] with an offset",
    "LDRB X0,[X10]": "LDRB X0, [X1] with an offset",
    "ADD X0,X1,W2": "ADD X0, X1, X2 or a number",
    "ADD X0,X1": "ADD X0, X1, X2 or a number",
    "MOV X0,foo": "MOV X0, X1 or a number",
    "CSEL X0,X1,X2,XX": "CSEL X0, X1, X2, EQ",
    "DMB WHAT": "DMB SY, LD or ST",
    "LDAR W0,[X10,#4]!": "LDAR W0, [X1]",
    "LDXR W0,[X10,#4]": "LDXR W0, [X1]",
    "LDADDB X0,X1,[X10]": "LDADDB W0, W1, [X2]",
    "UBFX W0,W1,#40,#1": "UBFX X0, X1, #bit, #bit",
    "TBZ W0,#33,L": "TBZ X0, #bit, label",
    "ISB LD": "ISB",
}


@pytest.mark.parametrize("text", WRONG)
def test_instructions_that_have_no_meaning(text: str) -> None:
    with pytest.raises(Diagnostic) as caught:
        Ran(f"NOP;{text};L: NOP")
    assert caught.value.at == (2, 1)
    assert WRONG[text] in caught.value.hint


@pytest.mark.parametrize("text", ["LDR W0,[X10", "ADD X0 X1", "LDR W0,[X10,#4]]", "MOV X0,"])
def test_texts_that_are_no_instruction(text: str) -> None:
    with pytest.raises(Diagnostic):
        code(text)


def test_all_mnemonics_are_lower_case() -> None:
    assert all(name == name.lower() for name in table())
