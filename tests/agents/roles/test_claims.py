"""Which claims a Verifier hears, what he dates them by, and what he says of those that don't stand."""

from dataclasses import replace

import pytest

from agents.roles import verifier as module
from arena.game.evidence import Bounds, Case
from arena.game.messages import Query, Release
from tests.agents.roles.stand_ins import (
    FIRST,
    POLICY,
    AskedScheme,
    Hall,
    Host,
    Shop,
    claim,
    commitment,
    deployment,
    digest,
    granted,
)

UNDATED = replace(POLICY, commitment="ignored")


@pytest.fixture
def hall(monkeypatch):
    return Hall(monkeypatch)


def case_of(verdict):
    return Case.from_data(verdict.case)


def heard(hall, *inbox, shift=0):
    """The verdict on a claim that is the last of the inbox, answered at once."""
    hall.turn(*inbox)
    (said,) = hall.verdicts(hall.answer(hall.next - 1, shift))
    return said


# who is heard


@pytest.mark.parametrize("sender", ["aaron", "zoe"])
def test_nobody_claims_in_the_name_of_another(hall, sender):
    (said,) = hall.verdicts(deployment(), (sender, claim("alice")[1]))
    assert said.reasons == (f"rejected: {sender} claims in the name of alice",) and said.about == FIRST + 1
    assert said.checks == {"well-formed": False} and not said.granted


def test_a_service_must_have_been_announced_by_who_is_said_to_have_it(hall):
    said = hall.verdicts(deployment(), claim(service="other"), claim(deployer="bob"))
    assert [v.reasons[0] for v in said] == ["rejected: 'mallory' deployed no service 'other'",
                                            "rejected: 'bob' deployed no service 'shop'"]


@pytest.mark.parametrize(("admitted", "told"), [(("read", "rose"), "read, rose"), (("read",), "read"), ((), "none")])
def test_only_schemes_that_are_admitted_are_heard(monkeypatch, admitted, told):
    (said,) = Hall(monkeypatch, UNDATED, Shop(admitted=admitted)).verdicts(deployment(), claim())
    assert said.reasons == (f"rejected: unknown scheme 'asked': heard are {told}",)


@pytest.mark.parametrize(("key", "reason"), [
    ({"bad": 1}, "rejected: a bad key"), ({"secret": "aa"}, "rejected: it can't be examined: KeyError: 'images'")])
def test_what_an_examination_raises_is_a_rejection(hall, key, reason):
    (said,) = hall.verdicts(deployment(), ("alice", replace(claim()[1], key=key)))
    assert said.reasons == (reason,) and said.checks == {"well-formed": False}
    assert hall.turn() == hall.turn() == hall.turn() == []


# how often


def test_on_a_service_everybody_is_heard_three_times(hall):
    hall.turn(deployment("a"), deployment("b"), deployment("a", "bob"))
    said = hall.turn(*[claim(service="a") for _ in range(5)])
    assert [isinstance(e.body, Query) for e in said] == [True, True, True, False, False]
    assert {e.body.reasons for e in said[3:]} == {("rejected: alice was heard 3 times on this service already",)}
    others = hall.turn(claim(service="b"), claim("bob", service="a"), claim(service="a", deployer="bob"))
    assert [isinstance(e.body, Query) for e in others] == [True, True, True]


def test_everybody_is_heard_64_times(hall):
    names = [f"service {n}" for n in range(22)]
    hall.turn(*[deployment(name) for name in names])
    said = hall.turn(*[claim(service=name) for name in names for _ in range(3)])
    assert [isinstance(e.body, Query) for e in said] == [True] * 64 + [False] * 2
    assert {e.body.reasons for e in said[64:]} == {("rejected: alice was heard 64 times already",)}
    assert isinstance(hall.turn(claim("bob", service=names[-1]))[0].body, Query)


# dates


@pytest.mark.parametrize("other", ["aaron", "zoe"])
@pytest.mark.parametrize("wrong", ["99", "bb"])
def test_a_key_is_fixed_by_the_claimants_first_commitment_to_it(hall, other, wrong):
    """Not by what others committed to, or by other keys of his."""
    said = heard(hall, commitment(other), commitment(secret=wrong), commitment(), commitment(), deployment(), claim())
    assert case_of(said).committed_at == FIRST + 2 and case_of(said).deployed_at == FIRST + 4
    assert said.granted and case_of(said).number == FIRST + 5


