"""A line of a tournament: figures of a match that was really played, and claims that any policy judges again."""

import json
from dataclasses import replace

import pytest

from agents.policies.rarity_and_work import RarityAndWork
from agents.policies.watermark_accuracy import WatermarkAccuracy
from arena.base.errors import Malformed
from arena.face import play
from arena.match.books import Fault
from arena.match.player import ENDED
from arena.tournament.cells import OWNER, THIEF, USURPER, Cell
from arena.tournament.rows import Row, row_of


@pytest.fixture(scope="module")
def result(store):
    cast = {OWNER: {"role": "owner", "scheme": {"rose": {"triggers": 20, "oversample": 5}}},
            THIEF: {"role": "attacker", "steals": OWNER}, USURPER: {"role": "usurper", "forgery": "random-key"},
            "judge": {"role": "verifier"}}
    task = {"dataset": "digits", "network": "digits-cnn", "epochs": 6, "rate": 0.002}
    return play({"title": "t", "seed": 3, "task": task, "agents": cast}, store=store, threads=1)


@pytest.fixture(scope="module")
def row(result):
    return row_of("ab" * 32, Cell("digits", "rose", forgery="random"), 3, result, {"host_ops": 5.0}, 1.25)


def test_figures_are_those_of_the_record(row, result):
    accuracies, spent = result.accuracies[0], result.spending
    assert row.finished and row.figures["marked"] == row.figures["stolen"] == accuracies.marked
    assert row.figures["unmarked"] == accuracies.unmarked and row.figures["host_ops"] == 5.0
    assert row.figures["deployed"] == result.stages[-1].accuracy
    assert row.figures["owner_ops"] == spent[OWNER].operations - 2 * 5.0
    assert row.figures["attacker_ops"] == spent[THIEF].operations and row.figures["usurper_ops"] > 0
    assert row.figures["verifier_queries"] == spent["judge"].queries > 0
    own = next(v for v in result.verdicts if v.claimant == OWNER)
    assert row.figures["rarity"] == own.case.rarity and row.figures["work"] == own.case.work.cheapest


@pytest.mark.parametrize("policy", [RarityAndWork(), RarityAndWork(rarity=10, work=0), RarityAndWork(rarity=500),
                                    WatermarkAccuracy(0.5), WatermarkAccuracy(1.0)], ids=str)
def test_any_policy_judges_it_again_as_it_would_the_record(row, result, policy):
    again = result.judged(policy)
    for verdict in result.verdicts:
        assert row.granted(verdict.claimant, policy) is again[verdict.about].granted
    assert row.granted("nobody", policy) is False


def test_a_line_is_what_it_was(row):
    again = Row.of(json.loads(json.dumps(row.as_data())))
    assert again == row and again.granted(OWNER, RarityAndWork(rarity=10, work=0))
    for change in ({"version": 9}, {"cell": {"task": "x"}}, {"more": 1}):
        with pytest.raises(Malformed):
            Row.of({**row.as_data(), **change})


@pytest.mark.parametrize(("reason", "status"), [
    (ENDED.format(-9), "killed"), (ENDED.format(-11), "killed"), (ENDED.format(3), "failed"),
    ("its turn took longer than 5 s", "failed"), ("ValueError: its process ended with code -9", "failed")])
def test_an_agent_that_a_signal_ended_says_nothing_of_the_match(result, reason, status):
    gone = replace(result, faults=(Fault(2, THIEF, True, reason),))
    row = row_of("ab" * 32, Cell("digits", "rose", "as-is"), 3, gone, {"host_ops": 5.0}, 1.0)
    assert (row.status, row.error) == (status, f"{THIEF}: {reason}")
