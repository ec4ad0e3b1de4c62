"""Assembly of an operation, read as access notation: what it is, and what is refused."""

from __future__ import annotations

import pytest

from checker.arch import target
from checker.check import check
from checker.diagnostic import Diagnostic
from checker.inline.assembly import Kind, Read, read
from checker.language import parse

PAIR = "1: ldxp %[a], %[b], %[mem]\n stxp %w[t], %[lo], %[hi], %[mem]\n cbnz %w[t], 1b"
KERNEL = r"""
"1:	ldxp	%[a], %[b], %[mem]\n"   /* as it stands in the kernel */
"	stlxp	%w[t], %[lo], %[hi], %[mem]\n"
"	cbnz	%w[t], 1b\n"
_ASM_EXTABLE_UACCESS_ERR(1b, 2b, %w[err])
"2:\n"
".pushsection .fixup,\"ax\"\n"
"3:	mov	%w[err], #-14\n"
".popsection\n"
"""

STORES = {
    ("arm64", 8, "str %[val], %[mem]"): "store 8",
    ("arm64", 4, "str %w[val], %[mem]"): "store 4",
    ("arm64", 16, "stp %[lo], %[hi], [%[ptr]]"): "store.pair 16 by 8",
    ("arm64", 8, "stp %w[lo], %w[hi], [%[ptr]]"): "store.pair 8 by 4",
    ("arm64", 16, "str %[lo], [%[ptr]]; str %[hi], [%[ptr], #8]"): "store 8 at 0; store 8 at 8",
    ("arm64", 8, "stlr %[val], %[mem]"): "store.acquire 8 release",
    ("arm64", 8, "swpl %[val], xzr, %[mem]"): "rmw.atomic 8 release",
    ("arm64", 8, "dmb ish\nstr %[val], %[mem]"): "fence dmb.sy; store 8",
    ("arm64", 16, PAIR): "rmw.exclusive-pair 16 by 8",
    ("arm64", 16, KERNEL): "rmw.exclusive-pair 16 by 8 release",
    ("arm", 8, "strd %[lo], %[hi], %[mem]"): "store.pair 8 by 4",
    ("arm", 8,
     "1: ldrexd %[a], %[b], %[mem]; strexd %[t], %[lo], %[hi], %[mem]; teq %[t], #0; bne 1b"):
        "rmw.exclusive 8",
    ("arm", 2, "lsr %[t], %[val], #8; strb %[val], %[mem]; strb %[t], [%[ptr], #1]"):
        "store 1 at 0; store 1 at 1",
    ("riscv64", 8, "fence rw,w; sd %z[val], 0(%[ptr])"): "fence rw,w; store 8",
    ("riscv32", 8, "sw %[lo], 0(%[ptr]); sw %[hi], 4(%[ptr])"): "store 4 at 0; store 4 at 4",
    ("riscv64", 8, "1: lr.d %[t], %[mem]; sc.d %[t], %[val], %[mem]; bnez %[t], 1b"):
        "rmw.lrsc 8",
    ("powerpc64", 8, "std %[val], %[mem]"): "store 8",
    ("powerpc32", 8, "stw %[lo], 4(%[ptr]); stw %[hi], 0(%[ptr])"): "store 4 at 4; store 4 at 0",
    ("powerpc64", 8, "1: ldarx %[t],0,%[ptr]; stdcx. %[val],0,%[ptr]; bne- 1b"):
        "rmw.reservation 8",
    ("x86-64", 8, "movq %[val], %[mem]"): "store 8",
    ("x86-64", 4, "movl %k[val], (%[ptr])  // half"): "store 4",
    ("x86-64", 8, "movq %[val], %%xmm0; movq %%xmm0, %[mem]"): "store.mmx-sse 8",
    ("x86-64", 8, "xchgq %[val], %[mem]"): "rmw.locked 8",
    ("x86-64", 8, "1: movq %[mem], %%rax; lock; cmpxchgq %[val], %[mem]; jnz 1b"): "rmw.locked 8",
    ("x86-64", 16, "1: lock cmpxchg16b %[mem]; jnz 1b"): "rmw.locked 16",
    ("x86-32", 8, "movl %[lo], %[mem]; movl %[hi], 4(%[ptr])"): "store 4 at 0; store 4 at 4",
    ("x86-32", 8, "movl %[mem], %%eax; movl 4(%[ptr]), %%edx; 1: lock cmpxchg8b %[mem]; jnz 1b"):
        "rmw.locked 8",
    ("x86-32", 1, "movb %[val], %[mem]"): "store 1",
}  # fmt: skip

