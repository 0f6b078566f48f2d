"""Games for the solvers' tests: textbook ones, and random and degenerate ones of every kind that breaks solvers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from arena.tournament.games.bimatrix import Bimatrix

ROCK_PAPER_SCISSORS = Bimatrix.zero_sum([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
MATCHING_PENNIES = Bimatrix.zero_sum([[1, -1], [-1, 1]])
PRISONERS_DILEMMA = Bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
BATTLE_OF_THE_SEXES = Bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
CHICKEN = Bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])
"""Aumann's (1974): yield or dare; his correlated equilibrium gives each 5.25 by 1/2, 1/4, 1/4."""
INSPECTION = Bimatrix([[-2, 3], [0, 0]], [[1, -5], [0, 1]])
"""Rows: cheat or comply; columns: inspect or trust."""

KINDS = ("normal", "ties", "zeros and ones", "clones", "all equal", "dominated", "shares of twenty", "far from zero")
SCALES = (1e-3, 1.0, 1e3)


def table(kind: str, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Payoffs of one player."""
    rows = shape[0]
    payoffs = rng.normal(size=shape)
    if kind == "ties":
        payoffs = rng.integers(0, 3, shape).astype(float)
    elif kind == "zeros and ones":
        payoffs = rng.integers(0, 2, shape).astype(float)
    elif kind == "all equal":
        payoffs[:] = payoffs[0, 0]
    elif kind == "dominated":
        payoffs[rows // 2 + 1:] = payoffs[: rows - rows // 2 - 1] - rng.integers(0, 2)
    elif kind == "shares of twenty":
        payoffs = (rng.integers(0, 21, shape) + 0.5) / 21 - 0.05 * rng.integers(0, 3, shape)
    elif kind == "far from zero":
        payoffs += 1000
    return payoffs


def cloned(game: Bimatrix, rng: np.random.Generator) -> Bimatrix:
    """The same game with some of its strategies twice, others gone."""
    rows, columns = (rng.integers(0, size, size) for size in game.shape)
    return Bimatrix(game.row[rows][:, columns], game.column[rows][:, columns])


def theirs(game: Bimatrix) -> Any:
    """The game as quantecon has it (imported here: it takes its time)."""
    import quantecon.game_theory as peer

    return peer.NormalFormGame([peer.Player(game.row.copy()), peer.Player(game.column.T.copy())])


def random_games(count: int, most: int, opposed: bool = False, seed: int = 1) -> Iterator[tuple[str, Bimatrix]]:
    """(kind, game), the kinds by turns, of 1 to `most` strategies a player, on each scale."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        kind, shape = KINDS[number % len(KINDS)], (int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1)))
        row = table(kind, rng, shape) * SCALES[rng.integers(3)]
        column = -row if opposed else table(kind, rng, shape[::-1]).T * SCALES[rng.integers(3)]
        yield kind, cloned(Bimatrix(row, column), rng) if kind == "clones" else Bimatrix(row, column)
