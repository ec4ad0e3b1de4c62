"""What a reader of a verdict should know beside it, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from checker import contracts
from checker import litmus as ast
from checker.arch import Target
from checker.arch.kernel import COMPLETE, spell
from checker.litmus import Test
from checker.lowering.draft import Sketch
from checker.lowering.layout import Layout
from checker.program import Fence, Program


def on(
    test: Test, target: Target, drawn: Sketch, code: list[Program], contract: list[Program],
    *, own_axioms: bool,
) -> list[str]:  # fmt: skip
    """Return the notes on a test; `own_axioms` are in place of the architecture's."""
    notes = []
    fences = any(isinstance(s, Fence) for p in code for o in p.operations for s in o.steps)
    places = {d.place.location for d in drawn.drafts if d.place}
    if (fences or len(places) > 1) and target.order is None and not own_axioms:
        known = "only coherence and atomicity count"
        notes.append(f"no ordering axioms of {target.arch.name} are published: {known}")
    if not any(d.faults for d in drawn.drafts) and _asks_faults(test.condition.proposition):
        notes.append("nothing faults unless it is asked for: --faults, or `Faults = yes`")
    notes += _layouts(test, drawn)
    notes += [f"an index outside of `{name}` makes no access" for name in drawn.beyond]
    inexact = dict.fromkeys(name for program in (*code, *contract) for name in program.inexact)
    if inexact:
        asked, known = spell(code[0].target.kernel), spell(COMPLETE)
        notes.append(f"kernel {asked}: {', '.join(inexact)} as in {known}: no change is recorded")
    return notes + contracts.unmet(code, contract)


def _asks_faults(proposition: ast.Proposition) -> bool:
    if isinstance(proposition, ast.Connective):
        return any(map(_asks_faults, proposition.args))
    return isinstance(proposition, ast.Faulted)


def _layouts(test: Test, drawn: Sketch) -> Iterator[str]:
    """Yield a note for each struct of which two threads do not agree where its fields are."""
    first, *others = drawn.threads
    for struct in test.structs if others else ():
        of_first = _offsets(struct, first.target, test)
        for thread in others:
            own = _offsets(struct, thread.target, test)
            field = next((name for name in own if own[name] != of_first.get(name)), None)
            if field is not None:
                yield (
                    f"struct {struct.tag}: `{field}` is at byte {of_first[field]} for "
                    f"P{first.number} and at byte {own[field]} for P{thread.number}"
                )
                break


def _offsets(struct: ast.Struct, target: Target, test: Test) -> dict[str, int]:
    """Return where the fields of a struct are, in bytes, by name."""
    members = Layout(target, test.structs).members(ast.StructName(struct.tag))
    return {member.name: member.offset for member in members}
