"""Values in a table: for each number that an expression may have, when it has it.

The counterpart of `values` where all executions are looked at together (`choices.Tabled`).
"""

from __future__ import annotations

from collections.abc import Iterator

from checker import expression as ex
from checker.expression import Apply, Const, Expression, Free, ReadValue
from checker.model.choices import Tabled, TooMany
from checker.model.events import Structure
from checker.model.happening import Happening
from checker.model.logic import Term, conj, disj, negate
from checker.model.placement import PlacementClass

Cases = dict[int, Term]
"""Numbers, and when each is the value; exactly one of the terms holds."""

MAX_CASES = 256
"""Numbers that one value may have."""


def table(made: Structure, placements: dict[str, list[PlacementClass]]) -> Tabled:
    """Return a table with room for a program's choices; raises TooMany where they are many."""
    others = [len(found) for found in placements.values()]
    return Tabled(made, [*others, *(len(numbers) for _, numbers in _free(made))])


def _free(made: Structure) -> list[tuple[Free, tuple[int, ...]]]:
    """Return the numbers that the environment chooses, each with those it may be."""
    program = made.program
    known = {chance.free: chance.numbers for o in program.operations for chance in o.chances}
    found: dict[Free, tuple[int, ...]] = {}
    for expression in _expressions(made):
        for free in _free_of(expression):
            numbers = known.get(free, (0, 1) if free.bits == 1 else ())
            if not numbers:
                raise TooMany
            found[free] = numbers
    return list(found.items())


def _expressions(made: Structure) -> Iterator[Expression]:
    program = made.program
    for operation in program.operations:
        yield operation.guard
        yield operation.stores_if
        yield from (access.when for access in operation.accesses)
        if operation.value is not None:
            yield operation.value
    yield from program.environment
    yield from program.assumed
    yield from (value for thread in program.threads for _, value in thread.registers)


def _free_of(expression: Expression) -> Iterator[Free]:
    waiting = [expression]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Free):
            yield one
        elif isinstance(one, Apply):
            waiting += one.args


