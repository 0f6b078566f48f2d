"""JPEG in front of the model: the service compresses what it is asked (ROSE IV-A, quality 55 to 100)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL import Image
from pydantic import Field

from arena.strategies import PICTURES, QUERIES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Jpeg(Attack):
    """compresses and decompresses every queried image as JPEG (ROSE IV-A)"""

    changes = QUERIES
    needs = frozenset({PICTURES})

    quality: Annotated[int, Field(ge=1, le=100)] = 75

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        return np.stack([self._through(image) for image in images]) if len(images) else images

    def _through(self, image: np.ndarray) -> np.ndarray:
        pixels = image.transpose(1, 2, 0)
        buffer = io.BytesIO()
        Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "JPEG", quality=self.quality)
        return np.asarray(Image.open(buffer)).reshape(pixels.shape).transpose(2, 0, 1)
