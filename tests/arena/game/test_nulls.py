"""Nulls beyond independent draws: labels that groups share, chances that held-out hosts tell, looks that are counted;
against enumeration, scipy and chance itself."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from arena.game.evidence import Case, Work
from arena.game.rarity import MOST_SHORT, Hits, binomial_rarity, evidence_from, share_at_most, shared_rarity

answers = st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=4), min_size=1, max_size=4)


def enumerated(hits, groups):
    """P(sum >= hits), exactly: every way in which the targets may fall."""
    ways = list(itertools.product(*groups))
    return Fraction(sum(sum(way) >= hits for way in ways), len(ways))


@settings(deadline=None, max_examples=200)
@given(answers, st.data())
def test_shared_labels_are_counted_as_draws_fall(groups, data):
    hits = data.draw(st.integers(0, sum(map(max, groups))))
    chance = enumerated(hits, groups)
    assert shared_rarity(hits, tuple(map(tuple, groups))) == pytest.approx(-math.log2(chance), abs=1e-9)


def test_groups_of_one_image_are_independent_draws():
    ones = tuple((1, 0, 0, 0) for _ in range(30))
    for hits in (0, 7, 15, 30):
        assert shared_rarity(hits, ones) == pytest.approx(binomial_rarity(hits, 30, 0.25), abs=1e-9)


@pytest.mark.parametrize("images", [1, 30, 1000])
def test_one_draw_says_log2_c_bits_at_the_most(images):
    assert shared_rarity(images, ((images, *[0] * 9),)) == pytest.approx(math.log2(10))
    assert shared_rarity(10 * images, ((images, *[0] * 9),) * 10) == pytest.approx(10 * math.log2(10))


@pytest.mark.parametrize(("hits", "groups"), [(4, ((3, 0),)), (0, ((),)), (1, ((1, -1),)), (-5_000_000, ((1, 0),))])
def test_what_no_draw_gives_is_an_error(hits, groups):
    with pytest.raises(ValueError, match="no draw gives"):
        shared_rarity(hits, groups)


def exceeds(rarities, bits):
    """Whether a share of rarities at or above `bits` is within what 2^-bits allows: one-sided, 99.9 %."""
    return binom.sf(sum(r >= bits for r in rarities) - 1, len(rarities), 2.0**-bits) < 0.001


def test_whatever_a_model_answers_its_rarity_exceeds_r_once_in_2_to_the_r():
    """4,000 innocent models, each with a bias of its own (some answer whole groups alike), against targets drawn
    afterwards. The rule that counted every image as a draw fails the same test."""
    draw = np.random.default_rng(3)
    classes, per_group = 10, 6
    right, wrong = [], []
    for _ in range(4000):
        habit = draw.integers(0, classes, classes)
        said = np.where(draw.random((classes, per_group)) < 0.8, habit[:, None], draw.integers(0, classes,
                                                                                               (classes, per_group)))
        counts = tuple(tuple(np.bincount(row, minlength=classes).tolist()) for row in said)
        hits = sum(counts[group][target] for group, target in enumerate(draw.integers(0, classes, classes)))
        right.append(shared_rarity(hits, counts))
        wrong.append(binomial_rarity(hits, classes * per_group, 1 / classes))
    assert not any(exceeds(right, bits) for bits in (1, 2, 3, 5, 8))
    assert all(exceeds(wrong, bits) for bits in (5, 8))


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (0, 60), (13, 30), (59, 60)])
def test_the_upper_end_of_a_share_is_clopper_and_pearsons(hits, trials):
    bound = share_at_most(hits, trials)
    assert bound == pytest.approx(beta.ppf(0.95, hits + 1, trials - hits))
    assert binom.cdf(hits, trials, bound) == pytest.approx(0.05)


def test_nothing_speaks_against_a_share_that_all_have():
    assert share_at_most(7, 7) == share_at_most(0, 0) == share_at_most(int("1000"), int("1000")) == 1.0


@pytest.mark.parametrize("share", [0.1, 0.42, 0.85])
def test_a_chance_that_three_hosts_told_is_no_less_than_the_true_one(share):
    """The greatest of three bounds of 95 % falls short in at most 5 % of all keys (99.9 %, 2,000 keys)."""
    draw = np.random.default_rng(4)
    short = sum(max(share_at_most(int(hits), 60) for hits in draw.binomial(60, share, 3)) < share for _ in range(2000))
    assert binom.sf(short - 1, 2000, 0.05) > 0.001


def test_evidence_says_what_it_stands_on():
    drawn = Hits(5, 9, 0.1, answers=((3, 0), (2, 1)))
    assert drawn.text == "5 of 9 answers as claimed; labels drawn in all: 2" and drawn.rarity == pytest.approx(2)
    told = Hits(5, 9, 0.42, controls=3)
    assert told.text == "5 of 9 answers as claimed; control hosts: at most 42% of them"
    for evidence in (drawn, told):
        assert evidence_from(evidence.as_data()) == evidence
    assert Hits(9, 9, 1.0).rarity == 0.0


CASE = Case(1, "alice", "bob", "s", "rose", Hits(20, 20, 0.1), Work(80, 80), 0)


@pytest.mark.parametrize(("tried", "less"), [(1, 0), (2, 1), (64, 6), (3, math.log2(3))])
def test_looks_are_paid_for(tried, less):
    assert replace(CASE, tried=tried).rarity == pytest.approx(CASE.evidence.rarity - less)
    assert replace(CASE, evidence=Hits(2, 20, 0.1), tried=1000).rarity == 0.0


def test_answers_may_fall_short_by_a_million_and_no_more():
    """One group of two classes, answered with one of them throughout: either label is one draw, and none is rarer."""
    million = MOST_SHORT
    assert shared_rarity(0, ((million, 0),)) == 0.0
    with pytest.raises(ValueError, match="no draw"):
        shared_rarity(0, ((million + 1, 0),))
