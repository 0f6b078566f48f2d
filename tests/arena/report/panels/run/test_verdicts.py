"""Verdicts: who, why, and on what figures."""

import math
from dataclasses import replace

import pytest

from arena.game.evidence import Case, Work
from arena.game.messages import Claim
from arena.game.rarity import Hits, Score, Stated
from arena.match.result import VerdictRecord
from arena.report.panels.run import verdicts
from tests.arena.report.panels.shape import Shape, same_shape

CASE = Case(0, "eve", "mallory", "shop", "rose", Hits(40, 40, 0.1), Work(27.62, 35.25, "bits flipped"), 2)
VERDICT = VerdictRecord(
    9, 0, "victor", "eve", "mallory", False, "denied", {"rarity": False}, ("too common",), "rose", CASE
)


def text_of(run):
    return " ".join(Shape(verdicts.draw(run)).text.split())


def test_none_is_said(run_of):
    assert text_of(run_of()) == "No verdict was given."


def test_who_what_why_and_when(run_of):
    text = text_of(run_of(verdicts=(VERDICT,)))
    assert text.startswith("eve claims mallory's service: denied for rarity (victor, message 9 on claim 0) too common")
    assert f"40 of 40 answers as claimed (chance 1/10) · rarity {40 * math.log2(10):.1f} bits · work 27.6 bits" in text
    assert text.endswith("by the cheapest forger (bits flipped), 35.2 by the paper's formula")


@pytest.mark.parametrize(("word", "green"), [("granted", True), ("denied", False), ("rejected", False),
                                             ("disputed", False)])
def test_only_what_is_granted_looks_so(run_of, word, green):
    html = verdicts.draw(run_of(verdicts=(replace(VERDICT, word=word, granted=green),)))
    assert ('class="verdict granted"' in html) == green and ('class="verdict"' in html) != green


def test_figures_that_there_are_and_no_others():
    plain = list(verdicts.figures(CASE))
    assert len(plain) == 3
    evidence = Hits(1, 4, 1 / 9, recall=0.875, details={"payload": "cafe"})
    more = " · ".join(verdicts.figures(replace(CASE, agreement=0.4921, ordinary=(31, 32), evidence=evidence)))
    for figure in ("(chance 1/9)", "disclosed weights agree on 49.2 % of the spot checks", "watermark accuracy 0.88",
                   "payload cafe", "ordinary questions: 31 of 32 answered right"):
        assert figure in more and figure not in " · ".join(plain)


@pytest.mark.parametrize("evidence", [Score(3.0, 2), Stated(12.5, "a user's own")])
def test_other_evidence_has_no_chance(evidence):
    said = list(verdicts.figures(replace(CASE, evidence=evidence)))
    assert said[0] == evidence.text and said[1] == f"rarity {evidence.rarity:.1f} bits"


def test_the_level_is_the_claims_own(run_of):
    claim = ("eve", "victor", Claim("eve", "mallory", "shop", "rose", {"level": 2}))
    cast = {"eve": "usurper", "victor": "verifier"}
    assert "· rose level 2" in text_of(run_of([claim], cast=cast, verdicts=(VERDICT,)))
    assert "level" not in text_of(run_of([claim], cast=cast, verdicts=(replace(VERDICT, about=5),)))


@pytest.mark.parametrize("change", [{"work": Work("x", 1.0)}, {"ordinary": 5}, {"agreement": "all"},
                                    {"evidence": Hits(1, 2, 0.1, recall="much")}, {"evidence": None}])
def test_a_case_that_was_made_up_costs_its_own_figures(run_of, change):
    text = text_of(run_of(verdicts=(replace(VERDICT, case=replace(CASE, **change)), VERDICT)))
    assert text.count("its figures can't be read: ") == 1 and text.count("too common") == 2
    assert text.count("35.2 by the paper's formula") == 1


def test_hostile_words(run_of):
    def draw(text):
        evidence = Hits(1, 4, 1 / 9, what=text, details={"payload": text})
        case = replace(CASE, evidence=evidence, work=Work(1.0, 2.0, text))
        verdict = VerdictRecord(9, 0, text, text, text, False, "denied", {text: False}, (text, text), text, case)
        return verdicts.draw(run_of(verdicts=(verdict, replace(verdict, word=text, case=None))))

    same_shape(draw)
