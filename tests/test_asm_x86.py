"""x86 instructions: the accesses they make, what they compute, and what that depends on."""

from __future__ import annotations

from functools import partial

import pytest

from checker.diagnostic import Diagnostic
from checker.lowering.asm import x86
from checker.lowering.asm.x86_step import REGISTERS
from checker.program import Access, Fence
from tests.asm_run import CORPORA, Ran, drawn, refused, run, value_of

x86_64 = partial(run, "X86_64", "x86", "x86-64")


# --- accesses -------------------------------------------------------------------------------------

ACCESSES = {
    "movb $1,(x)": ["store.gpr x+0 1"],
    "movw $1,2(%rsi)": ["store.gpr y+2 2"],
    "movl $1,(x)": ["store.gpr x+0 4"],
    "movq %rax,(x)": ["store.gpr x+0 8"],
    "mov %ax,(x)": ["store.gpr x+0 2"],
    "mov $1,(x)": ["store.gpr x+0 4"],
    "MOVL (Y),%eax": None,
    "movl (y),%eax": ["load.gpr y+0 4"],
    "movl 4(%rsi),%eax": ["load.gpr y+4 4"],
    "movb (%rsi,%rbx,4),%al": ["load.gpr y+4 1"],
    "movl y(%rip),%eax": ["load.gpr y+0 4"],
    "movl [y],%eax": ["load.gpr y+0 4"],
    "movzbl 3(%rsi),%eax": ["load.gpr y+3 1"],
    "movslq (x),%rax": ["load.gpr x+0 4"],
    "movntil %eax,(x)": ["store.movnti x+0 4"],
    "lea 4(%rsi),%rax": [],
    "addl (x),%eax": ["load.gpr x+0 4"],
    "addl %eax,(x)": ["load.rmw x+0 4", "store.rmw x+0 4"],
    "incl (x)": ["load.rmw x+0 4", "store.rmw x+0 4"],
    "cmpl $1,(x)": ["load.gpr x+0 4"],
    "testl $1,(x)": ["load.gpr x+0 4"],
    "lock incl (x)": ["load.locked x+0 4 atomic", "store.locked x+0 4 atomic"],
    "lock addq %rax,(x)": ["load.locked x+0 8 atomic", "store.locked x+0 8 atomic"],
    "lock xaddl %eax,(x)": ["load.locked x+0 4 atomic", "store.locked x+0 4 atomic"],
    "lock cmpxchgl %ebx,(x)": ["load.locked x+0 4 atomic", "store.locked x+0 4 atomic"],
    "lock cmpxchgl (x),%ebx": ["load.locked x+0 4 atomic", "store.locked x+0 4 atomic"],
    "cmpxchgl %ebx,(x)": ["load.rmw x+0 4", "store.rmw x+0 4"],
    "xchgl (x),%eax": ["load.locked x+0 4 atomic", "store.locked x+0 4 atomic"],
    "xchgb %al,2(%rsi)": ["load.locked y+2 1 atomic", "store.locked y+2 1 atomic"],
    "lock xchgl %eax,(x)": ["load.locked x+0 4 atomic", "store.locked x+0 4 atomic"],
    "uxchl (x),%eax": ["load.rmw x+0 4", "store.rmw x+0 4"],
    "xchgl %eax,%ebx": [],
    "setne (x)": ["store.gpr x+0 1"],
    "cmovel (x),%eax": ["load.gpr x+0 4"],
}


@pytest.mark.parametrize("code", ACCESSES)
def test_an_instruction_makes_these_accesses(code: str) -> None:
    wanted = ACCESSES[code]
    if wanted is None:
        with pytest.raises(Diagnostic, match="is not a location"):
            x86_64(code, rsi="y", rbx=1)
    else:
        assert x86_64(code, rsi="y", rbx=1).accesses() == wanted


@pytest.mark.parametrize("name", ["mfence", "sfence", "lfence", "MFENCE"])
def test_a_fence_is_recorded_by_its_name(name: str) -> None:
    (draft,) = x86_64(name).drafts
    assert draft.kind == "fence"
    assert draft.steps == (Fence(name.lower()),)


# --- values ---------------------------------------------------------------------------------------

OLD = 0x1122334455667788

