"""Small programs and architectures by hand, and how a program prints itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Literal

from checker.arch import Target, target
from checker.arch.schema import (
    MEMORY,
    NORMAL,
    AlignmentFault,
    Axiom,
    Evidence,
    Rule,
    Scope,
)
from checker.expression import TRUE, Apply, Const, Expression, ReadValue, choose
from checker.program import (
    Access,
    Fence,
    Footprint,
    IsTorn,
    Operation,
    Place,
    Program,
    Question,
    Shown,
    Thread,
)

Kind = Literal["load", "store"]


def access(kind: Kind, size: int, at: int = 0, start: int = 0, **rest: Any) -> Access:
    """Return an access of location x; `where`, `cls` and the other fields may be given."""
    given: dict[str, Any] = {"cls": "gpr", "element": size, "where": "x"} | rest
    footprint = Footprint(given.pop("where"), at, size)
    return Access(kind, footprint=footprint, start=start, **given)


def load(size: int, at: int = 0, start: int = 0, **rest: Any) -> Access:
    return access("load", size, at, start, **rest)


def store(size: int, at: int = 0, start: int = 0, **rest: Any) -> Access:
    return access("store", size, at, start, **rest)


def operation(
    number: int,
    thread: int,
    *steps: Access | Fence,
    value: Expression | int | None = None,
    guard: Expression = TRUE,
    stores_if: Expression = TRUE,
) -> Operation:
    """Return an operation whose stores write a number or an expression."""
    size = max((s.start + s.footprint.size for s in steps if isinstance(s, Access)), default=0)
    if isinstance(value, int):
        value = Const(value, 8 * size)
    return Operation(
        number, thread, f"op{number}", steps, size, value=value, guard=guard, stores_if=stores_if
    )


def result(read: Operation) -> Expression:
    """Return what an operation returned, or 0 where it is not executed."""
    bits = 8 * read.size
    return choose(read.guard, ReadValue(read.number, bits), Const(0, bits))


def returned(*operations: Operation) -> tuple[Shown, ...]:
    """Return columns for what operations return."""
    return tuple(
        Shown(f"{o.thread}:r{o.number}", result(o), 8 * o.size, signed=False) for o in operations
    )


def program(
    operations: Sequence[Operation],
    question: Question | None = None,
    *,
    targets: Target | str | Sequence[Target | str] = "arm64",
    places: Sequence[Place] | None = None,
    **rest: Any,
) -> Program:
    """Return a program: one target, or one a thread; an aligned 8-byte x; every read shown."""
    numbers = sorted({o.thread for o in operations})
    some = [targets] * len(numbers) if isinstance(targets, str | Target) else targets
    found = [target(t) if isinstance(t, str) else t for t in some]
    reads = [o for o in operations if any(a.kind == "load" for a in o.accesses)]
    rest = {"shown": returned(*reads)} | rest
    return Program(
        "test", found[0], "code",
        tuple(places or [Place("x", 8, (0,) * 8, 8)]),
        tuple(Thread(n, t) for n, t in zip(numbers, found, strict=True)),
        tuple(operations),
        question or IsTorn(tuple((o.number, TRUE) for o in reads)),
        **rest,
    )  # fmt: skip


SCOPE: dict[str, Any] = {
    "sizes": None, "elements": None, "needs": frozenset(), "lacks": frozenset(),
    "memory": frozenset({NORMAL}),
}  # fmt: skip
"""What a rule speaks of beside classes, where nothing narrows it."""


def _scoped(classes: tuple[str, ...], rest: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a rule or a fault, those of its scope gathered."""
    given = {"id": "", "says": "", "evidence": "manual", "source": "", "note": ""} | rest
    scope = {key: given.pop(key, usual) for key, usual in SCOPE.items()}
    return given | {"scope": Scope(classes=frozenset(classes or ("gpr",)), **scope)}


