"""Which lowering holds: by operation, size, architecture, kernel, what is known, and layer."""

from __future__ import annotations

import pytest

from checker.arch import target
from checker.diagnostic import Diagnostic
from checker.language import parse
from checker.litmus import Override
from checker.lowering import programs, select
from checker.program import Layer
from tests.inputs import drawn, litmus, verdict
from tests.paper import ARCH, Data

TABLE = """
[paper64.put_user]
source = "a book"
[paper64.put_user.contract]
1 = "store 1"
"2..4" = "loop store 2,1"
"8 if align 16" = "store 8 acquire"
"8 if wide and copy" = "store 8 release"
"8 if wide" = "store 8 atomic"
8 = "store 8"
"12 if not wide" = "loop store 4"
"16.." = "bytes"

[paper64.kvm_put_guest]
source = "the code"
code = { 8 = "store 4; store 4 at 4" }

[paper64.READ_ONCE]
source = "a book"
contract = "bytes"
code_source = "a compiler"
code = "load 8"

[paper64.WRITE_ONCE]
source = "today"
contract = { 4 = "store 4" }
code = { 4 = "store 2; store 2 at 2" }
fault = "retry"
before."5.7" = { source = "long ago", code = { 4 = "bytes" }, contract = { 4 = "store 2 | bytes" } }
before."6.4" = { source = "yesterday", code = { 4 = "loop store 1" }, fault = "first-byte" }
since."6.14" = { source = "tomorrow", code = { 4 = "store 4" } }
since."6.16" = { code = { 4 = "store 4 release" } }

[paper64.memcpy]
source = "a book"
[paper64.memcpy.code]
"8 if constant" = "load 8"
"8 if align 8 and source 4" = "loop load 4"
"8 if source 8" = "loop load 2"
"*" = "bytes"
"""


@pytest.fixture
def table(data: Data) -> None:
    """Have lowerings of an architecture of their own."""
    data({"paper/arch.toml": ARCH, "paper/lowering.toml": TABLE})


def chosen(
    operation: str, size: int, arch: str = "paper64", known: select.Known = select.NOTHING,
    layer: Layer = "contract", overrides: tuple[Override, ...] = (),
) -> tuple[str, str] | None:  # fmt: skip
    """Return the notation that holds, and its source."""
    found = select.select(operation, size, target(arch), layer, known, overrides)
    return (found.text, found.source) if found else None


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("size", "arch", "align", "text"), [
    (1, "paper64", 1, "store 1"),
    (2, "paper64", 1, "loop store 2,1"), (4, "paper64", 1, "loop store 2,1"),
    (5, "paper64", 1, None),
    (8, "paper64", 8, "store 8"), (8, "paper64", 16, "store 8 acquire"),
    (8, "paper64", 32, "store 8 acquire"), (8, "paper64+wide", 32, "store 8 acquire"),
    (8, "paper64+wide", 8, "store 8 atomic"), (8, "paper64+copy", 8, "store 8 release"),
    (8, "paper64+big", 8, "store 8"),
    (12, "paper64", 1, "loop store 4"), (12, "paper64+wide", 1, None),
    (15, "paper64", 1, None), (16, "paper64", 1, "bytes"), (4096, "paper64", 1, "bytes"),
])  # fmt: skip
def test_the_first_entry_that_fits_holds(
    size: int, arch: str, align: int, text: str | None
) -> None:
    found = chosen("put_user", size, arch, select.Known(align=align))
    assert found == (text and (text, "a book"))


@pytest.mark.usefixtures("table")
def test_an_operation_without_its_own_lowering_has_that_of_the_one_it_is_like() -> None:
    assert chosen("unsafe_put_user", 8) == ("store 8", "a book")
    assert chosen("kvm_put_guest", 8) == ("store 8", "a book")
    assert chosen("kvm_put_guest", 8, layer="code") == ("store 4; store 4 at 4", "the code")
    # two steps: kvm_put_guest_atomic is like put_user_atomic, which is like put_user
    assert chosen("kvm_put_guest_atomic", 8, layer="code") == ("store 8", "a book")
    assert chosen("xchg", 8) is None


