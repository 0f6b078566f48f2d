"""When is a try worth another block of labels? Tables of minimal matches, and what they cost and keep.

Block i of the table is looked at when the first 8(i + 1) labels have been compared (the last one: all s); its last
entry is m.

A success may be rarer than a floating-point number can say (10,000 labels: 33,000 bits). So successes are followed
under another chance for each label, under which they are common (t, about m / s), and weighed by the ratio of the two,
of which only logarithms are kept: the weight of k matches among n labels is (p/t)^k ((1-p)/(1-t))^(n-k).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np

from arena.game.rarity import binomial_rarity

LABELS = 8
NEGLIGIBLE = 1e-25


@dataclass(frozen=True)
class Costs:
    """Compressions before the labels (tail and outer) and for each block of labels."""

    base: float = 2.0
    block: float = 1.0


@dataclass(frozen=True)
class Stopping:
    """A table with the share of successes that it keeps, the expected compressions of a try, and how rare a success is
    (bits)."""

    thresholds: np.ndarray
    kept: float
    per_try: float
    rarity: float

    @property
    def per_expected_try(self) -> float:
        """Expected compressions for each of the 2^rarity tries that a success takes by the law; those given up too
        early are made up for."""
        return self.per_try / self.kept if self.kept else math.inf

    @property
    def per_success(self) -> float:
        """Expected compressions of a success; infinite beyond floating-point numbers."""
        return self.per_expected_try * 2**self.rarity if self.rarity < 1000 else math.inf


def sizes(s: int) -> list[int]:
    """Labels in each block."""
    return [min(LABELS, s - i) for i in range(0, s, LABELS)]


@lru_cache(maxsize=256)
def _binomial(n: int, p: float) -> np.ndarray:
    """The chances of 0..n matches in a block."""
    return np.array([comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


def _check(s: int, c: int, m: int) -> None:
    if not (s >= 1 and c >= 2 and 0 <= m <= s):
        raise ValueError(f"no such game: {m} of {s} labels over {c} classes")


def thresholds_exact(s: int, c: int, m: int) -> np.ndarray:
    """Give up only when m is out of reach: loses no success."""
    _check(s, c, m)
    return np.array([max(0, m - (s - done)) for done in np.cumsum(sizes(s))], dtype=np.int64)


@dataclass(frozen=True)
class _Tilt:
    """The chance p of a label, and t, under which m of s are common; `log_weight` is the logarithm of a path's
    probability under p over that under t."""

    p: float
    t: float

    @classmethod
    def of(cls, s: int, c: int, m: int) -> _Tilt:
        return cls(1 / c, max(1 / c, min(m / s, 1 - 1 / (2 * s + 2))))

    def log_weight(self, matches: np.ndarray | int, labels: int) -> np.ndarray:
        return matches * math.log(self.p / self.t) + (labels - np.asarray(matches)) * (math.log1p(-self.p)
                                                                                       - math.log1p(-self.t))


def _walk(s: int, chance: float, thresholds: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(fewest matches, chances of so many and more) of the tries still in play, before each block and after the last;
    negligible chances are dropped."""
    first, alive = 0, np.ones(1)
    yield first, alive
    for size, least in zip(sizes(s), thresholds, strict=True):
        alive = np.convolve(alive, _binomial(size, chance)) if len(alive) else alive
        cut = max(0, int(least) - first)
        there = np.flatnonzero(alive[cut:] > NEGLIGIBLE) + cut
        alive, first = (alive[there[0] : there[-1] + 1], first + int(there[0])) if len(there) else (alive[:0], first)
        yield first, alive


def evaluate(s: int, c: int, m: int, thresholds: np.ndarray, costs: Costs = Costs()) -> Stopping:
    """Share kept and expected compressions of any table."""
    _check(s, c, m)
    tilt, rarity = _Tilt.of(s, c, m), binomial_rarity(m, s, 1 / c)
    blocks = list(zip(_walk(s, tilt.p, thresholds), sizes(s), strict=False))
    per_try = costs.base + costs.block * sum(float(alive.sum()) for (_, alive), _ in blocks)
    *_, (first, alive) = _walk(s, tilt.t, thresholds)
    matches = first + np.arange(len(alive))
    won = matches >= m
    kept = float(alive[won] @ np.exp(tilt.log_weight(matches[won], s) + rarity * math.log(2)))
    return Stopping(np.asarray(thresholds, dtype=np.int64), min(1.0, kept), per_try, rarity)


def _best_table(s: int, c: int, m: int, costs: Costs, reward: float) -> np.ndarray:
    """Go on exactly when a success worth e^`reward` compressions makes it pay (dynamic programming from the last
    block).

    `worth[k]` is what k matches are worth, over e^`reward` times the inverse weight of k matches by now, relative to
    that of m at the end: a number near 1 at the most, since the expectation under p of what is worth x is the weight
    times that under t of x over the weight.
    """
    tilt, parts = _Tilt.of(s, c, m), sizes(s)
    step = float(tilt.log_weight(1, 1) - tilt.log_weight(0, 1))
    end = float(tilt.log_weight(m, s))
    worth = np.where(np.arange(s + 1) >= m, np.exp(np.minimum(tilt.log_weight(np.arange(s + 1), s) - end, 0)), 0.0)
    table, done = [m], s
    for size in parts[:0:-1]:
        done -= size
        price = tilt.log_weight(0, done) + step * np.arange(done + 1) - end - reward + math.log(costs.block)
        here = np.correlate(worth[: done + size + 1], _binomial(size, tilt.t), "valid") - np.exp(np.minimum(price, 700))
        pays = here > 0
        table.append(int(np.argmax(pays)) if pays.any() else len(here))
        worth = np.maximum(here, 0.0)
    return np.array(table[::-1], dtype=np.int64)


@lru_cache(maxsize=1024)
def thresholds_optimal(s: int, c: int, m: int, costs: Costs = Costs()) -> Stopping:
    """The table with the fewest expected compressions for a success.

    The price of a success is a fixed point: with it as the reward, the best table costs exactly that much for a
    success.
    """
    best = evaluate(s, c, m, thresholds_exact(s, c, m), costs)
    for _ in range(64):
        reward = math.log(best.per_expected_try) + best.rarity * math.log(2)
        better = evaluate(s, c, m, _best_table(s, c, m, costs, reward), costs)
        if not better.per_expected_try < best.per_expected_try * (1 - 1e-12):
            break
        best = better
    best.thresholds.setflags(write=False)
    return best
