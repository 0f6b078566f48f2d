"""The table of verdicts as a reader has it: bars as long as their numbers say, rows that open, links that lead on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.game.evidence import Work
from arena.game.rarity import Stated
from arena.report import html
from tests.arena.report.test_page import CASE, RECORD, SAID

FIGURES = ((96.0, 70.0, True), (16.0, 32.0, False), (500.0, 0.0, False))
"""(rarity, work, granted) of three claims; the bound on both is 64."""
BARS = """[...document.querySelectorAll('.track')].map(track => {
  const all = track.getBoundingClientRect(), bar = track.firstElementChild.getBoundingClientRect();
  return [(bar.left - all.left) / all.width, bar.width / all.width];
})"""


@pytest.fixture
def page(run_of):
    told = [replace(RECORD["verdicts"][0], number=n, granted=granted, word="granted" if granted else "denied",
                    reasons=(f"because {n}",), case=replace(CASE, evidence=Stated(rarity, "said"),
                                                            work=Work(work, work, "grinding")))
            for n, (rarity, work, granted) in enumerate(FIGURES)]
    run = run_of(SAID, **{**RECORD, "verdicts": tuple(told), "outcomes": ()})
    return html.render(run.result, run.transcript)


@pytest.mark.parametrize("width", [400, 1200])
def test_bars_are_as_long_as_their_margins(page, width, opened):
    """Of a track of 128 bits, measured on the screen, in the order of the rows: granted, near, far."""
    wanted = [(min(found, 64) / 128, min(abs(found - 64), 64) / 128)
              for n in (0, 1, 2) for found in FIGURES[n][:2]]
    for bar, right in zip(opened(page, width).evaluate(BARS), wanted, strict=True):
        assert bar == pytest.approx(right, abs=0.01)


def test_rows_open_by_mouse_and_by_keyboard(page, opened):
    tab = opened(page)
    said = [tab.get_by_text(f"because {n}", exact=True).first for n in range(3)]
    assert [each.is_visible() for each in said] == [True, False, False]
    rows = tab.locator(".claims summary")
    rows.nth(1).click()
    rows.nth(2).focus()
    tab.keyboard.press("Enter")
    assert all(each.is_visible() for each in said)
    rows.nth(0).click()
    assert [each.is_visible() for each in said] == [False, True, True]


def test_what_opens_is_read_without_scrolling_sideways(page, opened):
    tab = opened(page)
    right = tab.evaluate("document.querySelector('.claims details').getBoundingClientRect().right")
    assert 200 < right <= 400


def test_a_number_of_the_diagram_opens_its_message(page, opened):
    tab = opened(page, 1200)
    held = tab.locator("#message-3")
    assert not held.is_visible()
    tab.locator('a[href="#message-3"]').click()
    assert held.is_visible() and "claimant: alice" in held.inner_text()
