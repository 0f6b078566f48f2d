"""A game that grows: whoever could gain by a strategy that isn't in it yet brings it in.

McMahan, Gordon & Blum, ICML 2003; for general sums with learnt answers Lanctot et al., NeurIPS 2017. The small game is
solved, each player looks for a best answer to the other's mixture among all strategies there are, and it ends when
neither gains more than epsilon: then the small game's answer is one of the large game, within epsilon, as far as the
answers are the best ones.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.bimatrix import Bimatrix, Vector
from arena.tournament.solution import Solution
from arena.tournament.solvers import lemke_howson, zero_sum

R = TypeVar("R", bound=Hashable)
C = TypeVar("C", bound=Hashable)
ROUNDS = 100


@dataclass(frozen=True)
class Round:
    """One round: how many strategies there were, what each player got, what he would have gained by his best answer."""

    size: tuple[int, int]
    values: tuple[float, float]
    gains: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Grown(Generic[R, C]):
    """The strategies at the end, the game's answer, the rounds, and whether it ended because nobody gains more."""

    rows: tuple[R, ...]
    columns: tuple[C, ...]
    solution: Solution
    rounds: tuple[Round, ...]
    done: bool

    @property
    def gain(self) -> float:
        """What the best placed player would gain by the best answer that was found in the last round."""
        return max(self.rounds[-1].gains)


@dataclass(frozen=True, eq=False)
class DoubleOracle(Generic[R, C]):
    """`payoffs(row, column)` are both players'; `row_answer(columns, mixture)` and `column_answer(rows, mixture)` give
    a best answer, whether it is in the game or not; strategies are what can be a key. `solve` is the solver of the
    small games (None: the linear program where players are opposed, else Lemke-Howson)."""

    payoffs: Callable[[R, C], tuple[float, float]]
    row_answer: Callable[[Sequence[C], Vector], R]
    column_answer: Callable[[Sequence[R], Vector], C]
    solve: Callable[[Bimatrix], Solution] | None = None

    def grow(self, rows: Sequence[R], columns: Sequence[C], epsilon: float = 1e-6, most: int = ROUNDS) -> Grown[R, C]:
        """Grows the game from its first strategies until nobody gains more than `epsilon` (the payoffs' unit), or for
        `most` rounds. Every cell is asked for once."""
        if not rows or not columns or most < 1:
            raise ArenaError("a game needs a row, a column and a round to begin with")
        mine, his, table, rounds = list(rows), list(columns), _Table(self.payoffs), list[Round]()
        while True:
            solution = self._solved(table.game(mine, his))
            fresh, gains = self._answers(table, mine, his, solution)
            rounds.append(Round((len(mine), len(his)), solution.values, gains))
            done = max(gains) <= epsilon
            if done or len(rounds) == most or (fresh[0] in mine and fresh[1] in his):
                return Grown(tuple(mine), tuple(his), solution, tuple(rounds), done)
            mine += [fresh[0]] if gains[0] > epsilon and fresh[0] not in mine else []
            his += [fresh[1]] if gains[1] > epsilon and fresh[1] not in his else []

    def _solved(self, game: Bimatrix) -> Solution:
        return (self.solve or (zero_sum.solve if game.opposed else lemke_howson.solve))(game)

    def _answers(self, table: _Table[R, C], rows: list[R], columns: list[C],
                 solution: Solution) -> tuple[tuple[R, C], tuple[float, float]]:
        """Both best answers and what they gain."""
        x, y = solution.mixtures
        row, column = self.row_answer(tuple(columns), y), self.column_answer(tuple(rows), x)
        against = table.game([row], columns).row[0] @ y, table.game(rows, [column]).column[:, 0] @ x
        return (row, column), (float(against[0]) - solution.values[0], float(against[1]) - solution.values[1])


class _Table(Generic[R, C]):
    """The payoffs that were asked for."""

    def __init__(self, payoffs: Callable[[R, C], tuple[float, float]]) -> None:
        self.payoffs, self.known = payoffs, dict[tuple[R, C], tuple[float, float]]()

    def game(self, rows: Sequence[R], columns: Sequence[C]) -> Bimatrix:
        cells = np.array([[self._cell(row, column) for column in columns] for row in rows], dtype=float)
        return Bimatrix(cells[..., 0], cells[..., 1])

    def _cell(self, row: R, column: C) -> tuple[float, float]:
        if (row, column) not in self.known:
            self.known[row, column] = self.payoffs(row, column)
        return self.known[row, column]
