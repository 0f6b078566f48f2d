"""Adaptive sampling: two everywhere first, then where it matters, and less regret than uniform for as many matches."""

import numpy as np
import pytest

from arena.tournament.games.game import Game
from arena.tournament.solvers import zero_sum
from arena.tournament.statistics.adaptive import next_cells, scores


def game_of(samples, reasons=None):
    rows, columns = samples.shape[1:3]
    return Game(tuple(f"r{i}" for i in range(rows)), tuple(f"c{j}" for j in range(columns)), samples, reasons or {})


def test_cells_under_two_come_first_the_emptiest_before():
    samples = np.random.default_rng(1).random((2, 2, 2, 3))
    samples[:, 1, 1, :], samples[:, 0, 1, 1:] = np.nan, np.nan
    x = y = np.array([1.0, 0])
    assert next_cells(game_of(samples), x, y, 2, most=9) == [(1, 1), (0, 1)]
    barred = game_of(samples, {("r1", "c1"): "no host"})
    assert next_cells(barred, x, y, 1, most=9) == [(0, 1)], "what can't be played isn't asked for"
    assert next_cells(barred, x, y, 9, most=3) == [(0, 1)], "nor what has enough"


def test_the_rule_by_hand():
    """Both play 0 for sure; all means 0 but r1 x c0, where the row player would gain 1: its noise counts, c1's less."""
    row = np.array([[[0.0, 0], [0, 0]], [[0.5, 1.5], [0, 0]]])
    game = game_of(np.stack([row, np.zeros_like(row)]))
    found = scores(game, np.array([1.0, 0]), np.array([1.0, 0]))
    pooled, own = np.sqrt(0.5 / 4 / 2), np.sqrt((0.5 + 0.5 / 4) / 2)  # of one match
    low, high = pooled / 2**0.5, own / 2**0.5  # of a mean of two
    gain = np.array([2 * low, 1 + 2 * high])
    gain /= gain.sum()
    assert found == pytest.approx(np.array([[low * (1 + gain[0]), 0], [high * gain[1], 0]]))


def sampled_regret(adaptive, truth, budget, rng):
    """The true NashConv after a budget of matches on a zero-sum game with unit noise."""
    rows, columns = truth.shape
    samples = np.full((2, rows, columns, 400), np.nan)
    filled = np.zeros(truth.shape, dtype=int)

    def play(i, j):
        won = truth[i, j] + rng.normal()
        samples[:, i, j, filled[i, j]] = won, -won
        filled[i, j] += 1

    for cell in np.ndindex(rows, columns):
        play(*cell), play(*cell)
    while filled.sum() < budget:
        most = filled.max() + 1
        game = game_of(samples[..., :most])
        x, y = zero_sum.solve(game.payoffs()).mixtures
        ask = next_cells(game, x, y, 20, 400) if adaptive else [np.unravel_index(k, truth.shape)
                                                               for k in np.argsort(filled, axis=None)[:20]]
        for cell in ask:
            play(*cell)
    x, y = zero_sum.solve(game_of(samples[..., :filled.max()]).payoffs()).mixtures
    return (truth @ y).max() - (x @ truth).min()


def test_as_many_matches_leave_less_regret_than_the_same_everywhere():
    found = np.zeros(2)
    for seed in range(12):
        truth = np.random.default_rng(seed).normal(size=(10, 10))
        found += [sampled_regret(adaptive, truth, 800, np.random.default_rng(100 + seed)) for adaptive in (True, False)]
    assert found[0] < found[1]
