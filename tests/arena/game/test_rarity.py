"""Rarity against the oracles, the paper's own tables, scipy and chance itself."""

import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom, norm

from arena.game.rarity import Hits, Score, binomial_rarity, gaussian_rarity, greatest_rarity, hits_needed

ORACLES = {
    (40, 33): 86.502,
    (40, 34): 91.96,
    (40, 36): 103.70,
    (40, 37): 110.08,
    (40, 40): 132.877,
    (64, 50): 122.74,
    (64, 57): 161.184,
    (64, 58): 167.41,
    (128, 74): 131.99,
    (128, 112): 308.13,
    (128, 116): 332.754,
}
# Tables I and II of ROSE: triggers, (lowest, highest) recovery in % as printed, (lowest, highest) rarity as printed.
TABLES = [
    (40, (82.5, 82.5), (86, 86)),
    (64, (89.1, 89.1), (167, 167)),
    (128, (87.5, 88.3), (308, 320)),
    (40, (85.0, 85.0), (91, 91)),
    (64, (87.5, 89.1), (155, 167)),
    (128, (89.8, 90.6), (326, 332)),
    (40, (92.5, 92.5), (110, 110)),
    (64, (85.9, 87.5), (149, 155)),
    (128, (89.8, 90.6), (326, 332)),
    (40, (92.5, 92.5), (110, 110)),
    (64, (90.6, 92.5), (167, 180)),
    (128, (86.7, 90.6), (302, 332)),
    (40, (82.5, 82.5), (86, 86)),
    (64, (89.1, 89.1), (167, 167)),
    (128, (87.5, 88.3), (308, 320)),
    (40, (82.5, 85.0), (86, 91)),
    (64, (78.1, 87.5), (122, 155)),
    (128, (83.6, 90.6), (285, 332)),
    (40, (82.5, 92.5), (86, 110)),
    (64, (64.1, 85.9), (86, 149)),
    (128, (57.8, 85.1), (131, 290)),
    (40, (87.5, 92.5), (97, 110)),
    (64, (87.5, 90.6), (155, 167)),
    (128, (81.2, 90.6), (263, 332)),
]


@pytest.mark.parametrize(("key", "bits"), ORACLES.items())
def test_oracles(key, bits):
    trials, matches = key
    assert binomial_rarity(matches, trials, 0.1) == pytest.approx(bits, abs=0.01)


def test_the_papers_tables_follow_from_its_recovery_rounded_up():
    ends = [(s, rec, bits) for s, recs, printed in TABLES for rec, bits in zip(recs, printed, strict=True)]
    assert len(ends) == 48
    assert all(math.floor(binomial_rarity(math.ceil(round(s * rec / 100, 9)), s, 0.1)) == bits for s, rec, bits in ends)
    true = [math.floor(binomial_rarity(round(s * rec / 100), s, 0.1)) == bits for s, rec, bits in ends]
    assert sum(true) == 38  # the paper rounded up past the true integer in ten places


def test_twenty_bits_need_fewer_matches_than_the_paper_says():
    assert [hits_needed(20, s, 0.1) for s in (40, 64, 128)] == [16, 21, 32]


@given(st.integers(1, 300).flatmap(lambda s: st.tuples(st.just(s), st.integers(0, s))), st.floats(0.001, 0.9))
def test_equals_scipy(key, chance):
    trials, matches = key
    exact = -binom.logsf(matches - 1, trials, chance) / math.log(2)
    assert (
        binomial_rarity(matches, trials, chance) == pytest.approx(exact, rel=1e-9, abs=1e-9) or exact > 900
    )  # scipy's own probabilities end there


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10_000), st.sampled_from([0.5, 0.1, 0.01, 1 / 43]), st.floats(0, 1))
def test_equals_scipy_to_a_thousand_millionth_bit_with_10_000_trials(trials, chance, share):
    most = hits_needed(900, trials, chance) or trials
    for matches in (round(share * most), round(share * trials)):
        exact = -binom.logsf(matches - 1, trials, chance) / math.log(2)
        assert abs(binomial_rarity(matches, trials, chance) - exact) < 1e-9 or exact > 900


