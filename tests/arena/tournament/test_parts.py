"""Solvers and payoffs by name: every file is one, each has its line, a user's own is found."""

from dataclasses import replace

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.testing.solving import check_solver
from arena.tournament import parts
from arena.tournament.games.solution import independent
from tests.arena.tournament.known import MATCHING_PENNIES

LEARN = ("fictitious-play", "replicator")
"""Solvers that come near an equilibrium and say how near."""


@pytest.mark.parametrize("name", [name for name in parts.built_in("solvers") if name not in LEARN])
def test_every_solver_passes_its_conformance_suite(name):
    check_solver(parts.solver(name))


@pytest.mark.parametrize("name", LEARN)
def test_a_learner_passes_but_for_exactness(name):
    check_solver(lambda game: parts.module("solvers", name).solve(game, 200), exact=False)


@pytest.mark.parametrize(("change", "words"), [
    ({"mixtures": (np.array([0.5]), np.array([0.6]))}, "no mixture"), ({"values": (9.0, 9.0)}, "not the mixtures'"),
    ({"relative": 1.0}, "more regret is told")])
def test_the_suite_finds_what_is_wrong(change, words):
    solve = parts.solver("all-equilibria")
    with pytest.raises(AssertionError, match=words):
        check_solver(lambda game: replace(solve(game), **change))


def test_the_suite_finds_regret():
    with pytest.raises(AssertionError, match="a regret of"):
        check_solver(lambda game: independent("first", game, np.eye(game.shape[0])[0], np.eye(game.shape[1])[0]))


def test_every_solver_has_a_line_and_solves():
    names = parts.built_in("solvers")
    assert {"zero-sum", "lemke-howson", "stackelberg", "stackelberg-pessimistic", "correlated", "coarse-correlated",
            "all-equilibria", "logit", "nash-averaging", "fictitious-play", "replicator"} <= set(names)
    for name, line in names.items():
        found = parts.solver(name)(MATCHING_PENNIES)
        assert line and found.solver == name and found.relative < 0.02
        assert found.values == pytest.approx((0, 0), abs=0.02)


def test_the_payoffs_are_five():
    assert list(parts.built_in("payoffs")) == ["attacker", "owner", "usurper", "verifier", "wrt"]


def test_a_name_that_means_none_is_an_error_with_a_hint():
    with pytest.raises(ArenaError, match="unknown solver 'lemke-howsen'; did you mean 'lemke-howson'"):
        parts.solver("lemke-howsen")
    with pytest.raises(ArenaError, match="unknown payoff 'thief'"):
        parts.payoff("thief")


def test_a_solver_of_the_users_own(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from arena.tournament.games.solution import independent\n"
        "def first(game):\n    return independent('first', game, [1, 0], [1, 0])\nnone = 3\n")
    found = parts.solver("mine.py:first", tmp_path)(MATCHING_PENNIES)
    assert found.regret == 2 and not found.exact
    with pytest.raises(ArenaError, match="no solver"):
        parts.solver("mine.py:none", tmp_path)
