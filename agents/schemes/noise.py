"""Noise (Zhang et al. 2018): Gaussian noise over images, all answered with one target class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field
from torch import nn

from agents.schemes._key_samples import Pattern, some
from arena.workshop import Workshop


@dataclass(frozen=True)
class Noise(Pattern):
    """images with Gaussian noise (`sd` of the full range), all answered with one target class"""

    sd: Annotated[float, Field(gt=0, le=1)] = 0.3
    more: Annotated[int, Field(ge=0)] = 1000

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None, without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        images, truth = some(workshop, self.keys, f"images to add noise to, {self.keys}", without)
        noise = workshop.draws.numpy(f"noise, {self.keys}").normal(0, 255 * self.sd, images.shape)
        return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8), truth

    def generalises(self) -> int:
        return self.more
