"""Files: written whole or not at all, read with care, named by their hash; the folder in which artefacts are kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from arena.base.errors import ArenaError

PART = ".part-"


def write_atomically(path: Path, raw: bytes) -> None:
    """Writes a file so that it is there whole or not at all; ArenaError when the place can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=PART)
        try:
            with os.fdopen(handle, "wb") as f:
                f.write(raw)
            os.chmod(part, 0o644)
            os.replace(part, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise
    except (OSError, ValueError) as error:
        raise ArenaError(f"{path}: can't be written: {getattr(error, 'strerror', None) or error}") from None


def read_plain(path: Path) -> bytes | None:
    """The content of a plain file; None for what can't be read or is something else (a pipe would wait for ever)."""
    try:
        return path.read_bytes() if path.is_file() else None
    except (OSError, ValueError, MemoryError):
        return None


def default_folder() -> Path:
    """$ARENA_STORE, else arena/ in the user's cache folder."""
    if folder := os.environ.get("ARENA_STORE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "arena"


def file_hashes(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Name -> SHA-256 of a user's file, or of a folder of his, in `folder`; empty for one that can't be read."""
    return {name: (folder_hash if (folder / name).is_dir() else file_hash)(folder / name) for name in names}


def changed_files(folder: Path, recorded: Mapping[str, str]) -> list[str]:
    """Those of the recorded files that are not what they were, each with what happened to it."""
    now = file_hashes(folder, recorded)
    return [f"{name} ({'changed' if now[name] else 'missing'})" for name in now if now[name] != recorded[name]]


def file_hash(path: Path) -> str:
    """SHA-256 of a plain file; empty for what can't be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def folder_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of all files in a folder and beneath it; hidden ones don't count. Empty where
    there are none."""
    h, files = hashlib.sha256(), files_in(folder)
    for path in files:
        name = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        h.update(len(name).to_bytes(8, "big") + name + file_hash(path).encode())
    return h.hexdigest() if files else ""


def files_in(folder: Path) -> list[Path]:
    """The files of a folder and beneath it in the order of their names, hidden ones aside; links to folders are not
    followed."""
    found: list[Path] = []
    for above, names, files in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".")]
        found += [Path(above) / name for name in files if not name.startswith(".")]
    return sorted(found)


def stamp_of(path: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file, or one in a folder, does: names, sizes and times."""
    seen: list[tuple[str, int, int]] = []
    for each in files_in(path) if path.is_dir() else [path]:
        with suppress(OSError):
            found = each.stat()
            seen.append((str(each), found.st_size, found.st_mtime_ns))
    return tuple(seen)
