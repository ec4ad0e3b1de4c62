"""Which models forbid no execution more when reads and fences are taken out of it.

An execution without some of its reads and fences has the relations of the whole one, restricted to
the events that are left: of which events a base relation holds depends on no third one. A model
that is made of them by operators that only grow with what they are applied to asks less of it. What
stands under a difference or a complement must not shrink: a sequence may, where the event in its
middle is taken out, but not where that is a write.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from checker.model.cat.syntax import Call, CatModel, Expr, Let, Local, Name, Operator


class _Kind(NamedTuple):
    """What is known of a set or a relation, of the events that are left."""

    below: bool = True
    """Whether it holds of no more than it did."""
    above: bool = True
    """Whether it holds of all that it did."""
    starts: bool = False
    """Whether it begins at writes only; a set: whether it has only writes."""
    ends: bool = False
    """Whether it ends at writes only; a set: the same."""


_Function = Callable[[list[_Kind]], _Kind]

_SAME = _Kind()
_OPEN = _Kind(below=False, above=False)
_WRITES = _Kind(starts=True, ends=True)
_BASE = {
    "W": _WRITES, "IW": _WRITES, "co": _WRITES, "coi": _WRITES, "coe": _WRITES,
    "rf": _Kind(starts=True), "rfi": _Kind(starts=True), "rfe": _Kind(starts=True),
    "fr": _Kind(ends=True), "fri": _Kind(ends=True), "fre": _Kind(ends=True),
    **dict.fromkeys(("addr", "data", "ctrl"), _Kind(above=False)),
}  # fmt: skip
"""Base sets and relations in which there are writes, and dependencies, of which there may be fewer:
what decided that there was one more round was a dependency of it. Every other is as it was."""


@cache
def forbids_no_more(model: CatModel | None) -> bool:
    """Whether a model allows an execution without some of its reads and fences if it did with."""
    if model is None:
        return True
    names: dict[str, _Kind | _Function] = {"fencerel": _fences, "toid": lambda args: args[0]}
    names |= {"domain": _domain, "range": lambda args: _domain([_inverse(args[0])])}
    for statement in model.statements:
        if isinstance(statement, Let):
            _define(statement, names)
        elif not statement.flag:
            kind = _kind(statement.expr, names)
            if not (kind.above if statement.negated else kind.below):
                return False
    return True


def _define(let: Let, names: dict[str, _Kind | _Function]) -> None:
    if let.recursive:
        assumed = {name: _Kind(above=False) for name, _, _ in let.definitions}
        inside = {**names, **assumed}
        small = all(_kind(body, inside).below for _, _, body in let.definitions)
        names |= assumed if small else dict.fromkeys(assumed, _OPEN)
        return
    scope = dict(names)
    for name, parameters, body in let.definitions:
        names[name] = (
            _kind(body, scope) if parameters is None else _function(parameters, body, scope)
        )


def _function(
    parameters: tuple[str, ...], body: Expr, scope: dict[str, _Kind | _Function]
) -> _Function:
    return lambda args: _kind(body, {**scope, **dict(zip(parameters, args, strict=False))})


def _fences(_: list[_Kind]) -> _Kind:
    return _Kind(above=False)


def _domain(args: list[_Kind]) -> _Kind:
    (of,) = args
    return _Kind(of.below, of.above and of.ends, of.starts, of.starts)


def _inverse(of: _Kind) -> _Kind:
    return of._replace(starts=of.ends, ends=of.starts)


def _kind(expr: Expr, names: dict[str, _Kind | _Function]) -> _Kind:
    match expr:
        case Name(name):
            found = names.get(name, _BASE.get(name, _SAME))
            return found if isinstance(found, _Kind) else _OPEN
        case Local(name, value, body):
            return _kind(body, {**names, name: _kind(value, names)})
        case Call(function, args):
            called = names.get(function)
            inner = [_kind(arg, names) for arg in args]
            return called(inner) if callable(called) else _OPEN
        case Operator(op, args):
            first, *rest = (_kind(arg, names) for arg in args)
            for other in rest:
                first = _binary(op, first, other)
            return first if rest else _unary(op, first)


def _binary(op: str, a: _Kind, b: _Kind) -> _Kind:
    below, above = a.below and b.below, a.above and b.above
    match op:
        case "union":
            return _Kind(below, above, a.starts and b.starts, a.ends and b.ends)
        case "meet":
            return _Kind(below, above, a.starts or b.starts, a.ends or b.ends)
        case "product":
            return _Kind(below, above, a.starts, b.ends)
        case "sequence":
            return _Kind(below, above and (a.ends or b.starts), a.starts, b.ends)
        case "minus":
            return _Kind(a.below and b.above, a.above and b.below, a.starts, a.ends)
    return _OPEN


def _unary(op: str, of: _Kind) -> _Kind:
    through = of.above and (of.starts or of.ends)
    match op:
        case "identity":
            return of
        case "inverse":
            return _inverse(of)
        case "complement":
            return _Kind(of.above, of.below)
        case "optional":
            return _Kind(of.below, of.above)
        case "plus":
            return _Kind(of.below, through, of.starts, of.ends)
        case "star":
            return _Kind(of.below, through)
    return _OPEN
