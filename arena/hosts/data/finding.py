"""Which source has a data set, found without torch: named ones, and those of the user's own at a path.

A source (`sources`, a file each) is asked for a name, or for the absolute path that a path in a scenario means; none of
them needs to know the scenario.
"""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, suggest
from arena.hosts.data.known import missing

MOST_NAMED = 20


def is_path(name: str) -> bool:
    """Whether a data set is called by a path: `./photos`, `path/to/folder`, `mine.npz`."""
    return "/" in name or name.endswith(".npz")


def placed(name: str, beside: Path) -> str:
    """What sources are asked for: a name, or the absolute path of one that is relative to the folder `beside`."""
    return str(beside.resolve() / name) if is_path(name) else name


@cache
def sources() -> tuple[Any, ...]:
    """Where data sets come from, in the order in which they are asked."""
    names = [file.stem for file in (Path(__file__).parent / "sources").glob("*.py") if not file.stem.startswith("_")]
    found = [importlib.import_module(f"arena.hosts.data.sources.{name}") for name in names]
    return tuple(sorted(found, key=lambda source: source.ORDER))


def source_of(where: str, folder: Path | None) -> Any:
    """The source that has what `placed` gave; None where there is none."""
    return next((source for source in sources() if source.has(where, folder)), None)


def lacking(name: str, where: str, folder: Path | None) -> ArenaError:
    """What to say of a data set that no source has."""
    if where == name:
        beside = f"; a folder beside the scenario is written ./{name}" if Path(name).is_dir() else ""
        return ArenaError(f"{missing(name, folder)}{beside}")
    path = Path(where)
    if path.exists():
        return ArenaError(f"{name}: neither a folder of images, nor an .npz, nor a data set that Hugging Face saved")
    near = sorted(each.name for each in path.parent.iterdir())[:MOST_NAMED] if path.parent.is_dir() else []
    return ArenaError(f"{name}: no such file or folder in {path.parent}{suggest(path.name, near) if near else ''}")
