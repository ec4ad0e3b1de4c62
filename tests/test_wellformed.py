"""Data that is not well formed is refused with file, line, key and hint."""

from __future__ import annotations

import pytest

from checker import arch as archs
from checker.arch import folders
from checker.diagnostic import Diagnostic
from checker.lowering import wellformed as lowerings
from tests.paper import ARCH, LOWERING, Data, entry

AXIOM = entry("axiom", kind='"multi-copy-atomic"')
FEATURE = "\n[arch.paper64.features.more]\n"

BROKEN = [
    # what is added to a well-formed file, the text at which the line is, the message, the hint
    ("colour = 1\n", "colour =", "has an unknown key `colour`", "it may have family, title"),
    ('[[rules]]\nid = "a"\n', "[[rules]]", "has an unknown key `rules`", "did you mean rule?"),
    ("fault = 1\n", "fault =", "fault is 1", "tables in double brackets"),
    # rules
    (entry("rule", typo="1"), "typo =", "[rule paper.more] has an unknown key `typo`",
     "it may have id, arch"),
    (entry("rule", unit='"whole"', alingn="8"), "alingn =", "unknown key `alingn`",
     "did you mean align?"),
    (entry("rule"), "[[rule]]", "[rule paper.more] lacks `unit`", '"whole", "element"'),
    (entry("rule", unit='"whole"', source=""), "[[rule]]", "lacks `source`", "a text"),
    (entry("rule", unit='"whole"', source='" "'), "source =", 'source is " "', "a text"),
    (entry("rule", unit='"whole"', says="[]"), "says =", "says is []", "a text"),
    (entry("rule", unit='"whole"', id=""), "[[rule]]", "lacks `id`", "a text"),
    (entry("rule", unit='"half"'), "unit =", 'unit is "half"', '"whole", "element"'),
    (entry("rule", unit="0"), "unit =", "unit is 0", "a number of bytes"),
    (entry("rule", unit="true"), "unit =", "unit is true", "a number of bytes"),
    (entry("rule", unit='"whole"', evidence='"hearsay"'), "evidence =", 'evidence is "hearsay"',
     "manual or practice or unconfirmed"),
    (entry("rule", unit='"whole"', arch='["paper46"]'), "arch =",
     "the family has no architecture `paper46`", "did you mean paper64"),
    (entry("rule", unit='"whole"', arch='"paper64"'), "arch =", 'arch is "paper64"', "a list"),
    (entry("rule", unit='"whole"', needs='["wise"]'), "needs =",
     "paper64 has no feature `wise`", "did you mean wide?"),
    (entry("rule", unit='"whole"', lacks='["q"]'), "lacks =", "paper64 has no feature `q`",
     "known are wide, copy, big, modern"),
    (entry("rule", unit='"whole"', arch='["paper32"]', needs='["wide"]'), "needs =",
     "paper32 has no feature `wide`", "known are none"),
    (entry("rule", unit='"whole"', align="3"), "align =", "align is 3", "a power of two"),
    (entry("rule", unit='"whole"', align='"word"'), "align =", 'align is "word"', '"size"'),
    (entry("rule", unit='"whole"', within="48"), "within =", "within is 48", "a power of two"),
    (entry("rule", unit='"whole"', size="[0]"), "size =", "size is [0]", "a list of sizes"),
    (entry("rule", unit='"whole"', size="[]"), "size =", "size is []", "a list of sizes"),
    (entry("rule", unit='"whole"', size="8"), "size =", "size is 8", "as in [4, 8]"),
    (entry("rule", unit='"whole"', element='["4"]'), "element =", 'element is ["4"]', "sizes"),
    (entry("rule", unit='"whole"', memory='["cold"]'), "memory =", 'memory is ["cold"]',
     "normal, write-through, uncached"),
    (entry("rule", unit='"whole"', rmw='"yes"'), "rmw =", 'rmw is "yes"', "true or false"),
    # faults and axioms
    (entry("fault", align='"size"'), "[[fault]]", "[fault paper.more] lacks `handler`", '"stops"'),
    (entry("fault", handler='"stops"'), "[[fault]]", "lacks `align`", '"size", "element"'),
    (entry("fault", align='"size"', handler='"panics"'), "handler =", 'handler is "panics"',
     '"stops" or "emulates"'),
    (entry("fault", align='"size"', handler='"stops"', unit='"whole"'), "unit =",
     "unknown key `unit`", ""),
    (entry("axiom"), "[[axiom]]", "[axiom paper.more] lacks `kind`", "multi-copy-atomic"),
    (AXIOM.replace("multi-copy-atomic", "luck"), "kind =", 'kind is "luck"', "multi-copy-atomic"),
    # memory types, architectures and features
    ('[memory.lukewarm]\nsays = "s"\nsource = "b"\n', "[memory.lukewarm]",
     "there is no memory type `lukewarm`", "write-through"),
    ('[memory.uncacheed]\nsays = "s"\nsource = "b"\n', "[memory.uncacheed]",
     "no memory type `uncacheed`", "did you mean uncached?"),
    ('[memory.device]\nsays = "s"\n', "[memory.device]", "[memory.device] lacks `source`", "text"),
    ('[arch.paper16]\ntitle = "t"\nword = 2\n', "word =", "[arch.paper16] word is 2", "4 or 8"),
    ('[arch.paper16]\ntitle = "t"\nword = 4\nendian = "little"\n', "[arch.paper16]",
     "[arch.paper16] lacks `source`", "a text"),
    ('[arch.paper16]\nendian = "middle"\n', "endian =", 'endian is "middle"', '"little" or "big"'),
    ('[arch.paper16]\nalign = { 8 = 3 }\n', "align =", "align is", "as in { 8 = 4 }"),
    (f'{FEATURE}says = "s"\n', "[arch.paper64.features.more]", "lacks `source`", "a text"),
    (f'{FEATURE}says = "s"\nsource = "b"\nimplies = ["hide"]\n', "implies =",
     "paper64 has no feature `hide`", "did you mean wide?"),
    (f'{FEATURE}says = "s"\nsource = "b"\nexcludes = ["x"]\n', "excludes =",
     "paper64 has no feature `x`", "known are"),
    (f'{FEATURE}says = "s"\nsource = "b"\nsince = 6.10\n', "since =", "since is 6.1",
     'as in "6.12"'),
    (f'{FEATURE}says = "s"\nsource = "b"\nsince = "six"\n', "since =", 'since is "six"', "6.12"),
    ("[arch.paper64.guest]\npaper46 = []\n", "[arch.paper64.guest]",
     "the family has no architecture `paper46`", "did you mean paper64"),
    ('[arch.paper64.guest]\npaper32 = ["soft"]\n', "paper32 =",
     "paper64 has no feature `soft`", "known are"),
]  # fmt: skip


