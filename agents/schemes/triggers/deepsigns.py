"""DeepSigns, black box (Rouhani et al. 2018): images of uniform noise with random labels, embedded by a second
training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import nn

from agents.schemes.triggers._key_samples import KeySamples
from arena.workshop.workshop import Workshop


@dataclass(frozen=True)
class Deepsigns(KeySamples):
    """uniform noise with random labels, embedded by a second training

    Noise is of no class, so a random one is written down as what it "is", and the label is drawn among the others.
    """

    of_training_images: ClassVar[bool] = False

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        draw = workshop.draws.numpy("uniform noise")
        images = draw.integers(0, 256, (self.keys, *workshop.dataset.shape), dtype=np.uint8)
        return images, draw.integers(0, len(workshop.dataset.classes), self.keys)
