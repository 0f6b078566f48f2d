"""What a solver answers: mixtures, what they are worth, and the regret, computed again from the payoffs.

No answer goes without its regret: what the best placed player would gain by deviating from it. It is made here, of the
mixtures alone, whatever the solver believes of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from arena.tournament.games.bimatrix import Bimatrix, Matrix, Vector

TOLERANCE = 1e-8
"""The greatest relative regret of an answer that is called an equilibrium."""


@dataclass(frozen=True, eq=False)
class Solution:
    """An answer: a mixture a player (for correlated ones, the margins of `joint`), what each player gets, the most that
    one would gain by deviating (`regret` in the payoffs' unit, `relative` as a share of that player's range of
    payoffs), and what else there is to say."""

    solver: str
    mixtures: tuple[Vector, Vector]
    values: tuple[float, float]
    regret: float
    relative: float
    notes: tuple[str, ...] = ()
    joint: Matrix | None = None

    @property
    def exact(self) -> bool:
        """Whether nobody gains more than rounding by deviating."""
        return self.relative <= TOLERANCE

    @property
    def welfare(self) -> float:
        """What both get together."""
        return sum(self.values)


def mixture(weights: ArrayLike) -> Vector:
    """Weights as probabilities: nothing below 0, a sum of 1."""
    positive = np.clip(np.asarray(weights, dtype=float), 0, None)
    return positive / positive.sum()


def independent(solver: str, game: Bimatrix, x: ArrayLike, y: ArrayLike, notes: Iterable[str] = ()) -> Solution:
    """The answer that each player draws from a mixture of his own: x of (rows,), y of (columns,)."""
    mine, other = mixture(x), mixture(y)
    row, column = game.gains(mine, other)
    return Solution(solver, (mine, other), game.values(np.outer(mine, other)),
                    *_regret(game, row.max(), column.max()), notes=tuple(notes))


def joint(solver: str, game: Bimatrix, cells: ArrayLike, swap: bool, notes: Iterable[str] = ()) -> Solution:
    """The answer that somebody draws a cell (rows, columns) and tells each player his part. `swap`: a player may answer
    every advice by another (correlated equilibria); else he only chooses before he hears it (coarse ones)."""
    drawn = mixture(np.asarray(cells, dtype=float).ravel()).reshape(game.shape)
    gains = [_deviation(payoffs, part, swap)
             for payoffs, part in ((game.unit.row, drawn), (game.unit.column.T, drawn.T))]
    return Solution(solver, (drawn.sum(1), drawn.sum(0)), game.values(drawn), *_regret(game, *gains),
                    notes=tuple(notes), joint=drawn)


def answered(solver: str, game: Bimatrix, x: ArrayLike, answer: int, notes: Iterable[str] = ()) -> Solution:
    """The answer that the row player binds himself to a mixture and the other, who knows it, plays column `answer`.
    Only the other can have regret: whether the commitment is the best one isn't a matter of deviating."""
    mine, other = mixture(x), np.eye(game.shape[1])[answer]
    gain = game.gains(mine, other)[1].max()
    return Solution(solver, (mine, other), game.values(np.outer(mine, other)), *_regret(game, 0.0, gain),
                    notes=tuple(notes))


def _deviation(payoffs: Matrix, drawn: Matrix, swap: bool) -> float:
    """What the row player gains at most by not doing what is drawn."""
    told = drawn @ payoffs.T  # (advice, what he would do instead)
    heard = (told - told.diagonal()[:, None]).max(1).sum()
    return float(heard if swap else (told.sum(0) - told.trace()).max())


def _regret(game: Bimatrix, *relative: float) -> tuple[float, float]:
    """(regret in the payoffs' unit, relative regret), the greatest of both players; rounding below 0 is none."""
    shares = [max(float(gain), 0.0) for gain in relative]
    return max(gain * size for gain, size in zip(shares, game.ranges, strict=True)), max(shares)