@pytest.mark.usefixtures("table")
def test_code_that_is_not_written_down_is_what_the_contract_says() -> None:
    assert chosen("put_user", 8, layer="code") == ("store 8", "a book")
    assert chosen("READ_ONCE", 8, layer="code") == ("load 8", "a compiler")
    assert chosen("READ_ONCE", 8, layer="contract") == ("bytes", "a book")


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("known", "text"), [
    (select.NOTHING, "bytes"),
    (select.Known(align=8), "bytes"), (select.Known(source=4), "bytes"),
    (select.Known(align=8, source=4), "loop load 4"),
    (select.Known(align=8, source=8), "loop load 4"),
    (select.Known(align=16, source=32), "loop load 4"),
    (select.Known(align=4, source=8), "loop load 2"),
    (select.Known(constant=True), "load 8"),
    (select.Known(align=8, source=8, constant=True), "load 8"),
])  # fmt: skip
def test_what_is_known_of_a_call_decides(known: select.Known, text: str) -> None:
    assert chosen("memcpy", 8, known=known, layer="code") == (text, "a book")


# --- kernels --------------------------------------------------------------------------------------

KERNELS = [
    # kernel: text and source of the code, then of the contract, and what a fault does
    ("5.3", ("bytes", "long ago"), ("store 2 | bytes", "long ago"), "retry"),
    ("5.6", ("bytes", "long ago"), ("store 2 | bytes", "long ago"), "retry"),
    ("5.7", ("loop store 1", "yesterday"), ("store 4", "yesterday"), "first-byte"),
    ("6.3", ("loop store 1", "yesterday"), ("store 4", "yesterday"), "first-byte"),
    ("6.4", ("store 2; store 2 at 2", "today"), ("store 4", "today"), "retry"),
    ("6.12", ("store 2; store 2 at 2", "today"), ("store 4", "today"), "retry"),
    ("6.13", ("store 2; store 2 at 2", "today"), ("store 4", "today"), "retry"),
    ("6.14", ("store 4", "tomorrow"), ("store 4", "tomorrow"), "retry"),
    ("6.15", ("store 4", "tomorrow"), ("store 4", "tomorrow"), "retry"),
    ("6.16", ("store 4 release", "today"), ("store 4", "today"), "retry"),
]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("kernel", "code", "contract", "fault"), KERNELS)
def test_the_nearest_bound_says_what_a_kernel_does(
    kernel: str, code: tuple[str, str], contract: tuple[str, str], fault: str
) -> None:
    assert chosen("WRITE_ONCE", 4, f"paper64@{kernel}", layer="code") == code
    assert chosen("WRITE_ONCE", 4, f"paper64@{kernel}") == contract
    found = select.select("WRITE_ONCE", 4, target(f"paper64@{kernel}"), "code", select.NOTHING)
    assert found is not None
    assert found.fault == fault


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("operation", "kernel", "exact"), [
    ("WRITE_ONCE", "6.12", True), ("READ_ONCE", "6.12", True),
    ("WRITE_ONCE", "5.3", True), ("WRITE_ONCE", "6.3", True), ("WRITE_ONCE", "6.16", True),
    ("WRITE_ONCE", "6.4", False), ("WRITE_ONCE", "6.13", False),
    ("READ_ONCE", "6.4", False), ("READ_ONCE", "5.3", False),
])  # fmt: skip
def test_a_lowering_is_exact_where_it_is_recorded_for_the_kernel(
    operation: str, kernel: str, exact: bool
) -> None:
    found = select.select(operation, 4, target(f"paper64@{kernel}"), "contract", select.NOTHING)
    assert found is not None
    assert found.exact is exact


# --- overrides ------------------------------------------------------------------------------------


