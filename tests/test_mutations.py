"""Damaged tests: whatever a text has become, the answer is a verdict or a diagnostic."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from checker.check import Limits, check, targets
from checker.diagnostic import Diagnostic
from checker.language import parse
from tests.examples import drawn
from tests.inputs import SHIPPED

LIMITS = Limits(timeout=1_000)
TOKEN = re.compile(r"\w+|\s+|->|/\\|\\/|[^\w\s]")
TEXTS = [path.read_text("utf-8") for path in SHIPPED]
WORDS = sorted({token for text in TEXTS for token in TOKEN.findall(text)})
SPICE = [*WORDS, *"{}()[]<>=~!&*+-/;:,.#'\"\\\0é", "(*", "*)", "/*", "0", "-1", str(2**130), "08"]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Draw a shipped test with some of its tokens deleted, doubled, swapped, replaced or added."""
    tokens = TOKEN.findall(draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["delete", "double", "swap", "replace", "add", "cut"])):
            case "delete":
                del tokens[at]
            case "double":
                tokens.insert(at, tokens[at])
            case "swap":
                other = draw(st.integers(0, len(tokens) - 1))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case "replace":
                tokens[at] = draw(st.sampled_from(SPICE))
            case "add":
                tokens.insert(at, draw(st.sampled_from(SPICE)))
            case "cut":
                tokens = tokens[: at + 1]
        tokens = tokens or [" "]
    return "".join(tokens)


@st.composite
def damaged_bytes(draw: st.DrawFn) -> bytes:
    """Draw a shipped test with some of its bytes replaced by others."""
    raw = bytearray(draw(st.sampled_from(TEXTS)).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(raw)


def answer(text: str | bytes) -> str:
    """Return the verdict on one architecture, or the diagnostic as it is shown."""
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    try:
        test = parse(text, "damaged.litmus")
        return check(test, targets(test, [])[0], limits=LIMITS).answer
    except Diagnostic as problem:
        problem.file = problem.file or "damaged.litmus"
        return problem.render(shown)


def is_an_answer(text: str | bytes) -> bool:
    found = answer(text)
    verdicts = ("forbidden", "fragile", "allowed", "unknown")
    return found in verdicts or found.startswith("damaged.litmus")


@drawn(300)
@given(damaged())
def test_damaged_tokens(text: str) -> None:
    assert is_an_answer(text)


@drawn(300)
@given(damaged_bytes())
def test_damaged_bytes(raw: bytes) -> None:
    assert is_an_answer(raw)


@drawn(300)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_noise(noise: str | bytes) -> None:
    assert is_an_answer(noise)
