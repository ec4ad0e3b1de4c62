"""Changes of where a test's locations and fields lie."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token, Tree

from checker import litmus as ast
from checker.arch import Target
from checker.fix.change import Change
from checker.fix.source import Edit, Node, Text
from checker.lowering.draft import Sketch
from checker.lowering.layout import Layout
from checker.lowering.locations import locations, types_of

MOST = 4096
"""The largest alignment that a location can be given, in bytes: a page."""

STEPS = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, MOST)


def aligned(text: Text, test: ast.Test, sketches: list[Sketch], multiple: int) -> Iterator[Change]:
    """Yield, for each location that is accessed, its alignment to a multiple of bytes."""
    known = {place.name: place.modulus for one in sketches for place in one.places}
    for sketch in sketches:
        for place in sketch.places:
            known[place.name] = min(known[place.name], place.modulus)
    used = {d.place.location for one in sketches for d in one.drafts if d.place}
    declared = {_name(node): node for node in text.nodes("location")}
    for location in locations(test):
        name = location.name
        if name not in used or location.attributes.offset is not None or known[name] >= multiple:
            continue
        node = declared.get(name)
        edit = _declared(text, node, multiple) if node else _undeclared(text, name, multiple)
        if edit:
            at = text.position(edit.start) if name not in declared else location.at
            says = f"{name} is __aligned({multiple})"
            yield Change("align", says, at, (edit,), multiple.bit_length(), f"align {name}")


def _name(location: Node) -> str:
    declarator = next(c for c in location.children if _is(c, "declarator"))
    return str(next(c for c in declarator.children if isinstance(c, Token)))


def _is(child: object, name: str) -> bool:
    return isinstance(child, Tree) and child.data == name


def _declared(text: Text, location: Node, multiple: int) -> Edit:
    for child in location.children:
        if _is(child, "aligned"):
            number = child.children[0]
            return Edit(text.start(number), text.end(number), str(multiple))
    kinds = ("declarator", "packed", "memory_type")
    last = max(text.end(c) for c in location.children if any(_is(c, kind) for kind in kinds))
    return Edit(last, last, f" __aligned({multiple})")


def _undeclared(text: Text, name: str, multiple: int) -> Edit | None:
    """Return a declaration of a location that only a parameter names."""
    for parameter in text.nodes("parameter"):
        names = [c for c in parameter.children if isinstance(c, Token)]
        if names and str(names[-1]) == name:
            type_, stars = parameter.children[:2]
            depth = sum(isinstance(c, Token) and c.type == "STAR" for c in stars.children) - 1
            if depth < 0:
                return None
            base = " ".join(text.of(type_).split())
            at = text.brace + 1
            return Edit(at, at, f" {base} {'*' * depth}{name} __aligned({multiple});")
    return None


# --- fields ---------------------------------------------------------------------------------------


def layouts(text: Text, sketches: list[Sketch]) -> Iterator[Change]:
    """Yield the changes of how structs are laid out: `__packed` dropped, a field aligned."""
    for node in text.nodes("packed"):
        start, end = text.start(node), text.end(node)
        while text.text[start - 1] in " \t":
            start -= 1
        at = text.position(text.start(node))
        edit = (Edit(start, end, ""),)
        yield Change("align", "__packed is dropped", at, edit, 20, f"packed {at}", layout=True)
    sizes = {d.place.size for one in sketches for d in one.drafts if d.place}
    for multiple in sorted(size for size in sizes if size in (2, 4, 8, 16)):
        for node in text.nodes("member_name"):
            if any(_is(child, "aligned") for child in node.children):
                continue
            end, at = text.end(node), text.position(text.start(node))
            name = str(next(c for c in node.children[0].children if isinstance(c, Token)))
            says = f"the field {name} is __aligned({multiple})"
            edit = (Edit(end, end, f" __aligned({multiple})"),)
            yield Change("align", says, at, edit, 24 + multiple, f"field {at}", layout=True)


Touched = tuple[tuple[int, str, str, tuple[tuple[str, int], ...]], ...]
"""Of each access: its thread, whether it loads or stores, its location, and the bytes of fields
that it touches, by the fields' names; padding has none."""


def touched(test: ast.Test, target: Target, sketch: Sketch) -> Touched:
    """Return what the threads of a test access, whatever the layout of its structs."""
    types, found = types_of(test), []
    fields: dict[str, list[tuple[str, int]]] = {}
    for place in sketch.places:
        layout = Layout(target, test.structs)
        fields[place.name] = list(_bytes(types[place.name], layout, place.size))
    for draft in sketch.drafts:
        if draft.place is not None and draft.kind != "fence":
            at = draft.place
            own = tuple(fields[at.location][at.offset : at.end])
            found.append((draft.thread, draft.kind, at.location, own))
    return tuple(sorted(found))


def accessed(sketch: Sketch) -> Touched:
    """Return what the threads of an assembly test access; an update counts as a store.

    An instruction that exchanges stands in for a store.
    """
    found = []
    for draft in sketch.drafts:
        if draft.place is not None and draft.kind != "fence":
            at, kind = draft.place, "store" if draft.kind == "rmw" else draft.kind
            found.append((draft.thread, kind, at.location, (("", at.offset), ("", at.end))))
    return tuple(sorted(found))


def _bytes(type_: ast.Type, layout: Layout, size: int) -> Iterator[tuple[str, int]]:
    """Yield the field that each byte of a type belongs to, and which byte of it it is."""
    if isinstance(type_, ast.StructName):
        at = 0
        for member in layout.members(type_):
            yield from (("", 0) for _ in range(member.offset - at))
            own = layout.size(member.type)
            for name, byte in _bytes(member.type, layout, own):
                yield f".{member.name}{name}", byte
            at = member.offset + own
        yield from (("", 0) for _ in range(size - at))
    elif isinstance(type_, ast.Array):
        own = layout.size(type_.of)
        for index in range(type_.count):
            for name, byte in _bytes(type_.of, layout, own):
                yield f"[{index}]{name}", byte
    else:
        yield from (("=", byte) for byte in range(size))