@pytest.mark.parametrize(("added", "at", "message", "hint"), BROKEN)
def test_what_is_wrong_is_named_at_its_line(
    data: Data, added: str, at: str, message: str, hint: str
) -> None:
    before = added if not added.lstrip().startswith("[") else ""
    text = before + ARCH + ("" if before else added)
    base = data({"paper/arch.toml": text})
    with pytest.raises(Diagnostic) as found:
        archs.family("paper")
    problem = found.value
    assert message in problem.message
    assert hint in problem.hint
    assert problem.file == str(base / "paper" / "arch.toml")
    assert problem.at is not None
    line, column = problem.at
    assert text.splitlines()[line - 1].startswith(at)
    assert column == 1
    whole = text.index(added.strip())
    assert line > text[:whole].count("\n"), "it is not in what was added"


@pytest.mark.parametrize(("removed", "message"), [
    ('family = "paper"\n', "lacks `family`"), ('title = "Paper"\n', "lacks `title`"),
])  # fmt: skip
def test_a_file_that_lacks_what_it_must_have(data: Data, removed: str, message: str) -> None:
    data({"paper/arch.toml": ARCH.replace(removed, "", 1)})
    with pytest.raises(Diagnostic) as found:
        archs.family("paper")
    assert message in found.value.message


@pytest.mark.parametrize("text", ["", "family = ", "\0", "[arch", 'family = "a"\nfamily = "b"\n'])
def test_a_file_that_is_no_toml_or_says_nothing(data: Data, text: str) -> None:
    base = data({"paper/arch.toml": text})
    with pytest.raises(Diagnostic) as found:
        archs.family("paper")
    assert found.value.file == str(base / "paper" / "arch.toml")


