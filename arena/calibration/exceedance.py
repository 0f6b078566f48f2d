"""How often innocents reach R bits, beside the 2^-R that rarity promises, with intervals that know how few draws there
were.

Pairs of a key and a host aren't independent: a key is scored on every host, and a host by every key. Where a key's
labels, bits or sequences are drawn, the null holds for each host by itself and the keys are the draws: clusters are
keys. Where a chance was estimated on control hosts, hosts are draws as well: both ways of clustering count (Cameron,
Gelbach and Miller 2011). The interval is Clopper and Pearson's on the effective number of draws (Korn and Graubard
1998): of as many as would give the same variance, were they independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.99
MOST_BITS = 12
"""Exceedance is looked at for R = 1 to so many bits."""


@dataclass(frozen=True)
class Exceedance:
    """The share of pairs whose rarity is at least `bits`, its interval (99 %), the effective number of independent
    draws behind it, and `least`: the interval's lower end where all R that are looked at share the 1 % (Bonferroni)."""

    bits: int
    share: float
    low: float
    high: float
    draws: float
    least: float

    @property
    def promised(self) -> float:
        """2^-R: at most so often should an innocent reach R bits."""
        return 2.0**-self.bits

    @property
    def holds(self) -> bool:
        """Whether the promise lies within the interval, or above it."""
        return self.low <= self.promised

    @property
    def broken(self) -> bool:
        """Whether the promise is broken, all looks counted."""
        return self.least > self.promised


def exceedances(rarity: np.ndarray, hosts_drawn: bool) -> tuple[Exceedance, ...]:
    """Of rarities in bits, (keys, hosts), for R = 1 to 12; `hosts_drawn`: the null is over hosts as well as keys."""
    return tuple(_exceedance(rarity >= bits, bits, hosts_drawn) for bits in range(1, MOST_BITS + 1))


def _exceedance(reached: np.ndarray, bits: int, hosts_drawn: bool) -> Exceedance:
    share, draws = float(reached.mean()), effective_draws(reached, hosts_drawn)
    low, high = interval(share, draws, CONFIDENCE)
    return Exceedance(bits, share, low, high, draws, interval(share, draws, 1 - (1 - CONFIDENCE) / MOST_BITS)[0])


def effective_draws(reached: np.ndarray, hosts_drawn: bool) -> float:
    """So many independent draws would tell the share as well as these booleans (keys, hosts) do; where none or all are
    true, which shows no variance, as many as there are keys (or hosts, if those are fewer and drawn too).

    Scaled by Student's t for the number of clusters (Korn and Graubard 1998).
    """
    clusters = min(reached.shape) if hosts_drawn else len(reached)
    share = float(reached.mean())
    alone = share * (1 - share)
    if alone == 0 or clusters < 2:
        return float(clusters)
    by_key, by_host = _between(reached), _between(reached.T) if hosts_drawn else 0.0
    variance = max(by_key + by_host - alone / reached.size, by_key, by_host, alone / reached.size)
    return max(1.0, alone / variance * _scale(clusters, reached.size))


def _between(reached: np.ndarray) -> float:
    """The variance of the mean, from the means of the rows."""
    return float(reached.mean(1).var(ddof=1)) / len(reached) if len(reached) > 1 else 0.0


def _scale(clusters: int, size: int) -> float:
    from scipy.stats import t

    tail = (1 + CONFIDENCE) / 2
    return float((t.ppf(tail, size - 1) / t.ppf(tail, clusters - 1)) ** 2)


def interval(share: float, draws: float, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's two-sided interval for a share of `draws`, which need be no whole number."""
    from scipy.stats import beta

    hits, tail = share * draws, (1 - confidence) / 2
    low = float(beta.ppf(tail, hits, draws - hits + 1)) if hits > 0 else 0.0
    return low, float(beta.ppf(1 - tail, hits + 1, draws - hits)) if hits < draws else 1.0


def worst(levels: Sequence[Exceedance]) -> Exceedance | None:
    """Where the promise is broken most surely; None where it is kept."""
    broken = [level for level in levels if level.broken]
    return max(broken, key=lambda level: level.least / level.promised, default=None)
