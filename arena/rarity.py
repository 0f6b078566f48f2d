"""Rarity: how unlikely a score is for a key drawn at random, in bits (ROSE eqs. 1-2; exact tails, never the Hoeffding bound of eqs. 3-4).

R = -log2 p, where p is the chance that a key independent of the model scores at least as well. The integer number of matches
decides, never a rounded recovery rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

LN2 = math.log(2)


@lru_cache(maxsize=65_536)
def binomial_rarity(matches: int, trials: int, chance: float) -> float:
    """-log2 P(M >= matches) in bits, M ~ Binomial(trials, chance); exact (ROSE eqs. 1 and 2).

    Summed in logarithms, so it holds beyond the 1,074 bits at which a floating-point probability becomes 0 (scipy's `binom.logsf` too).
    Raises ValueError unless 0 <= matches <= trials and 0 < chance < 1.
    """
    if not 0 <= matches <= trials:
        raise ValueError(f"matches must lie in 0..{trials}, not {matches}")
    if not 0 < chance < 1:
        raise ValueError(f"chance must lie strictly between 0 and 1, not {chance}")
    if matches == 0:
        return 0.0
    log_p, log_q = math.log(chance), math.log1p(-chance)
    terms = [math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * log_p + (trials - k) * log_q
             for k in range(matches, trials + 1)]
    peak = max(terms)
    return max(0.0, -(peak + math.log(math.fsum(math.exp(term - peak) for term in terms))) / LN2)


def matches_needed(bits: float, trials: int, chance: float) -> int | None:
    """The smallest number of matches whose rarity reaches `bits`; None when even a perfect score falls short."""
    return next((m for m in range(trials + 1) if binomial_rarity(m, trials, chance) >= bits), None)


def greatest_rarity(trials: int, chance: float) -> float:
    """The rarity of a perfect score: trials * log2(1 / chance) bits."""
    return -trials * math.log2(chance)


def gaussian_rarity(statistic: float, regions: int = 1) -> float:
    """-log2(min(1, regions * Q(statistic))) in bits: a standard normal's upper tail, after looking in so many places (Bonferroni)."""
    from scipy.special import log_ndtr

    return max(0.0, -(float(log_ndtr(-statistic)) + math.log(regions)) / LN2)


class Evidence:
    """What a claim scored; subclasses say under which null model. `rarity` is in bits, `text` for people, `figures` for the record."""

    @property
    def rarity(self) -> float:
        raise NotImplementedError

    @property
    def text(self) -> str:
        raise NotImplementedError

    @property
    def figures(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Matches(Evidence):
    """`matches` out of `trials`, each of which a random key passes with probability `chance`: labels of triggers, or bits of a mark.

    `looks` is in how many ways the evidence was looked for, the best of which counts (Bonferroni); `extra` goes into the record.
    """

    matches: int
    trials: int
    chance: float
    what: str = "answers as claimed"
    looks: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rarity(self) -> float:
        """Bits; see `binomial_rarity`."""
        return max(0.0, binomial_rarity(self.matches, self.trials, self.chance) - math.log2(self.looks))

    @property
    def recovery(self) -> float:
        """Share of the trials that matched (ROSE's rec; 1 - BER of a mark)."""
        return self.matches / self.trials

    @property
    def text(self) -> str:
        return f"{self.matches} of {self.trials} {self.what}"

    @property
    def figures(self) -> dict[str, Any]:
        return {"matches": self.matches, "trials": self.trials, "chance": self.chance, **self.extra}


@dataclass(frozen=True)
class Deviation(Evidence):
    """A statistic that is N(0, 1) for a random key, in units of its standard deviation; the best of `regions` places was taken."""

    statistic: float
    regions: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rarity(self) -> float:
        """Bits; see `gaussian_rarity`."""
        return gaussian_rarity(self.statistic, self.regions)

    @property
    def text(self) -> str:
        return f"{self.statistic:.1f} standard deviations" + (f", best of {self.regions} regions" if self.regions > 1 else "")

    @property
    def figures(self) -> dict[str, Any]:
        return {"statistic": round(self.statistic, 6), "regions": self.regions, **self.extra}
