"""What herd7 calls an observation: in how many final states the condition's proposition holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checker import litmus as ast
from checker.language.condition import show_array, show_place
from checker.program import Shown
from checker.verdict import Observed, State


def observe(test: ast.Test, shown: tuple[Shown, ...], states: tuple[State, ...]) -> Observed | None:
    """Return it, or None where values in final states do not decide: for `torn` and faults."""
    holds = _compiled(test.condition.proposition, {one.text: one.bits for one in shown})
    found = [holds(dict(state)) for state in states]
    if None in found:
        return None
    given = next((text for key, text in test.info if key.lower() == "hash"), "")
    return Observed(sum(map(bool, found)), sum(not one for one in found), given)


Holds = Callable[[Mapping[str, int | str]], bool | None]
"""Whether a proposition holds in a final state, None where that does not decide it."""


def _compiled(proposition: ast.Proposition, bits: Mapping[str, int]) -> Holds:
    """Return a proposition as a function: a condition may have hundreds of parts and of states."""
    match proposition:
        case ast.Equal(ast.Memory() as place, tuple() as values):
            key, array = place.text, show_array(values)
            return lambda state: state[key] == array
        case ast.Equal(place, value):
            key = show_place(place)
            modulus = 1 << bits[key] if key in bits else 0
            if isinstance(value, ast.Register):
                other = show_place(value)
                return lambda state: _same(state[key], state[other], modulus)
            return lambda state: _same(state[key], value, modulus)
        case ast.Connective(op, args):
            return _connected(op, [_compiled(arg, bits) for arg in args])
        case _:
            return lambda _: None


def _same(found: object, other: object, modulus: int) -> bool:
    if isinstance(found, int) and isinstance(other, int):
        return (found - other) % modulus == 0
    return found == other


def _connected(op: str, parts: list[Holds]) -> Holds:
    """Return what a connective makes of propositions, some of which may be open."""
    match op:
        case "true" | "and" | "false" | "or":
            decisive = op in ("false", "or")

            def several(state: Mapping[str, int | str]) -> bool | None:
                found: bool | None = not decisive
                for part in parts:
                    held = part(state)
                    if held is decisive:
                        return decisive
                    if held is None:
                        found = None
                return found

            return several
        case "implies":
            return _connected("or", [_connected("not", parts[:1]), parts[1]])
        case _:
            (inner,) = parts
            return lambda state: None if (held := inner(state)) is None else not held
