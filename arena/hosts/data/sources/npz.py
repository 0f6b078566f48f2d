"""NAME.npz in the folder of `--data` or $ARENA_DATA; an .npz at a path."""

from __future__ import annotations

import os
from pathlib import Path

from arena.hosts.data import archives
from arena.hosts.data.archives import Arrays

ORDER, FETCHES = 0, False


def _file(name: str, folder: Path | None) -> Path | None:
    if Path(name).is_absolute():
        return Path(name) if name.endswith(".npz") and Path(name).is_file() else None
    places = [folder, os.environ.get("ARENA_DATA")]
    return next((file for place in places if place and (file := Path(place) / f"{name}.npz").is_file()), None)


def has(name: str, folder: Path | None) -> bool:
    return _file(name, folder) is not None


def read(name: str, folder: Path | None) -> Arrays:
    file = _file(name, folder)
    assert file is not None, "it was there"
    return archives.read(file)


def size(name: str, folder: Path | None) -> tuple[int, int]:
    """(training images, pixels of one), by its header."""
    file = _file(name, folder)
    assert file is not None, "it was there"
    return archives.size(file)
