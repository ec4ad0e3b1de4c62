"""x86, 64 and 32 bits: operands in AT&T's order, the source first.

What instructions compute is Intel SDM vol. 2; which read and write at once is vol. 3A 9.1.2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.lowering.asm import x86_flags as flags
from checker.lowering.asm.machine import (
    Machine,
    Tracked,
    View,
    apply,
    choose,
    const,
    invert,
    join,
    malformed,
    part,
    resize,
    unknown,
)
from checker.lowering.asm.x86_step import Place, Step, is_vector, register

__all__ = ["execute", "register"]

SUFFIXES = {"b": 1, "w": 2, "l": 4, "q": 8}
"""The size in bytes that a mnemonic's last letter gives."""


def _move(step: Step, cls: str = "gpr") -> None:
    source, target = step.operands(2)
    if any(is_vector(one) for one in (source, target)):
        _move_vector(step, source, target)
        return
    step.write(step.place(target), step.read(source), cls=cls)


def _move_vector(step: Step, source: ast.Operand, target: ast.Operand) -> None:
    """`movq` and `movd` on %mm0 or %xmm0, of which the low 8 bytes are followed: SDM vol. 2B MOVQ.

    Between a register and another nothing but `movq` and `movd` moves; what is above is cleared.
    """
    if step.instruction.name not in ("movq", "movd"):
        raise malformed(step.instruction, "movq or movd; of the others nothing is known here")
    step.write(step.place(target), step.read(source, cls="mmx-sse"), cls="mmx-sse")


def _extend(step: Step, size: int, *, sign: bool) -> None:
    source, target = step.operands(2)
    step.write(step.place(target), resize(step.read(source, size=size), step.bits, sign=sign))


def _address(step: Step) -> None:
    source, target = step.operands(2)
    if not isinstance(source, ast.Mem):
        raise malformed(step.instruction, "write lea 4(%rax),%rbx")
    step.write(step.place(target), resize(step.address(source), step.bits))


def _arithmetic(step: Step, op: str) -> None:
    source, target = step.operands(2)
    right = step.read(source)
    left = step.change(step.place(target), lambda old: apply(op, old, right))
    flags.after(step.machine, op, left, right)


def _compare(step: Step, op: str) -> None:
    source, target = step.operands(2)
    right = step.read(source)
    flags.after(step.machine, op, step.read(target), right)


def _step(step: Step, op: str) -> None:
    """`inc` and `dec` leave the carry flag alone."""
    (target,) = step.operands(1)
    one = const(1, step.bits)
    left = step.change(step.place(target), lambda old: apply(op, old, one))
    flags.after(step.machine, op, left, one, carry=False)


def _negate(step: Step) -> None:
    (target,) = step.operands(1)
    zero = const(0, step.bits)
    old = step.change(step.place(target), lambda old: apply("sub", zero, old))
    flags.after(step.machine, "sub", zero, old)


def _invert(step: Step) -> None:
    (target,) = step.operands(1)
    step.change(step.place(target), invert)


def _shift(step: Step, op: str) -> None:
    """Shift by a number or %cl, modulo 32, or 64 for 8 bytes; without a source, by 1."""
    operands = step.instruction.operands
    source, target = operands if len(operands) == 2 else (ast.Imm(1), *step.operands(1))
    modulus = const(63 if step.size == 8 else 31, 8)
    count = apply("and", step.read(source, size=1), modulus)
    right = resize(count, step.bits)
    left = step.change(step.place(target), lambda old: apply(op, old, right))
    flags.after_shift(step.machine, op, left, right)


def _multiply(step: Step) -> None:
    source, target = step.operands(2)
    right = step.read(source)
    step.change(step.place(target), lambda old: apply("mul", old, right))


def _exchange(step: Step) -> None:
    """With memory `xchg` is locked, prefix or not: Intel SDM vol. 3A 9.1.2.1."""
    first, second = map(step.place, step.operands(2))
    memory, other = (first, second) if isinstance(first, ast.Mem) else (second, first)
    if isinstance(other, ast.Mem):
        raise malformed(step.instruction, "one of the two is a register")
    step.locked = isinstance(memory, ast.Mem)
    _swap(step, memory, other)


