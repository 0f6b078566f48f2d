"""Intervals for shares of pairs that share keys and hosts."""

import numpy as np
import pytest
from scipy.stats import binomtest, t

from arena.calibration.exceedance import CONFIDENCE, effective_draws, exceedances, interval, worst

KEYS, HOSTS = 40, 9


@pytest.mark.parametrize(("hits", "draws"), [(0, 200), (3, 200), (200, 200), (57, 400)])
def test_of_whole_numbers_it_is_clopper_and_pearsons(hits, draws):
    exact = binomtest(hits, draws).proportion_ci(CONFIDENCE, "exact")
    assert interval(hits / draws, draws, CONFIDENCE) == pytest.approx((exact.low, exact.high))


def test_hosts_that_all_say_the_same_are_one_draw_a_key():
    """var = p (1 - p) / (n - 1) of n keys: n - 1 draws, scaled by Student's t (Korn and Graubard 1998)."""
    reached = np.repeat(np.arange(KEYS)[:, None] < 10, HOSTS, 1)
    scale = (t.ppf(0.995, KEYS * HOSTS - 1) / t.ppf(0.995, KEYS - 1)) ** 2
    assert effective_draws(reached, hosts_drawn=False) == pytest.approx((KEYS - 1) * scale)


def test_one_key_on_one_host_is_one_of_all_pairs():
    """A single pair: the means of the keys vary as those of independent pairs do."""
    reached = np.zeros((KEYS, HOSTS), bool)
    reached[3, 4] = True
    scale = (t.ppf(0.995, KEYS * HOSTS - 1) / t.ppf(0.995, KEYS - 1)) ** 2
    assert effective_draws(reached, hosts_drawn=False) == pytest.approx(KEYS * HOSTS * scale, rel=0.01)


@pytest.mark.parametrize("value", [False, True])
def test_where_none_or_all_reach_it_keys_are_counted(value):
    reached = np.full((KEYS, HOSTS), value)
    assert effective_draws(reached, False) == KEYS
    assert effective_draws(reached, True) == HOSTS


def test_one_host_that_is_always_reached_is_one_draw_where_hosts_are_drawn():
    reached = np.zeros((KEYS, HOSTS), bool)
    reached[:, 0] = True
    scale = (t.ppf(0.995, KEYS * HOSTS - 1) / t.ppf(0.995, HOSTS - 1)) ** 2
    by_host = 1 / HOSTS * (1 - 1 / HOSTS) / (HOSTS - 1)
    expected = (1 / HOSTS * (1 - 1 / HOSTS)) / (by_host - 1 / HOSTS * (1 - 1 / HOSTS) / (KEYS * HOSTS)) * scale
    assert effective_draws(reached, hosts_drawn=True) == pytest.approx(expected, rel=0.15)
    assert effective_draws(reached, hosts_drawn=True) < HOSTS < KEYS < effective_draws(reached, hosts_drawn=False)


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_the_interval_holds_the_true_share(shared):
    """Of 400 simulations in which a key's draw decides for so many of the hosts, an interval of 99 % misses at most 12
    (P < 1e-3 at 1 %)."""
    draw, missed = np.random.default_rng(5), 0
    for _ in range(400):
        own, same = draw.random((KEYS, HOSTS)) < 0.1, draw.random((KEYS, 1)) < 0.1
        reached = np.where(draw.random((KEYS, HOSTS)) < shared, same, own)
        low, high = interval(float(reached.mean()), effective_draws(reached, False), CONFIDENCE)
        missed += not low <= 0.1 <= high
    assert missed <= 12


def test_an_exact_null_is_kept_and_half_the_bits_too_many_are_found_out():
    """P(R >= r) = 2^-r for -log2 of a uniform number; twice that rarity breaks the promise."""
    rarity = -np.log2(np.random.default_rng(1).random((400, 1))).repeat(3, 1)
    kept, broken = exceedances(rarity, False), exceedances(2 * rarity, False)
    assert [level.bits for level in kept] == list(range(1, 13)) and worst(kept) is None
    assert all(level.holds for level in kept)
    assert worst(broken) is not None and not broken[3].holds
    assert broken[3].share == pytest.approx(kept[1].share)


def test_looking_twelve_times_is_paid_for():
    """`least` is the lower end at 1 - .01 / 12."""
    level = exceedances(np.arange(100.0)[:, None] / 10, False)[4]
    assert level.share == 0.5
    assert level.least == pytest.approx(interval(0.5, level.draws, 1 - 0.01 / 12)[0])
    assert level.least < level.low < 0.5 < level.high
