"""Assembly tests that are broken, by their columns, and what is found to fix them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from checker.check import Limits
from checker.fix import Fixes, Options, fix_file
from checker.run import Request
from tests.command import one

# --- tests by their columns -----------------------------------------------------------------------


def asm(dialect: str, init: str, columns: list[list[str]], condition: str, head: str = "") -> str:
    """Return a test whose table is padded as herd7's generators do."""
    rows = max(map(len, columns))
    full = [[f"P{n}", *code, *[""] * (rows - len(code))] for n, code in enumerate(columns)]
    widths = [max(map(len, column)) for column in full]
    lines = [
        " " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " ;"
        for row in zip(*full, strict=True)
    ]
    lined = f"{head}\n" if head else ""
    return f"{dialect} test\n{lined}{{\n{init}\n}}\n" + "\n".join(lines) + f"\n{condition}\n"


#   a store of 1, a load into a register, the registers of two addresses
CODE = {
    "AArch64": ("STR W9,[{}]", "LDR {},[{}]", ("X1", "X2"), ("W3", "W4"), "X9=1"),
    "ARM": ("STR R9,[{}]", "LDR {},[{}]", ("R1", "R2"), ("R3", "R4"), "R9=1"),
    "RISCV": ("sw x9,0({})", "lw {},0({})", ("x1", "x2"), ("x3", "x4"), "x9=1"),
    "PPC": ("stw r9,0({})", "lwz {},0({})", ("r1", "r2"), ("r3", "r4"), "r9=1"),
    "X86_64": ("movl $1,({})", "movl ({1}),%{0}", ("x", "y"), ("eax", "ebx"), ""),
    "X86": ("MOV [{}],$1", "MOV {},[{}]", ("x", "y"), ("EAX", "EBX"), ""),
}

#   each thread's accesses, `W` and `R` with a location; the condition, registers in their order
SHAPES = {
    "MP": (("Wx", "Wy"), ("Ry", "Rx"), "1:{0}=1 /\\ 1:{1}=0"),
    "SB": (("Wx", "Ry"), ("Wy", "Rx"), "0:{0}=0 /\\ 1:{0}=0"),
    "LB": (("Rx", "Wy"), ("Ry", "Wx"), "0:{0}=1 /\\ 1:{0}=1"),
}


def shape(
    dialect: str, name: str, between: tuple[str, str] = ("", ""), *, quantifier: str = "~exists"
) -> str:
    """Return a classic test, with a fence or none between the accesses of each thread."""
    store, load, places, registers, one_ = CODE[dialect]
    *threads, condition = SHAPES[name]
    columns, init = [], []
    for number, accesses in enumerate(threads):
        code, read = [], iter(registers)
        for access in accesses:
            kind, place = access[0], places["xy".index(access[1])]
            code.append(store.format(place) if kind == "W" else load.format(next(read), place))
        fence = between[number]
        columns.append([code[0], fence, code[1]] if fence else code)
        if one_:
            init.append(f"{number}:{places[0]}=x; {number}:{places[1]}=y; {number}:{one_};")
    names = [{"eax": "rax", "ebx": "rbx"}.get(r, r.replace("W", "X")) for r in registers]
    proposition = condition.format(*names)
    return asm(dialect, "\n".join(init), columns, f"{quantifier} ({proposition})")


@cache
def fixed(text: str, *archs: str, fragile: bool = False, forbid: bool = False) -> Fixes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        request = Request(archs, Limits(timeout=20_000), states=False)
        options = Options(fragile=fragile, forbid=forbid)
        found = fix_file(str(one(Path(folder), text)), request, options)
    assert not found.problems
    assert found.fixes is not None
    return found.fixes


def told(found: Fixes) -> list[list[str]]:
    return [[change.says for change in fix.changes] for fix in found.fixes]


def fences(found: Fixes) -> list[list[str]]:
    """Return the barriers of each fix that is made of barriers alone."""
    plans = [fix.changes for fix in found.fixes]
    return [
        [change.says.partition(" before ")[0] for change in plan]
        for plan in plans
        if all(change.kind == "fence" for change in plan)
    ]


TWO_WRITES = asm(
    "PPC", "0:r1=x; 0:r2=y; 0:r9=1; 0:r8=2; 1:r1=x; 1:r2=y; 1:r9=1; 1:r8=2;",
    [["stw r8,0(r1)", "stw r9,0(r2)"], ["stw r8,0(r2)", "stw r9,0(r1)"]], "~exists (x=2 /\\ y=2)",
)  # fmt: skip
TWO_WRITES_A64 = asm(
    "AArch64", "0:X1=x; 0:X2=y; 0:X9=1; 0:X8=2; 1:X1=x; 1:X2=y; 1:X9=1; 1:X8=2;",
    [["STR W8,[X1]", "STR W9,[X2]"], ["STR W8,[X2]", "STR W9,[X1]"]], "~exists (x=2 /\\ y=2)",
)  # fmt: skip
IRIW = asm(
    "PPC", "0:r1=x; 0:r9=1; 1:r1=x; 1:r2=y; 2:r2=y; 2:r9=1; 3:r1=x; 3:r2=y;",
    [["stw r9,0(r1)"], ["lwz r3,0(r1)", "lwz r4,0(r2)"], ["stw r9,0(r2)"],
     ["lwz r3,0(r2)", "lwz r4,0(r1)"]],
    "~exists (1:r3=1 /\\ 1:r4=0 /\\ 3:r3=1 /\\ 3:r4=0)",
)  # fmt: skip

#   the test, and the barriers that are the least of barriers alone
KNOWN = {
    "MP AArch64": (shape("AArch64", "MP"), ["DMB ISHST", "DMB ISHLD"]),
    "MP RISCV": (shape("RISCV", "MP"), ["fence w,w", "fence r,r"]),
    "MP PPC": (shape("PPC", "MP"), ["lwsync", "lwsync"]),
    "SB AArch64": (shape("AArch64", "SB"), ["DMB ISH", "DMB ISH"]),
    "SB ARM": (shape("ARM", "SB"), ["DMB ISH", "DMB ISH"]),
    "SB RISCV": (shape("RISCV", "SB"), ["fence w,r", "fence w,r"]),
    "SB PPC": (shape("PPC", "SB"), ["sync", "sync"]),
    "SB X86_64": (shape("X86_64", "SB"), ["mfence", "mfence"]),
    "SB X86": (shape("X86", "SB"), ["MFENCE", "MFENCE"]),
    "LB AArch64": (shape("AArch64", "LB"), ["DMB ISHLD", "DMB ISHLD"]),
    "LB RISCV": (shape("RISCV", "LB"), ["fence r,w", "fence r,w"]),
    "LB PPC": (shape("PPC", "LB"), ["lwsync", "lwsync"]),
    "2+2W PPC": (TWO_WRITES, ["lwsync", "lwsync"]),
    "2+2W AArch64": (TWO_WRITES_A64, ["DMB ISHST", "DMB ISHST"]),
    "IRIW PPC": (IRIW, ["sync", "sync"]),
}


def weak(text: str) -> bool:
    """Whether what orders accesses rests on practice: the axioms of Power and Armv7 do."""
    return text.startswith(("PPC", "ARM"))
