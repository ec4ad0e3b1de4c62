"""The access notation: what it says, what it becomes, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


PLACED = [
    # a notation, a size, an address in its block, and what it stands for there
    ("store 8; store 8 at end-8", 13, 0, [["8@0", "8@5"]]),
    ("store 8; store 8 at end-8", 8, 0, [["8@0", "8@0"]]),
    ("store 4 at end - 6", 8, 0, [["4@2"]]),
    ("store 8 at 0; store 8 at 0", 8, 0, [["8@0", "8@0"]]),
    ("down loop store 8,4,2,1", 15, 0, [["8@7", "4@3", "2@1", "1@0"]]),
    ("down loop load 4", 8, 0, [["4@4", "4@0"]]),
    ("align 4 loop store 4,1", 8, 0, [["4@0", "4@4"]]),
    ("align 4 loop store 4,1", 8, 1, [["1@0", "1@1", "1@2", "4@3", "1@7"]]),
    ("align 4 loop store 4,2,1", 8, 1, [["1@0", "2@1", "4@3", "1@7"]]),
    ("align 4 loop store 4,2,1", 8, 2, [["2@0", "4@2", "2@6"]]),
    ("align 4 loop store 4,2,1", 8, 3, [["1@0", "4@1", "2@5", "1@7"]]),
    ("align 8 loop store 8,4,2,1", 2, 5, [["1@0", "1@1"]]),
    ("align 8 loop store 8,4,2,1", 9, 7, [["1@0", "8@1"]]),
    ("align 8 loop store 4,1", 9, 4, [["4@0", "4@4", "1@8"]]),
    ("zero 4; store 8", 8, 0, [["s04@0", "s04@4", "8@0"]]),
    ("zero.dcbz 8; loop store 10", 20, 4, [["s08@4", "s08@12", "10@0", "10@10"]]),
    ("zero.dcbz 8; store 8", 8, 4, [["8@0"]]),
    ("merge 8", 1, 3, [["l~8@-3", "s~8@-3"]]),
    ("merge 8", 8, 0, [["l~8@0", "s~8@0"]]),
    ("merge 4", 6, 3, [["l~4@-3", "s~4@-3", "l~4@1", "s~4@1", "l~4@5", "s~4@5"]]),
    ("rmw.llsc 4 around", 1, 2, [["l~4@-2", "s~4@-2"]]),
    ("rmw.llsc 4 around", 2, 3, [["l~4@-3", "s~4@-3", "l~4@1", "s~4@1"]]),
    ("load 8 around", 2, 5, [["~8@-5"]]),
    ("rmw 4; rmw 4 at 4", 8, 0, [["l4@0", "s4@0", "l4@4", "s4@4"]]),
    ("lead 4 loop store 4,1; fence mb; align 2 loop store 2,1", 3, 1, [
        ["1@0", "1@1", "1@2", "mb", "1@0", "2@1"],
        ["2@0", "1@2", "mb", "1@0", "2@1"],
        ["1@0", "2@1", "mb", "1@0", "2@1"],
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size", "address", "expected"), PLACED)
def test_what_a_notation_stands_for_at_an_address(
    text: str, size: int, address: int, expected: list[list[str]]
) -> None:
    found, wanted = pieces(text, size, address), {tuple(one) for one in expected}
    assert {tuple(one) for one in found} == wanted
    assert len(found) == len(wanted)


MODULI = {
    "store 8": 1,
    "loop store 8,1": 1,
    "lead 8 loop store 8,1": 1,
    "bytes": 1,
    "fence mb": 1,
    "store 8 at end-8": 1,
    "down loop store 8,1": 1,
    "align 8 loop store 8,1": 8,
    "zero 32": 32,
    "merge 8": 8,
    "rmw 4 around": 4,
    "rmw 4": 1,
    "zero 64; align 16 loop store 8,1": 64,
    "align 8 loop store 8,1; merge 16": 16,
}


@pytest.mark.parametrize(("text", "modulus"), MODULI.items())
def test_the_block_within_which_an_address_decides(text: str, modulus: int) -> None:
    (alternative,) = notation.parse(text)
    assert expand.modulus(alternative) == modulus


@pytest.mark.parametrize("text", [text for text in MODULI if "fence" not in text])
@pytest.mark.parametrize("size", [8, 16, 31])
def test_beyond_that_block_an_address_makes_no_difference(text: str, size: int) -> None:
    (alternative,) = notation.parse(text)
    modulus = expand.modulus(alternative)
    if size % 8 and ("loop" not in text or "," not in text):
        size = 16
    for address in range(0, modulus, max(1, modulus // 16)):
        here, there = (expand.expand(alternative, size, address + n * modulus) for n in (0, 3))
        assert here == there


SIZED = st.sampled_from([(1,), (2, 1), (4, 2, 1), (4, 1), (8, 4, 2, 1), (8, 1), (16, 4, 1)])


@given(SIZED, st.sampled_from([1, 2, 4, 8, 16]), st.integers(1, 40), st.integers(0, 15))
def test_an_aligning_loop_covers_every_byte_once_by_aligned_pieces(
    sizes: tuple[int, ...], align: int, size: int, address: int
) -> None:
    text = f"align {align} loop store {','.join(map(str, sizes))}"
    (alternative,) = notation.parse(text)
    (parts,) = expand.expand(alternative, size, address)
    places = [(part.piece.at, part.piece.size) for part in parts if isinstance(part, expand.Part)]
    assert [b for at, n in places for b in range(at, at + n)] == [*range(size)]
    aligned = False
    for at, n in places:
        aligned = aligned or (address + at) % align == 0
        assert n in sizes
        assert aligned or (address + at) % n == 0
        if aligned and n != max(sizes):
            assert all(at + more > size for more in sizes if more > n)


@given(SIZED, st.integers(1, 40))
def test_a_loop_that_runs_down_mirrors_the_one_that_runs_up(
    sizes: tuple[int, ...], size: int
) -> None:
    text = f"loop store {','.join(map(str, sizes))}"
    (up,), (down,) = (pieces(one, size) for one in (text, f"down {text}"))

    def mirrored(piece: str) -> str:
        n, at = map(int, piece.split("@"))
        return f"{n}@{size - at - n}"

    assert [mirrored(piece) for piece in up] == down


@given(st.sampled_from([2, 4, 8]), st.integers(1, 20), st.integers(0, 15))
def test_blocks_around_an_operation_are_aligned_and_touch_it(
    block: int, size: int, address: int
) -> None:
    for text in (f"merge {block}", f"rmw {block} around"):
        (alternative,) = notation.parse(text)
        (parts,) = expand.expand(alternative, size, address)
        assert all(isinstance(part, expand.Part) and part.piece.around for part in parts)
        loads = [part.piece.at for part in parts if isinstance(part, expand.Part)][::2]
        assert all((address + at) % block == 0 for at in loads)
        assert all(at < size and at + block > 0 for at in loads)
        assert loads == sorted(set(loads))
        assert {b for at in loads for b in range(at, at + block)} >= set(range(size))


@given(st.sampled_from([4, 8, 32]), st.integers(1, 100), st.integers(0, 31))
def test_cleared_blocks_are_the_aligned_ones_inside(block: int, size: int, address: int) -> None:
    ((zero,),) = notation.parse(f"zero.dcbz {block}")
    (parts,) = expand.expand((zero,), size, address)
    found = [part.piece.at for part in parts if isinstance(part, expand.Part) and part.zeros]
    inside = (at for at in range(size - block + 1) if (address + at) % block == 0)
    assert found == [*inside]
    assert len(found) == len(parts)


def test_every_part_of_an_access_is_kept() -> None:
    ((piece,),) = notation.parse("rmw.exclusive-pair 16 by 8 at 4 acquire release atomic")
    assert piece == notation.Piece("rmw", "exclusive-pair", 16, 8, 4, "acquire release", True)
    ((wide,),) = notation.parse("rmw.llsc 4 around acquire")
    assert wide == notation.Piece("rmw", "llsc", 4, 4, 0, "acquire", around=True)
    ((last,),) = notation.parse("store 8 at end-8")
    assert last == notation.Piece("store", "gpr", 8, 8, -8)
    ((plain,),) = notation.parse("load 4")
    assert plain == notation.Piece("load", "gpr", 4, 4, 0)


STEPS: list[tuple[str, notation.Step]] = [
    ("loop store 8,4", notation.Loop("store", "gpr", (8, 4))),
    ("loop load.fpr 8", notation.Loop("load", "fpr", (8,))),
    ("lead 16 loop load 8,1", notation.Loop("load", "gpr", (8, 1), lead=16)),
    ("align 8 loop store.vector 16,8,1",
     notation.Loop("store", "vector", (16, 8, 1), align=8)),
    ("down loop store 1", notation.Loop("store", "gpr", (1,), down=True)),
    ("zero.dcbz 128", notation.Zero("dcbz", 128)), ("zero 32", notation.Zero("gpr", 32)),
    ("merge 8", notation.Merge("gpr", 8)), ("merge.ldq-u 8", notation.Merge("ldq-u", 8)),
    ("bytes", notation.Piece(None, "bytes", 0, 1, 0)), ("fence dmb.ish", Fence("dmb.ish")),
    ("load.load 4", notation.Piece("load", "load", 4, 4, 0)),
    ("rmw.atomic 4 atomic", notation.Piece("rmw", "atomic", 4, 4, 0, "", True)),
    ("store.around 4", notation.Piece("store", "around", 4, 4, 0)),
    ("store.bytes-4 4", notation.Piece("store", "bytes-4", 4, 4, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "step"), STEPS)
def test_what_a_step_says(text: str, step: notation.Step) -> None:
    assert notation.parse(text) == ((step,),)
    assert notation.parse(f"load 1;{text} |\n{text}") == (
        (notation.Piece("load", "gpr", 1, 1, 0), step), (step,),
    )  # fmt: skip


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


def test_nothing_is_an_alternative_without_steps() -> None:
    assert notation.parse("nothing") == ((),)
    assert notation.parse("nothing | fence mb") == ((), (Fence("mb"),))
    assert notation.parse("store 4; nothing") == notation.parse("store 4")


SIDES = [
    # a notation, and the accesses of the side that stores and of the side that loads
    ("store 8", "store 8", "load 8"),
    ("load 8", "store 8", "load 8"),
    ("bytes", "store 8 by bytes", "load 8 by bytes"),
    ("zero.dcbz 8; store 8", "store.dcbz 8 of zeros, store 8", "load 8"),
    ("merge 16", "load 16 around, store 16 around", "load 16 around"),
    ("rmw.llsc 8", "load.llsc 8, store.llsc 8", "load.llsc 8, store.llsc 8"),
    ("load.pair 8 by 4", "store.pair 8 by 4", "load.pair 8 by 4"),
]


@pytest.mark.parametrize(("text", "stores", "loads"), SIDES)
def test_the_other_side_of_a_copy_mirrors_the_notation(text: str, stores: str, loads: str) -> None:
    (alternative,) = notation.parse(text)
    (parts,) = expand.expand(alternative, 8)
    for reads, expected in ((False, stores), (True, loads)):
        made = expand.steps(parts, reads=reads, place=Footprint("x", 0, 8), contract=("", ""))
        assert ", ".join(map(str, made)) == expected


MALFORMED = [
    ("", 0, ""), ("stor 8", 1, "did you mean store?"), ("store", 6, ""), ("store 8 at", 11, ""),
    ("store 8;", 9, ""), ("| store 8", 1, ""), ("store 8 sideways", 9, ""), ("loop 8", 6, ""),
    ("store 8 §", 9, ""), ("zero", 5, ""), ("zero x", 6, ""), ("merge", 6, ""),
    ("align loop store 8", 7, ""), ("align 8 store 8", 9, ""), ("down store 8", 6, ""),
    ("down lead 4 loop store 4,1", 6, ""), ("store 8 at end", 12, ""), ("around 8", 1, ""),
    ("store 8 at end-", 12, ""), ("store 8 arround", 9, "around"), ("rmw 8 by", 9, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "hint"), MALFORMED)
def test_a_malformed_notation_has_a_column(text: str, column: int, hint: str) -> None:
    with pytest.raises(Diagnostic) as found:
        notation.parse(text)
    assert found.value.at is not None
    assert found.value.at[1] == column or not text
    assert hint in found.value.hint


REFUSED = [
    ("store 0", "no bytes"), ("load 8 by 3", "not made of elements of 3"), ("load 8 by 0", ""),
    ("loop store 8,0", "at least a byte"), ("lead 0 loop store 1", "leads with less than"),
    ("lead 65 loop store 1", "leads with less than"), ("align 3 loop store 1", "no aligned block"),
    ("align 0 loop store 1", "no aligned block"), ("zero 48", "no aligned block"),
    ("zero 512", "no aligned block"), ("merge 6", "no aligned block"), ("merge 0", ""),
    ("rmw 12 around", "no aligned block"), ("down lead 4 loop store 4,1", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_notation_of_sizes_that_no_access_has(text: str, message: str) -> None:
    with pytest.raises(Diagnostic) as found:
        notation.parse(text)
    assert message in found.value.message


@pytest.mark.parametrize(("text", "size"), [
    ("store 8 at end-4", 8), ("store 8; store 8 at end-8", 7), ("align 4 loop store 4,2", 7),
    ("store 8", 4), ("store 4 at 6", 8), ("loop store 8", 12), ("lead 4 loop store 4", 6),
])  # fmt: skip
def test_a_notation_that_does_not_fit_the_size(text: str, size: int) -> None:
    (parsed,) = notation.parse(text)
    with pytest.raises(Diagnostic):
        expand.expand(parsed, size)
