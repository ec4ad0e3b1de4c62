"""RISC-V's instructions: the accesses they make, what they compute, and what that depends on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.diagnostic import Diagnostic
from checker.expression import evaluate, signed
from checker.lowering.asm import riscv
from checker.lowering.draft import Sketch
from checker.program import Fence
from tests.asm_run import CORPORA, drawn, refused, run

rv64 = partial(run, "RISCV", "riscv", "riscv64")

ONES = (1 << 64) - 1

# --- accesses -------------------------------------------------------------------------------------

ACCESSES = {
    "lb x5,0(x6)": ["load.gpr x+0 1"],
    "lbu x5,1(x6)": ["load.gpr x+1 1"],
    "lh x5,2(x6)": ["load.gpr x+2 2"],
    "lhu t0,(t1)": ["load.gpr x+0 2"],
    "lw x5,4(x6)": ["load.gpr x+4 4"],
    "lwu x0,0(x6)": ["load.gpr x+0 4"],
    "LD x5,0(x6)": ["load.gpr x+0 8"],
    "lw.aq x5,0(x6)": ["load.zalasr x+0 4 acquire"],
    "lw.aq.rl x5,0(x6)": ["load.zalasr x+0 4 acquire release"],
    "ld.aqrl x5,0(x6)": ["load.zalasr x+0 8 acquire release"],
    "sb x5,7(x6)": ["store.gpr x+7 1"],
    "sh x5,0(x6)": ["store.gpr x+0 2"],
    "sw x0,0(x6)": ["store.gpr x+0 4"],
    "sd x5,0(x6)": ["store.gpr x+0 8"],
    "sw.rl x5,0(x6)": ["store.zalasr x+0 4 release"],
    "sd.rl x5,0(x6)": ["store.zalasr x+0 8 release"],
    "lr.w x5,(x6)": ["load.lrsc x+0 4 exclusive"],
    "lr.d.aq x5,0(x6)": ["load.lrsc x+0 8 exclusive acquire"],
    "lr.w x5,(x6); sc.w.rl x7,x5,0(x6)": [
        "load.lrsc x+0 4 exclusive", "store.lrsc x+0 4 exclusive release",
    ],
    "amoswap.w x5,x7,(x6)": ["load.amo x+0 4 atomic", "store.amo x+0 4 atomic"],
    "amoadd.d.aq.rl x0,x7,(x6)": [
        "load.amo x+0 8 atomic acquire release", "store.amo x+0 8 atomic acquire release",
    ],
    "amoor.b.aq x5,x7,(x6)": ["load.amo x+0 1 atomic acquire", "store.amo x+0 1 atomic acquire"],
    "amocas.h.rl x5,x7,(x6)": ["load.amo x+0 2 atomic release", "store.amo x+0 2 atomic release"],
}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), ACCESSES.items(), ids=ACCESSES)
def test_instructions_make_these_accesses(code: str, expected: list[str]) -> None:
    assert rv64(code, x6="x").accesses() == expected


FENCES = {
    "fence": "fence rw,rw",
    "fence rw,w": "fence rw,w",
    "fence wr, r": "fence rw,r",
    "fence iorw,ow": "fence rw,w",
    "fence.tso": "fence.tso",
    "fence.i": "fence.i",
    "fence i,o": None,
}


@pytest.mark.parametrize(("code", "name"), FENCES.items(), ids=FENCES)
def test_fences_have_one_spelling(code: str, name: str | None) -> None:
    found = [step for draft in rv64(code).drafts for step in draft.steps or ()]
    assert found == ([] if name is None else [Fence(name)])


# --- results --------------------------------------------------------------------------------------

RESULTS = {
    "add x5,x6,x7": 12,
    "sub x5,x6,x7": -2,
    "xor x5,x6,x7": 2,
    "and x5,x6,x8": 5,
    "or x5,x6,x7": 7,
    "sll x5,x6,x7": 5 << 7,
    "sra x5,x8,x7": -1,
    "srl x5,x8,x9": 1,
    "slt x5,x8,x6": 1,
    "sltu x5,x8,x6": 0,
    "mul x5,x6,x8": -5,
    "mulh x5,x6,x8": -1,
    "mulhu x5,x6,x8": 4,
    "mulhsu x5,x8,x6": -1,
    "div x5,x8,x6": 0,
    "div x5,x6,x0": -1,
    "divu x5,x6,x0": -1,
    "rem x5,x6,x0": 5,
    "rem x5,x7,x6": 2,
    "remu x5,x8,x6": ONES % 5,
    "addw x5,x10,x10": -2,
    "sllw x5,x6,x11": 1 << 30,
    "sraw x5,x10,x6": (0x7FFFFFFF >> 5),
    "mulw x5,x10,x6": signed(0x7FFFFFFF * 5 & 0xFFFFFFFF, 32),
    "divw x5,x8,x0": -1,
    "addi x5,x6,-6": -1,
    "andi x5,x6,4": 4,
    "ori x5,x0,0x7ff": 0x7FF,
    "xori x5,x6,-1": ~5,
    "slti x5,x6,6": 1,
    "sltiu x5,x0,1": 1,
    "slli x5,x6,63": 1 << 63,
    "srli x5,x8,60": 15,
    "srai x5,x8,60": -1,
    "addiw x5,x10,1": -(1 << 31),
    "li x5,-9": -9,
    "lui x5,0x80000": -(1 << 31),
    "mv x5,x7": 7,
    "MV a0,x7; mv x5,x10": 7,
    "neg x5,x6": -5,
    "not x5,x6": ~5,
    "sext.w x5,x12": -1,
    "sext.b x5,x12": -1,
    "zext.h x5,x8": 0xFFFF,
    "seqz x5,x0": 1,
    "snez x5,x6": 1,
    "sltz x5,x8": 1,
    "sgtz x5,x8": 0,
    "li x0,5; mv x5,x0": 0,
    "and x5,x6,4": 4,
}

VALUES = {
    "x6": 5, "x7": 7, "x8": ONES, "x9": 63, "x10": 0x7FFFFFFF, "x11": 30, "x12": 0xFFFFFFFF,
}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), RESULTS.items(), ids=RESULTS)
def test_arithmetic(code: str, expected: int) -> None:
    assert rv64(code, **VALUES).number("x5") == expected & ONES


READS = {
    "lb x5,0(x6)": -1,
    "lbu x5,0(x6)": 0xFF,
    "lh x5,0(x6)": -1,
    "lhu x5,0(x6)": 0xFFFF,
    "lw x5,0(x6)": -1,
    "lwu x5,0(x6)": 0xFFFFFFFF,
    "lr.w x5,(x6)": -1,
    "amoadd.w x5,x7,(x6)": -1,
}


@pytest.mark.parametrize(("code", "expected"), READS.items(), ids=READS)
def test_what_is_read_is_extended(code: str, expected: int) -> None:
    size = {"b": 1, "h": 2}.get(code[1], 4)
    assert rv64(code, x6="x").number("x5", (1 << 8 * size) - 1) == expected & ONES


WRITTEN = {
    "amoswap.w x5,x7,(x6)": 7,
    "amoadd.w x5,x7,(x6)": 5,
    "amoand.w x5,x7,(x6)": 6,
    "amoor.w x5,x7,(x6)": -1,
    "amoxor.w x5,x7,(x6)": -7,
    "amomax.w x5,x7,(x6)": 7,
    "amomin.w x5,x7,(x6)": -2,
    "amomaxu.w x5,x7,(x6)": -2,
    "amominu.w x5,x7,(x6)": 7,
}
"""What is written where -2 was, with 7."""


@pytest.mark.parametrize(("code", "expected"), WRITTEN.items(), ids=WRITTEN)
def test_updates(code: str, expected: int) -> None:
    (draft,) = rv64(code, x6="x", x7=7).drafts
    assert draft.value is not None
    found = evaluate(draft.value, lambda _: 0xFFFFFFFE, lambda _: 0)
    assert found == expected & 0xFFFFFFFF


def test_compare_and_swap_writes_where_it_is_expected() -> None:
    (draft,) = rv64("amocas.w x5,x7,(x6)", x5=3, x6="x", x7=9).drafts
    assert evaluate(draft.stores_if, lambda _: 3, lambda _: 0) == 1
    assert evaluate(draft.stores_if, lambda _: 4, lambda _: 0) == 0


def test_a_conditional_store_says_zero_where_it_succeeds() -> None:
    assert rv64("lr.w x5,(x6); sc.w x7,x5,(x6)", x6="x").number("x7", 0, 0) == 0
    assert rv64("sc.w x7,x5,(x6)", x6="x").number("x7") == 1


# --- dependencies ---------------------------------------------------------------------------------

DEPENDENCIES = {
    "lw x5,0(x6); sw x5,0(x7)": ("addr", []),
    "lw x5,0(x6); sw x5,4(x6)": ("data", [0]),
    "lw x5,0(x6); andi x5,x5,0; sw x5,0(x7)": ("data", [0]),
    "lw x5,0(x6); mv x8,x5; li x5,1; sw x5,0(x7)": ("data", []),
    "lw x0,0(x6); sw x0,0(x7)": ("data", []),
    "lw x5,0(x6); xor x8,x5,x5; add x8,x8,x7; lw x9,0(x8)": ("addr", [0]),
    "lw x5,0(x6); lw x8,4(x6); add x5,x5,x8; sw x5,0(x7)": ("data", [0, 1]),
    "lw x5,0(x6); bnez x5,L0; sw x0,0(x7)": ("ctrl", [0]),
    "lw x5,0(x6); sub x5,x5,x5; beqz x5,L0": ("ctrl", []),
    "amoswap.w x5,x8,(x6); sw x5,0(x7)": ("data", [0]),
    "lr.w x5,(x6); sc.w x8,x0,(x6); sw x8,0(x7)": ("data", [1]),
    "amoadd.w x5,x8,(x6)": ("data", [0]),
    "amoswap.w x5,x8,(x6)": ("data", []),
}
"""What the last operation depends on."""


@pytest.mark.parametrize(("code", "expected"), DEPENDENCIES.items(), ids=DEPENDENCIES)
def test_dependencies(code: str, expected: tuple[str, list[int]]) -> None:
    kind, numbers = expected
    last = rv64(code, x6="x", x7="y").drafts[-1]
    assert sorted(getattr(last, kind)) == numbers


@pytest.mark.parametrize(
    "code",
    [
        "ldu x5,0(x6)",
        "lw.acq x5,0(x6)",
        "lr.h x5,(x6)",
        "amonand.w x5,x6,(x7)",
        "fence.x",
        "call L0",
    ],
)
def test_unknown_instructions_are_named(code: str) -> None:
    with pytest.raises(Diagnostic, match=f"`{code.split(maxsplit=1)[0]}` is not an instruction"):
        rv64(code, x6="x")


@pytest.mark.parametrize(
    "code", ["lw x5", "lw x5,x6", "sw 0(x6),x5", "add x5,x6", "addi x5,x6,x7", "li x5,x6",
             "bne x5,x6", "beqz x5,x6,L0", "fence rw", "fence rw,q", "lw x5,0(y6)", "nop x5"],
)  # fmt: skip
def test_wrong_operands_are_refused(code: str) -> None:
    with pytest.raises(Diagnostic, match="wrong operands") as problem:
        rv64(code, x6="x")
    assert problem.value.hint


def test_registers_have_numbers_and_names() -> None:
    assert {riscv.register(name) for name in ("x8", "s0", "fp", "FP")} == {riscv.register("x8")}
    assert riscv.register("a0") == riscv.register("x10")
    assert riscv.register("t6") == riscv.register("x31")
    assert riscv.register("x32") is None


# --- programs, against an interpreter -------------------------------------------------------------

REGISTERS = [f"x{number}" for number in (5, 8, 9, 10)]
COMPUTE: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "xor": lambda a, b: a ^ b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "addw": lambda a, b: signed(a + b & 0xFFFFFFFF, 32),
    "sltu": lambda a, b: int(a < b),
    "slt": lambda a, b: int(signed(a, 64) < signed(b, 64)),
    "sll": lambda a, b: a << (b & 63),
    "srl": lambda a, b: a >> (b & 63),
}
LOADS = {"lb": (1, True), "lbu": (1, False), "lhu": (2, False), "lw": (4, True), "ld": (8, False)}
STORES = {"sb": 1, "sh": 2, "sw": 4, "sd": 8}
BRANCHES: dict[str, Callable[[int, int], bool]] = {
    "beq": lambda a, b: a == b,
    "bne": lambda a, b: a != b,
    "bltu": lambda a, b: a < b,
    "bge": lambda a, b: signed(a, 64) >= signed(b, 64),
}
UPDATES: dict[str, Callable[[int, int], int]] = {
    "amoswap": lambda old, new: new,
    "amoadd": lambda old, new: old + new,
    "amomaxu": max,
}

Line = tuple[str, ...]

registers = st.sampled_from(REGISTERS)
lines = st.one_of(
    st.tuples(st.sampled_from(sorted(COMPUTE)), registers, registers, registers),
    st.tuples(st.just("li"), registers, st.integers(-4, 4).map(str)),
    st.tuples(st.sampled_from(sorted(LOADS)), registers, st.sampled_from(["0", "8"])),
    st.tuples(st.sampled_from(sorted(STORES)), registers, st.sampled_from(["0", "8"])),
    st.tuples(st.sampled_from(sorted(UPDATES)), registers, registers, st.sampled_from("wd")),
    st.tuples(st.sampled_from(sorted(BRANCHES)), registers, registers),
)


def spelled(number: int, line: Line, count: int) -> str:
    """Return an instruction; a branch skips the next one."""
    name, *rest = line
    if name in LOADS or name in STORES:
        return f"{name} {rest[0]},{rest[1]}(x6)"
    if name in UPDATES:
        return f"{name}.{rest[2]} {rest[0]},{rest[1]},(x6)"
    if name in BRANCHES:
        return f"{name} {rest[0]},{rest[1]},L{min(number + 2, count)}"
    return f"{name} {','.join(rest)}"


def interpreted(program: list[Line]) -> tuple[dict[str, int], bytes]:
    """Run a program on numbers, and return its registers and the memory."""
    held, memory, number = dict.fromkeys(REGISTERS, 0), bytearray(16), 0

    def word(at: int, size: int) -> int:
        return int.from_bytes(memory[at : at + size], "little")

    def put(at: int, size: int, value: int) -> None:
        memory[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")

    while number < len(program):
        name, *rest = program[number]
        number += 1
        if name in COMPUTE:
            held[rest[0]] = COMPUTE[name](held[rest[1]], held[rest[2]]) & ONES
        elif name == "li":
            held[rest[0]] = int(rest[1]) & ONES
        elif name in LOADS:
            size, sign = LOADS[name]
            raw = word(int(rest[1]), size)
            held[rest[0]] = (signed(raw, 8 * size) if sign else raw) & ONES
        elif name in STORES:
            put(int(rest[1]), STORES[name], held[rest[0]])
        elif name in UPDATES:
            size = 4 if rest[2] == "w" else 8
            old, operand = word(0, size), held[rest[1]] % (1 << 8 * size)
            put(0, size, UPDATES[name](old, operand))
            held[rest[0]] = signed(old, 8 * size) & ONES
        elif BRANCHES[name](held[rest[0]], held[rest[1]]):
            number += 1
    return held, bytes(memory)


def replayed(sketch: Sketch) -> tuple[dict[str, int], bytes]:
    """Carry out a thread's operations one after the other, each as its expressions have it."""
    memory, read = bytearray(16), dict[int, int]()

    def compute(expression: object) -> int:
        return evaluate(expression, lambda number: read[number], lambda _: 0)  # type: ignore[arg-type]

    for draft in sketch.drafts:
        place = draft.place
        assert place is not None
        read[draft.number] = 0
        if not compute(draft.guard):
            continue
        read[draft.number] = int.from_bytes(memory[place.offset : place.end], "little")
        if draft.kind != "load":
            assert draft.value is not None
            memory[place.offset : place.end] = compute(draft.value).to_bytes(place.size, "little")
    (thread,) = sketch.threads
    return {name: compute(value) for name, value in thread.registers}, bytes(memory)


@settings(max_examples=300, deadline=None)
@given(st.lists(lines, max_size=14))
def test_a_thread_alone_does_what_an_interpreter_does(program: list[Line]) -> None:
    rows = [f"L{n}: {spelled(n, line, len(program))} ;" for n, line in enumerate(program)]
    text = "\n".join(
        [
            "RISCV t",
            "{ uint64_t x[2]; 0:x6=x; }",
            "P0 ;",
            *rows,
            f"L{len(program)}: ;",
            "forall true",
        ]
    )
    registers, memory = replayed(drawn(text, "riscv64"))
    expected, final = interpreted(program)
    assert memory == final
    assert {name: registers.get(name, 0) for name in REGISTERS} == expected


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpus is not at hand")
def test_every_test_of_the_corpus_can_be_used() -> None:
    assert refused("riscv", "riscv64") == {}
