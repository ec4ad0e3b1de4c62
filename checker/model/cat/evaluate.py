"""Cat expressions over a program's events, and the checks of a model as constraints.

A recursive definition is represented by variables that hold wherever its body does: the smallest
solution satisfies a check if any does, because checks ask that relations be small. So a recursive
name must not stand under a negation, where its value is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import z3

from checker.diagnostic import Diagnostic, nearest
from checker.model.cat.relation import EventSet, Relation, bits, closure, sequence
from checker.model.cat.syntax import Call, CatModel, Check, Expr, Let, Local, Name, Operator
from checker.model.logic import (
    Keeps,
    Term,
    conj,
    disj,
    earlier,
    implies,
    negate,
    point,
    require,
    variable,
)
from checker.model.order import no_cycle

Value = EventSet | Relation
Function = Callable[[list[Value]], Value]


@dataclass
class Evaluator:
    """One model on one program's events."""

    solver: z3.Solver | Keeps
    values: dict[str, Value]
    count: int
    prefix: str = ""
    """What the names of solver variables begin with."""

    def __post_init__(self) -> None:
        """Add what every model may use."""
        every = EventSet(self.count, (1 << self.count) - 1)
        self.values = {**self.values, "0": Relation.empty(self.count), "_": every}
        self.functions: dict[str, Function] = {
            "domain": lambda args: _relation(args[0]).domain(),
            "range": lambda args: _relation(args[0]).inverse().domain(),
            "fencerel": self._fencerel,
            "toid": lambda args: _set(args[0]).identity(),
        }
        self._rough: set[str] = set()
        """Names that stand for something that a solution may make larger than it is."""

    def _fencerel(self, args: list[Value]) -> Value:
        """Return `(po & (_ * F)) ; po`: what stands before and after a fence."""
        po = _relation(self.values["po"])
        middle = _set(args[0]).identity()
        return po.then(middle).then(po)

    # --- statements

    def run(self, model: CatModel, checked: Callable[[Check, Term], None]) -> None:
        """Carry out a model; `checked` hears of each check and when it is satisfied."""
        number = 0
        for statement in model.statements:
            try:
                if isinstance(statement, Let):
                    self._let(statement)
                elif not statement.flag:
                    number += 1
                    checked(statement, self._satisfied(statement, number))
            except Diagnostic as problem:
                problem.file = problem.file or model.file
                raise

    def _let(self, let: Let) -> None:
        for name, _, body in let.definitions if self._rough else ():
            _positive(body, frozenset(self._rough))
            if not self._rough.isdisjoint(_names(body)):
                self._rough.add(name)
        if let.recursive:
            self._recursive(let)
            return
        found = {
            name: self._function(parameters, body) if parameters is not None else self.value(body)
            for name, parameters, body in let.definitions
        }
        for name, one in found.items():
            self._bind(name, one)

    def _bind(self, name: str, found: Value | Function) -> None:
        if isinstance(found, (EventSet, Relation)):
            self.values[name] = found
            self.functions.pop(name, None)
        else:
            self.functions[name] = found

    def _function(self, parameters: tuple[str, ...], body: Expr) -> Function:
        scope = dict(self.values)

        def apply(args: list[Value]) -> Value:
            outer = self.values
            self.values = {**scope, **dict(zip(parameters, args, strict=True))}
            try:
                return self.value(body)
            finally:
                self.values = outer

        return apply

    def _recursive(self, let: Let) -> None:
        bodies = {name: body for name, _, body in let.definitions}
        for body in bodies.values():
            _positive(body, frozenset(bodies))
        found = {name: Relation.empty(self.count) for name in bodies}
        while True:
            self.values |= found
            grown = {n: _relation(self.value(body)) for n, body in bodies.items()}
            if not isinstance(self.solver, z3.Solver):
                if grown == found:  # a table's terms are what they are: this is the solution
                    return
                found = grown
                continue
            bigger = {n: self._grow(n, found[n], grown[n]) for n in bodies}
            if all(bigger[n] is found[n] for n in bodies):
                break
            found = bigger
        for name in bodies:
            if not found[name].is_known:
                self._rough.add(name)
            for a, row in enumerate(grown[name].open):
                for b, term in row.items():
                    require(self.solver, implies(term, found[name].term(a, b)))

    def _grow(self, name: str, old: Relation, new: Relation) -> Relation:
        """Return a relation that covers both, with a variable for each pair that is open."""
        known = [a | b for a, b in zip(old.known, new.known, strict=True)]
        changed = known != old.known
        rows: list[dict[int, Term]] = []
        for a, row in enumerate(new.open):
            kept = {b: t for b, t in old.open[a].items() if not known[a] >> b & 1}
            for b in row:
                if b not in kept and not known[a] >> b & 1:
                    kept[b] = variable(f"{self.prefix}{name} {a} {b}")
                    changed = True
            rows.append(kept)
        return Relation(known, rows) if changed else old

    # --- checks

    def _satisfied(self, check: Check, number: int) -> Term:
        if self._rough:
            _positive(check.expr, frozenset(self._rough), negative=check.negated)
        relation = _relation(self.value(check.expr))
        match check.kind:
            case "empty":
                holds = conj(negate(term) for _, _, term in relation.pairs())
            case "irreflexive":
                holds = conj(negate(relation.term(a, a)) for a in range(self.count))
            case "acyclic":
                if check.negated:
                    plus = relation.plus()
                    return disj(plus.term(a, a) for a in range(self.count))
                holds = self._acyclic(relation, f"{self.prefix}{number}")
        return negate(holds) if check.negated else holds

    def _acyclic(self, relation: Relation, name: str) -> Term:
        """Return whether a relation has no cycle: whether its events can be put into an order.

        Events that only known edges touch need no place in the order, once the paths along these
        edges are known.
        """
        paths = closure(relation.known)
        if any(row >> a & 1 for a, row in enumerate(paths)):
            return False
        edges = [(a, b, t) for a, row in enumerate(relation.open) for b, t in row.items()]
        impossible = [t for a, b, t in edges if a == b or paths[b] >> a & 1]
        edges = [(a, b, t) for a, b, t in edges if not (a == b or paths[b] >> a & 1)]
        edges = _on_cycles(edges, paths)
        if edges and type(edges[0][2]) is int:
            known = [(a, b, True) for a, row in enumerate(paths) for b in bits(row)]
            ends = {event for a, b, _ in edges for event in (a, b)}
            inner = [(a, b, t) for a, b, t in known if a in ends and b in ends]
            return conj((*map(negate, impossible), no_cycle(edges, [], inner)))
        starts, ends = {a for a, _, _ in edges}, {b for _, b, _ in edges}
        touched = sorted(starts | ends)
        place = {event: point(f"{name} {event}", len(touched)) for event in touched}

        def before(a: int, b: int) -> Term:
            """Two may have one place, the higher number first: no cycle has such edges only."""
            if a < b:
                return earlier(place[a], place[b])
            return negate(earlier(place[b], place[a]))

        terms = [implies(t, before(a, b)) for a, b, t in edges]
        terms += [before(b, a) for b in ends for a in bits(paths[b]) if a in starts and a in place]
        return conj((*map(negate, impossible), *terms))

    # --- expressions

    def value(self, expr: Expr) -> Value:
        """Return what an expression stands for; raises Diagnostic for an unknown name."""
        match expr:
            case Operator(op, args):
                return self._operate(op, [self.value(arg) for arg in args])
            case Name(name, at):
                found = self.values.get(name)
                if found is None:
                    hint = nearest(name, self.values)
                    raise Diagnostic(f"`{name}` is not defined", at, hint)
                return found
            case Local(name, value, body):
                outer = dict(self.values)
                self.values[name] = self.value(value)
                try:
                    return self.value(body)
                finally:
                    self.values = outer
            case Call(name, args, at):
                if name not in self.functions:
                    hint = nearest(name, self.functions)
                    raise Diagnostic(f"there is no function `{name}`", at, hint)
                return self.functions[name]([self.value(arg) for arg in args])

    def _operate(self, op: str, args: list[Value]) -> Value:
        sets = [arg for arg in args if isinstance(arg, EventSet)]
        if op in ("union", "meet", "minus", "complement") and len(sets) == len(args):
            return self._on_sets(op, sets)
        if op == "product":
            found: Value = _set(args[0]).product(_set(args[1]))
            return found
        if op == "identity":
            return _set(args[0]).identity()
        first, *rest = (_relation(arg) for arg in args)
        match op:
            case "union":
                return first.union(*rest)
            case "sequence":
                return sequence(first, *rest)
            case "meet":
                for one in rest:
                    first = first.meet(one)
                return first
            case "minus":
                return first.minus(rest[0])
            case "complement":
                return first.complement()
            case "plus":
                return first.plus()
            case "star":
                return first.plus().optional()
            case "optional":
                return first.optional()
            case _:
                return first.inverse()

    def _on_sets(self, op: str, sets: list[EventSet]) -> EventSet:
        first, *rest = sets
        if op == "complement":
            return EventSet(self.count, (1 << self.count) - 1).minus(first)
        for one in rest:
            first = {"union": first.union, "meet": first.meet, "minus": first.minus}[op](one)
        return first


