"""Cases and evidence as records: their plain forms say everything, and whatever is none is refused."""

import json
from dataclasses import FrozenInstanceError, fields

import pytest

from arena.base.errors import Malformed
from arena.game.evidence import Bounds, Case, Flaws, Judgement, Setting, Work
from arena.game.rarity import Evidence, Hits, Score, Stated, evidence_from

PLAIN = Case(3, "a", "b", "s", "rose", Hits(3, 7, 0.25), Work(1.0, 2.0, "x"), 1)


class Own(Evidence):
    """Of a user's own kind."""

    rarity, text = 12.5, "counted on fingers"


@pytest.mark.parametrize("evidence", [Hits(3, 7, 0.25, "bits", 2, 0.5, {"loss": 0.5}), Score(4.5, 8, {"region": 3}),
                                      Stated(3.0, "so")])
def test_evidence_survives_its_plain_form(evidence):
    plain = json.loads(json.dumps(evidence.as_data()))
    assert evidence_from(plain) == evidence and plain["rarity"] == pytest.approx(evidence.rarity, abs=1e-6)


def test_the_plain_form_to_the_last_field():
    assert Hits(40, 40, 0.1, details={"loss": 1.5}).as_data() == {
        "kind": "hits", "rarity": 132.877124, "text": "40 of 40 answers as claimed", "hits": 40, "trials": 40,
        "chance": 0.1, "what": "answers as claimed", "looks": 1, "recall": None, "details": {"loss": 1.5},
        "answers": None, "controls": 0}
    assert Stated(1.0, "so").as_data() == {"kind": "stated", "rarity": 1.0, "text": "so"}


def test_evidence_of_ones_own_says_what_it_says():
    again = evidence_from(Own().as_data())
    assert (again.rarity, again.text) == (12.5, "counted on fingers")


def test_a_case_survives_its_plain_form():
    case = Case(3, "a", "b", "s", "rose", Hits(3, 7, 0.25), Work(1.0, 2.0, "x"), 1, 2, {1: 0.5}, {"memory": 16}, 0.5,
                True, True, (3, 4), Bounds(20, 32), 3)
    assert Case.from_data(json.loads(json.dumps(case.as_data()))) == case


def test_what_a_case_doesnt_say_is_harmless():
    assert (PLAIN.committed_at, PLAIN.agreement, PLAIN.stood_before, PLAIN.selectable) == (None, None, False, False)
    assert (dict(PLAIN.rarity_on_earlier), dict(PLAIN.parameters), PLAIN.ordinary) == ({}, {}, (0, 0))
    assert Case.from_data(PLAIN.as_data()) == PLAIN
    assert set(PLAIN.as_data()) == {f.name for f in fields(Case)}


@pytest.mark.parametrize(
    "change",
    [
        {"evidence": None},
        {"evidence": {}},
        {"evidence": {"kind": "unheard of", "rarity": 1.0, "text": ""}},
        {"evidence": {"kind": "hits"}},
        {"evidence": {"kind": "score", "statistic": "x"}},
        {"work": None},
        {"work": {"cheapest": 1}},
        {"work": {"cheapest": 1, "paper": 2, "forger": "", "more": 3}},
        {"ordinary": (1,)},
        {"ordinary": (1, 2, 3)},
        {"ordinary": None},
        {"rarity_on_earlier": {"x": 1}},
        {"more": 1},
        {"rarity_on_earlier": {"1": "x"}},
        {"rarity_on_earlier": []},
        {"evidence": {"kind": "hits", "hits": 1, "trials": 2, "chance": 2}},
        {"evidence": {"kind": "stated", "rarity": "nothing", "text": ""}},
        {"evidence": {"kind": "stated", "rarity": float("nan"), "text": ""}},
    ],
)
def test_what_is_no_case_is_malformed(change):
    with pytest.raises(Malformed, match="this is no case"):
        Case.from_data({**PLAIN.as_data(), **change})


def test_a_case_that_lacks_a_field_without_default_is_malformed():
    for name in ("number", "claimant", "deployer", "service", "scheme", "evidence", "work", "deployed_at"):
        with pytest.raises(Malformed):
            Case.from_data({k: v for k, v in PLAIN.as_data().items() if k != name})


def test_a_judgement_grants_when_every_check_passed():
    assert (
        Judgement({"a": True, "b": True}, ("granted",)).granted
        and not Judgement({"a": True, "b": False}, ("no",)).granted
    )


def test_records_are_frozen_and_honest_by_default():
    for record, name in (
        (PLAIN, "number"),
        (Flaws(), "seed_bits"),
        (Setting(10, (1, 8, 8), 5), "classes"),
        (Work(1, 2), "paper"),
        (Bounds(), "rarity"),
        (Judgement({}, ()), "checks"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(record, name, 1)
    assert Flaws() == Flaws(0, False, False) == Setting(10, (1, 8, 8), 5).flaws and Work(1, 2).forger == ""


def test_sixty_four_bits_are_asked_for_unless_a_scheme_says_otherwise():
    assert (Bounds().rarity, Bounds().work) == (64.0, 64.0) == (PLAIN.bounds.rarity, PLAIN.bounds.work)
    assert PLAIN.tried == 1 and PLAIN.undisclosed == ""


@pytest.mark.parametrize(("bits", "tried", "rarity"), [(10.0, 0, 10.0), (10.0, 1, 10.0), (10.0, 8, 7.0),
                                                       (3.5, 8, 0.5), (3.0, 8, 0.0), (1.0, 8, 0.0), (0.0, 1, 0.0)])
def test_every_doubling_of_tries_costs_a_bit_and_no_rarity_is_below_0(bits, tried, rarity):
    case = Case(3, "a", "b", "s", "rose", Stated(bits, ""), Work(1.0, 2.0), 1, tried=tried)
    assert case.rarity == pytest.approx(rarity)
