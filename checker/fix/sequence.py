"""A sequence counter around a value: its writer counts, and its readers try again."""

from __future__ import annotations

import re

from checker.fix.change import Change
from checker.fix.source import Edit, Node, Text
from checker.lowering.draft import Draft, Sketch

NEVER = "a sequence counter needs"


def counter(text: Text, sketch: Sketch, location: str) -> Change | str:
    """Return the change that puts a sequence counter around a location, or why there is none."""
    drafts = [d for d in sketch.drafts if d.place and d.place.location == location]
    if any(draft.kind == "rmw" for draft in drafts):
        return f"{NEVER} plain reads and writes, and {location} has updates"
    writers = sorted({d.thread for d in drafts if d.kind == "store"})
    readers = {d.thread for d in drafts if d.kind == "load"}
    if len(writers) != 1:
        return f"{NEVER} one writer, or writers that exclude each other: {_threads(writers)}"
    if writers[0] in readers:
        return f"{NEVER} readers that do not write, and P{writers[0]} does both"
    name = _free(text, "seq")
    edits = [_declared(text, name)]
    for kind in ("store", "load"):
        for thread in sorted({d.thread for d in drafts if d.kind == kind}):
            own = [d for d in drafts if d.thread == thread]
            found = _statements(text, own)
            if isinstance(found, str):
                return found
            wrapped = _written if kind == "store" else _read
            edits += wrapped(text, found, name)
    says = f"a sequence counter around {location}, which its readers read again while it changes"
    at = text.position(edits[0].start)
    return Change("sequence", says, at, tuple(edits), 0, "sequence")


def _threads(numbers: list[int]) -> str:
    names = [f"P{number}" for number in numbers]
    return f"{' and '.join(names)} write it" if names else "no thread writes it"


def _free(text: Text, name: str) -> str:
    """Return a name that a text does not have."""
    while re.search(rf"\b{name}\b", text.text):
        name += "_"
    return name


def _declared(text: Text, name: str) -> Edit:
    at = text.brace + 1
    _, line_end = text.line(at)
    block = text.nodes("init")[0]
    alone = not text.text[at:line_end].strip()
    if alone and block.children:
        first = min(text.start(c) for c in block.children)
        start, _ = text.line(first)
        indent = text.text[start:first]
        if not indent.strip():
            return Edit(at, at, f"\n{indent}seqcount_t {name};")
    return Edit(at, at, f" seqcount_t {name};")


def _statements(text: Text, drafts: list[Draft]) -> tuple[Node, Node] | str:
    """Return the first and the last statement of a thread that do some accesses."""
    found = []
    for draft in drafts:
        node = text.at(text.offset(draft.at))
        body = text.around(text.offset(draft.at))
        if node is None or body is None or body.data != "thread":
            return f"{NEVER} accesses that stand in the threads themselves"
        top = node
        while (parent := text.parent(top)) is not None and parent.data != "block":
            top = parent
        if parent is None or text.parent(parent) is not body:
            return f"{NEVER} accesses that stand under no condition and in no loop"
        found.append(top)
    return min(found, key=text.start), max(found, key=text.end)


def _written(text: Text, found: tuple[Node, Node], name: str) -> list[Edit]:
    first, last = found
    start, end = text.start(first), _semicolon(text, text.end(last))
    joint = _joint(text, start)
    return [
        Edit(start, start, f"write_seqcount_begin(&{name});{joint}"),
        Edit(end, end, f"{joint}write_seqcount_end(&{name});"),
    ]


def _read(text: Text, found: tuple[Node, Node], name: str) -> list[Edit]:
    """Return the edits that read in rounds; what a round declares is declared before it."""
    first, last = found
    start, end = text.start(first), _semicolon(text, text.end(last))
    joint, tag = _joint(text, start), _free(text, f"{name}_start")
    before, edits = [f"unsigned {tag};"], []
    for one in text.nodes("declaration"):
        if start <= text.start(one) < end and text.parent(one) is text.parent(first):
            type_ = text.of(one.children[0])
            for variable in text.nodes("variable", within=one):
                declarator = variable.children[0]
                before.append(f"{type_} {text.of(declarator)};")
            edits.append(Edit(text.start(one), text.start(one.children[1]), ""))
    opened = "".join(f"{line}{joint}" for line in before)
    inner = f"{joint}  " if joint != " " else " "
    edits.append(
        Edit(start, start, f"{opened}do {{{inner}{tag} = read_seqcount_begin(&{name});{inner}")
    )
    again = f"{joint}}} while (read_seqcount_retry(&{name}, {tag}));"
    return [*edits, Edit(end, end, again)]


def _joint(text: Text, at: int) -> str:
    """Return what stands between two statements: a new line, or a blank."""
    start, _ = text.line(at)
    indent = text.text[start:at]
    return f"\n{indent}" if not indent.strip() else " "


def _semicolon(text: Text, at: int) -> int:
    """Return the place after the statement that ends at a place or right after it."""
    found = re.compile(r"\s*;").match(text.text, at)
    return found.end() if found else at
