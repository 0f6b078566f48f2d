"""for large games: what earns more than the mean is played more (replicator dynamics)

Taylor & Jonker 1978, in discrete time: every weight grows by exp(rate x payoff), which is Hedge (Freund & Schapire
1999), at a rate that falls with the root of time. The answer is the mean over time: between opposed players it comes to
an equilibrium; in other games the regret tells.
"""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.solution import Solution, independent

ROUNDS = 20_000


def solve(game: Bimatrix, rounds: int = ROUNDS) -> Solution:
    """The mean mixtures of so many rounds; whichever has less regret, those of all rounds or of the last half."""
    totals, half = [np.zeros(size) for size in game.shape], [np.zeros(size) for size in game.shape]
    earned = [np.zeros(size) for size in game.shape]
    for number in range(1, rounds + 1):
        x, y = (softmax(np.sqrt(8 * np.log(len(sums) + 1) / number) * sums) for sums in earned)
        for sums, gained, kept, played in zip(earned, (game.unit.row @ y, x @ game.unit.column), totals, (x, y),
                                              strict=True):
            sums += gained - gained.max()
            kept += played
        if number == rounds // 2:
            half = [kept.copy() for kept in totals]
    late = [total - early for total, early in zip(totals, half, strict=True)]
    tried = [independent("replicator", game, x, y, (f"{rounds} rounds",)) for x, y in (totals, late)]
    return min(tried, key=lambda found: found.relative)
