"""Noise (Zhang et al. 2018): Gaussian noise over images, answered with a target for each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from agents.schemes.patterns._pattern import Pattern


@dataclass(frozen=True)
class Noise(Pattern):
    """images with Gaussian noise (`sd` of the full range), answered with a target for each class"""

    sd: Annotated[float, Field(gt=0, le=1)] = 0.3

    def worn(self, images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        noise = draw.normal(0, 255 * self.sd, images.shape)
        return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)
