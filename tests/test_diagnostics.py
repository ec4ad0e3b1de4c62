"""Every input that cannot be used gets one diagnostic: where, what, and what to do about it.

`§` in a text marks the line and the column that the diagnostic must point at.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs import litmus, unmarked
from tests.problems import only_problem, put, struct

# what is wrong: (text, what the message says, what the hint says)
OUTSIDE = {
    "empty": ("§", "the file is empty", "begins with `C name`"),
    "blanks": ("§ \n\n", "the file is empty", "begins with `C name`"),
    "only a comment": ("§(* nothing *)\n", "the file has no test", "begins with `C name`"),
    "prose": ("§This is no test.\n", "not a dialect and a name", "begins with `C name`"),
    "no name": ("§C\n{}\n", "not a dialect and a name", "begins with `C name`"),
    "lower case": ("§c test\n{}\n", "`c` is not a dialect", "did you mean C?"),
    "another word": ("\n §import os\n", "`import` is not a dialect", "begins with `C name`"),
    "MIPS": ("§MIPS MP\n{}\n P0 ;\n", "`MIPS` is a dialect of herd7", "those that are: C, "),
    "LISA": ("§LISA MP\n{}\n P0 ;\n", "that is not read here", "X86_64"),
    "a misspelt dialect": ("§AArch46 MP\n{}\n P0 ;\n", "is not a dialect", "mean AArch64?"),
    "no init block": ("C test\n§P0(int *x) { }\nexists x=0\n", "no init block", "{ … }"),
    "nothing but a header": ("C test\n§", "there is no init block", "{ … }"),
    "a stray line": ("C test\n  §what is this\n{}\n", "neither a comment nor", "`key = value`"),
    "a misspelt key": (litmus(head="§Arhc = arm64"), "`Arhc` is not a key", "did you mean Arch?"),
    "a small key": (litmus(head="§expect = arm64: allowed"), "`expect` is not", "mean Expect?"),
    "an open comment": ("C test\n§(* a (* b *)\n{}\n", "this comment does not end", "*)"),
    "an open C comment": (litmus("§/* what follows"), "this comment does not end", "*/"),
    "no thread": ("§C test\n{ int x; }\nexists x=0\n", "the test has no thread", "P0(…)"),
    "no condition": ("C test\n{}\nP0(int *x) { }§\n", "the file ends too early", "`exists`"),
    "half a condition": (litmus(cond="exists (1:r0=1§"), "the file ends too early", "`)`"),
    "after the condition": (litmus(cond="exists x=1 §y=1"), "`y` cannot stand here", "the end"),
    "two tests": (litmus() + litmus().replace("C", "§C", 1), "`C` cannot stand here", "the end"),
    "P1 first": ("C test\n{}\n§P1(int *x) { }\nexists x=0\n", "where P0 should", "in order"),
    "P0 twice": ("C t\n{}\nP0() { }\n§P0() { }\nexists true\n", "where P1 should", "in order"),
    "no thread's name": ("C t\n{}\n§Q0() { }\nexists true\n", "`Q0` is not a thread", "P0, P1"),
    "a leading zero": ("C t\n{}\n§P00() { }\nexists true\n", "`P00` is not a thread", "P0, P1"),
    "a long number": (f"C t\n{{}}\n§P{'9' * 5000}() {{ }}\nexists true", "is not a thread", "P0"),
    "an open brace": (litmus("if (1) { x;").replace("P0(u64 *x)\n{", "P0(u64 *x)\n§{"),
                      "this `{` is not closed", "close it: }"),
    "a brace too many": (litmus(cond="exists x=1\n§}"), "`}` cannot stand here", "the end"),
    "a preprocessor": (litmus(guest="{ }\n§#ifdef A\nP2()"), "`#ifdef` is not", "`#define NAME"),
}  # fmt: skip

HEADER = {
    "unknown architecture": (litmus(head="Arch = x86-64, §arm65"), "no architecture `arm65`",
                             "did you mean arm64"),
    "far-fetched architecture": (litmus(head="Arch = §zzz"), "no architecture `zzz`", "riscv64"),
    "unknown feature": (litmus(head="Arch = §arm64+lse9"), "arm64 has no feature `lse9`", "lse2"),
    "features that clash": (litmus(head="Arch = §arm+v5+lpae"), "cannot have both", ""),
    "no architecture": (litmus(head="Arch =§"), "`Arch` names no architecture", "Arch = arm64"),
    "one twice": (litmus(head="Arch = arm64, §arm64"), "`Arch` names arm64 twice", ""),
    "no expectation": (litmus(head="Expect =§"), "`Expect` says nothing", "arm64: forbidden"),
    "no verdict": (litmus(head="Expect = §arm64 forbidden"), "is not an expectation", "arm64:"),
    "a misspelt verdict": (litmus(head="Expect = arm: allowed, §arm64: forbiden"),
                           "`forbiden` is not a verdict", "did you mean forbidden?"),
    "no such verdict": (litmus(head="Expect = §arm64: yes"), "`yes` is not a verdict", "fragile"),
    "an expectation of nowhere": (litmus(head="Expect = §arn64: allowed"),
                                  "no architecture `arn64`", "did you mean arm64"),
    "two expectations": (litmus(head="Expect = arm64: allowed, §arm64: forbidden"),
                         "`Expect` speaks of arm64 twice", ""),
    "no override": (put("Override = §arm64 put_user 8"), "not an override", "rmw.locked 8"),
    "an override of no size": (put("Override = §arm64: put_user = store 8"), "not an override", ""),
    "an override's size": (put(f"Override = §arm64: put_user {'9' * 5000} = store 8"),
                           "not an override", ""),
    "an override of nothing": (put("Override = §arm64: put_usr 8 = store 8"),
                               "`put_usr()` is not an operation", "put_user"),
    "an override that promises": (put("Override = arm64: put_user 8 = §store 8 atomic"),
                                  "code promises nothing", "store.pair"),
    "an override nowhere": (put("Override = §arm46: put_user 8 = store 8"),
                            "no architecture `arm46`", "arm64"),
}  # fmt: skip

INIT = {
    "unknown type": (litmus(init="§foo_t x;"), "`foo_t` is not a known type", "integer type"),
    "unknown pointer": (litmus(init="§foo_t *x;"), "`foo_t` is not a known type", "integer type"),
    "nearly a type": (litmus(init="§u46 x;"), "`u46` is not a known type", "did you mean u64"),
    "a field's type": (litmus(init="struct s { §foo_t a; } x;"), "`foo_t` is not a known type", ""),
    "impossible type": (litmus(init="§short char x;"), "`short char` is not a type", ""),
    "too long": (litmus(init="§long long long x;"), "`long long long` is not a type", ""),
    "floating point": (litmus(init="§double x;"), "`double` is not in the language", "integers"),
    "union": (litmus(init="§union { u64 a; } x;"), "`union` is not in the language", "casts"),
    "typedef": (litmus(init="§typedef u64 foo_t;"), "`typedef` is not in the language", "type out"),
    "enum": (litmus(init="§enum e x;"), "`enum` is not in the language", "names numbers"),
    "undefined struct": (litmus(init="struct §s x;"), "struct s is not defined", "init block"),
    "nearly a struct": (litmus(init="struct time { u64 a; };\nstruct §tine x;"),
                        "struct tine is not defined", "did you mean time?"),
    "a struct in itself": (litmus(init="struct s { struct §s a; } x;"), "s is not defined", ""),
    "a struct twice": (litmus(init="struct s { u64 a; };\nstruct §s { u32 a; } x;"),
                       "struct s is defined twice", ""),
    "a field twice": (litmus(init="struct s { u64 a; u32 §a; } x;"), "has two fields `a`", ""),
    "a bit-field": (litmus(init="struct s { u64 a §: 3; } x;"), "`:` cannot stand", "bit-fields"),
    "an open array": (litmus(init="struct s { u32 a[§]; } x;"), "`]` cannot stand here", "known"),
    "a location twice": (litmus(init="u64 x;\nu32 §x;"), "`x` is declared twice", ""),
    "no elements": (litmus(init="u64 x[§0];"), "an array of 0 elements", "1 to 4096"),
    "many elements": (litmus(init="u64 x[§5000];"), "an array of 5000 elements", "1 to 4096"),
    "an unknown count": (litmus(init="u64 x[§n];"), "a number must stand here", ""),
    "alignment of 3": (litmus(init="u64 x __aligned(§3);"), "__aligned(3)", "a power of two"),
    "alignment of 8192": (litmus(init="u64 x __aligned(§8192);"), "__aligned(8192)", "4096"),
    "outside a page": (litmus(init="u64 x __at(§4096);"), "__at(4096) is not in a page", "4095"),
    "neither place": (litmus(init="u64 §x __aligned(8) __at(4);"), "not a multiple of", ""),
    "attributes last": (litmus(init="u64 x = 0 §__aligned(8);"), "`__aligned` cannot stand", ""),
    "a register": (litmus(init="u64 x; §1:r0 = 1;"), "1:r0 cannot be initialised", "the thread"),
    "a large value": (litmus(init="u8 x = §300;", par="u8 *x"), "300 does not fit into 1 byte", ""),
    "a large element": (litmus(init="u16 x[2] = {1, §-32769};", par="u16 *x"), "does not fit", ""),
    "nearly a location": (litmus(init="u64 x; u64 count; u64 *p = &§cuont;"),
                          "`cuont` is not declared", "did you mean count"),
    "an unknown value": (litmus(init="u64 x = §y;"), "`y` is not declared", ""),
    "too many values": (litmus(init="u64 x[2] = {§1, 2, 3};"), "3 values for 2 elements", ""),
    "too many bits": (litmus(init=f"u64 x = §0x{'1' * 33};"), "more than 128 bits", ""),
    "no number": (litmus(init="u64 x = §08;"), "`08` is not a number", ""),
    "a field of a number": (litmus(init="u64 x; x.§a = 1;"), "`u64` has no field `a`", "struct"),
    "a key word": (litmus(init="u64 §filter;"), "`filter` cannot stand here", "another name"),
}  # fmt: skip

NAMES = {
    "unknown operation": (litmus("§WRITE_ONC(*x, 1);"), "`WRITE_ONC()` is not an operation",
                          "did you mean WRITE_ONCE"),
    "far-fetched operation": (litmus("§frobnicate(x);"), "`frobnicate()` is not an operation", ""),
    "undeclared variable": (litmus("WRITE_ONCE(*x, §y);"), "`y` is not declared", ""),
    "nearly a variable": (litmus("u64 value = 1;\nWRITE_ONCE(*x, §valu);"),
                          "`valu` is not declared", "did you mean value?"),
    "too few arguments": (litmus("§WRITE_ONCE(*x);"), "takes 2 arguments, not 1", "lvalue, value"),
    "no argument": (litmus("§put_user();"), "takes 2 arguments, not 0", "value, pointer"),
    "too many arguments": (litmus("§put_user(1, x, 2);"), "takes 2 arguments, not 3", "pointer"),
    "no label": (litmus("§unsafe_put_user(1, x);"), "takes 3 arguments, not 2", "label"),
    "lock a number": (litmus("spin_lock(§x);"), "`u64` is not a lock", "spinlock_t s;"),
    "unlock a number": (litmus("spin_unlock(§x);"), "`u64` is not a lock", "spinlock_t s;"),
    "read a lock": (litmus("READ_ONCE(§*x);", "", init="spinlock_t x;", par="spinlock_t *x",
                           cond="exists true"), "a spinlock_t has no value", "spin_is_locked"),
    "set a lock": (litmus("*x = §1;", "", init="spinlock_t x;", par="spinlock_t *x",
                          cond="exists true"), "a spinlock_t has no value", "spin_lock"),
    "a lock with flags": (litmus("§spin_lock_irqsave(x, 1);"), "is not modelled", "spin_lock()"),
    "a barrier's argument": (litmus("§smp_mb(1);"), "takes 0 arguments, not 1", "smp_mb()"),
    "two likely things": (litmus("§likely(1, 2);"), "takes 1 argument, not 2", "condition"),
    "nothing converted": (litmus("§cpu_to_le32();"), "takes 1 argument, not 0", "value"),
    "srcu": (litmus("§srcu_read_lock(x);"), "`srcu_read_lock()` is not modelled", "RCU"),
    "srcu's end": (litmus("§synchronize_srcu(x);"), "is not modelled", "RCU"),
    "callback": (litmus("§call_rcu(x);"), "`call_rcu()` is not modelled", "callbacks"),
    "herd's own": (litmus("§__fence(x);"), "is not modelled", "herd7"),
    "misspelt field": (struct(p0="WRITE_ONCE(x->§frist, 1);"), "struct s has no field `frist`",
                       "did you mean first?"),
    "no such field": (struct(p0="WRITE_ONCE(x->§q, 1);"), "has no field `q`", "first, second"),
    "parameter of nothing": (litmus(par="u64 *x, §foo_t *y").replace(
        "P1(u64 *x, §foo_t *y)", "P1()"), "`foo_t` is not a known type", ""),
    "a parameter declared": (litmus("u64 §x = 1;"), "`x` is a parameter already", ""),
    "a variable twice": (litmus("u64 a; u64 §a;"), "`a` is declared already", "another name"),
    "a hidden variable": (litmus("u64 a; if (1) { u64 §a; }"), "`a` is declared already", ""),
    "a hidden counter": (litmus("for (int i = 0; i < 2; i++) { int §i; }"), "declared already", ""),
    "a struct in a thread": (litmus("struct §q { u64 a; } v;"), "is defined in a thread", "init"),
    "a struct in sizeof": (litmus("WRITE_ONCE(*x, sizeof(struct §q { u64 a; }));"),
                           "struct q is defined in a thread", "init block"),
    "guest of nothing": (litmus(guest=" __arch(arm65)").replace("P1", "§P1", 1),
                         "no architecture `arm65`", "arm64"),
    "foreign guest": (litmus(guest=" __arch(x86-64)").replace("P1", "§P1", 1),
                      "x86-64 cannot run on arm64", "arm64 runs arm64, arm"),
}  # fmt: skip

STATEMENTS = {
    "unknown type": (litmus("§foo_t y;"), "`foo_t` is not a known type", "integer type"),
    "unknown pointer": (litmus("§foo_t *p;"), "`foo_t` is not a known type", "integer type"),
    "unknown pointer set": (litmus("§foo_t *p = x;"), "`foo_t` is not a known type", "integer"),
    "unknown cast": (litmus("WRITE_ONCE(*x, (§u46)1);"), "`u46` is not a known type", "u64"),
    "unknown cast of a name": (litmus("u64 v; WRITE_ONCE(*x, (§u46)v);"), "`u46` is not", "u64"),
    "unknown pointer cast": (litmus("WRITE_ONCE(*(§u46 *)x, 1);"), "`u46` is not", "u64"),
    "float": (litmus("§float f;"), "`float` is not in the language", "integers"),
    "goto": (litmus("§goto out;"), "`goto` is not in the language", "jumps"),
    "label": (litmus("out§: ;"), "`:` cannot stand here", "labels"),
    "return a value": (litmus("§return 1;"), "a thread returns no value", "return;"),
    "break": (litmus("§break;"), "`break` outside a loop", ""),
    "continue": (litmus("if (1) §continue;"), "`continue` outside a loop", ""),
    "switch": (litmus("§switch (1) { }"), "`switch` is not in the language", "`if`"),
    "asm": (litmus("§asm volatile (1);"), "`asm` is not in the language", "assembly"),
    "typeof": (litmus("§typeof(x) y;"), "`typeof` is not in the language", "type out"),
    "no semicolon": (litmus("WRITE_ONCE(*x, 1)").replace("}\nP1", "§}\nP1"),
                     "`}` cannot stand here", "`;`"),
    "no parenthesis": (litmus("WRITE_ONCE(*x, 1§;"), "`;` cannot stand here", "`)`"),
    "string": (litmus('WRITE_ONCE(*x, §"a");'), "cannot stand here", "no strings"),
    "character": (litmus("WRITE_ONCE(*x, §'a');"), "cannot stand here", "number"),
    "control character": (litmus("§\x01"), "the character U+0001 cannot stand here", ""),
    "letter of no name": (litmus("u64 §é;"), "`é` cannot stand here", ""),
    "key word": (litmus("u64 §torn = 1;"), "`torn` cannot stand here", "choose another name"),
    "comma": (litmus("WRITE_ONCE(*x, (1§, 2));"), "`,` cannot stand here", "comma operator"),
    "statement expression": (litmus("u64 a = (§{ 1; });"), "`{` cannot stand here", "statements"),
    "a type as argument": (litmus("WRITE_ONCE(*x, §u64);"), "`u64` cannot stand here", ""),
    "many digits": (litmus(f"WRITE_ONCE(*x, §{'9' * 5000});"), "is not a number", ""),
}  # fmt: skip

VALUES = {
    "read a struct": (struct(p1="u64 r0 = READ_ONCE(§*x);"), "`struct s` is not an integer",
                      "name a field"),
    "copy a struct": (struct(p1="u64 r0 = §*x;"), "cannot be read as a whole", "name a field"),
    "assign a struct": (struct(p0="*x = §1;"), "cannot be assigned as a whole", ""),
    "before the location": (litmus("§WRITE_ONCE(*(x - 1), 1);"), "offset -8 leave `x`", ""),
    "after the location": (litmus("§WRITE_ONCE(x[1], 1);"), "offset 8 leave `x`", ""),
    "across its end": (litmus("§WRITE_ONCE(*(u64 *)((char *)x + 4), 1);"), "offset 4 leave", ""),
    "follow what was read": (litmus("u64 *p = READ_ONCE(*x);\n*p = §1;"),
                             "never holds the address of 8 bytes", "store one"),
    "follow a number": (litmus("§put_user(1, 8);"), "a number and not a pointer", "cast it"),
    "an unknown index": (litmus("u64 i = *x; u8 a[4];\na[§i] = 1;"), "depends on what was read",
                         "known before"),
    "an unknown length": (litmus("u64 n = *x;\n§memset(x, 0, n);"), "depends on what was", "known"),
    "a length of 0": (litmus("memset(x, 0, §0);"), "a length of 0 bytes", "1 to 4096"),
    "a length of -1": (litmus("memset(x, 0, §-1);"), "a length of -1 bytes", "1 to 4096"),
    "a length of 5000": (litmus("memset(x, 0, §5000);"), "a length of 5000 bytes", "1 to 4096"),
    "a copy of too much": (litmus("u64 v; copy_to_user(x, §&v, 16);"), "16 bytes at offset 0 leave"
                           " `v`, which has 8", ""),
    "assign a parameter": (litmus("§x = 1;"), "`x` is a pointer to the location already", "`*x`"),
    "assign a number": (litmus("§1 = 2;"), "not a place in memory", ""),
    "assign a cast": (litmus("(u32)§*x = 2;"), "a cast is not a place", "*(type *)&x"),
    "an atomic local": (litmus("u64 v;\n§xchg(&v, 1);"), "on a local variable", ""),
    "a local's address": (litmus("u64 v; WRITE_ONCE(*x, §&v);"), "has no value here", ""),
    "a size it has not": (litmus("§WRITE_ONCE(*x, 1);", init="u128 x;", par="u128 *x"),
                          "16 bytes does not build on arm64", "1, 2, 4, 8 bytes"),
    "an operation it has not": (litmus("§atomic64_set(x, 1);", init="u32 x;", par="u32 *x",
                                       p1="u32 r0 = *x;"),
                                "of 4 bytes does not build on arm64", "8 bytes"),
}  # fmt: skip

CONDITION = {
    "no such register": (litmus(cond="exists §1:r1=0"), "P1 has no register `r1`", "P1 has r0"),
    "nearly a register": (litmus(p1="u64 value = *x;", cond="exists §1:valu=0"),
                          "no register `valu`", "did you mean value?"),
    "no such thread": (litmus(cond="exists §2:r0=0"), "there is no thread P2", "P0 to P1"),
    "no such location": (litmus(cond="exists [§y]=0"), "`y` is not declared", ""),
    "no such address": (litmus(cond="exists §1:r0=y"), "`y` is not a location", ""),
    "shown nowhere": (litmus(cond="locations [§1:r9;] exists torn"), "no register `r9`", "r0"),
    "filter of nothing": (litmus(cond="filter §1:r9=1 exists torn"), "no register `r9`", "r0"),
    "torn by no read": (litmus(p1="u64 r0 = 1;", cond="exists torn(§1:r0)"), "not set by a read",
                        "the read operation that set"),
    "torn location": (litmus(cond="exists torn(§x)"), "`x` cannot stand here", "a number"),
    "too wide": (litmus(init="u8 x;", par="u8 *x", p1="u8 r0 = *x;", cond="exists §1:r0=256"),
                 "256 does not fit into the 1 byte", ""),
    "too negative": (litmus(init="u8 x;", par="u8 *x", p1="u8 r0 = *x;", cond="exists §1:r0=-129"),
                     "-129 does not fit", ""),
    "location too narrow": (litmus(init="u16 x;", par="u16 *x", p1="u16 r0 = *x;",
                                   cond="exists [§x]=0x10000"), "65536 does not fit", ""),
    "and in C": (litmus(cond="exists (1:r0=1 §&& x=1)"), "`&&` cannot stand here", "/\\"),
    "or in C": (litmus(cond="exists (1:r0=1 §|| x=1)"), "`||` cannot stand here", "\\/"),
    "equal in C": (litmus(cond="exists 1:r0§==1"), "`==` cannot stand here", "write ="),
    "no quantifier": (litmus(cond="§torn"), "`torn` cannot stand here", ""),
    "a misspelt quantifier": (litmus(cond="exist §torn"), "cannot stand here", "exists"),
    "a spelt-out not": (litmus(cond="§not exists torn"), "`not` cannot stand here", "~exists"),
    "a field of a number": (litmus(cond="exists x.§a=1"), "`u64` has no field `a`", "struct"),
    "a misspelt field": (struct(cond="exists x.§frist=1"), "no field `frist`", "first"),
}  # fmt: skip

EVERY = {
    f"{group}: {name}": case
    for group, table in {
        "outside": OUTSIDE, "header": HEADER, "init": INIT, "names": NAMES,
        "statements": STATEMENTS, "values": VALUES, "condition": CONDITION,
    }.items()
    for name, case in table.items()
}  # fmt: skip


@pytest.mark.parametrize(("text", "message", "hint"), EVERY.values(), ids=EVERY)
def test_says_where_what_and_what_to_do(tmp_path: Path, text: str, message: str, hint: str) -> None:
    assert text.count("§") == 1
    source, (line, column) = unmarked(text)
    problem = only_problem(tmp_path, source)
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (line, column)
