"""One thread of an assembly test, run with unknown reads: what its instructions do.

An ISA module (`riscv`, `aarch64`, `x86`, `ppc`) has two functions and nothing else that others use:

    execute(instruction: ast.Instruction, machine: Machine) -> None
        carries one instruction out; raises Diagnostic, at the instruction, where it has no meaning
    register(name: str) -> View | None
        what a register's name in an init block or a condition means, or None where it is none

Numbers in registers are what the machine's arithmetic sees; in operations they are in memory order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from checker import expression as ex
from checker.diagnostic import Diagnostic, Position, nearest
from checker.expression import FALSE, TRUE, Const, Expression, Free, ReadValue
from checker.lowering.asm import fold
from checker.lowering.asm.path import Path, Reservation, Trace
from checker.lowering.asm.tracked import (
    NOTHING,
    Tracked,
    View,
    also,
    apply,
    choose,
    const,
    invert,
    is_zero,
    join,
    part,
    pick,
    resize,
)
from checker.lowering.draft import Draft
from checker.program import Access, Fence, Footprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.arch import Target
    from checker.litmus import Instruction
    from checker.lowering.asm.memory import Memory

__all__ = [
    "Machine", "Path", "Reservation", "Trace", "Tracked", "View", "also", "apply", "choose",
    "const", "invert", "is_zero", "join", "malformed", "part", "pick", "resize", "unknown",
]  # fmt: skip

MAX_OPERATIONS = 200


class Machine:
    """One thread being run; the instruction that is being carried out calls these methods."""

    def __init__(
        self, thread: int, target: Target, memory: Memory, trace: Trace, path: Path
    ) -> None:
        """Begin a thread on an architecture, with initial registers."""
        self.thread = thread
        self.target = target
        self.memory = memory
        self.trace = trace
        self.path: Path | None = path
        """The way being followed; None where it has left this instruction for good."""
        self.instruction: Instruction | None = None
        self.labels: dict[str, int] = {}
        """The index of the instruction that each stands before."""
        self.next = 0
        """The index of the instruction after this one."""
        self.jumps: list[tuple[str, Path]] = []
        """Ways that the instruction has sent to a label."""
        self.ways: list[Path] = []
        """Ways that go on after the instruction, beside `path`."""
        self.ended: list[Path] = []

    @property
    def at(self) -> Position:
        """Where the instruction stands."""
        return self.instruction.at if self.instruction else (0, 0)

    @property
    def here(self) -> Path:
        """The way being followed."""
        assert self.path is not None
        return self.path

    # --- registers

    def reg(self, name: str, bits: int = 64) -> Tracked:
        """Return a register by its canonical name; one that was never set is 0.

        Names are the ISA module's own: flags and the like are registers too, of any width. Zero
        registers are the module's business.
        """
        return self.here.registers.get(name) or const(0, bits)

    def set(self, name: str, new: Tracked) -> None:
        """Set a register."""
        self.here.registers[name] = new

    def address(self, location: str) -> Tracked:
        """Return the address of a location; raises Diagnostic where there is none of that name."""
        return Tracked(Const(self.memory.address(location, self.at), 64))

    # --- memory

    def load(
        self, address: Tracked, size: int, *, order: str = "", cls: str = "gpr",
        element: int | None = None,
    ) -> Tracked:  # fmt: skip
        """Read `size` bytes: a number of 8*size bits. `element` is one register's part, if less."""
        return self._load(address, size, order, cls, element)[0]

    def store(
        self, address: Tracked, new: Tracked, size: int, *, order: str = "", cls: str = "gpr",
        element: int | None = None,
    ) -> None:  # fmt: skip
        """Write the low `size` bytes of a number."""
        new = resize(new, 8 * size)
        for when, place in self._targets(address, size):
            access = Access("store", cls, place, element or size, 0, order)
            self._emit("store", (access,), when, address, new)

    def update(
        self, address: Tracked, size: int, new: Callable[[Tracked], Tracked], *,
        load_order: str = "", store_order: str = "", cls: str = "atomic",
        stores_if: Callable[[Tracked], Tracked] | None = None,
    ) -> Tracked:  # fmt: skip
        """Read and write at once, by one atomic instruction; return the old number.

        `new` yields the number to write from the old one, `stores_if` the one bit that says
        whether it is written. Where the new number depends on the old one, `data` of the operation
        names the operation itself.
        """
        found: list[tuple[Expression, int, Expression]] = []
        for when, place in self._targets(address, size):
            number = self._next()
            old = self._number(number, size)
            written = resize(new(old), 8 * size)
            held = stores_if(old).value if stores_if else TRUE
            steps = (
                Access("load", cls, place, size, 0, load_order, atomic=True),
                Access("store", cls, place, size, 0, store_order, atomic=True),
            )
            self._emit("rmw", steps, when, address, written, held)
            found.append((when, number, old.value))
        return self._chosen(found, 8 * size)

    def load_reserve(
        self, address: Tracked, size: int, *, order: str = "", cls: str = "exclusive",
        element: int | None = None,
    ) -> Tracked:  # fmt: skip
        """Read, and remember the reservation."""
        read, reserved = self._load(address, size, _words("exclusive", order), cls, element)
        self.here.reserved = tuple(reserved)
        return read

    def store_conditional(
        self, address: Tracked, new: Tracked, size: int, *, order: str = "", cls: str = "exclusive",
        element: int | None = None,
    ) -> Tracked:  # fmt: skip
        """Write if the reservation holds, and end it; return in one bit whether it was written.

        Whether it holds is the environment's choice; without a reservation of these bytes it never
        does. The result depends on the operation.
        """
        new = resize(new, 8 * size)
        found: list[tuple[Expression, int, Expression]] = []
        reserved, self.here.reserved = self.here.reserved, ()
        for when, place in self._targets(address, size):
            for one in reserved:
                if one.footprint != place:
                    continue
                number = self._next()
                success = Free(f"success {number}", 1)
                access = Access("store", cls, place, element or size, 0, _words("exclusive", order))
                both = fold.binary("and", when, one.when)
                self._emit("store", (access,), both, address, new, success, one.operation)
                found.append((both, number, success))
        return self._chosen([*found, (TRUE, -1, FALSE)], 1)

    def fence(self, name: str) -> None:
        """Add a fence by its normalised text: `dmb sy`, `fence rw,w`, `sync`, `mfence`, `isb`."""
        self._emit("fence", (Fence(name),), TRUE, const(0), None)

    # --- control flow

    def branch(self, taken: Tracked, label: str) -> None:
        """Go to a label where the one-bit condition holds.

        What follows in program order depends on the condition's operations, on both ways.
        """
        path = self.here
        path.ctrl |= taken.deps | taken.picks
        self._check_label(label)
        if self.labels[label] == self.next:
            return
        yes = fold.binary("and", path.guard, taken.value)
        no = fold.binary("and", path.guard, ex.invert(taken.value))
        if yes != FALSE:
            self.jumps.append((label, path.copy(yes)))
        path.guard = no
        if no == FALSE:
            self.path = None

    def either(self, condition: Tracked, yes: Callable[[], None], no: Callable[[], None]) -> None:
        """Go on in two ways, which `yes` and `no` carry out: where the condition holds or not.

        No branch: what follows depends on the condition only as `yes` and `no` have it. They must
        not leave the instruction.
        """
        if isinstance(condition.value, Const):
            (yes if condition.value.value else no)()
            return
        one, other = self.here, self.here.copy(self.here.guard)
        one.guard = fold.binary("and", one.guard, condition.value)
        other.guard = fold.binary("and", other.guard, ex.invert(condition.value))
        yes()
        self.path = other
        no()
        self.path = one
        self.ways.append(other)

    def jump(self, label: str) -> None:
        """Go to a label."""
        self._check_label(label)
        self.jumps.append((label, self.here))
        self.path = None

    def stop(self) -> None:
        """End the thread here."""
        self.ended.append(self.here)
        self.path = None

    def _check_label(self, label: str) -> None:
        if label not in self.labels:
            hint = nearest(label, self.labels) or "a label is a name and a colon: `L0:`"
            raise Diagnostic(f"P{self.thread} has no label `{label}`", self.at, hint)

    # --- operations

    def _targets(self, address: Tracked, size: int) -> Iterator[tuple[Expression, Footprint]]:
        """Yield each place the address may be that of, and when it is.

        Where the address is known there is one, always.
        """
        if isinstance(address.value, Const):
            yield TRUE, self.memory.footprint(address.value.value, size, self.at)
            return
        places = list(self.memory.candidates(address.value, size, self.at))
        conditions = [
            fold.binary("eq", address.value, Const(number, address.value.bits))
            for number, _ in places
        ]
        somewhere = ex.invert(self.here.guard)
        for condition in conditions:
            somewhere = ex.binary("or", somewhere, condition)
        self.trace.environment.append(somewhere)
        if len(places) == 1:
            conditions = [TRUE]
        yield from zip(conditions, (place for _, place in places), strict=True)

    def _load(
        self, address: Tracked, size: int, order: str, cls: str, element: int | None
    ) -> tuple[Tracked, list[Reservation]]:
        found: list[tuple[Expression, int, Expression]] = []
        reserved = []
        for when, place in self._targets(address, size):
            access = Access("load", cls, place, element or size, 0, order)
            number = self._emit("load", (access,), when, address, None)
            found.append((when, number, self._number(number, size).value))
            reserved.append(Reservation(number, place, when))
        return self._chosen(found, 8 * size), reserved

    def _number(self, operation: int, size: int) -> Tracked:
        """Return what an operation read, as a number."""
        raw = ReadValue(operation, 8 * size)
        found = ex.swap(raw) if self.target.endian == "big" else raw
        return Tracked(found, frozenset((operation,)))

    def _chosen(self, found: list[tuple[Expression, int, Expression]], bits: int) -> Tracked:
        """Return the first result whose condition holds; it depends on all operations."""
        result: Expression = Const(0, bits)
        for index, (when, _, one) in enumerate(reversed(found)):
            result = fold.choose(when, one, result) if index else one
        return Tracked(result, frozenset(number for _, number, _ in found if number >= 0))

    def _next(self) -> int:
        if len(self.trace.drafts) >= MAX_OPERATIONS:
            raise Diagnostic(
                f"the test has more than {MAX_OPERATIONS} operations", self.at,
                "ask a smaller question, or lower --unroll",
            )  # fmt: skip
        return len(self.trace.drafts)

    def _emit(
        self, kind: Literal["load", "store", "rmw", "fence"], steps: tuple[Access | Fence, ...],
        when: Expression, address: Tracked, new: Tracked | None,
        stores_if: Expression = TRUE, pair: int | None = None,
    ) -> int:  # fmt: skip
        """Add an operation that happens, of the times the way is taken, under a condition."""
        number, path, first = self._next(), self.here, steps[0]
        written = None
        if new is not None:
            written = ex.swap(new.value) if self.target.endian == "big" else new.value
        text = self.instruction.text if self.instruction else ""
        self.trace.drafts.append(
            Draft(
                number, self.thread, text, kind, self.at,
                first.footprint if isinstance(first, Access) else None,
                value=written,
                guard=fold.binary("and", path.guard, when),
                stores_if=stores_if,
                spelled=text,
                addr=address.deps,
                data=new.deps if new is not None else NOTHING,
                ctrl=path.ctrl | address.picks | (new.picks if new is not None else NOTHING),
                pair=pair,
                steps=steps,
            )
        )  # fmt: skip
        path.done |= {number}
        path.ctrl |= address.picks  # later stores wait until it is known where this one goes
        return number


def _words(*orders: str) -> str:
    return " ".join(order for order in orders if order)


def unknown(instruction: Instruction, known: Iterable[str]) -> Diagnostic:
    """Return what to say of an instruction that an ISA module does not know."""
    hint = nearest(instruction.name.lower(), (name.lower() for name in known))
    return Diagnostic(
        f"`{instruction.name}` is not an instruction known here", instruction.at, hint
    )


def malformed(instruction: Instruction, wanted: str) -> Diagnostic:
    """Return what to say of an instruction with the wrong operands; `wanted` shows right ones."""
    return Diagnostic(f"`{instruction.text}` has the wrong operands", instruction.at, wanted)
