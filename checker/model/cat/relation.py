"""Sets and relations over a program's events, with bounds.

What holds in every execution is in bit masks; what an execution chooses has a term; what is in
neither is in no execution. So only what is open becomes part of a constraint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from checker.model.logic import Term, conj, disj, negate


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass
class EventSet:
    """A set of events."""

    count: int
    """How many events there are in all."""
    known: int = 0
    """Those that are in it in every execution, as a mask."""
    open: dict[int, Term] = field(default_factory=dict)
    """When others are in it."""

    def term(self, event: int) -> Term:
        """Return whether an event is in the set."""
        return True if self.known >> event & 1 else self.open.get(event, False)

    @staticmethod
    def of(count: int, terms: Iterable[tuple[int, Term]]) -> EventSet:
        """Return the set of events, each where its term holds."""
        made = EventSet(count)
        for event, term in terms:
            if term is True:
                made.known |= 1 << event
            elif term is not False:
                made.open[event] = term
        return made

    def events(self) -> Iterator[int]:
        """Yield the events that can be in it."""
        yield from bits(self.known)
        yield from self.open

    def union(self, other: EventSet) -> EventSet:
        """Return what is in one or the other."""
        if not (self.open or other.open):
            return EventSet(self.count, self.known | other.known)
        events = dict.fromkeys((*self.events(), *other.events()))
        return EventSet.of(self.count, ((e, disj((self.term(e), other.term(e)))) for e in events))

    def meet(self, other: EventSet) -> EventSet:
        """Return what is in both."""
        if not (self.open or other.open):
            return EventSet(self.count, self.known & other.known)
        return EventSet.of(
            self.count, ((e, conj((self.term(e), other.term(e)))) for e in self.events())
        )

    def minus(self, other: EventSet) -> EventSet:
        """Return what is in this one only."""
        if not (self.open or other.open):
            return EventSet(self.count, self.known & ~other.known)
        return EventSet.of(
            self.count, ((e, conj((self.term(e), negate(other.term(e))))) for e in self.events())
        )

    def identity(self) -> Relation:
        """Return `[S]`: each member with itself."""
        if not self.open:
            known = [self.known & 1 << event for event in range(self.count)]
            return Relation(known, [{} for _ in known])
        return Relation.of(self.count, ((e, e, self.term(e)) for e in self.events()))

    def product(self, other: EventSet) -> Relation:
        """Return `S * T`."""
        made = Relation.empty(self.count)
        for a in self.events():
            mine = self.term(a)
            if mine is True:
                made.known[a] = other.known
                made.open[a] = dict(other.open)
            else:
                made.open[a] = {b: conj((mine, other.term(b))) for b in other.events()}
        return made


@dataclass
class Relation:
    """A relation on events: for each event, those it is related to."""

    known: list[int]
    open: list[dict[int, Term]]

    @staticmethod
    def empty(count: int) -> Relation:
        """Return the relation that holds nowhere."""
        return Relation([0] * count, [{} for _ in range(count)])

    @staticmethod
    def of(count: int, terms: Iterable[tuple[int, int, Term]]) -> Relation:
        """Return the relation of pairs, each where its term holds; of two the later counts."""
        made = Relation.empty(count)
        for a, b, term in terms:
            if term is True:
                made.known[a] |= 1 << b
            elif term is not False:
                made.open[a][b] = term
        return made

    @property
    def count(self) -> int:
        """How many events there are in all."""
        return len(self.known)

    @property
    def is_known(self) -> bool:
        """Whether it is the same in every execution."""
        return not any(self.open)

    @property
    def is_empty(self) -> bool:
        """Whether it holds in no execution."""
        return not (any(self.known) or any(self.open))

    def term(self, a: int, b: int) -> Term:
        """Return whether a pair is in the relation."""
        return True if self.known[a] >> b & 1 else self.open[a].get(b, False)

    def pairs(self) -> Iterator[tuple[int, int, Term]]:
        """Yield the pairs that can be in it, with their terms."""
        for a, mask in enumerate(self.known):
            for b in bits(mask):
                yield a, b, True
            for b, term in self.open[a].items():
                yield a, b, term

    def union(self, *others: Relation) -> Relation:
        """Return what is in one of several."""
        made = Relation(list(self.known), [dict(row) for row in self.open])
        for other in others:
            made.known = [a | b for a, b in zip(made.known, other.known, strict=True)]
            for row, more in zip(made.open, other.open, strict=True):
                for b, term in more.items():
                    row[b] = disj((row[b], term)) if b in row else term
        for mask, row in zip(made.known, made.open, strict=True):
            for b in [b for b in row if mask >> b & 1]:
                del row[b]
        return made

    def meet(self, other: Relation) -> Relation:
        """Return what is in both."""
        made = Relation.empty(self.count)
        for a in range(self.count):
            made.known[a] = self.known[a] & other.known[a]
            row = made.open[a]
            for b, term in self.open[a].items():
                if other.known[a] >> b & 1:
                    row[b] = term
                elif b in other.open[a]:
                    row[b] = conj((term, other.open[a][b]))
            for b, term in other.open[a].items():
                if self.known[a] >> b & 1:
                    row[b] = term
        return made

    def minus(self, other: Relation) -> Relation:
        """Return what is in this one only."""
        made = Relation.empty(self.count)
        for a in range(self.count):
            maybe = 0
            for b in other.open[a]:
                maybe |= 1 << b
            made.known[a] = self.known[a] & ~other.known[a] & ~maybe
            for b in (*bits(self.known[a] & maybe), *self.open[a]):
                term = conj((self.term(a, b), negate(other.term(a, b))))
                if term is not False:
                    made.open[a][b] = term
        return made

    def complement(self) -> Relation:
        """Return the pairs that are not in it."""
        every = (1 << self.count) - 1
        whole = Relation([every] * self.count, [{} for _ in range(self.count)])
        return whole.minus(self)

    def inverse(self) -> Relation:
        """Return each pair the other way round."""
        return Relation.of(self.count, ((b, a, term) for a, b, term in self.pairs()))

    def optional(self) -> Relation:
        """Return `r?`: the relation and identity."""
        return self.union(identity(self.count))

    def then(self, other: Relation) -> Relation:
        """Return `r; s`."""
        made = Relation.empty(self.count)
        for a, mask in enumerate(self.known):
            if not mask and not self.open[a]:
                continue
            if mask == 1 << a and not self.open[a]:  # most often one of the two is `[S]`
                made.known[a], made.open[a] = other.known[a], other.open[a]
                continue
            known, found = 0, dict[int, list[Term]]()
            for k in bits(mask):
                known |= other.known[k]
                for b, term in other.open[k].items():
                    found.setdefault(b, []).append(term)
            for k, first in self.open[a].items():
                for b in bits(other.known[k]):
                    found.setdefault(b, []).append(first)
                for b, term in other.open[k].items():
                    found.setdefault(b, []).append(conj((first, term)))
            made.known[a] = known
            made.open[a] = {b: disj(terms) for b, terms in found.items() if not known >> b & 1}
        return made

    def plus(self) -> Relation:
        """Return the transitive closure (Warshall's algorithm, on masks and on terms)."""
        known = closure(self.known)
        if self.is_known:
            return Relation(known, [{} for _ in known])
        made = Relation(
            known,
            [
                {b: t for b, t in row.items() if not known[a] >> b & 1}
                for a, row in enumerate(self.open)
            ],
        )
        for k in range(self.count):
            out = [(b, True) for b in bits(made.known[k])] + list(made.open[k].items())
            for a in range(self.count):
                first = made.term(a, k)
                if first is False or not out:
                    continue
                row = made.open[a]
                for b, second in out:
                    if made.known[a] >> b & 1:
                        continue
                    term = disj((row.get(b, False), conj((first, second))))
                    if term is True:
                        made.known[a] |= 1 << b
                        row.pop(b, None)
                    else:
                        row[b] = term
        return made

    def domain(self) -> EventSet:
        """Return the events that it relates to something."""
        return EventSet.of(
            self.count,
            (
                (a, True if self.known[a] else disj(self.open[a].values()))
                for a in range(self.count)
            ),
        )


def identity(count: int) -> Relation:
    """Return the relation of each event with itself."""
    return Relation([1 << event for event in range(count)], [{} for _ in range(count)])


def sequence(first: Relation, *rest: Relation) -> Relation:
    """Return `r; s; …`."""
    if any(one.is_empty for one in (first, *rest)):
        return Relation.empty(first.count)
    for one in rest:
        first = first.then(one)
    return first


def closure(rows: list[int]) -> list[int]:
    """Return the transitive closure of a relation of masks."""
    found = list(rows)
    for k in range(len(found)):
        reached = found[k]
        if reached:
            for a, row in enumerate(found):
                if row >> k & 1:
                    found[a] = row | reached
    return found
