"""Correlated answers as linear programs over the probabilities of cells: which deviations are ruled out is all that
differs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from arena.tournament.games.bimatrix import Bimatrix, Matrix
from arena.tournament.games.linear import maximise

Cells = NDArray[np.intp]


def best(game: Bimatrix, gains: Any) -> Matrix:
    """The cells' probabilities (rows, columns) of greatest welfare for which no gain (deviations, cells) is above 0."""
    welfare = (game.row - game.row.min() + game.column - game.column.min()).ravel() / max(game.ranges)
    found = maximise(welfare, gains, np.zeros(gains.shape[0]), np.ones((1, welfare.size)), [1])
    assert found is not None, "every game has an equilibrium, which is correlated too"
    return found.at.reshape(game.shape)


def numbered(game: Bimatrix) -> tuple[tuple[Matrix, Cells], ...]:
    """Each player's payoffs (his strategies, the other's), and the numbers of the cells in that order."""
    cells = np.arange(game.row.size).reshape(game.shape)
    return (game.unit.row, cells), (game.unit.column.T, cells.T)


def told_to(payoffs: Matrix, cells: Cells) -> Any:
    """A row for every (advice, deviation): what the deviation gains in the cells where that advice is given."""
    own, other = payoffs.shape
    gains = payoffs[None] - payoffs[:, None]  # (advice, deviation, the other's)
    rows = np.repeat(np.arange(own * own), other)
    at = np.broadcast_to(cells[:, None], gains.shape)
    made = sparse.coo_array((gains.ravel(), (rows, at.ravel())), shape=(own * own, cells.size)).tocsr()
    return made[np.flatnonzero(~np.eye(own, dtype=bool).ravel())]


def beforehand(payoffs: Matrix, cells: Cells) -> Any:
    """A row for every deviation: what it gains over all cells."""
    gains = (payoffs[:, None] - payoffs[None]).reshape(len(payoffs), -1)
    made = np.empty_like(gains)
    made[:, cells.ravel()] = gains
    return sparse.csr_array(made)