def rational(matches, trials, chance):
    """The same in fractions, whatever the size."""
    p = Fraction(chance)
    tail = sum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(matches, trials + 1))
    return _log2(tail.denominator) - _log2(tail.numerator)


def _log2(number):
    return math.log2(number >> max(0, number.bit_length() - 60)) + max(0, number.bit_length() - 60)


@pytest.mark.parametrize(
    "key",
    [
        (300, 309, 0.1),
        (309, 309, 0.1),
        (53, 85, 1e-6),
        (138, 154, 0.004966941047360439),
        (1, 300, 0.01),
        (280, 300, 0.97),
        (400, 400, 0.5),
    ],
)
def test_equals_fractions_beyond_a_thousand_bits(key):
    assert binomial_rarity(*key) == pytest.approx(rational(*key), abs=1e-9)


@given(st.integers(0, 400), st.floats(1e-6, 0.99), st.floats(0, 3000))
def test_matches_needed_is_the_first_that_reaches(trials, chance, bits):
    slow = next((m for m in range(trials + 1) if binomial_rarity(m, trials, chance) >= bits), None)
    assert hits_needed(bits, trials, chance) == slow


def test_ten_thousand_triggers_take_no_time_and_stay_finite():
    rarities = [binomial_rarity(matches, 10_000, 0.1) for matches in range(0, 10_001, 100)]
    assert (
        rarities == sorted(rarities)
        and rarities[-1] == pytest.approx(10_000 * math.log2(10))
        and all(map(math.isfinite, rarities))
    )
    took = []
    for bits in (20, 64, 1024, 5_000, 33_000, 33_219):
        binomial_rarity.cache_clear()
        start = time.perf_counter()
        needed = hits_needed(bits, 10_000, 0.1)
        took.append(time.perf_counter() - start)
        assert binomial_rarity(needed - 1, 10_000, 0.1) < bits <= binomial_rarity(needed, 10_000, 0.1)
    assert sorted(took)[3] < 0.01 and hits_needed(33_220, 10_000, 0.1) is None


def test_nothing_counted_is_no_evidence():
    assert (
        binomial_rarity(0, 0, 0.1) == 0
        and hits_needed(20, 0, 0.1) is None
        and hits_needed(0, 0, 0.1) == 0
        and greatest_rarity(0, 0.1) == 0
    )
    assert Hits(0, 0, 0.1).rarity == 0 and Hits(0, 0, 0.1).recovery == 0 and Hits(3, 4, 0.1).recovery == 0.75


def test_bits_are_finite_whatever_the_statistic():
    assert gaussian_rarity(0.0) == pytest.approx(1) and gaussian_rarity(3.0) == pytest.approx(-math.log2(norm.sf(3)))
    assert [gaussian_rarity(x) for x in (math.nan, math.inf, -math.inf)] == [0, 0, 0]
    assert all(math.isfinite(gaussian_rarity(x, 8)) for x in (1e300, -1e300, 40.0)) and Score(math.nan).rarity == 0


def test_holds_where_floating_point_probabilities_end():
    assert binomial_rarity(1000, 1000, 0.1) == pytest.approx(greatest_rarity(1000, 0.1), rel=1e-12)


def test_random_keys_reach_r_bits_with_probability_two_to_the_minus_r():
    draw, n = np.random.default_rng(1), 10_000
    matches = (draw.integers(10, size=(n, 40)) == draw.integers(10, size=(n, 40))).sum(1)
    rarities = np.array([binomial_rarity(int(m), 40, 0.1) for m in matches])
    for bits in (1, 2, 4, 6, 8, 10):
        hits = int((rarities >= bits).sum())
        lower = beta.ppf(0.0005, hits, n - hits + 1) if hits else 0.0
        assert lower <= 2.0**-bits
    assert (rarities >= 1).mean() > 0.2  # and the measure is not empty


def test_what_makes_no_sense_is_refused():
    for matches, trials, chance in ((-1, 10, 0.1), (11, 10, 0.1), (5, 10, 0.0), (5, 10, 1.0)):
        with pytest.raises(ValueError):
            binomial_rarity(matches, trials, chance)
    assert hits_needed(100, 20, 0.1) is None
    assert Hits(0, 40, 0.1).rarity == 0
