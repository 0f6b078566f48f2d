"""The folder in which many matches leave their journal and what is derived from it."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.files import read_plain
from arena.face.machine import Place

MATCHES, PAGE = "matches", "report.html"
Kept = tempfile.TemporaryDirectory[str] | None
"""What holds a folder that is gone with its owner; None for one that stays."""


def folder_of(out: Place | None, kind: str) -> tuple[Path, Kept]:
    """The folder that is asked for, or one that is gone with what is returned beside it."""
    if out is not None:
        return Path(out), None
    kept = tempfile.TemporaryDirectory(prefix=f"arena-{kind}-")
    return Path(kept.name), kept


def check_folder(folder: Path, record: str, kind: str, own: Mapping[str, str], another: str) -> None:
    """ArenaError for a folder that holds something else than a `kind`, or one whose record says otherwise than `own`:
    `another` is what is said then, with the record's words in their places."""
    if (raw := read_plain(folder / record)) is None:
        if folder.is_dir() and any(folder.iterdir()):
            raise ArenaError(f"{folder}: is there already and holds something else than a {kind}")
        return
    try:
        said = {name: json.loads(raw)[name] for name in own}
    except (ValueError, KeyError, TypeError):
        raise ArenaError(f"{folder / record}: this is no {kind}'s record") from None
    if said != own:
        raise ArenaError(f"{folder}: {another.format_map(said)}")


def beside(folder: Path, page: Path) -> Path | None:
    """The folder of kept matches where the page lies beside it, so that it can link to them."""
    return folder / MATCHES if page.resolve().parent == folder.resolve() else None


def save_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Writes plain mappings with the same keys as CSV; nothing where there are none."""
    if lines:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
