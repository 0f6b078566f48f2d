"""What `arena new` does: a scenario to begin with, copied from one that comes with Arena, and the command to go on."""

from __future__ import annotations

import shlex
from pathlib import Path

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.base.shipped import TOURNAMENTS, located


def new(file: Path, source: str, overwrite: bool) -> int:
    """Writes FILE, which is not replaced unless that is asked for."""
    origin = located(source, TOURNAMENTS)
    if file.exists() and not overwrite:
        raise ArenaError(f"{file}: is there already; --overwrite replaces it")
    if file.is_dir():
        raise ArenaError(f"{file}: is a folder")
    write_atomically(file, origin.read_bytes())
    print(f"{file}: a copy of {source}; next: {shlex.join(['arena', _played_by(file), str(file)])}")
    return 0


def _played_by(file: Path) -> str:
    return "tournament" if is_tournament(file) else "run"


def is_tournament(path: Path) -> bool:
    """Whether a file is a tournament's rather than a scenario's."""
    from arena.base.yamlfile import read

    return isinstance(found := read(path).data, dict) and "schemes" in found and "agents" not in found