ODD = [
    "rule = [1]\n", "arch = 3\n", "memory = 3\n", 'family = "paper"\narch.paper64 = 3\n',
    '[arch.paper64]\nfeatures = 3\n', '[arch.paper64]\nguest = 3\n', "[[rule]]\n",
    '[[rule]]\nid = 3\narch = ["paper64"]\n', '[arch.paper64.features]\nx = 3\n',
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_a_file_of_another_shape_altogether_is_refused_too(data: Data, text: str) -> None:
    data({"paper/arch.toml": text})
    with pytest.raises(Diagnostic):
        archs.family("paper")


def test_a_well_formed_file_is_not_complained_about(data: Data) -> None:
    data({"paper/arch.toml": ARCH + AXIOM.replace("paper.more", "paper.other")})
    one, two = archs.family("paper")
    assert (one.name, two.name) == ("paper64", "paper32")
    assert [rule.id for rule in one.rules] == ["paper.aligned"]


# --- lowerings ------------------------------------------------------------------------------------

PUT = '[paper64.put_user]\nsource = "a book"\n'

LOWERINGS = [
    # a file, the text at which the line is, the message, the hint
    ('[paper64.put_user]\ncontract = { 8 = "store 8" }\n', "contract =", "lacks `source`", ""),
    ('[paper64.put_user]\nsource = 3\ncontract = "bytes"\n', "source =", "source is 3", "a text"),
    (f'{PUT}contract = {{ 8 = "stor 8" }}\n', "contract =", "`stor`", "did you mean store?"),
    (f'{PUT}[paper64.put_user.code]\n4 = "store 4"\n8 = "store 16"\n', "8 =", "leave", ""),
    (f'{PUT}contract = {{ eight = "store 8" }}\n', "contract =", "`eight` is not a size", "1..7"),
    (f'{PUT}contract = {{ 8 = "store.pair 8" }}\n', "contract =", "no instruction class `pair`",
     ""),
    (f'{PUT}contract = {{ "8 if wise" = "store 8" }}\n', "contract =", "`wise` is no condition",
     "did you mean wide?"),
    (f'{PUT}contract = {{ "8 if not wise" = "store 8" }}\n', "contract =",
     "`not wise` is no condition", "did you mean wide?"),
    (f'{PUT}contract = {{ "8 if align x" = "store 8" }}\n', "contract =", "is no condition", ""),
    (f'{PUT}contract = {{ "*" = "bytes", 8 = "store 8" }}\n', "contract =", "`8` never holds",
     "`*` before it"),
    (f"{PUT}contract = 8\n", "contract =", "contract is 8", "a notation"),
    (f"{PUT}contract = {{ 8 = 8 }}\n", "contract =", "is 8", "a notation"),
    (f"{PUT}contract = {{}}\n", "contract =", "contract is {}", "a notation"),
    (f'{PUT}contrakt = {{ 8 = "store 8" }}\n', "contrakt =", "unknown key `contrakt`", "contract"),
    (f'{PUT}fault = "panic"\ncontract = "bytes"\n', "fault =", "fault is `panic`", "stop or"),
    (f'{PUT}contract = "bytes"\nbefore.six = {{ code = "bytes" }}\n', "", "`six` is not a kernel",
     ""),
    (f'{PUT}contract = "bytes"\nbefore."6.4" = 3\n', "", "is not a table", ""),
    (f'{PUT}contract = "bytes"\nbefore."6.4" = {{ since = {{}} }}\n', "",
     "unknown key `since`", ""),
    (f'{PUT}contract = "bytes"\nbefore."6.4" = {{ code = "bytes" }}\n', "", "lacks `source`", ""),
    ('[paper64.put_usr]\nsource = "b"\ncontract = "bytes"\n', "[paper64.put_usr]",
     "`put_usr` is not an operation", "did you mean put_user"),
    ('[paper46.put_user]\nsource = "b"\ncontract = "bytes"\n', "[paper46.put_user]",
     "the family has no architecture `paper46`", "did you mean paper64"),
    ("[paper64]\nput_user = 3\n", "", "is not a table", ""),
    ("paper64 = 3\n", "", "", ""),
    ("[paper64", "", "not TOML", ""),
    (f'{PUT}contract = {{ 8 = "zero 8" }}\n', "contract =", "does not cover", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "message", "hint"), LOWERINGS)
def test_what_is_wrong_in_a_lowering_is_named_at_its_line(
    data: Data, text: str, at: str, message: str, hint: str
) -> None:
    base = data({"paper/arch.toml": ARCH, "paper/lowering.toml": text})
    with pytest.raises(Diagnostic) as found:
        lowerings.check_family("paper")
    problem = found.value
    assert message in problem.message
    assert hint in problem.hint
    assert problem.file == str(base / "paper" / "lowering.toml")
    if at:
        assert problem.at is not None
        assert text.splitlines()[problem.at[0] - 1].startswith(at)


def test_folders_that_are_refused_leave_what_was_chosen(data: Data) -> None:
    good = data({"paper/arch.toml": ARCH, "paper/lowering.toml": LOWERING})
    bad = good.parent / "bad"
    (bad / "paper").mkdir(parents=True)
    (bad / "paper" / "lowering.toml").write_text(LOWERING.replace("store 8", "stor 8"))
    with pytest.raises(Diagnostic):
        lowerings.use((str(good), str(bad)))
    assert folders.chosen() == (str(good),)
    lowerings.use((str(good),))
