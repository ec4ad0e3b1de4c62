"""Where the program's own data lives, and how it is read: fast, and only when asked for."""

from __future__ import annotations

import marshal
import os
import zlib
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """Return the folder of shipped data called `name` (`grammar` or `litmus`).

    It stands at the top of a checkout, and inside the package of an installed wheel.
    """
    inside = _PACKAGE / "data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@cache
def cache_folder() -> Path | None:
    """Return a folder for what can be computed again, or None where none can be written."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(base) / "kvm-litmus"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def load_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file; raises OSError, or ValueError where it is not TOML.

    Parsing costs tens of milliseconds for a family's data, so what was parsed is kept in the user's
    cache until the file's size or time of change differ.
    """
    status = path.stat()
    stamp = (str(path), status.st_size, status.st_mtime_ns)
    store = cache_folder()
    name = f"{path.parent.name}-{path.stem}-{zlib.crc32(bytes(path)):08x}.data"
    kept = store / name if store else None
    if kept is not None:
        try:
            found_stamp, tables = marshal.loads(kept.read_bytes())
        except (OSError, ValueError, EOFError, TypeError):
            pass
        else:
            if found_stamp == stamp:
                loaded: dict[str, Any] = tables
                return loaded
    import tomllib

    parsed = tomllib.loads(path.read_text("utf-8"))
    if kept is not None:
        replace_file(kept, marshal.dumps((stamp, parsed)))
    return parsed


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that another process sees the old one or the new one; ignore a full disk."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
