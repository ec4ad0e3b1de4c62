"""Kernel versions: which the data speaks of, and how they are written."""

from __future__ import annotations

import re

from checker.diagnostic import Diagnostic

Kernel = tuple[int, int]
"""A version of Linux, as in v6.12."""

COMPLETE: Kernel = (6, 12)
"""The newest version of which every lowering was read: what is asked about unless one is named."""

OLDEST: Kernel = (5, 3)
"""Changes before this one were not looked for. It is the kernel of August 2019's debate."""

NEWEST: Kernel = (6, 19)
"""The newest version of which anything is recorded that differs from the complete one."""

_VERSION = re.compile(r"v?(\d)\.(\d{1,2})$")


def supported(text: str) -> Kernel:
    """Return the version that a text such as `6.12` names; raises Diagnostic."""
    match = _VERSION.match(text)
    if not match:
        raise Diagnostic(f"`{text}` is not a kernel version", hint="as in 6.12")
    found = (int(match[1]), int(match[2]))
    if not OLDEST <= found <= NEWEST:
        raise Diagnostic(
            f"nothing is recorded of kernel {text}", hint=f"{spell(OLDEST)} to {spell(NEWEST)}"
        )
    return found


def bound(text: str) -> Kernel:
    """Return a version that data compares with, which may be any; raises Diagnostic."""
    match = _VERSION.match(text)
    if not match:
        raise Diagnostic(f"`{text}` is not a kernel version", hint="as in 6.12")
    return int(match[1]), int(match[2])


def spell(version: Kernel) -> str:
    """Return a version as it is written."""
    return f"{version[0]}.{version[1]}"
