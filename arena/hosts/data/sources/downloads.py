"""What torchvision downloads, when it is first needed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from arena.base.errors import ArenaError
from arena.hosts.data import archives
from arena.hosts.data.archives import Arrays
from arena.hosts.data.known import DOWNLOADS, missing

ORDER, FETCHES = 3, True


def has(name: str, folder: Path | None) -> bool:
    return name in DOWNLOADS


def read(name: str, folder: Path | None) -> Arrays:
    from torchvision import datasets

    root = folder or Path(os.environ.get("ARENA_DATA") or Path.home() / ".cache" / "arena" / "data")
    raw: Arrays = {}
    for part in ("train", "test"):
        try:
            data = getattr(datasets, DOWNLOADS[name].there)(root=root, train=part == "train", download=True)
        except (OSError, RuntimeError, ValueError, EOFError) as error:
            why = str(error).splitlines()[0]
            raise ArenaError(f"{missing(name, folder)}; torchvision's download failed: {why}") from None
        images = np.asarray(data.data)
        raw[f"{part}_images"] = images[..., None] if images.ndim == 3 else images
        raw[f"{part}_labels"] = np.asarray(data.targets)
        raw["classes"] = np.array(data.classes)
    return archives.checked(raw, root)
