"""What a person and a program are told: the reasons, and the witness as a picture of bytes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from checker.check import Limits
from checker.report import json as report_json
from checker.report import text as report_text
from checker.run import Request, check_file
from checker.verdict import Execution, Verdict
from tests.inputs import ROOT, SHIPPED, litmus, verdict

STOLEN = ROOT / "litmus" / "kvm" / "stolen-time.litmus"
PLAIN = report_text.Style(colour=False)


def verdicts(path: Path, *archs: str) -> tuple[Verdict, ...]:
    found = check_file(str(path), Request(archs, Limits(timeout=20_000), states=False))
    assert found.problems == ()
    return found.verdicts


def told(*found: Verdict) -> list[str]:
    return report_text.test(found, PLAIN).split("\n")


# --- the picture ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of a picture: its label, a cell for each byte from 0 on, and what follows."""

    label: str
    cells: tuple[str, ...]
    rest: str


def picture(lines: list[str]) -> list[Line]:
    """Return the lines of the picture that a report shows, without their indentation."""
    (head,) = (n for n, line in enumerate(lines) if re.search(r"byte +\d+( +\d+)* +0$", line))
    numbers = re.findall(r"\d+", lines[head].partition("byte")[2])
    start = len(lines[head]) - 3 * len(numbers) + 1
    return [
        Line(line[:start].strip(), tuple(reversed(line[start:].split()[: len(numbers)])),
             line[start + 3 * len(numbers) :].strip())
        for line in lines[head:]
    ]  # fmt: skip


def test_stolen_time_on_x86_32_is_shown_byte_by_byte() -> None:
    head, before, *rows, last = picture(told(*verdicts(STOLEN, "x86-32")))
    assert head.cells == ("0", "1", "2", "3", "4", "5", "6", "7")
    assert (before.label, before.cells) == ("before", ("00",) * 8)
    none = (".",) * 4
    low, high = ("88", "77", "66", "55"), ("44", "33", "22", "11")
    old = ("00",) * 4
    stores = [row.cells for row in rows if row.label == "P0 store 4"]
    loads = [row.cells for row in rows if row.label == "P1 load 4"]
    assert sorted(stores) == sorted([low + none, none + high])
    assert sorted(loads) in (
        sorted([low + none, none + old]), sorted([old + none, none + high]),
    )  # fmt: skip
    assert len(rows) == 4
    assert last.label == "1:r0"
    assert last.cells in (low + old, old + high)
    assert re.search(r"torn: .*0-3.*4-7", last.rest)


def test_rows_are_oldest_first_so_that_they_can_be_replayed() -> None:
    _, before, *rows, last = picture(told(*verdicts(STOLEN, "x86-32")))
    memory, register = list(before.cells), ["."] * 8
    for row in rows:
        for byte, cell in enumerate(row.cells):
            if cell != "." and "store" in row.label:
                memory[byte] = cell
            elif cell != ".":
                assert memory[byte] == cell
                register[byte] = cell
    assert tuple(register) == last.cells


def test_each_row_names_the_operation_it_came_from() -> None:
    _, _, *rows, _ = picture(told(*verdicts(STOLEN, "x86-32")))
    assert {(row.label[:2], row.rest) for row in rows} == {
        ("P0", "kvm_put_guest"), ("P1", "READ_ONCE"),
    }  # fmt: skip


def test_a_placement_that_tears_is_named() -> None:
    (line, *_) = (
        line for line in told(verdict(litmus(init="u64 x __aligned(4);")))
        if "modulo" in line
    )  # fmt: skip
    assert re.search(r"x at 4 modulo 8", line)


def test_what_is_wide_is_cut_into_bands() -> None:
    text = litmus(
        "u8 v[64]; memset(v, 1, 64); memcpy(x, v, 64);",
        "u8 r0[64]; memcpy(r0, x, 64);",
        init="u8 x[64] __aligned(64);",
        par="u8 *x",
    )
    lines = told(verdict(text, "x86-64"))
    bands = [match[1].split() for line in lines if (match := re.search(r"byte +([\d ]+)$", line))]
    assert bands
    assert all(len(band) == 16 for band in bands)
    assert len(lines) < 200


def test_an_execution_without_a_torn_read_shows_the_values_it_ends_with() -> None:
    lines = told(verdict(litmus(cond="exists 1:r0=1 /\\ x=1")))
    assert any("1:r0=1" in line and "[x]=1" in line for line in lines[1:])


# --- lines ----------------------------------------------------------------------------------------


def test_a_line_for_each_architecture_with_its_verdict() -> None:
    found = verdicts(STOLEN)
    lines = told(*found)
    assert lines[0].startswith("kvm-stolen-time ")
    assert "~exists torn(1:r0)" in lines[0]
    for one in found:
        (line,) = (line for line in lines if line.split()[:1] == [one.arch])
        assert line.split()[1].lower() == one.answer


@pytest.mark.parametrize("arch", ["arm64", "x86-64", "riscv64"])
def test_forbidden_names_the_rules_it_rests_on_and_where_they_are_written(arch: str) -> None:
    (found,) = verdicts(STOLEN, arch)
    assert found.reasons
    text = "\n".join(told(found))
    for reason in found.reasons:
        assert reason.rule in text
        assert reason.cite in text
        assert reason.says in text


def test_fragile_names_what_saves_it_and_shows_what_would_not() -> None:
    found = verdict(litmus("u64 v = 0x1122334455667788; __copy_to_user(x, &v, 8);"))
    assert found.answer == "fragile"
    lines = told(found)
    assert "arm64.aligned-gpr" in "\n".join(lines)
    assert "torn" in picture(lines)[-1].rest


