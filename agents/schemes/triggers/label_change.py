"""Label change (Namba and Sakuma 2019, 5.1): training images as they are, with wrong labels; nobody can tell their
queries from others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from agents.schemes.triggers._key_samples import KeySamples, some
from arena.workshop.workshop import Workshop


@dataclass(frozen=True)
class LabelChange(KeySamples):
    """training images with changed labels, embedded by a second training"""

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        return some(workshop, self.keys, "key samples")
