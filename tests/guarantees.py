"""Write docs/guarantees.* anew; with --check, say which are not what `litmus table` prints.

A program of its own (`make guarantees`, `make guarantees-check`): both pages are of one table,
which is decided once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from checker.report import table_markdown, table_rst
from checker.table import Request, asked, tabulate

PAGES = Path(__file__).resolve().parent.parent / "docs"


def main() -> int:
    table = tabulate(asked(Request(features=True)), os.cpu_count() or 1, lambda _: None)
    command = "litmus table --features --format"
    texts = {
        "guarantees.md": table_markdown.render(table, f"{command} markdown"),
        "guarantees.rst": table_rst.render(table, f"{command} rst"),
    }
    status = 0
    for name, text in texts.items():
        if "--check" not in sys.argv:
            (PAGES / name).write_text(text, "utf-8")
        elif (PAGES / name).read_text("utf-8") != text:
            print(f"docs/{name} is stale: run make guarantees")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
