"""Bounds from seeds: how often they hold on games whose truth is known, and the worst case for what wasn't played."""

import numpy as np
import pytest

from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.game import Game
from arena.tournament.solvers import stackelberg, zero_sum
from arena.tournament.statistics.bootstrap import Bootstrap, gains

ROWS, COLUMNS, CORRELATION = 8, 12, 0.5


def names(count):
    return tuple(f"s{i}" for i in range(count))


def sampled(truth, seeds, rng):
    """A zero-sum game's samples: unit noise, half of whose variance a row shares with itself within a seed (one host,
    one mark, whatever thief)."""
    shape = (*truth.shape, seeds)
    shared, own = rng.normal(size=(truth.shape[0], 1, seeds)), rng.normal(size=shape)
    won = truth[..., None] + CORRELATION**0.5 * shared + (1 - CORRELATION) ** 0.5 * own
    return Game(names(truth.shape[0]), names(truth.shape[1]), np.stack([won, -won]))


def coverage(seeds, games=300, draws=300):
    """Share of games whose true regret, of the mixtures solved for, is below the bound."""
    rng, held = np.random.default_rng(15), 0
    for number in range(games):
        truth = rng.normal(size=(ROWS, COLUMNS))
        game = sampled(truth, seeds, rng)
        x, y = zero_sum.solve(game.payoffs()).mixtures
        bound = Bootstrap(draws, number).regret(game, x, y).high
        held += max((truth @ y).max() - x @ truth @ y, x @ truth @ y - (x @ truth).min()) <= bound
    return held / games


def test_a_bound_of_95_percent_holds_at_ten_seeds():
    assert coverage(10) >= 0.93


def test_the_regret_is_the_games_own_and_its_bound_falls_with_seeds():
    rng = np.random.default_rng(16)
    truth = rng.normal(size=(ROWS, COLUMNS))
    bounds = []
    for seeds in (5, 20, 80):
        game = sampled(truth, seeds, rng)
        found = Bootstrap().regret(game, *zero_sum.solve(game.payoffs()).mixtures)
        assert found.value == pytest.approx(0, abs=1e-9) and found.n == seeds
        bounds.append(found.high)
    assert bounds[0] > 1.5 * bounds[1] > 1.5**2 * bounds[2] > 0, "about as one over the root: twice for four times"


def test_whole_seeds_are_drawn():
    """A shock that a seed brings to every cell alike moves values, and nobody's gain by deviating."""
    shock = np.random.default_rng(17).normal(size=12)
    won = np.array([[0.0, 1], [1, 0]])[..., None] + shock
    game, even = Game(names(2), names(2), np.stack([won, won])), np.array([0.5, 0.5])
    assert Bootstrap().regret(game, even, even).high == pytest.approx(0, abs=1e-9)
    found = Bootstrap().value(game, even, even)
    assert found.value == pytest.approx(0.5 + shock.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * shock.std() / 12**0.5, rel=0.15)


def test_the_same_seed_draws_the_same():
    game = sampled(np.zeros((2, 2)), 6, np.random.default_rng(18))
    even = np.array([0.5, 0.5])
    assert Bootstrap(seed=3).value(game, even, even) == Bootstrap(seed=3).value(game, even, even)
    assert Bootstrap(seed=3).value(game, even, even) != Bootstrap(seed=4).value(game, even, even)


def test_a_cell_that_was_not_played_is_as_bad_as_can_be():
    """Row 1 may be worth 1 against column 0: whoever plays row 0 for a sure 0 could gain 1. With it played, nothing."""
    gap, zero = [[[0.0]], [[np.nan]]], [[[0.0]], [[0.0]]]
    x, y = np.array([1.0, 0]), np.array([1.0])
    for won, regret in ((gap, 1), (zero, 0)):
        game = Game(names(2), names(1), np.stack([won, won]), limits=((-1, 1), (-1, 1)))
        found = Bootstrap().regret(game, x, y)
        assert found.value == found.high == regret
    never = Game(names(2), names(1), np.stack([gap, gap]), limits=((-1, 1), (-1, 1)))
    value = Bootstrap().value(never, np.array([0, 1.0]), y)
    assert (value.low, value.high) == (-1, 1)


