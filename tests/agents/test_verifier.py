"""The Verifier trusts nobody: whatever a claim holds, there is a verdict with a reason, and only the true owner's is
granted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agents.policies.rarity_and_work import RarityAndWork
from agents.roles._rivals import Rival, resolve
from agents.roles.verifier import Verifier
from agents.schemes.triggers._key_samples import Key as KeySampleKey
from agents.schemes.triggers._key_samples import KeyExamination
from agents.schemes.triggers.rose import Key, Rose, RoseExamination
from arena.game.evidence import Case
from arena.game.messages import Claim, Commitment, Deployment, Query, Release, Response, Verdict
from arena.strategies import find
from arena.testing import rehearse, small_host, small_workshop

DEFAULT = RarityAndWork()


def case_of(verdict):
    return Case.from_data(verdict.case)


@pytest.fixture(scope="module")
def shop(store):
    return small_workshop(store, "victor")


@pytest.fixture(scope="module")
def key(store):
    return Rose(40).draw_key(small_workshop(store, "alice"))


def claim_of(true_key, **changes):
    return replace(Claim(true_key.claimant, "mallory", "shop", "rose", true_key.fields()), **changes)


def answered(query, key, answers):
    """What a service says that answers the key's images as `answers` has it, and everything else with 0."""
    known = {image.tobytes(): int(label) for image, label in zip(key["images"], answers, strict=True)}
    return np.array([known.get(image.tobytes(), 0) for image in query.images])


def question(said, about):
    """The question about a claim, among what the Verifier said."""
    return next((e for e in said if isinstance(e.body, Query) and e.body.about == about), None)


def hear(claim, shop, sender="alice", answers=None, committed=True, before=(), policy=DEFAULT):
    """The Verifier's verdict on one claim, with the service giving `answers` (default: as claimed)."""
    victor = Verifier(policy)
    commitments = [(sender, Commitment(Rose.commitment(claim.key, claim.claimant)))] if committed else []
    inbox = [*before, *commitments, ("mallory", Deployment("shop")), (sender, claim)]
    said = rehearse(victor, shop, inbox)
    asked = question(said, len(inbox) - 1)
    if asked is not None:
        assert asked.to == "mallory" and asked.body.images.dtype == np.uint8
        labels = answered(asked.body, claim.key, claim.key["labels"] if answers is None else answers)
        said = rehearse(victor, shop, [("mallory", Response("shop", labels, asked.body.about))], number=1, first=10)
    verdicts = [e for e in said if isinstance(e.body, Verdict)]
    assert len(verdicts) == 1 and verdicts[0].to == "all"
    return verdicts[0].body


def test_the_owner_is_believed(shop, key):
    verdict = hear(claim_of(key), shop)
    assert verdict.granted and case_of(verdict).evidence.rarity == pytest.approx(132.877, abs=0.001)
    assert case_of(verdict).work.paper > case_of(verdict).work.cheapest > 132


def test_rarity_decides_by_the_integer_number_of_matches(shop, key):
    labels = key.labels()
    for wrong, granted in ((12, True), (13, False)):
        answers = labels.copy()
        answers[:wrong] = (answers[:wrong] + 1) % 10
        verdict = hear(claim_of(key), shop, answers=answers, policy=RarityAndWork(rarity=61.0))
        assert verdict.granted is granted and case_of(verdict).evidence.hits == 40 - wrong


def test_levels_0_and_1_never_reach_the_work(shop, key):
    for level in (0, 1):
        verdict = hear(claim_of(replace(key, level=level)), shop)
        assert (not verdict.granted and verdict.checks == {"well-formed": True, "rarity": True, "work": False,
                                                           "commitment": True})


def test_commitments_must_be_there_and_in_time(shop, key, store):
    assert "no commitment of the claimant" in hear(claim_of(key), shop, committed=False).reasons[0]
    host = small_host(store)
    release = ("bob", Release(shop.save(host)))
    assert hear(claim_of(key), shop, before=[release]).granted  # older, but the key doesn't fit it
    fitting = shop.predict(host, key.images)
    forged = next(k for k in (replace(key, secret=bytes([i]) * 32) for i in range(200))
                  if (k.labels() == fitting).sum() >= 8)
    verdict = hear(claim_of(forged), shop, before=[release], policy=RarityAndWork(rarity=4.0, work=1.0))
    assert (verdict.checks["commitment"] is False
            and "after the release of a model that it fits (message 0)" in verdict.reasons[0])


def test_someone_elses_commitment_or_key_is_worth_nothing(shop, key):
    assert "eve claims in the name of alice" in hear(claim_of(key), shop, sender="eve").reasons[0]
    stolen = claim_of(key, claimant="eve")
    assert "not those that the key gives for this claimant" in hear(stolen, shop, sender="eve").reasons[0]
    recomputed = Key("eve", 2, key.secret, key.images, 10)
    verdict = hear(claim_of(recomputed), shop, sender="eve", answers=key.labels())
    assert not verdict.granted and case_of(verdict).evidence.hits < 15


