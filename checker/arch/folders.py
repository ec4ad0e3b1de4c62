"""Where the data lies: the folder that ships, and a user's own, which add to it or replace parts.

A user's folder has the shape of the shipped one: `FAMILY/arch.toml`, `FAMILY/lowering.toml`. A new
family is added. In a family that exists, a rule with a known `id` replaces that rule and any other
is added; an operation's table replaces the operation's; other tables are merged key by key.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from checker.diagnostic import Diagnostic
from checker.resources import load_toml

SHIPPED = Path(__file__).resolve().parent

_LISTS = ("rule", "axiom", "fault", "order", "gap")

F = TypeVar("F", bound=Callable[..., Any])

_chosen: list[Path] = []
_caches: list[Callable[[], None]] = []


def remembered(function: F) -> F:
    """Cache a function of the data, until another folder is chosen."""
    cached = functools.cache(function)
    _caches.append(cached.cache_clear)
    return cached  # type: ignore[return-value]  # a cached function is called in the same way


def use(paths: tuple[str, ...]) -> None:
    """Read a user's folders after the shipped one; raises Diagnostic where one is not there."""
    wanted = [Path(path).resolve() for path in paths]
    if wanted == _chosen:
        return
    for path, given in zip(wanted, paths, strict=True):
        if not path.is_dir():
            raise Diagnostic("there is no such folder", file=given)
        if not any(path.glob("*/*.toml")):
            raise Diagnostic(
                "this folder holds no architecture", file=given,
                hint="FAMILY/arch.toml or FAMILY/lowering.toml below it",
            )  # fmt: skip
    _chosen[:] = wanted
    for clear in _caches:
        clear()


def chosen() -> tuple[str, ...]:
    """Return the user's folders that are read."""
    return tuple(map(str, _chosen))


def touched() -> list[str]:
    """Return the families that the user's folders add or say something of."""
    return sorted({path.parent.name for base in _chosen for path in base.glob("*/*.toml")})


def family_names() -> list[str]:
    """Return the names of all families: of the folders with an `arch.toml`."""
    found = {path.parent.name for base in (SHIPPED, *_chosen) for path in base.glob("*/arch.toml")}
    return sorted(found)


def files(family: str, name: str) -> list[Path]:
    """Return the files of one name in a family's folders, the shipped one first."""
    paths = [base / family / name for base in (SHIPPED, *_chosen)]
    return [path for path in paths if path.is_file()]


def shown(path: Path) -> str:
    """Return how a diagnostic names a data file."""
    if path.is_relative_to(SHIPPED):
        return str(path.relative_to(SHIPPED))
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def read(path: Path) -> dict[str, Any]:
    """Return the tables of a data file; raises Diagnostic where it cannot be read."""
    try:
        return load_toml(path)
    except OSError as error:
        raise Diagnostic(error.strerror or "cannot be read", file=shown(path)) from None
    except ValueError as error:
        raise Diagnostic(f"not TOML: {error}", file=shown(path)) from None


def merged_arch(tables: list[dict[str, Any]]) -> dict[str, Any]:
    """Return several `arch.toml` as one; of two things with one name the later holds."""
    first, *others = tables
    for other in others:
        first = _merged(first, other)
    return first


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    made = dict(old)
    for key, value in new.items():
        if key in _LISTS:
            named = {_identity(one): one for one in old.get(key, [])}
            made[key] = list((named | {_identity(one): one for one in value}).values())
        elif isinstance(value, dict) and isinstance(old.get(key), dict):
            made[key] = _merged(old[key], value)
        elif key in ("unpromised", "retried", "loads", "unordered"):
            made[key] = [*old.get(key, []), *value]
        else:
            made[key] = value
    return made


def _identity(one: dict[str, Any]) -> Any:
    """Return what two entries of a list are the same by."""
    return one.get("id") or (one.get("file"), *one["arch"])


def merged_lowerings(tables: list[dict[str, Any]]) -> dict[str, Any]:
    """Return several `lowering.toml` as one; a later table of an operation replaces an earlier."""
    made: dict[str, Any] = {}
    for table in tables:
        for arch, operations in table.items():
            made[arch] = {**made.get(arch, {}), **operations}
    return made
