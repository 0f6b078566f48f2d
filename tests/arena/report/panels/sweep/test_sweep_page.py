"""The page of a sweep: every panel draws what the table says, and nothing that a file or an agent says is code."""

import re

import pytest

from arena.report.panels.sweep import Sweep, about, played, plot, table
from arena.report.sweep import render
from arena.tournament.rows import Row
from arena.tournament.sweep.asked import asked
from arena.tournament.sweep.match import Claim
from arena.tournament.sweep.plan import SweepPlan, cell_of
from arena.tournament.sweep.table import Table
from tests.arena.report.panels.shape import Shape, same_shape
from tests.arena.tournament.sweep.stubs import scenario

PATH = "agents.mallory.attacks"


def row(pairing, granted, who="mallory"):
    claims = {name: vars(Claim(name, who, "victor", granted, "word", 30.0, 40.0)) for name in ("alice", "eve")}
    return Row(pairing.key, pairing.cell, pairing.seed, "finished", {who: 0.9}, claims, seconds=1.5)


@pytest.fixture
def page_of(tmp_path):
    """Makes a page of a sweep over some values with two seeds; `rows(pairing, seed's number)` gives each match's
    row."""
    def make(values, rows, matches=None, vary=PATH, **more):
        spec = asked(scenario(tmp_path), 2, {vary: list(values)}, **more)
        combinations = {cell_of(spec, each): each for each in spec.combinations()}
        plan = SweepPlan(spec, combinations, {cell: {} for cell in combinations}, {})
        found = [rows(plan.pairing(cell, number), number) for cell in plan.cells for number in range(2)]
        return Sweep(Table(plan, [each for each in found if each is not None]), matches)
    return make


def test_the_tables_rows(page_of):
    page = page_of(([], ["jpeg"]), lambda pairing, number: row(pairing, number == 0))
    head, *rows = Shape(table.draw(page)).rows
    assert [cell.strip() for cell in head] == ["mallory.attacks", "claim", "granted", "rarity, bits", "work, bits",
                                               "accuracy, %"]
    figures = ["1 of 2 (1 to 99 %)", "30.0 ± 0.0 (2)", "40.0 ± 0.0 (2)", "90.0 ± 0.0 (2)"]
    assert rows == [["[]", "alice on mallory", *figures], ["eve on mallory", *figures],
                    ["[jpeg]", "alice on mallory", *figures], ["eve on mallory", *figures]]
    assert Shape(table.draw(page)).values.count("2") == 2, "values span the rows of their claims"


def test_one_plot_with_a_mark_for_each_figure(page_of, monkeypatch):
    """Two combinations x two claims have granted and rarity, two combinations x one service accuracy; the third failed
    and isn't there."""
    page = page_of(([], ["jpeg"], ["prune"]), lambda pairing, number: None if "prune" in pairing.cell.thief else
                   row(pairing, True))
    text, marks, mark = plot.draw(page), [], plot._mark
    assert text.count("<svg") == 1 and "[prune]" not in text
    for name in ("alice on mallory", "eve on mallory", "mallory", "[]", "[jpeg]", "granted (share)", "rarity (bits)",
                 "accuracy (%)"):
        assert re.search(rf">{re.escape(name)}</text>", text), name
    monkeypatch.setattr(plot, "_mark", lambda pane, value, *more: (marks.append(value), mark(pane, value, *more)))
    assert text == plot.draw(page), "the same figures, the same bytes"
    assert sorted(marks) == [1] * 4 + [30] * 4 + [90] * 2


def test_nothing_is_drawn_of_nothing(page_of):
    assert not plot.applies(page_of(([],), lambda pairing, number: None))


def test_many_combinations_are_cut_and_said_to_be(page_of):
    page = page_of(([{"jpeg": {"quality": n}}] for n in range(1, 64)), lambda pairing, number: row(pairing, True))
    text = plot.draw(page)
    assert "The first 60 of 63 combinations" in text and "quality: 60}" in text and "quality: 61}" not in text


def test_how_much_was_played_and_what_failed(page_of):
    page = page_of(([], ["jpeg"]), lambda pairing, number: Row(pairing.key, pairing.cell, pairing.seed, "late",
                                                               error="too slow", seconds=9.0) if number else None,
                   changes=["rounds=9"])
    assert "2 combinations of" in about.draw(page) and "2 of 4 matches played" in about.draw(page)
    assert "2 of them failed" in about.draw(page) and "rounds=9" in about.draw(page)
    rows = Shape(played.draw(page)).rows[1:3]
    assert rows == [[f"{PATH}={value}", "2", "late", "too slow"] for value in ("[]", "[jpeg]")]
    assert Shape(table.draw(page)).rows[1:] == [["[]", "late: too slow"], ["[jpeg]", "late: too slow"]]


def test_matches_that_were_kept_are_linked(page_of, tmp_path):
    def made(pairing, number):
        if number:
            (tmp_path / pairing.key[:16]).mkdir()
            (tmp_path / pairing.key[:16] / "report.html").touch()
        return row(pairing, True)
    text = played.draw(page_of(([], ["jpeg"]), made, tmp_path))
    assert len(re.findall(r'href="matches/[0-9a-f]{16}/report.html">seed 2<', text)) == 2 and "seed 1" not in text


@pytest.mark.parametrize("panel", [about, table, plot, played])
def test_nothing_that_is_said_is_code(panel, page_of):
    """Values are the user's (shown as YAML has them, in quotes), agents' names are checked, reasons of failures are
    told by agents."""
    same_shape(lambda text: panel.draw(page_of(([text],), lambda pairing, number: row(pairing, True))), shown=False)
    if panel is not plot:  # which draws what finished
        same_shape(lambda text: panel.draw(page_of(([],), lambda pairing, number: Row(
            pairing.key, pairing.cell, pairing.seed, "failed", error=text))), shown=panel is not about)


def test_a_page_of_nothing_yet(page_of):
    text = render("who", page_of(([],), lambda pairing, number: None).table)
    assert "can&#39;t be drawn" not in text and "not played yet" in text and "<svg" not in text
