"""The access notation: what it says, what it becomes, and what it refuses."""

from __future__ import annotations

import pytest

from checker.diagnostic import Diagnostic
from checker.lowering import expand, notation
from checker.program import Access, Fence, Footprint


def short(part: expand.Part | Fence) -> str:
    """Return a part in a short form: what it does where it is not as asked, size and place."""
    if isinstance(part, Fence):
        return part.name
    kind = "" if part.kind == "as asked" else part.kind[0]
    marks = "~" * part.piece.around + "0" * part.zeros
    return f"{kind}{marks}{part.piece.size}@{part.piece.at}"


def pieces(text: str, size: int, address: int = 0) -> list[list[str]]:
    """Return the accesses of every alternative, in a short form."""
    return [
        [short(part) for part in parts]
        for alternative in notation.parse(text)
        for parts in expand.expand(alternative, size, address)
    ]


EXPANDED = [
    ("store 8", 8, [["8@0"]]),
    ("store 4 at 4; store 4", 8, [["4@4", "4@0"]]),
    ("store 8 | store 4; store 4 at 4", 8, [["8@0"], ["4@0", "4@4"]]),
    ("bytes", 3, [["3@0"]]),
    ("fence dmb.ish; load 4", 4, [["dmb.ish", "4@0"]]),
    ("loop store 8,4,2,1", 15, [["8@0", "4@8", "2@12", "1@14"]]),
    ("loop store 8,1", 18, [["8@0", "8@8", "1@16", "1@17"]]),
    ("loop store 8", 24, [["8@0", "8@8", "8@16"]]),
    ("lead 4 loop store 4,2,1", 4, [["4@0"], ["1@0", "2@1", "1@3"], ["2@0", "2@2"],
                                    ["1@0", "2@1", "1@3"]]),
    ("lead 2 loop store 2,1", 5, [["2@0", "2@2", "1@4"], ["1@0", "2@1", "2@3"]]),
    ("lead 8 loop store 4,1", 2, [["1@0", "1@1"], ["1@0", "1@1"], ["2@0"]]),
    ("fence mb; loop store 1 | loop store 2,1", 2, [["mb", "1@0", "1@1"], ["2@0"]]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size", "expected"), EXPANDED)
def test_what_a_notation_stands_for(text: str, size: int, expected: list[list[str]]) -> None:
    found, wanted = pieces(text, size), {tuple(one) for one in expected}
    assert {tuple(one) for one in found} == wanted
    assert len(found) == len(wanted)


def test_every_part_of_an_access_is_kept() -> None:
    ((piece,),) = notation.parse("rmw.exclusive-pair 16 by 8 at 4 acquire release atomic")
    assert piece == notation.Piece("rmw", "exclusive-pair", 16, 8, 4, "acquire release", True)
    ((plain,),) = notation.parse("load 4")
    assert plain == notation.Piece("load", "gpr", 4, 4, 0)


def test_the_steps_of_an_operation_follow_its_place() -> None:
    (parsed,) = notation.parse("fence mb; load.pair 8 by 4 at 8 acquire atomic")
    (expanded,) = expand.expand(parsed, 16)
    fence, access = expand.steps(
        expanded, reads=True, place=Footprint("x", 3, 16), contract=("o.contract", "a book")
    )
    assert fence == Fence("mb")
    assert access == Access("load", "pair", Footprint("x", 11, 8), 4, 8, "acquire", "o.contract",
                            "a book")  # fmt: skip


def test_a_read_modify_write_is_a_load_and_a_store_of_the_same_bytes() -> None:
    (parsed,) = notation.parse("rmw.locked 8")
    (expanded,) = expand.expand(parsed, 8)
    made = expand.steps(expanded, reads=False, place=Footprint("x", 0, 8), contract=("", ""))
    assert [(s.kind, s.atomic) for s in made if isinstance(s, Access)] == [
        ("load", True), ("store", True),
    ]  # fmt: skip


MALFORMED = [
    ("", 0, ""), ("stor 8", 1, "did you mean store?"), ("store", 6, ""), ("store 8 at", 11, ""),
    ("store 8;", 9, ""), ("| store 8", 1, ""), ("store 8 sideways", 9, ""), ("loop 8", 6, ""),
    ("store 8 §", 9, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "hint"), MALFORMED)
def test_a_malformed_notation_has_a_column(text: str, column: int, hint: str) -> None:
    with pytest.raises(Diagnostic) as found:
        notation.parse(text)
    assert found.value.at is not None
    assert found.value.at[1] == column or not text
    assert hint in found.value.hint


@pytest.mark.parametrize(("text", "size"), [
    ("store 8", 4), ("store 4 at 6", 8), ("loop store 8", 12), ("lead 4 loop store 4", 6),
])  # fmt: skip
def test_a_notation_that_does_not_fit_the_size(text: str, size: int) -> None:
    (parsed,) = notation.parse(text)
    with pytest.raises(Diagnostic):
        expand.expand(parsed, size)
