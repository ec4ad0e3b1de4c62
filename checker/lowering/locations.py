"""The locations of a C test: which there are, their types, and what is known of their addresses."""

from __future__ import annotations

from collections.abc import Iterator

from checker import litmus as ast
from checker.arch.schema import NORMAL
from checker.diagnostic import Diagnostic, Position, nearest
from checker.lowering.layout import Layout
from checker.program import Place

PAGE = 4096
MAX_LOCATION = 1 << 16
"""Bytes of one location."""


def locations(test: ast.Test) -> Iterator[ast.Location]:
    """Yield the declared locations, then those that only an initial value or a parameter names."""
    seen = set()
    for location in test.locations:
        if location.name in seen:
            raise Diagnostic(f"`{location.name}` is declared twice", location.at)
        seen.add(location.name)
        yield location
    for initial in test.initial:
        name = _base(initial.place)
        if name not in seen:
            seen.add(name)
            yield ast.Location(name, None, ast.Attributes(), initial.at)
    for thread in test.threads:
        for parameter in thread.parameters:
            if parameter.name not in seen:
                seen.add(parameter.name)
                yield ast.Location(parameter.name, None, ast.Attributes(), parameter.at)
    for name, at, _ in _pointed(test):
        if name not in seen and not nearest(name, seen):
            seen.add(name)
            yield ast.Location(name, None, ast.Attributes(), at)


def _pointed(test: ast.Test) -> Iterator[tuple[str, Position, ast.Type]]:
    """Yield the names that pointers hold at first, and what the pointers point to.

    As herd7 has it, such a name needs no declaration: `[p]=z`.
    """
    types = _said(test)
    for initial in test.initial:
        value = initial.value
        while isinstance(value, ast.Unary) and value.op == "&":
            value = value.of
        pointer = types.get(_base(initial.place))
        if (
            isinstance(value, ast.Name)
            and isinstance(initial.place, ast.Name)
            and isinstance(pointer, ast.Pointer)
        ):
            yield value.name, value.at, pointer.to


def _said(test: ast.Test) -> dict[str, ast.Type]:
    """Return the types that locations are given: by a declaration, else by a parameter."""
    types: dict[str, ast.Type] = {}
    for thread in test.threads:
        for parameter in thread.parameters:
            types.setdefault(parameter.name, parameter.type)
    return types | {one.name: one.type for one in test.locations if one.type is not None}


def _base(place: ast.Expr) -> str:
    while isinstance(place, (ast.Member, ast.Index)):
        place = place.of
    assert isinstance(place, ast.Name)
    return place.name


def types_of(test: ast.Test) -> dict[str, ast.Type]:
    """Return each location's type: as it is said, else as a pointer to it has it, else `int`."""
    types = _said(test)
    for name, _, type_ in _pointed(test):
        if not isinstance(type_, ast.Scalar) or type_.name != "void":
            types.setdefault(name, type_)
    for location in locations(test):
        types.setdefault(location.name, ast.Scalar("int"))
    return types


def place_of(location: ast.Location, types: dict[str, ast.Type], layout: Layout) -> Place:
    """Return a location as programs have it, with nothing in it yet."""
    type_, attributes = types[location.name], location.attributes
    try:
        size, natural = layout.size(type_), layout.alignment(type_)
    except Diagnostic as problem:
        problem.at = problem.at or location.at
        raise
    if size > MAX_LOCATION:
        raise Diagnostic(f"`{location.name}` has {size:,} bytes", location.at, "at most 65,536")
    aligned = attributes.aligned or (1 if attributes.packed else natural)
    modulus, residue = aligned, 0
    if attributes.offset is not None:
        modulus, residue = PAGE, attributes.offset
        if attributes.aligned and residue % attributes.aligned:
            raise Diagnostic(
                f"__at({residue}) is not a multiple of __aligned({attributes.aligned})", location.at
            )
    memory = attributes.memory or NORMAL
    return Place(location.name, size, (0,) * size, modulus, residue, memory)
