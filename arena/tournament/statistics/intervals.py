"""Intervals of one cell: of a share of matches (Clopper & Pearson 1934) and of a mean (Student 1908)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate, and between what it lies; `n` is how many matches or seeds it rests on."""

    value: float
    low: float
    high: float
    n: int

    def meets(self, other: Interval) -> bool:
        """Whether the two intervals have a point in common."""
        return self.low <= other.high and other.low <= self.high


def share(hits: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """`hits` of `n` matches, with the interval that holds the true share at least as often as `confidence` says; of no
    match, everything is possible."""
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0)
    tail = (1 - confidence) / 2
    low = float(stats.beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(stats.beta.isf(tail, hits + 1, n - hits)) if hits < n else 1.0
    return Interval(hits / n, low, high, n)


def mean(samples: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """The mean of samples that were measured (not NaN); of fewer than two, everything is possible."""
    known = np.asarray(samples, dtype=float)
    known = known[~np.isnan(known)]
    n = len(known)
    if n < 2:
        return Interval(float(known[0]) if n else math.nan, -math.inf, math.inf, n)
    reach = stats.t.isf((1 - confidence) / 2, n - 1) * known.std(ddof=1) / math.sqrt(n)
    return Interval(float(known.mean()), float(known.mean() - reach), float(known.mean() + reach), n)


def smoothed(hits: ArrayLike, n: ArrayLike) -> np.ndarray:
    """What solving uses for a share, (k + 1/2) / (n + 1): the mean of Jeffreys' posterior, never quite 0 or 1."""
    return (np.asarray(hits, dtype=float) + 0.5) / (np.asarray(n, dtype=float) + 1)
