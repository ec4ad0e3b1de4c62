"""What herd7 calls an observation: in how many final states the condition's proposition holds."""

from __future__ import annotations

from collections.abc import Mapping

from checker import litmus as ast
from checker.language.condition import show_array, show_place
from checker.program import Shown
from checker.verdict import Observed, State


def observe(test: ast.Test, shown: tuple[Shown, ...], states: tuple[State, ...]) -> Observed | None:
    """Return it, or None where values in final states do not decide: for `torn` and faults."""
    bits = {one.text: one.bits for one in shown}
    found = [_holds(test.condition.proposition, dict(state), bits) for state in states]
    if None in found:
        return None
    given = next((text for key, text in test.info if key.lower() == "hash"), "")
    return Observed(sum(map(bool, found)), sum(not one for one in found), given)


def _holds(
    proposition: ast.Proposition, state: Mapping[str, int | str], bits: Mapping[str, int]
) -> bool | None:
    """Return whether a proposition holds in a final state, where that decides it."""
    match proposition:
        case ast.Equal(ast.Memory() as place, tuple() as values):
            return state[place.text] == show_array(values)
        case ast.Equal(place, value):
            found = state[show_place(place)]
            other = state[show_place(value)] if isinstance(value, ast.Register) else value
            if isinstance(found, int) and isinstance(other, int):
                return (found - other) % (1 << bits[show_place(place)]) == 0
            return found == other
        case ast.Connective(op, args):
            return _connected(op, [_holds(arg, state, bits) for arg in args])
        case _:
            return None


def _connected(op: str, held: list[bool | None]) -> bool | None:
    """Return what a connective makes of propositions, some of which may be open."""
    match op:
        case "true" | "and":
            return False if False in held else None if None in held else True
        case "false" | "or":
            return True if True in held else None if None in held else False
        case "implies":
            return _connected("or", [_connected("not", held[:1]), held[1]])
        case _:
            return None if held[0] is None else not held[0]
