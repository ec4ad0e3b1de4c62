"""AArch64: arithmetic and logic on registers and numbers. Arm ARM DDI 0487 C3.4, C3.5."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker.lowering.asm.aarch64_flags import (
    Flags,
    flags_of,
    flags_of_difference,
    flags_of_sum,
    set_flags,
)
from checker.lowering.asm.aarch64_step import DOUBLE, WORD, Entry, Step
from checker.lowering.asm.machine import (
    Tracked,
    apply,
    choose,
    const,
    invert,
    is_zero,
    part,
    resize,
)

Binary = Callable[[Tracked, Tracked], Tracked]

_ZERO, _ONE = const(0, 1), const(1, 1)

# --- moves ----------------------------------------------------------------------------------------


def _move(step: Step) -> None:
    step.put(0, step.value(1, step.width(0)))


def _move_not(step: Step) -> None:
    step.put(0, invert(step.value(1, step.width(0))))


def _move_keep(step: Step) -> None:
    bits = step.width(0)
    step.immediate(1)
    new = step.value(1, bits)
    amount = _amount(step)
    kept = apply("and", step.get(0, bits), const(~(0xFFFF << amount), bits))
    step.put(0, apply("or", kept, new))


def _amount(step: Step) -> int:
    """Return by how much the number of a wide move is shifted."""
    change = step.change(2)
    return change.amount if change else 0


# --- sums and differences -------------------------------------------------------------------------


def _add(a: Tracked, b: Tracked) -> Tracked:
    return apply("add", a, b)


def _sub(a: Tracked, b: Tracked) -> Tracked:
    return apply("sub", a, b)


def _flags_add(a: Tracked, b: Tracked) -> Flags:
    return flags_of_sum(a, b, _ZERO)


def _binary(step: Step, compute: Binary, flags: Callable[[Tracked, Tracked], Flags] | None) -> None:
    """Carry out `op Rd, Rn, Rm`, where Rm is a number or a register, shifted or extended."""
    bits = step.width(0)
    a, b = step.get(1, bits), step.value(2, bits)
    if flags:
        set_flags(step.machine, flags(a, b))
    step.put(0, compute(a, b))


def _compare(step: Step, flags: Callable[[Tracked, Tracked], Flags]) -> None:
    """Carry out `op Rn, Rm`, which sets the flags alone."""
    bits = step.width(0)
    set_flags(step.machine, flags(step.get(0, bits), step.value(1, bits)))


def _negate(step: Step, flags: bool) -> None:
    bits = step.width(0)
    zero, operand = const(0, bits), step.value(1, bits)
    if flags:
        set_flags(step.machine, flags_of_difference(zero, operand))
    step.put(0, apply("sub", zero, operand))


def _with_carry(step: Step, subtract: bool, flags: bool, negate: bool = False) -> None:
    bits = step.width(0)
    last = 1 if negate else 2
    a = const(0, bits) if negate else step.get(1, bits)
    b = step.get(last, bits)
    b = invert(b) if subtract else b
    carry = step.machine.reg("C", 1)
    if flags:
        set_flags(step.machine, flags_of_sum(a, b, carry))
    step.put(0, apply("add", apply("add", a, b), resize(carry, bits)))


# --- logic ----------------------------------------------------------------------------------------


def _logic(a: Tracked, b: Tracked, op: str, inverted: bool) -> Tracked:
    return apply(op, a, invert(b) if inverted else b)


def _logic_flags(a: Tracked, b: Tracked, compute: Binary) -> Flags:
    return flags_of(compute(a, b))


# --- products and quotients -----------------------------------------------------------------------


def _multiply(step: Step, add: bool = False, *, minus: bool = False) -> None:
    """Carry out `op Rd, Rn, Rm, Ra`: Ra plus or minus the product; without `add`, of zero."""
    bits = step.width(0)
    product = apply("mul", step.get(1, bits), step.get(2, bits))
    _accumulate(step, product, add, minus=minus)


def _multiply_long(step: Step, signed: bool, add: bool = False, *, minus: bool = False) -> None:
    """Carry out the same on W registers widened to 64 bits."""
    if step.width(0) != DOUBLE:
        raise step.wrong()
    a, b = (resize(step.get(k, WORD), DOUBLE, sign=signed) for k in (1, 2))
    _accumulate(step, apply("mul", a, b), add, minus=minus)


def _accumulate(step: Step, product: Tracked, add: bool, *, minus: bool) -> None:
    base = step.get(3, product.bits) if add else const(0, product.bits)
    step.put(0, apply("sub" if minus else "add", base, product))


def _multiply_high(step: Step, signed: bool) -> None:
    a, b = (resize(step.get(k, DOUBLE), 2 * DOUBLE, sign=signed) for k in (1, 2))
    step.put(0, part(apply("mul", a, b), DOUBLE, DOUBLE))


def _divide(step: Step, op: str) -> None:
    """Divide towards zero; by zero the quotient is zero: Arm ARM C6.2 UDIV, SDIV."""
    bits = step.width(0)
    a, b = step.get(1, bits), step.get(2, bits)
    step.put(0, choose(is_zero(b), const(0, bits), apply(op, a, b)))


def _extreme(a: Tracked, b: Tracked, less: str, largest: bool) -> Tracked:
    return choose(apply(less, a, b), b if largest else a, a if largest else b)


# --- the table ------------------------------------------------------------------------------------

_THREE = "X0, X1, X2 or a number, with LSL #n or SXTW"
_TWO = "X0, X1 or a number, with LSL #n"


def _sums() -> dict[str, Entry]:
    found = {
        "add": Entry(partial(_binary, compute=_add, flags=None), _THREE),
        "adds": Entry(partial(_binary, compute=_add, flags=_flags_add), _THREE),
        "sub": Entry(partial(_binary, compute=_sub, flags=None), _THREE),
        "subs": Entry(partial(_binary, compute=_sub, flags=flags_of_difference), _THREE),
        "cmp": Entry(partial(_compare, flags=flags_of_difference), _TWO),
        "cmn": Entry(partial(_compare, flags=_flags_add), _TWO),
    }
    for ending, flags in {"": False, "s": True}.items():
        found[f"neg{ending}"] = Entry(partial(_negate, flags=flags), "X0, X1")
        for name, subtract in {"adc": False, "sbc": True}.items():
            carrying = partial(_with_carry, subtract=subtract, flags=flags)
            found[name + ending] = Entry(carrying, "X0, X1, X2")
        negated = partial(_with_carry, subtract=True, flags=flags, negate=True)
        found[f"ngc{ending}"] = Entry(negated, "X0, X1")
    for name, signed in {"smax": True, "smin": True, "umax": False, "umin": False}.items():
        less = "slt" if signed else "ult"
        extreme = partial(_extreme, less=less, largest=name.endswith("max"))
        found[name] = Entry(partial(_binary, compute=extreme, flags=None), _THREE)
    return found


def _logics() -> dict[str, Entry]:
    found = {}
    for names, op in {("and", "bic"): "and", ("orr", "orn"): "or", ("eor", "eon"): "xor"}.items():
        for inverted, name in enumerate(names):
            compute = partial(_logic, op=op, inverted=bool(inverted))
            found[name] = Entry(partial(_binary, compute=compute, flags=None), _THREE)
            if op == "and":
                flags = partial(_logic_flags, compute=compute)
                found[f"{name}s"] = Entry(partial(_binary, compute=compute, flags=flags), _THREE)
    tested = partial(_logic_flags, compute=partial(_logic, op="and", inverted=False))
    found["tst"] = Entry(partial(_compare, flags=tested), _TWO)
    return found


def _products() -> dict[str, Entry]:
    three, four = "X0, X1, X2", "X0, X1, X2, X3"
    long_three, long_four = "X0, W1, W2", "X0, W1, W2, X3"
    found = {
        "mul": Entry(_multiply, three),
        "mneg": Entry(partial(_multiply, minus=True), three),
        "madd": Entry(partial(_multiply, add=True), four),
        "msub": Entry(partial(_multiply, add=True, minus=True), four),
    }
    for sign in "su":
        signed = sign == "s"
        long = partial(_multiply_long, signed=signed)
        found[f"{sign}mull"] = Entry(long, long_three)
        found[f"{sign}mnegl"] = Entry(partial(long, minus=True), long_three)
        found[f"{sign}maddl"] = Entry(partial(long, add=True), long_four)
        found[f"{sign}msubl"] = Entry(partial(long, add=True, minus=True), long_four)
        found[f"{sign}mulh"] = Entry(partial(_multiply_high, signed=signed), three)
        found[f"{sign}div"] = Entry(partial(_divide, op=f"{sign}div"), three)
    return found


TABLE = {
    "mov": Entry(_move, _TWO),
    "movz": Entry(_move, "X0, #number, LSL #16"),
    "movn": Entry(_move_not, "X0, #number, LSL #16"),
    "mvn": Entry(_move_not, _TWO),
    "movk": Entry(_move_keep, "X0, #number, LSL #16"),
    **_sums(),
    **_logics(),
    **_products(),
}
"""What this module knows, by mnemonic."""
