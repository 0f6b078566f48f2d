"""Data sets as uint8 tensors in memory, split as ROSE does (IV-A): the training images 80 % train, 10 % validation, 10
% fine-tuning.

Where they come from, in this order: NAME.npz in the folder of `--data` or $ARENA_DATA, scikit-learn (digits), Debian's
package (fashion-mnist), torchvision's download. An .npz holds uint8 train_images and test_images (N, H, W, C), integer
train_labels and test_labels (N,), optionally `classes` (names) and `train_track` (images of one track stay on one side
of a split); `hosts.data.archives` checks it.
"""

from __future__ import annotations

import gzip
import importlib.util
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from arena.base.draws import Draws
from arena.base.errors import ArenaError, suggest
from arena.hosts.data import archives
from arena.hosts.data.archives import Arrays
from arena.hosts.data.known import DOWNLOADS, KNOWN, PARTS, Part

MOST_CUSTOMERS = 1000
DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")
FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


@dataclass(frozen=True)
class Samples:
    """Images, uint8 (N, C, H, W), with labels, int64 (N,), or soft ones, float (N, classes); augmentation leaves alone
    those that `fixed` (N,) marks."""

    images: torch.Tensor
    labels: torch.Tensor
    fixed: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: torch.Tensor) -> Samples:
        return Samples(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """A named data set, split; `parts` maps "train", "validation", "fine-tune", "test" and "customers" to samples."""

    name: str
    classes: tuple[str, ...]
    parts: dict[Part, Samples]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)"""
        return tuple(next(iter(self.parts.values())).images.shape[1:])  # type: ignore[return-value]


def different(images: np.ndarray, order: Iterable[int], count: int) -> list[int]:
    """The first `count` of `order` whose images are different ones; fewer where there are not so many."""
    chosen: dict[bytes, int] = {}
    for index in order:
        if len(chosen) == count:
            break
        chosen.setdefault(images[index].tobytes(), index)
    return list(chosen.values())


def some(samples: Samples, count: int, draw: torch.Generator, name: str, without: int | None = None,
         least: int | None = None) -> torch.Tensor:
    """Indices, int64 (count,), of different images in a drawn order, none of class `without`. ArenaError, naming whose
    they are, when there are fewer (or fewer than `least`, when that will do)."""
    order = torch.randperm(len(samples), generator=draw)
    if without is not None:
        order = order[samples.labels[order] != without]
    index = different(samples.images.numpy(), order.tolist(), count)
    if len(index) < (count if least is None else least):
        raise ArenaError(f"{count} different images are wanted, but {name} has {len(index)} for them")
    return torch.tensor(index, dtype=torch.int64)


def fitted(samples: Samples, shape: tuple[int, int, int]) -> Samples:
    """The samples in the shape that the host takes: resized, grey or colour."""
    images = samples.images
    if images.shape[1] != shape[0]:
        images = images.expand(-1, 3, -1, -1) if shape[0] == 3 else images.float().mean(1, keepdim=True)
    if tuple(images.shape[2:]) != shape[1:]:
        images = torch.nn.functional.interpolate(images.float(), size=shape[1:], mode="bilinear", antialias=True)
    return Samples(images.round().clamp(0, 255).to(torch.uint8).contiguous()
                   if images.is_floating_point() else images.contiguous(), samples.labels)


def load(name: str, folder: Path | None, seed: int, limit: int = 0, pad: int = 0, tests: int = 0) -> Dataset:
    """The data set `name`, split by the world's `seed`; `limit` keeps that many training images before the split and
    `tests` that many test images (0: all), `pad` is the side to which smaller images are padded with black. No agent
    holds the part "customers": the test images that `tests` leaves over, or a fifth of all, 1,000 at the most.
    ArenaError when the set is missing, wrong, or too small to split."""
    raw = _raw(name, folder)
    draw = Draws.public(seed).numpy(f"split of {name}")
    if "test_images" not in raw:
        raw = _hold_out(raw, draw)
    train, test = _training(raw, draw, limit), _tests(len(raw["test_labels"]), tests, draw)
    index = dict(zip(PARTS, (*train, *test), strict=True))
    if empty := [part for part, each in index.items() if not len(each)]:
        raise _too_small(name, raw, limit, empty)
    parts = {part: _samples(*(raw[f"{'train' if part in PARTS[:3] else 'test'}_{what}"][each]
                              for what in ("images", "labels")))
             for part, each in index.items()}
    if pad:
        parts = {part: Samples(padded(samples.images, pad), samples.labels) for part, samples in parts.items()}
    return Dataset(name, tuple(str(c) for c in raw["classes"]), parts)


def _too_small(name: str, raw: Arrays, limit: int, empty: list[Part]) -> ArenaError:
    kept, limited = len(raw["train_labels"]), ""
    if limit and limit < kept:
        kept, limited = limit, " (limit)"
    tracks = " of few tracks" if "train_track" in raw else ""
    return ArenaError(f"data set {name!r} is too small to split: {kept} training images{tracks}{limited} and "
                      f"{len(raw['test_labels'])} test images "
                      f"leave none for {', '.join(empty)}; 6 and 2 are needed at the least")


def _training(raw: Arrays, draw: np.random.Generator, limit: int) -> list[np.ndarray]:
    """The training images in a random order, 80 %, 10 % and 10 %; images of one track stay together."""
    tracks = (np.unique(raw["train_track"], return_inverse=True)[1]
              if "train_track" in raw else np.arange(len(raw["train_labels"])))
    rank = draw.permutation(int(tracks.max()) + 1)
    order = np.argsort(rank[tracks], kind="stable") if "train_track" in raw else rank
    order = order[: limit or None]
    cuts = [int(len(order) * share) for share in (0.8, 0.9)]
    return np.split(order, [_between(tracks[order], cut) for cut in cuts])


def _between(tracks: np.ndarray, cut: int) -> int:
    """The place nearest to `cut` where a track ends."""
    ends = np.flatnonzero(np.diff(tracks)) + 1
    return int(ends[np.abs(ends - cut).argmin()]) if len(ends) else len(tracks)


def _tests(count: int, wanted: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which test images are for testing, and which are customers': those that `wanted` leaves over, else a fifth."""
    order = draw.permutation(count)
    cut = wanted if 0 < wanted < count else count - min(MOST_CUSTOMERS, max(1, count // 5))
    return np.sort(order[:cut]), order[cut:][:MOST_CUSTOMERS]


def padded(images: torch.Tensor, side: int) -> torch.Tensor:
    """uint8 (N, C, H, W) with black around, to `side` x `side` at the least."""
    high, wide = (max(0, side - n) for n in images.shape[2:])
    return torch.nn.functional.pad(images, (wide // 2, wide - wide // 2, high // 2, high - high // 2))


def available(name: str, folder: Path | None) -> None:
    """ArenaError when the data set can't be had; cheap (a download is only tried when it is needed)."""
    if name != "digits" and next(_files(name, folder), None) is None and name not in DOWNLOADS:
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


@lru_cache(maxsize=4)
def _raw(name: str, folder: Path | None) -> Arrays:
    if (file := next(_files(name, folder), None)) is not None:
        return _debian_fashion(file) if file.is_dir() else archives.read(file)
    if name == "digits":
        return _digits()
    if name in DOWNLOADS:
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
    return ArenaError(f"data set {name!r} is missing{places}: put {name}.npz into the folder of --data or $ARENA_DATA "
                      f"(uint8 train_images and "
                      f"test_images (N, H, W, C), train_labels and test_labels (N,)){hint}")


def _digits() -> Arrays:
    """scikit-learn's digits, read from its file: importing scikit-learn takes ten times as long."""
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None and spec.origin is not None, "scikit-learn is a dependency"
    table = np.loadtxt(Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",",
                       dtype=np.float32)
    images = np.rint(table[:, :-1].reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    return {"train_images": images, "train_labels": table[:, -1].astype(np.int64),
            "classes": np.array([str(d) for d in range(10)])}


def _debian_fashion(folder: Path) -> Arrays:
    def read(file: str, offset: int) -> np.ndarray:
        with gzip.open(folder / file) as f:
            return np.frombuffer(f.read(), np.uint8, offset=offset)

    raw = {"classes": np.array(FASHION)}
    with archives.guarded(folder):
        for part, stem in (("train", "train"), ("test", "t10k")):
            raw[f"{part}_images"] = read(f"{stem}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
            raw[f"{part}_labels"] = read(f"{stem}-labels-idx1-ubyte.gz", 8)
    return archives.checked(raw, folder)


def _torchvision(name: str, folder: Path | None) -> Arrays:
    from torchvision import datasets

    root = folder or Path(os.environ.get("ARENA_DATA") or Path.home() / ".cache" / "arena" / "data")
    raw: Arrays = {}
    for part in ("train", "test"):
        try:
            data = getattr(datasets, DOWNLOADS[name].there)(root=root, train=part == "train", download=True)
        except (OSError, RuntimeError, ValueError, EOFError) as error:
            missing = _missing(name, folder)
            raise ArenaError(f"{missing}; torchvision's download failed: {str(error).splitlines()[0]}") from None
        images = np.asarray(data.data)
        raw[f"{part}_images"] = images[..., None] if images.ndim == 3 else images
        raw[f"{part}_labels"] = np.asarray(data.targets)
        raw["classes"] = np.array(data.classes)
    return archives.checked(raw, root)