@pytest.mark.parametrize("other", ["aaron", "zoe"])
def test_without_a_commitment_of_his_own_a_key_is_not_fixed(hall, other):
    said = heard(hall, commitment(other), commitment(secret="bb"), deployment(), claim())
    assert case_of(said).committed_at is None and not said.granted and said.checks["commitment"] is False


def test_a_commitment_of_an_earlier_turn_counts(hall):
    hall.turn(commitment())
    hall.turn()
    assert case_of(heard(hall, deployment(), claim())).committed_at == FIRST


def test_models_that_were_released_before_the_commitment_are_tried(hall):
    hall.shop.models = {digest("1"): Host(0), digest("2"): Host(1)}
    hall.turn(("bob", Release(digest("1"))), ("bob", Release(digest("2"))))
    said = heard(hall, commitment(), deployment(), claim())
    assert set(case_of(said).rarity_on_earlier) == {FIRST, FIRST + 1} and said.checks["commitment"] is False


def test_a_case_has_the_bounds_of_its_scheme(hall):
    assert case_of(heard(hall, commitment(), deployment(), claim())).bounds == AskedScheme.bounds == Bounds(31.0, 7.0)


# how often somebody tried his luck


@pytest.mark.parametrize(("keys", "services", "tried"), [
    (["aa"], ["a"], 1), (["aa", "bb", "cc"], ["a"], 3), (["aa"], ["a", "b"], 2), (["aa", "bb", "cc"], ["a", "b"], 6),
    (["bb"], ["a"], 2), (["bb", "cc"], ["a", "b", "c"], 9), ([], ["a", "b"], 2), (["aa"], ["a", "a"], 1)])
@pytest.mark.parametrize("other", ["aaron", "zoe"])
def test_tries_are_keys_that_were_committed_to_or_shown_times_services(hall, keys, services, tried, other):
    """Those of everybody by himself: another's commitments and claims cost the claimant nothing."""
    hall.turn(*[deployment(name) for name in "abcd"], *[commitment(other, secret=s) for s in ("dd", "ee")])
    hall.turn(*[commitment(secret=s) for s in keys], claim(other, service="d", secret="ff"))
    hall.turn(*[claim(service=name) for name in services])
    number = hall.next - len(services)
    said = hall.verdicts(*[hall.answer(number + n, shift=5, service=s) for n, s in enumerate(services)])
    assert {case_of(v).tried for v in said if v.claimant == "alice"} == {tried} and len(said) >= len(services)


# what doesn't stand


def test_weighing_that_breaks_down_is_a_rejection(hall, monkeypatch):
    def broken(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(module, "weighed_openly", broken)
    said = heard(hall, commitment(), deployment(), claim())
    assert said.reasons == ("rejected: it can't be examined: MemoryError: no room",)
    assert said.checks == {"well-formed": False} and hall.turn() == hall.turn() == hall.turn() == []


def test_what_does_not_stand_hears_so_at_once_and_once(hall):
    """Though another claim on the service is still waited for."""
    hall.turn(commitment(), commitment("bob"), deployment(), claim(), claim("bob"))
    (said,) = hall.verdicts(hall.answer(FIRST + 3, shift=5))
    assert said.about == FIRST + 3 and not said.granted and said.checks["rarity"] is False
    assert granted(hall.verdicts(hall.answer(FIRST + 4))) == {FIRST + 4: True}
    assert hall.turn() == hall.turn() == []


def test_what_stands_waits_for_other_claims_on_the_service_where_dates_count(hall):
    hall.turn(commitment(), commitment("bob"), deployment(), claim(), claim("bob"))
    assert hall.verdicts(hall.answer(FIRST + 3)) == []
    assert granted(hall.verdicts(hall.answer(FIRST + 4, shift=5))) == {FIRST + 3: True, FIRST + 4: False}
    assert hall.turn() == hall.turn() == []


def test_where_dates_do_not_count_nobody_waits_and_there_are_no_rivals(monkeypatch):
    hall = Hall(monkeypatch, UNDATED)
    hall.turn(deployment(), claim(), claim("bob"))
    assert granted(hall.verdicts(hall.answer(FIRST + 1))) == {FIRST + 1: True}
    assert granted(hall.verdicts(hall.answer(FIRST + 2))) == {FIRST + 2: True}
    assert hall.turn() == hall.turn() == []
