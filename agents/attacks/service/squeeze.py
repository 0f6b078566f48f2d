"""Fewer shades (Xu, Evans & Qi, "Feature Squeezing", NDSS 2018, section 3.1; "input quantization" of Lukas et al.
2022)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from arena.strategies import QUERIES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Squeeze(Attack):
    """rounds every query's pixels to 2^`bits` shades between black and white"""

    changes = QUERIES

    bits: Annotated[int, Field(ge=1, le=8)] = 3

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        top = 2 ** self.bits - 1
        return np.rint(np.rint(images / 255 * top) / top * 255).astype(np.uint8)
