"""A game that grows: whoever could gain by a strategy that isn't in it yet brings it in.

McMahan, Gordon & Blum, ICML 2003; for general sums with learnt answers Lanctot et al., NeurIPS 2017. The small game is
solved, each player looks for a best answer to the other's mixture among all strategies there are, and it ends when
neither gains more than epsilon: then the small game's answer is one of the large game, within epsilon, as far as the
answers are the best ones.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix, Vector
from arena.tournament.games.solution import Solution
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


@dataclass
class Growth(Generic[R, C]):
    """A game while it grows, wherever its payoffs and answers come from: who is in it, and the rounds so far."""

    rows: list[R]
    columns: list[C]
    epsilon: float
    most: int
    rounds: list[Round] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether nobody gained more than `epsilon` in the last round."""
        return bool(self.rounds) and max(self.rounds[-1].gains) <= self.epsilon

    @property
    def over(self) -> bool:
        """Whether it ends: nobody gains more, or the rounds are over."""
        return self.done or len(self.rounds) >= self.most

    def take(self, values: tuple[float, float], answers: Sequence[tuple[int, Any, float]]) -> list[tuple[int, Any]]:
        """Books a round: what each player gets, and the answers that were found (player, strategy, what he gains by
        it). Who gains more than `epsilon` and isn't in the game yet joins; (player, strategy) of each is given back."""
        gains = [max((gain for who, _, gain in answers if who == player), default=0.0) for player in (0, 1)]
        self.rounds.append(Round((len(self.rows), len(self.columns)), values, (gains[0], gains[1])))
        return [(player, strategy) for player, strategy, gain in answers
                if gain > self.epsilon and self._joins((self.rows, self.columns)[player], strategy)]

    @staticmethod
    def _joins(side: list[Any], strategy: Any) -> bool:
        if fresh := strategy not in side:
            side.append(strategy)
        return fresh


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
        growth, table = Growth(list(rows), list(columns), epsilon, most), _Table(self.payoffs)
        while True:
            solution = self._solved(table.game(growth.rows, growth.columns))
            fresh, gains = self._answers(table, growth.rows, growth.columns, solution)
            joined = growth.take(solution.values, [(player, fresh[player], gains[player]) for player in (0, 1)])
            if growth.over or not joined:
                mine, his = growth.rounds[-1].size
                return Grown(tuple(growth.rows[:mine]), tuple(growth.columns[:his]), solution, tuple(growth.rounds),
                             growth.done)

    def _solved(self, game: Bimatrix) -> Solution:
        return self.solve(game) if self.solve else solved(game)

    def _answers(self, table: _Table[R, C], rows: list[R], columns: list[C],
                 solution: Solution) -> tuple[tuple[R, C], tuple[float, float]]:
        """Both best answers and what they gain."""
        x, y = solution.mixtures
        row, column = self.row_answer(tuple(columns), y), self.column_answer(tuple(rows), x)
        against = table.game([row], columns).row[0] @ y, table.game(rows, [column]).column[:, 0] @ x
        return (row, column), (float(against[0]) - solution.values[0], float(against[1]) - solution.values[1])


def solved(game: Bimatrix) -> Solution:
    """An equilibrium: of the linear program where players are opposed, else of Lemke and Howson's path."""
    return zero_sum.solve(game) if game.opposed else lemke_howson.solve(game)


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
