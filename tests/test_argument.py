"""`litmus explain FILE`: sets suffice and are minimal, none is missing, and what breaks breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import arch as archs
from checker.ablate.removals import lowered
from checker.arch import Target
from checker.argument import Explanation, explain_file, proof, proof_of, sets
from checker.argument.facts import ALIGN, FEATURE, LACKS
from checker.argument.proof import Proof
from checker.check import Limits, check
from checker.program import Place, Program
from checker.run import Opened, Request, opened
from checker.verdict import Execution, Reason
from tests import bruteforce
from tests.asked import BASE, NEW
from tests.build import fault, load, operation, program, rule, store, synthetic
from tests.command import LOOP, Litmus, one
from tests.examples import drawn
from tests.inputs import ROOT, litmus

REQUEST = Request((), Limits(timeout=20_000), states=False)
KVM, LINUX = ROOT / "litmus" / "kvm", ROOT / "litmus" / "linux"

Set = frozenset[str]


def read(path: Path) -> Opened:
    found = opened(str(path), REQUEST)
    assert isinstance(found, Opened)
    return found


def explained(path: Path, arch: str) -> Explanation:
    return _explained(path, path.read_bytes(), arch)


@cache
def _explained(path: Path, _content: bytes, arch: str) -> Explanation:
    found = explain_file(str(path), replace(REQUEST, archs=(arch,)))
    assert not found.problems
    (explanation,) = found.explanations
    return explanation


def fresh(path: Path, arch: str, *, practice: bool) -> Proof:
    found = opened(str(path), replace(REQUEST, archs=(arch,)))
    assert isinstance(found, Opened)
    return proof_of(found, arch, REQUEST, practice=practice)


def subsets(names: Iterable[str]) -> Iterable[Set]:
    listed = list(names)
    return (frozenset(c) for n in range(len(listed) + 1) for c in combinations(listed, n))


def least(names: Iterable[str], suffices: Callable[[Set], bool]) -> set[Set]:
    """Return the minimal sets that suffice, by asking about every set."""
    found: set[Set] = set()
    for tried in subsets(names):
        if not any(one <= tried for one in found) and suffices(tried):
            found.add(tried)
    return found


# --- the search -----------------------------------------------------------------------------------

NAMES = "abcdef"
FAMILIES = st.sets(st.frozensets(st.sampled_from(NAMES)), max_size=6)


@given(FAMILIES)
@drawn(150)
def test_the_search_finds_every_minimal_set_and_no_other(family: set[Set]) -> None:
    def suffices(names: Set) -> Set | None:
        return names if any(one <= names for one in family) else None

    found, complete = sets.minimal(NAMES, suffices, 100)
    assert complete
    assert len(found) == len(set(found))
    assert set(found) == least(NAMES, lambda names: suffices(names) is not None)


@given(FAMILIES, st.integers(1, 6))
@drawn(100)
def test_a_bound_is_named_only_where_there_is_more(family: set[Set], most: int) -> None:
    def suffices(names: Set) -> Set | None:
        return names if any(one <= names for one in family) else None

    every = least(NAMES, lambda names: suffices(names) is not None)
    found, complete = sets.minimal(NAMES, suffices, most)
    assert complete is (len(every) <= most)
    assert len(found) == min(most, len(every))
    assert set(found) <= every


# --- every set of promises and facts, against the oracle ------------------------------------------

WIDE = Place("x", 4, (0,) * 4, 4)
_STORE = operation(0, 0, store(4), value=NEW & 0xFFFFFFFF)
_NARROW = operation(1, 1, store(2), value=0x2222)
_LOAD = operation(2, 2, load(4))
_ALIGNED = rule("whole", id="aligned", align="size")
_INSIDE = rule("whole", id="inside", within=4)
_FAULT = fault("size", id="fault")

ORACLE: dict[str, Program] = {
    "a rule and an alignment": program([_STORE, replace(_LOAD, number=1, thread=1)],
                                       targets=synthetic(_ALIGNED), places=[WIDE]),
    "two rules": program([_STORE, replace(_LOAD, number=1, thread=1)],
                         targets=synthetic(_ALIGNED, _INSIDE), places=[WIDE]),
    "a fault instead of the alignment": program([_STORE, replace(_LOAD, number=1, thread=1)],
                                                targets=synthetic(_ALIGNED, _FAULT), places=[WIDE]),
    "an alignment that does not help": program([_STORE, replace(_LOAD, number=1, thread=1)],
                                               targets=synthetic(_INSIDE),
                                               places=[replace(WIDE, modulus=2, residue=0)]),
    "an offset": program([_STORE, replace(_LOAD, number=1, thread=1)],
                         targets=synthetic(_INSIDE), places=[replace(WIDE, modulus=16, residue=8)]),
    "multi-copy atomicity": program([_STORE, _NARROW, _LOAD], targets=synthetic(_ALIGNED),
                                    places=[WIDE]),
    "a rule at any address": program([_STORE, _NARROW, _LOAD], targets=synthetic(rule("whole")),
                                     places=[WIDE]),
    "practice": program([_STORE, replace(_LOAD, number=1, thread=1)],
                        targets=synthetic(rule("whole", evidence="practice", align=2), _ALIGNED),
                        places=[WIDE]),
    "a feature": program([operation(0, 0, store(4), value=1), operation(1, 1, load(4))],
                         targets="arm64+lse2", places=[WIDE]),
    "a feature that is absent": program(
        [operation(0, 0, store(4, cls="acquire"), value=1),
         operation(1, 1, load(4, cls="acquire"))], targets="arm64", places=[WIDE]),
    "no architecture in common": program([_STORE, _NARROW, _LOAD],
                                         targets=["arm64", "arm64", "x86-64"], places=[WIDE]),
}  # fmt: skip


def _weak(one: Program) -> Program:
    places = [replace(p, modulus=1, residue=0, said=(p.modulus, p.residue)) for p in one.places]
    return replace(one, places=tuple(places))


def _only(target: Target, names: Set) -> Target:
    """Return a target with the promises that are among some names, and whose facts are too."""
    arch = target.arch

    def kept(name: str, needs: Set, lacks: Set) -> bool:
        facts = {f"{FEATURE}{one}" for one in needs & target.features}
        facts |= {f"{LACKS}{one}" for one in lacks - target.features}
        return {name, *facts} <= names

    return replace(
        target,
        arch=replace(
            arch,
            rules=tuple(r for r in arch.rules if kept(r.id, r.scope.needs, r.scope.lacks)),
            faults=tuple(f for f in arch.faults if kept(f.id, f.scope.needs, f.scope.lacks)),
            axioms=tuple(a for a in arch.axioms if kept(a.id, a.needs, frozenset())),
        ),
    )


def _as_oracle_has_it(one: Program, names: Set) -> Program:
    """Return a program in which only these promises and facts hold."""
    return replace(
        one,
        places=tuple(
            p if f"{ALIGN}{p.name}" in names else replace(p, modulus=1, residue=0)
            for p in one.places
        ),
        threads=tuple(replace(t, target=_only(t.target, names)) for t in one.threads),
    )


@pytest.mark.parametrize("name", ORACLE)
def test_every_set_suffices_exactly_where_the_oracle_says_so(name: str) -> None:
    asked = ORACLE[name]
    facts = {p.name: Reason(f"{ALIGN}{p.name}", "", "") for p in asked.places}

    def made() -> Proof:
        return Proof([_weak(asked)], [], facts, 20_000, BASE, practice=True)

    names, by_solver = list(made().names()), made()
    assert f"{ALIGN}x" in names or name == "a rule at any address"
    assert len(names) <= 8
    for tried in subsets(names):
        reached = bruteforce.reachable(_as_oracle_has_it(asked, tried))
        assert (by_solver.suffices(tried) is None) is reached, sorted(tried)
    argument = made().argument()
    assert {frozenset(found) for found in argument.sets} == least(
        names, lambda tried: not bruteforce.reachable(_as_oracle_has_it(asked, tried))
    )


def test_the_programs_for_the_oracle_have_arguments_of_several_kinds() -> None:
    facts = {"x": Reason(f"{ALIGN}x", "", "")}
    counts = {
        name: len(Proof([_weak(one)], [], facts, 0, BASE, practice=True).argument().sets)
        for name, one in ORACLE.items()
    }
    assert counts["an alignment that does not help"] == 0
    assert counts["a rule and an alignment"] == 1
    assert counts["a fault instead of the alignment"] == 2
    assert counts["a feature that is absent"] == 2
    assert counts["two rules"] == counts["a feature"] == 2


# --- shipped tests --------------------------------------------------------------------------------

CASES = [
    *((KVM / "stolen-time.litmus", arch) for arch in ("arm64", "x86-64", "riscv64")),
    *((LINUX / "narrow-over-wide.litmus", arch) for arch in ("arm64", "x86-64", "riscv64")),
    (LINUX / "release-acquire-8.litmus", "arm64"),
    *((LINUX / "rcu-publish.litmus", arch) for arch in ("arm64", "arm", "powerpc64", "alpha")),
    (LINUX / "memcpy-writer-8.litmus", "arm64"),
    (LINUX / "write-twice.litmus", "arm64"),
    (LINUX / "xchg-4.litmus", "riscv64"),
    (KVM / "kvm-put-guest-atomic.litmus", "arm64"),
    (KVM / "kvm-x86-pvclock-aligned.litmus", "x86-64"),
    (ROOT / "litmus" / "sparc32" / "sparc32-put-user-4.litmus", "sparc32"),
]  # fmt: skip
SHIPPED = [(path, arch) for path, arch in CASES if path.is_file()]


def _named(case: tuple[Path, str]) -> str:
    return f"{case[0].stem} {case[1]}"


@pytest.mark.parametrize("case", SHIPPED, ids=_named)
def test_each_set_suffices_and_without_any_of_it_the_rest_does_not(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    argument = explanation.argument
    assert argument is not None
    assert argument.sets
    assert not argument.limit
    for found in argument.sets:
        again = fresh(*case, practice=explanation.verdict.answer == "fragile")
        assert again.suffices(frozenset(found)) is not None
        for name in found:
            assert again.suffices(frozenset(found) - {name}) is None, name


@pytest.mark.parametrize("case", SHIPPED, ids=_named)
def test_no_other_set_suffices_unless_it_holds_one_that_is_shown(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    assert explanation.argument is not None
    again = fresh(*case, practice=explanation.verdict.answer == "fragile")
    names = again.names()
    assert len(names) <= 11
    every = least(names, lambda tried: again.suffices(tried) is not None)
    assert {frozenset(found) for found in explanation.argument.sets} == every


@pytest.mark.parametrize("case", SHIPPED, ids=_named)
def test_what_check_rests_on_is_in_one_of_the_sets(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    assert explanation.argument is not None
    reasons = {one.rule for one in explanation.verdict.reasons} - {"base.coherence"}
    assert any(reasons <= set(found) for found in explanation.argument.sets)


def _dropped(target: Target, name: str) -> Target:
    arch = target.arch
    return replace(
        target,
        arch=replace(
            arch,
            rules=tuple(one for one in arch.rules if one.id != name),
            faults=tuple(one for one in arch.faults if one.id != name),
            axioms=tuple(one for one in arch.axioms if one.id != name),
        ),
    )


@pytest.mark.parametrize("case", SHIPPED, ids=_named)
def test_without_an_element_the_verdict_is_that_of_a_target_or_a_test_without_it(
    case: tuple[Path, str],
) -> None:
    path, arch = case
    explanation = explained(*case)
    test, target = read(path).test, archs.target(arch)
    assert explanation.argument is not None
    for element in explanation.argument.elements:
        if element.kind in ("rule", "axiom", "fault"):
            other = check(test, _dropped(target, element.reason.rule), limits=REQUEST.limits)
        elif element.kind == "alignment":
            location = element.reason.rule.removeprefix(ALIGN)
            other = check(lowered(test, location, 1), target, limits=REQUEST.limits)
        else:
            continue
        assert other.answer == element.without, element.reason.rule
        assert element.witness is not None


def test_the_cases_have_elements_of_every_kind() -> None:
    found = [explained(*case).argument for case in SHIPPED]
    kinds = {element.kind for one in found if one for element in one.elements}
    assert {"rule", "axiom", "order", "alignment", "fault", "no-feature"} <= kinds
    assert any(len(one.sets) > 1 for one in found if one)


def test_a_contract_is_an_element() -> None:
    path = ROOT / "litmus" / "sparc32" / "sparc32-put-user-atomic-stdf.litmus"
    explanation = explained(path, "sparc32")
    assert explanation.verdict.answer == "forbidden"
    assert explanation.argument is not None
    (contract,) = (e for e in explanation.argument.elements if e.kind == "contract")
    assert contract.reason.rule == "put_user_atomic.contract"
    assert contract.without == "fragile"  # today's code is whole without being asked to be
    assert contract.witness is not None
    assert contract.witness.layer == "contract"


def test_a_feature_is_an_element_and_without_it_the_verdict_is_the_plain_targets(
    tmp_path: Path,
) -> None:
    path = one(tmp_path, litmus(init="u64 x __at(4);"))
    explanation = explained(path, "arm64+lse2")
    assert explanation.verdict.answer == "forbidden"
    assert explanation.argument is not None
    (found,) = explanation.argument.sets
    (feature,) = (one for one in explanation.argument.elements if one.kind == "feature")
    assert f"{FEATURE}lse2" in found
    assert f"{ALIGN}x" in found
    assert feature.without == check(read(path).test, archs.target("arm64")).answer == "allowed"


def test_where_nothing_is_needed_the_empty_set_is_the_only_one(tmp_path: Path) -> None:
    text = litmus("WRITE_ONCE(*x, 1);", "u8 r0 = READ_ONCE(*x);", init="u8 x;", par="u8 *x")
    argument = explained(one(tmp_path, text), "arm64").argument
    assert argument is not None
    assert argument.sets == ((),)
    assert argument.elements == ()


def test_a_bound_on_sets_is_named(monkeypatch: pytest.MonkeyPatch, run: Litmus) -> None:
    monkeypatch.setattr(proof, "MOST_SETS", 1)
    found = run("explain", LINUX / "narrow-over-wide.litmus", "--arch", "arm64")
    assert found.status == 3
    assert "not found out: whether other sets suffice: more than 1 minimal sets" in found.out


def test_a_bound_on_programs_is_named(monkeypatch: pytest.MonkeyPatch, run: Litmus) -> None:
    monkeypatch.setattr(proof, "MOST_PROGRAMS", 0)
    found = run("explain", KVM / "stolen-time.litmus", "--arch", "arm64")
    assert found.status == 3
    assert "not found out: more than 0 combinations of lowerings and addresses" in found.out


# --- the shortest execution -----------------------------------------------------------------------

ALLOWED = [
    (KVM / "stolen-time.litmus", "x86-32"),
    (LINUX / "memcpy-writer-8.litmus", "x86-64"),
    (LINUX / "copy-to-user-4.litmus", "x86-64"),
    (LINUX / "get-user-8.litmus", "arm"),
    (LINUX / "rcu-publish-unordered.litmus", "arm64"),
    (LINUX / "three-writers-8.litmus", "x86-32"),
    (KVM / "kvm-x86-wall-clock-version.litmus", "x86-64"),
]


def _replayed(execution: Execution) -> None:
    """Assert that every load takes what memory holds when its row is reached."""
    memory = {name: list(content) for name, content in execution.before}
    for row in execution.rows:
        for byte in row.bytes:
            if row.reads:
                assert memory[row.location][byte.offset] == byte.value
            memory[row.location][byte.offset] = byte.value


@pytest.mark.parametrize("case", ALLOWED, ids=_named)
def test_the_shortest_execution_is_one_and_no_longer_than_that_of_check(
    case: tuple[Path, str],
) -> None:
    explanation = explained(*case)
    best, shown = explanation.shortest, explanation.verdict.witness
    assert best is not None
    assert shown is not None
    assert best.least
    assert best.rows == len(best.execution.rows) <= len(shown.rows)
    _replayed(best.execution)


@pytest.mark.parametrize(
    ("p0", "p1", "rows"),
    [
        ("WRITE_ONCE(*x, 1);", "u64 r0 = READ_ONCE(*x);", 3),
        ("WRITE_ONCE(*x, 1); WRITE_ONCE(*x, 2);", "u64 r0 = READ_ONCE(*x);", 4),
        ("WRITE_ONCE(*x, 1);", "u64 r1 = READ_ONCE(*x); u64 r0 = READ_ONCE(*x);", 4),
    ],
)
def test_the_number_of_rows_is_the_least(tmp_path: Path, p0: str, p1: str, rows: int) -> None:
    """Two accesses of which one is cut; what else happens has a row each."""
    path = one(tmp_path, litmus(p0, p1, init="u64 x __at(60);"))
    best = explained(path, "x86-64").shortest
    assert best is not None
    assert (best.rows, best.least, best.in_order) == (rows, True, True)


# --- neighbours -----------------------------------------------------------------------------------

MP = """C test
Arch = arm64
{
  u32 x; u32 y;
}
P0(u32 *x, u32 *y)
{
  WRITE_ONCE(*x, 1);
  WRITE_ONCE(*y, 1);
}
P1(u32 *x, u32 *y)
{
  u32 r0 = smp_load_acquire(y);
  u32 r1 = READ_ONCE(*x);
}
~exists (1:r0=1 /\\ 1:r1=0)
"""


def test_neighbours_are_forbidden_as_the_edited_files_are(tmp_path: Path) -> None:
    found = explained(one(tmp_path, MP), "arm64").neighbours
    assert found is not None
    held = {(near.kind, near.at) for near in found.held}
    edits = {
        ("order", (9, 3)): MP.replace("WRITE_ONCE(*y, 1)", "smp_store_release(y, 1)"),
        ("order", (8, 3)): MP.replace("WRITE_ONCE(*x, 1)", "smp_store_release(x, 1)"),
        ("order", (14, 12)): MP.replace("READ_ONCE(*x)", "smp_load_acquire(x)"),
        ("barrier", (9, 3)): MP.replace("  WRITE_ONCE(*y", "  smp_mb(); WRITE_ONCE(*y"),
        ("barrier", (14, 12)): MP.replace("  u32 r1", "  smp_mb(); u32 r1"),
    }
    forbidden = {
        key
        for key, text in edits.items()
        if explained(one(tmp_path, text), "arm64").verdict.answer == "forbidden"
    }
    assert held == forbidden
    assert held == {("order", (9, 3)), ("barrier", (9, 3))}
    assert dict(found.tried)["order"] == 3
    assert dict(found.tried)["barrier"] == 2
    assert found.undecided == 0


def test_an_alignment_is_the_smallest_that_forbids(tmp_path: Path) -> None:
    text = litmus(init="struct s { u64 a; u64 b; } x __aligned(2);", par="struct s *x",
                  p0="WRITE_ONCE(x->b, 1);", p1="u64 r0 = READ_ONCE(x->b);")  # fmt: skip
    found = explained(one(tmp_path, text), "arm64").neighbours
    assert found is not None
    (near,) = (near for near in found.held if near.kind == "alignment")
    assert near.says == "__aligned(8) of x"


def test_a_feature_is_a_neighbour(tmp_path: Path) -> None:
    found = explained(one(tmp_path, litmus(init="u64 x __at(4);")), "arm64").neighbours
    assert found is not None
    assert [near.says.partition(":")[0] for near in found.held] == ["arm64+lse2", "arm64+naa"]
    assert dict(found.tried)["order"] == 2  # an acquire faults there, which is no help


def test_a_feature_that_changes_nothing_is_not_asked_about(tmp_path: Path) -> None:
    """What the shortcut takes for the same has the same verdict."""
    path = one(tmp_path, litmus(init="u64 x __at(4);"))
    found = explained(path, "arm64").neighbours
    assert found is not None
    held = {near.says.partition(":")[0] for near in found.held}
    test = read(path).test
    for feature in archs.target("arm64").arch.features:
        if not feature.endian:
            name = f"arm64+{feature.name}"
            answer = check(test, archs.target(name)).answer
            assert (answer == "forbidden") is (name in held), name


def test_a_fence_behind_an_instruction_is_a_neighbour(tmp_path: Path) -> None:
    text = (
        "X86_64 SB\n{ uint32_t x; uint32_t y; }\n P0 | P1 ;\n movl $1,(x) | movl $1,(y) ;\n"
        " movl (y),%eax | movl (x),%eax ;\nexists (0:rax=0 /\\ 1:rax=0)\n"
    )
    path = one(tmp_path, text.replace("(0:rax=0", "(0:rax=0"))
    found = explain_file(str(path), REQUEST)
    assert not found.problems
    near = found.explanations[0].neighbours
    assert near is not None
    assert near.held == ()  # one side alone does not do
    assert dict(near.tried)["barrier"] == 2


def test_that_nothing_helps_is_said(run: Litmus) -> None:
    found = run("explain", LINUX / "memcpy-writer-8.litmus", "--arch", "x86-64")
    assert "none is forbidden or fragile within one change" in found.out
    assert found.status == 0


# --- the command ----------------------------------------------------------------------------------


def test_the_commands_that_are_shown_say_the_same(run: Litmus) -> None:
    path = LINUX / "narrow-over-wide.litmus"
    shown = run("explain", path, "--arch", "arm64").out
    (command,) = re.findall(r"^  a set: litmus (.*)$", shown, re.MULTILINE)
    assert "arm64.aligned-gpr, align:x: enough" in run(*command.split()).out
    less = command.rpartition(",")[0]
    assert ": not enough" in run(*less.split()).out
    (rule_,) = re.findall(r"^  a rule: litmus (.*)$", shown, re.MULTILINE)
    assert run(*rule_.split()).status == 0


def test_only_what_is_there_can_be_kept(run: Litmus) -> None:
    found = run("explain", KVM / "stolen-time.litmus", "--arch", "arm64", "--only", "align:pw")
    assert found.status == 2
    assert "no proof here rests on `align:pw`" in found.err
    assert "align:pv" in found.err


def test_nothing_kept_is_not_enough(run: Litmus) -> None:
    found = run(
        "explain", KVM / "stolen-time.litmus", "--arch", "arm64", "--only", "", "--format", "json"
    )
    (result,) = found.json["results"]
    assert result["only"]["names"] == []
    assert result["only"]["suffices"] is False
    assert result["only"]["witness"]["torn"]


def test_json_has_what_the_text_has(run: Litmus) -> None:
    path = LINUX / "narrow-over-wide.litmus"
    found = run("explain", path, "--arch", "arm64", "--format", "json").json
    assert (found["schema"], found["kind"], found["errors"]) == ("litmus-explain/1", "test", [])
    (result,) = found["results"]
    assert result["complete"] is True
    assert len(result["sets"]) == 2
    assert {name for names in result["sets"] for name in names} == {
        element["rule"] for element in result["elements"]
    }
    for element in result["elements"]:
        assert ("witness" in element) is False
        own = [n for n, names in enumerate(result["sets"], 1) if element["rule"] in names]
        assert element["sets"] == own
        assert element["without"] == ("allowed" if len(own) == 2 else "forbidden")
    shown = run("explain", path, "--arch", "arm64", "--format", "json", "-v").json["results"][0]
    assert all("witness" in element for element in shown["elements"])


def test_json_of_what_is_allowed(run: Litmus, tmp_path: Path) -> None:
    found = run("explain", one(tmp_path, MP), "--format", "json").json
    (result,) = found["results"]
    assert result["shortest"]["rows"] == len(result["shortest"]["witness"]["rows"]) == 4
    assert {near["line"] for near in result["neighbours"]["held"]} == {9}


def test_pictures_are_shown_where_they_are_asked_for(run: Litmus) -> None:
    path = KVM / "stolen-time.litmus"
    assert "<- torn" not in run("explain", path, "--arch", "arm64").out
    assert run("explain", path, "--arch", "arm64", "-v").out.count("<- torn") == 2


def test_a_limit_is_unknown(run: Litmus, tmp_path: Path) -> None:
    path = one(tmp_path, LOOP)
    verdict = run("check", path, "--unroll", "1", "--format", "json").json["results"][0]
    assert verdict["verdict"] == "unknown"
    found = run("explain", path, "--unroll", "1")
    assert found.status == 3
    result = run("explain", path, "--unroll", "1", "--format", "json").json["results"][0]
    assert result["verdict"] == "unknown"
    assert result["limit"] == verdict["limit"]


def test_a_file_that_is_none_is_status_2(run: Litmus, tmp_path: Path) -> None:
    assert run("explain", tmp_path / "absent.litmus").status == 2
    (tmp_path / "bad.litmus").write_text("C bad\n{\n")
    found = run("explain", tmp_path / "bad.litmus")
    assert found.status == 2
    assert "bad.litmus:" in found.err
    assert run("explain", KVM / "stolen-time.litmus", "--model", tmp_path / "no.cat").status == 2


def test_names_are_explained_as_before(run: Litmus) -> None:
    assert run("explain", "sparc32").out.startswith("sparc32   SPARC V8")
    assert run("explain", "no-such-thing").status == 2
