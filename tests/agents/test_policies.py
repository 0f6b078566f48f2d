"""What policies make of claims: said to a Verifier, and answered by a service, at each bound and on both sides of each
date."""

import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch

from agents.policies.rarity_and_work import RarityAndWork
from agents.policies.watermark_accuracy import WatermarkAccuracy
from agents.roles.verifier import Verifier
from agents.schemes.triggers.rose import Key, Rose
from agents.schemes.weights.uchida import Uchida
from arena.game.messages import Claim, Commitment, Deployment, Disclosure, Query, Release, Response, Verdict
from arena.game.rarity import binomial_rarity
from arena.hosts.networks import build
from arena.testing import rehearse, small_workshop

PERFECT = binomial_rarity(40, 40, 0.1)
LENIENT = RarityAndWork(rarity=20, work=20)


@pytest.fixture(scope="module")
def shop(store):
    return small_workshop(store, "victor")


@pytest.fixture(scope="module")
def key(store):
    return Rose(40).draw_key(small_workshop(store, "alice"))


def claim_of(key):
    return "alice", Claim("alice", "mallory", "shop", "rose", key.fields())


def untrained(shop):
    return build(shop.architecture, torch.Generator().manual_seed(0)).eval()


def commitment_of(key):
    return "alice", Commitment(Rose.commitment(key.fields(), "alice"))


DEPLOYMENT = ("mallory", Deployment("shop"))


def hear(policy, shop, key, order="commit deploy claim", wrong=0, others=0, probed=0, between=()):
    """The verdict on a claim whose key is answered as claimed but for `wrong` images; what is said comes in this order,
    a turn each word where there is a "/" between. The service answers everything else with `others`, and what it is
    asked at its deployment with `probed`."""
    victor, labels = Verifier(policy), key.labels()
    labels[:wrong] = (labels[:wrong] + 1) % 10
    known = {image.tobytes(): int(label) for image, label in zip(key.images, labels, strict=True)}
    bodies = {"commit": commitment_of(key), "deploy": DEPLOYMENT, "claim": claim_of(key), "release": between}
    number, claimed, said, verdicts = 0, -1, [], []
    for turn, words in enumerate([*order.split("/"), "", ""]):
        inbox = [bodies[word] for word in words.split()] + [answer(e.body, known,
                                                                   others if e.body.about == claimed else probed)
                                                            for e in said if isinstance(e.body, Query)]
        claimed = number + words.split().index("claim") if "claim" in words else claimed
        said = rehearse(victor, shop, inbox, number=turn, first=number)
        number += len(inbox)
        verdicts += [e.body for e in said if isinstance(e.body, Verdict)]
    assert len(verdicts) == 1
    return verdicts[0]


def answer(query, known, rest):
    """What mallory says to a question: what is known of an image, and the same of all others."""
    return "mallory", Response("shop", np.array([known.get(image.tobytes(), rest) for image in query.images]),
                               query.about)


def test_rarity_that_reaches_its_bound_is_enough(shop, key):
    granted = hear(RarityAndWork(rarity=PERFECT), shop, key)
    assert granted.granted and granted.checks == {"well-formed": True, "rarity": True, "work": True, "commitment": True}
    assert (granted.reasons[0].startswith("granted: rarity 132.9 bits (40 of 40 answers as claimed), work 1")
            and len(granted.reasons) == 1)
    denied = hear(RarityAndWork(rarity=math.nextafter(PERFECT, 200)), shop, key)
    assert (not denied.granted and denied.checks == {"well-formed": True, "rarity": False, "work": True,
                                                     "commitment": True})
    assert denied.reasons == ("denied: rarity 132.9 bits below 132.877 (40 of 40 answers as claimed)",)


def test_each_bound_that_is_missed_is_a_reason(shop, key):
    verdict = hear(RarityAndWork(rarity=1000, work=2000), shop, key, order="deploy claim")
    assert [reason.split(" bits")[0].split(" of ")[0]
            for reason in verdict.reasons] == ["denied: rarity 132.9", verdict.reasons[1].split(" bits")[0],
                                               "denied: no commitment"]
    assert verdict.reasons[1].startswith("denied: work 1") and " bits below 2000 (" in verdict.reasons[1]
    assert verdict.checks == {"well-formed": True, "rarity": False, "work": False, "commitment": False}


@pytest.mark.parametrize(("least", "passes"), [(2**13, True), (2**14, True), (2**15, False)])
def test_a_hash_costs_at_least_what_the_policy_says(shop, key, least, passes, monkeypatch):
    dear = Key("alice", 3, key.secret, key.images, 10, 2**14)
    monkeypatch.setattr(type(shop), "host", lambda *_, **__: untrained(shop))  # the Verifier's own control host
    verdict = hear(RarityAndWork(memory=least), shop, dear)
    assert verdict.checks["parameters"] is passes and verdict.granted is passes
    assert passes or verdict.reasons == ("denied: memory 2^14 below 2^15",)
    assert "parameters" not in hear(RarityAndWork(memory=least), shop, key).checks


# dates


def test_without_dates_no_commitment_is_asked_for(shop, key):
    verdict = hear(RarityAndWork(commitment="ignored"), shop, key, order="deploy claim")
    assert verdict.granted and verdict.checks == {"well-formed": True, "rarity": True, "work": True}
    assert RarityAndWork().dated and not RarityAndWork(commitment="ignored").dated


