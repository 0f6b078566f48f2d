"""The tournament's heat map: what stands above it covers none of it."""

from __future__ import annotations

import pytest

from arena.base.yamlfile import parse
from arena.report.tournament import render
from arena.tournament import spec
from arena.tournament.answers.analysis import Analysis
from tests.arena.report.panels.tournament.test_tournament_page import FILE

COVERED = """[...document.querySelectorAll('.cells')].flatMap(cells => {
  const b = cells.querySelector('button').getBoundingClientRect();
  return [...cells.querySelectorAll('th, td')].map(each => each.getBoundingClientRect())
    .filter(r => r.width && r.left < b.right && b.left < r.right && r.top < b.bottom && b.top < r.bottom);
}).length"""


@pytest.fixture
def page(tmp_path):
    """As many thieves as make it wider than any screen."""
    many = "".join(f", thief-number-{n}: [prune]" for n in range(30))
    found = spec.validate(parse(FILE.replace("as-is: []", "as-is: []" + many), "who.yaml"), tmp_path / "who.yaml")
    return render("wide", Analysis(found, []))


@pytest.mark.parametrize("width", [400, 1280])
def test_the_button_covers_no_cell(page, width, opened):
    tab = opened(page, width)
    assert tab.evaluate(COVERED) == 0
    tab.get_by_role("button", name="copy as CSV").first.click(trial=True)
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_button_over_cells_is_found(page, opened):
    """The test's own adversary."""
    tab = opened(page, 1280)
    tab.add_style_tag(content=".cells { position: relative } .cells button { position: absolute; top: 3px; right: 0 }")
    assert tab.evaluate(COVERED) > 0
