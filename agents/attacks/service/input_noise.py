"""Noise on queries (Zantedeschi, Nicolae & Rawat 2017; "input noising" of Lukas et al. 2022).

The noise of an image follows from the image and the thief's draws, so the service answers one question always alike,
whatever else it is asked beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from agents.attacks.service._drawn import for_each
from arena.strategies import QUERIES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class InputNoise(Attack):
    """adds Gaussian noise to every query, its standard deviation `amount` of the full range"""

    changes = QUERIES

    amount: Annotated[float, Field(ge=0, le=1)] = 0.1

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        spread = 255 * self.amount
        return for_each(images, loot, lambda image, draw: np.clip(
            np.rint(image + draw.normal(0, spread, image.shape)), 0, 255).astype(np.uint8))

