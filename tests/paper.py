"""A family of architectures that exist on paper only, as a user's folder holds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Data = Callable[[dict[str, str]], Path]
"""What the fixture `data` is: from the files of a folder to where it lies."""

ARCH = """\
family = "paper"
title = "Paper"
unpromised = ["string"]

[memory.uncached]
says = "loose leaves"
source = "Paper manual, 4"

[arch.paper64]
title = "Paper, 64-bit"
aliases = ["p64"]
word = 8
endian = "little"
source = "Paper manual, 1"

[arch.paper64.features.wide]
says = "wide accesses"
source = "Paper manual, 2"

[arch.paper64.features.copy]
says = "copies"
implies = ["wide"]
source = "Paper manual, 2"

[arch.paper64.features.big]
says = "read from the other end"
endian = "big"
source = "Paper manual, 2"

[arch.paper64.features.modern]
says = "what every machine has by now"
since = "6.10"
source = "Paper manual, 2"

[arch.paper32]
title = "Paper, 32-bit"
word = 4
endian = "little"
source = "Paper manual, 1"

[arch.paper32.guest]
paper64 = []

[[rule]]
id = "paper.aligned"
arch = ["paper64", "paper32"]
says = "an aligned access is single-copy atomic"
class = ["gpr", "locked"]
align = "size"
unit = "whole"
rmw = true
evidence = "manual"
source = "Paper manual, 3"

[[axiom]]
id = "paper.mca"
kind = "multi-copy-atomic"
arch = ["paper64"]
says = "a store is seen by all at once"
evidence = "manual"
source = "Paper manual, 5"
"""

LOWERING = """\
[paper64.put_user]
source = "a book"
contract = { 8 = "store 8 | loop store 4,2,1", "1..7" = "loop store 4,2,1" }
"""


def entry(heading: str, **keys: str) -> str:
    """Return a table in double brackets: keys and what they hold; an empty piece has no key."""
    usual = {"id": '"paper.more"', "arch": '["paper64"]', "says": '"said of it"'}
    usual |= {"evidence": '"manual"', "source": '"Paper manual, 9"'}
    if heading != "axiom":
        usual |= {"class": '["gpr"]'}
    lines = [f"{key} = {piece}" for key, piece in (usual | keys).items() if piece]
    return "\n".join(["", f"[[{heading}]]", *lines, ""])
