"""What scikit-learn embeds, read from its files: importing scikit-learn takes ten times as long.

A table is a picture one pixel high: every column in 256 steps between its least and its largest value.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from arena.hosts.data.archives import Arrays

ORDER, FETCHES = 2, False


def has(name: str, folder: Path | None) -> bool:
    return name in SETS


def read(name: str, folder: Path | None) -> Arrays:
    return SETS[name]()


def digits() -> Arrays:
    """8x8 digits in 17 shades of grey."""
    values, labels = _table("digits.csv.gz")
    images = np.rint(values.reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    return {"train_images": images, "train_labels": labels, "classes": np.array([str(d) for d in range(10)])}


def breast_cancer() -> Arrays:
    """30 figures of the cell nuclei in an image of a fine needle aspirate (Street, Wolberg & Mangasarian 1993)."""
    values, labels = _table("breast_cancer.csv", skip=1)
    low, high = values.min(0), values.max(0)
    columns = np.rint((values - low) / (high - low) * 255).astype(np.uint8)
    return {"train_images": columns[:, None, :, None], "train_labels": labels,
            "classes": np.array(["malignant", "benign"])}


SETS = {"digits": digits, "breast-cancer": breast_cancer}


def _table(name: str, skip: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The columns, float32 (N, F), and the last one as labels, int64 (N,)."""
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None and spec.origin is not None, "scikit-learn is a dependency"
    table = np.loadtxt(Path(spec.origin).parent / "datasets" / "data" / name, delimiter=",", dtype=np.float32,
                       skiprows=skip)
    return table[:, :-1], table[:, -1].astype(np.int64)
