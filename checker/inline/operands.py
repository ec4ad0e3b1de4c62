"""The operands of inline assembly: what `%[ptr]` and its like are in each dialect.

An operand is written as compilers have it, with the letter that says how it is to be printed:
`%[val]`, `%w[val]`, `%k[val]`. Four have a meaning, and any other name is a register of its own:

    ptr   the address           mem   the memory at the address, as an operand
    val   the value             lo hi its less and its more significant half
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from checker.diagnostic import Diagnostic, Position
from checker.value import value

OPERAND = re.compile(r"%([a-zA-Z]?)\[(\w+)\]")

POINTER, MEMORY, VALUE, LOW, HIGH = "ptr", "mem", "val", "lo", "hi"


@value
class Dialect:
    """The registers that operands are given, by number or name, and how they are printed."""

    pointer: str
    value: str
    low: str
    high: str
    scratch: tuple[str, ...]
    memory: str
    """The memory at the pointer; `{}` is the pointer as it is printed."""
    printed: Mapping[str, str]
    """By letter: what is printed of a register, `{}`; without a letter, the key is empty or, where
    a register's name depends on the operand's size, the size in bytes."""


_ARM64 = {"": "x{}", "x": "x{}", "w": "w{}"}
_SPELLED = {"": "{}", "z": "{}"}

DIALECTS: dict[str, Dialect] = {
    "AArch64": Dialect(
        "9", "8", "10", "11", ("12", "13", "14", "15", "16", "17", "0", "1"), "[{}]", _ARM64
    ),
    "ARM": Dialect(
        "r1",
        "r0",
        "r2",
        "r3",
        ("r4", "r5", "r6", "r7", "r8", "r9", "r10", "r12"),
        "[{}]",
        {"": "{}"},
    ),
    "RISCV": Dialect("a0", "a1", "a2", "a3", ("t0", "t1", "t2", "t3", "t4"), "0({})", _SPELLED),
    "PPC": Dialect("r9", "r4", "r6", "r5", ("r7", "r8", "r10", "r11", "r12"), "0({})", _SPELLED),
    "X86_64": Dialect("di", "si", "bx", "cx", ("r8", "r9", "r10", "r11"), "({})", {}),
    "X86": Dialect("si", "ax", "bx", "cx", ("di", "bp"), "({})", {}),
}

REGISTERS: dict[str, tuple[str, ...]] = {
    "AArch64": (*(f"x{number}" for number in range(31)), "sp"),
    "ARM": tuple(f"r{number}" for number in range(15)),
    "RISCV": tuple(f"x{number}" for number in range(1, 32)),
    "PPC": tuple(f"r{number}" for number in range(32)),
    "X86_64": (
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
        *(f"r{number}" for number in range(8, 16)),
    ),
}  # fmt: skip
"""The general registers of each dialect: what is in them before the code is not known."""

_X86_LETTERS = {"b": 1, "w": 2, "k": 4, "q": 8}


class Operands:
    """The operands of one piece of assembly, as registers are handed out."""

    def __init__(self, dialect: str, size: int, word: int) -> None:
        """Begin; `size` is that of the operation and `word` that of a register, in bytes."""
        self._dialect = dialect
        self._known = DIALECTS["X86" if dialect == "X86_64" and word == 4 else dialect]
        self._word = word
        self._sizes = {POINTER: word, VALUE: size, LOW: size // 2, HIGH: size // 2}
        self.registers = {
            POINTER: self._known.pointer, VALUE: self._known.value,
            LOW: self._known.low, HIGH: self._known.high,
        }  # fmt: skip
        """Of each operand: its register, without what printing adds."""
        self.scratch: list[str] = []
        """Operands of the code's own, in the order in which they are named."""

    def replaced(self, text: str, at: Position) -> str:
        """Return an instruction with registers in the place of operands; raises Diagnostic."""

        def one(match: re.Match[str]) -> str:
            letter, name = match[1], match[2]
            where = (at[0], at[1] + match.start())
            if name == MEMORY:
                return self._known.memory.format(self._print("", POINTER, where))
            if name not in self.registers:
                self._hand_out(name, where)
            return self._print(letter, name, where)

        return OPERAND.sub(one, text).replace("%%", "%")

    def plain(self, name: str) -> str:
        """Return the whole register of an operand."""
        register = self.registers[name]
        if self._dialect.startswith("X86"):
            return _x86(register, 8)
        return self._known.printed[""].format(register)

    def _hand_out(self, name: str, at: Position) -> None:
        if len(self.scratch) == len(self._known.scratch):
            raise Diagnostic(
                f"`{name}` is one operand more than there are registers for", at,
                f"besides ptr, val, lo and hi there are {len(self._known.scratch)}",
            )  # fmt: skip
        self.registers[name] = self._known.scratch[len(self.scratch)]
        self.scratch.append(name)

    def _print(self, letter: str, name: str, at: Position) -> str:
        if name == VALUE and self._sizes[VALUE] > self._word:
            raise Diagnostic(
                f"a value of {self._sizes[VALUE]} bytes has no register of its own here", at,
                "its halves are %[lo] and %[hi]",
            )  # fmt: skip
        register = self.registers[name]
        if self._dialect.startswith("X86"):
            if letter and letter not in _X86_LETTERS:
                raise _unprinted(letter, _X86_LETTERS, at)
            size = _X86_LETTERS[letter] if letter else self._sizes.get(name, self._word)
            return f"%{_x86(register, size)}"
        if letter not in self._known.printed:
            raise _unprinted(letter, self._known.printed, at)
        return self._known.printed[letter].format(register)


def _unprinted(letter: str, known: Mapping[str, object], at: Position) -> Diagnostic:
    letters = ", ".join(one for one in known if one)
    return Diagnostic(
        f"no operand is printed by the letter `{letter}` here", at, f"one of {letters}"
    )


def _x86(register: str, size: int) -> str:
    """Return the name of so many bytes of a register: Intel SDM vol. 1 3.4.1.1."""
    if register.startswith("r"):
        return register + {1: "b", 2: "w", 4: "d", 8: ""}[size]
    if size == 1:
        return f"{register[0]}l" if register.endswith("x") else f"{register}l"
    return {2: "", 4: "e", 8: "r"}[size] + register