def _relation(value: Value) -> Relation:
    """Return a value as a relation: an empty one may be written `0`, a set is `[S]`."""
    return value.identity() if isinstance(value, EventSet) else value


def _set(value: Value) -> EventSet:
    return value if isinstance(value, EventSet) else value.domain()


def _positive(expr: Expr, names: frozenset[str], negative: bool = False) -> None:
    """Refuse a recursive name under a negation."""
    match expr:
        case Name(name, at):
            if negative and name in names:
                raise Diagnostic(
                    f"`{name}` rests on a recursion and stands under a negation", at,
                    "where what it is depends on the execution, it may only be asked to be small",
                )  # fmt: skip
        case Operator("complement", (inner,)):
            _positive(inner, names, not negative)
        case Operator("minus", (first, second)):
            _positive(first, names, negative)
            _positive(second, names, not negative)
        case Operator(_, args) | Call(_, args):
            for arg in args:
                _positive(arg, names, negative)
        case Local(_, value, body):
            _positive(value, names, negative)
            _positive(body, names, negative)


def _names(expr: Expr) -> Iterator[str]:
    """Yield the names in an expression."""
    match expr:
        case Name(name):
            yield name
        case Call(name, args):
            yield name
            for arg in args:
                yield from _names(arg)
        case Operator(_, args):
            for arg in args:
                yield from _names(arg)
        case Local(_, value, body):
            yield from _names(value)
            yield from _names(body)


def _on_cycles(edges: list[tuple[int, int, Term]], paths: list[int]) -> list[tuple[int, int, Term]]:
    """Return the open edges that lie on some cycle of open edges and known paths."""
    rows = list(paths)
    for a, b, _ in edges:
        rows[a] |= 1 << b
    reach = closure(rows)
    return [(a, b, t) for a, b, t in edges if reach[b] >> a & 1]
