"""for large games: each answers what the other has played so far

Brown 1951; between opposed players what was played comes to an equilibrium (Robinson 1951), slowly: the regret falls
about as one over the root of the rounds. In other games it need not come to one (Shapley 1964): the regret tells.
"""

from __future__ import annotations

import numpy as np

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.solution import Solution, independent

ROUNDS, LOOK = 20_000, 500


def solve(game: Bimatrix, rounds: int = ROUNDS) -> Solution:
    """What was played in so many rounds, or until the regret is rounding; ties go to the strategy played least."""
    played = np.zeros(game.shape[0]), np.zeros(game.shape[1])
    earned = np.zeros(game.shape[0]), np.zeros(game.shape[1])
    payoffs = game.unit.row.T.copy(), game.unit.column.copy()  # (what the other plays, what each answer earns)
    for number in range(1, rounds + 1):
        x, y = (_answer(*player) for player in zip(earned, played, strict=True))
        for own, other, his, answer in zip(played, earned, payoffs, ((x, y), (y, x)), strict=True):
            own[answer[0]] += 1
            other += his[answer[1]]
        if number % LOOK == 0 and (found := independent("fictitious-play", game, *played)).exact:
            return found
    return independent("fictitious-play", game, *played, (f"{rounds} rounds",))


def _answer(earned: np.ndarray, played: np.ndarray) -> int:
    best = np.flatnonzero(earned >= earned.max() - 1e-9)
    return int(best[np.argmin(played[best])])
