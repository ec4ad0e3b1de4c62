"""What the names in an assembly test's condition mean, when the threads have run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position, nearest
from checker.expression import Const, Expression, swap
from checker.language.condition import path_text, show_place
from checker.lowering.asm import fold
from checker.lowering.asm.machine import Trace, Tracked, View, const, part
from checker.lowering.asm.memory import SMALLEST, Location, Memory
from checker.lowering.layout import Layout
from checker.lowering.question import places_of, sources
from checker.program import Footprint, IsTorn, Logic, MemoryIs, Question, Shown, ValueIs

WORD = 32
"""Bits of a register without a type, as herd7 has it: an `int`."""


class Run(NamedTuple):
    """A thread that has run: its registers at the end, and the types that some were given."""

    registers: dict[str, Tracked]
    types: dict[str, ast.Type]


class Resolver:
    """Gives the names in a condition their meaning."""

    def __init__(
        self, runs: list[Run], memory: Memory, layout: Layout,
        register: Callable[[str], View | None], trace: Trace,
    ) -> None:  # fmt: skip
        """Keep what the threads have left; `register` knows the names of registers."""
        self._runs = runs
        self._memory = memory
        self._layout = layout
        self._view = register
        self._trace = trace
        self._known: dict[tuple[int, str], Tracked] = {}
        self._names = tuple((one.address, one.name) for one in memory.locations.values())

    def question(self, proposition: ast.Proposition) -> Question:
        """Return what a proposition asks; raises Diagnostic where a name has no meaning."""
        match proposition:
            case ast.Equal(ast.Register() as register, ast.Register() as other):
                same = fold.binary("eq", self._whole(register).value, self._whole(other).value)
                return ValueIs(same, 1)
            case ast.Equal(ast.Register() as register, value, at):
                found, number = self._register(register), self._number(value, at)
                if (
                    isinstance(value, int)
                    and not -(1 << (found.bits - 1)) <= value < 1 << found.bits
                ):
                    found = self._whole(register)
                return ValueIs(found.value, self._fitting(number, found.bits, proposition))
            case ast.Equal(ast.Memory(path), tuple() as values, at):
                element = [
                    ast.Index(path, ast.Number(n, "", True, at), at) for n in range(len(values))
                ]
                return Logic(
                    "and",
                    tuple(
                        self.question(ast.Equal(ast.Memory(one, path_text(one)), value, at))
                        for one, value in zip(element, values, strict=True)
                    ),
                )
            case ast.Equal(ast.Memory(path), value, at):
                place, type_ = self._place(path)
                if isinstance(type_, ast.Array):
                    raise Diagnostic("this is an array", at, f"{path_text(path)}[0]=…, or ={{…}}")
                bits = 8 * place.size
                raw: Expression = Const(
                    self._fitting(self._number(value, at), bits, proposition), bits
                )
                raw = swap(raw) if self._layout.big_endian else raw
                assert isinstance(raw, Const)
                return MemoryIs(place, raw.value)
            case ast.Torn(register):
                return IsTorn(self._reads(register))
            case ast.Faulted() | ast.Dirty():
                raise Diagnostic("this speaks of the kernel's C calls only", proposition.at)
            case ast.Accepted() | ast.Byte():
                raise Diagnostic("this is for tests in C", proposition.at)
            case ast.Connective("true"):
                return Logic("and", ())
            case ast.Connective("false"):
                return Logic("or", ())
            case ast.Connective("not" | "and" | "or" | "implies" as op, args):
                return Logic(op, tuple([self.question(arg) for arg in args]))
        raise AssertionError(proposition)

    def shown(self, test: ast.Test) -> Iterator[Shown]:
        """Yield the columns of a final state: what the condition and `locations` speak of."""
        seen: dict[object, None] = {}
        for place in (*places_of(test.condition.proposition), *test.shown):
            key = (place.thread, place.name) if isinstance(place, ast.Register) else place.text
            if key not in seen:
                seen[key] = None
                yield self._column(place)

    def _column(self, place: ast.Register | ast.Memory) -> Shown:
        if isinstance(place, ast.Register):
            found, type_ = self._register(place), self._type(place)
            signed = type_ is None or self._layout.is_signed(type_)
            return Shown(show_place(place), found.value, found.bits, signed, names=self._names)
        location = self._location(place.path)
        if isinstance(location.type, ast.Array) and isinstance(place.path, ast.Name):
            where = Footprint(location.name, 0, location.size)
            element, text = 8 * location.element, location.name
            signed = self._layout.is_signed(location.type.of)
        else:
            where, type_ = self._place(place.path)
            element, text = 0, show_place(place)
            signed = type_ is None or self._layout.is_signed(type_)
        big = self._layout.big_endian
        return Shown(text, where, 8 * where.size, signed, big, element, self._names)

    # --- places

    def _named(self, register: ast.Register) -> View:
        if register.thread >= len(self._runs):
            raise Diagnostic(
                f"there is no thread P{register.thread}", register.at,
                f"the test has P0 to P{len(self._runs) - 1}",
            )  # fmt: skip
        view = self._view(register.name)
        if view is None:
            known = self._runs[register.thread].registers
            raise Diagnostic(
                f"`{register.name}` is not a register", register.at, nearest(register.name, known)
            )
        return view

    def _type(self, register: ast.Register) -> ast.Type | None:
        view = self._named(register)
        return self._runs[register.thread].types.get(view.register)

    def _whole(self, register: ast.Register) -> Tracked:
        """Return all bits that a register's name stands for."""
        view = self._named(register)
        held = self._runs[register.thread].registers.get(view.register) or const(0)
        return part(held, view.shift, min(view.bits, held.bits))

    def _register(self, register: ast.Register) -> Tracked:
        """Return a register as wide as its type is."""
        key = (register.thread, register.name)
        if key not in self._known:
            whole, type_ = self._whole(register), self._type(register)
            wanted = WORD if type_ is None else 8 * self._layout.size(type_)
            self._known[key] = part(whole, 0, min(wanted, whole.bits))
        return self._known[key]

    def _location(self, path: ast.Expr) -> Location:
        name = path.of if isinstance(path, ast.Index) else path
        if not isinstance(name, ast.Name):
            raise Diagnostic(f"`{path_text(path)}` is not a location", path.at)
        known = self._memory.locations
        if name.name not in known:
            raise Diagnostic(f"`{name.name}` is not a location", name.at, nearest(name.name, known))
        return known[name.name]

    def _place(self, path: ast.Expr) -> tuple[Footprint, ast.Type | None]:
        """Return the bytes that a path in a condition means, and their type."""
        location = self._location(path)
        element = location.type.of if isinstance(location.type, ast.Array) else None
        if isinstance(path, ast.Index) and isinstance(path.index, ast.Number):
            size = location.element if element else SMALLEST
            offset = path.index.value * size
            if offset + size > location.size:
                raise Diagnostic(f"`{location.name}` has {location.size // size} elements", path.at)
            return Footprint(location.name, offset, size), element
        return Footprint(location.name, 0, location.size), location.type

    def _number(self, value: int | str | ast.Register | tuple[int, ...], at: Position) -> int:
        if isinstance(value, (ast.Register, tuple)):
            raise Diagnostic("this is compared with a number or an address", at)
        return self._memory.address(value, at) if isinstance(value, str) else value

    def _fitting(self, number: int, bits: int, equal: ast.Equal) -> int:
        if not -(1 << (bits - 1)) <= number < 1 << bits:
            raise Diagnostic(
                f"{number} does not fit into the {bits // 8} bytes of {show_place(equal.place)}",
                equal.at,
            )
        return number & ((1 << bits) - 1)

    # --- reads

    def _reads(self, register: ast.Register | None) -> tuple[tuple[int, Expression], ...]:
        """Return the reads that made a register, or all."""
        drafts = self._trace.drafts
        if register is None:
            return tuple((d.number, d.guard) for d in drafts if d.kind in ("load", "rmw"))
        found = tuple(dict(sources(self._whole(register).value)).items())
        if not found:
            raise Diagnostic(
                f"{show_place(register)} is not set by a read", register.at,
                "torn(…) speaks of the read operation that set the register",
            )  # fmt: skip
        return found
