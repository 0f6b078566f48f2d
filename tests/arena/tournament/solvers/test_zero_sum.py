"""The zero-sum LP: values that mathematics gives, both sides at once, and no game that it fails."""

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.solvers.zero_sum import solve
from tests.arena.tournament.known import BATTLE_OF_THE_SEXES, MATCHING_PENNIES, ROCK_PAPER_SCISSORS, random_games


@pytest.mark.parametrize(("game", "x", "y", "value"), [
    (ROCK_PAPER_SCISSORS, [1 / 3] * 3, [1 / 3] * 3, 0),
    (MATCHING_PENNIES, [1 / 2] * 2, [1 / 2] * 2, 0),
    (Bimatrix.zero_sum([[1, 2], [4, 3]]), [0, 1], [0, 1], 3),  # a saddle point
    (Bimatrix.zero_sum([[2, -1], [-1, 1]]), [2 / 5, 3 / 5], [2 / 5, 3 / 5], 1 / 5),  # (ad - bc) / (a + d - b - c)
    (Bimatrix.zero_sum([[3, 1, 2]]), [1], [0, 1, 0], 1),
])
def test_a_known_game_has_its_known_answer(game, x, y, value):
    found = solve(game)
    assert np.allclose(found.mixtures[0], x) and np.allclose(found.mixtures[1], y)
    assert found.values == pytest.approx((value, -value)) and found.exact


def test_a_constant_sum_is_as_good_as_zero():
    """Who detects with probability p loses 1 - p: the same mixtures, values that add up to the constant."""
    found = solve(Bimatrix([[1, 0], [0, 1]], [[0, 1], [1, 0]]))
    assert np.allclose(found.mixtures, 1 / 2) and found.values == pytest.approx((0.5, 0.5))


def test_players_who_are_not_opposed_are_refused():
    with pytest.raises(ArenaError, match="not opposed"):
        solve(BATTLE_OF_THE_SEXES)


def test_no_game_of_a_thousand_fails():
    for kind, game in random_games(1000, 12, opposed=True):
        found = solve(game)
        assert found.relative <= 1e-8 and found.regret <= 1e-8, (kind, game)


def test_the_value_is_that_of_another_library():
    from quantecon.optimize import minmax

    for _, game in random_games(80, 8, opposed=True, seed=2):
        x, y = minmax(game.row.copy())[1:]
        low, high = (x @ game.row).min(), (game.row @ y).max()
        assert low - 1e-9 * game.ranges[0] <= solve(game).values[0] <= high + 1e-9 * game.ranges[0]
        assert high - low < 1e-6 * game.ranges[0]