VALUES = {
    "movb $-1,%al": 0x11223344556677FF,
    "movb $-1,%ah": 0x112233445566FF88,
    "movw $-1,%ax": 0x112233445566FFFF,
    "movl $-1,%eax": 0xFFFFFFFF,
    "movq $-1,%rax": 0xFFFFFFFFFFFFFFFF,
    "mov $-1,%rax": 0xFFFFFFFFFFFFFFFF,
    "mov $-1,%ax": 0x112233445566FFFF,
    "movb %ah,%al": 0x1122334455667777,
    "movzbl %al,%eax": 0x88,
    "movsbl %al,%eax": 0xFFFFFF88,
    "movsbw %al,%ax": 0x112233445566FF88,
    "movslq %eax,%rax": 0x55667788,
    "add $1,%eax": 0x55667789,
    "addb $0x80,%al": 0x1122334455667708,
    "sub $1,%rax": 0x1122334455667787,
    "subq %rbx,%rax": OLD - 3,
    "and %eax,%eax": 0x55667788,
    "or $7,%al": 0x112233445566778F,
    "xor %rax,%rax": 0,
    "not %eax": 0xAA998877,
    "neg %al": 0x1122334455667778,
    "inc %rax": 0x1122334455667789,
    "decb %al": 0x1122334455667787,
    "shl 2,%eax": 0x5599DE20,
    "shl %eax": 0xAACCEF10,
    "shrq $60,%rax": 1,
    "sar $4,%al": 0x11223344556677F8,
    "shl $32,%eax": 0x55667788,
    "imul %rbx,%rax": (OLD * 3) % (1 << 64),
    "lea 4(%rbx,%rbx,8),%rax": 4 + 3 * 9,
    "xchg %rbx,%rax": 3,
    "cmpxchg %rbx,%rax": 3,
    "nop": OLD,
}


@pytest.mark.parametrize("code", VALUES)
def test_an_instruction_leaves_this_in_rax(code: str) -> None:
    assert x86_64(code, rax=OLD, rbx=3).number("rax") == VALUES[code]


def test_what_a_narrow_load_leaves_of_a_register() -> None:
    for code, wanted in (
        ("movb (x),%al", 0x11223344556677FE),
        ("movw (x),%ax", 0x112233445566FFFE),
        ("movl (x),%eax", 0xFFFFFFFE),
        ("movb (x),%ah", 0x112233445566FE88),
    ):
        assert x86_64(code, rax=OLD).number("rax", 0xFFFFFFFE) == wanted


def test_an_exchange_writes_the_register_and_returns_what_was_there() -> None:
    ran = x86_64("xchgw %ax,(x)", rax=OLD)
    (draft,) = ran.drafts
    assert draft.value is not None
    assert value_of(draft.value, 0) == 0x7788
    assert ran.number("rax", 0xABCD) == 0x112233445566ABCD


@pytest.mark.parametrize(("before", "stored", "after"), [(5, True, 5), (6, False, 6)])
def test_a_locked_compare_and_exchange(before: int, stored: bool, after: int) -> None:
    ran = x86_64("lock cmpxchgl %ebx,(x)", rax=5, rbx=9)
    (draft,) = ran.drafts
    assert value_of(draft.stores_if, before) == stored
    assert ran.number("rax", before) == after
    assert ran.number("zf", before) == stored


def test_a_locked_addition_adds_to_what_was_there() -> None:
    ran = x86_64("lock xaddl %eax,(x)", rax=5)
    (draft,) = ran.drafts
    assert draft.value is not None
    assert value_of(draft.value, 10) == 15
    assert ran.number("rax", 10) == 10


# --- flags ----------------------------------------------------------------------------------------

HOLDS = {
    # what is compared with 1: the conditions that hold of it, of those that tell them apart
    0: {"ne", "l", "le", "b", "be", "s", "no"},
    1: {"e", "ge", "le", "ae", "be", "ns", "no"},
    2: {"ne", "ge", "g", "ae", "a", "ns", "no"},
    -1: {"ne", "l", "le", "ae", "a", "s", "no"},
    -(1 << 31): {"ne", "l", "le", "ae", "a", "ns", "o"},
}


@pytest.mark.parametrize("number", HOLDS)
def test_conditions_after_a_comparison(number: int) -> None:
    every = {"e", "ne", "l", "le", "g", "ge", "b", "be", "a", "ae", "s", "ns", "o", "no"}
    found = {
        one for one in every if x86_64(f"cmpl $1,%eax; set{one} %bl", rax=number).number("rbx") == 1
    }
    assert found == HOLDS[number]


@pytest.mark.parametrize(
    ("code", "set_"),
    [
        ("xorl %eax,%eax", {"zf"}),
        ("addb $0xff,%al", {"cf", "zf"}),
        ("subb $2,%al", {"cf", "sf", "less"}),
        ("addb $0x7f,%al", {"sf", "of"}),
        ("testb %al,%al", set()),
        ("subb $2,%al; incb %al", {"cf", "zf"}),
        ("shrb $1,%al", {"cf", "zf"}),
        ("negb %al", {"cf", "sf", "less"}),
        ("subb $2,%al; movb $5,%al", {"cf", "sf", "less"}),
    ],
)
def test_flags_after_arithmetic_on_1(code: str, set_: set[str]) -> None:
    ran = x86_64(code, rax=1)
    assert {one for one in ("cf", "zf", "sf", "of", "less") if ran.number(one)} == set_


def test_a_jump_splits_the_way_by_its_condition() -> None:
    ran = x86_64("movl (x),%eax; cmp $1,%eax; je L0; movl $2,(y)")
    ((label, way),) = ran.machine.jumps
    assert label == "L0"
    assert [value_of(way.guard, read) for read in (0, 1)] == [0, 1]
    assert [value_of(ran.drafts[1].guard, read) for read in (0, 1)] == [1, 0]
    assert ran.drafts[1].ctrl == {0}


