"""The logit path and Nash averaging: clones share, the limits that mathematics gives, and few games that they leave."""

import numpy as np
import pytest
from scipy.special import xlogy

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.solvers import all_equilibria, logit, nash_averaging
from tests.arena.tournament.known import (
    BATTLE_OF_THE_SEXES,
    CHICKEN,
    INSPECTION,
    PRISONERS_DILEMMA,
    ROCK_PAPER_SCISSORS,
    random_games,
)

TWO_ROCKS = Bimatrix.zero_sum(ROCK_PAPER_SCISSORS.row[[0, 0, 1, 2]][:, [0, 0, 1, 2]])
BORDER = Bimatrix.zero_sum([[1, 1, 1], [0, 2, 2]])
"""The second player keeps the first on row 0 with any mixture that plays column 0 half the time at least."""


def entropy(mixture):
    return -xlogy(mixture, mixture).sum()


@pytest.mark.parametrize("solver", [nash_averaging, logit])
@pytest.mark.parametrize(("game", "x", "y"), [
    (TWO_ROCKS, [1 / 6, 1 / 6, 1 / 3, 1 / 3], [1 / 6, 1 / 6, 1 / 3, 1 / 3]),
    (BORDER, [1, 0], [1 / 2, 1 / 4, 1 / 4]),
    (Bimatrix.zero_sum(np.ones((2, 5))), [1 / 2] * 2, [1 / 5] * 5),
    (Bimatrix.zero_sum([[2, -1], [-1, 1]]), [2 / 5, 3 / 5], [2 / 5, 3 / 5]),
])
def test_between_opposed_players_the_most_even_equilibrium_is_meant(solver, game, x, y):
    found = solver.solve(game)
    assert np.allclose(found.mixtures[0], x, atol=1e-4) and np.allclose(found.mixtures[1], y, atol=1e-4)
    assert found.exact


def test_no_other_equilibrium_is_more_even():
    """Every equilibrium of opposed players is a mixture of extreme ones; none of many such has more entropy."""
    rng = np.random.default_rng(9)
    for kind, game in random_games(80, 5, opposed=True, seed=9):
        found = nash_averaging.solve(game)
        assert found.exact, (kind, game)
        extreme = all_equilibria.equilibria(game)
        for player, mixture in enumerate(found.mixtures):
            corners = np.array([one.mixtures[player] for one in extreme])
            others = rng.dirichlet(np.ones(len(corners)), 50) @ corners
            assert max(map(entropy, [*others, *corners])) <= entropy(mixture) + 1e-5, (kind, game)


def test_both_agree_between_opposed_players():
    for kind, game in random_games(60, 5, opposed=True, seed=10):
        one, other = nash_averaging.solve(game), logit.solve(game)
        assert one.exact and other.exact, (kind, game)
        assert np.allclose(*map(np.concatenate, (one.mixtures, other.mixtures)), atol=2e-3), (kind, game)


@pytest.mark.parametrize(("game", "x", "y"), [
    (PRISONERS_DILEMMA, [0, 1], [0, 1]), (INSPECTION, [1 / 7, 6 / 7], [3 / 5, 2 / 5]),
    (CHICKEN, [2 / 3, 1 / 3], [2 / 3, 1 / 3]),  # the branch treats those alike who are alike
    (BATTLE_OF_THE_SEXES, [3 / 5, 2 / 5], [2 / 5, 3 / 5]),
    (Bimatrix([[3, 0], [0, 1]], [[3, 0], [0, 1]]), [1, 0], [1, 0]),  # what risks less, and is worth more
])
def test_the_path_leads_where_it_must(game, x, y):
    found = logit.solve(game)
    assert found.exact and np.allclose(found.mixtures[0], x) and np.allclose(found.mixtures[1], y)


@pytest.mark.parametrize("seed", range(3))
def test_fifty_by_fifty_is_no_larger_than_the_program_can_bear(seed):
    """Weights without an upper bound made HiGHS call the search for who is played unbounded."""
    found = nash_averaging.solve(Bimatrix.zero_sum(np.random.default_rng(seed).random((50, 50))))
    assert found.exact and not found.notes


def test_the_path_is_one_of_logit_responses():
    point = logit.follow(INSPECTION, 5)
    assert point[-1] >= 5
    x, y = np.exp(point[:2]), np.exp(point[2:4])
    lean = np.exp(point[-1] * (INSPECTION.unit.row @ y))
    assert np.allclose(x, lean / lean.sum()) and np.allclose([x.sum(), y.sum()], 1)


def test_a_path_that_is_lost_says_so_and_few_are():
    lost = [found for _, game in random_games(160, 6, seed=11) if not (found := logit.solve(game)).exact]
    assert len(lost) <= 2 and all("as the iteration left it" in found.notes[-1] for found in lost)


def test_nash_averaging_is_for_opposed_players():
    with pytest.raises(ArenaError, match="not opposed"):
        nash_averaging.solve(CHICKEN)
