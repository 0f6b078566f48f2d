"""Rows, the paper's number beside ours."""

from arena.report.panels.reproduction import rows
from tests.arena.report.panels.shape import Shape, same_shape


def test_a_page_goes_by_the_papers_order(row):
    found = rows.sections(
        [row(where) for where in ("scenario", "4.2", "-", "Table 10", "Figure 2", "Table 2", "Table 10")]
    )
    assert [(heading, len(inner)) for heading, inner in found] == [
        ("Table 2", 1), ("Table 10", 2), ("Figure 2", 1), ("Section 4.2", 1), ("Not in the paper", 1), ("Scenarios", 1)]


def test_what_holds_what_does_not_and_what_was_not_asked(reproduced, row):
    html = rows.draw(reproduced([row(holds=True), row(holds=False), row()]))
    assert html.count('<span class="ok">holds</span>') == 1 and html.count('<span class="no">does not hold</span>') == 1
    assert Shape(html).count("tr") == 4 and html.count("<h2>") == 1 and Shape(html).count("span") == 2


def test_no_rows_no_table(reproduced):
    assert Shape(rows.draw(reproduced())).elements == []


def test_hostile_words(reproduced, row):
    same_shape(
        lambda text: rows.draw(
            reproduced([row(f"Table {text}", what=text, paper=text, ours=text, spread=text, differs=text)])
        )
    )
