"""Commitments: textbook values, both ways of breaking ties, and an oracle for two rows that needs no program."""

from itertools import pairwise

import numpy as np
import pytest

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.solvers import lemke_howson, stackelberg, stackelberg_pessimistic, zero_sum
from tests.arena.tournament.known import INSPECTION, ROCK_PAPER_SCISSORS, random_games

CONITZER_SANDHOLM = Bimatrix([[2, 4], [1, 3]], [[1, 0], [0, 1]])
"""Figure 1 of their paper: up is dominant, yet who can commit to down half the time gets 3.5 instead of 2."""
TWINS = Bimatrix([[1, 0]], [[0, 0]])
THIN = Bimatrix([[0, 1], [0, 1]], [[0, 0], [0, -1]])
"""The second column is an answer to the first row alone, and there no more than a tie."""


def supremum(game, against):
    """The best commitment of two rows: the other's answers change only where two columns tie. `against`: who else ties
    is chosen against the committed player, so that only stretches count, and on each of them its ends' limits."""
    lines = [game.unit.column[1] + p * (game.unit.column[0] - game.unit.column[1]) for p in (0, 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = lines[0][:, None] - lines[0][None]
        ties = (gap / (gap - (lines[1][:, None] - lines[1][None]))).ravel()
    points = np.unique([0, 1, *ties[(ties > 0) & (ties < 1)]])
    points = points[np.r_[True, np.diff(points) > 1e-9]]
    tried = pairwise(points) if against else [(point, point) for point in points]
    return max(_worth(game, np.array([at, 1 - at]), (low + high) / 2, against)
               for low, high in tried for at in (low, high))


def _worth(game, x, middle, against):
    answers = np.array([middle, 1 - middle]) @ game.unit.column
    mine = (x @ game.row)[answers >= answers.max() - 1e-9]
    return mine.min() if against else mine.max()


def test_who_commits_gains_though_a_row_is_dominated():
    kind, strict = stackelberg.solve(CONITZER_SANDHOLM), stackelberg_pessimistic.solve(CONITZER_SANDHOLM)
    assert np.allclose(kind.mixtures, [[1 / 2, 1 / 2], [0, 1]]) and kind.values[0] == pytest.approx(3.5)
    assert kind.notes == ("ties against: 1.5",) and lemke_howson.solve(CONITZER_SANDHOLM).values[0] == 2
    assert strict.notes == ("supremum: 3.5",) and 3.5 - 1e-5 < strict.values[0] < 3.5 and strict.regret == 0


def test_an_inspector_who_announces_his_rounds_deters():
    """He inspects just so often, 3/5, that cheating gains nothing; who is indifferent complies."""
    found = stackelberg.solve(INSPECTION.turned)
    assert np.allclose(found.mixtures, [[3 / 5, 2 / 5], [0, 1]]) and found.values[0] == pytest.approx(2 / 5)


@pytest.mark.parametrize("game", [TWINS, THIN])
def test_ties_make_the_difference_between_everything_and_nothing(game):
    assert stackelberg.solve(game).values[0] == 1 and stackelberg_pessimistic.solve(game).values[0] == 0


@pytest.mark.parametrize("solver", [stackelberg, stackelberg_pessimistic])
def test_between_opposed_players_a_commitment_is_worth_the_value(solver):
    assert np.allclose(solver.solve(ROCK_PAPER_SCISSORS).mixtures[0], 1 / 3, atol=1e-5)
    for kind, game in random_games(60, 6, opposed=True):
        value = zero_sum.solve(game).values[0]
        assert solver.solve(game).values[0] == pytest.approx(value, abs=1e-5 * game.ranges[0]), (kind, game)


def test_two_rows_need_no_program():
    rng = np.random.default_rng(5)
    for number in range(150):
        shape = (2, int(rng.integers(1, 6)))
        game = Bimatrix(rng.integers(0, 4, shape), rng.integers(0, 4, shape) if number % 2 else rng.normal(size=shape))
        kind, strict = stackelberg.solve(game), stackelberg_pessimistic.solve(game)
        assert kind.values[0] == pytest.approx(supremum(game, False), abs=1e-7 * game.ranges[0]), game
        assert strict.values[0] == pytest.approx(supremum(game, True), abs=1e-4 * game.ranges[0]), game


@pytest.mark.parametrize("solver", [stackelberg, stackelberg_pessimistic])
def test_no_game_fails_and_no_equilibrium_gives_the_committed_more(solver):
    """Who may commit could commit to his part of an equilibrium: ties for him, he gets at least that (von Stengel &
    Zamir)."""
    for kind, game in random_games(240, 7):
        found = solver.solve(game)
        assert found.exact and found.regret <= 1e-8, (kind, game)
        if solver is stackelberg:
            assert found.values[0] >= lemke_howson.solve(game).values[0] - 1e-8 * game.ranges[0], (kind, game)
