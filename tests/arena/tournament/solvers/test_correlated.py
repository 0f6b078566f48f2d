"""Correlated and coarse correlated equilibria: Aumann's value, the definition in plain loops, and the order of
welfares."""

import numpy as np
import pytest

from arena.tournament.games.solution import joint
from arena.tournament.solvers import all_equilibria, coarse_correlated, correlated
from tests.arena.tournament.known import BATTLE_OF_THE_SEXES, CHICKEN, PRISONERS_DILEMMA, random_games

SOLVERS = [correlated, coarse_correlated]


@pytest.mark.parametrize("solver", SOLVERS)
def test_chicken_with_a_traffic_light_is_worth_more_than_any_equilibrium(solver):
    """Aumann 1974: 5.25 each, by 1/2 yield-yield and 1/4 for each who dares alone."""
    found = solver.solve(CHICKEN)
    assert np.allclose(found.joint, [[1 / 2, 1 / 4], [1 / 4, 0]]) and found.values == pytest.approx((5.25, 5.25))
    assert found.welfare > all_equilibria.solve(CHICKEN).welfare


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_dominant_strategy_and_agreed_interests(solver):
    assert np.allclose(solver.solve(PRISONERS_DILEMMA).joint, [[0, 0], [0, 1]])
    assert solver.solve(BATTLE_OF_THE_SEXES).welfare == pytest.approx(5)


def swapped(game, drawn, swap):
    """The definition in loops: the greatest gain of any single deviation from any one advice, or from all."""
    worst = 0
    for payoffs, part in ((game.row, drawn), (game.column.T, drawn.T)):
        gains = [[float((part[told] * (payoffs[instead] - payoffs[told])).sum()) for told in range(len(part))]
                 for instead in range(len(part))]
        worst = max(worst, *(max(row) if swap else sum(row) for row in gains))
    return worst


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_game_fails_by_the_definition_in_loops(solver):
    for kind, game in random_games(240, 6):
        found = solver.solve(game)
        assert found.exact and found.regret <= 1e-8, (kind, game)
        assert swapped(game, found.joint, solver is correlated) <= 1e-8 * max(game.ranges), (kind, game)
        assert found.joint.min() >= 0 and found.joint.sum() == pytest.approx(1)


def test_every_equilibrium_is_correlated_and_every_correlated_one_coarse():
    more = np.zeros(2, int)
    for _, game in random_games(160, 5, seed=6):
        nash, told, coarse = (solver.solve(game).welfare for solver in (all_equilibria, *SOLVERS))
        rounding = 1e-8 * max(game.ranges)
        assert nash <= told + rounding and told <= coarse + rounding
        more += np.diff([nash, told, coarse]) > 1e-3 * max(game.ranges)
    assert more.min() >= 1, "the order is strict somewhere"


def test_regret_is_computed_from_the_payoffs():
    """Both cooperate: each gains 2 of a range of 5 by defecting, whether he hears it or decides beforehand."""
    for swap in (True, False):
        found = joint("claimed", PRISONERS_DILEMMA, [[1, 0], [0, 0]], swap)
        assert found.regret == pytest.approx(2) and found.relative == pytest.approx(2 / 5) and not found.exact
