"""Data sets as uint8 tensors in memory, split as ROSE does (IV-A): the training images 80 % train, 10 % validation, 10 % fine-tuning.

Where they come from, in this order: NAME.npz in the folder of `--data` or $ARENA_DATA, scikit-learn (digits), Debian's package
(fashion-mnist), torchvision's download. An .npz holds uint8 train_images and test_images (N, H, W, C), integer train_labels and
test_labels (N,), optionally `classes` (names) and `train_track` (images of one track stay on one side of a split).
"""

from __future__ import annotations

import gzip
import importlib.util
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from arena.draws import Draws
from arena.errors import ArenaError, suggest

Part = Literal["train", "validation", "fine-tune", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "fine-tune", "test")
KNOWN = {
    "digits": "1,797 scanned digits, 8x8, grey; embedded (scikit-learn)",
    "mnist": "70,000 digits, 28x28, grey", "fashion-mnist": "70,000 pieces of clothing, 28x28, grey",
    "cifar10": "60,000 photographs, 32x32, colour, 10 classes", "cifar100": "60,000 photographs, 32x32, colour, 100 classes",
    "gtsrb": "51,839 German traffic signs, 32x32, colour, 43 classes", "caltech101": "8,677 photographs, 64x64, colour, 101 classes",
}
TORCHVISION = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar10": "CIFAR10", "cifar100": "CIFAR100"}
DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")
FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


@dataclass(frozen=True)
class Samples:
    """Images, uint8 (N, C, H, W), with labels, int64 (N,), or soft ones, float (N, classes); augmentation leaves alone those that `fixed` (N,) marks."""

    images: torch.Tensor
    labels: torch.Tensor
    fixed: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: torch.Tensor) -> Samples:
        return Samples(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """A named data set, split; `parts` maps "train", "validation", "fine-tune" and "test" to samples."""

    name: str
    classes: tuple[str, ...]
    parts: dict[Part, Samples]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)"""
        return tuple(self.parts["train"].images.shape[1:])  # type: ignore[return-value]


def different(images: np.ndarray, order: Iterable[int], count: int) -> list[int]:
    """The first `count` of `order` whose images are different ones; fewer where there are not so many."""
    chosen: dict[bytes, int] = {}
    for index in order:
        if len(chosen) == count:
            break
        chosen.setdefault(images[index].tobytes(), index)
    return list(chosen.values())


def fitted(samples: Samples, shape: tuple[int, int, int]) -> Samples:
    """The samples in the shape that the host takes: resized, grey or colour."""
    images = samples.images
    if images.shape[1] != shape[0]:
        images = images.expand(-1, 3, -1, -1) if shape[0] == 3 else images.float().mean(1, keepdim=True)
    if tuple(images.shape[2:]) != shape[1:]:
        images = torch.nn.functional.interpolate(images.float(), size=shape[1:], mode="bilinear", antialias=True)
    return Samples(images.round().clamp(0, 255).to(torch.uint8).contiguous() if images.is_floating_point() else images.contiguous(), samples.labels)


Arrays = dict[str, np.ndarray]


def load(name: str, folder: Path | None, seed: int, limit: int = 0, pad: int = 0, tests: int = 0) -> Dataset:
    """The data set `name`, split by `seed`; `limit` keeps that many training images before the split and `tests` that many test images
    (0: all), `pad` is the side to which smaller images are padded with black. ArenaError when missing."""
    raw = _raw(name, folder)
    draw = Draws(seed, "arena").numpy(f"split of {name}")
    if "test_images" not in raw:
        raw = _hold_out(raw, draw)
    order = _order(raw, draw)
    if limit:
        order = order[:limit]
    cuts = np.split(order, [int(len(order) * 0.8), int(len(order) * 0.9)])
    parts = {part: _samples(raw["train_images"][index], raw["train_labels"][index]) for part, index in zip(PARTS, cuts, strict=False)}
    kept = np.sort(draw.permutation(len(raw["test_labels"]))[:tests]) if tests else np.arange(len(raw["test_labels"]))
    parts["test"] = _samples(raw["test_images"][kept], raw["test_labels"][kept])
    if pad:
        parts = {part: Samples(padded(samples.images, pad), samples.labels) for part, samples in parts.items()}
    return Dataset(name, tuple(str(c) for c in raw["classes"]), parts)


def padded(images: torch.Tensor, side: int) -> torch.Tensor:
    """uint8 (N, C, H, W) with black around, to `side` x `side` at the least."""
    high, wide = (max(0, side - n) for n in images.shape[2:])
    return torch.nn.functional.pad(images, (wide // 2, wide - wide // 2, high // 2, high - high // 2))


def available(name: str, folder: Path | None) -> None:
    """ArenaError when the data set can't be had; cheap (a download is only tried when it is needed)."""
    if name != "digits" and next(_files(name, folder), None) is None and name not in TORCHVISION:
        raise _missing(name, folder)


def _samples(images: np.ndarray, labels: np.ndarray) -> Samples:
    pixels = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    return Samples(pixels, torch.from_numpy(labels.astype(np.int64)))