# --- dependencies ---------------------------------------------------------------------------------


def _dependencies(ran: Ran) -> tuple[set[int], set[int], set[int]]:
    last = ran.drafts[-1]
    return set(last.addr), set(last.data), set(last.ctrl)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("movl (x),%eax; movl %eax,(y)", (set(), {0}, set())),
        ("movl (x),%eax; xorl %eax,%eax; movl %eax,(y)", (set(), {0}, set())),
        ("movl (x),%eax; movl $1,%eax; movl %eax,(y)", (set(), set(), set())),
        ("movl (x),%eax; movb $1,%al; movl %eax,(y)", (set(), {0}, set())),
        ("movl (x),%eax; andl $0,%eax; movl $1,(%rsi,%rax)", ({0}, set(), set())),
        ("movl (x),%eax; cmpl %eax,%ebx; je L0; movl $1,(y)", (set(), set(), {0})),
        ("movl (x),%eax; cmpl $0,%eax; sete %bl; movb %bl,(y)", (set(), {0}, set())),
        ("movl (x),%eax; cmpl $0,%eax; cmovel %ecx,%ebx; movl %ebx,(y)", (set(), {0}, set())),
        ("xchgl %eax,(x); movl %eax,(y)", (set(), {0}, set())),
        ("movl (x),%eax; xchgl %eax,(y)", (set(), {0}, set())),
    ],
)
def test_what_the_last_operation_depends_on(code: str, wanted: tuple[set[int], ...]) -> None:
    assert _dependencies(x86_64(code, rsi="y")) == wanted


def test_the_halves_of_an_unlocked_change_are_two_operations() -> None:
    load, store = x86_64("incl (x)").drafts
    assert [load.kind, store.kind] == ["load", "store"]
    assert store.data == {0}
    assert all(isinstance(s, Access) and not s.atomic for d in (load, store) for s in d.steps or ())


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("movx $1,(x)", "`movx` is not an instruction"),
        ("lock movl $1,(x)", "takes no `lock`"),
        ("lock incl %eax", "needs a destination in memory"),
        ("movl $1,$2", "wrong operands"),
        ("movl (x)", "wrong operands"),
        ("xchgl (x),(y)", "wrong operands"),
        ("jmp %rax", "wrong operands"),
        ("jmp L7", "no label `L7`"),
        ("movl 4(x),%eax", "too much"),
        ("movl (%rax,%rbx,3),%eax", "multiplied by 1, 2, 4 or 8"),
        ("movl (%rax,%eax", "cannot stand here|ends too early"),
    ],
)
def test_what_is_refused(code: str, says: str) -> None:
    with pytest.raises(Diagnostic, match=says):
        x86_64(code, rax="x", rbx=0)


def test_every_spelling_of_a_register() -> None:
    assert len(REGISTERS) == 68
    for name, wanted in (
        ("%eax", ("rax", 32, 0)), ("RAX", ("rax", 64, 0)), ("ah", ("rax", 8, 8)),
        ("r9d", ("r9", 32, 0)), ("sil", ("rsi", 8, 0)), ("%x0", ("%x0", 64, 0)),
    ):  # fmt: skip
        view = x86.register(name)
        assert view is not None
        assert (view.register, view.bits, view.shift) == wanted
    assert x86.register("foo") is None


# --- whole tests ----------------------------------------------------------------------------------


def test_the_x86_dialect_names_the_destination_first() -> None:
    found = drawn(
        """X86 swap
        { 0:EAX=1; }
         P0           | P1           ;
         XCHG [x],EAX | MOV EBX,[x]  ;
         CMP EAX,$2   | SUB EBX,$1   ;
         JE L1        | MOV [y],EBX  ;
         MOV [y],$3   | LOCK INC [y] ;
         L1:          |              ;
        exists (0:EAX=2 /\\ 1:EBX=0)""",
        "x86-32",
    )
    assert [(d.thread, d.kind, d.spelled) for d in found.drafts] == [
        (0, "rmw", "XCHG [x],EAX"),
        (0, "store", "MOV [y],$3"),
        (1, "load", "MOV EBX,[x]"),
        (1, "store", "MOV [y],EBX"),
        (1, "rmw", "LOCK INC [y]"),
    ]
    exchange, guarded, _, difference, _ = found.drafts
    assert exchange.value is not None
    assert value_of(exchange.value) == 1
    assert [value_of(guarded.guard, read) for read in (1, 2)] == [1, 0]
    assert difference.value is not None
    assert value_of(difference.value, 0, 0, 7) == 6
    assert [one.text for one in found.shown] == ["0:EAX", "1:EBX"]


def test_a_register_keeps_its_name_whatever_the_case() -> None:
    text = """X86_64 swap
        { 0:RBX=7; }
         P0           ;
         movl $1,%EAX ;
        exists (0:RAX=1 /\\ 0:rbx=7)"""
    assert [one.text for one in drawn(text, "x86-64").shown] == ["0:rax", "0:rbx"]


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpus is not at hand")
def test_every_test_of_the_corpus_can_be_used() -> None:
    assert refused("x86_64", "x86-64") == {}
