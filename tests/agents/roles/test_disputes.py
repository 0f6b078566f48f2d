"""Several claims on one service: who waits for whom, who was first, and what is said again to whom it was granted."""

from dataclasses import dataclass, replace

import pytest

from arena.game.evidence import Case, Judgement
from arena.game.messages import Release
from arena.strategies import Policy
from tests.agents.roles.stand_ins import FIRST, POLICY, Hall, Host, claim, commitment, deployment, digest, granted

FITS = {"alice": range(10), "bob": range(10, 20), "carl": range(20, 30)}


@dataclass(frozen=True)
class Dated(Policy):
    """Grants to whoever is answered as claimed, committed or not."""

    @property
    def dated(self):
        return True

    def convincing(self, case):
        return 30.0

    def judge(self, case: Case) -> Judgement:
        return Judgement({"rarity": case.rarity > 20}, ("so",))


@pytest.fixture
def hall(monkeypatch):
    return Hall(monkeypatch)


def released(hall, who, *marks):
    """A release of a model that carries the marks of some: it answers their images as their keys have it."""
    name = digest(f"{len(hall.shop.models):x}")
    hall.shop.models[name] = Host(known=[first for mark in marks for first in FITS[mark]])
    return who, Release(name)


def claim_of(who, **more):
    return claim(who, firsts=FITS[who], **more)


def play(hall, *releases):
    """Commitments of all three, the service, then what was released."""
    hall.turn(commitment("alice"), commitment("bob"), commitment("carl"), deployment(), *releases)
    return hall.next


def settled(hall, *who):
    """What is said once these have claimed and are answered as claimed: claimant -> granted."""
    number = hall.next
    hall.turn(*[claim_of(name) for name in who])
    said = hall.verdicts(*[hall.answer(number + n) for n in range(len(who))])
    assert len({v.claimant for v in said}) == len(said)
    return {v.claimant: (v.granted, v.reasons[0].split(":")[0]) for v in said}


GRANTED, LATER, DISPUTED = (True, "granted"), (False, "denied"), (False, "disputed")


def test_one_who_claims_alone_is_granted_and_hears_no_more(hall):
    play(hall, released(hall, "alice", "alice"))
    assert settled(hall, "alice") == {"alice": GRANTED}
    assert hall.turn() == hall.turn() == hall.turn() == []


@pytest.mark.parametrize("order", [("alice", "bob"), ("bob", "alice")])
def test_whose_key_fits_the_others_release_was_first(hall, order):
    play(hall, released(hall, "alice", "alice"), released(hall, "bob", "alice", "bob"))
    assert settled(hall, *order) == {"alice": GRANTED, "bob": LATER}


@pytest.mark.parametrize("marks", [("alice", "bob"), ()])
def test_keys_that_fit_each_others_releases_or_none_are_disputed(hall, marks):
    play(hall, released(hall, "alice", *(marks or ["alice"])), released(hall, "bob", *(marks or ["bob"])))
    assert settled(hall, "alice", "bob") == {"alice": DISPUTED, "bob": DISPUTED}


@pytest.mark.parametrize("order", [("alice", "bob", "carl"), ("carl", "bob", "alice"), ("bob", "carl", "alice")])
def test_without_releases_the_oldest_commitment_decides(hall, order):
    """And not who claimed first."""
    play(hall)
    assert settled(hall, *order) == {"alice": GRANTED, "bob": LATER, "carl": LATER}


@pytest.mark.parametrize(("committed", "first"), [(("bob",), "bob"), (("alice",), "alice"), ((), "alice"),
                                                  (("bob", "alice"), "bob")])
def test_a_claim_is_as_old_as_itself_where_nothing_fixed_its_key(monkeypatch, committed, first):
    hall = Hall(monkeypatch, Dated())
    hall.turn(*[commitment(name) for name in committed], deployment())
    said = hall.turn(claim_of("alice"), claim_of("bob"))
    number = said[0].body.about
    found = {v.claimant: v.granted for v in hall.verdicts(hall.answer(number), hall.answer(number + 1))}
    assert found == {"alice": first == "alice", "bob": first == "bob"}


# later than a grant


def test_who_was_granted_hears_so_again_only_when_it_is_over(hall):
    play(hall, released(hall, "alice", "alice"), released(hall, "bob", "alice", "bob"))
    assert settled(hall, "bob") == {"bob": GRANTED}
    assert settled(hall, "alice") == {"alice": GRANTED, "bob": LATER}
    assert settled(hall, "alice") == {"alice": GRANTED}  # bob has lost once: he is no rival any more
    assert hall.turn() == hall.turn() == []


