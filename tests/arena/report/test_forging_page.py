"""The page of `arena forge`: what was measured stands in it, in the arena's one style."""

from dataclasses import replace

import pytest

from arena.pricing.forge import advice
from arena.report.forging import render
from tests.arena.report.panels.shape import HOSTILE, Shape
from tests.arena.report.test_forging_plot import priced

NAN = float("nan")


@pytest.fixture
def found():
    made = priced(0.25)
    single = replace(made.points[2], n=1, tries_error=NAN)
    return replace(made, points=(*made.points[:2], single, made.points[3]), machine={"system": "Plan 9"})


def test_it_says_what_was_measured(found):
    text = render(found, ("forge.json", "forge.png"))
    rows = Shape(text).rows
    assert advice(found.setting, found.rates) in Shape(text).text
    assert "can't be drawn" not in text and text.count("<svg") == 1
    assert ["1", "9.0", "2", "500", "50", "512", "0.98", "1.0\u2009×\u2009104", "0.25"] in rows
    assert ["2", "18.0", "1", "500", "-", "512", "0.98", "1.0\u2009×\u2009104", "0.25"] in rows
    assert ["forward passes", "1.0\u2009×\u2009105", "9.0\u2009×\u2009104", "2.0\u2009×\u2009105", "5"] in rows
    assert ["system", "Plan 9"] in rows and 'href="forge.json"' in text and 'href="forge.png"' in text


def test_levels_without_a_law_have_none(found):
    rows = Shape(render(replace(found, points=(replace(found.points[0], law=0.0),)))).rows
    assert ["0", "0.0", "2", "500", "50", "-", "-", "1.0\u2009×\u2009104", "0.25"] in rows
    assert "Forged here" not in render(replace(found, points=()))


def test_hostile_words(found):
    before, after = (Shape(render(replace(found, engine=text, machine={text: text}))) for text in ("plain", HOSTILE))
    assert before.elements == after.elements and HOSTILE in after.text
