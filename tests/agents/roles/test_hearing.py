"""What waits in a Verifier's hands: claims, services with what they once answered, verdicts as they are put down."""

from dataclasses import FrozenInstanceError, replace
from itertools import product

import numpy as np
import pytest

from agents.roles._hearing import PendingClaim, Standing, Weighed, refused, verdict
from agents.roles._question import Question
from arena.game.evidence import Bounds, Case, Judgement, Work
from arena.game.messages import Message
from arena.game.rarity import Stated
from tests.agents.roles.stand_ins import Asked, Read, claim, images_of

SAID = claim()[1]
MESSAGE = Message(7, 1, "alice", "victor", SAID)
CASE = Case(7, "alice", "mallory", "shop", "asked", Stated(30.0, "said"), Work(9.0, 9.0), 2)
QUESTION = Question(images_of(range(6)), {"probe": np.array([4, 0]), "again": np.array([1, 5]),
                                          "ordinary": np.array([2, 3])}, np.array([8, 9]))


def weighed(**checks):
    return Weighed(CASE, Judgement(checks, ("why",)), lambda model: CASE.evidence)


def pending(examination=None, **changes):
    return PendingClaim(MESSAGE, SAID, examination or Asked("", images_of([1]), np.ones(1)), QUESTION, 3, 1, **changes)


def test_a_claim_stands_when_every_check_passed():
    assert weighed(rarity=True, commitment=True).stands is True and weighed(rarity=True, work=False).stands is False
    with pytest.raises(FrozenInstanceError):
        weighed().case = None


@pytest.mark.parametrize(("checks", "sound"), [
    ({"rarity": True, "work": True, "commitment": True}, True), ({"rarity": False, "commitment": True}, True),
    ({"work": False, "commitment": True}, True), ({"rarity": False, "work": False}, True),
    ({"commitment": False}, False), ({"rarity": True, "disclosure": False}, False)])
def test_what_contests_lacks_nothing_but_rarity_and_work(checks, sound):
    assert weighed(**checks).contests(20.0) is sound


@pytest.mark.parametrize(("bound", "enough"), [(29.9, True), (30.0, True), (30.1, False), (0.0, True), (90.0, False)])
def test_what_contests_is_far_beyond_chance(bound, enough):
    assert weighed(rarity=False).contests(bound) is enough


def test_a_pending_claim_knows_its_number_and_its_service():
    fresh = pending()
    assert fresh.number == 7 and fresh.service == ("mallory", "shop")
    assert (fresh.labels, fresh.shown, fresh.weighed, fresh.controls) == (None, None, None, None)
    assert fresh.bounds == Bounds() and fresh.tried == 1


@pytest.mark.parametrize(("white", "shown", "labelled"), product([False, True], [None, (), ("m",)], [False, True]))
def test_everything_that_was_asked_for_is_there(white, shown, labelled):
    """Labels always, and of a mark in weights something shown, be it nothing."""
    labels = np.array([1]) if labelled else None
    claim = pending(Read("") if white else None, labels=labels, shown=shown)
    there = labelled and not (white and shown is None)
    assert (claim.answers is labels) if there else claim.answers is None


# services


def test_ordinary_answers_are_counted_over_all_questions():
    standing = Standing(2)
    assert standing.ordinary == (0, 0)
    labels = np.array([0, 0, 8, 9, 0, 0])
    for right, total in ((2, (2, 2)), (1, (3, 4)), (0, (3, 6)), (2, (5, 8))):
        given = labels.copy()
        given[2:2 + 2 - right] = 0
        standing.take(QUESTION, given)
        assert standing.ordinary == total


def test_a_new_service_answered_nothing_yet():
    fresh = Standing(2)
    assert fresh.answered_at == -1  # before every message
    assert fresh.deployed_at == 2 and fresh.probe is None and fresh.labels is None
    assert fresh.answered_before(5) is None and fresh.still(QUESTION, np.zeros(6)) is None


@pytest.mark.parametrize(("committed", "before"), [(None, False), (1199, False), (1200, False), (1201, True),
                                                   (1300, True), (3, False)])
def test_a_service_answered_before_a_commitment(committed, before):
    standing = Standing(2, QUESTION, np.zeros(6), 1200)
    assert standing.answered_before(committed) is (QUESTION if before else None)
    assert replace(standing, labels=None).answered_before(committed) is None


def test_the_share_that_is_answered_as_it_was():
    """The probe's images are the fifth and the first, those asked again the second and the sixth."""
    then, now = np.array([7, 0, 0, 0, 5, 0]), np.array([0, 5, 0, 0, 0, 7])
    standing = Standing(2, QUESTION, then, 4)
    for labels, share in (([5, 7], 1.0), ([5, 6], 0.5), ([4, 7], 0.5), ([6, 8], 0.0), ([4, 6], 0.0)):
        now[[1, 5]] = labels
        assert standing.still(QUESTION, now) == share
    places = {kind: place for kind, place in QUESTION.places.items() if kind != "again"}
    assert standing.still(replace(QUESTION, places=places), now) is None
    assert replace(standing, labels=None).still(QUESTION, now) is None
    assert replace(standing, probe=None).still(QUESTION, now) is None


# verdicts


@pytest.mark.parametrize(("word", "checks"), [("rejected", False), ("denied", True), ("unheard", True)])
def test_what_never_came_to_a_judgement(word, checks):
    said = refused(MESSAGE, SAID, "".join(list(word)), "no reason")
    assert (said.about, said.claimant, said.deployer, said.granted) == (7, "alice", "mallory", False)
    assert said.reasons == (f"{word}: no reason",) and said.checks == {"well-formed": checks} and said.case == {}


def test_weights_that_were_not_to_be_had_are_a_check_that_failed():
    assert refused(MESSAGE, SAID, "denied", "gone", disclosure=True).checks == {"well-formed": True,
                                                                               "disclosure": False}


def test_a_reason_is_one_line_of_a_thousand_characters():
    assert refused(MESSAGE, SAID, "denied", "a\nb").reasons == ("denied: a\\u000ab",)
    assert refused(MESSAGE, SAID, "denied", "a" * 1000).reasons == ("denied: " + "a" * 1000,)
    assert refused(MESSAGE, SAID, "denied", "a" * 1001).reasons == ("denied: " + "a" * 997 + "...",)


def test_a_verdict_says_every_check_and_its_case():
    said = verdict(pending(), Judgement({"rarity": True, "work": np.bool_(False)}, ["a", "b"]), CASE)
    assert said.granted is False and said.checks == {"rarity": True, "work": False} and said.reasons == ("a", "b")
    assert type(said.checks["work"]) is bool and Case.from_data(said.case) == CASE and said.about == 7
    assert verdict(pending(), Judgement({"rarity": True}, ("a",)), CASE).granted is True
    assert (said.claimant, said.deployer) == ("alice", "mallory")
