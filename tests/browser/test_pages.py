"""Every kind of page in a browser: nothing runs over the edge of a narrow screen, the console stays silent, and
axe-core finds nothing serious, on light screens and dark ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arena.match.comparison import Comparison
from arena.report import calibration, comparison, design, forging, html, reproduction, sweep, tournament
from arena.reproduction.reproduction import Figure, Row
from arena.tournament.answers.design import Designed
from arena.tournament.learning.learnt import Learnt
from tests.arena.report.panels.comparison.test_comparison_page import result
from tests.arena.report.panels.reproduction.conftest import TASK
from tests.arena.report.panels.sweep.test_sweep_page import row
from tests.arena.report.panels.test_design import POINTS
from tests.arena.report.panels.test_learning import rounds
from tests.arena.report.test_calibration_plot import found as calibrated
from tests.arena.report.test_forging_plot import priced
from tests.arena.report.test_page import RECORD, SAID, STAGE

KINDS = ("run", "reproduction", "tournament", "design", "sweep", "comparison", "forging", "calibration")
SERIOUS = ("serious", "critical")


def _run(request):
    run = request.getfixturevalue("run_of")(SAID, [("mallory", "stage", STAGE)], **RECORD)
    return html.render(run.result, run.transcript)


def _reproduction(request):
    data = {"profile": "quick", "task": TASK, "seconds": 1.0, "throughout": "fewer images"}
    rows = [Row("Table 1", "error of the marked host", "8 %", "9 %", 2, holds=True)]
    return reproduction.render("A paper", data, rows, [Figure("Figure 1", "lines", "<svg viewBox='0 0 9 9'></svg>")])


def _tournament(request):
    learnt = Learnt("task", "loose", 0.05, rounds(0.5, 0.1), "it ended", {}, {})
    return tournament.render("Who?", request.getfixturevalue("analysis"), learnt=learnt)


def _design(request):
    return design.render("Who?", Designed("rose", "task", 0.01, POINTS, ["as-is", "prune"]), 0.95)


def _sweep(request):
    made = request.getfixturevalue("page_of")(([], ["jpeg"]), lambda pairing, number: row(pairing, number == 0))
    return sweep.render("Who?", made.table)


def _comparison(request):
    return comparison.render(Comparison(("one", "other"), (result(), result(seed=2))))


def _forging(request):
    return forging.render(priced(0.25), ("forge.json",))


def _calibration(request):
    made = replace(calibrated(np.arange(10.0).reshape(5, 2)), task={"dataset": "digits"})
    return calibration.render(made, ("calibration.json",))


@pytest.fixture
def page(request):
    return globals()[f"_{request.param}"](request)


every_kind = pytest.mark.parametrize("page", KINDS, indirect=True)


def over_the_edge(tab):
    return tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def serious(tab):
    """Rule and place of what axe-core finds serious."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab).response["violations"]
    return [(each["id"], node["target"], node["html"][:120]) for each in found if each["impact"] in SERIOUS
            for node in each["nodes"]]


@every_kind
def test_it_fits_a_narrow_screen_and_says_no_error(page, opened):
    tab = opened(page)
    assert not over_the_edge(tab) and not tab.said


@every_kind
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(page, scheme, opened):
    pytest.importorskip("axe_playwright_python")
    assert not serious(opened(page, color_scheme=scheme))


@every_kind
def test_printed_pages_hide_nothing(page, opened):
    tab = opened(page)
    tab.emulate_media(media="print")
    hidden = tab.evaluate("[...document.querySelectorAll('details > :not(summary)')].filter(e => !e.checkVisibility("
                          "{contentVisibilityAuto: true}) || !e.getBoundingClientRect().height).length")
    assert hidden == 0


@pytest.mark.parametrize(("bad", "fault"), [
    ("<p style='width: 900px'>wide</p>", "edge"), ("<script>no_such_name()</script>", "console"),
    ("<img src='data:,'>", "axe"), ("<p style='color: #ccc; background: #fff'>pale</p>", "axe")])
def test_what_is_wrong_is_found(bad, fault, opened):
    """The tests' own adversary: each of the faults, once."""
    tab = opened(f"<!doctype html><html lang='en'><title>t</title><main><h1>t</h1>{bad}</main></html>")
    if fault == "axe":
        pytest.importorskip("axe_playwright_python")
    found = {"edge": over_the_edge, "console": lambda tab: tab.said, "axe": serious}[fault](tab)
    assert found
