"""The artefact store: content-addressed, verified on every read, written atomically; a cache too, so a killed run resumes.

    objects/ab/cdef...      bytes, named by their SHA-256
    recipes/ab/cdef...json  what made an object: {"object": sha256, ...facts}, named by the hash of the recipe

A damaged object is dropped and its recipe forgotten, so that whoever needs it makes it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from arena.errors import ArenaError
from arena.messages import canonical


def write_atomically(path: Path, raw: bytes) -> None:
    """Writes a file so that it is there whole or not at all; ArenaError when the place can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as f:
                f.write(raw)
            os.chmod(part, 0o644)
            os.replace(part, path)
        except BaseException:
            os.unlink(part)
            raise
    except OSError as error:
        raise ArenaError(f"{path}: can't be written: {error.strerror or error}") from None


def default_folder() -> Path:
    """$ARENA_STORE, else arena/ in the user's cache folder."""
    if folder := os.environ.get("ARENA_STORE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "arena"


class Store:
    """A folder of artefacts; see the module's docstring."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, raw: bytes) -> str:
        """Keeps `raw`, also over a damaged object of that name; gives its SHA-256."""
        name = hashlib.sha256(raw).hexdigest()
        if self.get(name) is None:
            write_atomically(self._object(name), raw)
        return name

    def get(self, name: str) -> bytes | None:
        """The object called `name`, or None when it is missing or damaged (a damaged one is removed)."""
        if not re.fullmatch("[0-9a-f]{64}", name):
            return None
        path = self._object(name)
        try:
            raw = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(raw).hexdigest() == name:
            return raw
        path.unlink(missing_ok=True)
        return None

    def find(self, recipe: Any) -> tuple[bytes, dict[str, Any]] | None:
        """(object, facts) made by `recipe` (plain JSON data), or None when it was never made or is damaged."""
        path = self._recipe(recipe)
        try:
            facts = json.loads(path.read_bytes())
            raw = self.get(str(facts["object"]))
        except OSError:
            return None
        except (ValueError, KeyError, TypeError):
            raw, facts = None, {}
        if raw is None:
            path.unlink(missing_ok=True)
            return None
        return raw, facts

    def keep(self, recipe: Any, raw: bytes, **facts: Any) -> str:
        """Keeps what `recipe` made, with facts about the making (plain JSON data); gives the object's SHA-256."""
        name = self.put(raw)
        write_atomically(self._recipe(recipe), canonical({"object": name, "recipe": recipe, **facts}))
        return name

    def _object(self, name: str) -> Path:
        return self.folder / "objects" / name[:2] / name[2:]

    def _recipe(self, recipe: Any) -> Path:
        name = hashlib.sha256(canonical(recipe)).hexdigest()
        return self.folder / "recipes" / name[:2] / f"{name[2:]}.json"