def override(operation: str, code: str, arch: str = "paper64", size: int = 8) -> Override:
    return Override(arch, operation, size, code, (1, 1), (1, 1))


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("overrides", "arch", "layer", "text"), [
    ([override("put_user", "store 4; store 4 at 4")], "paper64", "code", "store 4; store 4 at 4"),
    ([override("put_user", "bytes")], "paper64", "contract", "store 8"),
    ([override("put_user", "bytes", size=4)], "paper64", "code", "store 8"),
    ([override("put_user", "bytes", arch="paper64+wide")], "paper64", "code", "store 8"),
    ([override("put_user", "bytes", arch="paper64+wide")], "paper64+wide", "code", "bytes"),
    ([override("put_user", "bytes")], "paper64+wide", "code", "bytes"),
    ([override("put_user", "bytes", arch="paper32")], "paper64", "code", "store 8"),
    ([override("unsafe_put_user", "bytes"), override("put_user", "store 8 release")],
     "paper64", "code", "bytes"),
    ([override("put_user", "store 8 release"), override("put_user", "bytes")],
     "paper64", "code", "store 8 release"),
])  # fmt: skip
def test_an_override_holds_for_today_s_code_of_its_architecture_and_size(
    overrides: list[Override], arch: str, layer: Layer, text: str
) -> None:
    found = chosen("unsafe_put_user", 8, arch, layer=layer, overrides=tuple(overrides))
    assert found is not None
    assert found[0] == text


def test_an_override_that_no_one_can_read_is_pointed_at() -> None:
    head = "Arch = arm64\nOverride = arm64: put_user 8 = store 4; §stor 4 at 4"
    column = head.split("\n")[1].index("§") + 1
    with pytest.raises(Diagnostic) as found:
        verdict(litmus("put_user(1, x);", head=head.replace("§", "")))
    assert found.value.at == (3, column)
    assert "`stor`" in found.value.message


REFUSED = [
    ("put_user", "put_user(1, x);", "store 4", "does not cover its 8 bytes"),
    ("put_user", "put_user(1, x);", "store 4; store 4", "does not cover its 8 bytes"),
    ("put_user", "put_user(1, x);", "fence mb", "does not cover its 8 bytes"),
    ("xchg", "xchg(x, 1);", "store 8", "is no read-modify-write"),
    ("put_user", "put_user(1, x);", "store.gprs 8", "no instruction class `gprs`"),
    ("put_user", "put_user(1, x);", "store 8 at end-4", "4 leave an operation of 8 bytes"),
    ("put_user", "put_user(1, x);", "load 8", "is a load"),
    ("put_user", "put_user(1, x);", "zero 8", "does not cover its 8 bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "p0", "code", "message"), REFUSED)
def test_an_override_that_does_not_do_what_its_operation_does(
    operation: str, p0: str, code: str, message: str
) -> None:
    text = litmus(p0, head=f"Override = arm64: {operation} 8 = {code}")
    with pytest.raises(Diagnostic) as found:
        verdict(text)
    assert message in found.value.message
    assert found.value.at is not None


def test_a_store_around_its_operation_that_has_nothing_to_put_back_is_refused() -> None:
    head = "Override = arm64: put_user 1 = store 8 around"
    with pytest.raises(Diagnostic) as found:
        verdict(litmus("put_user(1, (u8 *)x);", head=head))
    assert found.value.at is not None


def test_every_combination_of_alternatives_is_a_program() -> None:
    text = litmus("u64 v = 1; memcpy(x, &v, 8);", "u64 r0; memcpy(&r0, x, 8);")
    test, arch = parse(text), target("x86-64")
    sketch = drawn(text, "x86-64")
    found = list(programs(test, sketch, arch, "code"))
    options = [{p.operations[n].steps for p in found} for n in range(2)]
    assert len(found) == len(options[0]) * len(options[1]) > 1
    assert len({(p.operations[0].steps, p.operations[1].steps) for p in found}) == len(found)
