"""Verdicts for a person: a line for each architecture, its reasons, the witness as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from checker.report import lanes
from checker.value import value
from checker.verdict import Execution, Problem, Reason, Verdict

_COLOURS = {
    "forbidden": "32", "fragile": "33", "allowed": "1;31", "unknown": "35", "bounded": "35",
    "wrong": "1;31", "name": "1", "dim": "2", "torn": "31",
}  # fmt: skip

SPELLED = {"allowed": "ALLOWED", "unknown": "UNKNOWN"}
"""Verdicts that are spelled in another way than in data."""


@value
class Style:
    """Whether and how text is coloured."""

    colour: bool

    def __call__(self, text: str, kind: str) -> str:
        """Return the text in the colour of its kind."""
        return f"\033[{_COLOURS[kind]}m{text}\033[0m" if self.colour and text else text


def test(verdicts: Sequence[Verdict], style: Style) -> str:
    """Return the paragraph on one test: its name, its condition, and every architecture."""
    first = verdicts[0]
    width = max(9, *(len(v.arch) for v in verdicts))
    lines = [f"{style(first.test, 'name')}   {first.condition}"]
    shown: dict[tuple[str, ...], str] = {}
    for verdict in verdicts:
        lines += _verdict(verdict, width, style, shown)
    return "\n".join(lines)


def _verdict(
    verdict: Verdict, width: int, style: Style, shown: dict[tuple[str, ...], str]
) -> Iterator[str]:
    """Yield the lines on one architecture; a picture `shown` for another is not repeated."""
    word = verdict.spelled if verdict.bounded else SPELLED.get(verdict.answer, verdict.answer)
    wanted = ""
    if verdict.ok is False:
        wanted = f"   expected {verdict.expected}" if verdict.expected else "   the assertion fails"
    head = f"  {verdict.arch:{width}}  {style(f'{word:9}', verdict.answer)}"
    indent = " " * (width + 16)
    told = list(_why(verdict, style))
    yield f"{head}   {told[0]}{style(wanted, 'wrong')}".rstrip()
    for line in told[1:]:
        yield f"{indent}{line}"
    for note in (*verdict.notes, *([verdict.limit] if verdict.bounded else [])):
        yield style(f"{indent}note: {note}", "dim")
    if verdict.witness is not None:
        drawn = tuple(picture(verdict, verdict.witness, style))
        first = shown.setdefault(drawn, verdict.arch)
        for line in drawn if first == verdict.arch else [f"by the same execution as on {first}"]:
            yield f"{indent}{line}".rstrip()
    for state in filter(None, verdict.states or ()):
        yield f"{indent}{' '.join(f'{place}={value};' for place, value in state)}"


def _why(verdict: Verdict, style: Style) -> Iterator[str]:
    """Yield what a verdict rests on, a line each; there is at least one."""
    answer = verdict.bounded or verdict.answer
    if answer == "forbidden":
        yield from (_reason(reason, style) for reason in verdict.reasons)
    elif answer == "fragile":
        for index, reason in enumerate(verdict.reasons):
            yield ("today only: " if index == 0 else "            ") + _reason(reason, style)
    elif answer == "allowed" and verdict.witness is not None:
        yield from lanes.causes(verdict.witness) or ["an execution reaches it"]
    else:
        yield verdict.limit


def _reason(reason: Reason, style: Style) -> str:
    grade = "" if reason.evidence == "manual" else f", {reason.evidence}"
    return f"{reason.says}{grade}   {style(f'[{reason.rule} · {reason.cite}]', 'dim')}"


def picture(verdict: Verdict, witness: Execution, style: Style) -> Iterator[str]:
    """Yield the lines that show an execution: placement, faults, bytes, the final state."""
    if "fragile" in (verdict.answer, verdict.bounded):
        by = "what its contract allows" if witness.layer == "contract" else "without that practice"
        yield f"{by}:"
    torn = {one.location for one in witness.torn[:1]}
    for one in verdict.placements:
        if torn and one.location not in torn:
            continue
        if one.everywhere and not torn:
            continue
        place = next((r for name, r, _ in witness.placement if name == one.location), 0)
        if place or not one.everywhere or len(one.residues) > 1:
            others = tuple(r for r in one.residues if r != place)
            also = f" (and likewise at {_residues(others)})" if others else ""
            yield f"{one.location} at {place} modulo {one.modulus}{also}"
    for fault in witness.faults:
        at = f"{fault.access} of {fault.location}+{fault.offset}"
        moved = f"it has moved {fault.moved} of {fault.size} bytes"
        yield f"P{fault.thread} {fault.name}() faults at {at}; {moved}"
    for line in lanes.picture(witness):
        mark = line.find("<- torn")
        yield line[:mark] + style(line[mark:], "torn") if mark >= 0 else line


def _residues(residues: tuple[int, ...]) -> str:
    """Return residues as ranges."""
    ranges: list[list[int]] = []
    for residue in residues:
        if ranges and residue == ranges[-1][1] + 1:
            ranges[-1][1] = residue
        else:
            ranges.append([residue, residue])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def summary(verdicts: Sequence[Verdict], problems: Sequence[Problem], style: Style) -> str:
    """Return the closing line of a run."""
    tests = len({(v.file, v.test) for v in verdicts})
    found = Counter("bounded" if v.bounded else v.answer for v in verdicts)
    answers = ("forbidden", "fragile", "allowed", "bounded", "unknown")
    told = ", ".join(
        f"{found[answer]} {style(answer, answer)}" for answer in answers if found[answer]
    )
    wrong = sum(v.ok is False for v in verdicts)
    undecided = any(v.ok is None for v in verdicts)
    ends = [f"{wrong} not as wanted"] if wrong else [] if undecided else ["all as wanted"]
    if problems:
        ends.append(f"{len(problems)} could not be used")
    line = f"{tests} test{'s' * (tests != 1)}, {len(verdicts)} results: {told or 'none'}"
    return "; ".join([line, *ends])
