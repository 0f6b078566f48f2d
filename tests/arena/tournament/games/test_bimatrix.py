"""The game and the answers' record: what is no game, and regret that no solver can talk away."""

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.solution import answered, independent, mixture
from tests.arena.tournament.known import MATCHING_PENNIES, PRISONERS_DILEMMA


@pytest.mark.parametrize(("row", "column", "words"), [
    ([[1, np.nan]], [[1, 1]], "finite"), ([[1, np.inf]], [[1, 1]], "finite"), ([[1, 1e200]], [[1, 1]], "finite"),
    ([1, 2], [1, 2], "a table"), (np.zeros((0, 2)), np.zeros((0, 2)), "a table"), ([[1]], [[1, 2]], "no one game")])
def test_what_is_no_game(row, column, words):
    with pytest.raises(ArenaError, match=words):
        Bimatrix(row, column)


def test_payoffs_are_a_copy_that_nobody_changes():
    payoffs = np.ones((2, 2))
    game = Bimatrix(payoffs, payoffs)
    payoffs[0, 0] = 5
    assert game.row[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        game.row[0, 0] = 2


def test_regret_is_what_the_best_deviation_gains():
    """Both cooperate: 2 by defecting, of a range of 5; only one cooperates: 1 by joining the other."""
    both, one = independent("", PRISONERS_DILEMMA, [1, 0], [1, 0]), independent("", PRISONERS_DILEMMA, [1, 0], [0, 1])
    assert (both.regret, both.relative, *both.values) == pytest.approx((2, 0.4, 3, 3))
    assert (one.regret, *one.values) == pytest.approx((1, 0, 5)) and not one.exact
    assert independent("", PRISONERS_DILEMMA, [0, 1], [0, 1]).exact


def test_who_is_bound_has_no_regret_but_the_other_has():
    assert answered("", PRISONERS_DILEMMA, [1, 0], 1).regret == 0
    assert answered("", PRISONERS_DILEMMA, [1, 0], 0).regret == pytest.approx(2)


def test_the_unit_and_the_start_of_payoffs_change_no_relative_regret():
    far = Bimatrix(1e-3 * PRISONERS_DILEMMA.row + 100, 1e3 * PRISONERS_DILEMMA.column)
    found = independent("", far, [1, 0], [1, 0])
    assert found.relative == pytest.approx(0.4) and found.regret == pytest.approx(2000)


def test_opposed_players_and_changed_seats():
    assert MATCHING_PENNIES.opposed and Bimatrix([[1, 0]], [[2, 3]]).opposed and not PRISONERS_DILEMMA.opposed
    assert np.array_equal(MATCHING_PENNIES.turned.row, MATCHING_PENNIES.column.T)


def test_weights_become_probabilities():
    assert mixture([2, -1e-12, 2]) == pytest.approx([0.5, 0, 0.5])
