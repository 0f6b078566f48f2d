"""the row player's best commitment, ties in his favour (strong Stackelberg)

Who can't hide his mixture may as well announce it: the other answers, and of answers that are equally good to him he
gives the one that the committed player likes best (Conitzer & Sandholm, EC 2006, section 3: for every column, the
mixture that is best among those to which that column is an answer is one linear program). Columns that can't beat what
is found are skipped.
"""

from __future__ import annotations

import numpy as np

from arena.tournament.games.bimatrix import Bimatrix, Vector
from arena.tournament.games.linear import maximise
from arena.tournament.games.solution import Solution, answered

TIE = 1e-9
"""Answers that differ by less, as a share of the range of payoffs, are equally good."""


def solve(game: Bimatrix) -> Solution:
    """The commitment and the answer to it; its notes say what it is worth if ties go against the committed player."""
    best, at, answer = -np.inf, np.array([]), 0
    most = game.unit.row.max(0)
    for column in np.argsort(-most, kind="stable"):
        if most[column] <= best:
            break
        found = commitment(game, int(column))
        if found is not None and found[0] > best:
            best, at, answer = *found, int(column)
    worst = game.row[:, worst_answer(game, at)] @ at
    return answered("stackelberg", game, at, answer, (f"ties against: {worst:.6g}",))


def commitment(game: Bimatrix, column: int) -> tuple[float, Vector] | None:
    """(value as a share of the range, mixture) that is best where the other answers by this column; None where he never
    does."""
    his = game.unit.column
    found = maximise(game.unit.row[:, column], (his - his[:, [column]]).T, np.zeros(game.shape[1]),
                     [np.ones(game.shape[0])], [1])
    return None if found is None else (found.value, found.at)


def worst_answer(game: Bimatrix, x: Vector) -> int:
    """Of the columns that are best against a mixture, the one that its player likes least."""
    good = x @ game.unit.column
    return int(np.argmin(np.where(good >= good.max() - TIE, x @ game.unit.row, np.inf)))
