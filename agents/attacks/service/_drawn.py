"""Changes of queries and answers that are drawn: each image's own draws follow from the image and the attack's stage,
so a service answers one question always alike, whatever stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from arena.forging.hashing import sha256
from arena.workshop.loot import Loot

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def for_each(images: np.ndarray, loot: Loot, change: Change) -> np.ndarray:
    """The images, uint8 (N, C, H, W), each (C, H, W) changed with a generator of its own."""
    draws = draws_of(images, loot, "queries")
    return np.stack([change(image, draw) for image, draw in zip(images, draws, strict=True)]) if len(images) else images


def draws_of(images: np.ndarray, loot: Loot, what: str) -> Iterator[np.random.Generator]:
    """A generator of its own for each image, uint8 (N, C, H, W), of the attack's draws for `what`."""
    stage = torch.randint(2**62, (), generator=loot.generator(what)).numpy().tobytes()
    for image in images:
        yield np.random.default_rng(int.from_bytes(sha256(stage + image.tobytes()), "big"))
