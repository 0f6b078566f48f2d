"""The matrices: along an axis, y = output ((kernel g) * (image d)) gives four outputs y of a kernel g (Lavin and Gray
2016, section 4.1; Toom and Cook)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

OUT = 4
"""Outputs of a tile along an axis."""
POINTS = (0, 1, -1, 2, -2, 0.5, -0.5)
"""Where the polynomials are evaluated; infinity is the last one."""


@dataclass(frozen=True, eq=False)
class Algorithm:
    """For one axis, where a tile has S pixels: `kernel` (S, side), `image` (S, S), `output` (4, S)."""

    kernel: np.ndarray
    image: np.ndarray
    output: np.ndarray


@cache
def algorithm(side: int) -> Algorithm:
    """Polynomials are multiplied by their values at S - 1 points and infinity, and a correlation is that, transposed:
    `image` has the coefficients of the products of (x - point) over the other points, whose values there are divided
    out of the kernel."""
    points = POINTS[: side + OUT - 2]

    def values(terms: int) -> np.ndarray:
        return np.array([[float(at) ** power for power in range(terms)] for at in points]
                        + [[float(power == terms - 1) for power in range(terms)]])

    others = [[other for other in points if other != at] for at in points]
    image = [np.append(np.poly(rest)[::-1], 0) for rest in others] + [np.poly(points)[::-1]]
    scale = [np.prod([at - other for other in rest]) for at, rest in zip(points, others, strict=True)] + [1.0]
    return Algorithm(values(side) / np.array(scale)[:, None], np.array(image), values(OUT).T)
