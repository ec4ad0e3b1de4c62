"""Is an operation whole: at every placement, with every set of features, against all that races.

question  what is asked: the operation, its readers, its writers, as tests; why these are enough
decide    every placement of one operation, size and architecture, by the solver
alike     answers shared between architectures that are granted the same
features  the sets of features that can matter, and a condition on them in words
words     placements, and a condition on the address in words
answer    what comes out
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from checker import arch as archs
from checker.arch import Target, folders
from checker.arch.kernel import COMPLETE, Kernel
from checker.diagnostic import Diagnostic, LimitReached
from checker.language.header import override as read_override
from checker.litmus import Override
from checker.lowering import select, wellformed
from checker.pool import mapped
from checker.prove.answer import LayerAnswer, Part, Proof, Proofs, together
from checker.prove.decide import Subject, answer, draft, promises_nothing
from checker.prove.features import Variant, Variants, said, variants
from checker.prove.question import not_alone, questions, written_with
from checker.prove.witness import seen
from checker.run import problem_of
from checker.table import MAX_ALIGN, SIZES
from checker.table.question import check_size, partners
from checker.value import value
from checker.verdict import Problem


@value
class Request:
    """What is asked: of architectures and sizes, nothing named is everything."""

    operations: tuple[str, ...]
    """Operations; an override may stand among them."""
    sizes: tuple[int, ...] = ()
    archs: tuple[str, ...] = ()
    kernel: Kernel = COMPLETE
    """Of the architectures that name none."""
    align: int | None = None
    """The address is a multiple of this; None is of the size."""
    overrides: tuple[str, ...] = ()
    """Each as `ARCH: OPERATION SIZE = NOTATION`: today's code of an operation."""
    crowd: bool = True
    """Whether other writers race with the operation as well."""
    witness: bool = False
    """Whether a tear is shown of each failure of the code."""
    folders: tuple[str, ...] = ()
    """A user's own data, read after the shipped."""
    timeout: int = 60_000
    """For each question to the solver, in ms; 0 is none."""


def asked(request: Request) -> Request:
    """Return a request with everything it asks about named, each once; raises Diagnostic.

    What an override speaks of is asked about unless something else is named.
    """
    if request.folders:
        wellformed.use(request.folders)
    request = _sorted(request)
    given = read_overrides(request.overrides, request.kernel)
    operations = tuple(dict.fromkeys(request.operations or (one.operation for one in given)))
    if not operations:
        raise Diagnostic("nothing to prove", hint="an operation, as in put_user, or --override")
    for operation in operations:
        partners(operation)
        if not any(questions(operation, one, one, partners(operation)[0], "same") for one in SIZES):
            raise not_alone(operation)
    for size in request.sizes:
        check_size(size)
    align = request.align
    if align is not None and (not 0 < align <= MAX_ALIGN or align & (align - 1)):
        raise Diagnostic(f"an alignment of {align} bytes", hint=f"a power of two to {MAX_ALIGN}")
    sizes = request.sizes or tuple(one.size for one in given) or SIZES
    named = request.archs or tuple(one.arch for one in given) or tuple(archs.names())
    targets = dict.fromkeys(archs.target(name, request.kernel).name for name in named)
    made = replace(
        request, operations=operations, sizes=tuple(sorted(set(sizes))), archs=tuple(targets)
    )
    for one in given:
        _check_used(one, made)
    return made


def _sorted(request: Request) -> Request:
    """Return a request whose overrides stand by themselves, and its operations too.

    Raises Diagnostic for an override that is none. No operation has a colon.
    """
    operations, overrides = [], list(request.overrides)
    for one in request.operations:
        if ":" not in one:
            operations.append(one)
            continue
        try:
            operations.append(read_override(one, (1, 1)).operation)
        except Diagnostic as problem:
            raise _in_option(problem) from None
        overrides.append(one)
    return replace(request, operations=tuple(operations), overrides=tuple(overrides))


ASSEMBLY = "asm "
"""What an override begins with whose code is assembly."""


def read_overrides(texts: Iterable[str], kernel: Kernel) -> list[Override]:
    """Return what texts say as overrides; raises Diagnostic where one cannot be used."""
    found = []
    for text in texts:
        try:
            one = read_override(text, (1, 1))
            target = archs.target(one.arch, kernel)
            if select.canonical(one.operation) is None:
                raise select.unknown_operation(one.operation)
            check_size(one.size)
            if one.code.startswith(ASSEMBLY):
                one = _read(one, target)
            select.select(one.operation, one.size, target, "code", select.NOTHING, (one,))
        except Diagnostic as problem:
            raise _in_option(problem) from None
        found.append(one)
    return found


def _read(one: Override, target: Target) -> Override:
    """Return an override in assembly as one in access notation; raises Diagnostic."""
    from checker.inline import assembly

    sides = partners(one.operation)
    if len(sides) > 1:
        raise Diagnostic(
            f"assembly of {one.operation}(), which both reads and writes, is not read", one.at,
            "write the accesses in access notation",
        )  # fmt: skip
    line, column = one.code_at
    start = (line, column + len(ASSEMBLY))
    kind: assembly.Kind = "store" if sides == ("load",) else "load"
    read = assembly.read(one.code[len(ASSEMBLY) :], start, kind, one.size, target)
    return replace(one, code=read.notation)


