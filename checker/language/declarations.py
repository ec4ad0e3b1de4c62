"""What the C dialect's grammar yields: structs, locations and statements, put in their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lark import Token

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position, nearest
from checker.language.condition import where
from checker.language.nesting import bound


class Parsed:
    """What the grammar yields, before the header is added."""

    given: tuple[ast.Given, ...] = ()

    def __init__(self, children: list[Any]) -> None:
        """Take apart what stands in a file: init block, threads, clauses, condition."""
        *front, self.shown, self.filter, self.condition = children
        items = front[0]
        self.threads = tuple(one for one in front[1:] if isinstance(one, ast.Thread))
        self.functions = tuple(one for one in front[1:] if isinstance(one, ast.Function))
        bound([front, self.shown, self.filter])
        self.structs: list[ast.Struct] = []
        self.locations: list[ast.Location] = []
        self.initial: list[ast.Initial] = []
        for item in items:
            match item:
                case Definition():
                    _name_struct(item, self.structs)
                case ast.Location(name, type_, attributes, at), value:
                    named = _name_type(type_, self.structs)
                    self.locations.append(ast.Location(name, named, attributes, at))
                    if value is not None:
                        self.initial.append(ast.Initial(ast.Name(name, at), value, at))
                case _:
                    self.initial.append(item)
        self._named_once()

    def _named_once(self) -> None:
        """Refuse a function that has the name of another, or of a location."""
        seen = {location.name for location in self.locations}
        for function in self.functions:
            if function.name in seen:
                raise Diagnostic(f"`{function.name}` is declared twice", function.at)
            seen.add(function.name)


class Definition(NamedTuple):
    """A struct where it is defined: its tag, its fields with their positions."""

    tag: Token
    fields: tuple[tuple[ast.Field, Position], ...]
    attributes: ast.Attributes


def _name_struct(new: Definition, found: list[ast.Struct]) -> None:
    """Record a struct, and before it those that are defined inside it."""
    if any(struct.tag == new.tag for struct in found):
        raise Diagnostic(f"struct {new.tag} is defined twice", where(new.tag))
    fields: dict[str, ast.Field] = {}
    for field, at in new.fields:
        if field.name in fields:
            raise Diagnostic(f"struct {new.tag} has two fields `{field.name}`", at)
        fields[field.name] = ast.Field(field.name, _name_type(field.type, found), field.attributes)
    found.append(ast.Struct(str(new.tag), tuple(fields.values()), new.attributes))


def _name_type(type_: Any, found: list[ast.Struct], *, pointed: bool = False) -> ast.Type:
    """Replace a struct's definition inside a type by its name, and record it."""
    match type_:
        case Definition(tag):
            _name_struct(type_, found)
            return ast.StructName(str(tag))
        case ast.Pointer(to):
            return ast.Pointer(_name_type(to, found, pointed=True))
        case ast.Array(of, count):
            return ast.Array(_name_type(of, found, pointed=pointed), count)
        case ast.StructName(tag, at) if not pointed:
            known = [struct.tag for struct in found]
            if tag not in known:
                raise Diagnostic(
                    f"struct {tag} is not defined", at,
                    nearest(tag, known) or "define it in the init block, before its use",
                )  # fmt: skip
    plain: ast.Type = type_
    return plain


def outside_init(type_: Any) -> Any:
    """Return a type that stands in a thread; raises Diagnostic where it defines a struct."""
    if isinstance(type_, Definition):
        raise Diagnostic(
            f"struct {type_.tag} is defined in a thread", where(type_.tag),
            "define it in the init block",
        )  # fmt: skip
    return type_


def declared(base: Any, stars: int, dimensions: list[int]) -> Any:
    """Return the type that a declarator makes of its base."""
    for _ in range(stars):
        base = ast.Pointer(base)
    for count in reversed(dimensions):
        base = ast.Array(base, count)
    return base


def merge(attributes: list[ast.Attributes]) -> ast.Attributes:
    """Return several attributes as one; of two values the first holds."""
    merged = ast.Attributes()
    for one in attributes:
        if one is not None:
            merged = ast.Attributes(
                merged.packed or one.packed,
                one.aligned if merged.aligned is None else merged.aligned,
                one.offset if merged.offset is None else merged.offset,
                one.memory if merged.memory is None else merged.memory,
            )
    return merged


class Scope(tuple[ast.Statement, ...]):
    """Statements whose variables are not those of what stands around them."""

    __slots__ = ()


def declared_once(items: list[Any]) -> None:
    """Refuse a local variable that hides another: a register's name must mean one of them."""
    seen = set()
    for item in items:
        own = isinstance(item, tuple) and not isinstance(item, Scope)
        for declare in _declarations(item):
            if declare.name in seen:
                raise Diagnostic(
                    f"`{declare.name}` is declared already", declare.at, "choose another name"
                )
            if own:
                seen.add(declare.name)


def _declarations(item: Any) -> Iterator[ast.Declare]:
    """Yield the declarations in a statement or in several, at any depth; never recurses."""
    waiting = [item]
    while waiting:
        match waiting.pop():
            case ast.Declare() as declare:
                yield declare
            case ast.If(_, then, otherwise):
                waiting += [*then, *otherwise]
            case ast.Loop(_, body):
                waiting += body
            case tuple() as statements:
                waiting += reversed(statements)


def flatten(items: list[Any]) -> tuple[ast.Statement, ...]:
    """Return the statements of a list in which one text may have become several, or none."""
    found: list[ast.Statement] = []
    for item in items:
        if isinstance(item, tuple):
            found += item
        elif item is not None:
            found.append(item)
    return tuple(found)
