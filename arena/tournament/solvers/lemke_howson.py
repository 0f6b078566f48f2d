"""an equilibrium of any game, by complementary pivoting

Lemke & Howson 1964, with the lexicographic rule of von Stengel 2002 (section 2.6), which can't cycle where payoffs tie.
The strategies are labels; a path starts where one label is dropped and ends where it is found again. Every label is
tried until one gives an equilibrium: in exact arithmetic all do. The mixtures are solved for again from the final basis
and the payoffs, so that they don't bear the pivots' rounding.
"""

from __future__ import annotations

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix, Matrix, Vector
from arena.tournament.games.solution import Solution, independent

MOST_PIVOTS, ZERO = 20_000, 1e-11


class Tableau:
    """A player's polytope {z >= 0, payoffs @ z <= 1}: a column a label, the bounds last; a row a label of the basis."""

    def __init__(self, payoffs: Matrix, own: range, slack: range) -> None:
        self.system = np.empty((len(slack), len(own) + len(slack)))
        self.system[:, own], self.system[:, slack] = payoffs, np.eye(len(slack))
        self.rows = np.column_stack([self.system, np.ones(len(slack))])
        self.basis, self.own, self.slack = np.array(slack), own, slack

    def enter(self, label: int) -> int:
        """Takes a label into the basis; the one that leaves."""
        row = self._leaving(self.rows[:, label])
        left, self.basis[row] = int(self.basis[row]), label
        self.rows[row] /= self.rows[row, label]
        others = self.rows[:, label].copy()
        others[row] = 0
        self.rows -= np.outer(others, self.rows[row])
        return left

    def _leaving(self, entering: Vector) -> int:
        """The row whose bound is met first; ties are decided by the slack columns, one after another."""
        tied = np.flatnonzero(entering > ZERO)
        for column in (-1, *self.slack):
            ratios = self.rows[tied, column] / entering[tied]
            tied = tied[ratios <= ratios.min() + ZERO]
            if len(tied) == 1:
                break
        return int(tied[0])

    def mixture(self) -> Vector:
        """The player's weights at the basis."""
        weights = np.zeros(self.system.shape[1])
        weights[self.basis] = np.linalg.solve(self.system[:, self.basis], np.ones(len(self.basis)))
        return weights[self.own]


def solve(game: Bimatrix) -> Solution:
    """An equilibrium, the first label's whose regret is rounding; ArenaError where none is found."""
    tried = []
    for label in range(sum(game.shape)):
        found = path(game, label)
        if found is not None and found.exact:
            return found
        tried.append(found.relative if found else np.inf)
    raise ArenaError(f"no path of {len(tried)} led to an equilibrium: least relative regret {min(tried):.2g}")


def path(game: Bimatrix, label: int) -> Solution | None:
    """Where the path of a dropped label ends: 0 to rows - 1 are the row player's strategies, then the other's. None
    where rounding spoils it."""
    rows, columns = game.shape
    own, other = range(rows), range(rows, rows + columns)
    mine, his = Tableau(1 + game.unit.column.T, own, other), Tableau(1 + game.unit.row, other, own)
    try:
        _follow(*((mine, his) if label in own else (his, mine)), label)
        return independent("lemke-howson", game, mine.mixture(), his.mixture(), (f"label {label}",))
    except (ValueError, np.linalg.LinAlgError):
        return None


def _follow(now: Tableau, then: Tableau, dropped: int) -> None:
    """Pivots in both tableaux by turns until the dropped label is back."""
    entering = dropped
    for _ in range(MOST_PIVOTS):
        entering = now.enter(entering)
        if entering == dropped:
            return
        now, then = then, now
    raise ValueError("the path has no end")
