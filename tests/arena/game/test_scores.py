"""What a claim scored, as evidence: rarity with what looking around costs, words for people, and records that nobody
changes."""

from dataclasses import FrozenInstanceError

import pytest

from arena.game.rarity import Evidence, Hits, Score, Stated, binomial_rarity, gaussian_rarity


def test_looking_in_many_ways_costs_the_logarithm_of_their_number():
    assert Hits(33, 40, 0.1).rarity == binomial_rarity(33, 40, 0.1) == pytest.approx(86.502, abs=0.01)
    assert (Hits(33, 40, 0.1, looks=16).rarity == pytest.approx(82.502, abs=0.01)
            and Hits(0, 40, 0.1, looks=16).rarity == 0)
    assert (Score(9.08, 8).rarity == gaussian_rarity(9.08, 8) == pytest.approx(61, abs=0.01)
            and Score(9.08).rarity == pytest.approx(64, abs=0.01))


def test_evidence_in_words():
    assert Hits(33, 40, 0.1).text == "33 of 40 answers as claimed" and Hits(3, 4, 0.5, "bits").text == "3 of 4 bits"
    assert Score(4.76).text == "4.8 standard deviations" == Score(4.76, 1).text
    assert Score(4.76, 2).text == "4.8 standard deviations, best of 2 regions"


def test_evidence_is_not_changed_and_says_nothing_by_itself():
    for evidence, name in ((Hits(3, 4, 0.5), "hits"), (Score(1.0), "statistic"), (Stated(1.0, "so"), "stated_text")):
        with pytest.raises(FrozenInstanceError):
            setattr(evidence, name, 4)
    for name in ("rarity", "text"):
        with pytest.raises(NotImplementedError):
            getattr(Evidence(), name)


def test_watermark_accuracy_is_that_of_all_samples_where_some_count_only():
    assert Hits(3, 4, 0.5).watermark_accuracy == 0.75 and Hits(3, 4, 0.5, recall=0.5).watermark_accuracy == 0.5
    assert Hits(0, 0, 0.5).watermark_accuracy == 0 and Hits(0, 0, 0.5, recall=0.0).watermark_accuracy == 0
