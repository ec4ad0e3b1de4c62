"""The table of an assembly test: threads, cells, labels, and what is wrong with one."""

from __future__ import annotations

import pytest

from checker.check import targets
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.language.asm.instruction import instruction
from checker.litmus import Instruction, Label
from tests.asm_riscv_text import riscv
from tests.asm_run import drawn
from tests.inputs import unmarked


def test_columns_are_threads_and_cells_are_instructions() -> None:
    test = parse("RISCV t\n{}\n P0 | P1 ;\n L0: | nop ;\n li x5,1 | L1: fence rw,rw ;\nexists true")
    (label, load), (nothing, other, fence) = (thread.code for thread in test.threads)
    assert (label, other) == (Label("L0", (0, 0)), Label("L1", (0, 0)))
    assert [one.name for one in (load, nothing, fence)] == ["li", "nop", "fence"]
    assert (label.at, load.at, nothing.at, other.at, fence.at) == (
        (4, 2), (5, 2), (4, 8), (5, 12), (5, 16),
    )  # fmt: skip


def test_an_instruction_is_parsed_once_wherever_it_stands() -> None:
    first = instruction("RISCV", "lw  x5,0(x6)", (1, 1))
    second = instruction("RISCV", "lw  x5,0(x6)", (7, 9))
    assert first == second
    assert first.operands is second.operands
    assert (first.text, second.at) == ("lw x5,0(x6)", (7, 9))


def test_the_last_row_and_the_condition_need_no_semicolon_or_lines() -> None:
    test = parse("RISCV t {0:x5=1} P0; nop; nop; exists (0:x5=1);")
    assert [one.name for one in test.threads[0].code if isinstance(one, Instruction)] == ["nop"] * 2
    assert test.condition.text == "exists 0:x5=1"


def test_the_header_is_free_text_as_for_herd7() -> None:
    text = riscv(
        "nop", head='"Rfe Fre"\nOrig=Rfe Fre\nwhatever stands here\n(* a comment that (* no'
    )
    assert dict(parse(text).info)["Orig"] == "Rfe Fre"


DIAGNOSTICS = {
    "no condition": ("RISCV t\n{}\n P0 ;\n nop ;§\n", "there is no condition", "exists"),
    "cells": ("RISCV t\n{}\n P0 | P1 ;\n §nop ;\nexists true", "1 cells among 2", "`|`"),
    "not a thread": ("RISCV t\n{}\n P0 | §Q1 ;\nexists true", "`Q1` is not a thread", "P0, P1"),
    "order": ("RISCV t\n{}\n P0 | §P2 ;\nexists true", "P2 stands where P1", "in order"),
    "mnemonic": ("RISCV t\n{}\n P0 | P1 ;\n nop | §lww x5,0(x6) ;\nexists true",
                 "`lww` is not an instruction", "lw"),
    "operands": ("RISCV t\n{}\n P0 ;\n L: §lw x5,x6 ;\nexists true", "wrong operands",
                 "lw x5,0(x6)"),
    "character": ("RISCV t\n{}\n P0 ;\n lw x5,0§[x6] ;\nexists true", "`[`", ""),
    "label": ("RISCV t\n{}\n P0 ;\n LOUT: nop ;\n §bne x5,x0,LOUX ;\nexists true",
              "no label `LOUX`", "LOUT"),
    "label twice": ("RISCV t\n{}\n P0 ;\n L: nop ;\n §L: nop ;\nexists true", "stands twice", ""),
    "no address": ("RISCV t\n{ 0:x6=x; }\n P0 ;\n §lw x5,0(x7) ;\nexists true",
                   "there is no location", "0:x5=x"),
    "outside": ("RISCV t\n{ int x; 0:x6=x; }\n P0 ;\n §ld x5,0(x6) ;\nexists true",
                "8 bytes at offset 0 leave `x`", "larger type"),
    "register": ("RISCV t\n{\n §0:y6=x; }\n P0 ;\nexists true", "`y6` is not a register", ""),
    "thread": ("RISCV t\n{ 0:x6=x;\n§3:x5=1; }\n P0 ;\nexists true", "no thread P3", "P0 to P0"),
    "init": ("RISCV t\n{ 0:x6=x; int §= 4; }\n P0 ;\nexists true", "`=`", ""),
    "type": ("RISCV t\n{ 0:x6=x; §unit64_t 0:x5=4; }\n P0 ;\nexists true", "not a type",
             "uint64_t"),
    "condition": ("RISCV t\n{}\n P0 ;\n nop ;\nexists (0:x5=1 /\\\n §/\\ 0:x6=1)", "`/\\`", ""),
    "wanted register": ("RISCV t\n{}\n P0 ;\nexists\n§0:r5=1", "`r5` is not a register", ""),
    "wanted thread": ("RISCV t\n{}\n P0 ;\nexists\n§1:x5=1", "no thread P1", "P0 to P0"),
    "wanted location": ("RISCV t\n{ xyz=1; }\n P0 ;\nexists §xy=1", "`xy` is not", "xyz"),
    "too large": ("RISCV t\n{ x=1; }\n P0 ;\nexists §x=0x100000000", "does not fit", ""),
    "not read": ("RISCV t\n{ x=1; }\n P0 ;\n li x5,1 ;\nexists torn(§0:x5)", "not set by a read",
                 "torn"),
    "kernel": ("RISCV t\n{ x=1; }\n P0 ;\nexists dirty(§x)", "the kernel's", ""),
    "fault handler": ("RISCV t\n{}\n P0 | §P0.F ;\nexists true", "not modelled", ""),
    "code address": ("RISCV t\n{ 0:x5=§P1:L0; }\n P0 ;\nexists true", "not modelled", ""),
    "array": ("RISCV t\n{ int x[2]={1,2}; }\n P0 ;\nexists §x=1", "is an array", "x[0]"),
    "elements": ("RISCV t\n{ §int x[2]={1,2,3}; }\n P0 ;\nexists true", "fewer elements", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message", "hint"), DIAGNOSTICS.values(), ids=DIAGNOSTICS)
def test_says_where_what_and_what_to_do(text: str, message: str, hint: str) -> None:
    source, at = unmarked(text)
    with pytest.raises(Diagnostic) as problem:
        drawn(source, "riscv64")
    assert message in problem.value.message
    assert hint in problem.value.hint
    assert problem.value.at == at


def test_a_dialect_is_about_its_own_architecture() -> None:
    test = parse(riscv("nop"))
    assert [one.name for one in targets(test, [])] == ["riscv64"]
    assert [one.name for one in targets(test, ["arm64", "riscv64+zama16b"])] == ["riscv64+zama16b"]
    with pytest.raises(Diagnostic, match="is about riscv64, not arm64"):
        targets(test, ["arm64", "x86-64"])
