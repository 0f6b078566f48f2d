"""What a Verifier asks, whose answers he takes, and when he gives up; on a stage where nothing is trained."""

from dataclasses import fields, replace

import numpy as np
import pytest

from agents.roles.verifier import Verifier
from arena.game.evidence import Case
from arena.game.messages import Demand, Departure, Deployment, Disclosure, Query, Response, Verdict
from tests.agents.roles.stand_ins import (
    FIRST,
    POLICY,
    Hall,
    Host,
    Shop,
    another,
    claim,
    commitment,
    deployment,
    granted,
)

UNDATED = replace(POLICY, commitment="ignored")
PROBES = 64


@pytest.fixture
def hall(monkeypatch):
    return Hall(monkeypatch)


# what he is


def test_what_a_verifier_can_be_told():
    parameters = {f.name: f for f in fields(Verifier) if f.init}
    assert list(parameters) == ["policy", "controls", "spot_checks", "schemes"]
    told = Verifier(POLICY)
    assert (told.controls, told.spot_checks, told.schemes) == (1, 128, [])
    assert Verifier.verifies is True and Verifier.admits == ("schemes",) and "customers" in Verifier.data


def test_what_a_verifier_knows_stands_in_no_text_about_him(hall):
    hall.turn(commitment(), deployment(), claim())
    assert repr(hall.victor) == f"Verifier(policy={POLICY!r}, controls=1, spot_checks=128, schemes=[])"
    assert Verifier(POLICY, 1, 128, []) == Verifier(POLICY)


# a new service


def test_a_new_service_is_asked_once(hall):
    (said,) = hall.turn(deployment("shop", "mallory"))
    assert said.to == "mallory" and said.body.service == "shop" and said.body.about == FIRST
    assert said.body.images.shape == (PROBES, 1, 2, 2) and said.body.images.dtype == np.uint8
    assert hall.turn(deployment("shop", "mallory")) == []
    (other,) = hall.turn(deployment("shop", "bob"))
    assert other.to == "bob" and other.body.about == FIRST + 2
    assert other.body.images.tobytes() != said.body.images.tobytes()


def test_where_dates_do_not_count_nothing_is_asked(monkeypatch):
    hall = Hall(monkeypatch, UNDATED)
    assert hall.turn(deployment()) == []
    assert hall.turn(("mallory", Response("shop", np.zeros(PROBES, np.int64), FIRST))) == []  # he asked nothing
    assert [type(e.body) for e in hall.turn(claim())] == [Query]


def answered(hall, service="shop", who="mallory"):
    return hall.victor._services[(who, service)].labels


@pytest.mark.parametrize("asked", ["bob", "mallory", "zoe"])
def test_each_service_answers_its_own_question(hall, asked):
    names = ("bob", "mallory", "zoe")
    hall.turn(*[deployment("shop", name) for name in names])
    about = FIRST + names.index(asked)
    for name in names:
        if name != asked:  # an answer to somebody else's question
            assert hall.turn(hall.answer(about, who=another(name))) == []
    assert [answered(hall, who=name) for name in names] == [None] * 3
    assert hall.turn(hall.answer(about, who=another(asked))) == []
    assert [answered(hall, who=name) is not None for name in names] == [name == asked for name in names]
    assert hall.victor._services[(asked, "shop")].answered_at == FIRST + 5


def test_two_services_of_one_deployer_are_told_apart_by_the_question(hall):
    hall.turn(deployment("a"), deployment("b"), deployment("c"))
    hall.turn(hall.answer(FIRST + 1, service="b"))
    assert [answered(hall, name) is not None for name in "abc"] == [False, True, False]


def test_the_first_answer_that_fits_counts(hall):
    hall.turn(deployment())
    hall.turn(hall.answer(FIRST, shift=1, short=1))
    assert answered(hall) is None
    hall.turn(hall.answer(FIRST, shift=2))
    hall.turn(hall.answer(FIRST, shift=3))
    assert np.array_equal(answered(hall), hall.shop.predict(Host(2), hall.asked[FIRST]))
    assert hall.victor._services[("mallory", "shop")].answered_at == FIRST + 2


