"""Loops of the C dialect: counted out, waited for, or followed for so many rounds.

*Counted*: a loop whose condition is known in every round is run to its end.

*Awaited*: of a loop whose rounds leave nothing behind when another one follows, only the last round
is run, and that it is the last holds of every execution (`State.environment`), as with a lock that
is waited for (`locks`). Executions in which it goes on for ever have no final state. This is the
spin-assume transformation: M. Kokologiannakis, X. Ren, V. Vafeiadis, "Dynamic Partial Order
Reductions for Spinloops", FMCAD 2021. It changes no final state:

- An execution in which the loop ends in its first round is one of both programs: nothing is added.
- Take an execution in which other rounds come before the last one. What they have done in memory is
  to read and to pass fences (`_effects`), so no other event takes its value from them, and without
  them coherence, and what all others read, stays as it is. The last round does the same if they are
  taken out, and leaves the same variables: it makes use of none that a round assigns (`carried`).
  An operation depends no more on reads that are not there; no other dependency is added. So it is
  an execution of the program with the last round alone if no axiom asks more of it for having fewer
  reads, fences and dependencies. The axioms of bytes and units forbid patterns of events that are
  there. So does a model in which nothing that may shrink is subtracted: `model.cat.fewer` decides
  it for the model in force, and where it is none of these no loop is awaited. Of the shipped ones,
  Arm's, Power's and RISC-V's subtract what has a store to the byte in its middle; RISC-V's rule 2
  needs no read in between here.
- That a read was torn is seen in a final state only through the register it has set; a proposition
  of any read (`torn`) is not: then no loop is awaited. A round in which a page may fault has that
  effect. Of a round with a compare-and-exchange, all but the last must fail, and store nothing.

*Followed*: any other loop is run for `--unroll` rounds; executions in which it goes on are cut.

What comes after a loop has no control dependency on its condition: that is no promise either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from checker import expression as ex
from checker import litmus as ast
from checker.diagnostic import Diagnostic
from checker.expression import FALSE, TRUE, Apply, Expression
from checker.lowering import notation, select
from checker.lowering.carried import Carried, Trial, outlive
from checker.lowering.draft import Draft
from checker.lowering.exits import Left
from checker.program import Fence

if TYPE_CHECKING:
    from checker.lowering.c import ThreadRunner

Round = Callable[[], Expression]
"""Runs a round, and returns when another one follows."""

MAX_COUNTED = 1000
"""Rounds of a loop whose condition is known."""

MAX_TRIALS = 3
"""Loops in one another of which each is tried out."""


def run(thread: ThreadRunner, loop: ast.Loop) -> None:
    """Run a loop; raises Diagnostic where it cannot end."""
    left = thread.left
    if not _counted(thread, loop):
        tried = thread.trials < MAX_TRIALS and thread.world.awaits()
        if not (tried and _awaited(thread, loop)):
            _followed(thread, loop, thread.world.unroll, enter=loop.body_first)
    thread.left = thread.left.back(left, "loop", "round")


def _condition(thread: ThreadRunner, loop: ast.Loop) -> Expression:
    return thread.integer(loop.condition).truth()


def _body(thread: ThreadRunner, loop: ast.Loop) -> None:
    left = thread.left
    thread.block(loop.body)
    thread.left = thread.left.back(left, "round")
    thread.block(loop.step)


# --- counted --------------------------------------------------------------------------------------


def _counted(thread: ThreadRunner, loop: ast.Loop) -> bool:
    """Run a loop to its end if its condition is known in every round; else nothing is done."""
    trial, left = Trial(thread), thread.left
    for number in range(MAX_COUNTED):
        if number or not loop.body_first:
            condition = _condition(thread, loop)
            if thread.left.nothing != TRUE:  # what a `break` left unchanged is no unknown
                facts = frozenset(ex.conjuncts(thread.left.nothing))
                condition = ex.given(condition, facts)
            if condition == FALSE:
                return True
            if condition != TRUE:
                break
        _body(thread, loop)
        if thread.left.nothing == FALSE:
            return True
        if isinstance(loop.condition, ast.Number) and thread.left != left:
            break  # it ends when what was read says so, and by nothing that it counts
    else:
        raise Diagnostic(
            f"this loop goes on for more than {MAX_COUNTED} rounds, whatever is read", loop.at
        )
    trial.undo()
    return False


# --- awaited --------------------------------------------------------------------------------------


def _awaited(thread: ThreadRunner, loop: ast.Loop) -> bool:
    """Run the last round of a loop alone, if the others change nothing; else nothing is done.

    `while (c) body` ends with its condition; where the body leaves something behind, it is `if (c)
    do body while (c);`.
    """

    def test() -> Expression:
        return ex.binary("and", thread.executed, _condition(thread, loop))

    def body() -> None:
        _body(thread, loop)

    def whole() -> Expression:
        body()
        return test()

    def last(once: Round) -> None:
        going = once()
        thread.state.environment.append(ex.invert(going))

    if not loop.body_first and _leaves_nothing(thread, test, body):
        last(test)
    elif not _leaves_nothing(thread, whole, lambda: None):
        return False
    elif loop.body_first:
        last(whole)
    else:
        thread.branch(_condition(thread, loop), lambda: last(whole), lambda: None)
    return True


def _leaves_nothing(thread: ThreadRunner, once: Round, rest: Callable[[], None]) -> bool:
    """Whether a round that another one follows, `once` and then `rest`, changes nothing.

    In memory; and in variables nothing that `once` makes use of or leaves as it is. Raises nothing:
    what cannot be run like this is not awaited.
    """
    trial = Trial(thread)
    carried = Carried()
    try:
        while True:
            found = _tried(thread, once, rest, carried)
            trial.undo()
            if found is not None:
                return found
    except Diagnostic:
        trial.undo()
        return False


def _tried(
    thread: ThreadRunner, once: Round, rest: Callable[[], None], carried: Carried
) -> bool | None:
    """Run a round from variables that other rounds may have left; None where more are found."""
    state = thread.state
    begin = (len(state.drafts), len(state.environment), len(state.cuts))
    thread.trials += 1
    thread.guard, thread.left = TRUE, Left()
    before = carried.enter(thread)
    going = once()
    used = [going, thread.left.nothing, *state.environment[begin[1] :], *state.cuts[begin[2] :]]
    for draft in state.drafts[begin[0] :]:
        used += [draft.guard, draft.stores_if, *([draft.value] if draft.value is not None else [])]
    ended, left = outlive(thread), thread.left
    thread.guard = going
    rest()
    if carried.found(before, ended, thread):
        return None
    if thread.left != left or _effects(thread, state.drafts[begin[0] :], going):
        return False
    return not carried.used(ended, used)


def _effects(thread: ThreadRunner, drafts: Iterable[Draft], going: Expression) -> bool:
    """Whether some operation has an effect in memory where another round follows."""
    for draft in drafts:
        if draft.faults:
            return True
        if draft.kind == "fence" or (draft.kind == "load" and _only_loads(thread, draft)):
            continue
        stores = ex.binary("and", draft.guard, draft.stores_if)
        if not _excluded(going, stores):
            return True
    return False


def _only_loads(thread: ThreadRunner, draft: Draft) -> bool:
    """Whether no lowering of a read stores: some put back what they have read."""
    size = draft.place.size if draft.place else 0
    target, overrides = thread.layout.target, thread.world.overrides
    for layer in ("contract", "code"):
        found = select.select(draft.name, size, target, layer, draft.known, overrides)
        for alternative in found.alternatives if found else ():
            if not all(_loads(step) for step in alternative):
                return False
    return True


def _loads(step: notation.Step) -> bool:
    if isinstance(step, Fence):
        return True
    return isinstance(step, (notation.Piece, notation.Loop)) and step.verb in ("load", None)


def _excluded(a: Expression, b: Expression) -> bool:
    """Whether two conditions are seen not to hold together: one has the negation of a part."""
    parts = {_plain(one) for one in (*ex.conjuncts(a), *ex.conjuncts(b))}
    return FALSE in parts or any(ex.invert(one) in parts for one in parts)


def _plain(condition: Expression) -> Expression:
    """Return a comparison as it is spelled when nothing is widened, the smaller side first."""
    match condition:
        case Apply("not", (inner,)):
            return ex.invert(_plain(inner))
        case Apply("eq", (Apply(op, (a,)), Apply(other, (b,)))) if (
            op == other and op in ("zext", "sext") and a.bits == b.bits
        ):
            return _plain(ex.binary("eq", a, b))
        case Apply("eq", (a, b)) if repr(b) < repr(a):
            return ex.binary("eq", b, a)
    return condition


# --- followed -------------------------------------------------------------------------------------


def _followed(thread: ThreadRunner, loop: ast.Loop, rounds: int, *, enter: bool) -> None:
    """Run so many rounds; what goes on after them is cut, or gives up."""
    condition = TRUE if enter else _condition(thread, loop)
    if condition == FALSE:
        return
    if rounds == 0:
        going = ex.binary("and", thread.executed, condition)
        thread.state.cuts.append(going)
        return

    def once() -> None:
        _body(thread, loop)
        _followed(thread, loop, rounds - 1, enter=False)

    thread.branch(condition, once, lambda: None)
