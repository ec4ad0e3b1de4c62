"""Build the wheel, install it into an empty environment, and run the main job from outside.

A program of its own (`make wheel`), because it installs packages: not part of the test suite.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


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
        print(f"{wheel.name}: {printed.splitlines()[-1]}")


if __name__ == "__main__":
    main()
