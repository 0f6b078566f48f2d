"""The game as it was sampled: means, cells with their reason, what can be solved and what can't."""

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.tournament.games.game import Game

NAN = np.nan
GRANTED = np.array([[[1, 1, 1, 0], [0, 0, 0, 0]], [[1, 1, NAN, NAN], [NAN, NAN, NAN, NAN]]])
GAME = Game.detection(["rose", "none"], ["as-is", "prune"], GRANTED, {("none", "prune"): "nothing to prune"})


def test_shares_are_smoothed_and_stay_opposed():
    assert GAME.means[0, 0] == pytest.approx([3.5 / 5, 0.5 / 5]) and GAME.means[0, 1, 0] == pytest.approx(2.5 / 3)
    assert np.isnan(GAME.means[:, 1, 1]).all() and np.array_equal(GAME.means[1], -GAME.means[0], equal_nan=True)
    assert GAME.counts.tolist() == [[4, 4], [2, 0]]


def test_a_cell_is_k_of_n_with_its_interval_or_says_why_not():
    cell = GAME.cell("rose", "as-is")
    assert cell.interval.value == 0.75 and cell.interval.n == 4
    assert (cell.interval.low, cell.interval.high) == pytest.approx((0.194, 0.994), abs=1e-3)  # 3 of 4, any table
    empty = GAME.cell("none", "prune")
    assert empty.reason == "nothing to prune" and empty.interval.n == 0
    with pytest.raises(ArenaError, match="did you mean 'rose'"):
        GAME.cell("roses", "prune")


def test_other_payoffs_are_means_as_they_are():
    game = Game(("a",), ("b",), [[[[1, 2, NAN]]], [[[0, 4, 9]]]])
    assert game.means[:, 0, 0] == pytest.approx([1.5, 2]), "a match counts only where both payoffs are known"
    assert game.cell("a", "b", 1).interval.value == 2 and game.ends == ((1, 2), (0, 4))


def test_a_game_with_gaps_is_refused_by_name_or_cut_down():
    with pytest.raises(ArenaError, match=r"fewer than 1 matches: none x prune \(0: nothing to prune\)"):
        GAME.payoffs()
    assert GAME.solvable().rows == ("rose",) and GAME.solvable().columns == ("as-is", "prune")
    assert GAME.solvable(4).payoffs(4).row == pytest.approx(np.array([[0.7, 0.1]]))
    with pytest.raises(ArenaError, match="no cell has 5 matches"):
        GAME.solvable(5)


def test_one_thief_who_never_ran_costs_one_column():
    samples = np.random.default_rng(1).random((2, 4, 5, 3))
    samples[:, :, 2] = NAN
    game = Game(tuple("abcd"), tuple("vwxyz"), samples)
    assert game.solvable().columns == ("v", "w", "y", "z") and game.solvable().rows == tuple("abcd")


def test_two_equal_results_are_no_certainty():
    """Its own spread is 0; the other cell's is sqrt(1/2): (0 + 1/4) / 2, pooled over both cells' degrees of freedom."""
    game = Game(("a",), ("b", "c"), np.stack([[[[1, 1], [0, 1]]]] * 2).reshape(2, 1, 2, 2))
    assert game.spread[0, 0] == pytest.approx([np.sqrt(0.25 / 2), np.sqrt((0.5 + 0.25) / 2)])


@pytest.mark.parametrize(("rows", "samples", "words"), [
    (("a",), np.zeros((2, 2, 1, 1)), "none of 2 x 1 x 1"), (("a", "a"), np.zeros((2, 2, 1, 1)), "one name")])
def test_what_is_no_game(rows, samples, words):
    with pytest.raises(ArenaError, match=words):
        Game(rows, ("b",), samples)