@pytest.mark.parametrize(("order", "reason"), [
    ("commit deploy claim", ""), ("deploy commit claim", ""),
    ("deploy claim commit", "the commitment (message 2) came after the claim"),
    ("deploy claim", "no commitment of the claimant fixes this key")])
def test_a_commitment_is_older_than_the_claim(shop, key, order, reason):
    verdict = hear(LENIENT, shop, key, order=order, others=1)
    assert (verdict.checks["commitment"] is (not reason) is verdict.granted
            and (not reason or verdict.reasons == (f"denied: {reason}",)))


def test_a_service_that_answered_so_before_the_commitment_shows_that_the_key_came_later(shop, key):
    later = "deploy / / commit claim"
    assert hear(LENIENT, shop, key, order=later, others=3,
                probed=3).reasons == ("denied: the service answered as it does now before the commitment (message 2)",)
    assert hear(LENIENT, shop, key, order=later, others=3, probed=4).granted
    assert hear(LENIENT, shop, key, order="commit deploy / / claim", others=3, probed=3).granted


@pytest.mark.parametrize(("order", "dated"), [("commit deploy claim", True), ("deploy commit claim", False)])
def test_a_key_that_says_little_must_be_older_than_the_service(shop, key, order, dated):
    verdict = hear(RarityAndWork(rarity=100, work=20), shop, key, order=order, wrong=12)
    assert verdict.checks == {"well-formed": True, "rarity": False, "work": True, "commitment": dated}
    assert (len(verdict.reasons) == (1 if dated else 2)
            and (dated or verdict.reasons[1]
                 == "denied: the commitment (message 1) came after the deployment (message 0)"))


def test_a_released_model_that_the_key_fits_must_be_younger_than_the_commitment(shop, key):
    host = untrained(shop)
    hits = int((shop.predict(host, key.images) == key.labels()).sum())
    fits = binomial_rarity(hits, 40, 0.1)
    assert 1 <= hits < 40
    for bound, order, passes in ((fits, "release commit deploy claim", False),
                                 (math.nextafter(fits, 99), "release commit deploy claim", True),
                                 (fits, "commit release deploy claim", True)):
        policy = RarityAndWork(rarity=bound, work=1)
        verdict = hear(policy, shop, key, order=order, between=("bob", Release(shop.save(host))))
        assert verdict.checks["commitment"] is passes, (bound, order)
        assert (passes or verdict.reasons
                == ("denied: the commitment (message 1) came after the release of a model that it fits (message 0)",))


# weights that are shown


@pytest.mark.parametrize(("wrong", "least", "passes"), [(0, 1.0, True), (1, 0.9, True), (1, 0.91, False),
                                                        (2, 0.9, False), (2, 0.8, True), (10, 0.0, True)])
def test_weights_that_are_shown_answer_as_the_service_does(shop, store, wrong, least, passes):
    mark = Uchida(16).draw_key(small_workshop(store, "alice"))
    victor, host = Verifier(RarityAndWork(commitment="ignored", disclosed=least), spot_checks=10), untrained(shop)
    alone = replace(shop, customers=0)
    said = rehearse(victor, alone, [DEPLOYMENT, ("alice", Claim("alice", "mallory", "shop", "uchida", mark.fields()))])
    asked = next(e.body for e in said if isinstance(e.body, Query))
    labels = shop.predict(host, asked.images)
    spots = len(labels) // 10 * 10
    labels[: spots // 10 * wrong] = (labels[: spots // 10 * wrong] + 1) % 10
    said = rehearse(victor, alone, [("mallory", Response("shop", labels, 1)),
                                    ("mallory", Disclosure("shop", shop.save(host), 1))], number=1, first=2)
    verdict = next(e.body for e in said if isinstance(e.body, Verdict))
    assert verdict.checks["disclosure"] is passes
    assert any(f"the weights shown answer only {100 - 10 * wrong}.0% of the spot checks" in reason
               for reason in verdict.reasons) is not passes


# what a policy says of itself


def test_what_is_asked_for_unless_told_otherwise(shop, key):
    assert (RarityAndWork() == RarityAndWork(None, None, "required", 2**14, 0.9, False, 0, False, False, "adverse")
            and WatermarkAccuracy() == WatermarkAccuracy(0.9, False))
    assert RarityAndWork(disclosed=0.7).same_model == 0.7
    for policy, name in ((RarityAndWork(), "rarity"), (WatermarkAccuracy(), "above")):
        with pytest.raises(FrozenInstanceError):
            setattr(policy, name, 0.5)


@pytest.mark.parametrize(("wrong", "above", "granted"), [(0, 0.9, True), (3, 0.9, True), (4, 0.9, False),
                                                         (5, 0.9, False), (4, 0.89, True), (40, 0.0, False),
                                                         (39, 0.0, True), (0, 1.0, False)])
def test_the_papers_rule_asks_for_more_than_its_share(shop, key, wrong, above, granted):
    verdict = hear(WatermarkAccuracy(above), shop, key, order="deploy claim", wrong=wrong)
    share, rarity = (40 - wrong) / 40, binomial_rarity(40 - wrong, 40, 0.1)
    text = f"watermark accuracy {share:.2f} ({40 - wrong} of 40 answers as claimed, rarity {rarity:.1f} bits)"
    assert verdict.granted is granted and verdict.checks == {"well-formed": True, "rarity": granted}
    assert verdict.reasons == (f"granted: {text}" if granted else f"denied: {text} not above {above:g}",)