def test_an_answer_to_nothing_is_let_be(hall):
    assert hall.turn(("mallory", Response("shop", np.zeros(3, np.int64), FIRST))) == []
    hall.turn(deployment())
    assert hall.turn(("mallory", Response("shop", np.zeros(PROBES, np.int64), FIRST + 9))) == []
    assert answered(hall) is None


# a claim


def test_a_claim_is_a_question_to_the_service(hall):
    hall.turn(commitment(), deployment())
    said = hall.turn(claim())
    assert [(e.to, type(e.body), e.body.service, e.body.about) for e in said] == [("mallory", Query, "shop", FIRST + 2)]
    assert len(said[0].body.images) == 10


@pytest.mark.parametrize("spots", [1, 17, 128])
def test_a_claim_on_weights_is_a_demand_too(monkeypatch, spots):
    hall = Hall(monkeypatch, spot_checks=spots)
    hall.turn(deployment())
    said = hall.turn(claim(scheme="read"))
    assert [type(e.body) for e in said] == [Query, Demand] and {e.to for e in said} == {"mallory"}
    assert said[1].body == Demand("shop", FIRST + 1) and len(said[0].body.images) == spots


def test_a_question_comes_among_a_customers(monkeypatch):
    hall = Hall(monkeypatch, UNDATED, Shop(customers=9))
    assert [len(e.body.images) for e in hall.turn(deployment(), claim())] == [19]


@pytest.mark.parametrize(("order", "again"), [("answer commit claim", True), ("commit answer claim", False),
                                              ("answer claim", False), ("commit claim", False)])
def test_a_service_that_answered_before_the_commitment_is_asked_again(hall, order, again):
    hall.turn(deployment())
    words = {"answer": lambda: hall.answer(FIRST), "commit": commitment, "claim": claim}
    said = [e for word in order.split() for e in hall.turn(words[word]())]
    assert [len(e.body.images) for e in said] == [10 + (PROBES if again else 0)]
    if again:
        probed = {image.tobytes() for image in hall.asked[FIRST]}
        known = [image for image in said[0].body.images if image.tobytes() in probed]
        assert len(known) < 8  # a grey level off: of four pixels few stay as they were
        labels = hall.shop.predict(Host(), said[0].body.images)
        still = hall.victor._services["mallory", "shop"].still(hall.victor._pending[FIRST + 3].question, labels)
        assert 0 < still < 1


# answers


def test_a_claim_is_answered_by_the_deployer_and_with_a_label_for_each_image(hall):
    hall.turn(commitment(), deployment(), claim())
    about = FIRST + 2
    for reply in (hall.answer(about, who="aaron"), hall.answer(about, who="zoe"), hall.answer(about, short=1),
                  hall.answer(about, who="aaron", short=1)):
        assert hall.turn(reply) == [] and hall.victor._pending[about].labels is None
        hall.victor._pending[about].since += 1  # he waits as long as this takes
    assert granted(hall.verdicts(hall.answer(about, who=another("mallory")))) == {about: True}


def test_a_claim_on_weights_waits_for_answers_and_weights_and_the_first_of_each_count(monkeypatch):
    hall = Hall(monkeypatch, UNDATED, Shop({"m" * 64: Host(1, 30), "n" * 64: Host(2, 50)}), spot_checks=10)
    hall.turn(deployment(), claim(scheme="read"))
    about = FIRST + 1
    hall.victor._pending[about].since += 3
    assert hall.turn(hall.answer(about, shift=1)) == [] and hall.turn(hall.answer(about, shift=2)) == []
    shown = [("mallory", Disclosure("shop", model * 64, another(about))) for model in "mn"]
    assert hall.turn(("mallory", Disclosure("shop", "n" * 64, 77))) == []  # about nothing that is waited for
    (said,) = hall.verdicts(*shown)
    assert said.granted and Case.from_data(said.case).agreement == 1.0
    assert Case.from_data(said.case).evidence.rarity == 30.0


def test_weights_may_come_before_the_answers(monkeypatch):
    hall = Hall(monkeypatch, UNDATED, Shop({"m" * 64: Host(1, 30)}), spot_checks=10)
    hall.turn(deployment(), claim(scheme="read"))
    assert hall.turn(("mallory", Disclosure("shop", "m" * 64, FIRST + 1))) == []
    assert granted(hall.verdicts(hall.answer(FIRST + 1, shift=1))) == {FIRST + 1: True}