def rule(unit: int | Literal["whole", "element", "block"], *classes: str, **rest: Any) -> Rule:
    """Return a rule for these classes, or for `gpr`; its other fields default to no condition."""
    given = {"align": None, "within": None, "rmw": False} | rest
    return Rule(unit=unit, **_scoped(classes, given))


def fault(align: int | Literal["size", "element"], *classes: str, **rest: Any) -> AlignmentFault:
    """Return an alignment fault that stops, for these classes, or for `gpr`, of any memory."""
    given = {"handler": "stops", "memory": frozenset(MEMORY)} | rest
    return AlignmentFault(align=align, **_scoped(classes, given))


def synthetic(
    *promises: Rule | AlignmentFault,
    mca: Evidence | None = "manual",
    memory: Collection[str] = (NORMAL,),
    features: Collection[str] = (),
) -> Target:
    """Return a target of an architecture with these rules and faults.

    It is multi-copy atomic by that evidence, for memory of these types, and has these features.
    """
    axiom = Axiom(
        f"synthetic.mca.{mca}.{'.'.join(sorted(memory))}", "multi-copy-atomic", "", frozenset(),
        frozenset(memory), mca or "manual", "", "",
    )  # fmt: skip
    named = [replace(one, id=_identity(one)) for one in promises]
    arch = replace(
        target("arm64").arch,
        name="synthetic",
        family="synthetic",
        aliases=(),
        features=(),
        guest=(),
        rules=tuple(one for one in named if isinstance(one, Rule)),
        faults=tuple(one for one in named if isinstance(one, AlignmentFault)),
        axioms=(axiom,) if mca else (),
    )
    return Target("synthetic", arch, frozenset(features))


def _identity(one: Rule | AlignmentFault) -> str:
    """Return an id that no promise shares which says something else."""
    rest = replace(one, id="", scope=None)  # type: ignore[arg-type]  # it is spelled by itself
    scope = [one.scope.classes, one.scope.sizes, one.scope.elements]
    scope += [one.scope.needs, one.scope.lacks, one.scope.memory]
    return f"synthetic {[some if some is None else sorted(some) for some in scope]} {rest}"


# --- printing -------------------------------------------------------------------------------------


class Case:
    """A program that prints itself in a few lines, for a failure's message."""

    def __init__(self, one: Program) -> None:
        self.program = one

    def __repr__(self) -> str:
        one = self.program
        lines = ["", *(str(place) for place in one.places)]
        for thread in one.threads:
            rest = thread.target.arch if thread.target.name == "synthetic" else None
            features = ", ".join(sorted(thread.target.features))
            lines.append(f"P{thread.number} on {thread.target.name} with {features}")
            promises = (*rest.rules, *rest.faults, *rest.axioms) if rest else ()
            lines += [f"  {promise}" for promise in promises]
            for o in one.operations:
                if o.thread == thread.number:
                    conditions_ = f"guard={_short(o.guard)} stores_if={_short(o.stores_if)}"
                    lines.append(f"  {o.number}: value={_short(o.value)} {conditions_}")
                    lines += [f"     {_step(step)}" for step in o.steps]
        lines += [f"question {one.question}", f"keep {one.keep}"]
        lines += [f"assumed {_short(e)}" for e in one.assumed]
        lines += [f"shown {shown}" for shown in one.shown]
        return "\n".join(lines)


def _short(value: Expression | None) -> str:
    match value:
        case Const(number, bits):
            return f"{number:#x}:{bits}"
        case ReadValue(operation_, bits):
            return f"r{operation_}:{bits}"
        case Apply(op, args, bits):
            return f"{op}:{bits}({', '.join(map(_short, args))})"
    return str(value)


def _step(step: Access | Fence) -> str:
    if isinstance(step, Fence):
        return "fence"
    at = f"{step.footprint.location}+{step.footprint.offset} from byte {step.start}"
    flags = f"{'atomic ' * step.atomic}{'around ' * step.around}{'zeros ' * step.zeros}"
    flags += f"{step.promised} when={_short(step.when)}"
    return f"{step.kind}.{step.cls} {step.footprint.size} by {step.element} at {at} {flags}"