LOADS = {
    ("arm64", 16, "ldxp %[lo], %[hi], %[mem]"): "load.exclusive 16 by 8",
    ("arm64", 16,
     "1: ldxp %[lo], %[hi], %[mem]; stxp %w[t], %[lo], %[hi], %[mem]; cbnz %w[t], 1b"):
        "rmw.exclusive-pair 16 by 8",
    ("arm64", 8, "ldar %[val], %[mem]"): "load.acquire 8 acquire",
    ("arm", 8, "ldrexd %[lo], %[hi], %[mem]"): "load.exclusive-alone 8",
    ("powerpc32", 8, "lwz %[hi], 0(%[ptr]); lwz %[lo], 4(%[ptr])"): "load 4 at 0; load 4 at 4",
    ("x86-32", 8,
     "movl %%ebx,%%eax; movl %%ecx,%%edx; lock cmpxchg8b %[mem];"
     "movl %%eax,%[lo]; movl %%edx,%[hi]"): "rmw.locked 8",
    ("x86-64", 8, "xorl %%eax,%%eax; lock xaddq %%rax,%[mem]; movq %%rax,%[val]"): "rmw.locked 8",
}  # fmt: skip

KINDS: list[tuple[Kind, dict[tuple[str, int, str], str]]] = [("store", STORES), ("load", LOADS)]
CASES = [(kind, *key, wanted) for kind, cases in KINDS for key, wanted in cases.items()]


def of(arch: str, size: int, text: str, kind: Kind = "store") -> Read:
    return read(text, (1, 1), kind, size, target(arch))


@pytest.mark.parametrize(("kind", "arch", "size", "text", "wanted"), CASES)
def test_assembly_makes_these_accesses(
    kind: Kind, arch: str, size: int, text: str, wanted: str
) -> None:
    assert of(arch, size, text, kind).notation == wanted


def test_instructions_and_loops_are_counted() -> None:
    assert of("arm64", 16, KERNEL) == Read("rmw.exclusive-pair 16 by 8 release", 3, True)
    assert of("arm64", 8, "str %[val], %[mem]") == Read("store 8", 1, False)


