"""the equilibrium of opposed players: one linear program, both sides

What one wins the other loses, so that a mixture which makes the worst case best (von Neumann 1928) is one linear
program, and its prices are the other player's mixture (Dantzig 1951).
"""

from __future__ import annotations

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.linear import maximise
from arena.tournament.games.solution import Solution, independent


def solve(game: Bimatrix) -> Solution:
    """An equilibrium; ArenaError where the players aren't opposed."""
    if not game.opposed:
        raise ArenaError("the players are not opposed: their payoffs' sum differs from cell to cell")
    rows, columns = game.shape
    payoffs = game.unit.row
    best = maximise(np.eye(rows + 1)[-1], np.column_stack([-payoffs.T, np.ones(columns)]), np.zeros(columns),
                    [[*np.ones(rows), 0]], [1], free=1)
    assert best is not None, "some mixture always has a worst case"
    return independent("zero-sum", game, best.at[:-1], best.prices)
