"""What is outside the threads of a C test: the places that the init block and conditions name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.expression import Const, Expression
from checker.lowering import values as c
from checker.lowering.c import ThreadRunner
from checker.lowering.conversions import BOOL
from checker.lowering.layout import Layout
from checker.lowering.objects import State, World
from checker.lowering.pointers import Target
from checker.lowering.values import Address
from checker.program import Place


class Outside(ThreadRunner):
    """Evaluates what stands outside the threads, and makes no operation."""

    def __init__(self, world: World, layout: Layout) -> None:
        """Keep the locations."""
        thread = ast.Thread(-1, (), (), None, (0, 0))
        super().__init__(thread, layout, layout.word, world, State())

    @property
    def targets(self) -> frozenset[Target]:
        """The addresses that locations hold at first."""
        return frozenset(self.state.stored)

    def initial(self, initials: tuple[ast.Initial, ...]) -> Iterator[Place]:
        """Yield the places that the init block gives a value."""
        images: dict[str, Expression] = {}
        for one in initials:
            address = self.lvalue(one.place)
            for place, expr in self._leaves(address, one.value):
                size = self.layout.size(place.type)
                if place.number is not None:
                    raise Diagnostic("no pointer is followed here", one.at, "name the location")
                held = self._constant(expr, 8 * size)
                raw = self.raw(
                    self.converted(held, place.type) if place.type == BOOL else held, size
                )
                before = images.get(place.base) or Const(0, 8 * self.world.places[place.base].size)
                images[place.base] = c.replace(before, place.offset, raw)
        for name, image in images.items():
            old = self.world.places[name]
            assert isinstance(image, Const)
            content = tuple(image.value.to_bytes(old.size, "little"))
            yield replace(old, initial=content)

    def _leaves(self, address: Address, value: ast.Expr) -> Iterator[tuple[Address, ast.Expr]]:
        if isinstance(value, ast.Braces):
            for place, item in self.elements(address, value):
                yield from self._leaves(place, item)
        else:
            yield address, value

    def _constant(self, expr: ast.Expr, bits: int) -> c.Integer:
        """Return what an object of so many bits holds at first."""
        if isinstance(expr, ast.Name) and expr.name in self.world.shared:
            return self.address_value(self.world.shared[expr.name], expr.at)
        value = self.integer(expr)
        if not isinstance(value.value, Const):
            raise Diagnostic("an initial value must be a number", expr.at)
        number = self.known(value, expr.at)
        if not -(1 << (bits - 1)) <= number < 1 << bits:
            raise Diagnostic(
                f"{number} does not fit into {bits // 8} byte{'s' * (bits > 8)}", expr.at
            )
        return value
