"""The game that payoffs make: what each of two players gets where a row meets a column.

Regrets are computed on payoffs moved to start at 0 and divided by their range, so that a game in thousandths, in
thousands or far from zero is as good as any: neither changes who would deviate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arena.base.errors import ArenaError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
LARGEST = 1e100
SAME = 1e-9
"""Payoffs that differ by less than this share of their range are one."""


@dataclass(frozen=True, eq=False)
class Bimatrix:
    """The payoffs of two players, each (rows, columns), in any unit; ArenaError unless they are finite and of one
    shape."""

    row: Matrix
    column: Matrix

    def __post_init__(self) -> None:
        for name in ("row", "column"):
            object.__setattr__(self, name, _checked(getattr(self, name)))
        if self.row.shape != self.column.shape:
            raise ArenaError(f"payoffs of {self.row.shape} and {self.column.shape} are of no one game")

    @classmethod
    def zero_sum(cls, row: ArrayLike) -> Bimatrix:
        """What one wins, the other loses."""
        payoffs = np.asarray(row, dtype=float)
        return cls(payoffs, -payoffs)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.row.shape[0], self.row.shape[1]

    @cached_property
    def ranges(self) -> tuple[float, float]:
        """Greatest minus least payoff of each player; 1 for one who gets the same wherever he goes."""
        return _range(self.row), _range(self.column)

    @cached_property
    def unit(self) -> Bimatrix:
        """The same game with payoffs of 0 to 1 a player."""
        return Bimatrix(*((payoffs - payoffs.min()) / size
                          for payoffs, size in zip((self.row, self.column), self.ranges, strict=True)))

    @property
    def opposed(self) -> bool:
        """Whether the sum of payoffs is the same in every cell, so that one's gain is the other's loss."""
        total = self.row + self.column
        return bool(np.ptp(total) <= SAME * max(self.ranges))

    @property
    def turned(self) -> Bimatrix:
        """The same game with the players' seats changed."""
        return Bimatrix(self.column.T, self.row.T)

    def values(self, joint: Matrix) -> tuple[float, float]:
        """What each player gets when cells are drawn with the probabilities `joint` (rows, columns)."""
        return float((joint * self.row).sum()), float((joint * self.column).sum())

    def gains(self, x: Vector, y: Vector) -> tuple[Vector, Vector]:
        """What each player would gain by each of his strategies against the other's mixture, as shares of his range;
        below 0 where he would lose."""
        row, column = self.unit.row @ y, x @ self.unit.column
        return row - x @ row, column - column @ y


def _checked(payoffs: ArrayLike) -> Matrix:
    matrix = np.array(payoffs, dtype=float)
    if matrix.ndim != 2 or not matrix.size:
        raise ArenaError(f"payoffs must be a table with a row and a column at least, not of shape {matrix.shape}")
    if not (np.abs(matrix) <= LARGEST).all():
        raise ArenaError("payoffs must be finite numbers: a cell that was not played has none")
    matrix.flags.writeable = False
    return matrix


def _range(payoffs: Matrix) -> float:
    return float(np.ptp(payoffs)) or 1.0
