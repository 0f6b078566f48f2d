"""Lemke-Howson: equilibria that mathematics gives, every label, and no game that it fails."""

import numpy as np
import pytest

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.solvers.lemke_howson import path, solve
from tests.arena.tournament.known import (
    BATTLE_OF_THE_SEXES,
    CHICKEN,
    INSPECTION,
    PRISONERS_DILEMMA,
    ROCK_PAPER_SCISSORS,
    random_games,
    theirs,
)

VON_STENGEL = Bimatrix([[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]])
"""Von Stengel 2007 (Algorithmic Game Theory, chapter 3), game (3.3): three equilibria."""


@pytest.mark.parametrize(("game", "x", "y"), [
    (ROCK_PAPER_SCISSORS, [1 / 3] * 3, [1 / 3] * 3),
    (PRISONERS_DILEMMA, [0, 1], [0, 1]),
    (INSPECTION, [1 / 7, 6 / 7], [3 / 5, 2 / 5]),  # each mixes so that the other doesn't care
])
def test_a_game_with_one_equilibrium_gives_it_from_every_label(game, x, y):
    for label in range(sum(game.shape)):
        found = path(game, label)
        assert np.allclose(found.mixtures[0], x) and np.allclose(found.mixtures[1], y) and found.exact


def test_labels_lead_to_different_equilibria():
    """Of von Stengel's three, paths from the origin end in ((1, 0, 0), (1, 0)) and ((0, 1/3, 2/3), (1/3, 2/3))."""
    known = {(1, 0, 0, 1, 0), (0.8, 0.2, 0, 2 / 3, 1 / 3), (0, 1 / 3, 2 / 3, 1 / 3, 2 / 3)}
    ends = {tuple(np.concatenate(path(VON_STENGEL, label).mixtures).round(9)) for label in range(5)}
    assert ends <= {tuple(np.round(one, 9)) for one in known} and len(ends) == 2


@pytest.mark.parametrize("game", [BATTLE_OF_THE_SEXES, CHICKEN])
def test_what_it_finds_is_an_equilibrium_of_the_game(game):
    found = solve(game)
    assert found.exact and {tuple(part.round(6)) for part in found.mixtures} <= {(1, 0), (0, 1)}


def test_no_game_of_a_thousand_fails():
    for kind, game in random_games(1000, 20):
        found = solve(game)
        assert found.relative <= 1e-8 and found.regret <= 1e-8, (kind, game)


def test_the_seats_and_the_units_of_payoffs_change_nothing():
    for _, game in random_games(40, 6, seed=3):
        again = Bimatrix(1e3 * game.row + 7, 1e-3 * game.column - 2)
        for label in range(sum(game.shape)):
            one, other = path(game, label), path(again, label)
            assert other.exact and np.allclose(np.concatenate(one.mixtures), np.concatenate(other.mixtures), atol=1e-6)


def test_another_library_finds_it_an_equilibrium_and_the_same_by_the_same_label():
    from quantecon.game_theory import lemke_howson

    rng = np.random.default_rng(4)
    for _ in range(40):
        game = Bimatrix(rng.normal(size=(7, 5)), rng.normal(size=(7, 5)))
        label = int(rng.integers(12))
        assert theirs(game).is_nash(solve(game).mixtures, tol=1e-8)
        assert all(map(np.allclose, path(game, label).mixtures, lemke_howson(theirs(game), init_pivot=label)))