def _hold_out(raw: Arrays, draw: np.random.Generator) -> Arrays:
    """A set without a test set (digits) gives a fifth of its images for it."""
    order = draw.permutation(len(raw["train_labels"]))
    test, train = np.split(order, [len(order) // 5])
    return {**raw, "train_images": raw["train_images"][train], "train_labels": raw["train_labels"][train],
            "test_images": raw["train_images"][test], "test_labels": raw["train_labels"][test]}


def _order(raw: Arrays, draw: np.random.Generator) -> np.ndarray:
    """A random order of the training images; images of one track stay together."""
    if "train_track" not in raw:
        return draw.permutation(len(raw["train_labels"]))
    tracks = raw["train_track"]
    rank = draw.permutation(int(tracks.max()) + 1)[tracks]
    return np.argsort(rank, kind="stable")


@lru_cache(maxsize=4)
def _raw(name: str, folder: Path | None) -> Arrays:
    if (file := next(_files(name, folder), None)) is not None:
        return _debian_fashion(file) if file.is_dir() else _npz(file)
    if name == "digits":
        return _digits()
    if name in TORCHVISION:
        return _torchvision(name, folder)
    raise _missing(name, folder)


def _files(name: str, folder: Path | None) -> Iterator[Path]:
    folders = [folder, os.environ.get("ARENA_DATA")]
    yield from (file for place in folders if place and (file := Path(place) / f"{name}.npz").is_file())
    if name == "fashion-mnist" and DEBIAN_FASHION.is_dir():
        yield DEBIAN_FASHION


def _missing(name: str, folder: Path | None) -> ArenaError:
    places = f" (looked in {folder})" if folder else ""
    hint = "" if name in KNOWN else suggest(name, KNOWN)
    return ArenaError(f"data set {name!r} is missing{places}: put {name}.npz into the folder of --data or $ARENA_DATA (uint8 train_images and "
                      f"test_images (N, H, W, C), train_labels and test_labels (N,)){hint}")


def _npz(file: Path) -> Arrays:
    try:
        with np.load(file, allow_pickle=False) as opened:
            raw = {key: opened[key] for key in opened.files}
    except (ValueError, OSError, EOFError) as error:
        raise ArenaError(f"{file}: not an .npz of plain arrays: {error}") from None
    for key in ("train_images", "train_labels"):
        if key not in raw:
            raise ArenaError(f"{file}: array {key!r} is missing; there are: {', '.join(sorted(raw))}")
    for part in ("train", "test"):
        if f"{part}_images" not in raw:
            continue
        images, labels = raw[f"{part}_images"], raw.get(f"{part}_labels", np.empty(0))
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
            raise ArenaError(f"{file}: {part}_images must be uint8 (N, H, W, 1 or 3), not {images.dtype} {images.shape}")
        if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise ArenaError(f"{file}: {part}_labels must be {len(images)} integers, not {labels.dtype} {labels.shape}")
    raw.setdefault("classes", np.array([str(c) for c in range(int(raw["train_labels"].max()) + 1)]))
    if max(int(raw[key].max(initial=0)) for key in raw if key.endswith("_labels")) >= len(raw["classes"]):
        raise ArenaError(f"{file}: a label is larger than the number of classes ({len(raw['classes'])})")
    return raw


def _digits() -> Arrays:
    """scikit-learn's digits, read from its file: importing scikit-learn takes ten times as long."""
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None and spec.origin is not None, "scikit-learn is a dependency"
    table = np.loadtxt(Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",", dtype=np.float32)
    images = np.rint(table[:, :-1].reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    return {"train_images": images, "train_labels": table[:, -1].astype(np.int64), "classes": np.array([str(d) for d in range(10)])}


def _debian_fashion(folder: Path) -> Arrays:
    def read(file: str, offset: int) -> np.ndarray:
        with gzip.open(folder / file) as f:
            return np.frombuffer(f.read(), np.uint8, offset=offset)

    raw = {"classes": np.array(FASHION)}
    for part, stem in (("train", "train"), ("test", "t10k")):
        raw[f"{part}_images"] = read(f"{stem}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
        raw[f"{part}_labels"] = read(f"{stem}-labels-idx1-ubyte.gz", 8)
    return raw


def _torchvision(name: str, folder: Path | None) -> Arrays:
    from torchvision import datasets

    root = folder or Path(os.environ.get("ARENA_DATA") or Path.home() / ".cache" / "arena" / "data")
    raw: Arrays = {}
    for part in ("train", "test"):
        try:
            data = getattr(datasets, TORCHVISION[name])(root=root, train=part == "train", download=True)
        except (OSError, RuntimeError) as error:
            missing = _missing(name, folder)
            raise ArenaError(f"{missing}; torchvision's download failed: {str(error).splitlines()[0]}") from None
        images = np.asarray(data.data)
        raw[f"{part}_images"] = images[..., None] if images.ndim == 3 else images
        raw[f"{part}_labels"] = np.asarray(data.targets)
        raw["classes"] = np.array(data.classes)
    return raw
