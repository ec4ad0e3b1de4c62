"""AArch64 instructions: what they compute, load and store."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.expression import Const, evaluate
from checker.lowering.asm.machine import Tracked
from tests.asm_aarch64_run import UNKNOWN, Ran, holding

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
