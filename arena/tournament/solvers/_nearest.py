"""From nearly an equilibrium to one: which strategies are played is known, how often only about.

Given who is played, what a player may play doesn't hang on how often the other plays his: two linear programs, each
for the mixture nearest to where a path or an iteration stopped.
"""

from __future__ import annotations

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix, Matrix, Vector
from arena.tournament.games.linear import maximise
from arena.tournament.games.solution import Solution, independent

CUTS = (1e-4, 1e-3, 1e-6, 1e-2, 1e-8, 1e-10)
"""How often a strategy must be played to count, as a share of the most frequent one's; tried in this order."""


def equilibrium(solver: str, game: Bimatrix, x: Vector, y: Vector, notes: tuple[str, ...] = ()) -> Solution:
    """The equilibrium near mixtures; where none is found, the mixtures themselves, with the regret that they have."""
    for cut in CUTS:
        mine, his = x > cut * x.max(), y > cut * y.max()
        exact = mixture(game.unit.column.T, x, mine, his), mixture(game.unit.row, y, his, mine)
        if exact[0] is not None and exact[1] is not None:
            found = independent(solver, game, exact[0], exact[1], notes)
            if found.exact:
                return found
    return independent(solver, game, x, y, (*notes, "no equilibrium on these strategies: as the iteration left it"))


def mixture(payoffs: Matrix, near: Vector, own: np.ndarray, other: np.ndarray) -> Vector | None:
    """The mixture of a player's `own` strategies, nearest to `near`, against which the `other`'s are all best answers;
    `payoffs` are the other's (his strategies, the player's). None where there is none."""
    size = int(own.sum())
    best, rest = payoffs[other][:, own], payoffs[~other][:, own]
    below = np.vstack([_with(np.eye(size), -1, 0), _with(-np.eye(size), -1, 0), _with(rest, 0, -1)])
    bounds = np.concatenate([near[own], -near[own], np.zeros(len(rest))])
    equal = np.vstack([_with(best, 0, -1), _with(np.ones((1, size)), 0, 0)])
    try:
        found = maximise(-np.eye(size + 2)[size], below, bounds, equal, np.eye(len(equal))[-1], free=1)
    except ArenaError:
        return None
    if found is None:
        return None
    weights = np.zeros(len(own))
    weights[own] = found.at[:size]
    return weights


def _with(weights: Matrix, distance: float, value: float) -> Matrix:
    """Factors of the weights, of the distance from `near` and of the other's value."""
    return np.column_stack([weights, np.full(len(weights), distance), np.full(len(weights), value)])
