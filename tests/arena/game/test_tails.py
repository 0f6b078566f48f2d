"""The two tails that rarity is read off, at their limits: against fractions on both sides of the mean, and what is no
tail at all."""

import math

import pytest
from scipy.stats import norm

from arena.game.rarity import binomial_rarity, gaussian_rarity
from tests.arena.game.test_rarity import rational


def test_what_makes_no_sense_is_refused_for_what_it_is():
    for matches, trials in ((-1, 10), (-2, 10), (11, 10), (1, 0)):
        with pytest.raises(ValueError, match=rf"matches must lie in 0\.\.{trials}, not {matches}"):
            binomial_rarity(matches, trials, 0.1)
    for chance in (0.0, 1.0, -0.5, -1.0, 1.5, math.nan):
        for matches in (0, 5):
            with pytest.raises(ValueError, match="chance must lie strictly between 0 and 1"):
                binomial_rarity(matches, 10, chance)


@pytest.mark.parametrize("key", [(1, 10, 0.0908), (1, 1, 0.49), (1, 1, 0.51), (2, 3, 0.5), (7, 10, 0.6), (6, 10, 0.6),
                                 (1, 3, 0.9), (5, 9, 0.5), (1, 1, 1e-9), (1, 1, 1 - 1e-9)])
def test_equals_fractions_on_both_sides_of_the_mean(key):
    assert binomial_rarity(*key) == pytest.approx(rational(*key), abs=1e-9)


def test_a_statistic_of_twenty_bits_and_what_looking_in_many_places_costs():
    for zeta, bits in ((4.763, 20), (9.080, 64), (13.056, 128)):
        assert (gaussian_rarity(zeta) == pytest.approx(bits, abs=0.01)
                and gaussian_rarity(zeta, 8) == pytest.approx(bits - 3, abs=0.01))
    assert (gaussian_rarity(-1.0) == pytest.approx(-math.log2(norm.cdf(1)))
            and gaussian_rarity(0.0, 8) == 0 == gaussian_rarity(-40.0, 2))
    assert gaussian_rarity(1e200) == gaussian_rarity(1e150) > 1e299
