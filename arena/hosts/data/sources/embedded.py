"""scikit-learn's digits, read from its file: importing scikit-learn takes ten times as long."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from arena.hosts.data.archives import Arrays

ORDER, FETCHES = 2, False


def has(name: str, folder: Path | None) -> bool:
    return name == "digits"


def read(name: str, folder: Path | None) -> Arrays:
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None and spec.origin is not None, "scikit-learn is a dependency"
    table = np.loadtxt(Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",",
                       dtype=np.float32)
    images = np.rint(table[:, :-1].reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    return {"train_images": images, "train_labels": table[:, -1].astype(np.int64),
            "classes": np.array([str(d) for d in range(10)])}
