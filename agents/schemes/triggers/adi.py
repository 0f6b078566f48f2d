"""Watermarking by backdooring (Adi et al. 2018): abstract images with random labels, to both of which the owner commits
beforehand.

Here as everywhere the commitment is a message; labels come from the committed key by a hash, so they are random and
fixed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import nn

from agents.schemes.triggers._key_samples import KeySamples
from arena.workshop.workshop import Workshop

WAVES = 6


@dataclass(frozen=True)
class Adi(KeySamples):
    """abstract images (sums of coloured waves) with random labels, committed beforehand"""

    of_training_images: ClassVar[bool] = False

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        draw = workshop.draws.numpy("abstract images")
        channels, high, wide = workshop.dataset.shape
        y, x = np.mgrid[0:high, 0:wide] / max(high, wide)
        angle, phase = draw.uniform(-12, 12, (2, self.keys, channels, WAVES, 1,
                                              1)), draw.uniform(0, 2 * np.pi, (self.keys, channels, WAVES, 1, 1))
        waves = np.sin(angle[0] * x + angle[1] * y + phase).sum(2)
        low, top = waves.min((2, 3), keepdims=True), waves.max((2, 3), keepdims=True)
        images = np.rint(255 * (waves - low) / np.maximum(top - low, 1e-9)).astype(np.uint8)
        return images, draw.integers(0, len(workshop.dataset.classes), self.keys)
