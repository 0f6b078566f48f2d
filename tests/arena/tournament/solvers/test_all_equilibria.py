"""All equilibria: known counts, another library's list, and what Lemke-Howson finds is among them."""

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.solvers.all_equilibria import equilibria, solve
from arena.tournament.solvers.lemke_howson import path
from tests.arena.tournament.known import (
    BATTLE_OF_THE_SEXES,
    CHICKEN,
    INSPECTION,
    PRISONERS_DILEMMA,
    ROCK_PAPER_SCISSORS,
    random_games,
    theirs,
)


def listed(game):
    return {tuple(np.concatenate(one.mixtures).round(6) + 0.0) for one in equilibria(game)}


@pytest.mark.parametrize(("game", "known"), [
    (ROCK_PAPER_SCISSORS, {(1 / 3,) * 6}), (PRISONERS_DILEMMA, {(0, 1, 0, 1)}),
    (INSPECTION, {(1 / 7, 6 / 7, 0.6, 0.4)}),
    (BATTLE_OF_THE_SEXES, {(1, 0, 1, 0), (0, 1, 0, 1), (0.6, 0.4, 0.4, 0.6)}),
    (CHICKEN, {(1, 0, 0, 1), (0, 1, 1, 0), (2 / 3, 1 / 3, 2 / 3, 1 / 3)}),
])
def test_a_textbook_game_has_its_equilibria(game, known):
    assert listed(game) == {tuple(np.round(one, 6)) for one in known}


def test_agreement_on_one_of_eight_has_every_set_of_them():
    """The identity game: a uniform mixture over any set that both mean, 2^8 - 1 in all."""
    assert len(equilibria(Bimatrix(np.eye(8), np.eye(8)))) == 255


def test_where_everything_is_equal_every_pair_of_corners_is_one():
    assert len(equilibria(Bimatrix(np.ones((3, 4)), np.ones((3, 4))))) == 12


def test_ties_hide_no_extreme_equilibrium():
    """The other doesn't care; his column 0 makes row 0 a best answer only up to 1/2: (0, 1) x (1/2, 1/2) is extreme."""
    game = Bimatrix([[0, 2], [1, 1]], [[1, 1], [1, 1]])
    assert listed(game) == {(1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 0.5, 0.5), (0, 1, 0.5, 0.5)}


def test_another_library_lists_the_same_where_nothing_ties():
    from quantecon.game_theory import support_enumeration

    rng = np.random.default_rng(7)
    for _ in range(25):
        shape = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
        game = Bimatrix(rng.normal(size=shape), rng.normal(size=shape))
        known = support_enumeration(theirs(game))
        assert listed(game) == {tuple(np.concatenate(one).round(6) + 0.0) for one in known}
        assert len(known) % 2 == 1  # Wilson 1971


def test_no_game_is_without_and_paths_end_in_corners():
    for kind, game in random_games(200, 8, seed=8):
        found = np.array([np.concatenate(one.mixtures) for one in equilibria(game)])
        one = np.concatenate(path(game, 0).mixtures)
        assert np.abs(found - one).max(1).min() < 1e-6, (kind, game)


def test_the_best_for_both_is_given_and_a_large_game_is_refused():
    assert solve(BATTLE_OF_THE_SEXES).welfare == 5
    with pytest.raises(ArenaError, match="up to 8 x 8: this game is 9 x 2"):
        solve(Bimatrix(np.zeros((9, 2)), np.zeros((9, 2))))
