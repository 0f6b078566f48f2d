"""Which cells to play next: those whose noise matters most to who would deviate.

Two seeds everywhere, then the cells with the greatest

    s_ij / sqrt(n_ij) x ((x_i + gain_i) y_j + x_i (y_j + gain_j))

s being the spread of a match, n how many were played, x and y the mixtures solved for, and gains the positive deviation
gains plus two standard errors, each player's normalised to a sum of 1. The first term is the row player's noise, the
second the other's.
"""

from __future__ import annotations

import numpy as np

from arena.tournament.games.bimatrix import Vector
from arena.tournament.games.game import Array, Game

LEAST, ERRORS = 2, 2.0


def next_cells(game: Game, x: Vector, y: Vector, count: int, most: int, least: int = LEAST) -> list[tuple[int, int]]:
    """Up to `count` cells (row, column), the most urgent first; none that has `most` matches or a reason why it can't
    be played. Cells under `least` come before all others, the emptiest first."""
    open_ = (game.counts < most) & ~_barred(game)
    urgency = np.where(game.counts < least, np.inf, scores(game, x, y))
    order = np.lexsort((game.counts.ravel(), -urgency.ravel()))
    chosen = [int(cell) for cell in order if open_.ravel()[cell]][:count]
    return [divmod(cell, len(game.columns)) for cell in chosen]


def scores(game: Game, x: Vector, y: Vector) -> Array:
    """How urgent each cell is, (rows, columns)."""
    errors = game.spread / np.sqrt(np.maximum(game.counts, 1))
    row, column = np.nan_to_num(game.means)
    towards_row = _normalised(row @ y - x @ row @ y + ERRORS * np.sqrt(errors[0] ** 2 @ y**2))
    towards_column = _normalised(x @ column - x @ column @ y + ERRORS * np.sqrt(x**2 @ errors[1] ** 2))
    return errors[0] * np.outer(x + towards_row, y) + errors[1] * np.outer(x, y + towards_column)


def _normalised(gains: Vector) -> Vector:
    positive = np.clip(gains, 0, None)
    return positive / positive.sum() if positive.any() else positive


def _barred(game: Game) -> np.ndarray:
    barred = np.zeros(game.counts.shape, dtype=bool)
    for row, column in game.reasons:
        if row in game.rows and column in game.columns:
            barred[game.rows.index(row), game.columns.index(column)] = True
    return barred
