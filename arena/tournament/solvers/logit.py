"""where the path of logit responses leads: one principled choice among many

McKelvey & Palfrey 1995: players answer in proportion to exp(sharpness x payoff); from dull (all strategies alike) to
sharp, the principal branch leads to one equilibrium, nearly always. It is followed as Turocy (2005) does, by the
logarithms of the mixtures, along its length, so that it may turn back; its end is then moved to the equilibrium on the
strategies that are still played. Between opposed players the limit is the equilibrium of greatest entropy.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from arena.tournament.games.bimatrix import Bimatrix, Matrix, Vector
from arena.tournament.games.solution import Solution
from arena.tournament.solvers._nearest import equilibrium

SHARP, MOST_STEPS, CORRECTIONS = 1e6, 4000, 12
FIRST, SHORTEST, NEAR = 0.1, 1e-9, 1e-9
ASTRAY = 0.3
STRAIGHT = 0.95
"""The cosine of the sharpest bend that one step may take: who takes more may come back the way he went."""


def solve(game: Bimatrix) -> Solution:
    """The equilibrium at the path's end; its notes say how sharp the players were there, in payoffs of 0 to 1."""
    point = follow(game)
    rows = game.shape[0]
    return equilibrium("logit", game, np.exp(point[:rows]), np.exp(point[rows:-1]), (f"sharpness {point[-1]:.3g}",))


def follow(game: Bimatrix, sharp: float = SHARP) -> Vector:
    """(logarithms of the row player's mixture, of the other's, sharpness) where the path is `sharp`, or can't be
    followed further."""
    rows, columns = game.shape
    point = np.r_[np.full(rows, -np.log(rows)), np.full(columns, -np.log(columns)), 0.0]
    step, along = FIRST, _tangent(_slopes(game, point), np.eye(len(point))[-1])
    assert along is not None, "where nobody is sharp, the path goes straight on"
    for _ in range(MOST_STEPS):
        if point[-1] >= sharp or step < SHORTEST * max(1.0, point[-1]):
            break
        guess = point + step * along
        ahead = _corrected(game, guess, along)
        onward = None if ahead is None else _tangent(_slopes(game, ahead), along)
        if ahead is None or onward is None or onward @ along < STRAIGHT or _far(ahead, guess):
            step /= 2
        else:
            point, along, step = ahead, onward, step * 1.5
    return point


def _far(ahead: Vector, guess: Vector) -> bool:
    """Whether some probability was guessed so wrong that this may be another branch."""
    return bool(np.abs(ahead - guess)[:-1].max() > ASTRAY)


def _faults(game: Bimatrix, point: Vector) -> Vector:
    """How far each logarithm is from that of the logit response."""
    rows = game.shape[0]
    x, y, sharpness = np.exp(point[:rows]), np.exp(point[rows:-1]), point[-1]
    return point[:-1] - np.r_[log_softmax(sharpness * (game.unit.row @ y)),
                              log_softmax(sharpness * (x @ game.unit.column))]


def _slopes(game: Bimatrix, point: Vector) -> Matrix:
    """The faults' derivatives, (rows + columns, rows + columns + 1)."""
    rows = game.shape[0]
    x, y, sharpness = np.exp(point[:rows]), np.exp(point[rows:-1]), point[-1]
    slopes = np.eye(len(point) - 1, len(point))
    for own, other, payoffs, weights in ((slice(0, rows), slice(rows, -1), game.unit.row, y),
                                         (slice(rows, None), slice(0, rows), game.unit.column.T, x)):
        response = np.exp(log_softmax(sharpness * (payoffs @ weights)))
        centred = payoffs - response @ payoffs
        slopes[own, other] = -sharpness * centred * weights
        slopes[own, -1] = -centred @ weights
    return slopes


def _tangent(slopes: Matrix, before: Vector) -> Vector | None:
    """The direction, of length 1, in which the faults stay 0, going on as before; None where it isn't one."""
    try:
        found = np.linalg.solve(np.vstack([slopes, before]), np.eye(len(before))[-1])
    except np.linalg.LinAlgError:
        return None
    return found / np.linalg.norm(found)


def _corrected(game: Bimatrix, point: Vector, along: Vector) -> Vector | None:
    """The point of the path on the plane across the tangent (Newton); None where it isn't found."""
    for _ in range(CORRECTIONS):
        faults = _faults(game, point)
        if np.abs(faults).max() <= NEAR * max(1.0, point[-1]):
            return point
        try:
            point = point - np.linalg.solve(np.vstack([_slopes(game, point), along]), np.r_[faults, 0.0])
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(point).all() or point[-1] < 0 or point[:-1].max() > 1:
            return None
    return None