def test_gains_at_worst_are_the_greatest_over_all_ways_to_fill_the_gaps():
    """By brute force: every gap at its least or greatest."""
    rng = np.random.default_rng(19)
    for _ in range(20):
        samples = rng.random((2, 3, 3, 1))
        holes = rng.permutation(9)[:3]
        samples.reshape(2, 9)[:, holes] = np.nan
        game = Game(names(3), names(3), samples, limits=((0, 1), (0, 1)))
        x, y = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3))
        worst = np.zeros(2)
        for number in range(2 ** 3):
            filled = samples[..., 0].copy()
            filled.reshape(2, 9)[:, holes] = [number >> bit & 1 for bit in range(3)]
            row, column = filled
            worst = np.maximum(worst, [(row @ y).max() - x @ row @ y, (x @ column).max() - x @ column @ y])
        assert gains(game, game.means[None], x, y)[0] == pytest.approx(worst)


def test_cells_of_few_seeds_are_never_empty():
    samples = np.random.default_rng(20).random((2, 2, 2, 20))
    samples[:, 0, 0, 2:] = np.nan
    game = Game(names(2), names(2), samples)
    assert not np.isnan(Bootstrap(500).over(game, lambda tables: tables)).any()


def test_a_commitment_keeps_what_the_answer_leaves():
    """Where seeds agree there is nothing to draw: ties for and against are the ends."""
    game = Game(names(1), names(2), [[[[1.0, 1], [0, 0]]], [[[0.5, 0.5], [0.5, 0.5]]]])
    found = Bootstrap().commitment(game, np.array([1.0]))
    assert (found.low, found.high) == (0, 1)
    sure = Bimatrix([[2, 4], [1, 3]], [[1, 0], [0, 1]])
    seeds = Game(names(2), names(2), np.repeat(np.stack([sure.row, sure.column])[..., None], 3, 3))
    kept = Bootstrap().commitment(seeds, stackelberg.solve(sure).mixtures[0])
    assert (kept.low, kept.high) == pytest.approx((1.5, 3.5))


def test_a_commitments_interval_holds_the_truth():
    rng, held = np.random.default_rng(21), 0
    for number in range(100):
        truth = rng.normal(size=(3, 4))
        game = sampled(truth, 20, rng)
        x = np.array([0.2, 0.3, 0.5])
        found = Bootstrap(300, number).commitment(game, x)
        held += found.low <= (x @ truth).min() <= found.high
    assert held >= 85, "the least of several means is biased down, a little"


def test_two_grants_of_two_are_no_certainty():
    """Exact: the match that counts besides is denied or granted, so the row keeps 2/3 or 1, and 5/6 in the middle; all
    columns at once, so that the other can't choose the unlucky one."""
    game = Game.detection(names(1), names(12), np.ones((1, 12, 2)))
    found = Bootstrap().commitment(game, np.array([1.0]))
    assert (found.low, found.value, found.high) == pytest.approx((2 / 3, 5 / 6, 1))
    more = Bootstrap().commitment(Game.detection(names(1), names(12), np.ones((1, 12, 20))), np.array([1.0]))
    assert (more.low, more.high) == pytest.approx((20 / 21, 1))


def test_shares_of_few_seeds_hold_the_truth_more_often_than_seeds_alone():
    """An owner's marks hold with chance .9 a seed, whatever the thief: of 200 tournaments of five seeds, in how many
    does the interval hold .9? Where all five agree (59 %), seeds drawn again are all alike."""
    rng, held = np.random.default_rng(21), np.zeros(2)
    for number in range(200):
        granted = np.repeat((rng.random((1, 1, 5)) < 0.9).astype(float), 3, 1)
        doubted = Game.detection(names(1), names(3), granted)
        for place, game in enumerate((doubted, Game(names(1), names(3), doubted.samples))):
            found = Bootstrap(200, number).commitment(game, np.array([1.0]))
            held[place] += found.low <= 0.9 <= found.high
    assert held[0] >= 0.93 * 200 and held[1] < 0.5 * 200
