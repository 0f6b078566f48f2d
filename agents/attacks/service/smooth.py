"""Smoothing of queries (Xu, Evans & Qi, "Feature Squeezing", NDSS 2018; "input smoothing" of Lukas et al. 2022): each
pixel becomes what its neighbours say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy import ndimage

from arena.strategies import PICTURES, QUERIES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Smooth(Attack):
    """replaces every pixel of a query by the mean or the median of a window of `size` pixels, or by a Gaussian mean
    whose standard deviation is a third of it"""

    changes = QUERIES
    needs = frozenset({PICTURES})

    by: Literal["mean", "median", "gaussian"] = "median"
    size: Annotated[int, Field(ge=1, le=64)] = 3

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        window = (1, 1, self.size, self.size)
        if self.by == "median":
            return ndimage.median_filter(images, size=window)
        if self.by == "mean":
            return np.rint(ndimage.uniform_filter(images.astype(float), size=window)).astype(np.uint8)
        width = (0, 0, self.size / 3, self.size / 3)
        return np.rint(ndimage.gaussian_filter(images.astype(float), sigma=width)).astype(np.uint8)