def _in_option(problem: Diagnostic) -> Diagnostic:
    """Return a problem of an override as one of the option: its column is that of the text."""
    return Diagnostic(problem.message, problem.at, problem.hint, problem.file or "--override")


def _check_used(one: Override, request: Request) -> None:
    """Refuse an override that changes nothing of what is asked; raises Diagnostic."""
    arch = archs.target(one.arch, request.kernel).arch
    targets = [archs.target(name, request.kernel) for name in request.archs]
    of = any(one.operation in written_with(operation) for operation in request.operations)
    here = any(target.arch is arch for target in targets)
    if not (of and here and one.size in request.sizes):
        raise Diagnostic(
            f"the override of {one.operation} of {one.size} bytes on {one.arch} changes nothing "
            "of what is asked", hint="name its operation, size and architecture, or none",
            file="--override",
        )  # fmt: skip


_Task = tuple[str, str]
"""An architecture, and an operation."""


def tasks(request: Request) -> list[_Task]:
    """Return the pieces of work of a request that names everything."""
    return [(arch, operation) for arch in request.archs for operation in request.operations]


def prove(request: Request, jobs: int, progress: Callable[[str], None]) -> Proofs:
    """Return what a request that names everything came to; `progress` hears what is done."""
    work = tasks(request)
    proofs: list[Proof] = []
    problems: dict[Problem, None] = {}
    for task, (found, wrong) in zip(work, mapped(partial(_done, request), work, jobs), strict=True):
        proofs += found
        problems |= dict.fromkeys(wrong)
        progress(" ".join(task))
    for operation in request.operations if not problems else ():
        if not any(one.builds or one.limited for one in proofs if one.operation == operation):
            sizes = ", ".join(map(str, request.sizes))
            what = f"{operation} of {sizes} bytes does not build on {', '.join(request.archs)}"
            problems[problem_of(Diagnostic(what, hint="litmus explain says what it has"))] = None
    order = {name: number for number, name in enumerate(request.operations)}
    proofs.sort(key=lambda one: order[one.operation])
    return Proofs(
        request.operations, request.align, request.crowd, tuple(proofs), tuple(problems)
    )  # fmt: skip


_Done = tuple[list[Proof], list[Problem]]


def _done(request: Request, task: _Task) -> _Done:
    """Return the proofs of an operation on an architecture, and what kept them from being more."""
    arch, operation = task
    folders.use(request.folders)
    try:
        base = archs.target(arch, request.kernel)
        return [_proof(operation, size, base, request) for size in request.sizes], []
    except Diagnostic as problem:
        if not problem.file:  # then it points into a text that nobody has written
            problem.file, problem.at = arch, None
        return [], [problem_of(problem)]


def _proof(operation: str, size: int, base: Target, request: Request) -> Proof:
    """Return one proof; raises Diagnostic where the data or an override is not well formed."""
    align = request.align or size
    overrides = tuple(read_overrides(request.overrides, request.kernel))
    subject = Subject(operation, size, align, overrides, request.crowd, request.timeout)
    empty = Proof(operation, base.name, size, align, (), ())
    try:
        own = draft(subject, base)
        if own is None:
            return empty
        found = variants(own.name, base, overrides)
        parts = _parts(subject, found)
    except LimitReached as limit:
        return replace(empty, limit=str(limit))
    proof = replace(empty, mattering=found.features, parts=parts)
    if not request.witness:
        return proof
    shown = tuple(
        replace(part, seen=seen(proof, part, overrides, request.timeout)) for part in parts
    )
    return replace(proof, parts=shown)


_Layers = tuple[LayerAnswer | None, LayerAnswer | None]


def _parts(subject: Subject, found: Variants) -> tuple[Part, ...]:
    """Return the answers, with sets of features together that have the same."""
    groups: dict[object, list[tuple[Variant, _Layers]]] = {}
    for variant in found.variants:
        contract = answer(subject, variant.target, "contract")
        code = answer(subject, variant.target, "code")
        if code is None and promises_nothing(contract):
            contract = None  # nothing is promised, and there is no such code either
        told = tuple(one.told if one else None for one in (contract, code))
        groups.setdefault(told, []).append((variant, (contract, code)))
    return tuple(_part(members, found) for members in groups.values())


def _part(members: list[tuple[Variant, _Layers]], found: Variants) -> Part:
    has = frozenset(variant.has for variant, _ in members)
    names = tuple(variant.target.name for variant, _ in members)
    contracts = [contract for _, (contract, _) in members if contract]
    codes = [code for _, (_, code) in members if code]
    return Part(
        said(has, found), names,
        together(contracts) if contracts else None, together(codes) if codes else None,
    )  # fmt: skip