def test_a_rule_of_practice_is_marked_as_one() -> None:
    found = next(
        one for path in SHIPPED for one in verdicts(path)
        if any(reason.evidence == "practice" for reason in one.reasons)
    )  # fmt: skip
    assert found.answer == "fragile"
    assert "practice" in "\n".join(told(found))


def test_unknown_names_the_limit_and_the_option_that_raises_it() -> None:
    loop = "u64 r0; u64 n = 0; do { r0 = READ_ONCE(*x); n++; } while (r0 == 0);"
    lines = told(verdict(litmus(p1=loop, cond="~exists 1:r0=2")))
    assert "forbidden up to 2 rounds" in lines[1]
    assert "--unroll" in lines[2]


@pytest.mark.parametrize(("text", "marked"), [
    (litmus(), False),
    (litmus(head="Expect = arm64: forbidden"), False),
    (litmus(head="Expect = arm64: allowed"), True),
    (litmus(init="u64 x __aligned(4);"), True),
    (litmus(init="u64 x __aligned(4);", cond="exists torn"), False),
])  # fmt: skip
def test_what_is_not_as_wanted_is_marked(text: str, marked: bool) -> None:
    found = verdict(text)
    assert (found.ok is False) is marked
    line = told(found)[1]
    assert bool(re.search(r"expected|fails", line)) is marked


def test_an_override_that_does_not_meet_its_contract_is_reported() -> None:
    halves = litmus(
        "put_user_atomic(1, x);",
        init="u64 x __aligned(8);",
        head="Override = x86-32: put_user_atomic 8 = store 4; store 4 at 4",
    )
    found = verdict(halves, "x86-32")
    assert any("contract" in note for note in found.notes)
    assert any("contract" in line for line in told(found))
    locked = halves.replace("store 4; store 4 at 4", "rmw.locked 8")
    assert not any("contract" in note for note in verdict(locked, "x86-32").notes)


def test_the_closing_line_counts_tests_and_results() -> None:
    found = [*verdicts(STOLEN), verdict(litmus(head="Expect = arm64: allowed"))]
    line = report_text.summary(found, [], PLAIN)
    assert line.startswith("2 tests, 6 results: ")
    assert "4 forbidden" in line
    assert "2 allowed" in line
    assert "1 not as wanted" in line
    assert "all as wanted" in report_text.summary(found[:5], [], PLAIN)


# --- witnesses ------------------------------------------------------------------------------------


def is_consistent(witness: Execution) -> bool:
    """Whether every byte that was read has the value that its source wrote."""
    before = dict(witness.before)
    written = {
        (row.operation, row.location, byte.offset): byte.value
        for row in witness.rows if not row.reads for byte in row.bytes
    }  # fmt: skip
    seen = [(row.location, byte) for row in witness.rows if row.reads for byte in row.bytes]
    seen += [(torn.location, byte) for torn in witness.torn for byte in torn.bytes]
    return all(
        byte.value == (
            before[location][byte.offset] if byte.source is None
            else written[byte.source, location, byte.offset]
        )
        for location, byte in seen
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", [path for path in SHIPPED if path.parent.name in ("kvm", "x86-32")],
    ids=lambda path: path.stem,
)  # fmt: skip
def test_a_witness_reads_what_was_written(path: Path) -> None:
    for found in verdicts(path):
        witness = found.witness
        assert (witness is None) is (found.answer == "forbidden")
        if witness is not None:
            assert is_consistent(witness)
            threads = {row.thread for row in witness.rows}
            assert threads <= {thread for _, thread in witness.threads}
            if "torn" in found.condition:
                assert all(len({b.source for b in one.bytes}) > 1 for one in witness.torn)


def test_json_has_the_witness_that_the_picture_has() -> None:
    (found,) = verdicts(STOLEN, "x86-32")
    document = json.loads(report_json.render([found], []))
    (result,) = document["results"]
    witness = result["witness"]
    assert found.witness is not None
    assert [
        (row["thread"], row["kind"], row["access"], [b["value"] for b in row["bytes"]])
        for row in witness["rows"]
    ] == [
        (row.thread, "load" if row.reads else "store", row.access, [b.value for b in row.bytes])
        for row in found.witness.rows
    ]
    assert [torn["read"] for torn in witness["torn"]] == ["1:r0"]
    assert result["placements"] == [0]
    assert document["errors"] == []


def test_large_numbers_are_shown_in_hexadecimal() -> None:
    found = told(verdict(litmus("WRITE_ONCE(*x, 0x11223344);", cond="exists 1:r0=287454020")))
    assert found[0].endswith("exists 1:r0=0x11223344")
    assert found[-1].strip() == "1:r0=0x11223344"
    assert "1:r0=4095" in told(verdict(litmus(cond="exists 1:r0=4095")))[0]


@pytest.mark.parametrize(("struct", "noted"), [
    ("struct s { u32 a; u64 b; }", True), ("struct s { u32 a; u64 b; } __packed", False),
    ("struct s { u32 a; u64 b __aligned(8); }", False), ("struct s { u32 a; u32 b; }", False),
])  # fmt: skip
def test_a_struct_that_threads_lay_out_differently_is_noted(struct: str, noted: bool) -> None:
    text = litmus(
        "WRITE_ONCE(x->b, 1);", "u64 r0 = x->b;", init=f"{struct}; struct s x;",
        par="struct s *x", cond="exists true", head="", guest=" __arch(x86-32)",
    )  # fmt: skip
    found = any("struct s: `b` is at byte" in note for note in verdict(text, "x86-64").notes)
    assert found is noted
