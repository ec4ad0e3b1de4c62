"""Changes of one operation to another that does the same and promises or orders more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import arch as archs
from checker.fix.change import Change
from checker.fix.source import Edit, Node, Text, arguments, prefixed
from checker.lowering.draft import Draft, Sketch

_PUTS = {
    "put_user": "put_user_atomic",
    "__put_user": "put_user_atomic",
    "kvm_put_guest": "kvm_put_guest_atomic",
}
"""Same arguments, and whole by contract."""

_ORDERED = {
    "atomic_read": ("atomic_read_acquire",),
    "atomic64_read": ("atomic64_read_acquire",),
    "atomic_set": ("atomic_set_release",),
    "atomic64_set": ("atomic64_set_release",),
}

_VARIANT = re.compile(r"(.*)_(relaxed|acquire|release)$")

_WIDE = 8
"""Bytes of an atomic64_t."""

_SIZES = (1, 2, 4, 8, 16)

_PLAIN = ("plain-read", "plain-write")


class Operations:
    """The other operations that a test's calls and accesses could be."""

    def __init__(self, text: Text, sketches: list[Sketch]) -> None:
        """Find the accesses of a test, as some architectures have it, in its text."""
        self._text = text
        self._nodes = text.reads()
        self._drafts: dict[tuple[tuple[int, int], str], Draft] = {}
        self._copied: set[tuple[int, int]] = set()
        for sketch in sketches:
            seen: dict[tuple[int, int], str] = {}
            for draft in sketch.drafts:
                if draft.place is None or draft.kind == "fence":
                    continue
                if draft.name in _PLAIN:
                    self._drafts.setdefault((draft.at, draft.name), draft)
                    continue
                if seen.setdefault(draft.at, draft.kind) != draft.kind:
                    self._copied.add(draft.at)  # a copy from shared memory to shared memory
                self._drafts.setdefault((draft.at, draft.name), draft)
        self._narrow = {
            t.number for one in sketches for t in one.threads if t.target.arch.word < _WIDE
        }  # elsewhere an atomic64_read() is a READ_ONCE()
        self._virt = "virt" if re.search(r"\bvirt_\w+\(", text.text) else "smp"

    def changes(self) -> Iterator[Change]:
        """Yield the changes in the order of the text."""
        for (at, name), draft in sorted(self._drafts.items(), key=lambda one: one[0]):
            if at in self._copied or draft.steps is not None:
                continue
            if name == "plain-write":
                if node := self._text.assignment(at):
                    yield from self._plain(node, draft)
            elif name == "plain-read":
                if node := self._nodes.get(at):
                    yield from self._plain(node, draft)
            elif call := self._text.call(at, draft.spelled):
                yield from self._call(call, draft)

    # --- plain accesses

    def _plain(self, node: Node, draft: Draft) -> Iterator[Change]:
        size = draft.place.size if draft.place else 0
        if draft.name == "plain-write":
            target, sign, new = node.children
            lvalue, new_text = self._text.of(target), self._text.of(new)
            if str(sign) != "=":
                if self._is_statement(node):
                    whole = f"READ_ONCE({lvalue}) {str(sign)[:-1]} ({new_text})"
                    says = f"`{sign}` becomes READ_ONCE() and WRITE_ONCE()"
                    new_call = f"WRITE_ONCE({lvalue}, {whole})"
                    yield self._change(node, draft, "", new_call, 0, says)
                return
            yield from self._writes(node, draft, "a plain write", target, new_text, size)
        elif node.data != "assign" and not self._is_changed(node):
            lvalue = self._text.of(node)
            says = "a plain read"
            yield self._change(node, draft, says, f"READ_ONCE({lvalue})", 0)
            yield from self._reads(node, draft, says, node, size)

    def _is_changed(self, node: Node) -> bool:
        """Whether a read is that of `+=`, `++` or `&`, which is no expression of its own."""
        parent = self._text.parent(node)
        if parent is None:
            return True
        first = next((c for c in parent.children if isinstance(c, type(node))), None)
        return parent.data.startswith("step_") or (parent.data == "assign" and first is node)

    def _writes(
        self, node: Node, draft: Draft, says: str, target: Node, new: str, size: int
    ) -> Iterator[Change]:
        lvalue, pointer = self._text.of(target), self._pointer(target)
        if draft.name == "plain-write":
            yield self._change(node, draft, says, f"WRITE_ONCE({lvalue}, {new})", 0)
        release = f"{self._virt}_store_release({pointer}, {new})"
        yield self._change(node, draft, says, release, 2)
        if size == _WIDE and draft.thread in self._narrow and self._is_statement(node):
            atomic = f"atomic64_set((atomic64_t *){_operand(pointer)}, {new})"
            yield self._change(node, draft, says, atomic, 3)

    def _reads(
        self, node: Node, draft: Draft, says: str, target: Node, size: int
    ) -> Iterator[Change]:
        pointer = self._pointer(target)
        yield self._change(node, draft, says, f"{self._virt}_load_acquire({pointer})", 2)
        if size == _WIDE and draft.thread in self._narrow:
            atomic = f"atomic64_read((atomic64_t *){_operand(pointer)})"
            yield self._change(node, draft, says, atomic, 3)

    def _pointer(self, lvalue: Node) -> str:
        """Return an lvalue's address as C spells it."""
        of = prefixed(lvalue, "*")
        return self._text.of(of) if of is not None else f"&{self._text.of(lvalue)}"

    # --- calls

    def _call(self, node: Node, draft: Draft) -> Iterator[Change]:
        name, given = draft.spelled, arguments(node)
        size = draft.place.size if draft.place else 0
        signature = str(archs.operations().get(draft.name, {}).get("signature", ""))
        says = f"{name}()"
        if name in _PUTS:
            yield self._renamed(node, draft, _PUTS[name], 1)
        elif name == "unsafe_put_user" and self._is_statement(node):
            both = ", ".join(self._text.of(one) for one in given[:2])
            yield self._change(node, draft, says, f"put_user_atomic({both})", 2)
        elif name in ("READ_ONCE", "rcu_dereference"):
            yield from self._reads(node, draft, says, given[0], size)
        elif name == "WRITE_ONCE":
            new = self._text.of(given[1])
            yield from self._writes(node, draft, says, given[0], new, size)
        elif draft.name in _ORDERED and name == draft.name:
            for other in _ORDERED[name]:
                yield self._renamed(node, draft, other, 2)
        elif draft.kind == "rmw" and (variant := _VARIANT.match(name)):
            if variant[2] == "relaxed":
                yield self._renamed(node, draft, f"{variant[1]}_acquire", 2)
                yield self._renamed(node, draft, f"{variant[1]}_release", 2)
            yield self._renamed(node, draft, variant[1], 3)
        elif size in _SIZES and self._is_alone(node):
            if signature.startswith(("copy(", "copy_guest(")):
                yield from self._copy(node, draft, size)
            elif signature.startswith("fill(") and self._is_statement(node):
                yield from self._fill(node, draft, size)

    def _copy(self, node: Node, draft: Draft, size: int) -> Iterator[Change]:
        """Yield what moves a copy's bytes as one value; with a cast only where one is needed."""
        to, source = self._sides(node, draft)
        here = to if draft.kind == "load" else source
        says, type_ = f"{draft.spelled}()", f"u{8 * size}"
        local = self._local(here, type_)
        for cast in ("", f"({type_} *)"):
            rank = 1 if cast else 0
            if draft.kind == "load":
                there = f"{cast}{self._text.of(source)}"
                if draft.spelled.startswith("kvm_"):
                    first = self._text.of(arguments(node)[0])
                    text = f"kvm_get_guest({first}, {there}, {local})"
                elif self._is_user(draft):
                    text = f"get_user({local}, {there})"
                elif self._is_statement(node):
                    text = f"{local} = READ_ONCE({_pointed(there)})"
                else:
                    continue
                yield self._change(node, draft, says, text, rank)
                continue
            there = f"{cast}{self._text.of(to)}"
            if draft.spelled.startswith("kvm_"):
                first = self._text.of(arguments(node)[0])
                yield self._change(node, draft, says, f"kvm_put_guest({first}, {there}, {local})",
                                   rank)  # fmt: skip
                atomic = f"kvm_put_guest_atomic({first}, {there}, {local})"
                yield self._change(node, draft, says, atomic, rank + 2)
            elif self._is_user(draft):
                yield self._change(node, draft, says, f"put_user({local}, {there})", rank)
                yield self._change(node, draft, says, f"put_user_atomic({local}, {there})",
                                   rank + 2)  # fmt: skip
            elif self._is_statement(node):
                text = f"WRITE_ONCE({_pointed(there)}, {local})"
                yield self._change(node, draft, says, text, rank)

    def _fill(self, node: Node, draft: Draft, size: int) -> Iterator[Change]:
        to, byte = arguments(node)[:2]
        number = re.fullmatch(r"0[xX][0-9a-fA-F]+|\d+", self._text.of(byte))
        if not number or size > _WIDE:
            return
        digits = number[0]
        octal = digits[:1] == "0" and digits[1:].isdigit()
        new = int.from_bytes(bytes([int(digits, 8 if octal else 0) & 0xFF]) * size, "little")
        shown = "0" if new == 0 else f"{new:#x}ULL"
        for cast in ("", f"(u{8 * size} *)"):
            there = _pointed(f"{cast}{self._text.of(to)}")
            rank = 1 if cast else 0
            yield self._change(node, draft, "memset()", f"WRITE_ONCE({there}, {shown})", rank)

    def _sides(self, node: Node, draft: Draft) -> tuple[Node, Node]:
        """Return where a copy goes to, and where it comes from."""
        signature = str(archs.operations()[draft.name]["signature"])
        roles = signature[signature.index("(") + 1 : -1].replace(" ", "").split(",")
        given = arguments(node)
        return given[roles.index("to")], given[roles.index("from")]

    def _is_user(self, draft: Draft) -> bool:
        return "returns" in archs.operations()[draft.name]

    def _local(self, node: Node, type_: str) -> str:
        """Return the value in the memory that a local pointer points to."""
        of = prefixed(node, "&")
        if of is not None and of.data == "name":
            name, body = str(of.children[0]), self._text.around(self._text.start(node))
            for one in self._text.nodes("declaration", within=body):
                declared = self._text.of(one.children[0])
                bits = re.fullmatch(r"(?:__)?(?:u|s|le|be)(\d+)", declared)
                plain = [self._text.of(d) for d in self._text.nodes("declarator", within=one)]
                if bits and name in plain and bits[1] == type_[1:]:
                    return name
        return f"*({type_} *){_operand(self._text.of(node))}"

    # --- what comes of them

    def _is_statement(self, node: Node) -> bool:
        parent = self._text.parent(node)
        return parent is not None and parent.data == "evaluate"

    def _is_alone(self, node: Node) -> bool:
        """Whether nothing depends on what a call returns but whether it is 0."""
        parent = self._text.parent(node)
        return self._is_statement(node) or (parent is not None and parent.data == "if_")

    def _renamed(self, node: Node, draft: Draft, name: str, rank: int) -> Change:
        token = node.children[0]
        edit = Edit(self._text.start(token), self._text.end(token), name)
        says = f"{draft.spelled}() becomes {name}()"
        return Change("operation", says, draft.at, (edit,), rank, f"at {draft.at}")

    def _change(
        self, node: Node, draft: Draft, says: str, text: str, rank: int, whole: str = ""
    ) -> Change:
        edit = Edit(self._text.start(node), self._text.end(node), text)
        name = re.search(r"\b(\w+)\(", text)
        says = whole or f"{says} becomes {name[1] if name else text}()"
        if "= READ_ONCE(" in text:
            says = f"{draft.spelled}() becomes READ_ONCE()"
        return Change("operation", says, draft.at, (edit,), rank, f"at {draft.at}")


def _operand(text: str) -> str:
    """Return an expression as the operand of a prefix operator or a cast."""
    return text if re.fullmatch(r"(\([^()]*\*\))*[&*]?[\w.>\[\]-]+", text) else f"({text})"


def _pointed(pointer: str) -> str:
    """Return what a pointer points to."""
    return pointer[1:] if re.fullmatch(r"&[\w.>\[\]-]+", pointer) else f"*{_operand(pointer)}"