BAD_FIELDS = [
    ({"level": 4}, "level must be 0, 1, 2 or 3, not 4"), ({"level": 3}, "memory must be a power of two"),
    ({"memory": 2**16}, "memory must be a power of two from 16 to 1048576 at level 3, and 0 below, not 65536"),
    ({"level": 3, "memory": 2**30}, "memory must be a whole number from 0 to 1,048,576"),
    ({"level": True}, "level must be"),
    ({"level": None}, "level must be"), ({"secret": b"short"}, "secret must be 32 bytes, not 5 bytes"),
    ({"secret": "text"}, "secret must be 32 bytes, not 'text'"), ({"images": None}, "images must be uint8 images"),
    ({"images": np.full((40, 1, 8, 8), np.nan)},
     "images must be uint8 images (1..10000, 1, 8, 8), not float64 (40, 1, 8, 8)"),
    ({"images": np.zeros((40, 1, 8, 8), np.uint8)}, "images must be different"),
    ({"images": np.zeros((40, 8, 8), np.uint8)}, "not uint8 (40, 8, 8)"),
    ({"images": np.zeros((0, 1, 8, 8), np.uint8)}, "not uint8 (0, 1, 8, 8)"),
    ({"images": np.zeros((1, 3, 8, 8), np.uint8)}, "not uint8 (1, 3, 8, 8)"),
    ({"labels": np.full(40, 10)}, "labels must lie in 0..9"),
    ({"labels": np.full(40, -1)}, "labels must lie in 0..9"),
    ({"labels": np.zeros(39, np.int64)}, "labels must be int64 (40,), not int64 (39,)"),
    ({"labels": np.zeros(40)}, "labels must be int64 (40,), not float64 (40,)"),
    ({"labels": np.zeros(40, np.int64)}, "not those that the key gives"),
    ({"extra": 1}, "has the fields images, labels, level, memory, secret: this one adds 'extra'"),
    ({"floats": None}, "has the fields images, labels, level, memory, secret: this one adds 'floats'"),
]


@pytest.mark.parametrize(("changes", "reason"), BAD_FIELDS, ids=[f"{next(iter(c))}-{r}" for c, r in BAD_FIELDS])
def test_malformed_keys_are_rejected_with_the_reason(shop, key, changes, reason):
    verdict = hear(claim_of(key, key={**key.fields(), **changes}), shop, committed=False)
    assert (verdict.reasons[0].startswith("rejected: ") and reason in verdict.reasons[0]
            and verdict.checks == {"well-formed": False})


@pytest.mark.parametrize(("changes", "reason"), [
    ({"scheme": "nonsense"}, "unknown scheme"), ({"scheme": "evil.py:Scheme"}, "unknown scheme"),
    ({"scheme": "../rose"}, "unknown scheme"),
    ({"service": "other"}, "deployed no service"), ({"deployer": "nobody"}, "deployed no service"),
    ({"claimant": 3}, "in the name of 3"),
    ({"key": {}}, "has the fields images, labels, level, memory, secret: this one lacks images"),
    ({"deployer": ["mallory"]}, "can't be examined"),
])
def test_malformed_claims(shop, key, changes, reason):
    victor = Verifier(RarityAndWork())
    said = rehearse(victor, shop, [("mallory", Deployment("shop")), ("alice", claim_of(key, **changes))])
    verdict = next(e.body for e in said if isinstance(e.body, Verdict))
    assert verdict.reasons[0].startswith("rejected") and reason in verdict.reasons[0]


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=40)
    | arrays.arrays(
        st.sampled_from([np.uint8, np.int64, np.float32, np.bool_]),
        arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=9),
    )
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["level", "secret", "images", "labels"]) | st.text(max_size=3), anything,
                       max_size=4), st.booleans())
def test_no_claim_brings_the_verifier_down(shop, key, fields, over):
    """Any key at all, by itself or laid over a true one, gets a verdict, or a query when it is well-formed."""
    claim = claim_of(key, key={**key.fields(), **fields} if over else fields)
    said = rehearse(Verifier(RarityAndWork(commitment="ignored")), shop,
                    [("mallory", Deployment("shop")), ("alice", claim)])
    assert len(said) == 1
    body = said[0].body
    assert (
        isinstance(body, Query)
        if over and not fields
        else isinstance(body, (Query, Verdict)) and not getattr(body, "granted", False)
    )


def test_a_service_that_stays_silent_and_a_stranger_who_answers(shop, key):
    victor = Verifier(RarityAndWork())
    said = rehearse(victor, shop, [("alice", Commitment(Rose.commitment(key.fields(), "alice"))),
                                   ("mallory", Deployment("shop")), ("alice", claim_of(key))])
    asked = question(said, 2).body
    assert not rehearse(victor, shop, [("eve", Response("shop", answered(asked, key.fields(), key.labels()), 2))],
                        number=1)
    late = rehearse(victor, shop, number=50)
    assert late[0].body.reasons == ("denied: the service did not answer",)


