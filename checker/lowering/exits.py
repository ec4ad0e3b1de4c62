"""Where `return`, `break`, `continue` and a fault take a thread out of what it runs.

Each is a condition relative to the guard of the statement that is being run: what follows is
executed where none of them holds, until the loop's round, the loop or the function ends.
"""

from __future__ import annotations

from dataclasses import fields, replace

from checker import expression as ex
from checker.expression import FALSE, Apply, Expression
from checker.value import value


@value
class Left:
    """When a thread has left what it was in."""

    thread: Expression = FALSE
    function: Expression = FALSE
    loop: Expression = FALSE
    round: Expression = FALSE

    @property
    def nothing(self) -> Expression:
        """When it has left none of them."""
        found: Expression = ex.TRUE
        for one in fields(self):
            found = ex.binary("and", found, never(getattr(self, one.name)))
        return found

    def leave(self, what: str, when: Expression) -> Left:
        """Return this with one more way out: of `thread`, `function`, `loop` or `round`."""
        if when == self.nothing and replace(self, **{what: FALSE}) == Left():
            when = ex.TRUE  # whatever has left before has left the same
        return replace(self, **{what: ex.binary("or", getattr(self, what), when)})

    def back(self, outer: Left, *what: str) -> Left:
        """Return this after the end of what could be left, with those exits as they were before."""
        return replace(self, **{one: getattr(outer, one) for one in what})


def join(condition: Expression, yes: Left, no: Left) -> Left:
    """Return what was left after two branches, of which a condition decides."""
    return Left(**{
        one.name: _either(condition, getattr(yes, one.name), getattr(no, one.name))
        for one in fields(Left)
    })  # fmt: skip


def never(of: Expression) -> Expression:
    """Return when none of the ways out was taken that an expression is made of."""
    if isinstance(of, Apply) and of.op == "or":
        return ex.binary("and", *map(never, of.args))
    return ex.invert(of)


def _either(condition: Expression, yes: Expression, no: Expression) -> Expression:
    if yes == no:
        return yes
    if FALSE in (yes, no):
        side, other = (condition, yes) if no == FALSE else (ex.invert(condition), no)
        return ex.binary("and", side, other)
    if ex.TRUE in (yes, no):
        side, other = (condition, no) if yes == ex.TRUE else (ex.invert(condition), yes)
        return ex.binary("or", side, other)
    return ex.choose(condition, yes, no)
