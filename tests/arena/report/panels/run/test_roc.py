"""Marked against unmarked models."""

from arena.game.evidence import Case, Work
from arena.game.rarity import Hits
from arena.match.result import MarkRecord, VerdictRecord
from arena.report.panels.run import roc
from tests.arena.report.panels.shape import same_shape

DETAILS = {"roc": ((0.0, 0.0), (0.25, 0.75), (1.0, 1.0)), "auc_20": 0.75}


def verdict(claimant="alice", evidence=None, deployer="bob"):
    found = evidence or Hits(9, 10, 0.1, details=DETAILS)
    case = Case(0, claimant, deployer, "shop", "adi", found, Work(1.0, 1.0), 0)
    return VerdictRecord(1, 0, "victor", claimant, deployer, True, "granted", {}, ("so",), "adi", case)


MARKS = (MarkRecord("alice", 9.0, "9 of 10"),)


def test_it_applies_to_owners_whose_evidence_has_a_curve(run_of):
    assert roc.applies(run_of(verdicts=(verdict(),), marks=MARKS))
    for others in (
        (),
        (verdict("eve"),),
        (verdict(evidence=Hits(9, 10, 0.1)),),
        (verdict(evidence=Hits(0, 10, 0.1, details=DETAILS)),),
    ):
        assert not roc.applies(run_of(verdicts=others, marks=MARKS))
    assert not roc.applies(run_of(verdicts=(verdict(),), marks=()))


def test_the_curve_is_that_of_the_evidence(run_of):
    curves = roc.curves(run_of(verdicts=(verdict(), verdict("eve")), marks=MARKS))
    assert curves == {"alice on bob, AUC 0.75": ((0.0, 0.25, 1.0), (0.0, 0.75, 1.0))}
    html = roc.draw(run_of(verdicts=(verdict(),), marks=MARKS))
    assert "<svg" in html and ">chance<" in html and "no false-positive rate" in html


def test_hostile_words(run_of):
    same_shape(
        lambda text: roc.draw(run_of(verdicts=(verdict(text, deployer=text),), marks=(MarkRecord(text, 1.0, text),)))
    )
