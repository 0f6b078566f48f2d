"""The page of `arena calibrate`: the verdict first, then the figures, in the arena's one style."""

from dataclasses import replace

import numpy as np
import pytest

from arena.report.calibration import render
from tests.arena.report.panels.shape import HOSTILE, Shape
from tests.arena.report.test_calibration_plot import found as calibrated


@pytest.mark.parametrize(("rarity", "word"), [(np.zeros((400, 2)), "ok"), (np.full((400, 2), 30.0), "no")])
def test_the_verdict_stands_first_in_its_colour(rarity, word):
    found = replace(calibrated(rarity), task={"dataset": "digits"})
    text = render(found, ("calibration.json",))
    assert f'<p class="headline {word}">' in text and "can't be drawn" not in text and text.count("<svg") == 1
    assert found.verdict.split(":")[0] in text and found.grants in Shape(text).text
    assert 'href="calibration.json"' in text
    headline = text.partition('<p class="headline')[2].partition("</p>")[0]
    assert "2<sup>-" in headline and "2^" not in headline


def test_a_row_a_level(tmp_path):
    found = replace(calibrated(np.full((400, 2), 30.0)), task={"dataset": "digits"}, machine={"system": "Plan 9"})
    rows = Shape(render(found)).rows
    level = found.levels[4]
    assert ["5", "3.1e-02", "1.0e+00", f"{level.low:.1e}", f"{level.high:.1e}", f"{level.draws:.0f}", "broken"] in rows
    assert ["task.dataset", "digits"] in rows and ["system", "Plan 9"] in rows
    kept = replace(calibrated(np.zeros((400, 2))), task={"dataset": "digits"})
    assert {row[-1] for row in Shape(render(kept)).rows if len(row) == 7} == {"promise", "kept"}


def test_hostile_words():
    plain = calibrated(np.zeros((5, 2)))
    before, after = (Shape(render(replace(plain, scheme=text, described=text, task={"dataset": text, text: text},
                                          machine={text: text}))) for text in ("plain", HOSTILE))
    assert before.elements == after.elements and HOSTILE in after.text and "can't be drawn" not in after.text
