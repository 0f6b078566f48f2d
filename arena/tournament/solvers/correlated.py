"""the correlated equilibrium of greatest welfare

Aumann 1974: somebody draws a cell and tells each player his part; nobody who hears it would rather do something else.
The players' payoffs are added as they are: for a welfare that means something, give them in one unit.
"""

from __future__ import annotations

from scipy import sparse

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.solution import Solution, joint
from arena.tournament.solvers._joint import best, numbered, told_to


def solve(game: Bimatrix) -> Solution:
    """A joint distribution over the cells; its regret is what changing every advice for the best would gain."""
    gains = sparse.vstack([told_to(*player) for player in numbered(game)]).tocsr()
    return joint("correlated", game, best(game, gains), swap=True)