def test_a_question_looks_like_a_customers(key, store):
    """The key's images come shuffled among ordinary ones, none of which comes twice."""
    shop = replace(small_workshop(store, "victor"), customers=12)
    victor, seen = Verifier(RarityAndWork()), []
    for n in range(3):
        said = rehearse(victor, shop, [("mallory", Deployment("shop")), ("alice", claim_of(key))], number=n,
                        first=10 * n)
        images = question(said, 10 * n + 1).body.images
        own = {image.tobytes() for image in key.images}
        places = [i for i, image in enumerate(images) if image.tobytes() in own]
        assert len(places) == 40 and places != list(range(40)) and places != list(range(len(images) - 40, len(images)))
        seen += [image.tobytes() for image in images if image.tobytes() not in own]
    assert len(seen) == len(set(seen)) == 24


def test_a_claimant_is_not_heard_for_ever(shop, key):
    victor = Verifier(RarityAndWork(commitment="ignored"))
    said = rehearse(victor, shop, [("mallory", Deployment("shop")), *[("alice", claim_of(key))] * 5])
    verdicts = [e.body for e in said if isinstance(e.body, Verdict)]
    assert len(verdicts) == 2 and all("was heard 3 times" in v.reasons[0] for v in verdicts)


def test_evidence_that_may_have_been_looked_for_needs_a_floor_of_work(shop, key):
    careless = RarityAndWork(rarity=20, work=0)
    for level in (0, 1):
        verdict = hear(claim_of(replace(key, level=level)), shop, policy=careless)
        assert (not verdict.granted
                and "below 48, the least for evidence that may have been looked for" in verdict.reasons[0])
        assert hear(claim_of(replace(key, level=level)), shop, policy=replace(careless, flawed=True)).granted


def test_which_evidence_may_have_been_looked_for():
    """Labels by a rule of the owner's own, and levels whose labels don't bind the images together."""
    by_rule = {"frontier-stitching"}
    drawn = {"label-change", "exponential-weighting", "deepsigns", "adi", "content", "unrelated", "noise"}
    for name in by_rule | drawn:
        scheme = find("schemes", name)
        key = KeySampleKey("alice", b"s" * 32, np.zeros((1, 1, 8, 8), np.uint8), np.zeros(1, np.int64), 10, scheme.rule,
                           name)
        assert KeyExamination(key, "", key.images).selectable == (name in by_rule), name
    assert [RoseExamination(Key("a", level, b"s" * 32, np.zeros((1, 1, 8, 8), np.uint8), 10), "", None).selectable
            for level in range(4)] == [True, True, False, False]


def test_whatever_an_examination_raises_is_a_rejection(shop, key, monkeypatch):
    def broken(cls, claim, setting):
        raise MemoryError("no room")

    monkeypatch.setattr(Rose, "examine", classmethod(broken))
    assert hear(claim_of(key), shop).reasons == ("rejected: it can't be examined: MemoryError: no room",)


RIVALS = [  # (one's key on two's release, two's on one's), (committed at), winner
    ((True, False), (5, 3), "first"), ((False, True), (3, 5), "second"), ((True, True), (3, 5), "nobody"),
          ((False, False), (3, 5), "nobody"),
    ((None, False), (5, 3), "first"), ((None, True), (3, 5), "second"), ((True, None), (5, 3), "first"),
          ((False, None), (3, 5), "second"),
    ((None, None), (3, 5), "first"), ((None, None), (5, 3), "second"),
]


class TestRivals:
    """Whose mark was first: by what each key scores on what the other released."""

    @pytest.mark.parametrize(("fits", "dates", "winner"), RIVALS)
    def test_two(self, fits, dates, winner):
        rivals = [Rival(1, "alice", dates[0]), Rival(2, "mallory", dates[1])]
        outcomes = resolve(rivals, lambda number, agent: {(1, "mallory"): fits[0],
                                                          (2, "alice"): fits[1]}[number, agent])
        wanted = {"first": ("first", "later"), "second": ("later", "first"), "nobody": ("disputed", "disputed")}[winner]
        assert (outcomes[1][0], outcomes[2][0]) == wanted
        assert outcomes[1][1] == ("" if wanted[0] == "first" else "mallory")

    def test_who_only_contests_shows_that_another_came_later_and_no_more(self):
        weak, strong = Rival(1, "alice", 5, stands=False), Rival(2, "mallory", 3)
        assert resolve([weak, strong], lambda number, agent: number == 1)[2] == ("later", "alice")
        for fits in (True, False, None):
            outcome = resolve([weak, strong], lambda number, agent, fits=fits: fits)[2]
            assert outcome == ("first", ""), fits
        assert resolve([weak, Rival(2, "eve", 9, stands=False)], lambda *_: True) == {1: ("first", ""),
                                                                                      2: ("first", "")}

    def test_one_claimant_is_no_rival_of_himself(self):
        assert resolve([Rival(1, "a", 1), Rival(2, "a", 2)], lambda *_: True) == {1: ("first", ""), 2: ("first", "")}

    def test_three_in_a_row(self):
        order = ["alice", "bob", "carl"]
        rivals = [Rival(n, name, n) for n, name in enumerate(order)]
        outcomes = resolve(rivals, lambda number, agent: order.index(agent) > number)
        assert [outcomes[n][0] for n in range(3)] == ["first", "later", "later"]
