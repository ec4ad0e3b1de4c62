"""What only one architecture needs: a feature of it, or another instruction."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import arch as archs
from checker import litmus as ast
from checker.arch import Target
from checker.arch.kernel import Kernel
from checker.arch.schema import IDEAL, Rule
from checker.diagnostic import Diagnostic
from checker.fix.change import Change
from checker.fix.source import Edit, Lines, Text
from checker.lowering import select
from checker.lowering.draft import Draft, Sketch
from checker.program import Fence

_ONE_SIDED = re.compile(r"\b(fetch|fetched|walk|LDPSW|lone)\b|processor reads")
"""What a rule says of accesses that no store of an operation can be."""

_STORES = re.compile(r"\b(stores?|moves?|MOV\w+|access(es)?|writes?|ST\w*|relatives?)\b")
_LOADS = re.compile(r"\b(loads?|moves?|MOV\w+|access(es)?|reads?|L[A-Z]*|relatives?)\b")
"""Words by which a rule says that it speaks of stores, or of loads."""


def features(text: Lines, test: ast.Test, arch: str, kernel: Kernel) -> Iterator[Change]:
    """Yield the features that an architecture can have, and has not."""
    target = archs.target(arch, kernel)
    before, at, version = arch.partition("@")
    for number, feature in enumerate(target.arch.features):
        if feature.name in target.features or feature.endian:
            continue
        becomes = f"{before}+{feature.name}{at}{version}"
        try:
            archs.target(becomes, kernel)
        except Diagnostic:
            continue  # it excludes one that is there
        edits = _required(text, test, target, becomes)
        place = text.position(edits[0].start) if edits else (1, 1)
        says = f"{arch} has {feature.name}: {feature.says}"
        yield Change("feature", says, place, edits, number, f"feature {arch}", arch=arch,
                     becomes=becomes, cite=feature.source)  # fmt: skip


def _required(text: Lines, test: ast.Test, target: Target, becomes: str) -> tuple[Edit, ...]:
    """Return the edits of the header by which it names another architecture."""
    names = [name for name, _ in test.archs]
    for number, (name, at) in enumerate(test.archs):
        if _same(archs.target(name, target.kernel), target):
            start = text.offset(at)
            if becomes in names:  # it is asked about already
                following = text.offset(test.archs[number + 1][1]) if names[-1] != name else -1
                same_line = following > 0 and "\n" not in text.text[start:following]
                return (Edit(start, following, ""),) if same_line else ()
            return (Edit(start, start + len(name), becomes),)
    if names or test.dialect == "C":
        return ()
    return (_before(text, f"Arch = {becomes}"),)  # an assembly test is about one architecture


def _before(text: Lines, line: str) -> Edit:
    """Return the insertion of a header's last line."""
    brace = text.brace
    start, _ = text.line(brace)
    if text.text[start:brace].strip():
        return Edit(brace, brace, f"\n{line}\n")
    return Edit(start, start, f"{line}\n")


def _same(a: Target, b: Target) -> bool:
    return a.arch is b.arch and a.features == b.features and a.kernel == b.kernel


# --- instructions ---------------------------------------------------------------------------------


def overrides(
    text: Text, test: ast.Test, arch: str, kernel: Kernel, sketch: Sketch
) -> Iterator[Change]:
    """Yield other code for the operations of a test: each unit that a rule grants as a whole.

    Only of operations whose code orders nothing, which the code in its place would not either.
    """
    target = archs.target(arch, kernel)
    for draft, own, name, size in _open(sketch):
        place = next(
            one for one in sketch.places if draft.place and one.name == draft.place.location
        )
        for rank, rule, code in codes(own, size, draft.kind, place.memory):
            of = own if own.arch is not target.arch else target
            yield _override(text, test, of, arch, (name, size, code), rank, rule)


