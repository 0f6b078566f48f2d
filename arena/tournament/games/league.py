"""Rankings that don't hang on order or names: a league in which ties are ties, and the Pareto front.

Who stands first is said only where the seeds say it: two strategies tie unless the interval of their difference, over
the same draws of seeds, leaves 0 out. A place is one more than the number of those who are surely better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arena.tournament.statistics.intervals import CONFIDENCE


@dataclass(frozen=True)
class Place:
    """A strategy's place (1 is the best), its score between what and what, and with whom it ties."""

    place: int
    name: str
    score: float
    low: float
    high: float
    ties: tuple[str, ...]


def league(names: Sequence[str], scores: ArrayLike, draws: ArrayLike, confidence: float = CONFIDENCE) -> list[Place]:
    """The places of strategies by `scores` (strategies,), greatest first; `draws` (draws, strategies) are the same
    scores when seeds are drawn again (Bootstrap.over)."""
    measured, drawn = np.asarray(scores, dtype=float), np.asarray(draws, dtype=float)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(drawn, tails, axis=0)
    better = _surely_better(drawn, tails[0])
    tied = ~better & ~better.T & ~np.eye(len(names), dtype=bool)
    made = [Place(1 + int(better[:, i].sum()), name, float(measured[i]), float(low[i]), float(high[i]),
                  tuple(sorted(names[int(j)] for j in np.flatnonzero(tied[i])))) for i, name in enumerate(names)]
    return sorted(made, key=lambda one: (one.place, -one.score, one.name))


def _surely_better(draws: NDArray[np.float64], tail: float) -> NDArray[np.bool_]:
    """Whether one (row) beats another (column): the lower end of the interval of their difference is above 0."""
    better = np.zeros((draws.shape[1],) * 2, dtype=bool)
    for i, own in enumerate(draws.T):
        better[i] = np.quantile(own[:, None] - draws, tail, axis=0) > 0
    return better


def pareto(points: ArrayLike) -> NDArray[np.bool_]:
    """Which of some points (points, figures), greater being better in each, no other point beats: at least as good
    everywhere and better somewhere. Equal points stand or fall together; a point with a NaN is never on the front."""
    figures = np.asarray(points, dtype=float)
    known = ~np.isnan(figures).any(1)
    front = known.copy()
    for i in np.flatnonzero(known):
        others = figures[known]
        front[i] = not ((others >= figures[i]).all(1) & (others > figures[i]).any(1)).any()
    return front