def _exchange_unlocked(step: Step) -> None:
    """`uxch`, herd7's: the two accesses of an exchange without its lock."""
    first, second = map(step.place, step.operands(2))
    memory, other = (first, second) if isinstance(first, ast.Mem) else (second, first)
    _swap(step, memory, other)


def _swap(step: Step, place: Place, other: Place) -> None:
    assert isinstance(other, View)
    new = part(step.machine.reg(other.register), other.shift, step.bits)
    step.write(other, step.change(place, lambda old: new))


def _exchange_add(step: Step) -> None:
    source, target = step.operands(2)
    right = step.read(source)
    left = step.change(step.place(target), lambda old: apply("add", old, right))
    step.write(step.place(source), left)
    flags.after(step.machine, "add", left, right)


def _compare_exchange(step: Step) -> None:
    """Without `lock` the old number is written back where the two differ: SDM vol. 2A CMPXCHG."""
    source, target = step.operands(2)
    if isinstance(source, ast.Mem):
        source, target = target, source  # herd7's order
    machine, new = step.machine, step.read(source)
    place, wanted = step.place(target), step.read(ast.Reg("rax"))
    if step.locked and isinstance(place, ast.Mem):
        old = machine.update(
            step.address(place), step.size, lambda old: new, cls="locked",
            stores_if=lambda old: apply("eq", old, wanted),
        )  # fmt: skip
    else:
        old = step.change(place, lambda old: choose(apply("eq", old, wanted), new, old))
    flags.after(machine, "sub", wanted, old)
    kept = machine.reg("rax")
    step.write(View("rax", step.bits), old)
    machine.set("rax", choose(apply("eq", old, wanted), kept, machine.reg("rax")))


def _compare_exchange_pair(step: Step, size: int) -> None:
    """`cmpxchg8b` and `cmpxchg16b`: only the zero flag is changed. Intel SDM vol. 2A CMPXCHG8B."""
    (place,) = step.operands(1)
    if not isinstance(place, ast.Mem):
        raise malformed(step.instruction, "its operand is in memory, as in (%rsi)")
    machine, bits = step.machine, 4 * size

    def pair(low: str, high: str) -> Tracked:
        return join(part(machine.reg(low), 0, bits), part(machine.reg(high), 0, bits))

    new, wanted, address = pair("rbx", "rcx"), pair("rax", "rdx"), step.address(place)
    if step.locked:
        old = machine.update(
            address, size, lambda old: new, cls="locked",
            stores_if=lambda old: apply("eq", old, wanted),
        )  # fmt: skip
    else:
        old = machine.load(address, size, cls="rmw")
        machine.store(address, choose(apply("eq", old, wanted), new, old), size, cls="rmw")
    same = apply("eq", old, wanted)
    machine.set("zf", same)
    for name, low in (("rax", 0), ("rdx", bits)):
        kept = machine.reg(name)
        machine.set(name, choose(same, kept, resize(part(old, low, bits), 64)))


def _fence(step: Step) -> None:
    step.operands(0)
    step.machine.fence(step.instruction.name)


def _jump(step: Step) -> None:
    step.machine.jump(_label(step))


def _jump_if(step: Step, condition: str) -> None:
    step.machine.branch(flags.condition(step.machine, condition), _label(step))


def _label(step: Step) -> str:
    (target,) = step.operands(1)
    if not isinstance(target, ast.NameOf):
        raise malformed(step.instruction, "a jump goes to a label")
    return target.name


def _set_if(step: Step, condition: str) -> None:
    (target,) = step.operands(1)
    step.write(step.place(target), resize(flags.condition(step.machine, condition), 8))


def _move_if(step: Step, condition: str) -> None:
    """The source is read whatever the flags say."""
    source, target = step.operands(2)
    if isinstance(target, ast.Mem):
        source, target = target, source  # herd7's order
    taken, place = flags.condition(step.machine, condition), step.place(target)
    step.write(place, choose(taken, step.read(source), step.read(target)))