def test_ordinary_answers_of_every_question_are_counted(monkeypatch):
    hall = Hall(monkeypatch, shop=Shop(customers=4))
    hall.turn(commitment(), deployment())
    hall.turn(hall.answer(FIRST + 1))
    hall.turn(claim())
    (said,) = hall.verdicts(hall.answer(FIRST + 3))
    assert Case.from_data(said.case).ordinary == (8, 8)  # images and labels of the stock agree


# departures


@pytest.mark.parametrize("gone", ["alice", "bob", "carl"])
def test_claims_of_who_left_are_void(hall, gone):
    names = ("alice", "bob", "carl")
    hall.turn(*[commitment(name) for name in names], deployment())
    hall.turn(*[claim(name) for name in names], claim(gone))
    said = hall.verdicts(("arena", Departure(another(gone))))
    numbers = [FIRST + 4 + names.index(gone), FIRST + 7]
    assert [(v.about, v.reasons, v.checks) for v in said] == [
        (number, ("rejected: the claimant has left the play",), {"well-formed": False}) for number in numbers]
    left = [FIRST + 4 + n for n in range(3) if names[n] != gone]
    assert {v.about for v in hall.verdicts(*[hall.answer(n) for n in [*left, *numbers]])} == set(left)


# patience


def silence(hall):
    """The verdicts of a turn in which nobody says anything."""
    return [e.body for e in hall.turn() if isinstance(e.body, Verdict)]


@pytest.mark.parametrize("before", [0, 1, 4])
def test_a_service_has_two_turns_to_answer(hall, before):
    hall.turn(deployment())
    for _ in range(before):
        assert hall.turn() == []
    assert len(hall.turn(claim())) == 1 and silence(hall) == []
    (said,) = silence(hall)
    assert (said.about, said.reasons, said.checks) == (FIRST + 1, ("denied: the service did not answer",),
                                                       {"well-formed": True})
    assert silence(hall) == [] and hall.turn(hall.answer(FIRST + 1)) == []


def test_a_claim_of_the_first_turn_waits_two_turns_too(hall):
    assert len(hall.turn(deployment(), claim())) == 2
    assert silence(hall) == [] and len(silence(hall)) == 1


def test_an_answer_in_the_second_turn_is_in_time(hall):
    hall.turn(commitment(), deployment(), claim())
    assert silence(hall) == [] and granted(hall.verdicts(hall.answer(FIRST + 2))) == {FIRST + 2: True}


def test_weights_that_are_not_shown_in_two_turns_are_not_waited_for(hall):
    hall.turn(deployment(), claim(scheme="read"))
    assert hall.verdicts(hall.answer(FIRST + 1)) == []
    (said,) = silence(hall)
    assert said.reasons == ("denied: disclosure: the weights were not shown",)
    assert said.checks == {"well-formed": True, "disclosure": False} and silence(hall) == []


# after the last verdict


def test_stages_are_asked_for_what_a_claim_was_examined_by(hall):
    hall.turn(deployment(), claim(), claim("bob", scheme="read"))
    assert hall.victor.ask_stages(FIRST, None) == {} and hall.victor.ask_stages(FIRST + 2, None) == {"weights": True}
    asked = hall.victor.ask_stages(FIRST + 1, None)
    assert set(asked) == {"images"} and np.array_equal(asked["images"], claim()[1].key["images"])


def test_stages_are_scored_as_far_as_they_can_be(hall):
    hall.shop.models["m"] = Host(0, 44)
    hall.turn(deployment(), claim(), claim("bob", scheme="read"))
    turn = type("Turn", (), {"workshop": hall.shop})()
    assert hall.victor.score_stages(FIRST, {"stolen": np.arange(10)}, turn) == {}
    scored = hall.victor.score_stages(FIRST + 1, {"stolen": np.arange(10), "lost": "nothing"}, turn)
    assert set(scored) == {"stolen"} and scored["stolen"].hits == 10
    scored = hall.victor.score_stages(FIRST + 2, {"stolen": "m", "lost": "gone"}, turn)
    assert set(scored) == {"stolen"} and scored["stolen"].rarity == 44.0


def test_a_deployment_is_heard_before_a_claim_on_it(hall):
    kinds = [type(e.body) for e in hall.turn(claim(), ("mallory", Deployment("shop")))]
    assert kinds == [Query, Query]
