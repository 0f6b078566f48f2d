"""Rarity: how unlikely a score is for a key drawn at random, in bits (ROSE eqs. 1-2; exact tails, never the Hoeffding
bound of eqs. 3-4).

R = -log2 p, where p is the chance that a key independent of the model scores at least as well. The integer number of
matches decides, never a rounded recovery rate.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

LN2 = math.log(2)
MOST_SHORT = 1_000_000


@lru_cache(maxsize=65_536)
def binomial_rarity(matches: int, trials: int, chance: float) -> float:
    """-log2 P(M >= matches) in bits, M ~ Binomial(trials, chance); exact (ROSE eqs. 1 and 2), always finite.

    Summed in logarithms, so it holds beyond the 1,074 bits at which a floating-point probability becomes 0 (scipy's
    `binom.logsf` too). The tail that falls is summed, from its largest term until terms are negligible: above the mean
    P(M >= matches) itself, below it the rest. Raises ValueError unless 0 <= matches <= trials and 0 < chance < 1.
    """
    if not 0 <= matches <= trials:
        raise ValueError(f"matches must lie in 0..{trials}, not {matches}")
    if not 0 < chance < 1:
        raise ValueError(f"chance must lie strictly between 0 and 1, not {chance}")
    if matches == 0:
        return 0.0
    if matches > (trials + 1) * chance:
        return max(0.0, -(_log_term(matches, trials, chance) + _log_falling(matches, trials, chance)) / LN2)
    below = math.exp(_log_term(matches - 1, trials, chance) + _log_falling(trials - matches + 1, trials, 1 - chance))
    return max(0.0, -math.log1p(-below) / LN2)


def _log_term(matches: int, trials: int, chance: float) -> float:
    """ln P(M = matches)."""
    ways = math.lgamma(trials + 1) - math.lgamma(matches + 1) - math.lgamma(trials - matches + 1)
    return ways + matches * math.log(chance) + (trials - matches) * math.log1p(-chance)


def _log_falling(matches: int, trials: int, chance: float) -> float:
    """ln (P(M >= matches) / P(M = matches)), where the terms fall from here on; what is left out is less than 1e-17 of
    it."""
    odds, term, total = chance / (1 - chance), 1.0, 1.0
    for k in range(matches, trials):
        ratio = (trials - k) / (k + 1) * odds
        term *= ratio
        total += term
        if term * ratio < total * 1e-17 * (1 - ratio):
            break
    return math.log(total)


def hits_needed(bits: float, trials: int, chance: float) -> int | None:
    """The smallest number of matches whose rarity reaches `bits`; None when even a perfect score falls short."""
    found = bisect_left(range(trials + 1), bits, key=lambda matches: binomial_rarity(matches, trials, chance))
    return found if found <= trials else None


def greatest_rarity(trials: int, chance: float) -> float:
    """The rarity of a perfect score: trials * log2(1 / chance) bits."""
    return trials * -math.log2(chance)


@lru_cache(maxsize=4096)
def shared_rarity(hits: int, answers: tuple[tuple[int, ...], ...]) -> float:
    """-log2 P(sum of answers[k][t_k] >= hits) in bits, where each group's t_k is drawn by itself, uniformly among its
    columns: exact, whatever a model answers.

    `answers[k][t]` counts the images of group k that were answered with class t; a label that a whole group shares is
    one draw, so a group carries at most log2 c bits. Ways are counted by how much they fall short of the best.
    Raises ValueError for hits that no draw gives, or groups without classes.
    """
    import numpy as np

    counts = [Counter(row) for row in answers]
    short = sum(map(max, counts)) - hits if all(counts) else -1
    if not 0 <= short <= MOST_SHORT or min(map(min, counts), default=0) < 0:
        raise ValueError(f"no draw gives {hits} hits of such answers")
    ways, scale = np.zeros(short + 1), 0.0
    ways[0] = 1.0
    for count in counts:
        before, ways, best = ways, np.zeros(short + 1), max(count)
        for value, times in count.items():
            if (gap := best - value) <= short:
                ways[gap:] += times / count.total() * before[: short + 1 - gap]
        most = ways.max()
        ways, scale = ways / most, scale + math.log2(most)
    return max(0.0, -(math.log2(ways.sum()) + scale))


def share_at_most(hits: int, trials: int, confidence: float = 0.95) -> float:
    """The upper end of Clopper and Pearson's one-sided interval for a share; 1 where nothing speaks against it."""
    from scipy.special import betaincinv

    return float(betaincinv(hits + 1, trials - hits, confidence)) if hits < trials else 1.0


