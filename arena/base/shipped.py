"""The scenarios that come with Arena: in a checkout its folder `scenarios/`, in an installed wheel the copy that
`setup.py` put within the package. Each is called by its place there, without the ending (`quickstart`, `rose/forgers`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from arena.base.errors import ArenaError, suggest

FOLDER, ENDING = "scenarios", ".yaml"
TOURNAMENTS = "tournaments"
PACKAGE = Path(__file__).resolve().parents[1]


def shipped() -> Path:
    """The folder of the scenarios; ArenaError where an installation left it out."""
    for place in (PACKAGE / FOLDER, PACKAGE.parent / FOLDER):
        if place.is_dir():
            return place
    raise ArenaError(f"this installation of Arena has no {FOLDER}: install it again")


def names(folder: str = "") -> dict[str, Path]:
    """Name -> file of what comes with Arena below a folder of it, in order."""
    root = shipped() / folder
    return {file.relative_to(root).with_suffix("").as_posix(): file for file in sorted(root.rglob(f"*{ENDING}"))}


def located(wanted: str | os.PathLike[str], folder: str = "") -> Path:
    """The file that is meant: one of that path, else what comes with Arena under that name, in `folder` too.
    ArenaError where there is neither."""
    path = Path(wanted)
    with suppress(OSError, ValueError):
        if path.is_file():
            return path
    name, known = path.as_posix().removesuffix(ENDING), {**names(), **names(folder)}
    if name not in known:
        raise ArenaError(f"{path!s:.200}: no such file, and nothing of that name comes with Arena"
                         f"{suggest(name[:80], known)}")
    return known[name]
