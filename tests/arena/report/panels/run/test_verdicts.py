"""Verdicts: who, why, and on what figures."""

import re
from dataclasses import replace

import pytest

from arena.game.evidence import Case, Work
from arena.game.messages import Claim
from arena.game.rarity import Hits, Score, Stated
from arena.match.result import OutcomeRecord, VerdictRecord
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
    assert "eve on mallory denied for rarity132.9 of 64 68.9 over27.6 of 64 36.4 short" in text
    assert "40 of 40 answers as claimed too common chance 1/10 · the cheapest forger: bits flipped ·" in text
    assert "work by the paper's formula 35.2 bits · by victor, message 9 on claim 0" in text and "expected" not in text


@pytest.mark.parametrize(("word", "green"), [("granted", True), ("denied", False), ("rejected", False),
                                             ("disputed", False)])
def test_only_what_is_granted_looks_so(run_of, word, green):
    html = verdicts.draw(run_of(verdicts=(replace(VERDICT, word=word, granted=green),)))
    assert ('<tbody class="granted">' in html) == green and ('<td class="no">' in html) != green


def judged(claimant, rarity=10.0, work=10.0, granted=False):
    """A verdict on this evidence."""
    case = replace(CASE, claimant=claimant, evidence=Stated(rarity, "said"), work=Work(work, work))
    return replace(VERDICT, claimant=claimant, granted=granted, word="granted" if granted else "denied", case=case)


def test_the_granted_stands_first_then_the_unexpected_then_who_came_nearest(run_of):
    """Nearest by the bound that was reached least: a rarity of 999 bits doesn't make up for the work."""
    told = (judged("far", 1.0, 63.0), judged("lopsided", 999.0, 2.0), judged("near", 63.0, 63.0),
            judged("odd", 0.0, 0.0), judged("owner", 70.0, 70.0, True))
    expected = (OutcomeRecord("odd on mallory", "granted", (), "denied", False),
                OutcomeRecord("near on mallory", "denied", (), "denied", True))
    run = run_of(verdicts=(*told, replace(VERDICT, claimant="mute", case=None)), outcomes=expected)
    assert [row.verdict.claimant for row in verdicts.rows(run)] == ["owner", "odd", "near", "lopsided", "far", "mute"]
    html = verdicts.draw(run)
    assert html.count("<details open>") == 1 and html.index("<details open>") < html.index("far on mallory")
    assert html.count("<details>") == 5


@pytest.mark.parametrize(("found", "bound", "begins", "long", "says"), [
    (96.0, 64.0, 50, 25, "96.0 of 64 32.0 over"), (32.0, 64.0, 25, 25, "32.0 of 64 32.0 short"),
    (64.0, 64.0, 50, 0, "64.0 of 64 0.0 over"), (0.0, 64.0, 0, 50, "0.0 of 64 64.0 short"),
    (5000.0, 64.0, 50, 50, "5000.0 of 64 4936.0 over"), (15.0, 20.0, 37.5, 12.5, "15.0 of 20 5.0 short")])
def test_a_bar_is_as_long_as_its_margin(run_of, found, bound, begins, long, says):
    """In per cent of a track from nothing to twice the bound."""
    agents = {"victor": {"role": "verifier", "policy": {"rarity-and-work": {"rarity": f"{bound} bits"}}}}
    run = run_of(verdicts=(judged("eve", found, 64.0),), scenario={"seed": 7, "agents": agents})
    assert says in text_of(run)
    html = verdicts.draw(run)
    style = re.search(r'style="left: ([\d.]+)%; width: ([\d.]+)%"', html)
    assert [float(each) for each in style.groups()] == [begins, long]
    assert html.count('class="over"') == (2 if found >= bound else 1)  # the work's bar ends at its bound


def test_no_bound_no_bar(run_of):
    agents = {"victor": {"role": "verifier", "policy": {"rarity": 0, "work": 0}}}
    html = verdicts.draw(run_of(verdicts=(VERDICT,), scenario={"seed": 7, "agents": agents}))
    assert "style=" not in html and "132.9 of 0" in html


def test_what_was_expected_is_told_beside_what_came(run_of):
    met = OutcomeRecord("eve on mallory", "denied", ("rarity",), "denied for rarity", True)
    missed = OutcomeRecord("eve on mallory by victor", "granted", (), "denied for rarity", False)
    silent = OutcomeRecord("alice on mallory", "denied", ("work",), "no verdict", False)
    rows = Shape(verdicts.draw(run_of(verdicts=(VERDICT,), outcomes=(met, silent)))).rows
    assert rows[0][-1] == "as expected?" and rows[1][-1] == "yes" and "expected: denied for rarity ·" in rows[2][0]
    assert [" ".join(cell.split()) for cell in rows[3]] == ["alice on mallory", "no verdict", "-", "-",
                                                            "no: denied for work"]
    rows = Shape(verdicts.draw(run_of(verdicts=(VERDICT,), outcomes=(missed,)))).rows
    assert rows[1][-1] == "no" and "expected: granted ·" in rows[2][0] and len(rows) == 3
    assert "expected" not in text_of(run_of(verdicts=(VERDICT,)))


def test_figures_that_there_are_and_no_others():
    plain = list(verdicts.figures(CASE))
    assert len(plain) == 3 and "chance 1/10" in plain
    evidence = Hits(1, 4, 1 / 9, recall=0.875, details={"payload": "cafe"})
    case = replace(CASE, agreement=0.4921, ordinary=(31, 32), evidence=evidence, tried=2)
    more = " · ".join(verdicts.figures(case))
    for figure in ("chance 1/9", "rarity 1.4 bits before 2 tries count", "watermark accuracy 0.88", "payload cafe",
                   "disclosed weights agree on 49.2 % of the spot checks",
                   "ordinary questions: 31 of 32 answered right"):
        assert figure in more and figure not in " · ".join(plain)


@pytest.mark.parametrize("evidence", [Score(3.0, 2), Stated(12.5, "a user's own")])
def test_other_evidence_has_no_chance(evidence):
    assert "chance" not in " ".join(verdicts.figures(replace(CASE, evidence=evidence)))


def test_the_level_is_the_claims_own(run_of):
    claim = ("eve", "victor", Claim("eve", "mallory", "shop", "rose", {"level": 2}))
    cast = {"eve": "usurper", "victor": "verifier"}
    assert "· rose level 2 ·" in text_of(run_of([claim], cast=cast, verdicts=(VERDICT,)))
    assert "level 2" not in text_of(run_of([claim], cast=cast, verdicts=(replace(VERDICT, about=5),)))


@pytest.mark.parametrize("change", [{"work": Work("x", 1.0)}, {"ordinary": 5}, {"agreement": "all"},
                                    {"evidence": Hits(1, 2, 0.1, recall="much")}, {"evidence": None}])
def test_a_case_that_was_made_up_costs_its_own_figures(run_of, change):
    text = text_of(run_of(verdicts=(replace(VERDICT, case=replace(CASE, **change)), VERDICT)))
    assert text.count("its figures can't be read: ") == 1 and text.count("too common") == 2
    assert text.count("paper's formula 35.2 bits") == 1


def test_hostile_words(run_of):
    def draw(text):
        evidence = Hits(1, 4, 1 / 9, what=text, details={"payload": text})
        case = replace(CASE, evidence=evidence, work=Work(1.0, 2.0, text))
        verdict = VerdictRecord(9, 0, text, text, text, False, "denied", {text: False}, (text, text), text, case)
        return verdicts.draw(run_of(verdicts=(verdict, replace(verdict, word=text, case=None))))

    same_shape(draw)
