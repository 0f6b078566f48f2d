"""When is a try worth another block of labels? Tables of minimal matches, and what they cost and keep.

Block i of the table is looked at when the first 8(i + 1) labels have been compared (the last one: all s); its last entry is m.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

LABELS = 8


@dataclass(frozen=True)
class Costs:
    """Compressions before the labels (tail and outer) and for each block of labels."""

    base: float = 2.0
    block: float = 1.0


@dataclass(frozen=True)
class Stopping:
    """A table with the share of successes that it keeps and the expected compressions of a try."""

    thresholds: np.ndarray
    kept: float
    per_try: float
    per_success: float


def sizes(s: int) -> list[int]:
    """Labels in each block."""
    return [min(LABELS, s - i) for i in range(0, s, LABELS)]


def _binomial(n: int, p: float) -> np.ndarray:
    return np.array([comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


def _check(s: int, c: int, m: int) -> None:
    if not (s >= 1 and c >= 2 and 0 <= m <= s):
        raise ValueError(f"no such game: {m} of {s} labels over {c} classes")


def thresholds_exact(s: int, c: int, m: int) -> np.ndarray:
    """Give up only when m is out of reach: loses no success."""
    _check(s, c, m)
    return np.array([max(0, m - (s - done)) for done in np.cumsum(sizes(s))], dtype=np.int64)


def evaluate(s: int, c: int, m: int, thresholds: np.ndarray, costs: Costs = Costs()) -> Stopping:
    """Exact share kept and expected compressions of any table."""
    _check(s, c, m)
    alive = np.ones(1)
    per_try = costs.base
    for size, least in zip(sizes(s), thresholds, strict=True):
        per_try += costs.block * float(alive.sum())
        alive = np.convolve(alive, _binomial(size, 1 / c))
        alive[: max(0, int(least))] = 0
    success = float(alive[m:].sum())
    every = float(_binomial(s, 1 / c)[m:].sum())
    return Stopping(np.asarray(thresholds, dtype=np.int64), success / every, per_try, per_try / success if success else float("inf"))


def _best_table(s: int, c: int, m: int, costs: Costs, reward: float) -> np.ndarray:
    """Go on exactly when a success worth `reward` compressions makes it pay (dynamic programming from the last block)."""
    parts = sizes(s)
    value = np.where(np.arange(s + 1) >= m, reward, 0.0)
    table = [m]
    for i in range(len(parts) - 1, 0, -1):
        chances = _binomial(parts[i], 1 / c)
        here = np.array([chances @ value[k : k + parts[i] + 1] - costs.block for k in range(sum(parts[:i]) + 1)])
        table.append(int(np.argmax(here > 0)) if (here > 0).any() else len(here))
        value = np.maximum(here, 0.0)
    return np.array(table[::-1], dtype=np.int64)


def thresholds_optimal(s: int, c: int, m: int, costs: Costs = Costs()) -> Stopping:
    """The table with the fewest expected compressions for a success.

    The price of a success is a fixed point: with it as the reward, the best table costs exactly that much for a success.
    """
    best = evaluate(s, c, m, thresholds_exact(s, c, m), costs)
    for _ in range(64):
        better = evaluate(s, c, m, _best_table(s, c, m, costs, best.per_success), costs)
        if not better.per_success < best.per_success * (1 - 1e-12):
            break
        best = better
    return best
