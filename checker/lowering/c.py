"""A thread of the C dialect, run with unknown reads: its operations, and its registers at the end.

Control flow becomes guards: both branches of an `if` are run, each under its condition, and the
values that differ are chosen by it. A loop is its body so many times under ever stronger guards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic, Position, nearest
from checker.expression import TRUE, Const, Expression
from checker.lowering import calls, exits, functions, loops
from checker.lowering import values as c
from checker.lowering.conversions import BOOL, Conversions
from checker.lowering.layout import Layout, spell
from checker.lowering.objects import Local, State, World
from checker.lowering.values import Address, Integer, Value


class ThreadRunner(Conversions):
    """Runs one thread; operations are numbered through the whole test by `state`."""

    def __init__(
        self, thread: ast.Thread, layout: Layout, word: int, world: World, state: State
    ) -> None:
        """Keep the thread; `word` is its architecture's, in bytes."""
        super().__init__(thread.number, layout, world, state)
        self._thread = thread
        self._word = word
        self._parameters: dict[str, Address] = {}
        self.trials = 0
        """Loops in one another of which a round is being tried: `loops`."""

    def run(self) -> None:
        """Run the thread; raises Diagnostic where the test has no meaning."""
        for parameter in self._thread.parameters:
            location = self.world.shared.get(parameter.name)
            if location is None:
                raise Diagnostic(
                    f"there is no location `{parameter.name}`", parameter.at,
                    nearest(parameter.name, self.world.shared) or "declare it in the init block",
                )  # fmt: skip
            of = parameter.type if parameter.type != ast.Scalar("void") else location.type
            self._parameters[parameter.name] = replace(location, type=of)
        self.block(self._thread.body)

    @property
    def parameters(self) -> dict[str, Address]:
        """What the thread's parameters point to; a function does not see them."""
        return {} if self.frames else self._parameters

    # --- statements

    def block(self, statements: tuple[ast.Statement, ...]) -> None:
        """Run statements one after another; of what is never reached, the variables are there."""
        for statement in statements:
            if self.left.nothing != ex.FALSE:
                self.statement(statement)
            elif isinstance(statement, ast.Declare):
                self.declare(statement.name, statement.type)

    def statement(self, statement: ast.Statement) -> None:
        """Run one statement."""
        match statement:
            case ast.Declare(name, type_, value, at):
                if name in self.parameters:
                    raise Diagnostic(f"`{name}` is a parameter already", at)
                self.declare(name, type_)
                if value is not None:
                    self.assign(self.local(name), value, fresh=True)
            case ast.Evaluate(expr):
                self.value(expr)
            case ast.If(condition, then, otherwise):
                self.branch(
                    self.integer(condition).truth(),
                    lambda: self.block(then),
                    lambda: self.block(otherwise),
                )
            case ast.Loop():
                loops.run(self, statement)
            case ast.Exit("return"):
                functions.leave(self, statement)
            case ast.Exit(how):
                what = "loop" if how == "break" else "round"
                self.left = self.left.leave(what, self.left.nothing)

    def branch(
        self, condition: Expression, then: Callable[[], None], otherwise: Callable[[], None]
    ) -> None:
        """Run both sides, each under its condition, and join what they leave in the variables."""
        if isinstance(condition, Const):
            (then if condition.value else otherwise)()
            return
        outer, before, left = self.guard, self.locals, self.left
        ends, exits_ = [], []
        for side, holds in ((then, condition), (otherwise, ex.invert(condition))):
            self.guard, self.left = ex.binary("and", outer, holds), left
            self.locals = before
            self.locals = self.copied()
            side()
            ends.append(self.locals)
            exits_.append(self.left)
        self.guard, self.left = outer, exits.join(condition, *exits_)
        self.locals = {
            name: self.join(name, condition, ends[0][name], ends[1][name], self._thread.at)
            for name in ends[0]
            if name in ends[1]
        } | {name: local for end in ends for name, local in end.items() if name not in before}

    # --- expressions

    def value(self, expr: ast.Expr) -> Value:
        """Evaluate an expression, with its effects."""
        match expr:
            case ast.Number():
                return c.number(expr, self._word)
            case ast.Unary("&", of):
                return self.lvalue(of)
            case ast.Unary("*") | ast.Member() | ast.Index():
                return self.load(self.lvalue(expr), expr.at)
            case ast.Name(name, at):
                if name in self.parameters:
                    return self.parameters[name]
                return self.load(self.lvalue(expr), at)
            case ast.Unary(op, of, at):
                return self._unary(op, self.integer(of), at)
            case ast.Binary(op, left, right, at):
                return self._binary(op, left, right, at)
            case ast.Ternary(condition, yes, no):
                return self._ternary(condition, yes, no)
            case ast.Cast(type_, of, at):
                return self.cast(type_, self.value(of), at)
            case ast.SizeOf(of):
                size = self.layout.size(self._type_of(of))
                return Integer(Const(size, 8 * self._word), False)
            case ast.Assign(target, op, value, at):
                if op:
                    value = ast.Binary(op, target, value, at)
                return self.assign(self.lvalue(target), value)
            case ast.Call():
                function = self.world.functions.get(expr.name)
                return functions.call(self, function, expr) if function else calls.call(self, expr)
            case ast.Braces(_, at):
                raise Diagnostic("an initializer cannot stand here", at)

    def integer(self, expr: ast.Expr) -> Integer:
        """Evaluate an expression to a number; an address becomes one."""
        value = self.value(expr)
        if isinstance(value, Address):
            return self.address_value(value, expr.at)
        return value

    def stored(self, expr: ast.Expr, type_: ast.Type) -> Integer:
        """Evaluate what an object of a type is to hold, as a number."""
        value = self.value(expr)
        if isinstance(type_, ast.Pointer):
            value = self.cast(type_, value, expr.at)
        if isinstance(value, Address):
            value = self.address_value(value, expr.at)
        return self.converted(value, type_) if type_ == BOOL else value

    def _unary(self, op: str, of: Integer, at: Position) -> Integer:
        match op:
            case "-":
                value = c.promote(of)
                zero = Integer(Const(0, value.bits), value.signed)
                return c.apply("-", zero, value, at)
            case "~":
                value = c.promote(of)
                return Integer(ex.invert(value.value), value.signed)
            case "!":
                return c.flag(ex.invert(of.truth()))
            case _:
                return c.promote(of)

    def _binary(self, op: str, left: ast.Expr, right: ast.Expr, at: Position) -> Value:
        if op in ("&&", "||"):
            return self._lazily(op, left, right)
        first, second = self.value(left), self.value(right)
        if isinstance(second, Address) and isinstance(first, Integer) and op == "+":
            first, second = second, first
        if isinstance(first, Address) and isinstance(second, Integer) and op in "+-":
            return self.moved(first, second, at, back=op == "-")
        numbers = [
            self.address_value(v, at) if isinstance(v, Address) else v for v in (first, second)
        ]
        return c.apply(op, numbers[0], numbers[1], at)

    def _lazily(self, op: str, left: ast.Expr, right: ast.Expr) -> Integer:
        """Evaluate `&&` and `||`, whose right side runs only when the left side does not decide."""
        first = self.integer(left).truth()
        result = [first]
        needed = first if op == "&&" else ex.invert(first)

        def rest() -> None:
            result.append(self.integer(right).truth())

        self.branch(needed, rest, lambda: None)
        if len(result) == 1:
            return c.flag(first)
        decided = (result[1], ex.FALSE) if op == "&&" else (ex.TRUE, result[1])
        return c.flag(self.decided(first, *decided))

    def _ternary(self, condition: ast.Expr, yes: ast.Expr, no: ast.Expr) -> Value:
        test = self.integer(condition).truth()
        results: list[Value] = []

        def take(side: ast.Expr) -> Callable[[], None]:
            return lambda: results.append(self.value(side))

        self.branch(test, take(yes), take(no))
        if len(results) == 1:
            return results[0]
        one, other = results
        if isinstance(one, Address) or isinstance(other, Address):
            return self.either(test, results, yes.at)
        first, second = c.common(one, other)
        return Integer(self.decided(test, first.value, second.value), first.signed)

    def _type_of(self, of: ast.Type | ast.Expr) -> ast.Type:
        if isinstance(of, (ast.Scalar, ast.Pointer, ast.Array, ast.StructName)):
            return of
        return self.lvalue(of).type

    # --- places

    def lvalue(self, expr: ast.Expr) -> Address:
        """Return the place that an expression names; raises Diagnostic where it names none."""
        match expr:
            case ast.Name(name, at):
                if self.key(name) in self.locals:
                    return self.local(name)
                if name in self.parameters:
                    raise Diagnostic(
                        f"`{name}` is a pointer to the location already", at,
                        f"write `{name}` for its address, `*{name}` for its value",
                    )  # fmt: skip
                if name in self.world.shared:
                    return self.world.shared[name]
                known = [*self.locals, *self.world.shared]
                raise Diagnostic(f"`{name}` is not declared", at, nearest(name, known))
            case ast.Unary("*", of, at):
                return self.pointer(of, at)
            case ast.Index(of, index, at):
                return self.moved(self.pointer(of, at), self.integer(index), at)
            case ast.Member(of, name, arrow, at):
                base = self.pointer(of, at) if arrow else self.lvalue(of)
                member = self.layout.member(base.type, name, at)
                return replace(base, offset=base.offset + member.offset, type=member.type)
            case ast.Cast(_, of, at):
                raise Diagnostic("a cast is not a place in memory", at, "*(type *)&x")
            case _:
                raise Diagnostic("this is not a place in memory", expr.at)

    def pointer(self, expr: ast.Expr, at: Position) -> Address:
        """Return the place that a pointer points to; an array points to its first element."""
        if isinstance(expr, (ast.Name, ast.Member, ast.Index)) and not (
            isinstance(expr, ast.Name) and expr.name in self.parameters
        ):
            place = self.lvalue(expr)
            if isinstance(place.type, ast.Array):
                return replace(place, type=place.type.of)
        value = self.value(expr)
        if isinstance(value, Address):
            if isinstance(value.type, ast.Array):
                return replace(value, type=value.type.of)
            return value
        raise Diagnostic("this is a number and not a pointer", at, "cast it: *(u32 *)r0")

    def assign(self, target: Address, value: ast.Expr, *, fresh: bool = False) -> Value:
        """Assign an expression, or an initializer, to a place; a `fresh` one has no value yet."""
        if isinstance(value, ast.Braces):
            for place, item in self.elements(target, value):
                self.assign(place, item, fresh=fresh)
            return Integer(Const(0, 32), True)
        return self.give(target, self.value(value), value.at, fresh=fresh)

    def give(self, target: Address, value: Value, at: Position, *, fresh: bool = False) -> Value:
        """Store a value in a place, as its type has it."""
        if isinstance(target.type, ast.Pointer):
            pointer = self.cast(target.type, value, at)
            assert isinstance(pointer, Address)
            if self._holds_pointer(target):
                self._point(target.base, pointer, at, fresh=fresh)
                return pointer
            value = pointer
        if isinstance(value, Address):
            value = self.address_value(value, at)
        self.no_lock(target.type, at)
        size = self.layout.size(target.type)
        if not self.layout.is_integer(target.type) and not isinstance(target.type, ast.Pointer):
            raise Diagnostic(f"`{spell(target.type)}` cannot be assigned as a whole", at)
        result = self.converted(value, target.type)
        self.put(target, self.raw(result, size), "plain-write", at)
        return result

    def _holds_pointer(self, target: Address) -> bool:
        return target.local and isinstance(self.locals[target.base].type, ast.Pointer)

    def _point(self, key: str, pointer: Address, at: Position, *, fresh: bool) -> None:
        """Make a variable hold an address, where the statement is executed."""
        local, here = self.locals[key], self.left.nothing
        made = Local(local.type, pointer)
        if here != TRUE and not (fresh and pointer.local):
            made = self.join(key, here, made, local, at)
        self.locals[key] = made
