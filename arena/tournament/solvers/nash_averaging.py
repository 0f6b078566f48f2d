"""between opposed players, the equilibrium of greatest entropy: clones share

Balduzzi, Tuyls, Perolat & Graepel 2018, theorem 1: of all equilibria the one that spreads most evenly, so that a
strategy which is there twice doesn't count twice, and one that adds nothing changes nothing. Which strategies are
played in any equilibrium is one linear program (Freund, Roundy & Todd 1985); how often, one smooth convex one.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from arena.tournament.games.bimatrix import Bimatrix, Matrix, Vector
from arena.tournament.games.linear import maximise
from arena.tournament.games.solution import Solution
from arena.tournament.solvers import zero_sum
from arena.tournament.solvers._nearest import equilibrium

SLACK, BEYOND = 1e-10, 1e5


def solve(game: Bimatrix) -> Solution:
    """The equilibrium; ArenaError where the players aren't opposed."""
    x, y = zero_sum.solve(game).mixtures
    payoffs = game.unit.row
    value = float(x @ payoffs @ y)
    return equilibrium("nash-averaging", game, most_even(payoffs, value, x), most_even(-payoffs.T, -value, y))


def most_even(payoffs: Matrix, value: float, known: Vector) -> Vector:
    """Of the row player's mixtures that keep the value whatever column is played, the one of greatest entropy; `known`
    is any of them."""
    own = played(payoffs, value) | (known > SLACK)
    gains = payoffs[own] - value

    def dual(prices: Vector) -> tuple[float, Vector]:
        lean = gains @ prices
        return float(logsumexp(lean)), softmax(lean) @ gains

    found = minimize(dual, np.zeros(gains.shape[1]), jac=True, method="L-BFGS-B", bounds=[(0, None)] * gains.shape[1],
                     options={"maxiter": 5000, "maxfun": 20_000, "ftol": 1e-16, "gtol": 1e-10, "maxcor": 30})
    mixture = np.zeros(len(payoffs))
    mixture[own] = softmax(gains @ found.x)
    return mixture


def played(payoffs: Matrix, value: float) -> np.ndarray:
    """Which rows some mixture that keeps the value plays: weights of any sum, as many of them at 1 or more as can
    be."""
    rows, columns = payoffs.shape
    gains = (payoffs - value).T
    # at least 1 counts once: weight = part up to 1 + what is beyond, of which only the first is wanted
    below = np.vstack([np.hstack([-gains, -gains]), np.eye(2 * rows)])
    bounds = np.r_[np.zeros(columns), np.ones(rows), np.full(rows, BEYOND)]
    found = maximise(np.r_[np.ones(rows), np.zeros(rows)], below, bounds, None, None)
    return np.zeros(rows, dtype=bool) if found is None else found.at[:rows] > 1 / 2
