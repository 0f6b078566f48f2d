"""the row player's best commitment, ties against him (weak Stackelberg)

Von Stengel & Zamir, Games and Economic Behavior 2010, theorem 11: mixtures to which a column is an answer count only
where they fill a region; within it the committed player may come as near to its border as he likes, and only columns
that are the same to the other can still be chosen against him. The value is a supremum: where it isn't reached, the
mixture stands off the border by what makes the wanted answer better than a tie.
"""

from __future__ import annotations

import numpy as np

from arena.tournament.games.bimatrix import SAME, Bimatrix, Vector
from arena.tournament.games.linear import maximise
from arena.tournament.games.solution import Solution, answered
from arena.tournament.solvers.stackelberg import worst_answer

Region = tuple[float, Vector, Vector, float]
EDGE = 1e-7
"""How much better than a tie the wanted answer is made, as a share of the other's range; no thinner region counts."""


def solve(game: Bimatrix) -> Solution:
    """The commitment, the worst answer to it, and in its notes the supremum that it comes near to."""
    value, at, inside, depth = _best(game)
    if _kept(game, at) < value - SAME:
        at = at + min(1.0, EDGE / depth) * (inside - at)
    low, size = float(game.row.min()), game.ranges[0]
    return answered("stackelberg-pessimistic", game, at, worst_answer(game, at),
                    (f"supremum: {low + value * size:.6g}",))


def _best(game: Bimatrix) -> Region:
    """The best region; columns that can't beat it are skipped."""
    regions: list[Region] = []
    most = game.unit.row.max(0)
    for column in np.argsort(-most, kind="stable"):
        if regions and most[column] <= regions[-1][0]:
            break
        found = _region(game, int(column))
        if found is not None and (not regions or found[0] > regions[-1][0]):
            regions.append(found)
    return regions[-1]


def _kept(game: Bimatrix, x: Vector) -> float:
    return float(game.unit.row[:, worst_answer(game, x)] @ x)


def _region(game: Bimatrix, column: int) -> Region | None:
    """Of the mixtures to which a column is an answer: (what the best is worth when the worst of its twins is played, as
    a share; that mixture; one in the middle; how much better the answer is there). None where they fill nothing, or
    where an earlier column is this one's twin."""
    his = game.unit.column
    twins = np.abs(his - his[:, [column]]).max(0) <= SAME
    if np.argmax(twins) < column:
        return None
    others = (his[:, ~twins] - his[:, [column]]).T
    inside, depth = _deepest(others)
    if depth <= EDGE:
        return None
    value, at = _least_of(game.unit.row[:, twins].T, others)
    return value, at, inside, depth


def _deepest(others: Vector) -> tuple[Vector, float]:
    """The mixture that makes the least of all leads greatest, and that lead (1 where nobody else runs)."""
    rows = others.shape[1]
    below = np.vstack([np.column_stack([others, np.ones(len(others))]), np.eye(rows + 1)[-1]])
    found = maximise(np.eye(rows + 1)[-1], below, np.eye(len(others) + 1)[-1], [[*np.ones(rows), 0]], [1], free=1)
    assert found is not None, "a lead may be below 0"
    return found.at[:-1], float(found.at[-1])


def _least_of(wanted: Vector, others: Vector) -> tuple[float, Vector]:
    """Where the least of some payoffs is greatest, of the mixtures against which the others don't lead."""
    rows = wanted.shape[1]
    below = np.vstack([np.column_stack([-wanted, np.ones(len(wanted))]),
                       np.column_stack([others, np.zeros(len(others))])])
    found = maximise(np.eye(rows + 1)[-1], below, np.zeros(len(below)), [[*np.ones(rows), 0]], [1], free=1)
    assert found is not None, "the region has an inside"
    return found.value, found.at[:-1]
