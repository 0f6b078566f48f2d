"""every extreme equilibrium of a game of at most 8 x 8

An equilibrium is a pair of corners of the players' polytopes between which every strategy is either not played or a
best answer (Mangasarian 1964; Avis, Rosenberg, Savani & von Stengel 2010). Corners are found from every choice of tight
bounds, which is support enumeration that stays complete where payoffs tie: all other equilibria are mixtures of these.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import SAME, Bimatrix, Matrix
from arena.tournament.games.solution import Solution, independent

MOST, SINGULAR = 8, 1e-12


def solve(game: Bimatrix) -> Solution:
    """Of all extreme equilibria the one of greatest welfare."""
    found = equilibria(game)
    if not found:
        raise ArenaError("rounding hides every equilibrium of this game")
    return found[0]


def equilibria(game: Bimatrix) -> tuple[Solution, ...]:
    """All extreme equilibria, the greatest welfare first; ArenaError for a game that is too large."""
    if max(game.shape) > MOST:
        raise ArenaError(f"all equilibria are only looked for up to {MOST} x {MOST}: this game is "
                         f"{game.shape[0]} x {game.shape[1]}")
    rows = game.shape[0]
    mine, bounds = corners(1 + game.unit.column.T)
    his, limits = corners(1 + game.unit.row)
    labels = np.hstack([bounds[:, -rows:], bounds[:, :-rows]])  # (own strategies not played, the other's best answers)
    pairs = np.argwhere((labels[:, None] | limits[None]).all(2))
    found = [independent("all-equilibria", game, mine[x], his[y]) for x, y in pairs]
    return tuple(sorted((one for one in found if one.exact), key=lambda one: -one.welfare))


def corners(payoffs: Matrix) -> tuple[Matrix, np.ndarray]:
    """The corners but 0 of {z >= 0, payoffs @ z <= 1} and which bounds each meets (first the payoffs', then z's)."""
    count, size = payoffs.shape
    sides, bounds = np.vstack([payoffs, -np.eye(size)]), np.r_[np.ones(count), np.zeros(size)]
    tight = np.array(list(combinations(range(count + size), size)))
    tight = tight[np.abs(np.linalg.det(sides[tight])) > SINGULAR]
    found = np.linalg.solve(sides[tight], bounds[tight][..., None])[..., 0]
    found = found[((found @ sides.T) <= bounds + SAME).all(1) & (found.sum(1) > SAME)]
    found = _distinct(found)
    return found, np.abs(found @ sides.T - bounds) <= SAME


def _distinct(points: Matrix) -> Matrix:
    """One of each group of points that rounding alone tells apart."""
    ordered = points[np.unique(points.round(7), axis=0, return_index=True)[1]]
    near = np.abs(ordered[:, None] - ordered[None]).max(2) <= 1e-7
    return ordered[~np.tril(near, -1).any(1)]
