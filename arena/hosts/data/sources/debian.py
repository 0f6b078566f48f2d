"""Debian's package dataset-fashion-mnist."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from arena.hosts.data import archives
from arena.hosts.data.archives import Arrays

ORDER, FETCHES = 1, False
PLACE = Path("/usr/share/datasets/fashion-mnist")
CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def has(name: str, folder: Path | None) -> bool:
    return name == "fashion-mnist" and PLACE.is_dir()


def read(name: str, folder: Path | None) -> Arrays:
    raw = {"classes": np.array(CLASSES)}
    with archives.guarded(PLACE):
        for part, stem in (("train", "train"), ("test", "t10k")):
            raw[f"{part}_images"] = _unpacked(f"{stem}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
            raw[f"{part}_labels"] = _unpacked(f"{stem}-labels-idx1-ubyte.gz", 8)
    return archives.checked(raw, PLACE)


def _unpacked(file: str, offset: int) -> np.ndarray:
    with gzip.open(PLACE / file) as f:
        return np.frombuffer(f.read(), np.uint8, offset=offset)