class TabledValues(Happening):
    """What loads return and stores write, by cases."""

    def __init__(self, made: Structure, table: Tabled) -> None:
        """Keep the program's events; the reads-from terms are filled in later."""
        super().__init__(made)
        self.takes: list[dict[int, Term]] = [{} for _ in made.events]
        self._loaded: dict[int, Cases] = {}
        self._under_way: set[int] = set()
        self._known: dict[Expression, Cases] = {}
        self.on_value: list[int] = []
        self._free: dict[Free, Cases] = {}
        for free, numbers in _free(made):
            terms = table.one_of([str(number) for number in numbers])
            self._free[free] = dict(zip(numbers, terms, strict=True))

    def settle(self) -> None:
        """Nothing is left open in a table."""

    # --- conditions

    def holds(self, condition: Expression) -> Term:
        """Return a one-bit expression as a term."""
        if isinstance(condition, Const):
            return bool(condition.value)
        return disj(term for number, term in self.bits(condition).items() if number)

    def equals(self, value: Expression, constant: int) -> Term:
        """Return whether an expression has a value (modulo its width)."""
        return self.bits(value).get(constant & ((1 << value.bits) - 1), False)

    # --- values

    def bits(self, value: Expression) -> Cases:
        """Return the cases of an expression; raises TooMany where there are many."""
        match value:
            case Const(number):
                return {number: True}
            case Free():
                return self._free[value]
            case ReadValue() if value not in self._known:
                self._known[value] = self.returned(value)
            case Apply() if value not in self._known:
                self._known[value] = self._apply(value)
        return self._known[value]

    def _apply(self, value: Apply) -> Cases:
        if value.op == "ite":
            condition = self.holds(value.args[0])
            return self.select(condition, self.bits(value.args[1]), self.bits(value.args[2]))
        widths = [argument.bits for argument in value.args]
        found: Cases = {}
        for numbers, term in _product([self.bits(argument) for argument in value.args]):
            args = tuple(Const(n, w) for n, w in zip(numbers, widths, strict=True))
            _add(found, ex.computed(Apply(value.op, args, value.bits)), term)
        return found

    def returned(self, value: ReadValue) -> Cases:
        """Return what a read operation returned, byte by byte from the last load of each."""
        pieces: dict[int, Cases] = {}
        sizes: dict[int, int] = {}
        for index in self._made.of_operation[value.operation]:
            event = self._made.events[index]
            if event.is_load:
                here = self.loaded(index)
                if event.byte in pieces:
                    here = self.select(self.runs(event), here, pieces[event.byte])
                pieces[event.byte] = here
                sizes[event.byte] = self._made.cells[event.cell].size
        parts, widths, byte = [], [], 0
        while 8 * byte < value.bits:
            parts.append(pieces.get(byte, {0: True}))
            widths.append(sizes.get(byte, 1))
            byte += widths[-1]
        return self.join(parts, widths)

    def loaded(self, load: int) -> Cases:
        """Return what a load event returned; 0 where it does not happen.

        Raises TooMany where the value rests on itself: whether it can is the solver's question.
        """
        if load not in self._loaded:
            if load in self._under_way:
                raise TooMany
            self._under_way.add(load)
            found: Cases = {}
            for source, taken in self.takes[load].items():
                for number, term in self.of_store(source, load).items():
                    _add(found, number, conj((taken, term)))
            if not self._made.always[load]:
                _add(found, 0, negate(disj(self.takes[load].values())))
            self._under_way.discard(load)
            self._loaded[load] = found
        return self._loaded[load]

    def of_store(self, store: int, at: int) -> Cases:
        """Return what a store event writes, or the initial value of the cell of event `at`."""
        if store < 0:
            return self.initial(self._made.events[at].cell)
        event = self._made.events[store]
        operation, cell = self._made.program.operations[event.operation], event.cell
        if self._made.access(event).zeros:
            return {0: True}
        kept = self._made.put_back(event)
        if kept is not None:
            return self.loaded(kept)
        assert operation.value is not None
        mask = (1 << 8 * self._made.cells[cell].size) - 1
        found: Cases = {}
        for number, term in self.bits(operation.value).items():
            _add(found, number >> 8 * event.byte & mask, term)
        return found

    def initial(self, cell: int) -> Cases:
        """Return the initial value of a cell."""
        found = self._made.cells[cell]
        content = self._made.program.place(found.location).initial[found.start : found.end]
        return {int.from_bytes(content, "little"): True}

    # --- what a question makes of values

    def join(self, parts: list[Cases], sizes: list[int]) -> Cases:
        """Return values of these sizes, in bytes, one after another, the first lowest."""
        if len(parts) == 1:
            return parts[0]
        found: Cases = {}
        for numbers, term in _product(parts):
            whole, shift = 0, 0
            for number, width in zip(numbers, sizes, strict=True):
                whole |= number << shift
                shift += 8 * width
            _add(found, whole, term)
        return found

    def select(self, condition: Term, yes: Cases, no: Cases) -> Cases:
        """Return one value where a term holds, and another where it does not."""
        found: Cases = {}
        for number, term in yes.items():
            _add(found, number, conj((condition, term)))
        for number, term in no.items():
            _add(found, number, conj((negate(condition), term)))
        return found

    def same(self, value: Cases, constant: int, bits: int) -> Term:
        """Return whether a value is a constant of so many bits."""
        return value.get(constant & ((1 << bits) - 1), False)


def _add(cases: Cases, number: int, term: Term) -> None:
    """Add a case, which may be one that is there already."""
    if term is not False:
        cases[number] = disj((cases[number], term)) if number in cases else term
        if len(cases) > MAX_CASES:
            raise TooMany


def _product(parts: list[Cases]) -> Iterator[tuple[tuple[int, ...], Term]]:
    """Yield every combination of cases that can be at once."""
    found: list[tuple[tuple[int, ...], Term]] = [((), True)]
    for cases in parts:
        found = [
            ((*numbers, number), both)
            for numbers, before in found
            for number, term in cases.items()
            if (both := conj((before, term))) is not False
        ]
        if len(found) > MAX_CASES:
            raise TooMany
    return iter(found)
