"""The figures of a sweep's table, from rows that are known: exact intervals, means and spreads over seeds."""

import math

import pytest

from arena.tournament.cells import Cell
from arena.tournament.rows import Row
from arena.tournament.sweep.asked import asked
from arena.tournament.sweep.match import Claim, claims_of
from arena.tournament.sweep.plan import SweepPlan, cell_of
from arena.tournament.sweep.table import Spread, Table, spread
from arena.tournament.sweep.words import claim_of, figures_of, shortened, values_of
from tests.arena.tournament.sweep.stubs import played, scenario

ATTACKS = "agents.mallory.attacks"


def plan(folder, values=([], ["fine-tune"]), seeds=3, misfits=()):
    spec = asked(scenario(folder), seeds, {ATTACKS: list(values)})
    combinations = {cell_of(spec, each): each for each in spec.combinations()}
    faults = {cell: why for cell, why in zip(combinations, misfits, strict=False) if why}
    return SweepPlan(spec, combinations, {cell: {} for cell in combinations if cell not in faults}, faults)


def rows(found, granted):
    """Of each combination a row a seed: granted or not, None where the match failed."""
    for cell, says in zip(found.cells, granted, strict=True):
        for number, says_so in enumerate(says):
            pairing = found.pairing(cell, number)
            yield (Row(pairing.key, cell, pairing.seed, "failed", error="mallory: lost") if says_so is None else
                   played(pairing.key, cell, pairing.seed, says_so))


def test_shares_with_exact_intervals_means_and_spreads(tmp_path):
    """Clopper and Pearson's ends have closed forms at 0 and n of n: (a/2)^(1/n), and one less that. Seeds 1, 2, 3 score
    10, 20, 30 bits and serve 99, 98, 97 %."""
    found = plan(tmp_path)
    none, all_ = Table(found, list(rows(found, ([False] * 3, [True] * 3)))).lines[::2]
    end = 0.025 ** (1 / 3)
    assert (none.hits, none.granted.n, none.granted.low) == (0, 3, 0) and none.granted.high == pytest.approx(1 - end)
    assert (all_.hits, all_.granted.n, all_.granted.high) == (3, 3, 1) and all_.granted.low == pytest.approx(end)
    assert all_.rarity == Spread(20.0, 10.0, 3) and all_.work == Spread(5.0, 0.0, 3)
    assert all_.accuracy.mean == pytest.approx(0.98) and all_.accuracy.deviation == pytest.approx(0.01)
    assert figures_of(all_) == ("3 of 3 (29 to 100 %)", "20.0 ± 10.0 (3)", "5.0 ± 0.0 (3)", "98.0 ± 1.0 (3)")


def test_what_failed_is_left_out_and_counted(tmp_path):
    found = plan(tmp_path)
    lines = Table(found, list(rows(found, ([True, None, False], [None] * 3)))).lines
    assert [(line.who, line.failed) for line in lines] == [
        (("alice", "mallory", "victor"), 1), (("", "bob", ""), 1), (("", "", ""), 3)]
    assert (lines[0].hits, lines[0].granted.n) == (1, 2) and lines[0].rarity == Spread(20.0, math.sqrt(200), 2)
    assert lines[2].granted is None and lines[2].reason == "failed: mallory: lost"
    assert values_of(lines[2]) == ("[fine-tune]",)


def test_a_service_that_nobody_claims_has_its_accuracy(tmp_path):
    found = plan(tmp_path, seeds=1)
    _, bob, *_ = Table(found, list(rows(found, ([True], [True])))).lines
    assert bob.accuracy == Spread(0.5, None, 1) and claim_of(bob, False) == "nobody on bob"
    assert figures_of(bob) == ("-", "-", "-", "50.0 (1)")


def test_what_was_not_played_says_why(tmp_path):
    lines = Table(plan(tmp_path, misfits=("who.yaml: no",)), []).lines
    assert [line.reason for line in lines] == ["who.yaml: no", "not played yet"]


def test_only_what_was_asked_for_counts_and_of_each_match_the_last_row(tmp_path):
    found = plan(tmp_path, seeds=1)
    first, second = (found.pairing(cell, 0).key for cell in found.cells)
    tried = [Row(first, found.cells[0], 1, "killed", error="gone"), played(first, found.cells[0], 1, True),
             played("stranger", found.cells[0], 1, False), played(second, Cell("", "", "another name"), 1, False)]
    table = Table(found, tried)
    assert [(line.hits, line.granted.n, line.failed) for line in table.lines if line.claimant] == [(1, 1, 0), (0, 1, 0)]


def test_a_claim_that_was_not_made_was_not_granted(tmp_path):
    """In one match of two nobody claimed: granted is one of two, its rarity of one."""
    found = plan(tmp_path, values=[[]], seeds=2)
    one, other = (found.pairing(found.cells[0], number) for number in (0, 1))
    silent = Row(other.key, other.cell, 2, "finished", {"mallory": 0.5})
    line, *_ = Table(found, [played(one.key, one.cell, 1, True), silent]).lines
    assert (line.hits, line.granted.n, line.rarity.n, line.accuracy.n) == (1, 2, 1, 2)


def test_claims_stand_in_one_order_in_every_combination(tmp_path):
    found = plan(tmp_path, seeds=1)
    def row(pairing, who):
        claims = {name: vars(Claim(name, "mallory", "victor", True, "granted")) for name in who}
        return Row(pairing.key, pairing.cell, 1, "finished", {"mallory": 1.0}, claims)
    one, other = (found.pairing(cell, 0) for cell in found.cells)
    lines = Table(found, [row(one, ("alice", "eve")), row(other, ("rex", "eve", "alice"))]).lines
    assert [line.claimant for line in lines] == ["alice", "eve", "alice", "eve", "rex"]


def test_matches_as_plain_rows(tmp_path):
    found = plan(tmp_path, seeds=1)
    table = Table(found, list(rows(found, ([True], [None]))))
    claimed, unclaimed, failed = table.matches()
    assert claimed == {ATTACKS: "[]", "seed": 1, "status": "finished", "error": "", "seconds": 1.0, "claimant": "alice",
                       "deployer": "mallory", "verifier": "victor", "granted": 1, "verdict": "granted", "rarity": 10.0,
                       "work": 5.0, "accuracy": 0.99}
    assert unclaimed["deployer"] == "bob" and unclaimed["granted"] is None and unclaimed["accuracy"] == 0.5
    assert failed["status"] == "failed" and failed["error"] == "mallory: lost" and failed["granted"] is None
    assert list(claimed) == list(unclaimed) == list(failed)


def test_rows_of_the_journal_give_their_claims_back(tmp_path):
    row = played("key", Cell("", ""), 3, True)
    claim, = claims_of(Row.of(row.as_data()))
    assert claim == Claim("alice", "mallory", "victor", True, "granted", 30.0, 5.0)


def test_spreads():
    assert spread([None, 2.0, 4.0]) == Spread(3.0, math.sqrt(2), 2) and spread([1]) == Spread(1, None, 1)
    assert spread([None]) is None and spread([]) is None


def test_paths_are_called_by_as_little_as_tells_them_apart():
    assert shortened(["agents.mallory.attacks", "task.epochs"]) == {"agents.mallory.attacks": "mallory.attacks",
                                                                    "task.epochs": "task.epochs"}
    same = ["agents.alice.scheme.rose.level", "agents.bob.scheme.rose.level", "rounds"]
    assert list(shortened(same).values()) == ["alice.scheme.rose.level", "bob.scheme.rose.level", "rounds"]