def _nothing(step: Step) -> None:
    """`nop`, `pause`, `endbr64`."""


def _stop(step: Step) -> None:
    step.machine.stop()


_SIZED: dict[str, Callable[[Step], None]] = {
    "mov": _move,
    "movabs": _move,
    "movnti": partial(_move, cls="movnti"),
    "lea": _address,
    "add": partial(_arithmetic, op="add"),
    "sub": partial(_arithmetic, op="sub"),
    "and": partial(_arithmetic, op="and"),
    "or": partial(_arithmetic, op="or"),
    "xor": partial(_arithmetic, op="xor"),
    "cmp": partial(_compare, op="sub"),
    "test": partial(_compare, op="and"),
    "inc": partial(_step, op="add"),
    "dec": partial(_step, op="sub"),
    "neg": _negate,
    "not": _invert,
    "shl": partial(_shift, op="shl"),
    "sal": partial(_shift, op="shl"),
    "shr": partial(_shift, op="lshr"),
    "sar": partial(_shift, op="ashr"),
    "imul": _multiply,
    "xchg": _exchange,
    "uxch": _exchange_unlocked,
    "xadd": _exchange_add,
    "cmpxchg": _compare_exchange,
}
"""Instructions whose last letter may be their size."""

LOCKABLE = frozenset(
    {"add", "sub", "and", "or", "xor", "inc", "dec", "neg", "not", "xchg", "xadd", "cmpxchg",
     "cmpxchg8b", "cmpxchg16b"}
)  # fmt: skip
"""Instructions that take `lock`, and herd7 knows: Intel SDM vol. 2A LOCK."""

_UNSIZED: dict[str, Callable[[Step], None]] = {
    "cmpxchg8b": partial(_compare_exchange_pair, size=8),
    "cmpxchg16b": partial(_compare_exchange_pair, size=16),
    "mfence": _fence,
    "sfence": _fence,
    "lfence": _fence,
    "jmp": _jump,
    "nop": _nothing,
    "pause": _nothing,
    "endbr64": _nothing,
    "endbr32": _nothing,
    "ret": _stop,
    "retq": _stop,
}


def _table() -> dict[str, tuple[Callable[[Step], None], int | None]]:
    found: dict[str, tuple[Callable[[Step], None], int | None]] = {
        name: (run, None) for name, run in _UNSIZED.items()
    }
    found["movd"] = (_move, 4)
    for name, run in _SIZED.items():
        found[name] = (run, None)
        found |= {name + letter: (run, size) for letter, size in SUFFIXES.items()}
    for one in flags.CONDITIONS:
        found[f"j{one}"] = (partial(_jump_if, condition=one), None)
        found[f"set{one}"] = (partial(_set_if, condition=one), 1)
        found[f"cmov{one}"] = (partial(_move_if, condition=one), None)
        for letter, size in SUFFIXES.items():
            found.setdefault(f"cmov{one}{letter}", (partial(_move_if, condition=one), size))
    for source, small in SUFFIXES.items():
        for target, size in SUFFIXES.items():
            if small < size:
                signed = partial(_extend, size=small, sign=True)
                found[f"movs{source}{target}"] = (signed, size)
            if small < min(size, 4):
                zeros = partial(_extend, size=small, sign=False)
                found[f"movz{source}{target}"] = (zeros, size)
    return found


_TABLE = _table()
"""What each mnemonic does, and the size that it says."""


def execute(instruction: ast.Instruction, machine: Machine) -> None:
    """Carry one instruction out."""
    name = instruction.name.removeprefix("lock ")
    known = _TABLE.get(name)
    if known is None:
        raise unknown(instruction, _TABLE)
    if name != instruction.name and not LOCKABLE & {name, name[:-1]}:
        raise Diagnostic(f"`{name}` takes no `lock`", instruction.at)
    run, size = known
    run(Step(instruction, machine, size))
