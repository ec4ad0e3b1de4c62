"""Build the wheel, install it into an empty environment, and use it from outside.

The main job; and a scratch project that uses the Python interface, with types, and the plugin.

A program of its own (`make wheel`), because it installs packages: not part of the test suite.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MAILBOX = """\
C mailbox
Arch = arm64, x86-32
{ u64 box; }
P0(u64 *box) { put_user(0x1122334455667788, box); }
P1(u64 *box) { u64 r0 = READ_ONCE(*box); }
~exists torn(1:r0)
"""

USER = """\
from checker import Diagnostic, Verdict, ablate, check, explain, parse, render, table

def verdicts() -> tuple[Verdict, ...]:
    return check(parse("mailbox.litmus"), "arm64,x86-32")

def test_own() -> None:
    assert [one.answer for one in verdicts()] == ["forbidden", "allowed"]
    assert "<- torn" in render(verdicts())
    assert [row.removal.name for row in ablate("mailbox.litmus", "arm64").rows] == ["box"]
    cell = table("put_user", 8, "x86-32").cell("put_user", "x86-32", 8)
    assert cell is not None and cell.code is not None and cell.code.grade == "torn"
    try:
        explain("nothing")
    except Diagnostic as problem:
        assert problem.at is None
"""

MISTAKE = """\
from checker import check
check("mailbox.litmus")[0].anser
check(1)
"""


def run(*command: str | Path, cwd: Path, status: int = 0) -> str:
    """Run a command that must end with a status, and return what it printed."""
    done = subprocess.run(command, cwd=cwd, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode != status:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def scratch(binaries: Path, folder: Path) -> None:
    """Fail unless a project can use what is installed: its types, and `pytest --litmus`."""
    (folder / "mailbox.litmus").write_text(MAILBOX, "utf-8")
    (folder / "test_own.py").write_text(USER, "utf-8")
    (folder / "mistake.py").write_text(MISTAKE, "utf-8")
    run(
        binaries / "python", "-m", "pip", "install", "--quiet", "pytest", "pytest-xdist", cwd=folder
    )

    def pytest(*options: str, status: int) -> str:
        own = ("-m", "pytest", "-p", "no:cacheprovider")
        return run(binaries / "python", *own, *options, cwd=folder, status=status).rstrip("\n")

    def ends(shown: str, outcome: str) -> None:
        if outcome not in shown.splitlines()[-1]:
            sys.exit(f"pytest: not {outcome}\n{shown}")

    ends(pytest(status=0), "1 passed")
    for options in ((), ("-n", "2")):
        shown = pytest("--litmus", *options, status=1)
        ends(shown, "1 failed, 2 passed")
        if "<- torn" not in shown:
            sys.exit(f"a failure without its picture\n{shown}")
    ends(pytest("--litmus", "mailbox.litmus::arm64", status=0), "1 passed")
    pytest("-p", "no:litmus", "--litmus", status=4)
    types = (sys.executable, "-m", "mypy", "--strict", "--python-executable", binaries / "python")
    run(*types, "test_own.py", cwd=folder)
    shown = run(*types, "mistake.py", cwd=folder, status=1)
    if 'has no attribute "anser"' not in shown or "Found 2 errors" not in shown:
        sys.exit(f"mypy: {shown}")


def main() -> None:
    """Fail unless the installed wheel finds its grammars, its rules and its shipped tests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
        run(sys.executable, *build, cwd=folder)
        (wheel,) = folder.glob("*.whl")
        venv.create(folder / "empty", with_pip=True)
        binaries = folder / "empty" / "bin"
        run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
        shipped = run(
            binaries / "python", "-c",
            "from checker.resources import data_folder; print(data_folder('litmus'))", cwd=folder,
        ).strip()  # fmt: skip
        if str(ROOT) in shipped:
            sys.exit(f"the wheel uses the checkout's own files: {shipped}")
        printed = run(binaries / "litmus", "check", shipped, "--jobs", "0", cwd=folder)
        project = folder / "project"
        project.mkdir()
        scratch(binaries, project)
        print(f"{wheel.name}: {printed.splitlines()[-1]}")


if __name__ == "__main__":
    main()
