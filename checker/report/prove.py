"""Proofs for a person: for each architecture and size, where an operation is whole and why."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from checker.prove.answer import (
    LayerAnswer,
    Outcome,
    Part,
    Proof,
    Proofs,
    Reasons,
    together,
    union,
)
from checker.prove.question import MAX_INSIDE
from checker.prove.words import said
from checker.report.text import Style, picture
from checker.verdict import Reason

WIDTH = 100

_LEGEND = {
    "holds": "no such read is torn: manuals and contracts say so",
    "by practice": "compilers, kernels or emulators rely on it; no manual says so",
    "FAILS": "a read can be torn: by today's accesses and practice, or by what is promised",
    "faults": "the access is not performed at such an address",
    "to smaller accesses": "that are single-copy atomic, anywhere inside",
    "while others write": "beside one access of its size, writers of any number and size",
}


def render(proofs: Proofs, style: Style) -> str:
    """Return the whole run."""
    notes = Notes()
    lines: list[str] = []
    for operation in proofs.operations:
        lines += [*_operation(proofs, operation, notes, style), ""]
    used = "\n".join(lines)
    for word, says in _LEGEND.items():
        if word in used:
            lines += _wrapped(f"{word:21}", says)
    for proof in proofs.proofs:
        lines += _tears(proof, style)
    for told in covered(proofs):
        lines += ["", *textwrap.wrap(told, WIDTH, break_on_hyphens=False)]
    if notes.found:
        lines.append("")
    for number, reason in enumerate(notes.found.values(), 1):
        grade = "" if reason.evidence == "manual" else f", {reason.evidence}"
        lines += _wrapped(f"{f'[{number}]':6}", f"{reason.rule}: {reason.says}{grade}")
        lines += [style(line, "dim") for line in _wrapped(" " * 6, reason.cite)]
    return "\n".join(lines) + "\n"


class Notes:
    """Footnotes: rules in the order in which they are first cited."""

    def __init__(self) -> None:
        """Begin without any."""
        self.found: dict[str, Reason] = {}

    def marks(self, reasons: Reasons) -> str:
        """Return the numbers of some rules, in brackets; nothing where there are none."""
        for reason in reasons:
            self.found.setdefault(reason.rule, reason)
        order = {rule: number for number, rule in enumerate(self.found, 1)}
        numbers = " ".join(map(str, sorted(order[one.rule] for one in reasons)))
        return f"[{numbers}]" if numbers else ""


# --- what is said of a size -----------------------------------------------------------------------

_Line = tuple[str, Reasons]


def _operation(proofs: Proofs, operation: str, notes: Notes, style: Style) -> Iterator[str]:
    own = [one for one in proofs.proofs if one.operation == operation]
    where = f"a multiple of {proofs.align}" if proofs.align else "a multiple of its size"
    alone = "" if proofs.crowd else ", and nothing else writes"
    yield f"{style(operation, 'name')}   is it whole wherever its address is {where}{alone}?"
    for arch in dict.fromkeys(one.arch for one in own):
        yield f"  {style(arch, 'name')}"
        yield from _architecture([one for one in own if one.arch == arch], notes, style)
    yield from _summary(own)


def _architecture(own: list[Proof], notes: Notes, style: Style) -> Iterator[str]:
    """Yield the lines on an architecture: sizes of which the same is said are taken together."""
    groups: dict[tuple[str, ...], list[Proof]] = {}
    for proof in own:
        told = tuple(text for text, _ in _lines(proof, "N"))
        groups.setdefault(told, []).append(proof)
    for members in groups.values():
        every = [_lines(one, "N" if len(members) > 1 else str(one.size)) for one in members]
        label = ", ".join(str(one.size) for one in members)
        for same in zip(*every, strict=True):
            text, marks = same[0][0], notes.marks(union(*(reasons for _, reasons in same)))
            indent = len(text) - len(text.lstrip())
            wide = f"    {label:10}{' ' * indent}  "
            line = f"{text.lstrip()}   {marks}" if marks else text.lstrip()
            yield from (_painted(one, style) for one in _wrapped(wide, line))
            label = ""


def _painted(line: str, style: Style) -> str:
    words = (("FAILS", "allowed"), ("UNKNOWN", "unknown"), ("holds", "forbidden"))
    for word, colour in words:
        line = line.replace(word, style(word, colour))
    return line


def _lines(proof: Proof, size: str) -> list[_Line]:
    """Return what is said of one size; accesses of it are shown as of `size` bytes."""
    if proof.limit:
        return [(f"UNKNOWN: {proof.limit}", ())]
    if not proof.builds:
        return [("does not build", ())]
    return [line for part in proof.parts for line in _part(part, proof, size)]


def _part(part: Part, proof: Proof, size: str) -> Iterator[_Line]:
    """Yield what holds of some sets of features, of both layers at once where they agree."""
    features = f", {part.features}" if part.features else ""
    if not part.layers:
        yield f"does not build{features}", ()
    elif part.contract and part.code and _agree(part.contract, part.code):
        both = together([part.contract, part.code])
        yield from _layer("contract and code", features, both, proof, size)
    else:
        for layer, one in (("contract", part.contract), ("code", part.code)):
            if one is None:
                yield f"{layer}{features}: nothing is recorded", ()
            else:
                yield from _layer(layer, features, one, proof, size)


def _agree(one: LayerAnswer, other: LayerAnswer) -> bool:
    return one.told == other.told and one.notations == other.notations


def _layer(name: str, features: str, one: LayerAnswer, proof: Proof, size: str) -> Iterator[_Line]:
    own = re.compile(rf"\b{proof.size}\b")
    shown = " or ".join(f"`{own.sub(size, text)}`" for text in one.notations)
    head = f"{name} {shown}{'' if one.exact else ', as in 6.12'}{features}"
    cases = one.cases(proof.size, proof.align)
    if one.limit:
        yield f"{head}: UNKNOWN: {one.limit}", ()
    elif len(cases) == 1:
        yield f"{head}: {outcome(cases[0].outcome)}", cases[0].outcome.reasons
    else:
        yield f"{head}:", ()
        for case in cases:
            where = "otherwise" if case is cases[-1] else said(case.where)
            words = outcome(case.outcome)
            comma = "," if "," in words else ""
            yield f"  {words}{comma} {where}", case.outcome.reasons


def outcome(one: Outcome) -> str:
    """Return what becomes of an operation, in words."""
    by = " by practice"
    if one.faults:
        return f"faults{by if one.same == 'practice' else ''}"
    if one.same == "torn":
        return "FAILS"
    words = ["holds" if one.same == "whole" else f"holds{by}"]
    for grade, to in ((one.smaller, "to smaller accesses"), (one.others, "while others write")):
        if grade == "torn":
            words.append(f"but FAILS {to}")
        elif grade == "practice" and one.same == "whole":
            words.append(f"by practice {to}")
    return ", ".join(words)


# --- tears ----------------------------------------------------------------------------------------


def _tears(proof: Proof, style: Style) -> Iterator[str]:
    """Yield, for each set of features with which the code fails, an execution and its test."""
    for part in proof.parts:
        if part.seen is None or part.seen.verdict.witness is None:
            continue
        at = f"at an address that is {part.seen.address} modulo {_modulus(part)}"
        head = f"{proof.operation} of {proof.size} bytes on {part.seen.arch}, {at}"
        yield ""
        yield from _wrapped("", f"{head}, is torn to {part.seen.by}:")
        lines = picture(part.seen.verdict, part.seen.verdict.witness, style)
        yield from (f"  {line}".rstrip() for line in lines)
        yield style("  as a test, for litmus check:", "dim")
        yield from (style(f"    {line}", "dim") for line in part.seen.text.splitlines())


def _modulus(part: Part) -> int:
    return max(part.code.modulus, 1) if part.code else 1


# --- what it comes to -----------------------------------------------------------------------------


_HEADS = {
    "holds": "holds at every such address, with any features",
    "crowd": "fails only while others write",
    "fails": "fails at some such address, or with some features",
    "unknown": "not decided",
}


def _summary(own: list[Proof]) -> Iterator[str]:
    """Yield on which architectures and sizes it holds everywhere, and where not."""
    groups: dict[str, dict[str, list[int]]] = {word: {} for word in _HEADS}
    for proof in own:
        if proof.builds or proof.limited:
            groups[_verdict(proof)].setdefault(proof.arch, []).append(proof.size)
    for word, found in groups.items():
        if found:
            told = "; ".join(f"{arch} {_listed(sizes)}" for arch, sizes in found.items())
            yield from _wrapped("  ", f"{_HEADS[word]}: {told}")


def _verdict(proof: Proof) -> str:
    if not proof.fails:
        return "unknown" if proof.limited else "holds"
    outcomes = [one for part in proof.parts for _, of in part.layers for _, one in of.outcomes]
    alone = any("torn" in (one.same, one.smaller) for one in outcomes)
    return "fails" if alone else "unknown" if proof.limited else "crowd"


def _listed(sizes: Iterable[int]) -> str:
    return ", ".join(map(str, sizes))


def covered(proofs: Proofs) -> Iterator[str]:
    """Yield what was covered, and how: placements, features, readers and writers."""
    modulus = max(
        (one.modulus for p in proofs.proofs for part in p.parts for _, one in part.layers),
        default=1,
    )
    sets = sum(len(part.targets) for proof in proofs.proofs for part in proof.parts)
    yield (
        f"Covered, nothing sampled: every address, as every residue modulo up to {modulus} that "
        "the alignment leaves, in classes at which all accesses are granted the same units, each "
        f"decided by the solver; every set of the features that can matter ({sets} for all sizes "
        "and architectures); every alternative of the code; memory that is normal (cacheable, "
        "write-back)."
    )
    yield (
        "The other side is single-copy atomic at any address, whatever instruction that takes: an "
        "access of the operation's size, and of each power of two below it at every offset (of "
        f"operations to {MAX_INSIDE} bytes)."
        + (
            " The others write a byte each, every byte at once: wider and more writers do no more "
            "(docs/prove.md says why)."
            if proofs.crowd
            else " Nothing else writes."
        )
    )


def _wrapped(label: str, says: str) -> list[str]:
    return textwrap.wrap(
        says, WIDTH, initial_indent=label, subsequent_indent=" " * (len(label) + 2),
        break_long_words=False, break_on_hyphens=False,
    ) or [label.rstrip()]  # fmt: skip
