"""The Verifier trusts nobody: whatever a claim holds, there is a verdict with a reason, and only the true owner's is granted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agents.policies.rarity_and_work import RarityAndWork
from agents.schemes.rose import Key, Rose
from agents.verifier import Verifier
from arena.messages import Claim, Commitment, Deployment, Query, Release, Response, Verdict
from arena.testing import rehearse, small_host, small_workshop

DEFAULT = RarityAndWork()


@pytest.fixture(scope="module")
def shop(store):
    return small_workshop(store, "victor")


@pytest.fixture(scope="module")
def key(store):
    return Rose(40).draw_key(small_workshop(store, "alice"))


def claim_of(true_key, **changes):
    return replace(Claim(true_key.claimant, "mallory", "shop", "rose", true_key.fields()), **changes)


def hear(claim, shop, sender="alice", answers=None, committed=True, before=(), policy=DEFAULT):
    """The Verifier's verdict on one claim, with the service giving `answers` (default: as claimed)."""
    victor = Verifier(policy)
    commitments = [(sender, Commitment(Rose.commitment(claim.key, claim.claimant)))] if committed else []
    said = rehearse(victor, shop, [*before, *commitments, ("mallory", Deployment("shop")), (sender, claim)])
    if isinstance(said[0].body, Query):
        assert said[0].to == "mallory" and said[0].body.images.dtype == np.uint8
        labels = claim.key["labels"] if answers is None else answers
        said = rehearse(victor, shop, [("mallory", Response("shop", labels, said[0].body.about))], number=1, first=10)
    assert len(said) == 1 and isinstance(said[0].body, Verdict) and said[0].to == "all"
    return said[0].body


def test_the_owner_is_believed(shop, key):
    verdict = hear(claim_of(key), shop)
    assert verdict.granted and verdict.figures["rarity"] == pytest.approx(132.877, abs=0.001)
    assert verdict.figures["work"] > 132 and verdict.figures["work by eq. 5"] > verdict.figures["work"]


def test_rarity_decides_by_the_integer_number_of_matches(shop, key):
    labels = key.labels()
    for wrong, granted in ((12, True), (13, False)):
        answers = labels.copy()
        answers[:wrong] = (answers[:wrong] + 1) % 10
        verdict = hear(claim_of(key), shop, answers=answers, policy=RarityAndWork(rarity=61.0))
        assert verdict.granted is granted and verdict.figures["matches"] == 40 - wrong


def test_levels_0_and_1_never_reach_the_work(shop, key):
    for level in (0, 1):
        verdict = hear(claim_of(replace(key, level=level)), shop)
        assert not verdict.granted and verdict.checks == {"well-formed": True, "rarity": True, "work": False, "commitment": True}


def test_commitments_must_be_there_and_in_time(shop, key, store):
    assert "no commitment of the claimant" in hear(claim_of(key), shop, committed=False).reasons[0]
    host = small_host(store)
    release = ("bob", Release(shop.save(host)))
    assert hear(claim_of(key), shop, before=[release]).granted  # older, but the key doesn't fit it
    fitting = shop.predict(host, key.images)
    forged = next(k for k in (replace(key, secret=bytes([i]) * 32) for i in range(200)) if (k.labels() == fitting).sum() >= 8)
    verdict = hear(claim_of(forged), shop, before=[release], policy=RarityAndWork(rarity=4.0, work=1.0))
    assert verdict.checks["commitment"] is False and "after the release of a model that it fits (message 0)" in verdict.reasons[0]


def test_someone_elses_commitment_or_key_is_worth_nothing(shop, key):
    assert "eve claims in the name of alice" in hear(claim_of(key), shop, sender="eve").reasons[0]
    stolen = claim_of(key, claimant="eve")
    assert "not those that the key gives for this claimant" in hear(stolen, shop, sender="eve").reasons[0]
    recomputed = Key("eve", 2, key.secret, key.images, 10)
    verdict = hear(claim_of(recomputed), shop, sender="eve", answers=key.labels())
    assert not verdict.granted and verdict.figures["matches"] < 15


