"""Another instruction for an access, which does the same and orders more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from checker import litmus as ast
from checker.arch import Target
from checker.fix.assembly.fences import spelled
from checker.fix.assembly.known import Form, Known
from checker.fix.assembly.table import Table
from checker.fix.change import Change
from checker.fix.source import Edit
from checker.lowering.asm.sketch import MODULES
from checker.lowering.draft import Draft, Sketch

_MNEMONIC = re.compile(r"[A-Za-z][\w.]*")
_COMMA = re.compile(r",(?![^(\[]*[)\]])")
"""A comma between operands, not one inside a place in memory."""


class Accesses:
    """The other instructions that a test's accesses could be."""

    def __init__(
        self, table: Table, test: ast.Test, sketches: list[Sketch], known: Known,
        targets: list[Target],
    ) -> None:  # fmt: skip
        """Find the accesses."""
        self._table, self._test, self._targets = table, test, targets
        self._forms = known.forms
        self._drafts: dict[tuple[int, tuple[int, int]], Draft] = {}
        for sketch in sketches:
            for draft in sketch.drafts:
                if draft.place is not None:
                    self._drafts.setdefault((draft.thread, draft.at), draft)

    def changes(self) -> Iterator[Change]:
        """Yield the changes in the order of the threads."""
        for thread in self._test.threads:
            for one in thread.code:
                draft = self._drafts.get((thread.number, one.at))
                if draft is not None and isinstance(one, ast.Instruction):
                    for rank, form in enumerate(self._forms, 1):
                        yield from self._change(thread, one, draft, form, rank)

    def _change(
        self, thread: ast.Thread, one: ast.Instruction, draft: Draft, form: Form, rank: int
    ) -> Iterator[Change]:
        match = re.fullmatch(form.from_, one.name)
        if match is None or (form.base and not _is_bare(one)):
            return
        if form.feature and not all(form.feature in own.features for own in self._targets):
            return
        written = _MNEMONIC.match(self._table.text, self._table.offset(one.at))
        if written is None:
            return
        name = spelled(match.expand(form.to), one)
        if form.scratch:
            found = self._exchange(thread, one, draft, form, name)
            if found is None:
                return
            says, edits = found
        else:
            edits = (Edit(written.start(), written.end(), name),)
            says = f"`{one.text}` of P{thread.number} becomes {name}"
        more = f" ({form.extension})" if form.extension else ""
        site = f"at {one.at}{more}"
        yield Change("instruction", says + more, one.at, edits, rank, site, cite=form.source)

    def _exchange(
        self, thread: ast.Thread, one: ast.Instruction, draft: Draft, form: Form, name: str
    ) -> tuple[str, tuple[Edit, ...]] | None:
        """Return the exchange of a free register, which holds what is stored, with memory."""
        mnemonic, *rest = one.text.split(None, 1)
        operands = [part.strip() for part in _COMMA.split(rest[0])] if rest else []
        inner = ["(" in operand or "[" in operand for operand in operands]
        if draft.kind != "store" or draft.place is None or sorted(inner) != [False, True]:
            return None
        if not any(isinstance(operand, ast.Reg | ast.Imm) for operand in one.operands):
            return None
        register = self._free(dict(form.scratch).get(draft.place.size, ()))
        start = self._table.offset(one.at)
        end = self._table.end(start, one.text)
        if register is None or end is None:
            return None
        register = spelled(register, one)
        into, with_ = list(operands), list(operands)
        into[inner.index(True)] = with_[inner.index(False)] = register
        code = f"{name} {','.join(with_)}"
        first = f"{mnemonic} {','.join(into)}"
        says = f"`{one.text}` of P{thread.number} becomes `{first}` and `{code}`"
        return says, (Edit(start, start, first), Edit(start, end, code))

    def _free(self, registers: tuple[str, ...]) -> str | None:
        """Return the first of some registers that the test has in no form."""
        isa: Any = import_module(f"checker.lowering.asm.{MODULES[self._test.dialect]}")
        words = re.findall(r"%?[A-Za-z]\w*", self._table.text)
        used = {view.register for word in words if (view := isa.register(word))}
        return next((one for one in registers if isa.register(one).register not in used), None)


def _is_bare(instruction: ast.Instruction) -> bool:
    """Whether its place in memory is a register and nothing else."""
    places = [operand for operand in instruction.operands if isinstance(operand, ast.Mem)]
    return len(places) == 1 and all(
        one.base and one.offset in (None, ast.Imm(0)) and not one.index and not one.write_back
        for one in places
    )
