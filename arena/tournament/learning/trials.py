"""What a setting gains: played against the mixture of the other side, beside what its own side gets in equilibrium.

Against a mixture: every pure strategy that has more than 1 % of it is met, at the first seeds; the same seeds stand on
both sides of the difference, so that an easy host is no gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.tournament.games.game import Game
from arena.tournament.games.solution import Solution
from arena.tournament.learning.learners import Side
from arena.tournament.statistics.intervals import mean

SUPPORT = 0.01
"""A strategy with no more weight than this is not met."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """A setting that was tried: what its learner gains by it (mean over `seeds` seeds, and between what it lies; None
    where unknown), or why nobody knows."""

    learner: str
    side: Side
    name: str
    setting: Mapping[str, Any]
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    seeds: int = 0
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Position:
    """The game of what is there, its answer, and how sure intervals are to be."""

    game: Game
    solution: Solution
    confidence: float

    def mixture(self, player: int) -> dict[str, float]:
        """Who plays what how often."""
        return {name: float(weight) for name, weight in zip(self._names(player), self.solution.mixtures[player],
                                                            strict=True)}

    def support(self, player: int) -> dict[str, float]:
        """Those of a mixture that are met, with their weights."""
        met = {name: weight for name, weight in self.mixture(player).items() if weight > SUPPORT}
        return {name: weight / sum(met.values()) for name, weight in met.items()}

    def gained(self, player: int, trial: Trial, met: Game) -> Trial:
        """The trial with what it gains, in a game of trials against the support (for a thief: the other way round)."""
        other = self.support(1 - player)
        mine = {name: weight for name, weight in self.mixture(player).items() if weight > 1e-9}
        tried = _turned(met, player, [trial.name], list(other))
        usual = _turned(self.game, player, list(mine), list(other))
        if why := _missing(met, player, trial.name, list(other)):
            return _with(trial, reason=why)
        gain, seeds = self._difference(tried, usual, np.array([*mine.values()]), np.array([*other.values()]))
        found = mean(seeds, self.confidence)
        sure = found.n > 1
        return _with(trial, gain=gain, low=found.low if sure else None, high=found.high if sure else None,
                     seeds=found.n)

    @staticmethod
    def _difference(tried: Array, usual: Array, mine: Array, other: Array) -> tuple[float, Array]:
        """(mean gain, gain by seed) of payoffs (1, others, seeds) beside those of (own, others, seeds)."""
        both = min(tried.shape[2], usual.shape[2])
        each = other @ tried[0, :, :both] - np.einsum("i,ijs,j->s", mine, usual[:, :, :both], other)
        return float(other @ np.nanmean(tried[0], 1) - mine @ np.nanmean(usual, 2) @ other), each

    def _names(self, player: int) -> Sequence[str]:
        return self.game.columns if player else self.game.rows


def _turned(game: Game, player: int, mine: Sequence[str], other: Sequence[str]) -> Array:
    """A player's payoffs (mine, others, seeds)."""
    samples = game.samples[player].transpose(1, 0, 2) if player else game.samples[player]
    own, his = (game.columns, game.rows) if player else (game.rows, game.columns)
    return samples[[own.index(name) for name in mine]][:, [his.index(name) for name in other]]


def _missing(game: Game, player: int, name: str, other: Sequence[str]) -> str:
    """Why a trial has no payoff against somebody; empty where it has all of them."""
    payoffs = _turned(game, player, [name], other)[0]
    for rival, row in zip(other, payoffs, strict=True):
        if np.isnan(row).all():
            why = game.reasons.get((rival, name) if player else (name, rival), "not played")
            return f"against {rival}: {why}"
    return ""


def _with(trial: Trial, **known: Any) -> Trial:
    return Trial(**{**vars(trial), **known})
