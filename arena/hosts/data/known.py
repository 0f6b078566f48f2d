"""What there is to know of data sets before one is opened, and without torch: their parts, the names, what torchvision
downloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from arena.base.errors import ArenaError, suggest

Part = Literal["train", "validation", "fine-tune", "test", "customers"]
PARTS: tuple[Part, ...] = ("train", "validation", "fine-tune", "test", "customers")
KNOWN = {
    "digits": "1,797 scanned digits, 8x8, grey; embedded (scikit-learn)",
    "breast-cancer": "569 tumours, a table of 30 columns, 2 classes; embedded (scikit-learn)",
    "mnist": "70,000 digits, 28x28, grey", "fashion-mnist": "70,000 pieces of clothing, 28x28, grey",
    "cifar10": "60,000 photographs, 32x32, colour, 10 classes",
    "cifar100": "60,000 photographs, 32x32, colour, 100 classes",
    "gtsrb": "51,839 German traffic signs, 32x32, colour, 43 classes",
    "caltech101": "8,677 photographs, 64x64, colour, 101 classes",
}


@dataclass(frozen=True)
class Download:
    """What torchvision downloads when it is first needed: its class there, classes, shape (C, H, W), training and test
    images."""

    there: str
    classes: int
    shape: tuple[int, int, int]
    training: int = 60_000
    tests: int = 10_000


DOWNLOADS: Mapping[str, Download] = {
    "mnist": Download("MNIST", 10, (1, 28, 28)), "fashion-mnist": Download("FashionMNIST", 10, (1, 28, 28)),
    "cifar10": Download("CIFAR10", 10, (3, 32, 32), 50_000), "cifar100": Download("CIFAR100", 100, (3, 32, 32), 50_000),
}


def missing(name: str, folder: Path | None) -> ArenaError:
    """What to say of a data set that no source has."""
    places = f" (looked in {folder})" if folder else ""
    hint = "" if name in KNOWN else suggest(name, KNOWN)
    return ArenaError(f"data set {name!r} is missing{places}: put {name}.npz into the folder of --data or $ARENA_DATA "
                      f"(uint8 train_images and "
                      f"test_images (N, H, W, C), train_labels and test_labels (N,)){hint}")