def gaussian_rarity(statistic: float, regions: int = 1) -> float:
    """-log2(min(1, regions * Q(statistic))) in bits: a standard normal's upper tail, after looking in so many places
    (Bonferroni).

    A statistic that is no finite number says nothing: 0 bits.
    """
    from scipy.special import log_ndtr

    if not math.isfinite(statistic):
        return 0.0
    return max(0.0, -(float(log_ndtr(-min(statistic, 1e150))) + math.log(regions)) / LN2)


class Evidence:
    """What a claim scored; subclasses say under which null model. `rarity` is in bits, `text` for people."""

    @property
    def rarity(self) -> float:
        raise NotImplementedError

    @property
    def text(self) -> str:
        raise NotImplementedError

    def as_data(self) -> dict[str, Any]:
        """Plain data, from which `evidence_from` makes the same evidence; of a kind that the arena doesn't know, what
        it says of itself."""
        kind = next((name for name, cls in KINDS.items() if type(self) is cls), None)
        if kind is None:
            return {"kind": "stated", "rarity": float(self.rarity), "text": str(self.text)}
        return {"kind": kind, "rarity": round(float(self.rarity), 6), "text": self.text, **plain_fields(self)}


@dataclass(frozen=True)
class Hits(Evidence):
    """`hits` of `trials`, each of which a random key passes with probability `chance`: labels of triggers, or bits of a
    mark. `looks` is in how many ways the evidence was looked for, the best of which counts (Bonferroni).

    `recall` is the share of all the key's samples that were answered as claimed, where only some count as trials (the
    papers' watermark accuracy; None: all count). `details` are further figures, by their field's names.

    Labels that groups of images share are a draw a group: `answers` counts, group by group, what was answered, and
    decides (`shared_rarity`). Where no hash draws the labels, `chance` is held to what `controls` held-out control
    hosts answer (0: it is known).
    """

    hits: int
    trials: int
    chance: float
    what: str = "answers as claimed"
    looks: int = 1
    recall: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    answers: tuple[tuple[int, ...], ...] | None = None
    controls: int = 0

    @property
    def rarity(self) -> float:
        """Bits; see `binomial_rarity` and `shared_rarity`."""
        return max(0.0, self._alone - math.log2(self.looks))

    @property
    def _alone(self) -> float:
        if self.answers is not None:
            return shared_rarity(self.hits, tuple(map(tuple, self.answers)))
        return binomial_rarity(self.hits, self.trials, self.chance) if self.chance != 1 else 0.0

    @property
    def recovery(self) -> float:
        """Share of the trials that were hit (ROSE's rec; 1 - BER of a mark); 0 where nothing was counted."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def watermark_accuracy(self) -> float:
        """Share of the key's samples that were answered as claimed (Namba and Sakuma, eq. 4)."""
        return self.recovery if self.recall is None else self.recall

    @property
    def text(self) -> str:
        found = f"{self.hits} of {self.trials} {self.what}"
        if self.answers is not None:
            return f"{found}; labels drawn in all: {len(self.answers)}"
        return f"{found}; control hosts: at most {self.chance:.0%} of them" if self.controls else found


@dataclass(frozen=True)
class Score(Evidence):
    """A statistic that is N(0, 1) for a random key, in units of its standard deviation; the best of `regions`
    places."""

    statistic: float
    regions: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rarity(self) -> float:
        """Bits; see `gaussian_rarity`."""
        return gaussian_rarity(self.statistic, self.regions)

    @property
    def text(self) -> str:
        more = f", best of {self.regions} regions" if self.regions > 1 else ""
        return f"{self.statistic:.1f} standard deviations{more}"


@dataclass(frozen=True)
class Stated(Evidence):
    """Evidence of a user's own kind, as it was stated."""

    stated_rarity: float
    stated_text: str

    @property
    def rarity(self) -> float:
        return self.stated_rarity

    @property
    def text(self) -> str:
        return self.stated_text


KINDS: dict[str, type[Evidence]] = {"hits": Hits, "score": Score}


def plain_fields(record: Any) -> dict[str, Any]:
    """A record's fields, numpy's numbers and mappings as plain ones."""
    values = {f.name: getattr(record, f.name) for f in fields(record)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def evidence_from(data: Mapping[str, Any]) -> Evidence:
    """The inverse of `Evidence.as_data`; ValueError for what it can't have given."""
    if data["kind"] == "stated":
        evidence: Evidence = Stated(float(data["rarity"]), str(data["text"]))
    elif data["kind"] in KINDS:
        given = {k: v for k, v in data.items() if k not in ("kind", "rarity", "text")}
        if given.get("answers") is not None:
            given["answers"] = tuple(tuple(map(int, row)) for row in given["answers"])
        evidence = KINDS[data["kind"]](**given)
    else:
        raise ValueError("no kind of evidence")
    if not math.isfinite(evidence.rarity):
        raise ValueError("no evidence")
    return evidence
