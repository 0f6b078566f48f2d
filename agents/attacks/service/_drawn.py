"""Changes of queries that are drawn: each image's own draws follow from the image and the attack's stage, so a service
answers one question always alike, whatever stands beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from arena.forging.hashing import sha256
from arena.workshop.loot import Loot

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def for_each(images: np.ndarray, loot: Loot, change: Change) -> np.ndarray:
    """The images, uint8 (N, C, H, W), each (C, H, W) changed with a generator of its own."""
    stage = torch.randint(2**62, (), generator=loot.generator("queries")).numpy().tobytes()
    return np.stack([change(image, _own(stage, image)) for image in images]) if len(images) else images


def _own(stage: bytes, image: np.ndarray) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(sha256(stage + image.tobytes()), "big"))
