"""Values made into others: casts, joined branches, the parts of an initializer."""

from __future__ import annotations

from dataclasses import replace

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position
from checker.expression import Const, Expression
from checker.lowering.objects import Local, Objects
from checker.lowering.values import Address, Element, Integer, Value

BOOL = ast.Scalar("bool")


class Conversions(Objects):
    """What becomes of values without any being read."""

    def join(self, name: str, condition: Expression, yes: Local, no: Local, at: Position) -> Local:
        """Return a variable after two branches, of which a condition decides."""
        if yes.value == no.value:
            return yes
        one, other = yes.value, no.value
        if not isinstance(one, Address) and not isinstance(other, Address):
            return Local(yes.type, self.decided(condition, one, other))
        if any(isinstance(side, Address) and side.local for side in (one, other)):
            raise Diagnostic(
                f"`{name}` points to different places in the two branches of an `if`",
                at, "give each branch a pointer of its own",
            )  # fmt: skip
        sides = [
            side if isinstance(side, Address) else self.valued(side, yes.type)
            for side in (one, other)
        ]
        return Local(yes.type, self.either(condition, sides, at))

    def either(self, condition: Expression, sides: list[Value], at: Position) -> Address:
        """Return the pointer that is one of two values, of which one is a pointer at least."""
        to = next(side.type for side in sides if isinstance(side, Address))
        both = [self.cast(ast.Pointer(to), side, at) for side in sides]
        yes, no = (self.address_value(one, at) for one in both if isinstance(one, Address))
        exact = all(isinstance(one, Address) and one.exact for one in both)
        chosen = self.decided(condition, yes.value, no.value)
        return Address("", local=False, offset=0, type=to, number=chosen, exact=exact)

    def cast(self, type_: ast.Type, value: Value, at: Position) -> Value:
        """Return a value as another type has it."""
        if isinstance(type_, ast.Pointer) and isinstance(value, Address):
            return replace(value, type=type_.to)
        if isinstance(type_, ast.Pointer) and isinstance(value, Integer):
            number = value.convert(8 * self.layout.word, value.signed).value
            exact = isinstance(number, Const)
            return Address("", local=False, offset=0, type=type_.to, number=number, exact=exact)
        if isinstance(value, Address):
            value = self.address_value(value, at)
        if type_ == ast.Scalar("void"):
            return value
        return self.converted(value, type_)

    def converted(self, value: Integer, type_: ast.Type) -> Integer:
        """Return a number as an integer type holds it: C11 6.3.1.2 and 6.3.1.3."""
        bits = 8 * self.layout.size(type_)
        if type_ == BOOL:
            return Integer(ex.resize(value.truth(), bits, sign=False), False)
        return value.convert(bits, self.layout.is_signed(type_))

    def moved(self, base: Address, by: Integer, at: Position, *, back: bool = False) -> Address:
        """Return a pointer moved by a number of elements; `by` may depend on what was read."""
        step = -self.layout.size(base.type) if back else self.layout.size(base.type)
        if isinstance(by.value, Const) or base.local:
            return replace(base, offset=base.offset + step * self.known(by, at))
        index = by.convert(8 * self.layout.word, by.signed)
        if back:
            zero = Const(0, index.bits)
            index, step = Integer(ex.binary("sub", zero, index.value), True), -step
        start = self.address_value(base, at)
        bytes_ = ex.binary("mul", index.value, Const(step, start.bits))
        number = ex.binary("add", start.value, bytes_)
        element = None
        if base.number is None:
            before, begin = divmod(base.offset, step)
            of_array = ex.binary("add", index.value, Const(before, index.bits))
            element = Element(base.base, begin, step, of_array)
        return Address("", False, 0, base.type, number, exact=False, element=element)

    def known(self, value: Integer, at: Position) -> int:
        """Return a number that must not depend on what was read."""
        if not isinstance(value.value, Const):
            raise Diagnostic(
                "this depends on what was read", at,
                "offsets and sizes must be known before the test runs",
            )  # fmt: skip
        raw = value.value.value
        return ex.signed(raw, value.bits) if value.signed else raw

    def elements(self, target: Address, braces: ast.Braces) -> list[tuple[Address, ast.Expr]]:
        """Return the places that an initializer fills, each with its expression."""
        match target.type:
            case ast.Array(of, count):
                size = self.layout.size(of)
                places = [
                    replace(target, offset=target.offset + size * i, type=of) for i in range(count)
                ]
            case ast.StructName() as struct:
                places = [
                    replace(target, offset=target.offset + m.offset, type=m.type)
                    for m in self.layout.members(struct)
                ]
            case _:
                places = [target]
        if len(braces.items) > len(places):
            raise Diagnostic(f"{len(braces.items)} values for {len(places)} elements", braces.at)
        return list(zip(places, braces.items, strict=False))
