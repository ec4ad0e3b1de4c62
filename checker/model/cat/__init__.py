"""Memory models in the cat language: read, and turned into constraints on executions."""

from __future__ import annotations

import pickle
import zlib
from functools import cache
from pathlib import Path

from checker.diagnostic import Diagnostic
from checker.model.cat import syntax
from checker.model.cat.syntax import CatModel
from checker.resources import cache_folder, replace_file


@cache
def cat_model(path: Path) -> CatModel:
    """Return a model; what was parsed is kept in the user's cache until the file changes.

    Raises Diagnostic where it is not well formed.
    """
    try:
        status, store = path.stat(), cache_folder()
    except OSError as error:
        raise Diagnostic(error.strerror or "cannot be read", file=str(path)) from None
    stamp = (str(path), status.st_size, status.st_mtime_ns)
    kept = store / f"{path.stem}-{zlib.crc32(bytes(path)):08x}.cat.data" if store else None
    if kept is not None:
        try:
            found_stamp, model = pickle.loads(kept.read_bytes())
        except (
            OSError,
            ValueError,
            EOFError,
            TypeError,
            AttributeError,
            ImportError,
            pickle.PickleError,
        ):
            pass
        else:
            if found_stamp == stamp and isinstance(model, CatModel):
                return model
    parsed = syntax.load(path, path.name)
    if kept is not None and "include" not in path.read_text("utf-8"):
        replace_file(kept, pickle.dumps((stamp, parsed)))
    return parsed
