"""Fictitious play and the replicator: near an equilibrium where theory promises it, and honest where it doesn't."""

import numpy as np
import pytest

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.solvers import fictitious_play, replicator, zero_sum
from tests.arena.tournament.known import MATCHING_PENNIES, PRISONERS_DILEMMA, ROCK_PAPER_SCISSORS

SOLVERS = [fictitious_play, replicator]
SHAPLEY = Bimatrix([[0, 1, 0], [0, 0, 1], [1, 0, 0]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("game", [ROCK_PAPER_SCISSORS, MATCHING_PENNIES])
def test_what_was_played_is_near_the_equilibrium(solver, game):
    found = solver.solve(game)
    assert np.allclose(found.mixtures, 1 / game.shape[0], atol=0.02) and found.relative < 0.02


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_dominant_strategy_is_found(solver):
    found = solver.solve(PRISONERS_DILEMMA)
    assert found.relative < 1e-3 and found.mixtures[0][1] > 0.99


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_large_game_is_worth_what_the_program_says(solver):
    game = Bimatrix.zero_sum(np.random.default_rng(12).random((60, 40)))
    found = solver.solve(game)
    assert found.relative < 0.05 and found.values[0] == pytest.approx(zero_sum.solve(game).values[0], abs=0.05)


def test_more_rounds_leave_less_regret():
    game = Bimatrix.zero_sum(np.random.default_rng(13).random((10, 10)))
    for solver in SOLVERS:
        assert solver.solve(game, 20_000).relative < 0.5 * solver.solve(game, 200).relative


def test_where_play_goes_round_for_ever_the_regret_tells():
    """Shapley 1964: near his game, whatever the start but one, fictitious play never settles."""
    rng = np.random.default_rng(14)
    game = Bimatrix(SHAPLEY.row + 0.1 * rng.random((3, 3)), SHAPLEY.column + 0.1 * rng.random((3, 3)))
    assert fictitious_play.solve(game).relative > 0.05