REFUSED: dict[tuple[str, int, str, Kind], tuple[tuple[int, int], str]] = {
    ("arm64", 4, "str %[val], %[mem]", "store"): ((1, 1), "8 bytes that are not all"),
    ("arm64", 8, "nop\n stp %w[hi], %w[lo], [%[ptr]]", "store"): ((2, 2), "not byte 0 of the"),
    ("arm64", 16, "str %[lo], [%[ptr]]", "store"): ((1, 1), "not stored: 8, 9, 10"),
    ("arm64", 8, "add %[t], %[val], #1; str %[t], %[mem]", "store"): ((1, 23), "not byte 0"),
    ("arm64", 8, "orr %[t], %[t], %[val]; str %[t], %[mem]", "store"): ((1, 25), "not byte 0"),
    ("arm64", 8, "str %[val], [x30]", "store"): ((1, 1), "is not that of the operation"),
    ("arm64", 8, "ldr %[t], %[mem]; str %[val], [%[t]]", "store"): ((1, 19), "is not that of"),
    ("x86-64", 8, "jz 1f; movq %[val], %[mem]; 1:", "store"): ((1, 8), "on some ways only"),
    ("x86-64", 16, "1: lock cmpxchg16b %[mem]", "store"): ((1, 4), "depends on what is read"),
    ("arm64", 8, "str %[val], [%[ptr], #8]", "store"): ((1, 1), "8 bytes that are not all"),
    ("arm64", 16, "ldxp %[a], %[b], %[mem]; stxp %w[t], %[lo], %[hi], %[mem]", "store"):
        ((1, 26), "depends on what is read"),
    ("arm64", 8, "ldr %[t], %[mem]; cbz %[t], 1f; str %[val], %[mem]; 1:", "store"):
        ((1, 33), "on some ways only"),
    ("arm64", 8, "1: ldr %[t], %[mem]; str %[val], %[mem]; cbnz %[t], 1b", "store"):
        ((1, 22), "rounds that begin anew"),
    ("arm64", 8, "mov %[n], #3; 1: str %[val], %[mem]; subs %[n], %[n], #1; b.ne 1b", "store"):
        ((1, 1), "more rounds than one"),
    ("arm64", 16, "str %[val], %[mem]", "store"): ((1, 5), "no register of its own"),
    ("arm64", 8, "str %q[val], %[mem]", "store"): ((1, 5), "the letter `q`"),
    ("arm64", 8, "ldr %[a], %[mem]; ldr %[val], %[mem]", "load"): ((1, 1), "is not byte 0"),
    ("arm64", 8, "1: ldr %[val], %[mem]; cbz %[val], 1b", "load"): ((1, 1), "whether the loop"),
    ("arm64", 8, "ldr %[val], %[mem]; str xzr, %[mem]", "load"): ((1, 21), "stores nothing"),
    ("arm64", 8, "swp xzr, %[val], %[mem]", "load"): ((1, 1), "changes what the operation"),
    ("x86-64", 4, "movl %[hi], %[mem]", "store"): ((1, 1), "not byte"),
    ("powerpc32", 8, "stw %[lo], 0(%[ptr]); stw %[hi], 4(%[ptr])", "store"): ((1, 1), "byte 7"),
    ("x86-64", 4, "movq %q[val], %[mem]", "store"): ((1, 1), "8 bytes that are not all"),
    ("x86-64", 8, "movl %%xmm0, %[mem]", "store"): ((1, 1), "wrong operands"),
    ("x86-64", 2, "pushq %[val]", "store"): ((1, 1), "is not an instruction"),
    ("arm64", 32, "stp %[lo], %[hi], %[mem]", "store"): ((1, 1), "more than two registers"),
    ("mips64", 8, "sd $4, 0($5)", "store"): ((1, 1), "the assembly of mips64 is not read"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_an_access_notation_cannot_say_is_refused(case: tuple[str, int, str, Kind]) -> None:
    arch, size, text, kind = case
    at, message = REFUSED[case]
    with pytest.raises(Diagnostic) as problem:
        of(arch, size, text, kind)
    assert message in problem.value.message
    assert problem.value.at == at


def test_registers_of_its_own_run_out() -> None:
    text = "; ".join(f"mov %[t{n}], #0" for n in range(9))
    with pytest.raises(Diagnostic, match="one operand more"):
        of("arm64", 8, text)


def test_what_is_above_a_narrow_value_is_not_known() -> None:
    """A sequence that stores more of the register than the value is refused."""
    text = "lsr %[t], %[val], #32; lsl %[u], %[t], #32; orr %[u], %[u], %[val]; str %w[u], %[mem]"
    assert of("arm64", 4, text).notation == "store 4"
    with pytest.raises(Diagnostic, match="not byte 0"):
        of("arm64", 4, "lsr %[t], %[val], #32; str %w[t], %[mem]")


# --- the same as an assembly test -----------------------------------------------------------------

ALIKE = {
    "arm64 STP of words": (
        "AArch64", "arm64", 8, "stp %w[lo], %w[hi], [%[ptr]]",
        "uint64_t x; 0:X9=x; 0:X10=1; 0:X11=1; 1:X1=x;",
        "STP W10,W11,[X9]", "LDR X0,[X1]", "X0",
    ),
    "arm64 STR": (
        "AArch64", "arm64", 8, "str %[val], %[mem]",
        "uint64_t x; 0:X9=x; 0:X8=0x100000001; 1:X1=x;", "STR X8,[X9]", "LDR X0,[X1]", "X0",
    ),
    "riscv64 two words": (
        "RISCV", "riscv64", 8, "sw %[lo], 0(%[ptr]); sw %[hi], 4(%[ptr])",
        "uint64_t x; 0:x10=x; 0:x12=1; 0:x13=1; 1:x6=x;",
        "sw x12,0(x10) ; sw x13,4(x10)", "ld x5,0(x6) ;", "x5",
    ),
    "x86-64 two words": (
        "X86_64", "x86-64", 8, "movl %[lo], %[mem]; movl %[hi], 4(%[ptr])",
        "uint64_t x; 0:rdi=x; 0:rbx=1; 0:rcx=1; 1:rsi=x;",
        "movl %ebx,(%rdi) ; movl %ecx,4(%rdi)", "movq (%rsi),%rax ;", "rax",
    ),
    "x86-64 one store": (
        "X86_64", "x86-64", 8, "movq %[val], %[mem]",
        "uint64_t x; 0:rdi=x; 0:rsi=0x100000001; 1:rsi=x;",
        "movq %rsi,(%rdi)", "movq (%rsi),%rax", "rax",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ALIKE)
def test_its_notation_is_torn_where_the_assembly_is(case: str) -> None:
    dialect, arch, size, text, before, writer, reader, register = ALIKE[case]
    writes, reads = (one.strip(" ;").split(";") for one in (writer, reader))
    rows = [
        f"{writes[n] if n < len(writes) else ''} | {reads[n] if n < len(reads) else ''} ;"
        for n in range(max(len(writes), len(reads)))
    ]
    lines = [
        f"{dialect} alike",
        "{",
        f"{before} uint64_t 1:{register};",
        "}",
        " P0 | P1 ;",
        *rows,
        f"exists (1:{register}=1 \\/ 1:{register}=0x100000000)",
    ]
    here = target(arch)
    plain = check(parse("\n".join(lines) + "\n"), here)
    notation = of(arch, size, text).notation
    override = (
        f"C alike\nOverride = {arch}: put_user {size} = {notation}\n{{ u64 x; }}\n"
        "P0(u64 *x) { put_user(0x100000001, x); }\n"
        "P1(u64 *x) { u64 r0 = READ_ONCE(*x); }\n"
        "exists (1:r0=1 \\/ 1:r0=0x100000000)\n"
    )
    found = check(parse(override), here)
    assert (found.answer == "allowed") == (plain.answer == "allowed")
