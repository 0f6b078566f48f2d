"""What differs between plain data, and what results of the same claim, stage and agent say, beside each other."""

import pytest

from arena.game.ledger import Spending
from arena.match.comparison import ABSENT, Comparison, differences, told_apart
from arena.match.result import AccuracyRecord, Result, StageRecord, VerdictRecord
from arena.match.sidebyside import tables

SAME = {"version": 1, "status": "finished", "path": "who.yaml", "files": {}, "roles": {}, "transcript": ""}


def result(scenario, machine="one", **more):
    return Result(**SAME, scenario=scenario, options={"device": "cpu", "threads": 1, "store": str(id(scenario))},
                  machine={"processor": machine}, **more)


def verdict(claimant, word, verifier="victor"):
    checks = {"rarity": word == "granted", "work": True}
    return VerdictRecord(9, 3, verifier, claimant, "mallory", word == "granted", word, checks, ("because",))


@pytest.fixture
def both():
    one = result({"title": "a", "seed": 1, "agents": {"mallory": {"role": "attacker", "attacks": []}}},
                 verdicts=(verdict("alice", "granted"), verdict("eve", "denied")),
                 stages=(StageRecord("mallory", 0, "stolen", "mallory", 0.9, 0.9),),
                 accuracies=(AccuracyRecord("alice", 0.9, 0.95),), spending={"alice": Spending(operations=1024)})
    other = result({"title": "a", "seed": 2, "agents": {"mallory": {"role": "attacker", "attacks": ["prune"]}}},
                   "another", verdicts=(verdict("alice", "denied"),),
                   stages=(StageRecord("mallory", 0, "stolen", "mallory", 0.9, 0.9),
                           StageRecord("mallory", 1, "prune", "mallory", 0.9, 0.5)),
                   accuracies=(AccuracyRecord("alice", 0.9),),
                   spending={"alice": Spending(queries=1000), "eve": Spending()})
    return Comparison(("one", "other"), (one, other))


@pytest.mark.parametrize(("one", "other", "found"), [
    ({"a": 1}, {"a": 1}, {}), ({"a": 1}, {"a": 2}, {"a": (1, 2)}), ({"a": 1}, {"a": True}, {"a": (1, True)}),
    ({"a": {"b": [1], "c": 2}}, {"a": {"b": [1, 2], "c": 2}}, {"a.b": ([1], [1, 2])}),
    ({"a": {"b": 1}}, {}, {"a": ({"b": 1}, ABSENT)}),
    ({"a": "rose"}, {"a": {"rose": {}}}, {"a": ("rose", {"rose": {}})}),
    ({"b": 1, "a": 2}, {"a": 2, "b": 1}, {}), (1, 2, {"": (1, 2)}), ({}, {}, {})])
def test_differences(one, other, found):
    assert dict(differences([one, other])) == found


def test_differences_of_three_are_told_where_any_differs():
    assert dict(differences([{"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 1}])) == {"a": (1, 1, 2)}


def test_entries_of_the_same_claim_stage_and_agent_stand_beside_each_other(both):
    assert {who: [v and v.word for v in found] for who, found in both.claims.items()} == {
        ("alice", "mallory", "victor"): ["granted", "denied"], ("eve", "mallory", "victor"): ["denied", None]}
    assert {key: [s and s.accuracy for s in found] for key, found in both.stages.items()} == {
        ("mallory", 0): [0.9, 0.9], ("mallory", 1): [None, 0.5]}
    assert both.spending["eve"] == (None, Spending()) and both.hosts["alice"][1].unmarked is None
    assert both.scenarios == {"seed": (1, 2), "agents.mallory.attacks": ([], ["prune"])}
    assert both.machines == {"processor": ("one", "another")}, "where artefacts are kept makes no difference"


def test_in_words(both):
    texts = {each.heading.split(":")[0]: {row[0]: row[1:] for row in each.rows} for each in tables(both)}
    assert texts["Claims"] == {"alice on mallory": ("granted", "denied for rarity"),
                               "eve on mallory": ("denied for rarity", "-")}
    assert texts["What differs in the scenarios"]["agents.mallory.attacks"] == ("[]", "[prune]")
    assert texts["Hosts"] == {"alice": ("95.0 %, 90.0 %", "-, 90.0 %")}
    assert texts["Services"] == {"mallory 0": ("90.0 % stolen", "90.0 % stolen"), "mallory 1": ("-", "50.0 % prune")}
    assert texts["Spending"] == {"alice": ("2^10.0, 0", "-, 1,000"), "eve": ("-", "-, 0")}
    assert texts["Matches"] == {"seed": ("1", "2"), "ended": ("finished", "finished")}


def test_nothing_of_what_is_the_same_is_told_as_different(both):
    same = Comparison(("one", "again"), (both.results[0],) * 2)
    assert not same.scenarios and not same.machines
    assert not [each for each in tables(same) if each.heading.startswith("What differs")]


def test_several_verifiers_are_told_apart():
    heard = result({}, verdicts=(verdict("alice", "granted"), verdict("alice", "denied", "vera")))
    claims = next(each for each in tables(Comparison(("a", "b"), (heard, heard))) if each.about == "claim")
    assert [row[0] for row in claims.rows] == ["alice on mallory by victor", "alice on mallory by vera"]


def test_a_match_that_is_still_played_has_no_seed():
    rows = next(iter(tables(Comparison(("a", "b"), (result({}), result({"seed": 0})))))).rows
    assert rows[0] == ("seed", "-", "0")


@pytest.mark.parametrize(("places", "names"), [
    (["/runs/a", "/runs/b"], ["a", "b"]), (["/x/run", "/y/run", "/y/c"], ["x/run", "y/run", "c"]),
    (["/run", "/a/run"], ["run", "a/run"]), (["/a/b", "/a/b"], ["a/b", "a/b"]), (["/", "/a"], ["/", "a"])])
def test_runs_are_called_by_as_little_as_tells_them_apart(places, names):
    assert told_apart(places) == names
