"""Mirror images ("input flipping" of Lukas et al. 2022): the model sees every query the other way round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from arena.strategies import PICTURES, QUERIES, Attack
from arena.workshop.loot import Loot

AXES = {"left-right": 3, "up-down": 2}


@dataclass(frozen=True)
class Mirror(Attack):
    """mirrors every queried image"""

    changes = QUERIES
    needs = frozenset({PICTURES})

    along: Literal["left-right", "up-down"] = "left-right"

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        return np.flip(images, AXES[self.along]).copy()