BAD_FIELDS = [
    ({"level": 4}, "level must be"), ({"level": 3}, "memory must be a power of two"), ({"memory": 2**16}, "memory must be"), ({"level": 3, "memory": 2**30}, "memory must be"), ({"level": True}, "level must be"), ({"level": None}, "level must be"), ({"secret": b"short"}, "32 bytes"),
    ({"secret": "text"}, "32 bytes"), ({"images": None}, "uint8 images"), ({"images": np.full((40, 1, 8, 8), np.nan)}, "uint8 images"),
    ({"images": np.zeros((40, 1, 8, 8), np.uint8)}, "duplicate triggers"), ({"images": np.zeros((40, 8, 8), np.uint8)}, "must have shape"),
    ({"images": np.zeros((0, 1, 8, 8), np.uint8)}, "must have shape"), ({"images": np.zeros((1, 3, 8, 8), np.uint8)}, "must have shape"),
    ({"labels": np.full(40, 10)}, "out of range"), ({"labels": np.full(40, -1)}, "out of range"), ({"labels": np.zeros(39, np.int64)}, "40 int64"),
    ({"labels": np.zeros(40)}, "40 int64"), ({"labels": np.zeros(40, np.int64)}, "not those that the key gives"), ({"extra": 1}, "has the fields"),
]


@pytest.mark.parametrize(("changes", "reason"), BAD_FIELDS, ids=[f"{next(iter(c))}-{r}" for c, r in BAD_FIELDS])
def test_malformed_keys_are_rejected_with_the_reason(shop, key, changes, reason):
    verdict = hear(claim_of(key, key={**key.fields(), **changes}), shop, committed=False)
    assert verdict.reasons[0].startswith("rejected: ") and reason in verdict.reasons[0] and verdict.checks == {"well-formed": False}


@pytest.mark.parametrize(("changes", "reason"), [
    ({"scheme": "nonsense"}, "unknown scheme"), ({"scheme": "evil.py:Scheme"}, "unknown scheme"), ({"scheme": "../rose"}, "unknown scheme"),
    ({"service": "other"}, "deployed no service"), ({"deployer": "nobody"}, "deployed no service"), ({"claimant": 3}, "must be text"), ({"key": []}, "a mapping"),
    ({"deployer": ["mallory"]}, "must be text"),
])
def test_malformed_claims(shop, key, changes, reason):
    victor = Verifier(RarityAndWork())
    said = rehearse(victor, shop, [("mallory", Deployment("shop")), ("alice", claim_of(key, **changes))])
    assert said[0].body.reasons[0].startswith("rejected") and reason in said[0].body.reasons[0]


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=40) | arrays.arrays(
    st.sampled_from([np.uint8, np.int64, np.float32, np.bool_]), arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=9))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["level", "secret", "images", "labels"]) | st.text(max_size=3), anything, max_size=4), st.booleans())
def test_no_claim_brings_the_verifier_down(shop, key, fields, over):
    """Any key at all, by itself or laid over a true one, gets a verdict, or a query when it is well-formed."""
    claim = claim_of(key, key={**key.fields(), **fields} if over else fields)
    said = rehearse(Verifier(RarityAndWork()), shop, [("mallory", Deployment("shop")), ("alice", claim)])
    assert len(said) == 1
    body = said[0].body
    assert isinstance(body, Query) if over and not fields else isinstance(body, (Query, Verdict)) and not getattr(body, "granted", False)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(anything)
def test_no_answer_brings_the_verifier_down(shop, key, answer):
    if isinstance(answer, np.ndarray) and answer.shape == (40,):
        return
    verdict = hear(claim_of(key), shop, answers=np.zeros(3) if answer is None else answer)
    assert not verdict.granted and "something else than a label an image" in verdict.reasons[0]


def test_a_service_that_stays_silent_and_a_stranger_who_answers(shop, key):
    victor = Verifier(RarityAndWork())
    said = rehearse(victor, shop, [("alice", Commitment(Rose.commitment(key.fields(), "alice"))), ("mallory", Deployment("shop")), ("alice", claim_of(key))])
    about = said[0].body.about
    assert not rehearse(victor, shop, [("eve", Response("shop", key.labels(), about))], number=1)
    late = rehearse(victor, shop, number=50)
    assert late[0].body.reasons == ("denied: the service did not answer",)
