"""A match of a sweep as a line: the claims that were judged, what services ended with, who left."""

import json

import pytest

from arena.game.evidence import Case, Work
from arena.game.rarity import Stated
from arena.match.books import Fault
from arena.match.result import Result, StageRecord, VerdictRecord
from arena.tournament.cells import Cell
from arena.tournament.rows import Row
from arena.tournament.sweep.match import Claim, claims_of, sweep_row

CELL = Cell("", "", "agents.mallory.attacks=[]")


def verdict(about, claimant, granted, rarity=None, verifier="victor"):
    case = None if rarity is None else Case(9, claimant, "mallory", "shop", "rose", Stated(rarity, "said"),
                                            Work(80.0, 70.0), 5, 2)
    return VerdictRecord(9, about, verifier, claimant, "mallory", granted, "granted" if granted else "denied",
                         {"rarity": granted}, ("because",), "rose", case)


def line(status="finished", **more):
    result = Result(1, status, {"title": "x", "seed": 3}, "who.yaml", {}, {}, {}, {"processor": "abacus"}, **more)
    row = sweep_row("key", CELL, 3, result, 1.2345)
    return Row.of(json.loads(json.dumps(row.as_data())))  # as the journal has it


def test_claims_with_their_figures():
    row = line(verdicts=(verdict(1, "alice", True, 70.0), verdict(2, "eve", False)))
    assert claims_of(row) == [Claim("alice", "mallory", "victor", True, "granted", 70.0, 80.0),
                              Claim("eve", "mallory", "victor", False, "denied for rarity")]
    assert (row.cell, row.seed, row.seconds, row.machine, row.finished) == (CELL, 3, 1.23, "abacus", True)


@pytest.mark.parametrize(("granted", "rarity"), [((False, True, True), 2.0), ((False, False), 1.0),
                                                 ((True, False), 1.0)])
def test_of_several_claims_the_one_that_was_granted_counts_else_the_first(granted, rarity):
    row = line(verdicts=tuple(verdict(number, "alice", each, float(number)) for number, each in enumerate(granted, 1)))
    claim, = claims_of(row)
    assert claim.rarity == rarity and claim.granted == any(granted)


def test_each_verifier_is_heard():
    row = line(verdicts=(verdict(1, "alice", True), verdict(1, "alice", False, verifier="vera")))
    assert [(claim.verifier, claim.granted) for claim in claims_of(row)] == [("victor", True), ("vera", False)]


def test_services_are_told_by_their_last_stage():
    stages = [StageRecord("mallory", 0, "stolen", "mallory", 0.9, 0.9), StageRecord("bob", 0, "own", "bob", 0.8, 0.8),
              StageRecord("mallory", 1, "prune", "mallory", 0.9, 0.6)]
    assert line(stages=tuple(stages)).figures == {"mallory": 0.6, "bob": 0.8}


def test_who_left_is_why_it_failed():
    row = line(faults=(Fault(2, "rex", False, "said too much"), Fault(3, "eve", True, "broke")))
    assert (row.status, row.error, row.finished) == ("failed", "eve: broke", False)
    assert line(faults=(Fault(2, "rex", False, "said too much"),)).finished
    assert line("cancelled").status == "failed"
