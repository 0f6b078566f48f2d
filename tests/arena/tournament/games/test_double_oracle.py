"""Games that grow to their known answers, and end where nobody gains."""

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.double_oracle import DoubleOracle
from arena.tournament.solvers import zero_sum
from tests.arena.tournament.known import CHICKEN, PRISONERS_DILEMMA, ROCK_PAPER_SCISSORS


def over(game):
    """A double oracle whose answers are the best of a game that is known in full, and what it asked for."""
    asked = []

    def payoffs(i, j):
        asked.append((i, j))
        return float(game.row[i, j]), float(game.column[i, j])

    return DoubleOracle(payoffs, lambda columns, y: int(np.argmax(game.row[:, columns] @ y)),
                        lambda rows, x: int(np.argmax(x @ game.column[list(rows)]))), asked


def test_rock_paper_scissors_grows_from_rock():
    oracle, asked = over(ROCK_PAPER_SCISSORS)
    found = oracle.grow([0], [0])
    assert found.done and sorted(found.rows) == [0, 1, 2] and found.gain == pytest.approx(0, abs=1e-9)
    assert np.allclose(found.solution.mixtures, 1 / 3) and len(asked) == len(set(asked)) == 9
    assert found.rounds[0].gains == (1, 1) and found.rounds[0].size == (1, 1)


def test_a_general_sum_ends_in_an_equilibrium_of_the_whole():
    for game in (PRISONERS_DILEMMA, CHICKEN):
        found = over(game)[0].grow([0], [0])
        x, y = np.zeros(2), np.zeros(2)
        x[list(found.rows)], y[list(found.columns)] = found.solution.mixtures
        assert found.done and max(part.max() for part in game.gains(x, y)) <= 1e-6


def test_a_large_game_is_solved_by_a_part_of_it():
    game = Bimatrix.zero_sum(np.random.default_rng(22).random((300, 200)) + np.linspace(0, 3, 300)[:, None])
    oracle, asked = over(game)
    found = oracle.grow([0], [0], most=400)
    assert found.done and found.solution.values[0] == pytest.approx(zero_sum.solve(game).values[0], abs=1e-6)
    assert len(asked) < game.row.size / 10


def test_parameters_that_are_real_numbers_grow_to_the_saddle():
    """u(p, q) = -(p - q)^2 + 2 p: concave in p, best answers in closed form: q = p, and p = q + 1 within [0, 1]."""
    oracle = DoubleOracle(lambda p, q: (2 * p - (p - q) ** 2, (p - q) ** 2 - 2 * p - 2 * (p - q) ** 2),
                          lambda columns, y: round(min(1.0, float(np.dot(columns, y)) + 1), 9),
                          lambda rows, x: round(float(np.dot(rows, x)), 9))
    found = oracle.grow([0.0], [0.0], epsilon=1e-6)
    assert found.done and found.solution.values[0] == pytest.approx(2)
    assert found.rows[int(np.argmax(found.solution.mixtures[0]))] == 1


def test_epsilon_and_the_rounds_end_it_and_say_so():
    oracle, _ = over(ROCK_PAPER_SCISSORS)
    short = oracle.grow([0], [0], most=1)
    assert not short.done and short.gain == 1 and oracle.grow([0], [0], epsilon=1).done
    with pytest.raises(ArenaError, match="to begin with"):
        oracle.grow([], [0])
