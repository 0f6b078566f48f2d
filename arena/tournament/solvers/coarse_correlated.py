"""the coarse correlated equilibrium of greatest welfare

Moulin & Vial 1978: somebody draws a cell; nobody would rather have chosen one strategy before hearing his part. What
learners who have no regret end up playing (Hannan 1957) is one of these.
"""

from __future__ import annotations

from scipy import sparse

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.solution import Solution, joint
from arena.tournament.solvers._joint import beforehand, best, numbered


def solve(game: Bimatrix) -> Solution:
    """A joint distribution over the cells; its regret is what the best single strategy would gain."""
    gains = sparse.vstack([beforehand(*player) for player in numbered(game)]).tocsr()
    return joint("coarse-correlated", game, best(game, gains), swap=False)
