"""What a claim scored, as evidence: rarity with what looking around costs, words for people, and records that nobody changes."""

from dataclasses import FrozenInstanceError

import pytest

from arena.game.rarity import Deviation, Evidence, Matches, binomial_rarity, gaussian_rarity


def test_looking_in_many_ways_costs_the_logarithm_of_their_number():
    assert Matches(33, 40, 0.1).rarity == binomial_rarity(33, 40, 0.1) == pytest.approx(86.502, abs=0.01)
    assert Matches(33, 40, 0.1, looks=16).rarity == pytest.approx(82.502, abs=0.01) and Matches(0, 40, 0.1, looks=16).rarity == 0
    assert Deviation(9.08, 8).rarity == gaussian_rarity(9.08, 8) == pytest.approx(61, abs=0.01) and Deviation(9.08).rarity == pytest.approx(64, abs=0.01)


def test_evidence_in_words_and_figures():
    assert Matches(33, 40, 0.1).text == "33 of 40 answers as claimed" and Matches(3, 4, 0.5, "bits").text == "3 of 4 bits"
    assert Matches(33, 40, 0.1, extra={"level": 2}).figures == {"matches": 33, "trials": 40, "chance": 0.1, "level": 2}
    assert Deviation(4.76).text == "4.8 standard deviations" == Deviation(4.76, 1).text and Deviation(4.76, 2).text == "4.8 standard deviations, best of 2 regions"
    assert Deviation(1.23456789).figures == {"statistic": 1.234568, "regions": 1} and Deviation(2.5, 3, {"sign": -1}).figures == {"statistic": 2.5, "regions": 3, "sign": -1}


def test_evidence_is_not_changed_and_says_nothing_by_itself():
    for evidence, name in ((Matches(3, 4, 0.5), "matches"), (Deviation(1.0), "statistic")):
        with pytest.raises(FrozenInstanceError):
            setattr(evidence, name, 4)
    for name in ("rarity", "text"):
        with pytest.raises(NotImplementedError):
            getattr(Evidence(), name)
    assert Evidence().figures == {}
