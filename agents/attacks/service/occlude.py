"""Occlusion (DeVries & Taylor 2017, "Cutout", at the query): a square of every image is covered, so a pattern that lies
in one place is gone as often as it lies there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.attacks.service._drawn import for_each
from arena.base.units import Share
from arena.strategies import PICTURES, QUERIES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Occlude(Attack):
    """covers a square whose sides are `share` of the image's shorter one, somewhere in every query, with the image's
    mean colour"""

    changes = QUERIES
    needs = frozenset({PICTURES})

    share: Share = 0.3

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        return for_each(images, loot, self._covered)

    def _covered(self, image: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        high, wide = image.shape[1:]
        side = round(self.share * min(high, wide))
        top, left = draw.integers(0, [high - side + 1, wide - side + 1])
        out = image.copy()
        out[:, top: top + side, left: left + side] = np.rint(image.mean((1, 2), keepdims=True))
        return out
