"""The artefact store: verified on every read, written atomically; a cache too, so a killed run resumes.

    objects/ab/cdef...  released models, for all to see, named by their SHA-256
    making/ab/cdef...   is there while somebody makes what a recipe says
    recipes/ab/cdef...  what somebody's recipe made, with facts about the making: sealed with a secret of his, and under
                        a name that depends on it

Who doesn't hold the secret finds nothing by guessing a recipe, and reads nothing in the file. What is public is sealed
with a secret that everybody knows, so anybody can write it too. Whatever is damaged, old or of other making is as if it
were missing: it is made again, and takes its place.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.files import PART, read_plain, write_atomically
from arena.game.messages import canonical
from arena.hosts.lease import lease
from arena.hosts.sealed import name_under, seal, unseal

OLD, TRIED = 3600.0, 1 << 16


class Store:
    """A folder of artefacts; see the module's docstring."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, raw: bytes) -> str:
        """Keeps `raw`, also over a damaged object of that name; gives its SHA-256."""
        name = hashlib.sha256(raw).hexdigest()
        if self.get(name) is None:
            self._write("objects", name, raw)
        return name

    def get(self, name: str) -> bytes | None:
        """The object called `name`, or None when it is missing or damaged."""
        if not isinstance(name, str) or not re.fullmatch("[0-9a-f]{64}", name):
            return None
        raw = read_plain(self._path("objects", name))
        return raw if raw is not None and hashlib.sha256(raw).hexdigest() == name else None

    def find(self, recipe: Any, secret: bytes) -> tuple[bytes, dict[str, Any]] | None:
        """(what was made, facts) by `recipe` (plain JSON data) of who holds `secret`; None when nothing whole is
        there."""
        name = name_under(secret, canonical(recipe))
        sealed = read_plain(self._path("recipes", name))
        content = None if sealed is None else unseal(secret, name, sealed)
        return None if content is None else _opened(content)

    def making(self, recipe: Any, secret: bytes,
               alive: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
        """Held by who makes what a recipe says: others who want the same wait (`arena.hosts.lease`)."""
        return lease(self._path("making", name_under(secret, canonical(recipe))), alive)

    def keep(self, recipe: Any, raw: bytes, secret: bytes, **facts: Any) -> None:
        """Keeps what `recipe` made, with facts about the making (plain JSON data), for who holds `secret`."""
        name, told = name_under(secret, canonical(recipe)), json.dumps(facts, separators=(",", ":")).encode()
        self._write("recipes", name, seal(secret, name, b"".join((len(told).to_bytes(8, "big"), told, raw))))

    def forget(self, recipe: Any, secret: bytes) -> None:
        """Removes what `recipe` made, if it is there."""
        with suppress(OSError):
            self._path("recipes", name_under(secret, canonical(recipe))).unlink()

    def check_writable(self) -> None:
        """ArenaError, before anything costly is made, when the store could not keep it: tries a small write."""
        for part in ("objects", "recipes"):
            path = self.folder / part / f"{PART}{secrets.token_hex(8)}"
            try:
                write_atomically(path, bytes(TRIED))
                path.unlink(missing_ok=True)
            except (ArenaError, OSError) as error:
                cause = str(error).removeprefix(f"{path}: can't be written: ")
                wrong = f"the store can't be written to: {cause}; give another --store"
                raise ArenaError(f"{self.folder}: {wrong}") from None

    def sweep(self) -> None:
        """Removes what writers who were killed left behind an hour ago or earlier."""
        for path in self._parts():
            with suppress(OSError):
                if time.time() - path.lstat().st_mtime > OLD:
                    path.unlink()

    def _parts(self) -> Iterator[Path]:
        for part in ("objects", "recipes"):
            for pattern in (f"{PART}*", f"*/{PART}*"):
                with suppress(OSError):
                    yield from (self.folder / part).glob(pattern)

    def _write(self, part: str, name: str, raw: bytes) -> None:
        """Writes an entry; what stands in its place and is no file gives way."""
        path = self._path(part, name)
        if not path.parent.is_dir():
            with suppress(OSError):
                path.parent.unlink()
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        write_atomically(path, raw)

    def _path(self, part: str, name: str) -> Path:
        return self.folder / part / name[:2] / name[2:]


def _opened(content: memoryview) -> tuple[bytes, dict[str, Any]] | None:
    size = int.from_bytes(content[:8], "big")
    try:
        facts = json.loads(bytes(content[8 : 8 + size]))
    except (ValueError, RecursionError):
        return None
    return (bytes(content[8 + size :]), facts) if isinstance(facts, dict) and 8 + size <= len(content) else None
