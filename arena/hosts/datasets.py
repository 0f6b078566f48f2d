"""Data sets as uint8 tensors in memory, split as ROSE does (IV-A): the training images 80 % train, 10 % validation, 10
% fine-tuning.

Where they come from: `hosts.data.sources`, a file each: NAME.npz in the folder of `--data` or $ARENA_DATA, Debian's
package (fashion-mnist), scikit-learn (digits, breast-cancer), torchvision's download; by their path an .npz, a folder
of images, what Hugging Face saved. A table is images one pixel high. An .npz holds uint8 train_images and test_images
(N, H, W, C), integer train_labels and test_labels (N,), optionally `classes` (names) and `train_track` (images of one
track stay on one side of a split); `hosts.data.archives` checks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from arena.base.draws import Draws
from arena.base.errors import ArenaError
from arena.base.files import stamp_of
from arena.hosts.data.archives import Arrays
from arena.hosts.data.finding import is_path, lacking, placed, source_of
from arena.hosts.data.known import PARTS, Part

MOST_CUSTOMERS = 1000


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


def some(samples: Samples, count: int, draw: torch.Generator, name: str,
         least: int | None = None) -> torch.Tensor:
    """Indices, int64 (count,), of different images in a drawn order. ArenaError, naming whose they are, when there are
    fewer (or fewer than `least`, when that will do)."""
    order = torch.randperm(len(samples), generator=draw)
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


def load(name: str, folder: Path | None, seed: int, limit: int = 0, pad: int = 0, tests: int = 0,
         beside: Path = Path()) -> Dataset:
    """The data set `name`, which is in the folder of data sets, or a path relative to `beside`, split by the world's
    `seed`; `limit` keeps that many training images before the split and `tests` that many test images (0: all), `pad`
    is the side to which smaller images are padded with black. No agent holds the part "customers": the test images
    that `tests` leaves over, or a fifth of all, 1,000 at the most. ArenaError when the set is missing, wrong, or too
    small to split."""
    raw = _raw(name, folder, beside, _stamp(name, beside))
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
        if raw["train_images"].shape[1] == 1:
            raise ArenaError(f"pad is for pictures, and {name} is a table")
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
    if "train_track" not in raw:
        order = draw.permutation(len(raw["train_labels"]))[: limit or None]
        return np.split(order, _cuts(len(order)))
    tracks = np.unique(raw["train_track"], return_inverse=True)[1]
    rank = draw.permutation(int(tracks.max()) + 1)
    order = np.argsort(rank[tracks], kind="stable")[: limit or None]
    return np.split(order, _between(tracks[order], *_cuts(len(order))))


def _cuts(count: int) -> tuple[int, int]:
    return int(count * 0.8), int(count * 0.9)


def _between(tracks: np.ndarray, first: int, second: int) -> tuple[int, int]:
    """The places nearest to the two cuts where a track ends; two different ones, if there are as many."""
    ends = (np.flatnonzero(np.diff(tracks)) + 1).tolist()
    if not ends:
        return len(tracks), len(tracks)
    one, two = (min(ends, key=lambda end: abs(end - cut)) for cut in (first, second))
    if one < two or len(ends) == 1:
        return one, two
    place = max(1, ends.index(one))
    return min(pairwise(ends[place - 1: place + 2]), key=lambda pair: abs(pair[0] - first) + abs(pair[1] - second))


def _tests(count: int, wanted: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which test images are for testing, and which are customers': those that `wanted` leaves over, else a fifth."""
    order = draw.permutation(count)
    cut = wanted if 0 < wanted < count else count - min(MOST_CUSTOMERS, max(1, count // 5))
    return np.sort(order[:cut]), order[cut:][:MOST_CUSTOMERS]


def padded(images: torch.Tensor, side: int) -> torch.Tensor:
    """uint8 (N, C, H, W) with black around, to `side` x `side` at the least."""
    high, wide = (max(0, side - n) for n in images.shape[2:])
    return torch.nn.functional.pad(images, (wide // 2, wide - wide // 2, high // 2, high - high // 2))


def available(name: str, folder: Path | None, beside: Path = Path()) -> None:
    """ArenaError when the data set can't be had; cheap (a download is only tried when it is needed)."""
    where = placed(name, beside)
    if source_of(where, folder) is None:
        raise lacking(name, where, folder)


def at_hand(name: str, folder: Path | None) -> bool:
    """Whether it can be had without a download."""
    source = source_of(placed(name, Path()), folder)
    return source is not None and not source.FETCHES


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
def _raw(name: str, folder: Path | None, beside: Path = Path(), stamp: object = None) -> Arrays:
    """What a source reads; read again where the `stamp` of its files is another."""
    where = placed(name, beside)
    source = source_of(where, folder)
    if source is None:
        raise lacking(name, where, folder)
    return source.read(where, folder)


def _stamp(name: str, beside: Path) -> object:
    """What changes with the files of a data set that is called by its path."""
    return stamp_of(Path(placed(name, beside))) if is_path(name) else None
