"""The instructions that a fix can put into a test: the families' `assembly.toml`."""

from __future__ import annotations

from checker import arch as archs
from checker.arch import folders
from checker.lowering.asm import ARCHITECTURES
from checker.value import value


@value
class Barrier:
    """An instruction that orders accesses before it and behind it."""

    code: str
    orders: frozenset[str]
    """`WR`: a write before a read."""
    source: str


@value
class Form:
    """An instruction in place of another, which does the same and orders more."""

    from_: str
    """The mnemonic that it stands in for: a regular expression."""
    to: str
    base: bool
    """Whether the address must be a register without an offset."""
    feature: str
    extension: str
    """What a processor must have for it, where no feature of the data says so."""
    scratch: tuple[tuple[int, tuple[str, ...]], ...]
    """For an exchange: registers for what is stored, by the bytes of the access."""
    source: str


@value
class Known:
    """What there is of a dialect; the weakest first, and the last barrier does what others do."""

    barriers: tuple[Barrier, ...]
    forms: tuple[Form, ...]


@folders.remembered
def known(dialect: str) -> Known:
    """Return what there is; raises Diagnostic where the data cannot be read."""
    own = ARCHITECTURES[dialect]
    family = next(name for name, members in archs.families().items() if own in members)
    barriers: list[Barrier] = []
    forms: list[Form] = []
    for path in folders.files(family, "assembly.toml"):
        table = folders.read(path).get(dialect, {})
        barriers += (
            Barrier(one["code"], frozenset(one["orders"]), one["source"])
            for one in table.get("fence", ())
        )
        for one in table.get("access", ()):
            scratch = tuple((int(k), tuple(v)) for k, v in one.get("scratch", {}).items())
            forms.append(
                Form(
                    one["from"], one["to"], one.get("operands") == "base", one.get("feature", ""),
                    one.get("extension", ""), scratch, one["source"],
                )
            )  # fmt: skip
    return Known(tuple(barriers), tuple(forms))
