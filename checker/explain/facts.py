"""What an explanation holds: of an architecture, of an operation, or of a rule."""

from __future__ import annotations

from typing import Literal

from checker.arch.schema import Evidence
from checker.value import value

Kind = Literal["rule", "axiom", "fault", "order"]


@value
class Statement:
    """A rule, an axiom or an alignment fault as the data has it. Sizes are in bytes."""

    id: str
    kind: Kind
    archs: tuple[str, ...]
    says: str
    evidence: Evidence
    source: str
    note: str = ""
    classes: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    """Empty for any."""
    elements: tuple[int, ...] = ()
    align: str = ""
    within: int | None = None
    unit: str = ""
    rmw: bool = False
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    handler: str = ""
    """For a fault: whether the access ends there, or the kernel performs it in pieces."""
    file: str = ""
    """For ordering axioms: the model in the cat language."""
    about: str = ""
    """For other axioms: one of `checker.arch.schema.AXIOMS`."""


# --- an architecture ------------------------------------------------------------------------------


Placement = Literal["align", "within"]


@value
class Granted:
    """What is granted where an access lies in some way: units in bytes."""

    placement: Placement
    bytes: int
    """The address is a multiple of this, or the access lies in an aligned block of this."""
    unit: int
    practice: int
    """The unit where established practice counts too."""


@value
class UnitRow:
    """The units of one size of one class of instructions."""

    cls: str
    size: int
    element: int
    granted: tuple[Granted, ...]
    rules: tuple[str, ...]


@value
class FeatureFacts:
    """A feature, and what it adds."""

    name: str
    says: str
    source: str
    on: bool
    """Whether the target that is explained has it."""
    implies: tuple[str, ...]
    excludes: tuple[str, ...]
    since: str
    """The kernel from which on every machine has it, if there is one."""
    adds: tuple[str, ...]
    """Rules, axioms and faults that hold with it only."""
    ends: tuple[str, ...]
    """Those that hold without it only."""
    lowerings: tuple[str, ...]
    """Operations whose code depends on it."""


@value
class MemoryFacts:
    """A memory type that the manual tells apart."""

    name: str
    says: str
    source: str


@value
class ArchitectureFacts:
    """All that the data says of an architecture with some features."""

    name: str
    title: str
    family: str
    data: tuple[str, ...]
    """The files that it was read from."""
    aliases: tuple[str, ...]
    word: int
    endian: str
    kernel: str
    source: str
    units: tuple[UnitRow, ...]
    unpromised: tuple[str, ...]
    """Classes of instructions of which nothing above a byte is promised."""
    memory: tuple[MemoryFacts, ...]
    features: tuple[FeatureFacts, ...]
    faults: tuple[Statement, ...]
    axioms: tuple[Statement, ...]
    unconfirmed: tuple[Statement, ...]
    """What is recorded and forbids nothing."""
    ordering: tuple[Statement, ...]
    """The ordering axioms that hold; where there are none, only coherence and atomicity count."""


# --- an operation ---------------------------------------------------------------------------------


@value
class Layered:
    """What one layer of an operation is: accesses by the key of their sizes."""

    entries: tuple[tuple[str, str], ...]
    source: str
    owner: str
    """The operation under whose name it is written."""


@value
class Version:
    """An operation in some kernels; a layer is None where there is none."""

    first: str
    last: str
    """Empty for the newest."""
    contract: Layered | None
    code: Layered | None


@value
class OperationOn:
    """An operation on one architecture."""

    arch: str
    versions: tuple[Version, ...]


@value
class OperationFacts:
    """An operation on every architecture."""

    name: str
    asked: str
    """The name that was asked about: an alias, or the name itself."""
    signature: str
    aliases: tuple[str, ...]
    like: str
    does: str
    """What it is made of, in the dialect, where an architecture has nothing of its own."""
    source: str
    """Where that was read; empty for one that is not made of others."""
    since: str
    archs: tuple[OperationOn, ...]


# --- a rule ---------------------------------------------------------------------------------------


@value
class Resting:
    """A result of a shipped test that rests on a rule."""

    test: str
    file: str
    arch: str
    verdict: str


@value
class RuleFacts:
    """A rule, axiom or fault, and the shipped tests that rest on it."""

    statement: Statement
    family: str
    tests: tuple[Resting, ...]
    asked: int
    """How many results were looked at: those in which some access is in its scope."""


Facts = ArchitectureFacts | OperationFacts | RuleFacts