def ideal(text: Text, test: ast.Test, arch: str, kernel: Kernel, sketch: Sketch) -> Change | None:
    """Return code for all operations that is whole at any address, which no real code exceeds."""
    target = archs.target(arch, kernel)
    edits: list[Edit] = []
    for draft, own, name, size in _open(sketch):
        of = own if own.arch is not target.arch else target
        given = name, size, f"{draft.kind}.{IDEAL} {size}"
        edits += _override(text, test, of, arch, given, 0, archs.IDEAL_RULE).edits
    return Change("instruction", "ideal", (1, 1), tuple(edits), site="ideal") if edits else None


def _open(sketch: Sketch) -> Iterator[tuple[Draft, Target, str, int]]:
    """Yield the operations whose code can be another: one draft, its thread's target, its size."""
    seen = set()
    for draft in sketch.drafts:
        own = sketch.threads[draft.thread].target
        if draft.place is None or draft.kind not in ("load", "store") or draft.steps is not None:
            continue
        name, size = _owner(draft.name), draft.place.size
        if (name, size) not in seen and _is_free(draft.name, size, own, draft.known):
            seen.add((name, size))
            yield draft, own, name, size


def _owner(operation: str) -> str:
    """Return the operation whose table it is that has the code."""
    table = archs.operations()[operation]
    like = str(table.get("like", ""))
    return _owner(like) if like and like.endswith("_atomic") else operation


def _is_free(operation: str, size: int, target: Target, known: select.Known) -> bool:
    """Whether the code of an operation is accesses without any order."""
    found = select.select(operation, size, target, "code", known)
    if found is None or operation.startswith(("smp_", "spin_", "plain-")):
        return found is None and not operation.startswith(("smp_", "spin_"))
    steps = [step for one in found.alternatives for step in one]
    return not any(isinstance(step, Fence) or getattr(step, "order", "") for step in steps)


def codes(target: Target, size: int, kind: str, memory: str) -> Iterator[tuple[int, Rule, str]]:
    """Yield the accesses of a size that rules make whole: rank, rule and access notation."""
    seen = set()
    for rule in target.arch.rules:
        scope = rule.scope
        if (
            rule.evidence == "unconfirmed" or rule.unit != "whole"
            or memory not in scope.memory or not scope.needs <= target.features
            or scope.lacks & target.features
            or (scope.sizes is not None and size not in scope.sizes)
            or _ONE_SIDED.search(rule.says)
        ):  # fmt: skip
            continue
        verb = "rmw" if rule.rmw else kind
        if not rule.rmw and not (_STORES if kind == "store" else _LOADS).search(rule.says):
            continue
        if rule.rmw and kind == "load":
            continue  # a load that needs the location to be writable is another matter
        lacking = {cls for cls, needs in target.arch.instructions if not needs <= target.features}
        classes = scope.classes - lacking - (target.arch.loads if kind == "store" else frozenset())
        for cls in sorted(classes, key=lambda one: (one != "gpr", one)):
            name = verb if cls == "gpr" else f"{verb}.{cls}"
            elements = sorted(e for e in scope.elements or {size} if size % e == 0)
            for element in elements[-1:]:
                code = f"{name} {size}" + (f" by {element}" if element != size else "")
                if code not in seen:
                    seen.add(code)
                    weak = rule.evidence == "practice"
                    yield 10 * weak + (5 if rule.rmw else 0 if cls == "gpr" else 2), rule, code


def _override(
    text: Text, test: ast.Test, target: Target, arch: str, given: tuple[str, int, str],
    rank: int, rule: Rule,
) -> Change:  # fmt: skip
    name, size, code = given
    short = target.name
    line = f"{short}: {name} {size} = {code}"
    edit = _before(text, f"Override = {line}")
    for one in test.overrides:
        same = archs.target(one.arch, target.kernel).arch is target.arch
        if same and (one.operation, one.size) == (name, size):
            at = text.offset(one.code_at)
            edit = Edit(at, at + len(one.code), code)
    says = f"{name}() of {size} bytes is `{code}` on {short}"
    return Change("instruction", says, text.position(edit.start), (edit,), rank,
                  f"override {short} {name} {size}", arch=arch,
                  cite=f"{rule.id} · {rule.source}")  # fmt: skip
