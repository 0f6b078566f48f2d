"""Which match it was."""

from dataclasses import replace

import pytest

from arena.game.messages import Deployment, Release
from arena.match.result import OutcomeRecord, VerdictRecord
from arena.report.panels.run import about
from tests.arena.report.panels.shape import Shape, same_shape


def test_seed_status_and_transcript(run_of):
    text = " ".join(Shape(about.draw(run_of(transcript="0123456789abcdef" * 4))).text.split())
    assert text == "Seed 7 · finished · transcript 0123456789abcdef"


@pytest.mark.parametrize("status", ["cancelled", "failed", "unfinished"])
def test_what_is_not_finished_says_so(run_of, status):
    assert f"{status} (what follows is as far as it got)" in about.draw(run_of(status=status))


def test_a_seed_that_was_not_told_yet_is_left_out(run_of):
    text = Shape(about.draw(run_of(status="running", scenario={}))).text
    assert "Seed" not in text and "None" not in text and "running" in text


def test_hostile_words(run_of):
    same_shape(lambda text: about.draw(run_of(status=text)))


STOLEN = {"stage": "stolen", "model": "c" * 64, "from": "b" * 64, "by": "copying", "before": 0.9, "after": 0.9}
SOLD = [("alice", "all", Release("b" * 64)), ("mallory", "all", Deployment("shop"))]
PROVED = VerdictRecord(6, 3, "victor", "alice", "mallory", True, "granted", {}, ("so",))
FORGED = VerdictRecord(7, 4, "victor", "eve", "mallory", False, "denied", {"rarity": False}, ("no",))
MET, MISSED = (OutcomeRecord("a on b", "denied", (), "denied", met) for met in (True, False))


@pytest.mark.parametrize(("verdicts", "outcomes", "said"), [
    ((PROVED, FORGED), (MET, MET), "alice proved mallory's service; one unfounded claim was denied; all as expected."),
    ((PROVED, FORGED, FORGED), (MET, MISSED),
     "alice proved mallory's service; two unfounded claims were denied; 1 of 2 not as expected."),
    ((PROVED, replace(PROVED, verifier="felix"), replace(FORGED, verifier="felix", granted=True)), (),
     "alice proved mallory's service, before victor and felix; eve was granted mallory's service without any ground, "
     "before felix."),
    ((replace(FORGED, granted=True),), (), "eve was granted mallory's service without any ground."),
    ((replace(FORGED, claimant="alice"),), (), "alice could not prove mallory's service (denied for rarity)."),
    ((replace(FORGED, word="rejected"),), (), "one unfounded claim was turned down."), ((), (MISSED,), "")])
def test_what_came_of_it_in_words(run_of, verdicts, outcomes, said):
    run = run_of(SOLD, [("mallory", "stage", STOLEN)], verdicts=verdicts, outcomes=outcomes)
    assert about.headline(run) == said and (not said or said in Shape(about.draw(run)).text)


def test_a_granted_claim_is_well_founded_only_where_the_model_comes_from_the_claimant(run_of):
    """The same verdict on a model that was not made of alice's."""
    own = {**STOLEN, "from": ""}
    run = run_of(SOLD, [("mallory", "stage", own)], verdicts=(PROVED,))
    assert about.headline(run) == "alice was granted mallory's service without any ground."
