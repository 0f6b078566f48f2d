"""Intervals of cells: Clopper and Pearson's own definition, and the share of truths that they hold."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from arena.tournament.statistics.intervals import Interval, mean, share, smoothed


@pytest.mark.parametrize("n", [1, 5, 20])
def test_the_ends_are_where_the_tails_are(n):
    """Clopper & Pearson 1934: at the lower end so many hits or more have 2.5 %, at the upper so many or fewer."""
    for hits in range(n + 1):
        found = share(hits, n)
        assert found.value == hits / n and found.low <= found.value <= found.high
        assert binom.sf(hits - 1, n, found.low) == pytest.approx(0.025) if hits else found.low == 0
        assert binom.cdf(hits, n, found.high) == pytest.approx(0.025) if hits < n else found.high == 1


def test_none_of_twenty_shows_no_more_than_a_seventh():
    """One-sided, 95 %: 1 - .05^(1/20) = 13.9 %: seeds can't show that there are no false grants."""
    assert share(0, 20, 0.9).high == pytest.approx(1 - 0.05 ** (1 / 20)) == pytest.approx(0.139, abs=5e-4)


def test_every_truth_is_held_as_often_as_promised():
    for truth in np.linspace(0.01, 0.99, 50):
        held = [found.low <= truth <= found.high for found in (share(hits, 20) for hits in range(21))]
        assert binom.pmf(range(21), 20, truth) @ held >= 0.95


def test_nothing_played_says_nothing():
    assert share(0, 0) == pytest.approx(share(0, 0), nan_ok=True) and (share(0, 0).low, share(0, 0).high) == (0, 1)
    assert mean([math.nan]).n == 0 and mean([2.0]).value == 2 and mean([2.0]).high == math.inf


def test_a_mean_by_students_table():
    """n = 4, s = 2: 3.182 x 2 / 2."""
    found = mean([1, 1, math.nan, 1 + 12**0.5, 1])
    assert found.n == 4 and found.high - found.value == pytest.approx(3.1824 * 3**0.5 / 2, rel=1e-4)


def test_what_solving_uses():
    assert smoothed([0, 3, 5], [5, 5, 5]) == pytest.approx([1 / 12, 7 / 12, 11 / 12])


def test_intervals_meet_where_they_touch():
    assert Interval(1, 0, 2, 3).meets(Interval(3, 2, 4, 3)) and not Interval(1, 0, 2, 3).meets(Interval(3, 2.1, 4, 3))
