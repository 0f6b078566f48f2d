"""The panel of learners: every round and every trial stands there, failed ones with their reason, hostile words as
words."""

from pathlib import Path

from arena.base.yamlfile import parse
from arena.report.panels.tournament import Tournament
from arena.report.panels.tournament.learning import applies, draw
from arena.tournament import spec
from arena.tournament.answers.analysis import Analysis
from arena.tournament.learning.learnt import Learnt, Round
from arena.tournament.learning.trials import Trial

FOUND = spec.validate(parse("schemes: {rose: rose}\nattacks: {as-is: []}\n"), Path("who.yaml"))


def trial(number, gain, reason=""):
    return Trial("prune", "attacks", f"prune~{number}", {"rate": 0.25 * number}, gain, None, None, 2 if gain else 0,
                 reason)


def rounds(*gains):
    return tuple(Round((1, 1), {"rose": 1.0}, {"as-is": 0.75, "prune~1": 0.25}, (0.5, 0.25),
                       (trial(2 * n, gain), trial(2 * n + 1, None, "<b>broken</b>")), (f"prune~{2 * n}",))
                 for n, gain in enumerate(gains, start=1))


def page(*gains):
    learnt = Learnt("task", "default", 0.05, rounds(*gains), "it ended", {}, {})
    return Tournament(Analysis(FOUND, ()), learnt=learnt)


def test_rounds_and_trials_are_drawn():
    html = str(draw(page(0.5, 0.625, 0.125)))
    assert html.count("<tr class=joined>") == 3 and html.count("&lt;b&gt;broken&lt;/b&gt;") == 3 and "<b>" not in html
    assert "as-is 75%, prune~1 25%" in html and "rate = 0.5" in html and "+0.625" in html and "<svg" in html
    assert "gained 0.500 in round 1 and 0.125 in round 3; it ended" in html


def test_the_least_regret_so_far_only_falls():
    found = page(0.5, 0.625, 0.125).learnt
    assert [each.regret for each in found.rounds] == [0.5, 0.625, 0.125] and found.least == [0.5, 0.5, 0.125]
    assert page(-0.5).learnt.rounds[0].regret == 0


def test_it_stands_where_somebody_learnt():
    assert applies(page()) and "Nothing was learnt on task" in str(draw(page()))
    assert not applies(Tournament(Analysis(FOUND, ())))