def test_who_was_granted_and_stays_first_hears_nothing(hall):
    play(hall, released(hall, "alice", "alice"), released(hall, "bob", "alice", "bob"))
    assert settled(hall, "alice") == {"alice": GRANTED}
    assert settled(hall, "bob") == {"bob": LATER}
    assert settled(hall, "bob") == {"bob": LATER} and hall.turn() == []


def test_who_was_granted_may_be_disputed_later_and_is_no_rival_then(hall):
    play(hall, released(hall, "alice", "alice"), released(hall, "bob", "bob"), released(hall, "carl", "carl"))
    assert settled(hall, "alice") == {"alice": GRANTED}
    assert settled(hall, "bob") == {"bob": DISPUTED, "alice": DISPUTED}
    assert settled(hall, "carl") == {"carl": GRANTED} and hall.turn() == []


# who only contests


CONTEST = replace(POLICY, rarity=25)


def contested(hall, hits, fixed=True, fits=("alice", "bob")):
    """What is said of two claims, in order: alice's key scores `hits` of ten on the service, bob's all. What bob
    released carries the marks of `fits`. The policy asks for 25 bits, and 20 convince."""
    marks = [released(hall, "alice", "alice"), released(hall, "bob", *fits)]
    hall.turn(*[commitment("alice")] * fixed, commitment("bob"), deployment(), *marks)
    number, service = hall.next, Host(known=[*range(hits), *FITS["bob"]])
    hall.turn(claim_of("alice"), claim_of("bob"))
    replies = [replace(hall.answer(n)[1], labels=hall.shop.predict(service, hall.asked[n]))
               for n in (number, number + 1)]
    return [(v.claimant, v.granted) for v in hall.verdicts(*[("mallory", reply) for reply in replies])]


def test_who_falls_short_alone_shows_that_another_came_later(monkeypatch):
    """Nine of ten are 26.7 bits, eight 21.4, seven 16.8."""
    for hits, said in ((9, [("alice", True), ("bob", False)]), (8, [("alice", False), ("bob", False)]),
                       (7, [("alice", False), ("bob", True)])):
        assert contested(Hall(monkeypatch, CONTEST), hits) == said, hits


def test_a_claim_with_another_fault_contests_nothing(monkeypatch):
    for hits in (8, 10):
        assert contested(Hall(monkeypatch, CONTEST), hits, fixed=False) == [("alice", False), ("bob", True)]


def test_who_contests_in_vain_disputes_nothing(monkeypatch):
    """Neither key fits what the other released: the claim that stands is granted."""
    assert contested(Hall(monkeypatch, CONTEST), 8, fits=["bob"]) == [("alice", False), ("bob", True)]


# several services


@pytest.mark.parametrize("done", ["a", "b", "c"])
def test_a_service_waits_for_no_other(hall, done):
    hall.turn(commitment(), deployment("a"), deployment("b"), deployment("c"))
    numbers = {name: FIRST + 4 + n for n, name in enumerate("abc")}
    hall.turn(*[claim(service=name) for name in "abc"])
    assert granted(hall.verdicts(hall.answer(numbers[done], service=done))) == {numbers[done]: True}
    left = {name: number for name, number in numbers.items() if name != done}
    said = hall.verdicts(*[hall.answer(number, service=name) for name, number in left.items()])
    assert granted(said) == dict.fromkeys(left.values(), True)
    assert hall.turn() == hall.turn() == hall.turn() == []


def test_claims_on_other_services_are_no_rivals(hall):
    hall.turn(commitment("alice"), commitment("bob"), deployment("a"), deployment("b"))
    hall.turn(claim_of("bob", service="a"), claim_of("alice", service="b"))
    said = hall.verdicts(hall.answer(FIRST + 4, service="a"), hall.answer(FIRST + 5, service="b"))
    assert granted(said) == {FIRST + 4: True, FIRST + 5: True}


# one's own service


@pytest.mark.parametrize(("silent", "stands"), [(True, False), (False, True)])
def test_who_claims_his_own_service_must_answer_the_others(hall, silent, stands):
    hall.turn(commitment("mallory"), commitment("alice"), deployment())
    hall.turn(claim("alice"), claim("mallory"))
    replies = [] if silent else [hall.answer(FIRST + 3, shift=5)]
    assert [v.claimant for v in hall.verdicts(hall.answer(FIRST + 4), *replies)] == (
        [] if silent else ["alice", "mallory"])
    if silent:
        said = [e.body for e in hall.turn()]
        assert [(v.claimant, v.granted) for v in said] == [("alice", False), ("mallory", stands)]
        assert said[1].reasons == ("disputed: mallory's own service left another claimant's question unanswered",)
    assert hall.turn() == hall.turn() == []
