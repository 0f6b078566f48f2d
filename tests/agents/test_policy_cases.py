"""Policies on cases as they stand in verdicts: what lies exactly on a bound, and what each date means."""

from dataclasses import replace

import pytest

from agents.policies.rarity_and_work import RarityAndWork
from agents.policies.watermark_accuracy import WatermarkAccuracy
from arena.game.evidence import Case, Work
from arena.game.rarity import Hits, Score, Stated

PERFECT = Hits(40, 40, 0.1)
CASE = Case(
    20, "alice", "mallory", "shop", "rose", PERFECT, Work(80.0, 90.0, "grinding"), deployed_at=10, committed_at=5
)
ASKS = RarityAndWork(rarity=64, work=64)


def test_a_case_that_has_everything_is_granted():
    judgement = ASKS.judge(CASE)
    assert judgement.granted and judgement.checks == {
        "well-formed": True,
        "rarity": True,
        "work": True,
        "commitment": True,
    }
    assert judgement.reasons == ("granted: rarity 132.9 bits (40 of 40 answers as claimed), work 80.0 bits",)


@pytest.mark.parametrize(
    ("change", "check", "passes"),
    [
        ({"work": Work(64.0, 0)}, "work", True),
        ({"work": Work(63.999, 0)}, "work", False),
        ({"work": Work(900.0, 0)}, "work", True),
        ({"evidence": Stated(64.0, "")}, "rarity", True),
        ({"evidence": Stated(63.999, "")}, "rarity", False),
        ({"agreement": 0.9}, "disclosure", True),
        ({"agreement": 1.0}, "disclosure", True),
        ({"agreement": 0.899}, "disclosure", False),
        ({"parameters": {"memory": 2**14}}, "parameters", True),
        ({"parameters": {"memory": 2**15}}, "parameters", True),
        ({"parameters": {"memory": 2**13}}, "parameters", False),
        ({"committed_at": None}, "commitment", False),
        ({"committed_at": 21}, "commitment", False),
        ({"committed_at": 19}, "commitment", True),
        ({"rarity_on_earlier": {3: 64.0}}, "commitment", False),
        ({"rarity_on_earlier": {3: 900.0}}, "commitment", False),
        ({"rarity_on_earlier": {3: 63.999, 4: 1.0}}, "commitment", True),
        ({"rarity_on_earlier": {3: 1.0, 4: 65.0}}, "commitment", False),
        ({"stood_before": True}, "commitment", False),
        ({"committed_at": 15}, "commitment", True),
        ({"committed_at": 15, "evidence": Stated(64.0, "")}, "commitment", True),
        ({"committed_at": 15, "evidence": Stated(63.9, "")}, "commitment", False),
        ({"committed_at": 9, "evidence": Stated(63.9, "")}, "commitment", True),
    ],
)
def test_what_lies_on_a_bound(change, check, passes):
    judgement = ASKS.judge(replace(CASE, **change))
    assert judgement.checks[check] is passes and judgement.granted is all(judgement.checks.values())
    assert len(judgement.reasons) == max(1, sum(not passed for passed in judgement.checks.values()))
    assert all(reason.startswith("granted" if judgement.granted else "denied: ") for reason in judgement.reasons)


def test_checks_that_do_not_apply_are_not_made():
    assert set(ASKS.judge(CASE).checks) == {"well-formed", "rarity", "work", "commitment"}
    ignored = replace(ASKS, commitment="ignored")
    assert set(ignored.judge(replace(CASE, committed_at=None)).checks) == {"well-formed", "rarity", "work"}
    assert ignored.judge(replace(CASE, committed_at=None, stood_before=True)).granted
    assert not ignored.dated and ASKS.dated


def test_what_a_policy_says_of_itself():
    assert (RarityAndWork().rarity, RarityAndWork().work, RarityAndWork().disclosed, RarityAndWork().memory) == (
        None,
        None,
        0.9,
        2**14,
    )
    assert RarityAndWork.default is True and getattr(WatermarkAccuracy, "default", False) is False
    assert RarityAndWork(disclosed=0.7).same_model == 0.7
    flaws = RarityAndWork(seed_bits=3, trust_floats=True, chosen_keys=True).flaws
    assert (flaws.seed_bits, flaws.trust_floats, flaws.chosen_keys) == (3, True, True)
    assert WatermarkAccuracy().above == 0.9 and not WatermarkAccuracy().dated and not WatermarkAccuracy().flawed


@pytest.mark.parametrize(("undisclosed", "adverse"), [("adverse", True), ("denied", False)])
def test_weights_that_are_not_shown_are_held_against_the_deployer_or_not(undisclosed, adverse):
    """Whatever object the word is: a scenario's is read from a file."""
    asks, case = replace(ASKS, undisclosed="".join(list(undisclosed))), replace(CASE, undisclosed="none were shown")
    assert asks.adverse is adverse and RarityAndWork().adverse is True
    judgement = asks.judge(case)
    assert judgement.checks == {"well-formed": True, "rarity": True, "work": True, "disclosure": adverse,
                                "commitment": True}
    assert judgement.reasons == ((
        "granted: adverse: none were shown; on what alice released: rarity 132.9 bits (40 of 40 answers as claimed), "
        "work 80.0 bits") if adverse else "denied: disclosure: none were shown",)


@pytest.mark.parametrize(("commitment", "dated"), [("required", True), ("ignored", False)])
def test_dates_are_asked_for_or_not_whatever_object_the_word_is(commitment, dated):
    asks = replace(ASKS, commitment="".join(list(commitment)))
    assert asks.dated is dated and ("commitment" in asks.judge(CASE).checks) is dated


@pytest.mark.parametrize(("tried", "words"), [(0, ""), (1, ""), (2, ", less 1.0 for 2 tries"),
                                              (64, ", less 6.0 for 64 tries")])
def test_what_was_tried_stands_in_the_reason(tried, words):
    reason = ASKS.judge(replace(CASE, tried=tried)).reasons[0]
    assert f"(40 of 40 answers as claimed{words}), work" in reason


@pytest.mark.parametrize(
    ("evidence", "granted"),
    [
        (Hits(9, 10, 0.1), False),
        (Hits(10, 10, 0.1), True),
        (Hits(10, 10, 0.1, recall=0.9), False),
        (Hits(0, 10, 0.1, recall=0.95), True),
        (Score(3.0), True),
        (Score(0.0), False),
        (Score(-9.0), False),
        (Stated(1.001, ""), True),
        (Stated(1.0, ""), False),
        (Stated(0.0, ""), False),
    ],
)
def test_watermark_accuracy_alone(evidence, granted):
    judgement = WatermarkAccuracy(0.9).judge(replace(CASE, evidence=evidence, committed_at=None, work=Work(0, 0)))
    assert judgement.granted is granted and judgement.checks == {"well-formed": True, "rarity": granted}
    assert judgement.reasons[0].startswith("granted: watermark accuracy " if granted else "denied: watermark accuracy ")


def test_watermark_accuracy_says_how_much_it_was():
    assert WatermarkAccuracy(0.9).judge(replace(CASE, evidence=Hits(9, 10, 0.1))).reasons == (
        "denied: watermark accuracy 0.90 (9 of 10 answers as claimed, rarity 26.7 bits) not above 0.9",)
    assert WatermarkAccuracy(0.8).judge(replace(CASE, evidence=Hits(9, 10, 0.1))).reasons == (
        "granted: watermark accuracy 0.90 (9 of 10 answers as claimed, rarity 26.7 bits)",)
